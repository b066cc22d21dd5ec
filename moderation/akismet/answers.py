"""What the protocol says: exact bodies, a guid on every answer, and nothing more on a good one.

Clients compare bodies byte by byte, so none ends in a line feed.  The plugin for WordPress takes an
answer without ``X-akismet-guid`` for no answer and publishes unchecked; one widely used client
takes ``X-akismet-debug-help`` for an error whatever the body, so it stands on errors alone.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from aiohttp import web
from aiohttp.hdrs import CONTENT_TYPE
from multidict import istr
from uuid_utils.compat import uuid7

from moderation.verdicts import Action, Verdict
from service import errors
from service.http import status_of
from service.sites import SiteSettings

GUID = istr("X-akismet-guid")
DEBUG_HELP = istr("X-akismet-debug-help")
PRO_TIP = istr("X-akismet-pro-tip")
RECHECK_AFTER = istr("X-akismet-recheck-after")

SPAM, HAM = "true", "false"
VALID, INVALID = "valid", "invalid"
THANKS = "Thanks for making the web a better place."
ERROR = "error"  # the plugin holds a comment that gets this with a guid, and asks again later

PLAIN = "text/plain; charset=utf-8"
JSON = "application/json"
CSV = "text/csv; charset=utf-8"

RETRY_SECONDS = 5  # a restarted database is back by then
LOCKED_OUT_SECONDS = 60


def say(
    body: str | bytes, guid: UUID | None = None, *, kind: str = PLAIN, **headers: str
) -> web.Response:
    """``body`` exactly as it is, with a guid; ``headers`` are header names with ``_`` for ``-``."""
    return _response(body, 200, guid, kind, {n.replace("_", "-"): v for n, v in headers.items()})


def say_json(value: Any) -> web.Response:
    return say(orjson.dumps(value), kind=JSON)


def say_verdict(
    verdict: Verdict, guid: UUID, settings: SiteSettings, *, callback: bool, discard_test: bool
) -> web.Response:
    """``true`` for spam, ``false`` for ham; a held comment is one or the other.

    A client that gave us a ``callback`` keeps a held comment pending until it hears from us; every
    other client hears what the site has set.  To discard is advised where the site wants it and the
    probability allows it, and in a test of just that.
    """
    headers: dict[str, str] = {}
    spam = verdict.action is Action.REJECT
    if verdict.action is Action.HOLD:
        if callback:
            headers[RECHECK_AFTER] = str(settings.hold_seconds)
        spam = settings.hold_answer and not callback
    # A repeated check gets the verdict as it was stored, which does not say ``discardable``.
    beyond = spam and verdict.probability >= settings.discard_threshold
    if discard_test or (settings.discard and beyond):
        headers[PRO_TIP] = "discard"
    return _response(SPAM if spam else HAM, 200, guid, PLAIN, headers)


_RETRY_AFTER = {429: LOCKED_OUT_SECONDS, 503: RETRY_SECONDS}


def refusal(error: errors.ServiceError) -> web.Response:
    """What a client hears of ``error``; of a fault of ours no more than that there was one.

    A key that opens nothing is an answer like any other, so its status is 200.
    """
    status = status_of(error)
    headers: dict[str, str] = {}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        headers[DEBUG_HELP] = error.title
    if status in _RETRY_AFTER:
        headers["Retry-After"] = str(_RETRY_AFTER[status])
    if isinstance(error, errors.Unauthenticated):
        return _response(INVALID, 200, None, PLAIN, headers)
    return _response(ERROR, status, None, PLAIN, headers)


def _response(
    body: str | bytes, status: int, guid: UUID | None, kind: str, headers: dict[str, str]
) -> web.Response:
    headers[CONTENT_TYPE] = kind
    headers[GUID] = str(guid or uuid7())
    content = body.encode() if isinstance(body, str) else body
    return web.Response(body=content, status=status, headers=headers)
