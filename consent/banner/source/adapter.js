// From a choice to what follows: kept on the device, sent to the log, told to Google's tags, and obeyed at once.
const SAID = "gatehouse-said";
const GOOGLE = ["ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"];
let layer = "banner";

// The library has just written its cookie, if the browser takes any.
function decide() {
  const before = choice;
  const { acceptedCategories: categories, acceptedServices: services } = CC.getUserPreferences();
  const cookie = { categories, services };
  const now = granted(cookie);
  const any = now.length > 0;
  const data = { n: notice.notice, l: notice.language, t: new Date().toISOString(), w: page.told };
  const event = outcome(cookie, now, before);
  if (any) Object.assign(data, { s: event.subject, e: event.event_id });
  else data.t = data.t.slice(0, 10);
  keep(cookie, data, until(any));
  consentMode("update", now);
  send(event);
  obey(before, event);
}

function outcome(cookie, now, before) {
  const decisions = {};
  const services = {};
  optional.forEach((purpose) => {
    decisions[purpose.id] = now.includes(purpose) ? "granted" : "refused";
    purpose.services.forEach((service) => {
      services[service.id] = now.includes(purpose) && allows(cookie, purpose, service) ? "granted" : "refused";
    });
  });
  const answers = [...Object.values(decisions), ...Object.values(services)];
  const none = !now.length;
  return {
    event_id: uuid(),
    notice: notice.notice,
    lang: notice.language,
    action: none ? (before.s ? "withdraw_all" : "reject_all") : answers.includes("refused") ? "save" : "accept_all",
    layer,
    decisions,
    services,
    // A refusal has no subject; a withdrawal names the old one, once.
    subject: before.s || (none ? null : uuid()),
    previous: before.r || null,
    client_time: new Date().toISOString(),
    signals: { gpc, dnt },
  };
}

function obey(before, event) {
  footer();
  const withdrawn = event.action === "withdraw_all";
  if (withdrawn) closeAll();
  embeds();
  if (before.s && ranRefused(event)) {
    // A script that ran cannot be taken back but with its page.
    if (withdrawn) remembered(SAID, "1");
    location.reload();
  } else if (withdrawn) say(notice.texts.withdrawn);
}

function ranRefused({ decisions, services }) {
  return ran.some(({ category, service }) => decisions[category] === "refused" || services[service] === "refused");
}

// What the library has run: it takes the type away from a script when it runs it.
let ran = [];
function noteScripts() {
  ran = [...document.querySelectorAll("script[data-category]")]
    .filter((script) => script.type !== "text/plain")
    .map((script) => script.dataset);
}

// Google Consent Mode v2, basic: tags stand still until they are allowed; then they hear of it once.
function consentMode(command, now) {
  const signals = {};
  notice.purposes.forEach((purpose) => purpose.gcm.forEach((signal) => {
    const may = purpose.necessary || now.includes(purpose);
    signals[signal] = may && signals[signal] !== "denied" ? "granted" : "denied";
  }));
  if (!Object.keys(signals).length) return;
  GOOGLE.forEach((signal) => (signals[signal] = signals[signal] || "denied"));
  if (command === "default") signals.wait_for_update = 500;
  window.dataLayer = window.dataLayer || [];
  (function () {
    window.dataLayer.push(arguments);
  })("consent", command, signals);
}

function withdraw() {
  layer = "settings_page";
  CC.acceptCategory([]);
  CC.hide();
  layer = "banner";
}

// A browser that objects to sale or sharing takes back what was once allowed (Global Privacy Control).
function honour(cookie) {
  const lost = barred.filter((purpose) => cookie.categories.includes(purpose.id));
  if (!lost.length) return;
  const services = { ...cookie.services };
  lost.forEach((purpose) => delete services[purpose.id]);
  const rest = { categories: cookie.categories.filter((id) => !lost.some((purpose) => purpose.id === id)), services };
  layer = "signal";
  const event = outcome(rest, granted(rest), choice);
  layer = "banner";
  const { n, l, t, w } = choice;
  const any = granted(rest).length > 0;
  const kept = any ? { ...choice, e: event.event_id } : { n, l, w, t: t.slice(0, 10) };
  keep(rest, kept, any ? cookie.expirationTime : until(any));
  send(event);
}

