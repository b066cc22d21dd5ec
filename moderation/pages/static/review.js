// The queue by keyboard, without reloads.  Everything here has a form that does the same without it.
"use strict";

const queue = document.getElementById("queue");
const csrf = document.querySelector("meta[name=csrf]").content;
const language = document.documentElement.lang;
const LIVES_SECONDS = 40; // how long a message offers to undo
const LOW = 8; // comments left before older ones are fetched
const CLAIM_AFTER = 350, CLAIM_EVERY = 45000; // milliseconds that somebody looks

document.documentElement.classList.add("scripted");
localTimes(document);

function localTimes(root) {
  const written = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.title = time.textContent;
    time.textContent = written.format(moment);
  }
}

async function send(path, fields) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRF-Token": csrf },
    body: new URLSearchParams(fields),
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).type);
  return answer.json();
}

if (queue) start();

function start() {
  const { tab, live } = queue.dataset;
  const words = queue.dataset;
  const states = { approve: "approved", spam: "rejected", reject: "rejected", hold: "held" };
  const done = []; // acts that can be undone: {batch, items}
  const waiting = document.querySelector(".tabs [aria-current] .count");
  const empty = document.getElementById("empty");
  const bulk = document.getElementById("bulk");
  const selected = document.getElementById("selected");
  const help = document.getElementById("help");
  const why = document.getElementById("why");
  const rule = document.getElementById("rule");
  const asked = ["reported", "appeals"].includes(tab); // somebody waits for an answer
  const cited = new Map(); // the rule that was chosen last, by site
  let current = null, claimTimer = 0, fetching = null, toReject = [];

  const items = () => [...queue.querySelectorAll(".item:not(.leaving)")];
  const chosen = () => items().filter((item) => item.querySelector("header input").checked);

  function select(item, scroll = true) {
    if (current) current.classList.remove("current");
    current = item;
    clearTimeout(claimTimer);
    if (!item) return;
    item.classList.add("current");
    item.focus({ preventScroll: true });
    if (scroll) item.scrollIntoView({ block: "nearest" });
    claimTimer = setTimeout(() => claim(item), CLAIM_AFTER);
  }

  async function claim(item) {
    if (item !== current || document.hidden || !item.isConnected) return;
    try {
      const { by } = await send("/review/claim", [["item", item.dataset.ref]]);
      lookedAt(item, by);
    } catch { /* it is only a courtesy */ }
    claimTimer = setTimeout(() => claim(item), CLAIM_EVERY);
  }

  function lookedAt(item, by) {
    item.querySelector(".claimed").textContent = by ? words.looking.replace("%s", by) : "";
  }

  function move(step) {
    const all = items();
    const place = all.indexOf(current);
    const next = place < 0 ? all[0] : all[Math.min(Math.max(place + step, 0), all.length - 1)];
    if (next) select(next);
    if (all.length - place < LOW) older();
  }

  const siteOf = (item) => item.dataset.ref.split(".")[0];

  // Whether all sites of these comments have the rule.
  function isRuleOf(code, targets) {
    const { sites } = [...rule.options].find((option) => option.value === code).dataset;
    return !sites || targets.every((item) => sites.split(" ").includes(siteOf(item)));
  }

  async function decide(choice, targets, given = {}) {
    if (!targets.length) return;
    if (choice === "reject" && !given.rule && !isRuleOf(rule.value, targets)) return askWhy(targets);
    const leaves = asked ? choice !== "hold" : states[choice] !== tab;
    const all = items();
    const last = all.indexOf(targets[targets.length - 1]);
    const next = all.slice(last + 1).concat(all.slice(0, last).reverse()).find((item) => !targets.includes(item));
    const alike = targets.length === 1 && targets[0].querySelector("[name=alike]")?.checked;
    if (leaves) targets.forEach((item) => item.classList.add("leaving"));
    for (const item of targets) check(item, false);
    if (leaves) select(next ?? null);
    const act = { batch: "", items: leaves ? targets : [], other: choice === "reject" && leaves };
    done.push(act);
    const fields = targets.map((item) => ["item", item.dataset.ref]);
    fields.push(["decision", choice]);
    if (alike) fields.push(["alike", "yes"]);
    if (choice === "reject") fields.push(["rule", given.rule ?? rule.value], ["note", given.note ?? ""]);
    act.sent = send("/review/decide", fields).then((told) => {
      act.batch = told.batch;
      if (!act.batch) done.splice(done.indexOf(act), 1);
      if (leaves) targets.forEach((item) => item.remove());
      count(leaves ? -told.decided.length : 0);
      say(told.sentence, act.batch ? act : null);
      for (const each of told.contested) say(each.sentence);
    }).catch((error) => {
      done.splice(done.indexOf(act), 1);
      targets.forEach((item) => item.classList.remove("leaving"));
      say(error.message === "urn:gatehouse:foreign-rule" ? words.foreignRule : words.failed);
    });
    if (all.length - targets.length < LOW) older();
    await act.sent;
    tidy();
  }

  async function undo(act = done[done.length - 1]) {
    if (!act) return say(words.nothingToUndo);
    done.splice(done.indexOf(act), 1);
    await act.sent;
    if (!act.batch) return;
    try {
      const told = await send("/review/undo", [["batch", act.batch]]);
      const back = act.items.filter((item) => told.decided.some((id) => `c${id.replaceAll("-", "")}` === item.id));
      back.forEach(put);
      count(act.items.length ? told.decided.length : 0);
      tidy();
      if (back.length) select(back[0]);
      say(told.sentence);
      for (const each of told.contested) say(each.sentence);
    } catch {
      done.push(act);
      say(words.failed);
    }
  }

  function put(item) {
    if (document.getElementById(item.id)) return;
    item.classList.remove("leaving", "current");
    // Ids are ordered by time, and the newest stands first.
    queue.insertBefore(item, items().find((other) => other.id < item.id) ?? null);
  }

  function count(change) {
    const shown = Number(waiting?.textContent);
    if (waiting && change && !Number.isNaN(shown)) waiting.textContent = Math.max(shown + change, 0);
  }

  function tidy() {
    empty.hidden = items().length > 0;
    const number = chosen().length;
    selected.hidden = false;
    selected.textContent = number ? `${number} ${selected.dataset.some}` : selected.dataset.none;
    bulk.classList.toggle("some", number > 0);
  }

  function check(item, on) {
    item.querySelector("header input").checked = on;
    item.classList.toggle("selected", on);
    tidy();
  }

  function say(sentence, act = null) {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.append(Object.assign(document.createElement("span"), { textContent: sentence }));
    if (act) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: words.undo });
      button.addEventListener("click", () => { toast.remove(); undo(act); });
      toast.append(button);
      if (act.other) {
        const other = Object.assign(document.createElement("button"), { type: "button", textContent: words.other });
        other.addEventListener("click", async () => { toast.remove(); await undo(act); askWhy(act.items.filter((item) => item.isConnected)); });
        toast.append(other);
      }
    }
    const toasts = document.getElementById("toasts");
    while (toasts.children.length > 1) toasts.firstChild.remove();
    toasts.append(toast);
    setTimeout(() => toast.remove(), (act ? LIVES_SECONDS : 8) * 1000);
  }

  function askWhy(targets) {
    if (!targets.length) return;
    const inputs = [...why.querySelectorAll("[name=rule]")];
    const offered = inputs.filter((input) => isRuleOf(input.value, targets));
    if (!offered.length) return say(words.noSharedRule);
    toReject = targets;
    why.returnValue = "";
    for (const input of inputs) input.closest("li").hidden = !offered.includes(input);
    const last = [rule.value, cited.get(siteOf(targets[0]))];
    (offered.find((input) => last.includes(input.value)) ?? offered[0]).checked = true;
    why.querySelector("[name=note]").value = "";
    why.showModal();
    why.querySelector("[name=rule]:checked")?.focus();
  }

  why.addEventListener("close", () => {
    if (why.returnValue !== "reject") return;
    rule.value = why.querySelector("[name=rule]:checked").value;
    for (const item of toReject) cited.set(siteOf(item), rule.value);
    decide("reject", toReject, { rule: rule.value, note: why.querySelector("[name=note]").value });
  });
  why.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea")) return;
    const choice = why.querySelectorAll("li:not([hidden]) [name=rule]")[Number(event.key) - 1];
    if (!/^[1-9]$/.test(event.key) || !choice) return;
    event.preventDefault();
    event.stopPropagation(); // once the dialog is closed, a number opens a tab
    choice.checked = true;
    why.close("reject");
  });

  async function page(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function adopt(found) {
    const gone = new Set(done.flatMap((act) => act.items.map((item) => item.id)));
    for (const item of [...found.querySelectorAll(".item")]) {
      if (document.getElementById(item.id) || gone.has(item.id)) continue;
      const own = document.importNode(item, true);
      localTimes(own);
      put(own);
    }
    tidy();
  }

  function older() {
    if (!queue.dataset.more || fetching) return fetching;
    fetching = page(queue.dataset.more).then((found) => {
      adopt(found);
      queue.dataset.more = found.getElementById("queue").dataset.more;
      const link = document.getElementById("older");
      if (!queue.dataset.more) link?.parentElement.remove();
      else if (link) link.href = queue.dataset.more;
      if (!current && items().length) select(items()[0], false);
    }).catch(() => {}).finally(() => { fetching = null; });
    return fetching;
  }

  function watch() {
    const source = new EventSource("/review/events");
    let refreshing = false;
    source.addEventListener("message", async ({ data }) => {
      const { kind, ids, by } = JSON.parse(data);
      const known = ids.map((id) => document.getElementById(`c${id}`)).filter(Boolean);
      if (kind === "claimed") {
        for (const item of items()) if (item.querySelector(".claimed").textContent.includes(by)) lookedAt(item, "");
        known.forEach((item) => lookedAt(item, by));
      } else if (kind === "decided" && known.length) {
        known.forEach((item) => { if (item === current) move(1); item.remove(); });
        say(words.meanwhile.replace("%s", by || words.blog));
      }
      if (kind !== "claimed" && live && !refreshing) {
        refreshing = true;
        const found = await page(location.pathname + location.search).catch(() => null);
        refreshing = false;
        if (!found) return;
        for (const each of document.querySelectorAll(".tabs .count")) {
          const now = found.getElementById(each.id);
          each.textContent = now.textContent;
          each.className = now.className;
        }
        adopt(found);
      }
    });
    addEventListener("pagehide", () => source.close());
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: () => current && check(current, !current.querySelector("header input").checked),
    u: () => undo(),
    o: () => current?.querySelector(".open").click(),
    e: () => askWhy(chosen().length ? chosen() : current ? [current] : []),
    "/": () => document.getElementById("search").focus(),
    "?": () => help.showModal(),
  };
  for (const [key, choice] of Object.entries({ a: "approve", s: "spam", r: "reject", h: "hold" })) {
    keys[key] = () => decide(choice, chosen().length ? chosen() : current ? [current] : []);
  }

  document.querySelectorAll(".tabs a").forEach((link, place) => { keys[place + 1] = () => link.click(); });

  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea");
    if (event.key === "Escape" && typing) {
      event.preventDefault(); // browsers would empty the field
      return typing.blur();
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat && !"jk".includes(event.key)) return;
    if (help.open || why.open || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  queue.addEventListener("click", (event) => {
    const item = event.target.closest(".item");
    if (item && item !== current && !event.target.closest("a")) select(item, false);
  });
  queue.addEventListener("change", (event) => {
    if (event.target.matches("header input")) check(event.target.closest(".item"), event.target.checked);
  });
  addEventListener("submit", (event) => {
    if (!event.submitter?.value || event.target.getAttribute("action") !== "/review/decide") return;
    event.preventDefault();
    const item = event.target.closest(".item");
    decide(event.submitter.value, item ? [item] : chosen());
  });
  const all = document.getElementById("select-all");
  all.hidden = !items().length;
  all.addEventListener("click", () => {
    const on = chosen().length < items().length;
    items().forEach((item) => check(item, on));
  });
  for (const opener of document.querySelectorAll("[data-open]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => document.getElementById(opener.dataset.open).showModal());
  }

  tidy();
  if (items().length) select(items()[0], false);
  watch();
}
