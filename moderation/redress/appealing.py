"""An author asks a person to look again: once for each rejection, and by a day that is named."""

from datetime import timedelta
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from moderation.redress import store
from moderation.redress.looking import Case, Standing
from moderation.redress.store import NewAppeal
from moderation.review import live
from service import audit, clock
from service.audit import ActorKind
from service.db import Connection

log = structlog.get_logger()

DUE = timedelta(days=14)
LONGEST_WORDS = 3000


async def appeal(conn: Connection, case: Case, words: str, language: str) -> UUID | None:
    """Its id; None if nothing can be appealed, or somebody does so at this moment.

    Within the caller's transaction.
    """
    if case.standing is not Standing.REJECTED:
        return None
    now, comment_id, site_id = clock.now(), case.subject.id, case.site.id
    new = NewAppeal(
        uuid7(),
        comment_id,
        case.subject.decision_id,
        words.strip()[:LONGEST_WORDS],
        language,
        now,
        now + DUE,
    )
    if not await store.add_appeal(conn, site_id, new):
        return None
    await audit.append(
        conn,
        site_id,
        ActorKind.VISITOR,
        "author",
        "comment.appealed",
        str(comment_id),
        {"appeal": str(new.id)},
    )
    await live.came(conn, site_id, "appealed")
    log.info("comment.appealed", site_id=site_id, comment_id=str(comment_id))
    return new.id
