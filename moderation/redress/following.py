"""What a decision means for those outside: the author, and whoever appealed or reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from moderation.letters import letter, spoken, written_day
from moderation.reasons.rules import Rule
from moderation.reasons.stating import MAIL_WAITS, Citation, Removal, state, tell_again
from moderation.redress import store
from moderation.redress.links import Office
from moderation.redress.settling import overtake, reopen, settle
from moderation.redress.store import Restored
from moderation.verdicts import Action
from service import clock, mail
from service.db import Connection
from service.mail import Mail
from service.sites import Site


@dataclass(frozen=True, slots=True)
class Turn:
    """A comment's new decision, and the one that stood before."""

    comment_id: UUID
    decision_id: UUID
    before: UUID | None


@dataclass(frozen=True, slots=True)
class Manner:
    """How a decision is made: by whom, citing what, and how people are written to."""

    by: tuple[str, str]
    cited: Citation | None = None  # None: there is nothing to be stated
    office: Office | None = None


async def follow(
    conn: Connection, site: Site, turns: Sequence[Turn], action: Action, manner: Manner
) -> Rule | None:
    """Which rule was cited, if any.

    Within the transaction of decisions that were just written; a constant number of statements.
    What was to be told of the decisions before is told no more, if it is not too late.
    """
    rule = None
    overtaken = [turn.before for turn in turns if turn.before]
    await mail.withdraw_acts(conn, site.id, overtaken)
    await overtake(conn, site, overtaken, action)
    if manner.cited is not None:
        removals = [Removal(turn.comment_id, turn.decision_id) for turn in turns]
        rule = await state(conn, site, removals, manner.by, manner.cited, manner.office)
    decided = {turn.comment_id: turn.decision_id for turn in turns}
    await settle(conn, site, decided, action, manner.office)
    if action is not Action.REJECT:
        await _tell_restored(conn, site, overtaken, manner.office)
    return rule


async def take_back(
    conn: Connection,
    site: Site,
    undone: Mapping[UUID, UUID],
    office: Office | None,
) -> None:
    """``undone`` is comment by the decision on it that was just taken back."""
    decisions = [*undone]
    await mail.withdraw_acts(conn, site.id, decisions)
    await reopen(conn, site.id, decisions)
    await _tell_restored(conn, site, decisions, office)
    await tell_again(conn, site, [*undone.values()], office)


async def _tell_restored(
    conn: Connection, site: Site, decisions: Sequence[UUID], office: Office | None
) -> None:
    """Authors who were told of a removal that does not stand are told that, too."""
    if office is None or not office.sends or not decisions:
        return
    told = await store.told_of(conn, site.id, decisions)
    mails = [_restored(site, each) for each in told if mail.is_address(each.email)]
    await mail.enqueue_all(conn, mails, clock.now() + MAIL_WAITS)


def _restored(site: Site, told: Restored) -> Mail:
    language = spoken(told.language)
    day = written_day(told.received_at, language)
    written = letter("restored", language, "hello", "restored.what", "bye", site=site.url, day=day)
    return Mail(
        to=told.email or "",
        subject=written.subject,
        text=written.text,
        language=language,
        site_id=site.id,
        comment_id=told.comment_id,
        act=told.decision_id,
    )
