// Sliders beside the thresholds, and the preview that follows them.  The button does the same without it.
"use strict";

document.documentElement.classList.add("scripted");

const form = document.getElementById("judging");
const box = document.getElementById("preview");
const ASK_AFTER = 120; // milliseconds without a movement
const TWICE_WITHIN = 4000; // milliseconds in which a second click is the same click

if (form && box) start();

// Whoever clicks twice makes one key, not two of which they see the second.
for (const each of document.querySelectorAll("form[method=post]")) {
  each.addEventListener("submit", (event) => {
    if (each.dataset.sent) event.preventDefault();
    each.dataset.sent = "yes";
    setTimeout(() => delete each.dataset.sent, TWICE_WITHIN);
  });
}
addEventListener("pageshow", () => {
  for (const each of document.querySelectorAll("form[data-sent]")) delete each.dataset.sent;
});

for (const time of document.querySelectorAll("time[datetime]")) {
  const written = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  time.title = time.textContent;
  time.textContent = written.format(new Date(time.dateTime));
}

function start() {
  const fields = [...form.querySelectorAll("[data-percent]")];
  const sliders = new Map();
  let timer = 0, asking = null;

  // A slider moves in log-odds, as the bars do; percentages are rounded to what people would write.
  const toPercent = (logOdds) => {
    const percent = 100 / (1 + Math.exp(-logOdds));
    const digits = percent < 90 ? 0 : percent < 99 ? 1 : 2;
    return Number(percent.toFixed(digits));
  };
  const toLogOdds = (percent) => Math.log(percent / (100 - percent));
  const read = (field) => Number(field.value.replace(",", "."));

  for (const slider of form.querySelectorAll("[data-of]")) {
    const field = document.getElementById(slider.dataset.of);
    sliders.set(field, slider);
    slider.hidden = false;
    follow(field);
    slider.addEventListener("input", () => {
      field.value = String(toPercent(Number(slider.value)));
      slider.setAttribute("aria-valuetext", `${field.value} %`);
      keepOrder(field);
      later();
    });
    field.addEventListener("input", () => { follow(field); later(); });
  }

  function follow(field) {
    const slider = sliders.get(field);
    const place = toLogOdds(read(field));
    slider.value = Number.isNaN(place) ? slider.value : String(place);
    slider.setAttribute("aria-valuetext", `${field.value} %`);
  }

  // A threshold that is dragged past another takes it along.
  function keepOrder(moved) {
    const place = fields.indexOf(moved);
    fields.forEach((field, other) => {
      const passed = other > place ? read(field) < read(moved) : read(field) > read(moved);
      if (other !== place && passed) { field.value = moved.value; follow(field); }
    });
  }

  function later() {
    clearTimeout(timer);
    box.classList.add("asking");
    timer = setTimeout(ask, ASK_AFTER);
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const query = new URLSearchParams(fields.map((field) => [field.name, field.value]));
    try {
      const answer = await fetch(`${box.dataset.address}?${query}`, { signal: asking.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      box.replaceChildren(...document.importNode(found.body, true).childNodes);
      box.classList.remove("asking");
    } catch (error) {
      if (error.name !== "AbortError") box.classList.remove("asking");
    }
  }
}
