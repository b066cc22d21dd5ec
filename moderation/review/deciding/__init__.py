"""Decisions of people, and taking them back.

A decision, the label that training sees, what the site remembers of author and address, corrected
statistics, the audit trail and the deliveries stand together or not at all.  However many comments
are decided at once, the number of statements is the same.  Nothing here overrules a person but a
person, and nobody blindly: what a moderator saw goes along, and who saw less than there is is told.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from uuid_utils.compat import uuid7

from moderation import deliveries, history
from moderation.reasons.rules import Rule
from moderation.reasons.stating import Citation
from moderation.redress.following import Manner, Turn, follow, give_way, take_back
from moderation.redress.links import Office
from moderation.review import live
from moderation.review.deciding import store
from moderation.review.deciding.store import Decision, NewDecision, Standing, Taken
from moderation.statistics import outcomes
from moderation.verdicts import Action
from service import clock
from service.audit import ActorKind
from service.db import Connection
from service.sites import Site

ALIKE_AT_MOST = 1000  # comments that one decision on a campaign takes along
AT_MOST = 200  # comments that one act may name


class Choice(StrEnum):
    """What a person may say of a comment."""

    APPROVE = "approve"
    SPAM = "spam"
    REJECT = "reject"  # for another reason than spam: nothing is learnt from it
    HOLD = "hold"


STATES = {
    Choice.APPROVE: Action.APPROVE,
    Choice.SPAM: Action.REJECT,
    Choice.REJECT: Action.REJECT,
    Choice.HOLD: Action.HOLD,
}
LABELS = {Choice.APPROVE: "ham", Choice.SPAM: "spam"}


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, as the audit trail names them."""

    kind: ActorKind
    actor: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A comment, and the decision that stood when it was looked at."""

    comment_id: UUID
    decision_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act."""

    batch: UUID
    decided: tuple[UUID, ...]
    contested: tuple[Standing, ...] = ()  # somebody decided otherwise meanwhile
    gone: tuple[UUID, ...] = ()  # erased meanwhile
    cited: Rule | None = None  # on which a removal is based


async def decide(  # noqa: PLR0913  (who says what of which comments)
    conn: Connection,
    site: Site,
    seen: Collection[Seen],
    choice: Choice,
    by: Decider,
    *,
    alike: bool = False,
    batch: UUID | None = None,
    cited: Citation | None = None,
    office: Office | None = None,
) -> Outcome:
    """Decide on comments of one site, within the caller's transaction.

    ``alike`` takes along whatever is held and resembles them, if it came before them.  A comment on
    which the same was decided already stays as it is, unless somebody waits for an answer.
    """
    batch = batch or uuid7()
    expected = {each.comment_id: each.decision_id for each in seen}
    members = set()
    if alike:
        members = set(await store.alike(conn, site.id, list(expected), ALIKE_AT_MOST))
    standing = await store.lock(conn, site.id, sorted({*expected, *members}))
    contested = [row for row in standing if _is_contested(row, expected, choice, by)]
    waiting = {row.id for row in standing if row.appealed or row.reported} & expected.keys()
    chosen = [
        row
        for row in standing
        if row not in contested and (row.choice != choice or row.id in waiting)
    ]
    rule = None
    if chosen:
        rows = [_new(row, choice, by, batch) for row in chosen]
        await _write(conn, site, rows, by)
        is_stated = choice is Choice.REJECT and by.kind is ActorKind.USER
        manner = Manner((by.kind, by.actor), (cited or Citation()) if is_stated else None, office)
        turns = [Turn(row.comment_id, row.id, row.before) for row in rows]
        rule = await follow(conn, site, turns, STATES[choice], manner)
    found = {row.id for row in standing}
    return Outcome(
        batch,
        tuple(row.id for row in chosen),
        tuple(row for row in contested if row.id in expected),
        tuple(comment_id for comment_id in expected if comment_id not in found),
        rule,
    )


def _is_contested(
    row: Standing, expected: dict[UUID, UUID | None], choice: Choice, by: Decider
) -> bool:
    """Nobody is surprised by what they decided themselves, nor by who decided the same."""
    if row.choice == choice or (row.actor_kind, row.actor) == (by.kind, by.actor):
        return False
    if row.id in expected:
        return row.decision_id != expected[row.id]
    return row.state != Action.HOLD  # a companion that somebody has seen to


