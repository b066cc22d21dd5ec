/* The script that a blog names: it fetches the notice in force and what asks it, from where it came itself. */
(function (settings) {
  "use strict";
  const script = document.currentScript;
  if (!script || window.gatehouse) return;
  const base = new URL(".", script.src).href;
  const said = (script.dataset.lang || document.documentElement.lang || settings.language).split("-");
  const wanted = [said[0].toLowerCase() + (said[1] ? "-" + said[1].toUpperCase() : ""), said[0].toLowerCase()];
  const language = wanted.find((each) => settings.languages.includes(each)) || settings.fallback;

  // A file that is not what the loader names, byte for byte, is not run.
  function load(tag, source, file) {
    return new Promise((resolve, reject) => {
      const element = document.createElement(tag);
      element.onload = resolve;
      element.onerror = reject;
      element.integrity = file.integrity;
      element.crossOrigin = "anonymous";
      element.referrerPolicy = "no-referrer";
      if (tag === "link") element.rel = "stylesheet";
      else element.async = false;
      element[source] = base + "banner/" + file.name;
      document.head.append(element);
    });
  }

  window.gatehouse = {
    base,
    language,
    notice: settings.notice,
    asked: settings.asked,
    told: settings.told,
    parts: settings.parts,
    load,
    // Good for ever under this address: with our edition in it, a newer one never reads what was made for an older.
    view: fetch(base + "notices/" + settings.notice + "/banner?lang=" + language + "&for=" + settings.edition, {
      credentials: "omit",
      referrerPolicy: "no-referrer",
    }).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer))),
    style: load("link", "href", settings.style),
  };
  // Whatever fails, the page goes on: without us nothing that needs consent is loaded.
  Promise.all([
    window.gatehouse.view,
    window.gatehouse.style,
    load("script", "src", settings.library),
    load("script", "src", settings.adapter),
    // The page is whole: what stands at its foot is there.
    document.readyState === "loading" && new Promise((resolve) => addEventListener("DOMContentLoaded", resolve)),
  ]).then(([view]) => window.gatehouse.start(view)).catch(() => {});
})
