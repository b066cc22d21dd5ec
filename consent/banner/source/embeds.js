// Content of others: it stands in the page as data until its service is allowed, with something in its place.
const EMBEDS = ["iframe", "img", "video", "audio", "embed", "template"].map((tag) => tag + "[data-category]").join();
const SMALL = 130;
const shown = new WeakMap();

function known(element) {
  const purpose = optional.find((each) => each.id === element.dataset.category);
  return { purpose, service: purpose && purpose.services.find((each) => each.id === element.dataset.service) };
}

function allowed(element) {
  const { purpose, service } = known(element);
  const cookie = stored();
  if (!purpose || !cookie || cookie.revision !== page.asked) return false;
  return service ? allows(cookie, purpose, service) : !element.dataset.service && cookie.categories.includes(purpose.id);
}

function embeds() {
  document.querySelectorAll(EMBEDS).forEach((element) => {
    if (allowed(element)) open(element);
    else if (shown.get(element) !== "once") close(element);
  });
}

function closeAll() {
  document.querySelectorAll(EMBEDS).forEach((element) => allowed(element) || close(element));
}

function beside(element) {
  const next = element.nextElementSibling;
  return next && /^gh-(placeholder|loaded)$/.test(next.classList[0]) ? next : null;
}

function open(element, how) {
  if (shown.has(element)) return;
  shown.set(element, how || "allowed");
  const placeholder = beside(element);
  if (placeholder) placeholder.remove();
  if (element.localName === "template") {
    const loaded = make("div", { className: "gh-loaded" });
    loaded.append(document.importNode(element.content, true));
    element.after(loaded);
  } else {
    element.src = element.dataset.src;
    element.hidden = false;
  }
}

function close(element) {
  const other = beside(element);
  if (other && !shown.has(element)) return;
  shown.delete(element);
  if (other) other.remove();
  if (element.localName !== "template") {
    element.removeAttribute("src");
    element.hidden = true;
  }
  element.after(placeholder(element));
}

function placeholder(element) {
  const { purpose, service } = known(element);
  const name = service ? service.name : purpose ? purpose.title : "";
  const text = notice.texts.placeholder.replace("{service}", name);
  const once = () => {
    open(element, "once");
    element.tabIndex = -1;
    element.focus();
  };
  const [width, height] = ["width", "height"].map((side) => parseInt(element.getAttribute(side), 10) || 0);
  const box = make("div", { className: "gh-placeholder" }, { role: "group", "aria-label": name });
  if (width && width < SMALL) {
    const initial = element.dataset.initial || (element.alt || name).trim()[0];
    box.classList.add("gh-small");
    box.style.width = box.style.height = width + "px";
    box.append(button(initial, once, { title: text, "aria-label": text + " " + notice.texts.load_once }));
    return box;
  }
  if (width && height) box.style.minHeight = Math.min(height, 400) + "px";
  box.append(make("p", { textContent: text }));
  if (service && service.alternative) box.append(alternative(element, service));
  const buttons = make("p", { className: "gh-buttons" });
  buttons.append(button(notice.texts.load_once, once));
  if (service && !barred.includes(purpose))
    buttons.append(button(words.always.replace("{service}", name), () => allow(purpose, service)));
  box.append(buttons);
  return box;
}

// What needs no consent: an ordinary link, which transmits nothing until it is followed.
function alternative(element, service) {
  const address = element.dataset.alternative;
  const text = make("p");
  text.append(address ? make("a", { href: address, rel: "noopener noreferrer", textContent: service.alternative }) : service.alternative);
  return text;
}

// One service more; what was allowed before stays allowed.
function allow(purpose, service) {
  const cookie = stored();
  const others = cookie && cookie.revision === page.asked ? cookie.services[purpose.id] || [] : [];
  layer = "preferences";
  CC.acceptService([...others, service.id], purpose.id);
  CC.hide();
  layer = "banner";
}

function make(tag, properties, attributes) {
  const element = Object.assign(document.createElement(tag), properties);
  Object.entries(attributes || {}).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

function button(text, onclick, attributes) {
  return make("button", { type: "button", textContent: text, onclick }, attributes);
}