async def undo(  # noqa: PLR0913  (who takes what back, and how people are told)
    conn: Connection,
    site: Site,
    by: Decider,
    *,
    batch: UUID,
    only: UUID | None = None,
    office: Office | None = None,
) -> Outcome:
    """Take back what one act decided, or of it the decision on one comment.

    A comment on which somebody decided since is left as it is.
    """
    now, undoing = clock.now(), uuid7()
    ids = await store.of_batch(conn, site.id, batch, only)
    standing = {row.id: row for row in await store.lock(conn, site.id, sorted(set(ids.values())))}
    decisions = await store.decisions(conn, site.id, list(ids))
    taken = [each for each in decisions if standing[each.comment_id].decision_id == each.id]
    contested = [standing[each.comment_id] for each in decisions if each not in taken]
    if taken:
        rows = [_undone(each, standing[each.comment_id], by, undoing, now) for each in taken]
        await _take_back(conn, site, taken, rows)
        await take_back(conn, site, {each.id: each.comment_id for each in taken}, office)
        await _tell(conn, site, rows, by)
    return Outcome(undoing, tuple(each.comment_id for each in taken), tuple(contested))


def _new(row: Standing, choice: Choice, by: Decider, batch: UUID) -> NewDecision:
    decision_id, label = uuid7(), LABELS.get(choice)
    return NewDecision(
        id=decision_id,
        comment_id=row.id,
        decided_at=clock.now(),
        choice=choice,
        actor_kind=by.kind,
        actor=by.actor,
        batch=batch,
        state=STATES[choice],
        state_before=row.decision,
        standing=decision_id,
        before=row.decision_id,
        undoes=None,
        label_id=uuid7() if label is not None and row.label != label else None,
        label_before=row.label,
        author_before=row.author_approved_at,
        address_before=row.address_accused_at,
        waited=_waited(row, choice),
        row=row,
        label=label,
    )


def _waited(row: Standing, choice: Choice) -> timedelta | None:
    """How long a person let the machine wait whose question this decision answers."""
    asked = row.counted and row.action == row.state == Action.HOLD
    if not asked or choice is Choice.HOLD:
        return None
    return max(clock.now() - row.received_at, timedelta(0))


def _undone(taken: Decision, row: Standing, by: Decider, batch: UUID, now: datetime) -> NewDecision:
    return NewDecision(
        id=uuid7(),
        comment_id=taken.comment_id,
        decided_at=now,
        choice="undo",
        actor_kind=by.kind,
        actor=by.actor,
        batch=batch,
        state=taken.state_before,
        state_before=taken.state,
        standing=taken.before,
        before=taken.id,
        undoes=taken.id,
        label_id=None,
        label_before=row.label,
        author_before=row.author_approved_at,
        address_before=row.address_accused_at,
        waited=None,
        earlier_label_id=taken.earlier_label_id,
        row=row,
        label=taken.label_before,
    )


async def _write(conn: Connection, site: Site, rows: Sequence[NewDecision], by: Decider) -> None:
    await store.insert_decisions(conn, site.id, rows)
    without = [row.comment_id for row in rows if row.label is None and row.label_before]
    await store.delete_labels(conn, site.id, without)
    reporter = history.keyed_hash(site, "reporter", f"{by.kind} {by.actor}")
    await store.insert_labels(conn, site.id, [row for row in rows if row.label_id], reporter)
    await _remember(conn, site.id, rows)
    await _correct_counts(conn, site.id, rows)
    await outcomes.count(conn, site.id, [_judged(row) for row in rows])
    await _tell(conn, site, rows, by)


async def _take_back(
    conn: Connection, site: Site, taken: Sequence[Decision], rows: Sequence[NewDecision]
) -> None:
    await store.insert_decisions(conn, site.id, rows)
    await store.delete_given_labels(
        conn, site.id, [each.label_id for each in taken if each.label_id]
    )
    restored = [
        row
        for each, row in zip(taken, rows, strict=True)
        if each.choice not in LABELS and each.label_before
    ]
    await store.restore_labels(conn, site.id, restored)
    labelled = [_memory(each) for each in taken if each.choice in LABELS]
    if labelled:
        await store.restore_memory(conn, site.id, labelled)
    await _correct_counts(conn, site.id, rows)
    await outcomes.count(conn, site.id, [_judged(row) for row in rows])


