"""Pages that visitors keep: a receipt, and a notice, in words and without script."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from consent.ledger.pages.words import LANGUAGES, WORDS
from consent.ledger.receipts import Receipt
from consent.notices.document import Notice
from consent.notices.shelf import Edition

ENVIRONMENT = Environment(
    loader=PackageLoader("consent.ledger", "pages"), autoescape=True, undefined=StrictUndefined
)
FALLBACK = "en"


def receipt_page(found: Receipt, language: str) -> web.Response:
    """In the language of the page that was decided on, unless another one is asked for."""
    read_in = (found.leaf.get("notice") or {}).get("lang") or ""
    said = _spoken(language or read_in)
    return _page(
        "receipt.html",
        language=said,
        words=WORDS[said],
        leaf=found.leaf,
        receipt=found,
        texts=_texts(found.edition.notice, read_in) if found.edition else None,
        notice=found.edition.notice if found.edition else None,
    )


def notice_page(edition: Edition, language: str) -> web.Response:
    """All of a notice, in one language."""
    notice = edition.notice
    shown = notice.language(language)
    said = _spoken(shown)
    return _page(
        "notice.html",
        language=shown,
        words=WORDS[said],
        notice=notice,
        texts=_texts(notice, shown),
        digest=edition.sha256,
    )


def _texts(notice: Notice, language: str) -> dict[str, Any]:
    texts = notice.texts[notice.language(language)]
    return {
        "title": texts.title,
        # Published markup was checked against a grammar that leaves nothing to the browser.
        "body": Markup(texts.body_html),  # noqa: S704
        "objection": Markup(texts.objection_html),  # noqa: S704
        "purposes": texts.purposes,
    }


def _spoken(language: str) -> str:
    short = language.partition("-")[0]
    return short if short in LANGUAGES else FALLBACK


def _page(template: str, **values: object) -> web.Response:
    text = ENVIRONMENT.get_template(template).render(style=Markup(_style()), **values)  # noqa: S704
    return web.Response(
        text=text,
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": _policy()},
    )


@cache
def _style() -> str:
    return resources.files(__name__).joinpath("style.css").read_text("utf-8")


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
    )
