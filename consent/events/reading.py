"""An event as it comes from a page: bounded, strict, and as a value."""

import asyncio
import hashlib
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from consent.notices.document import Digest, Identifier, Language
from service import errors

BODY_LIMIT_BYTES = 8192
BODY_SECONDS = 20
KINDS = {"text/plain", "application/json"}

Answer = Literal["granted", "refused"]
Layer = Literal["banner", "preferences", "comment_form", "settings_page", "api", "signal"]


class MalformedEvent(errors.Invalid):
    """The event cannot be understood."""


class EventTooLarge(errors.TooLarge):
    """An event has at most 8 kB."""


class EventUnsupported(errors.Unsupported):
    """An event is JSON, sent as text/plain or application/json."""


class Signals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    gpc: bool = False
    dnt: bool = False


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    event_id: UUID
    notice: Digest
    lang: Language
    token: Annotated[str, Meta(max_length=600)] | None = None
    action: Identifier
    layer: Layer
    decisions: dict[Identifier, Answer] = {}
    services: dict[Identifier, Answer] = {}
    subject: Annotated[str, Meta(pattern="^[A-Za-z0-9_.~-]{8,128}$")] | None = None
    previous: UUID | None = None
    client_time: (
        Annotated[
            str, Meta(pattern=r"^[0-9]{1,6}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9:]{5})$")
        ]
        | None
    ) = None
    signals: Signals = Signals()
    viewport: Annotated[str, Meta(pattern="^[0-9]{1,5}x[0-9]{1,5}$")] | None = None

    @property
    def request_hash(self) -> bytes:
        """Of all that a repetition repeats: a token may be a newer one, the rest may not.

        Signals aside: a browser may say in a header what the page did not.
        """
        said = msgspec.structs.replace(self, token=None, signals=Signals())
        return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def with_signals(event: Event, signals: Signals) -> Event:
    return msgspec.structs.replace(event, signals=signals)


_DECODER = msgspec.json.Decoder(Event)


async def read(request: web.Request) -> Event:
    """Raises ``EventUnsupported``, ``EventTooLarge`` or ``MalformedEvent``."""
    kind = request.headers.get("Content-Type", "text/plain").partition(";")[0]
    if kind.strip().lower() not in KINDS:
        raise EventUnsupported
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise EventTooLarge
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return decode(await _body(request))
    except (TimeoutError, web.RequestPayloadError):
        raise MalformedEvent from None


async def _body(request: web.Request) -> bytes:
    body = b""
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise EventTooLarge
    return body


def decode(body: bytes) -> Event:
    """Raises ``MalformedEvent``, whatever the bytes; nothing that was sent is quoted."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise MalformedEvent from None
