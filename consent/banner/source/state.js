// What the page knows: the notice, the visitor's choice, and how that is kept on their device.
const page = window.gatehouse;
const CC = window.CookieConsent;
const COOKIE = "cc_cookie";
const DAY = 864e5;
const gpc = navigator.globalPrivacyControl === true;
const dnt = navigator.doNotTrack === "1";
let notice;
let words;
let optional = [];
let barred = [];
// Of the cookie's data: n notice, l language, t time, w how often told; of a grant also s subject, e event, r receipt.
let choice = {};
// Where no cookie can be kept, the choice lasts as long as the page.
let memory = null;

function stored() {
  const found = document.cookie.match("(?:^|; )" + COOKIE + "=([^;]+)");
  try {
    return found ? JSON.parse(decodeURIComponent(found[1])) : memory;
  } catch {
    return null;
  }
}

function granted(cookie) {
  return optional.filter((purpose) => cookie && cookie.categories.includes(purpose.id));
}

function allows(cookie, purpose, service) {
  return cookie.categories.includes(purpose.id) && (cookie.services[purpose.id] || []).includes(service.id);
}

// The library gives every choice an id of its own.  It is never kept; a refusal keeps nothing finer than a day either.
function keep(cookie, data, expires) {
  const moment = data.s ? data.t : data.t.slice(0, 10) + "T00:00:00.000Z";
  const value = {
    categories: cookie.categories,
    services: cookie.services,
    revision: page.asked,
    data,
    consentId: "-",
    consentTimestamp: moment,
    lastConsentTimestamp: moment,
    languageCode: notice.language,
    expirationTime: expires,
  };
  document.cookie =
    COOKIE + "=" + encodeURIComponent(JSON.stringify(value)) +
    "; expires=" + new Date(expires).toUTCString() + "; Path=/; SameSite=Lax" +
    (location.hostname.includes(".") ? "; Domain=" + location.hostname : "") +
    (location.protocol === "https:" ? "; Secure" : "");
  choice = data;
  memory = value;
}

// When a choice ends, by the calendar: of a grant its validity, of a refusal the day until which nobody is asked again.
function until(any) {
  const end = new Date();
  const [months, days] = any ? notice.validity : notice.cooldown;
  end.setMonth(end.getMonth() + months, end.getDate() + days);
  return any ? end.getTime() : Math.floor(end.getTime() / DAY) * DAY;
}

// Another tab may have decided meanwhile: an id that it took back must not return by this one.
function reread() {
  choice = (stored() || {}).data || {};
}

function forget() {
  keep({ categories: [], services: {} }, { t: new Date().toISOString() }, 0);
  choice = {};
  memory = null;
}

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function remembered(name, value) {
  try {
    if (value === undefined) return sessionStorage.getItem(name);
    if (value) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  } catch {
    // Storage may be switched off: then what is unsent is lost with the page.
  }
  return null;
}
