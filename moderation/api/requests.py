"""Reading requests: bounded, strict, and refusing in a sentence.

Whatever the bytes, reading raises nothing but the errors of this module and ``BodyTooLarge``.
"""

import asyncio
import json
import re
from typing import TypeVar

import msgspec
from aiohttp import web

from moderation.comments import storable
from service import errors
from service.http import BODY_LIMIT_BYTES, BodyTooLarge

JSON = "application/json"
NDJSON = "application/x-ndjson"
LONG_BODY_BYTES = 65_536  # decoding more takes longer than other requests should wait
BODY_SECONDS = 60  # for a whole body; 2 MiB in that time is a bad modem

T = TypeVar("T", bound=msgspec.Struct)


class MalformedJson(errors.Invalid):
    """The body is no JSON document in UTF-8."""


class DuplicateName(errors.Invalid):
    """A name stands twice in one object, and either value may be the wrong one."""


class InvalidBody(errors.Invalid):
    """The body is JSON, but not what is taken here."""


class InvalidQuery(errors.Invalid):
    """A parameter of the address is unknown, repeated or wrong."""


class UnsupportedBody(errors.Unsupported):
    """The body is in a format that is not taken here."""


class SlowBody(errors.TooSlow):
    """The body did not arrive within a minute."""


class BrokenBody(errors.Invalid):
    """The body broke off or was wrongly framed."""


def require_kind(request: web.Request, *kinds: str) -> None:
    """Raises ``UnsupportedBody`` unless the Content-Type is one of ``kinds``, in UTF-8."""
    kind, _, parameters = request.headers.get("Content-Type", "").partition(";")
    if kind.strip().lower() not in kinds:
        raise UnsupportedBody(f"Send it as {kinds[0]}.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(" \"'").lower() not in {
            "utf-8",
            "utf8",
        }:
            raise UnsupportedBody("JSON is in UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedBody("Send the body uncompressed.")


async def read_body(request: web.Request) -> bytes:
    """Raises ``BodyTooLarge``, ``SlowBody`` or ``BrokenBody``."""
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise BodyTooLarge
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise SlowBody from None
    except web.RequestPayloadError:
        raise BrokenBody from None


async def read_json(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """``decode``, in a thread where it would take long."""
    if len(body) <= LONG_BODY_BYTES:
        return decode(body, decoder)
    return await asyncio.to_thread(decode, body, decoder)


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """``body`` as one flat object; every string in it is storable.

    Raises ``MalformedJson``, ``DuplicateName`` or ``InvalidBody``.
    """
    try:
        value = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidBody(f"{error}.") from None
    except (ValueError, RecursionError):
        raise MalformedJson from None
    _refuse_duplicates(body)
    if b"\\u0000" in body:
        _clean(value)
    return value


_STRINGS = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")[ \t\r\n]*(:?)', re.DOTALL)


def _refuse_duplicates(body: bytes) -> None:
    """The decoder takes the last of several; ``body`` is valid, and flat but for lists."""
    names = [string for string, colon in _STRINGS.findall(body) if colon]
    if b"\\" in body:
        names = [json.loads(name) if b"\\" in name else name[1:-1].decode() for name in names]
    if len(set(names)) != len(names):
        raise DuplicateName


def _clean(value: msgspec.Struct) -> None:
    """Lone surrogates are no JSON to the decoder, so only NUL is left to be replaced."""
    for name in value.__struct_fields__:
        field = getattr(value, name)
        if isinstance(field, str) and "\0" in field:
            setattr(value, name, storable(field))
        elif isinstance(field, list):
            setattr(value, name, [storable(item) for item in field])


def read_query(request: web.Request, query_type: type[T], integers: frozenset[str]) -> T:
    """The parameters of the address.  Raises ``InvalidQuery``."""
    given: dict[str, str | int] = {}
    for name, value in request.query.items():
        if name in given:
            raise InvalidQuery(f"{storable(name)[:50]} stands there twice.")
        is_number = name in integers and re.fullmatch("-?[0-9]{1,9}", value)
        given[name] = int(value) if is_number else storable(value)
    try:
        return msgspec.convert(given, query_type)
    except msgspec.ValidationError as error:
        raise InvalidQuery(f"{storable(str(error))}.") from None
