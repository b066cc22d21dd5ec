"""Comments in the JSON API: one is judged, read, listed, labelled, or gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from aiohttp import web
from msgspec import UNSET, UnsetType

from moderation.akismet.fields import address, blog_name
from moderation.api import idempotency, store
from moderation.api.answers import judged, reasons, say
from moderation.api.cursors import cursor, read_cursor
from moderation.api.operations import Call, operation
from moderation.api.store import Wanted
from moderation.api.types import (
    GivenLabel,
    Judged,
    JudgeQuery,
    ListQuery,
    NewComment,
    Page,
    StoredComment,
)
from moderation.comments import Comment
from moderation.intake import INTAKE, Receipt
from moderation.store import verdict_of
from service import errors
from service.db import POOL, connection
from service.sites import Site
from service.tokens import Scope

T = TypeVar("T")


class UnknownComment(errors.NotFound):
    """The site has no such comment."""


def comment_of(new: NewComment, site: Site) -> Comment:
    """Whatever is valid becomes a comment; this raises nothing."""
    return Comment(
        text=new.text,
        author=new.author,
        email=new.email.strip() if new.email else new.email,
        url=new.url.strip() if new.url else new.url,
        address=address(new.address) if new.address else None,
        user_agent=new.user_agent or None,
        referrer=new.referrer or None,
        permalink=new.permalink.strip() or None if new.permalink else None,
        title=new.title or None,
        context=tuple(new.context),
        kind=new.kind,
        role=new.role,
        languages=new.languages,
        blog=blog_name(site.url),
        submitted_at=in_utc(new.submitted_at) if new.submitted_at else None,
        platform_id=new.platform_id,
        platform_post_id=new.platform_post_id,
        parent_id=new.parent_id,
        delivery_id=new.delivery_id,
        recheck_reason=new.recheck_reason,
        honeypot_filled=new.honeypot_filled,
        script_ran=new.script_ran,
        form_seconds=new.form_seconds,
        is_test=new.is_test,
    )


_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """``moment``; what lies beyond the years 1 and 9999 in UTC is moved to their edge."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST


@operation(
    "POST",
    "/v1/comments",
    Scope.COMMENTS_WRITE,
    Judged,
    query=JudgeQuery,
    body=NewComment,
    statuses=(201, 200),
    refusals=(409, 413, 415, 422),
    headers={
        idempotency.HEADER: "Sent again with the same body within a day, the request hears the"
        " first verdict (200)."
    },
)
async def judge_comment(call: Call) -> web.Response:
    """Judge one comment and store it; the answer follows the commit."""
    site = call.caller.site
    comment = comment_of(call.body, site)

    async def submit(comment_id: UUID | None) -> Receipt:
        intake = call.request.app[INTAKE]
        return await intake.submit(comment, site, call.caller.key_id, comment_id)

    header = call.request.headers.get(idempotency.HEADER)
    if header is None:
        receipt, is_first = await submit(None), True
    else:
        key = idempotency.read(header, call.raw_body, site)
        receipt, is_first = await idempotency.once(call.request.app[POOL], site, key, submit)
    language = call.language if call.query.findings == "full" else None
    return say(
        judged(receipt, site, language),
        201 if is_first else 200,
        Content_Language=call.language,
        Vary="Accept-Language",
        Location=f"/v1/comments/{receipt.id}",
    )


@operation("GET", "/v1/comments/{id}", Scope.COMMENTS_READ, StoredComment, refusals=(404,))
async def read_comment(call: Call) -> web.Response:
    """A comment with its verdict, and the newest label if somebody gave one."""
    site = call.caller.site
    async with connection(call.request.app[POOL]) as conn:
        row = await store.find_comment(conn, site.id, call.comment_id)
    if row is None:
        raise UnknownComment
    return say(
        _stored(row, site, call.language), Content_Language=call.language, Vary="Accept-Language"
    )


@operation("GET", "/v1/comments", Scope.COMMENTS_READ, Page, query=ListQuery, refusals=(404,))
async def list_comments(call: Call) -> web.Response:
    """Comments in the order of their arrival, page by page, with filters that must all fit."""
    site, query = call.caller.site, call.query
    newest = query.order == "newest"
    wanted = _wanted(query, newest=newest)
    async with connection(call.request.app[POOL]) as conn:
        boundary = await store.boundary(conn, site.id, wanted, newest=newest)
        if boundary is not None:
            wanted = _narrowed(wanted, boundary, newest=newest)
        rows = await store.list_comments(
            conn, site.id, wanted, newest=newest, limit=query.limit + 1
        )
    last = rows[query.limit - 1]["id"] if len(rows) > query.limit else boundary
    page = Page(
        comments=[_stored(row, site, call.language) for row in rows[: query.limit]],
        next=cursor(last) if last else None,
    )
    return say(page, Content_Language=call.language, Vary="Accept-Language")


# An id is made as a comment arrives, ``received_at`` as it is stored; clocks are set in between.
SLACK = timedelta(days=1)
HIGHEST_ID = (1 << 128) - 1


def _wanted(query: ListQuery, *, newest: bool) -> Wanted:
    since, until = _given(query.since), _given(query.until)
    above = _id_at(in_utc(since), -SLACK) if since else 0
    below = _id_at(in_utc(until), SLACK) if until else HIGHEST_ID
    if isinstance(query.cursor, str):
        place = read_cursor(query.cursor).int
        above, below = (above, min(below, place)) if newest else (max(above, place), below)
    return Wanted(
        above=UUID(int=above),
        below=UUID(int=below),
        since=in_utc(since) if since else None,
        until=in_utc(until) if until else None,
        action=_given(query.action),
        label=_given(query.label),
        author=_given(query.author),
        language=_given(query.language),
        text=_given(query.text),
    )


def _given(value: T | UnsetType) -> T | None:
    return None if value is UNSET else value


def _id_at(moment: datetime, shift: timedelta) -> int:
    """The smallest UUIDv7 of that moment: 48 bits of Unix milliseconds lead (RFC 9562, 5.7)."""
    milliseconds = int((moment.timestamp() + shift.total_seconds()) * 1000)
    return min(max(milliseconds, 0), (1 << 48) - 1) << 80


def _narrowed(wanted: Wanted, boundary: UUID, *, newest: bool) -> Wanted:
    """``boundary`` itself is looked at, too."""
    if newest:
        return replace(wanted, above=UUID(int=max(boundary.int - 1, 0)))
    return replace(wanted, below=UUID(int=min(boundary.int + 1, HIGHEST_ID)))


def _stored(row: asyncpg.Record, site: Site, language: str) -> StoredComment:
    verdict = verdict_of(row)
    label = None
    if row["label"] is not None:
        label = GivenLabel(
            label=row["label"], source=row["label_source"], created_at=row["labelled_at"]
        )
    columns: dict[str, Any] = {name: row[name] for name in _COPIED}
    return StoredComment(
        **columns,
        site=site.name,
        action=verdict.action,
        findings=reasons(verdict.findings, language),
        label=label,
    )


_COPIED = tuple(
    name
    for name in StoredComment.__struct_fields__
    if name not in {"site", "action", "findings", "label"}
)