function say(text, ...more) {
  const place = make("div", { className: "gh-said" }, { role: "status" });
  const close = () => place.remove();
  document.getElementById("gatehouse").append(place);
  // Put in after the region stands: only then is it read out.
  setTimeout(() => place.append(make("p", { textContent: text }), ...more, button(words.ok, close)), 50);
  return place;
}

// Something changed that needs no new consent, but is said all the same.
function tell() {
  const address = page.base + "notices/" + notice.notice + "?format=html&lang=" + notice.language;
  const more = make("a", { href: address, textContent: words.details, target: "_blank", rel: "noopener" });
  say(words.news, more).addEventListener("click", ({ target }) => {
    if (target.localName !== "button") return;
    const cookie = stored();
    keep(cookie, { ...cookie.data, w: page.told }, cookie.expirationTime);
    send(acknowledgement());
  });
}

// What the parts need that are loaded only where they are wanted.
function core() {
  const latest = () => answered && answered.receipt_id;
  return { page, notice, words, optional, PLAIN, stored, allows, make, button, latest, send, acknowledgement, change: CC.showPreferences, withdraw };
}

async function choices() {
  try {
    if (!page.choices) await page.load("script", "src", page.parts.choices);
    await page.choices.open(core());
  } catch {
    CC.showPreferences();
  }
}

// That somebody read a notice: information, not consent, and nobody's in particular.
function acknowledgement() {
  const empty = { categories: [], services: {} };
  return { ...outcome(empty, [], {}), action: "acknowledge", decisions: {}, services: {}, subject: null };
}

const ACTIONS = {
  settings: () => (stored() ? choices() : CC.showPreferences()),
  choices,
  withdraw,
};

function footer() {
  document.querySelectorAll("[data-gatehouse=withdraw]").forEach((each) => (each.hidden = !granted(stored()).length));
}

function furnish() {
  if (!document.querySelector("[data-gatehouse=settings]")) {
    const place = make("div", { className: "gh-footer" });
    place.append(
      button(notice.texts.withdraw, null, { "data-gatehouse": "settings", "aria-haspopup": "dialog" }),
      button(words.revoke, null, { "data-gatehouse": "withdraw" }),
    );
    ([...document.querySelectorAll("body > footer, footer")].pop() || document.body).append(place);
  }
  addEventListener("click", (event) => {
    const wanted = event.target.closest && event.target.closest("[data-gatehouse]");
    if (!wanted || !ACTIONS[wanted.dataset.gatehouse]) return;
    event.preventDefault();
    ACTIONS[wanted.dataset.gatehouse]();
  });
  footer();
  const form = document.querySelector("[data-gatehouse=comment-notice]");
  if (form) page.load("script", "src", page.parts.comments).then(() => page.comments(form, core())).catch(() => {});
}

page.start = function (view) {
  notice = view;
  words = view.words;
  optional = notice.purposes.filter((purpose) => !purpose.necessary);
  barred = optional.filter((purpose) => gpc && purpose.sale_or_share);
  let cookie = stored();
  reread();
  if (choice.o && choice.n !== page.notice) forget((cookie = null));
  const valid = cookie && cookie.revision === page.asked;
  // First in the page, but for a link that leads past what stands first.
  const root = make("div", { id: "gatehouse" }, { lang: notice.language });
  const first = document.body.firstElementChild;
  if (first && first.matches("a[href^='#']")) first.after(root);
  else document.body.prepend(root);
  if (valid) honour(cookie);
  consentMode("default", []);
  if (valid) consentMode("update", granted(stored()));
  addEventListener("cc:onConsent", () => setTimeout(noteScripts));
  CC.run(configuration()).then(noteScripts);
  embeds();
  // What a page adds later is data as well, until it is allowed.
  new MutationObserver(embeds).observe(document.body, { childList: true, subtree: true });
  furnish();
  flush();
  addEventListener("online", flush);
  ["focus", "visibilitychange"].forEach((name) => addEventListener(name, reread));
  if (remembered(SAID)) say(notice.texts.withdrawn, remembered(SAID, "") || "");
  else if (valid && choice.w < page.told) tell();
};
