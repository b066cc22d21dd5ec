"""What waits for a moderator because somebody asked: comments that are reported, and appeals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from moderation.review.cases import store
from moderation.review.cases.store import Appeal, Report
from service.db import Connection


@dataclass(frozen=True, slots=True)
class Case:
    """What was said of one comment by its author and by readers."""

    appeals: tuple[Appeal, ...] = ()
    reports: tuple[Report, ...] = ()

    @property
    def is_open(self) -> bool:
        outcomes = [
            *(each.outcome for each in self.appeals),
            *(each.outcome for each in self.reports),
        ]
        return None in outcomes

    @property
    def due_at(self) -> datetime | None:
        """Of the appeal that is open."""
        return next((each.due_at for each in self.appeals if each.outcome is None), None)


NONE = Case()


async def of_comments(
    conn: Connection, comments: Sequence[tuple[int, UUID]], *, settled: bool = False
) -> dict[UUID, Case]:
    """By comment; only what is open, unless ``settled`` is wanted too."""
    if not comments:
        return {}
    appeals = await store.appeals(conn, comments, settled=settled)
    reports = await store.reports(conn, comments, settled=settled)
    return {
        comment_id: Case(
            tuple(each for each in appeals if each.comment_id == comment_id),
            tuple(each for each in reports if each.comment_id == comment_id),
        )
        for comment_id in {each.comment_id for each in appeals}
        | {each.comment_id for each in reports}
    }
