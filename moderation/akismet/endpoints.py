"""From a request to a known caller: body, form, key; and every refusal in the protocol's words."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar

from aiohttp import web

from moderation.akismet.access import known_key, sent_key
from moderation.akismet.answers import refusal
from moderation.forms import Form, UnreadableForm, Wanted, decode
from service import errors
from service.sites import KnownKey

BODY_LIMIT_BYTES = 2 * 1024 * 1024  # a pingback carries the whole page that it comes from, twice
LONG_BODY_BYTES = 65_536  # decoding more takes longer than other requests should wait

# Where a client changes its key, ``key`` is the new one and ``api_key`` the one it had before.
KEY_FIRST = ("key", "api_key")
API_KEY_FIRST = ("api_key", "key")

Handler = Callable[[web.Request], Awaitable[web.Response]]
Result = TypeVar("Result")

routes = web.RouteTableDef()


class BodyTooLarge(errors.TooLarge):
    """This request is larger than 2 MiB."""


class UnknownEndpoint(errors.NotFound):
    """The protocol has no such endpoint."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose key is known."""

    form: Form
    key: KnownKey
    raw_key: str
    size: int  # bytes of the body

    async def off_loop(self, function: Callable[..., Result], *arguments: object) -> Result:
        """``function`` called here for a short request, and in a thread for a long one."""
        return await _off_loop(self.size, function, *arguments)


def endpoint(name: str) -> Callable[[Handler], Handler]:
    """Serve ``name`` under both versions and by both methods: clients differ in which they use."""

    def register(handler: Handler) -> Handler:
        answering = _answering(handler)
        for version in ("1.1", "1.2"):
            for method in ("POST", "GET"):
                routes.route(method, f"/{version}/{name}")(answering)
        return handler

    return register


def _answering(handler: Handler) -> Handler:
    @wraps(handler)
    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except errors.ServiceError as error:
            return refusal(error)

    return answer


async def admit(request: web.Request, asked: Wanted, key_names: tuple[str, ...]) -> Call:
    """Read the form and find its key.

    Raises ``BodyTooLarge``, ``UnreadableForm``, or what ``known_key`` raises.
    """
    body = await _body(request)
    content_type = request.headers.get("Content-Type", "")
    form = await _off_loop(len(body), decode, body, content_type, asked)
    if query := request.rel_url.raw_query_string:
        _fill(form, decode(query.encode(), "", asked))
    raw_key = sent_key(request, form, key_names)
    return Call(form, known_key(request, raw_key), raw_key, len(body))


async def _body(request: web.Request) -> bytes:
    if not request.body_exists:
        return b""
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise BodyTooLarge
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise BodyTooLarge from None
    except web.RequestPayloadError:
        raise UnreadableForm from None
    if len(body) > BODY_LIMIT_BYTES:
        raise BodyTooLarge
    return body


async def _off_loop(size: int, function: Callable[..., Result], *arguments: object) -> Result:
    if size <= LONG_BODY_BYTES:
        return function(*arguments)
    return await asyncio.to_thread(function, *arguments)


def _fill(form: Form, query: Form) -> None:
    """The query counts where the body says nothing."""
    for name, value in query.values.items():
        if value and not form.values.get(name):
            form.values[name] = value
    for name, items in query.lists.items():
        form.lists.setdefault(name, items)
    form.pointed_at_filled |= query.pointed_at_filled
