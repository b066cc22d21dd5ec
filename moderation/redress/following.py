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
    await _withdraw(conn, site, turns, action)
    if manner.cited is not None:
        removals = [Removal(turn.comment_id, turn.decision_id) for turn in turns]
        rule = await state(conn, site, removals, manner.by, manner.cited, manner.office)
    decided = {turn.comment_id: turn.decision_id for turn in turns}
    await settle(conn, site, decided, action, manner.office)
    await _tell_restored(conn, site, [*decided])
    return rule


async def give_way(conn: Connection, site: Site, turn: Turn, action: Action) -> None:
    """What follows where the blog itself decides: it answers nobody, and a person has yet to.

    Within the transaction of the decision, which was just written.
    """
    await _withdraw(conn, site, [turn], action)
    await _tell_restored(conn, site, [turn.comment_id])


async def _withdraw(conn: Connection, site: Site, turns: Sequence[Turn], action: Action) -> None:
    """What was to be told of the decisions before, and what they had settled."""
    overtaken = [turn.before for turn in turns if turn.before]
    await mail.withdraw_acts(conn, site.id, overtaken)
    if action is not Action.APPROVE:
        comments = [turn.comment_id for turn in turns]
        await mail.withdraw(conn, site.id, await store.restorations(conn, site.id, comments))
    await overtake(conn, site, overtaken, action)


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
    await _tell_restored(conn, site, [*undone.values()])
    await tell_again(conn, site, [*undone.values()], office)


async def _tell_restored(conn: Connection, site: Site, comments: Sequence[UUID]) -> None:
    """Authors who were told of a removal are told, too, once their comment is shown again.

    By whatever way it came to that: a comment can be held in between.
    """
    told = await store.told_of(conn, site.id, comments)
    written = [each for each in told if mail.is_address(each.email)]
    mails = [_restored(site, each) for each in written]
    ids = await mail.enqueue_all(conn, mails, clock.now() + MAIL_WAITS)
    of_comments = [each.comment_id for each in written]
    await store.set_restored(conn, site.id, of_comments, ids)


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
