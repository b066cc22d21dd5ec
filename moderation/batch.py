"""One batch: read, remember, judge, store, answer; and what becomes of it when something fails.

The rules stand in ``take_in`` and ``_commit``:

- of several identical checks the first is judged and the others are linked to it, whether the first
  stands in this batch, in the database, or is being committed by another process;
- what a platform delivers again under the same delivery id, however late, hears the first verdict
  and leaves no row;
- a row that the database refuses is refused alone, its companions are stored;
- nothing is answered before the commit, and everything is answered.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog
from msgspec import structs
from uuid_utils.compat import uuid7

from classifiers.corrections import Correction
from classifiers.scorer import Score
from moderation import history, screening, store
from moderation.comments import Comment
from moderation.history import Earlier, Evidence, Keys
from moderation.learning.applying import Learning, Learnt
from moderation.observed import answered, discarded
from moderation.redelivery import store as redelivery
from moderation.screening import Scorer
from moderation.store import Delivery, Row
from moderation.verdicts import Action, Verdict, to_json
from service import clock, errors, metrics
from service.db import Connection, Pool, translated
from service.sites import Site

log = structlog.get_logger()

REPEAT_PERIODS = 1  # a repeat is looked for in this six-hour period and the one before
RECHECK_PERIODS = 4 * 90  # WordPress rechecks what has waited for weeks

EVENTS = {
    Action.APPROVE: "comment.approved",
    Action.HOLD: "comment.held",
    Action.REJECT: "comment.rejected",
}

# The database (or its driver) refuses a value: no other try will help, but the others may stand.
DATA_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    UnicodeEncodeError,
)
# Another try in a moment may well succeed, and repeating the statement is harmless.
TRANSIENT_ERRORS = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InternalClientError,  # the connection was lost while the pool was tidying it up
)


class Contested(errors.Unavailable):
    """Somebody else was storing the same comment; try again."""


class Unstorable(errors.Invalid):
    """The database refuses this comment."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a comment is stored: its id is the guid that the client hears.

    A redelivery's id is that of the first delivery, whose row is the only one.
    """

    id: UUID
    verdict: Verdict
    first_id: UUID | None  # the earlier identical check that it was linked to


@dataclass(slots=True, eq=False)
class Pending:
    """A comment on its way, and the caller who waits."""

    comment: Comment
    site: Site
    key_id: int | None
    answer: asyncio.Future[Receipt]
    id: UUID = field(default_factory=uuid7)
    score: Score = field(init=False)
    keys: Keys = field(init=False)
    evidence: Evidence = history.NOTHING
    learnt: Learnt | None = None  # by the site, when it was scored
    receipt: Receipt | None = None  # set once it is stored, whether or not anyone still waits

    @property
    def identity(self) -> tuple[int, int]:
        return (self.site.id, self.keys.identity)


class Batches:
    """Takes whole batches in; several may run at once."""

    def __init__(self, pool: Pool, scorer: Scorer) -> None:
        self.scorer = scorer
        self.learning: Learning | None = None
        self._pool = pool
        self._siblings = Siblings()

    async def take_in(self, batch: Sequence[Pending], *, long: bool) -> None:
        """Answer every caller in ``batch``, one way or the other.  Raises nothing.

        What is ``long`` is read in a thread: hashing a megabyte would hold up everybody else.
        """
        try:
            model = await asyncio.to_thread(self._read, batch) if long else self._read(batch)
            self._siblings.enter(batch)
            try:
                await self._store(batch, model)
            finally:
                self._siblings.leave(batch)
            # A row that was in the way and is gone again leaves a caller without an answer.
            _refuse(_unstored(batch), Contested())
        except Exception as error:
            if not isinstance(error, errors.ServiceError):
                log.exception("batch.failed", comments=len(batch))
            _refuse(batch, error)

    def _read(self, batch: Sequence[Pending]) -> str:
        """Score the whole batch in one call; the version of the model that did."""
        scorer = self.scorer
        examples = [screening.example(item.comment, item.site) for item in batch]
        asked = self._learnt(batch)
        scores = scorer.corrected(examples, asked) if asked else scorer.score(examples)
        for item, score in zip(batch, scores, strict=True):
            item.score = score
            item.keys = history.keys(item.comment, item.site, score.fingerprints)
        metrics.BATCH_SIZE.observe(len(batch))
        return scorer.version

    def _learnt(self, batch: Sequence[Pending]) -> dict[int, Mapping[str, Correction]]:
        """Place -> corrections of the comments whose sites have learnt anything."""
        known = self.learning.sites if self.learning else {}
        if not known:
            return {}
        for item in batch:
            item.learnt = known.get(item.site.id)
        return {n: item.learnt.corrections for n, item in enumerate(batch) if item.learnt}

    async def _store(self, batch: Sequence[Pending], model: str) -> None:
        """Store what can be stored; halve a batch with a poisonous row until that stands alone."""
        try:
            await self._with_connection(batch, model)
        except DATA_ERRORS as error:
            rest = _unstored(batch)
            if len(rest) == 1:
                log.warning("comment.unstorable", error=type(error).__name__)
                _refuse(rest, Unstorable())
                return
            middle = len(rest) // 2
            await self._store(rest[:middle], model)
            await self._store(rest[middle:], model)

    async def _with_connection(self, batch: Sequence[Pending], model: str) -> None:
        with translated():
            try:
                await self._attempt(batch, model)
            except TRANSIENT_ERRORS:
                await self._attempt(batch, model)

    async def _attempt(self, batch: Sequence[Pending], model: str) -> None:
        rest = _unstored(batch)
        async with self._pool.acquire() as conn:
            await self._recall(conn, rest)
            _repeat((item, item.evidence.first) for item in rest)
            leaders, followers = _pair(_unstored(rest))
            if leaders:
                await self._commit(conn, leaders, model)
            firsts = {item.identity: item.receipt for item in leaders if item.receipt}
            await self._follow(conn, followers, firsts)

    async def _recall(self, conn: Connection, batch: Sequence[Pending]) -> None:
        """Fill in the evidence: from the database, the batch itself, and batches in flight."""
        now = clock.now()
        asked = [(item.comment, item.site, item.keys) for item in batch]
        found, repeated = await store.look_up(conn, asked, now)
        delivered = await redelivery.first_deliveries(conn, asked)
        for n, (item, evidence) in enumerate(zip(batch, found, strict=True)):
            known = replace(evidence, first=delivered[n]) if n in delivered else evidence
            item.evidence = history.telling(self._siblings.add_to(known, item), item.comment)
        places = sorted(
            {*repeated, *(n for n, item in enumerate(batch) if item.comment.recheck_reason)}
        )
        if places:
            decided = await store.decisions(
                conn, [(*asked[n], _periods(asked[n][0])) for n in places], now
            )
            for n, label in decided.items():
                item = batch[places[n]]
                item.evidence = replace(item.evidence, decision=label)

    async def _commit(self, conn: Connection, items: Sequence[Pending], model: str) -> None:
        """Judge and store ``items`` and answer those who wait for them.

        A row that another process was quicker to insert is linked to that one and gets its verdict.
        """
        now = clock.now()
        # Every process inserts in the same order, so that none waits for another in a circle.
        items = sorted(items, key=lambda item: item.identity)
        rows = [_judge(item, model) for item in items]
        stored = await store.insert_comments(
            conn, rows, list(_deliveries(rows)), _new_authors(items, rows), now
        )
        lost = [n for n, row in enumerate(rows) if row.id not in stored]
        if lost:
            await self._link(conn, [items[n] for n in lost], [rows[n] for n in lost], now)
        _answer((item, row) for item, row in zip(items, rows, strict=True) if row.id in stored)

    async def _link(
        self, conn: Connection, items: Sequence[Pending], rows: Sequence[Row], now: datetime
    ) -> None:
        asked = [(item.comment, item.site, item.keys) for item in items]
        firsts = await store.find_first(conn, rows, now)
        firsts |= await redelivery.first_deliveries(conn, asked)
        _repeat((item, firsts.get(n)) for n, item in enumerate(items))
        linked = [
            (item, _row(item, firsts[n].verdict, _other(firsts[n].id, item.id)))
            for n, item in enumerate(items)
            if n in firsts and item.receipt is None
        ]
        new = [row for item, row in linked if row.first_id is not None]
        if new:
            await store.insert_comments(conn, new, [], [], now)
        _answer(linked)

    async def _follow(
        self,
        conn: Connection,
        followers: Sequence[Pending],
        firsts: Mapping[tuple[int, int], Receipt],
    ) -> None:
        """Store the batch's own repeats, now that their firsts are stored."""
        found = [
            (item, Earlier(first.first_id or first.id, first.verdict))
            for item in followers
            if (first := firsts.get(item.identity))
        ]
        _repeat(found)
        linked = [
            (item, _row(item, first.verdict, first.id))
            for item, first in found
            if item.receipt is None
        ]
        if linked:
            await store.insert_comments(conn, [row for _, row in linked], [], [], clock.now())
            _answer(linked)


