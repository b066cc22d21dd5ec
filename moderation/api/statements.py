"""Statements of reasons in the JSON API, in the shape of the European transparency database."""

from datetime import UTC, datetime
from typing import Annotated

from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from moderation.api.answers import say
from moderation.api.comments import in_utc
from moderation.api.cursors import CURSOR_PATTERN, cursor, read_cursor
from moderation.api.operations import Call, operation
from moderation.api.types import Moment, SiteQuery
from moderation.reasons import store
from moderation.reasons.exporting import LOWEST, Entry, entry
from service.db import POOL, connection
from service.tokens import Scope

FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


class StatementsQuery(SiteQuery, kw_only=True):
    since: Annotated[Moment, Meta(description="Made then or later.")] | UnsetType = UNSET
    until: Annotated[Moment, Meta(description="Made earlier.")] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=500)] = 100
    cursor: (
        Annotated[str, Meta(pattern=CURSOR_PATTERN, description="next of the page before.")]
        | UnsetType
    ) = UNSET


class StatementsPage(Struct, kw_only=True):
    """A part of the statements that stand.  ``next`` is null after the last one."""

    statements: list[Entry]
    next: str | None


@operation(
    "GET",
    "/v1/statements-of-reasons",
    Scope.COMMENTS_READ,
    StatementsPage,
    query=StatementsQuery,
    refusals=(404,),
)
async def list_statements(call: Call) -> web.Response:
    """Statements of reasons for removed comments, in the shape of the DSA Transparency Database.

    The oldest first; nothing in them is personal.
    """
    query = call.query
    since = in_utc(query.since) if isinstance(query.since, datetime) else FIRST
    until = in_utc(query.until) if isinstance(query.until, datetime) else LAST
    above = read_cursor(query.cursor) if isinstance(query.cursor, str) else LOWEST
    async with connection(call.request.app[POOL]) as conn:
        found = await store.between(conn, call.caller.site.id, above, since, until, query.limit + 1)
    page = found[: query.limit]
    more = len(found) > query.limit
    return say(
        StatementsPage(
            statements=[entry(each) for each in page], next=cursor(page[-1].id) if more else None
        )
    )
