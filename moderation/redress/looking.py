"""A comment as those outside may see it: where it stands, why, and what they can do about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from consent.retention import comment_days, quarantine_days
from moderation.comments import Origin
from moderation.letters import letter, written_clause
from moderation.reasons import store as statements
from moderation.reasons.store import Statement
from moderation.redress import store
from moderation.redress.links import APPEAL_LASTS
from moderation.redress.store import Appeal, Subject
from moderation.verdicts import Action
from service.db import Connection
from service.sites import Site


class Standing(StrEnum):
    """What an author can expect."""

    SHOWN = "shown"
    HELD = "held"  # a person decides anyway
    REJECTED = "rejected"  # and may be appealed
    APPEALED = "appealed"
    DISMISSED = "dismissed"  # a person looked at it a second time
    DISCARDED = "discarded"  # the blog kept nothing that could come back


@dataclass(frozen=True, slots=True)
class Case:
    site: Site
    subject: Subject
    statement: Statement | None
    appeal: Appeal | None  # the newest

    @property
    def action(self) -> Action:
        """What became of the comment; one that was only observed is shown."""
        if self.subject.decision is None and self.subject.observed:
            return Action.APPROVE
        return Action(self.subject.decision or self.subject.action)

    @property
    def is_shown(self) -> bool:
        return self.action is Action.APPROVE

    @property
    def by_person(self) -> bool:
        return self.subject.decision_id is not None

    @property
    def standing(self) -> Standing:
        if self.appeal and self.appeal.outcome is None:
            return Standing.APPEALED
        if self.is_shown:
            return Standing.SHOWN
        if self.action is Action.HOLD:
            return Standing.HELD
        if self.subject.discarded:
            return Standing.DISCARDED
        if self.appeal and self.appeal.decision_id == self.subject.decision_id:
            return Standing.DISMISSED
        return Standing.REJECTED

    def appeal_until(self, service_days: int) -> datetime:
        """No longer than the comment is kept."""
        subject, settings = self.subject, self.site.settings
        of_machine = not self.by_person and subject.origin == Origin.CHECK
        days = (quarantine_days if of_machine else comment_days)(settings, service_days)
        end = subject.received_at + timedelta(days=days)
        return min(end, (subject.decided_at or subject.received_at) + APPEAL_LASTS)


async def look(
    conn: Connection, site: Site, comment_id: UUID, *, locked: bool = False
) -> Case | None:
    """None if there is no such comment.

    ``locked``: nobody decides on it until the caller's transaction ends.
    """
    if locked:
        await store.lock(conn, site.id, comment_id)
    subject = await store.subject(conn, site.id, comment_id)
    if subject is None:
        return None
    return Case(
        site,
        subject,
        await statements.standing(conn, site.id, comment_id),
        await store.newest_appeal(conn, site.id, comment_id),
    )


def sentence(case: Case, language: str) -> str:
    """Where the comment stands, for its author; nothing by which a spammer could do better."""
    statement = case.statement
    if case.action is not Action.REJECT:
        name = f"told.{case.action}"
    elif not case.by_person:
        name = "told.machine"
    elif statement is None:
        name = "told.spam" if case.subject.choice == "spam" else "told.reject"
    else:
        name = f"told.{statement.ground}"
    values = {
        "clause": written_clause(statement.clause, language) if statement else "",
        "title": statement.title if statement else "",
        "sentence": statement.sentence if statement else "",
    }
    return letter("hello", language, name, **values).text.strip()
