// The library that draws the question, told what to ask, and mended from outside where it shuts somebody out.
function configuration() {
  const categories = {};
  notice.purposes.forEach((purpose) => {
    if (barred.includes(purpose)) return;
    const services = {};
    if (!purpose.necessary)
      purpose.services.forEach((service) => {
        services[service.id] = { label: service.name, cookies: service.erased.map(erased) };
      });
    categories[purpose.id] = { readOnly: purpose.necessary, enabled: purpose.necessary, services };
  });
  return {
    mode: "opt-in",
    revision: page.asked,
    root: "#gatehouse",
    hideFromBots: false,
    lazyHtmlGeneration: false,
    disablePageInteraction: false,
    cookie: { name: COOKIE, expiresAfterDays: (kind) => (until(kind !== "necessary") - Date.now()) / DAY },
    guiOptions: {
      consentModal: { layout: notice.layout, position: "bottom right", equalWeightButtons: true },
      preferencesModal: { layout: "box", equalWeightButtons: true },
    },
    categories,
    language: { default: notice.language, translations: { [notice.language]: translation() } },
    onModalReady: ({ modalName, modal }) => {
      modal.querySelectorAll("[data-gatehouse-page]").forEach((link) => (link.href = page.base + link.dataset.gatehousePage));
      if (modalName === "consentModal") mend(modal);
      // Of several tables with the same columns: names with spaces, and the same names again, lead nowhere.
      modal.querySelectorAll("th, td").forEach((cell) => ["id", "headers"].forEach((name) => cell.removeAttribute(name)));
    },
    onModalShow: ({ modalName }) => {
      layer = modalName === "preferencesModal" ? "preferences" : "banner";
      proof(notice.language).catch(() => {});
    },
    onModalHide: () => {
      layer = "banner";
    },
    onFirstConsent: decide,
    onChange: decide,
  };
}

// What a service set for the blog's own host; names may have endings (_pk_id.1.1fff).
function erased(name) {
  return { name: new RegExp("^" + name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) };
}

// The notice's texts, and under Global Privacy Control what follows from it.
function translation() {
  const { consentModal, preferencesModal } = notice;
  if (barred.length) consentModal.description += paragraph(words.gpc);
  preferencesModal.sections.forEach((section) => {
    if (!barred.some(({ id }) => id === section.linkedCategory)) return;
    section.description += paragraph(words.gpc);
    delete section.linkedCategory;
  });
  return { consentModal, preferencesModal };
}

function paragraph(text) {
  return "<p>" + text + "</p>";
}

// The banner shuts nobody in: it is no modal dialog, so it must not say so, nor hold the focus.
function mend(modal) {
  modal.removeAttribute("aria-modal");
  addEventListener("keydown", (event) => {
    if (event.key === "Tab" && modal.contains(event.target)) event.stopPropagation();
  }, true);
}