class Siblings:
    """What this process is committing right now, which no look-up can see yet."""

    def __init__(self) -> None:
        self._addresses: Counter[tuple[int, int]] = Counter()
        self._texts: dict[tuple[int, int], list[Pending]] = {}

    def enter(self, batch: Iterable[Pending]) -> None:
        for item in batch:
            if item.keys.address is not None:
                self._addresses[item.site.id, item.keys.address] += 1
            self._texts.setdefault((item.site.id, item.keys.text), []).append(item)

    def leave(self, batch: Iterable[Pending]) -> None:
        for item in batch:
            if item.keys.address is not None:
                address = (item.site.id, item.keys.address)
                self._addresses[address] -= 1
                if not self._addresses[address]:
                    del self._addresses[address]
            text = (item.site.id, item.keys.text)
            self._texts[text].remove(item)
            if not self._texts[text]:
                del self._texts[text]

    def add_to(self, evidence: Evidence, item: Pending) -> Evidence:
        others = 0
        if item.keys.address is not None:
            others = self._addresses[item.site.id, item.keys.address] - 1
        # What is stored is seen by the look-up, though its batch may not have ended yet.
        copies = sum(
            other.receipt is None and other.comment.permalink != item.comment.permalink
            for other in self._texts[item.site.id, item.keys.text]
        )
        if not others and not copies:
            return evidence
        return replace(
            evidence, burst=evidence.burst + others, same_text=evidence.same_text + copies
        )