def _memory(taken: Decision) -> Taken:
    return Taken(taken.author_hash, taken.author_before, taken.address_hash, taken.address_before)


async def _remember(conn: Connection, site_id: int, rows: Sequence[NewDecision]) -> None:
    """Authors with an approved comment and addresses of spam follow what a person says."""
    ham = [each.row for each in rows if each.label == "ham"]
    spam = [each.row for each in rows if each.label == "spam"]
    now = clock.now()
    if ham:
        await store.approve(conn, site_id, _authors(ham), _addresses(ham), now)
    if spam:
        await store.accuse(conn, site_id, _authors(spam), _addresses(spam), now)


def _authors(rows: Iterable[Standing]) -> list[int]:
    return sorted({row.author_hash for row in rows if row.author_hash is not None})


def _addresses(rows: Iterable[Standing]) -> list[int]:
    return sorted({row.address_hash for row in rows if row.address_hash is not None})


async def _correct_counts(conn: Connection, site_id: int, rows: Sequence[NewDecision]) -> None:
    """On the day of the comment, so that a mistake taken back leaves no day with less than none."""
    missed: Counter[tuple[date, str]] = Counter()
    wrong: Counter[tuple[date, str]] = Counter()
    for each in rows:
        place = (each.row.received_at.date(), each.row.blog)
        missed_now, wrong_now = mistakes(each.row, each.label)
        missed_before, wrong_before = mistakes(each.row, each.label_before)
        missed[place] += missed_now - missed_before
        wrong[place] += wrong_now - wrong_before
    changed = [place for place in missed if missed[place] or wrong[place]]
    counts = [(*place, missed[place], wrong[place]) for place in sorted(changed)]
    if counts:
        await store.add_mistakes(conn, site_id, counts)


def _judged(new: NewDecision) -> outcomes.Judged:
    row = new.row
    after: str | None = new.choice
    if new.undoes:
        after = _choice_of(new.state, new.label) if new.standing else None
    return outcomes.Judged(
        row.counted, row.received_at.date(), row.action, row.beginning, row.choice, after
    )


def _choice_of(state: str | None, label: str | None) -> str | None:
    """The choice that a decision was, from what it left."""
    if state == Action.REJECT:
        return Choice.SPAM if label == LABELS[Choice.SPAM] else Choice.REJECT
    return state


def mistakes(row: Standing, label: str | None) -> tuple[int, int]:
    """Missed spam and false positives that ``label`` makes of a verdict: (1, 0), (0, 1) or neither.

    A held comment counts as caught, as it does in the statistics of checks.
    """
    if not row.counted or label is None:
        return 0, 0
    approved = row.action == Action.APPROVE
    return int(approved and label == "spam"), int(not approved and label == "ham")


async def _tell(conn: Connection, site: Site, rows: Sequence[NewDecision], by: Decider) -> None:
    """The audit trail, endpoints outside, and browsers in which the queue is open."""
    await store.record(conn, site.id, rows, by.kind, by.actor)
    await deliveries.announce(conn, site.id, [row.comment_id for row in rows], clock.now())
    await live.decided(conn, site.id, [row.comment_id for row in rows], by.actor)


async def note(  # noqa: PLR0913, PLR0917  (what was said, by whom)
    conn: Connection,
    site: Site,
    row: Standing,
    label: str,
    label_id: UUID,
    by: Decider,
) -> None:
    """Enter what a platform's own people decided, whose label is written by the caller."""
    choice = Choice.SPAM if label == "spam" else Choice.APPROVE
    new = replace(_new(row, choice, by, uuid7()), label_id=label_id, label=label)
    await store.insert_decisions(conn, site.id, [new])
    await outcomes.count(conn, site.id, [_judged(new)])
    await give_way(conn, site, Turn(row.id, new.id, new.before), STATES[choice])
    await live.decided(conn, site.id, [row.id], by.actor)
