"""The part of a published notice that a page needs to ask: one language, without Art. 13.

Derived from the notice and our own words and nothing else, so it is as immutable as they are.
Texts are markup here, for the library puts them into the page as such.
"""

from typing import Any

from markupsafe import Markup, escape

from consent.banner import words
from consent.banner.words import Words
from consent.notices import durations
from consent.notices.document import Notice, Purpose, PurposeTexts, Service, Texts
from consent.notices.shelf import Edition

SAID = ("title", "body_html", "reject", "withdraw", "withdrawn", "placeholder", "load_once")


def view(edition: Edition, wanted: str) -> dict[str, Any]:
    """In the language in which somebody who asks for ``wanted`` reads it."""
    notice = edition.notice
    language = notice.language(wanted)
    texts, own = notice.texts[language], words.spoken(language)
    details = f"notices/{edition.sha256}?format=html&lang={language}"  # below the site's address
    return {
        "notice": edition.sha256,
        "language": language,
        "texts": {name: getattr(texts, name) for name in SAID},
        "words": own,
        "consentModal": _banner(notice, texts, own, details),
        "preferencesModal": _preferences(notice, language, own, details),
        "purposes": [_purpose(language, purpose, texts) for purpose in notice.purposes],
        "layout": notice.ui.layout if notice.ui else "box",
        "validity": durations.months_and_days(notice.validity),
        "cooldown": durations.months_and_days(notice.cooldown),
    }


def _banner(notice: Notice, texts: Texts, own: Words, details: str) -> dict[str, str]:
    changed = Markup("<p><strong>{}</strong></p>").format(texts.changed)
    return {
        "title": escape(texts.title),
        "description": "{{revisionMessage}}" + texts.body_html,
        "revisionMessage": changed,
        "acceptAllBtn": escape(texts.accept),
        "acceptNecessaryBtn": escape(texts.reject),
        "showPreferencesBtn": escape(texts.settings),
        "footer": Markup("<span>{}</span>{}").format(notice.controller.name, _link(own, details)),
    }


def _link(own: Words, details: str) -> Markup:
    """Its address is completed by the page, which knows where we are."""
    return Markup('<a class="cc__link" data-gatehouse-page="{}">{}</a>').format(
        details, own["details"]
    )


def _preferences(notice: Notice, language: str, own: Words, details: str) -> dict[str, Any]:
    texts = notice.texts[language]
    asked = [_section(notice, language, purpose, own) for purpose in notice.purposes]
    return {
        "title": escape(texts.withdraw),
        "acceptAllBtn": escape(texts.accept),
        "acceptNecessaryBtn": escape(texts.reject),
        "savePreferencesBtn": escape(texts.save),
        "closeIconLabel": texts.close,
        "sections": [
            {"description": texts.body_html},
            *asked,
            _responsible(notice, language, own, details),
        ],
    }


def _section(notice: Notice, language: str, purpose: Purpose, own: Words) -> dict[str, Any]:
    said = notice.texts[language].purposes[purpose.id]
    return {
        "title": escape(said.title),
        "description": _explained(notice, language, purpose, said, own),
        "linkedCategory": purpose.id,
        "cookieTable": _table(language, purpose, own),
    }


def _explained(
    notice: Notice, language: str, purpose: Purpose, said: PurposeTexts, own: Words
) -> Markup:
    sentences = filter(None, (said.description, purpose.justification.get(language)))
    facts = {
        own["retention"]: words.span(purpose.retention, language),
        own["recipients"]: ", ".join(_recipients(notice, purpose)),
        own["abroad"]: _abroad(purpose),
    }
    lines = (
        Markup("<strong>{}:</strong> {}").format(name, fact) for name, fact in facts.items() if fact
    )
    paragraphs = (*map(escape, sentences), Markup("<br>").join(lines))
    return Markup("").join(Markup("<p>{}</p>").format(each) for each in paragraphs)


def _recipients(notice: Notice, purpose: Purpose) -> list[str]:
    return [party.name for party in notice.parties if party.id in purpose.recipients]


def _abroad(purpose: Purpose) -> str:
    transfer = purpose.third_country
    return f"{transfer.country}, {transfer.safeguard}" if transfer else ""


def _table(language: str, purpose: Purpose, own: Words) -> dict[str, Any]:
    """The library shows none where there is no row."""
    rows = [
        {
            "name": escape(cookie.name),
            "purpose": escape(cookie.purpose.get(language, "")),
            "provider": escape(
                f"{cookie.provider} · {own['others' if cookie.third_party else 'own']}"
            ),
            "duration": escape(words.span(cookie.duration, language)),
        }
        for service in purpose.services
        for cookie in service.cookies
    ]
    headers = {"name": "name", "purpose": "purpose", "provider": "access", "duration": "duration"}
    return {"headers": {column: own[said] for column, said in headers.items()}, "body": rows}


def _responsible(notice: Notice, language: str, own: Words, details: str) -> dict[str, Any]:
    controller = notice.controller
    ways = filter(None, (controller.contact, controller.email, controller.phone, controller.url))
    lines = Markup("<br>").join((controller.name, controller.address, ", ".join(ways)))
    paragraphs = (lines, notice.withdrawal.text.get(language, ""), _link(own, details))
    description = Markup("").join(Markup("<p>{}</p>").format(each) for each in paragraphs)
    return {"title": own["who"], "description": description}


def _purpose(language: str, purpose: Purpose, texts: Texts) -> dict[str, Any]:
    return {
        "id": purpose.id,
        "necessary": purpose.necessary,
        "title": texts.purposes[purpose.id].title,
        "gcm": purpose.gcm,
        "sale_or_share": purpose.sale_or_share,
        "services": [_service(language, service) for service in purpose.services],
    }


def _service(language: str, service: Service) -> dict[str, Any]:
    own = (each for each in service.cookies if not each.third_party and each.storage == "cookie")
    return {
        "id": service.id,
        "name": service.name,
        "alternative": service.alternative.get(language, ""),
        "erased": [cookie.name for cookie in own],  # by the page, where the service is refused
    }
