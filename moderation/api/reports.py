"""What people do with a comment on the blog: labels, a new status, deletion."""

from datetime import timedelta
from uuid import UUID

import structlog
from aiohttp import web

from consent import erasures
from moderation.api import store
from moderation.api.answers import say
from moderation.api.comments import HIGHEST_ID, UnknownComment
from moderation.api.operations import Call, operation
from moderation.api.types import NewFeedback, NewStatus, Noted, Status
from moderation.feedback import CommentGone, Label, Labelling, Source, label_comment
from moderation.redress.offices import office_of
from moderation.redress.settling import answer_before_erasure
from service import audit, clock
from service.db import POOL, Connection, connection
from service.settings import SETTINGS
from service.tokens import Scope

log = structlog.get_logger()

LABELS: dict[Status, Label] = {"approved": Label.HAM, "spam": Label.SPAM}
REPEATS_WITHIN = timedelta(hours=1)  # they are linked within a minute; the rest is for slow clocks


@operation(
    "POST",
    "/v1/comments/{id}/feedback",
    Scope.COMMENTS_WRITE,
    Noted,
    body=NewFeedback,
    refusals=(404, 413, 415),
)
async def give_feedback(call: Call) -> web.Response:
    """A person calls the comment spam or ham.  The newest label counts."""
    return await _label(call, call.body.label)


@operation(
    "PATCH",
    "/v1/comments/{id}",
    Scope.COMMENTS_WRITE,
    Noted,
    body=NewStatus,
    refusals=(404, 413, 415),
)
async def change_status(call: Call) -> web.Response:
    """What became of the comment on the blog.  Approved and spam are labels; deleted erases it."""
    status: Status = call.body.status
    if status == "deleted":
        await _erase(call)
        return say(Noted(id=call.comment_id, label=None, changed=True))
    if status == "trash":
        return await _note_trash(call)
    return await _label(call, LABELS[status], from_blog=True)


@operation("DELETE", "/v1/comments/{id}", Scope.COMMENTS_WRITE, statuses=(204,), refusals=(404,))
async def delete_comment(call: Call) -> web.Response:
    """Erase the comment here with its labels, because it was deleted on the blog."""
    await _erase(call)
    return web.Response(status=204)


async def _label(call: Call, label: Label, *, from_blog: bool = False) -> web.Response:
    caller, now = call.caller, clock.now()
    async with connection(call.request.app[POOL]) as conn, conn.transaction():
        comment_id = await _first(conn, call)
        labelling = Labelling(
            comment_id,
            label,
            Source.API,
            caller.actor_kind,
            caller.actor,
            call.body.reporter,
            from_blog,
        )
        try:
            changed = await label_comment(conn, caller.site, labelling, now)
        except CommentGone:
            raise UnknownComment from None
    log.info(
        "comment.labelled",
        site_id=caller.site.id,
        comment_id=str(comment_id),
        label=label,
        checked_before=True,
        changed=changed,
    )
    return say(Noted(id=comment_id, label=label, changed=changed))


async def _note_trash(call: Call) -> web.Response:
    """Why somebody took it away is not known, so nothing is learnt from it."""
    async with connection(call.request.app[POOL]) as conn, conn.transaction():
        comment_id = await _first(conn, call)
        await _record(conn, call, "comment.trashed", comment_id)
    return say(Noted(id=comment_id, label=None, changed=False))


async def _erase(call: Call) -> None:
    """The comment and the checks that repeat it: on the blog they are one."""
    site_id = call.caller.site.id
    async with connection(call.request.app[POOL]) as conn, conn.transaction():
        first_id = await _first(conn, call)
        office = office_of(call.request.app)
        await answer_before_erasure(conn, call.caller.site, first_id, office)
        await store.erase(conn, site_id, first_id, *_around(first_id))
        await _record(conn, call, "comment.erased", first_id)
        # Before the commit: what is acknowledged must also be gone from a back-up that returns.
        entry = erasures.ErasedComment(site_id, first_id)
        await erasures.record(call.request.app[SETTINGS].data_dir, entry)
    log.info("comment.erased", site_id=site_id, comment_id=str(first_id))


async def _first(conn: Connection, call: Call) -> UUID:
    """The comment itself, or the first of the checks that it repeats.

    Raises ``UnknownComment``.
    """
    first_id = await store.find_first(conn, call.caller.site.id, call.comment_id)
    if first_id is None:
        raise UnknownComment
    return first_id


def _around(comment_id: UUID) -> tuple[UUID, UUID]:
    """Ids between which its repeats are; the leading 48 bits of a UUIDv7 are milliseconds."""
    milliseconds = int(REPEATS_WITHIN.total_seconds() * 1000)
    shift = milliseconds << 80
    lowest, highest = max(comment_id.int - shift, 0), min(comment_id.int + shift, HIGHEST_ID)
    return UUID(int=lowest), UUID(int=highest)


async def _record(conn: Connection, call: Call, action: str, comment_id: UUID) -> None:
    caller = call.caller
    await audit.append(
        conn, caller.site.id, caller.actor_kind, caller.actor, action, str(comment_id)
    )
