// "My choices": what was decided, when, in the words of that day; and every way to change it.
window.gatehouse.choices = (function () {
  "use strict";
  let core, notice, words, dialog;

  async function open(given) {
    core = given;
    ({ notice, words } = core);
    const old = dialog;
    const cookie = core.stored();
    const parts = cookie ? [...decided(cookie), await spoken(cookie.data)] : [core.make("p", { textContent: words.none })];
    dialog = core.make("dialog", { className: "gh-choices" }, { "aria-labelledby": "gh-choices", lang: notice.language });
    dialog.append(
      core.button("×", () => dialog.close(), { class: "gh-close", "aria-label": words.close }),
      core.make("h2", { id: "gh-choices", textContent: words.choices }),
      ...parts,
      actions(),
    );
    if (old) old.remove();
    dialog.onclose = ({ target }) => target.remove();
    document.body.append(dialog);
    dialog.showModal();
  }

  function decided(cookie) {
    const { t, s } = cookie.data;
    const list = core.make("dl");
    core.optional.forEach((purpose) => {
      line(list, purpose.title, cookie.categories.includes(purpose.id));
      if (purpose.services.length > 1)
        purpose.services.forEach((service) => line(list, service.name, core.allows(cookie, purpose, service), "gh-service"));
    });
    const made = dated(words.decided, when(t, s)) + " " + dated(words.until, when(cookie.expirationTime));
    return [core.make("p", { textContent: made }), list, receipt(cookie.data)];
  }

  // Some dates end in a full stop themselves.
  function dated(sentence, date) {
    return sentence.replace("{date}", date).replace(/\.?$/, ".");
  }

  function when(moment, precisely) {
    const form = { dateStyle: "long", ...(precisely && { timeStyle: "short" }) };
    return new Date(moment).toLocaleString(notice.language, form);
  }

  function line(list, name, allowed, kind) {
    list.append(
      core.make("dt", { textContent: name, className: kind || "" }),
      core.make("dd", { textContent: allowed ? words.granted : words.refused, className: allowed ? "gh-yes" : "gh-no" }),
    );
  }

  // After a refusal nothing is kept by which its receipt could be found, but by the page that is still open.
  function receipt(data) {
    const id = data.r || (!data.s && core.latest());
    const place = core.make("p", { className: "gh-buttons" });
    if (!id) place.textContent = data.s ? words.pending : words.unkept;
    const address = core.page.base + "receipts/" + id + "?format=";
    if (id)
      place.append(
        core.make("a", { href: address + "html&lang=" + notice.language, target: "_blank", rel: "noopener", textContent: words.receipt }),
        core.make("a", { href: address + "tlog-proof", textContent: words.proof }),
      );
    return place;
  }

  // The notice that was decided about, which may be an older one than the one in force.
  async function spoken(data) {
    const place = core.make("details");
    place.append(core.make("summary", { textContent: words.said }));
    try {
      const texts = data.n === notice.notice && data.l === notice.language ? notice.texts : await older(data);
      place.append(core.make("h3", { textContent: texts.title }), core.make("div", { innerHTML: texts.body_html }));
      const address = core.page.base + "notices/" + data.n + "?format=html&lang=" + data.l;
      place.append(core.make("a", { href: address, target: "_blank", rel: "noopener", textContent: words.details }));
    } catch {
      place.append(core.make("p", { textContent: words.gone }));
    }
    return place;
  }

  async function older(data) {
    const answer = await fetch(core.page.base + "notices/" + data.n, core.PLAIN);
    return (await answer.json()).texts[data.l];
  }

  function actions() {
    const place = core.make("p", { className: "gh-actions" });
    const leave = (then) => () => {
      dialog.close();
      then();
    };
    place.append(
      core.button(words.change, leave(core.change)),
      core.button(notice.texts.reject, leave(core.withdraw)),
    );
    return place;
  }

  return { open, isOpen: () => Boolean(dialog && dialog.open) };
})();
