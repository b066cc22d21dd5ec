// Beside a comment form: how comments are processed, in the reader's language, and that it was read.
window.gatehouse.comments = async function (place, core) {
  "use strict";
  const { page, notice, words, make } = core;
  const asked = await fetch(page.base + "current?kind=comment_processing&document=none&lang=" + notice.language, core.PLAIN);
  if (!asked.ok) return;
  const { notice: sha, lang } = await asked.json();
  const said = await (await fetch(page.base + "notices/" + sha + "/texts?lang=" + lang, core.PLAIN)).json();

  const details = make("details", {}, { lang });
  const address = page.base + "notices/" + sha + "?format=html&lang=" + lang;
  details.append(
    make("summary", { textContent: said.title }),
    make("div", { innerHTML: said.body_html + said.objection_html }),
    make("a", { href: address, target: "_blank", rel: "noopener", textContent: words.details }),
  );
  const box = make("input", { type: "checkbox", id: "gh-read" });
  const read = make("p");
  read.append(box, " ", make("label", { htmlFor: "gh-read", textContent: words.read }));
  place.classList.add("gh-comment-notice");
  place.replaceChildren(details, read);

  const form = place.closest("form");
  if (form)
    form.addEventListener("submit", () => {
      if (box.checked) core.send({ ...core.acknowledgement(), notice: sha, lang, layer: "comment_form" });
    });
};
