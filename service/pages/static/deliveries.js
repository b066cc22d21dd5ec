// Times as the reader's clock has them, and a button that selects all.
"use strict";

const lang = document.documentElement.lang;
const whole = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  time.title = time.textContent;
  time.textContent = (time.closest("table, .endpoints") ? short : whole).format(moment);
}

const all = document.getElementById("select-all");
if (all) {
  const boxes = [...document.querySelectorAll("input[name=delivery]")];
  all.hidden = false;
  all.addEventListener("click", () => {
    const on = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = on;
  });
}
