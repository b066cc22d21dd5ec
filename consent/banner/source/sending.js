// Events on their way: kept until they are answered, sent in their order, never waited for by the page.
const QUEUE = "gatehouse-queue";
const RETRY = 30000;
const PLAIN = { credentials: "omit", referrerPolicy: "no-referrer" };
const waiting = JSON.parse(remembered(QUEUE) || "[]");
let busy = false;
let token = null;
let answered = null;

function send(event) {
  waiting.push(event);
  remembered(QUEUE, JSON.stringify(waiting));
  return flush();
}

async function flush() {
  if (busy) return;
  busy = true;
  try {
    while (waiting.length) {
      const answer = await post(waiting[0]);
      const event = waiting.shift();
      remembered(QUEUE, waiting.length ? JSON.stringify(waiting) : "");
      if (answer) recorded(event, answer);
    }
  } catch {
    setTimeout(flush, RETRY);
  }
  busy = false;
}

// The answer; null if it is refused for good.  Throws if it should be tried again.
async function post(event, again) {
  const needs = Object.values(event.decisions).includes("granted");
  const body = JSON.stringify({ ...event, token: needs ? await proof(event.lang, again) : null });
  const answer = await fetch(page.base + "events", { ...PLAIN, method: "POST", body, keepalive: true });
  if (answer.ok) return answer.json();
  if (answer.status >= 500 || answer.status === 429) throw answer;
  const { type } = await answer.json();
  if (type.endsWith("token-refused") && !again) return post(event, true);
  if (type.endsWith("notice-outdated")) mark(event, { o: 1 });
  return null;
}

// A token that says which notice was shown lately.
async function proof(language, fresh) {
  if (fresh || !token || Date.now() > token.until) {
    const answer = await fetch(page.base + "current?kind=cookie&document=none&lang=" + language, PLAIN);
    if (!answer.ok) throw answer;
    token = { value: (await answer.json()).token, until: Date.now() + 15e5 };
  }
  return token.value;
}

function recorded(event, answer) {
  answered = answer;
  mark(event, { e: undefined, r: answer.receipt_id, t: answer.time });
  if (page.choices && page.choices.isOpen()) choices();
}

// A grant learns its receipt; a refusal keeps nothing that points to it.
function mark(event, changes) {
  const cookie = stored();
  if (cookie && cookie.data.e === event.event_id) keep(cookie, { ...cookie.data, ...changes }, cookie.expirationTime);
}
