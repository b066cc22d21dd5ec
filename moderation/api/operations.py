"""What every operation of the API shares: who may, what comes in, and how it is described.

To add one, decorate a function with ``@operation``: its route, its checks and its part of
``/openapi.json`` follow.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from aiohttp import web

from moderation.akismet.access import WRONG_KEYS
from moderation.api.languages import preferred
from moderation.api.requests import read_body, read_json, read_query, require_kind
from moderation.api.types import SiteQuery
from service import auth, errors
from service.auth import Caller, MissingCredential, UnknownCredential
from service.http import client_address
from service.tokens import Scope

routes = web.RouteTableDef()

ID = "{id:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}}"


class TooManyWrongKeys(errors.Throttled):
    """Too many wrong keys came from this address; try again in a minute."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may be answered.  ``query`` and ``body`` are of the operation's types."""

    request: web.Request
    caller: Caller
    query: Any
    body: Any = None
    raw_body: bytes = b""

    @property
    def language(self) -> str:
        return preferred(self.request.headers.get("Accept-Language", ""))

    @property
    def comment_id(self) -> UUID:
        return UUID(self.request.match_info["id"])


Function: TypeAlias = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``refusals`` are the statuses of problems, beside those that any operation may answer."""

    method: str
    path: str
    scope: Scope
    answers: tuple[type[msgspec.Struct], ...]  # one of them; none for an empty answer
    query: type[SiteQuery] = SiteQuery
    body: type[msgspec.Struct] | None = None
    kinds: tuple[str, ...] = ("application/json",)
    streamed: bool = False  # the body is a line for each ``body``, and so is the answer
    statuses: tuple[int, ...] = (200,)
    refusals: tuple[int, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)  # of the request, with what they mean
    function: Function

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def described(self) -> str:
        return " ".join((self.function.__doc__ or "").split())


OPERATIONS: list[Operation] = []


def operation(
    method: str, path: str, scope: Scope, *answers: type[msgspec.Struct], **more: Any
) -> Callable[[Function], Function]:
    """Serve the function; ``more`` are the further fields of ``Operation``."""

    def register(function: Function) -> Function:
        made = Operation(
            method=method, path=path, scope=scope, answers=answers, function=function, **more
        )
        OPERATIONS.append(made)
        routes.route(method, path.replace("{id}", ID))(_handler(made))
        return function

    return register


def _handler(made: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    decoder = msgspec.json.Decoder(made.body) if made.body else None
    integers = frozenset(
        each.name
        for each in msgspec.inspect.type_info(made.query).fields  # type: ignore[attr-defined]
        if isinstance(each.type, msgspec.inspect.IntType)
    )

    async def handle(request: web.Request) -> web.StreamResponse:
        query = read_query(request, made.query, integers)
        caller = await admit(request, query, made.scope)
        if decoder is None:
            return await made.function(Call(request, caller, query))
        require_kind(request, *made.kinds)
        if made.streamed:
            return await made.function(Call(request, caller, query))
        raw = await read_body(request)
        body = await read_json(raw, decoder)
        return await made.function(Call(request, caller, query, body, raw))

    return handle


async def admit(request: web.Request, query: SiteQuery, scope: Scope) -> Caller:
    """Raises what ``auth.authenticate`` raises, or ``TooManyWrongKeys``."""
    site = query.site if isinstance(query.site, str) else None
    try:
        return await auth.authenticate(request, site, scope)
    except (MissingCredential, UnknownCredential):
        if not request.app[WRONG_KEYS].add(client_address(request), time.monotonic()):
            raise TooManyWrongKeys from None
        raise