def _pair(batch: Sequence[Pending]) -> tuple[list[Pending], list[Pending]]:
    """Those to be judged or linked to something stored, and their repeats within the batch."""
    leaders: dict[tuple[int, int], Pending] = {}
    direct, followers = [], []
    for item in batch:
        if item.evidence.first is None and item.identity in leaders:
            followers.append(item)
        else:
            leaders.setdefault(item.identity, item)
            direct.append(item)
    return direct, followers


def _judge(item: Pending, model: str) -> Row:
    """A repeat shares the verdict of the first check, unless a person has decided since."""
    first = item.evidence.first
    if first and item.evidence.decision is None:
        return _row(item, first.verdict, first.id)
    verdict = screening.judge(item.comment, item.site, item.score, model, item.evidence)
    if item.learnt:
        learnt = item.learnt
        verdict = structs.replace(verdict, model=learnt.name(model), adjustment=learnt.adjustment)
    return _row(item, verdict, first.id if first else None)


def _row(item: Pending, verdict: Verdict, first_id: UUID | None) -> Row:
    findings = to_json(verdict.findings)
    thrown = discarded(item.comment, verdict, item.site.settings)
    return Row(
        *(item.id, item.comment, item.site, item.key_id, item.keys),
        *(verdict, findings, first_id, thrown),
    )


def _deliveries(rows: Sequence[Row]) -> Iterable[Delivery]:
    for row in rows:
        event = EVENTS[answered(row.verdict, row.site.settings).action]
        if row.site.endpoints and row.first_id is None and not row.comment.is_test:
            for endpoint in row.site.endpoints:
                if event in endpoint.events:
                    yield Delivery(uuid7(), endpoint.id, row.id, event)


def _new_authors(items: Sequence[Pending], rows: Sequence[Row]) -> list[tuple[int, int]]:
    """(site, author) of those whose first approved comment this is, sorted: none may deadlock."""
    return sorted(
        {
            (item.site.id, item.keys.author)
            for item, row in zip(items, rows, strict=True)
            if row.verdict.action is Action.APPROVE
            and item.keys.author is not None
            and not item.evidence.approved_author
            and not item.comment.is_test
        }
    )


def _periods(comment: Comment) -> int:
    return RECHECK_PERIODS if comment.recheck_reason else REPEAT_PERIODS


def _other(first_id: UUID, own_id: UUID) -> UUID | None:
    """None where the row in the way is our own, committed just before a connection was lost."""
    return first_id if first_id != own_id else None


def _repeat(found: Iterable[tuple[Pending, Earlier | None]]) -> None:
    """A redelivery is no check of its own: it hears of the first delivery, under that one's id."""
    for item, first in found:
        if first and item.comment.delivery_id is not None:
            _hand_over(item, Receipt(first.id, first.verdict, _other(first.id, item.id)))


def _answer(stored: Iterable[tuple[Pending, Row]]) -> None:
    for item, row in stored:
        _hand_over(item, Receipt(item.id, row.verdict, row.first_id))


def _hand_over(item: Pending, receipt: Receipt) -> None:
    item.receipt = receipt
    if not item.answer.done():  # the caller may have gone away
        item.answer.set_result(receipt)


def _unstored(batch: Iterable[Pending]) -> list[Pending]:
    return [item for item in batch if item.receipt is None]


def _refuse(batch: Iterable[Pending], error: Exception) -> None:
    for item in batch:
        if not item.answer.done():
            item.answer.set_exception(error)
