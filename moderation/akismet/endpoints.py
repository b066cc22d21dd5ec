"""From a request to a known caller: body, form, key."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from moderation.akismet.access import known_key, sent_key
from moderation.forms import Form, UnreadableForm, Wanted, decode
from service.http import BODY_LIMIT_BYTES, SITE_ID, BodyTooLarge
from service.sites import KnownKey

LONG_BODY_BYTES = 65_536  # decoding more takes longer than other requests should wait

# Where a client changes its key, ``key`` is the new one and ``api_key`` the one it had before.
KEY_FIRST = ("key", "api_key")
API_KEY_FIRST = ("api_key", "key")

Handler = Callable[[web.Request], Awaitable[web.Response]]
Result = TypeVar("Result")

VERSIONS = ("1.1", "1.2")

routes = web.RouteTableDef()


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
        for version in VERSIONS:
            for method in ("POST", "GET"):
                routes.route(method, f"/{version}/{name}")(handler)
        return handler

    return register


async def admit(request: web.Request, asked: Wanted, key_names: tuple[str, ...]) -> Call:
    """Read the form and find its key.

    Raises ``BodyTooLarge``, ``UnreadableForm``, or what ``known_key`` raises; ``answers.refusal``
    has words for all of them.
    """
    body = await _body(request)
    content_type = request.headers.get("Content-Type", "")
    form = await _off_loop(len(body), decode, body, content_type, asked)
    if query := request.rel_url.raw_query_string:
        _fill(form, decode(query.encode(), "", asked))
    raw_key = sent_key(request, form, key_names)
    key = known_key(request, raw_key)
    request[SITE_ID] = key.site.id
    return Call(form, key, raw_key, len(body))


async def _body(request: web.Request) -> bytes:
    if not request.body_exists:
        return b""
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise BodyTooLarge
    try:
        return await request.read()
    except web.RequestPayloadError:
        raise UnreadableForm from None


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
