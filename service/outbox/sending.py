"""Sending: claim what is due, send it, write down what came of it; for ever.

One coroutine owns the database side: in each turn it writes down everything that has ended since
and claims as much as there is room for.  So under load many deliveries share a statement, and a
delivery alone waits for nobody.  An endpoint's next deliveries are claimed while its first ones
are under way and stand in line, so that nobody waits for a commit.  Whoever stood there too long,
or behind one that failed, is given back and not counted.

Whatever happens to a sender, a delivery is sent at least once: its lease runs out and somebody else
begins it anew.  A result counts only under the lease it was sent with.  Attempts are counted when
they begin, so that a delivery that kills its sender ends, too.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from aiohttp import web

from service import audit, clock, db, metrics
from service.audit import ActorKind
from service.db import Connection, Pool
from service.outbox import store
from service.outbox.client import Client, outcome_of_error
from service.outbox.retries import ATTEMPTS, next_due
from service.outbox.store import Breaker, Room
from service.outbox.values import Claimed, DeliveryState, Outcome, Prepare, Result, Talk
from service.secrets import SECRETS, Secrets

log = structlog.get_logger()

# Of which an operator reads in the list of endpoints.
GONE = "HTTP 410"


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, how long, how often."""

    most: int = 256  # deliveries claimed by this process
    most_of_one: int = 128  # endpoint; one that hangs must leave room for the others
    at_once: int = 32  # of one endpoint under way, the others stand in line
    talk: timedelta = timedelta(seconds=30)  # after which an attempt has failed
    lease: timedelta = timedelta(seconds=60)  # longer than a talk: nobody else begins meanwhile
    poll: timedelta = timedelta(seconds=0.5)  # between looks while nothing is due
    gather: timedelta = timedelta(milliseconds=8)  # for what ends together to be written together
    drain: timedelta = timedelta(seconds=5)  # for what is under way when we are told to end
    breaker: Breaker = field(default_factory=Breaker)


PACE = Pace()


class _Line:
    """Deliveries to one endpoint, some of them under way."""

    def __init__(self, at_once: int) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.failures = 0


class Sender:
    """``run`` it once; ``close`` lets what is under way end."""

    def __init__(
        self, pool: Pool, secrets: Secrets, prepare: Prepare, client: Client, pace: Pace = PACE
    ) -> None:
        self._pool, self._secrets, self._prepare, self._client = pool, secrets, prepare, client
        self._pace = pace
        self._tasks: dict[asyncio.Task[Outcome | None], Claimed] = {}
        self._begun: set[UUID] = set()  # of these deliveries; the others stand in line
        self._of_endpoint: Counter[int] = Counter()
        self._lines: dict[int, _Line] = {}
        self._ended: list[Result] = []
        self._left: list[Claimed] = []  # given back without an attempt
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Send what is due, for ever.  Raises nothing."""
        while True:
            try:
                may_be_more = await self._turn()
            except Exception as error:
                may_be_more = False
                if db.is_unavailable(error):
                    log.warning("deliveries.postponed", error=type(error).__name__)
                else:
                    log.exception("deliveries.stuck")
                await asyncio.sleep(self._pace.poll.total_seconds())
            if not may_be_more:
                await self._wait()

    async def close(self) -> None:
        """End what is under way, if that takes no longer than ``drain``; give the rest back."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._pace.drain.total_seconds())
        left = [*self._tasks.values()]
        for task in [*self._tasks]:
            task.cancel()
        # Of what was begun we cannot say whether it was heard: the attempt counts.
        begun = [each for each in left if each.id in self._begun]
        self._left += [each for each in left if each.id not in self._begun]
        with suppress(*db.UNAVAILABLE):
            async with self._pool.acquire() as conn:
                await self._write_down(conn)
                await store.release(conn, begun, clock.now(), attempts=0)

    async def _turn(self) -> bool:
        """Write down and claim; whether there may be more to claim at once."""
        self._woken.clear()
        async with self._pool.acquire() as conn:
            await self._write_down(conn)
            leased_until = asyncio.get_running_loop().time() + self._pace.lease.total_seconds()
            claimed = await self._claim(conn)
            if not claimed:
                return False
            # If we were to crash from here on, the leases would run out and others would begin.
            talks = await self._prepare(conn, self._secrets, claimed)
            if unspoken := [each for each in claimed if each.id not in talks]:
                await store.forget(conn, unspoken)
        for each in claimed:
            if talk := talks.get(each.id):
                self._begin(each, talk, leased_until)
        return len(self._tasks) < self._pace.most

    async def _claim(self, conn: Connection) -> list[Claimed]:
        pace = self._pace
        # By halves: while one is under way, the other is claimed.
        half = (pace.most_of_one + 1) // 2
        busy = [
            id_ for id_, number in self._of_endpoint.items() if number > pace.most_of_one - half
        ]
        room = Room(pace.most - len(self._tasks), half, busy, pace.breaker.failures)
        if room.most <= 0:
            return []
        return await store.claim(conn, clock.now(), uuid4(), pace.lease, room)

    def _begin(self, claimed: Claimed, talk: Talk, leased_until: float) -> None:
        if claimed.attempts > ATTEMPTS:
            # Its senders were lost again and again, perhaps by its fault.
            self._ended.append(_result(claimed, Outcome("SenderLost", hopeless=True)))
            self._woken.set()
            return
        line = self._lines.setdefault(claimed.endpoint_id, _Line(self._pace.at_once))
        task = asyncio.create_task(self._stand(line, claimed, talk, leased_until))
        self._tasks[task] = claimed
        self._of_endpoint[claimed.endpoint_id] += 1
        task.add_done_callback(self._end)

    async def _stand(
        self, line: "_Line", claimed: Claimed, talk: Talk, leased_until: float
    ) -> Outcome | None:
        """Speak when it is our turn; None if that came too late or after one that failed."""
        failures, waited = line.failures, line.turns.locked()
        async with line.turns:
            ends = asyncio.get_running_loop().time() + self._pace.talk.total_seconds()
            if waited and (ends > leased_until or line.failures > failures):
                return None
            self._begun.add(claimed.id)
            outcome = await self._speak(talk)
            self._begun.discard(claimed.id)
            line.failures += outcome.unwell
            return outcome

    async def _speak(self, talk: Talk) -> Outcome:
        try:
            async with asyncio.timeout(self._pace.talk.total_seconds()):
                return await talk(self._client)
        except Exception as error:
            outcome = outcome_of_error(error)
            if not outcome.unwell:
                log.exception("delivery.crashed")
            return outcome

    def _end(self, task: asyncio.Task[Outcome | None]) -> None:
        claimed = self._tasks.pop(task)
        self._of_endpoint[claimed.endpoint_id] -= 1
        if not self._of_endpoint[claimed.endpoint_id]:
            del self._of_endpoint[claimed.endpoint_id], self._lines[claimed.endpoint_id]
        if not task.cancelled():
            if outcome := task.result():
                self._ended.append(_result(claimed, outcome))
            else:
                self._left.append(claimed)
        self._woken.set()

    async def _wait(self) -> None:
        # Not wait_for: on Python 3.11 it loses a cancellation that meets the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.poll.total_seconds()):
                await self._woken.wait()
        # While there is much to do, more of it shall share the next statements.
        if len(self._tasks) > len(self._ended):
            await asyncio.sleep(self._pace.gather.total_seconds())

    async def _write_down(self, conn: Connection) -> None:
        results, left = [*self._ended], [*self._left]
        if left:
            await store.release(conn, left, clock.now(), attempts=1)
            del self._left[: len(left)]
        if not results:
            return
        await self._judge_endpoints(conn, results)
        # If we were to crash here, these would be sent once more.
        ours = await store.finish(conn, results, clock.now())
        # Committed: from here on nobody sends these again.
        del self._ended[: len(results)]
        for result in results:
            _report(result, lost=result.claimed.id not in ours)

    async def _judge_endpoints(self, conn: Connection, results: list[Result]) -> None:
        """Spare those that fail, welcome those that are back, leave alone those that are gone."""
        now = clock.now()
        failed: dict[tuple[int, int], datetime | None] = {}
        back = set()
        for result in results:
            endpoint = (result.claimed.site_id, result.claimed.endpoint_id)
            if result.outcome.unwell:
                wanted = result.outcome.retry_after
                failed[endpoint] = now + wanted if wanted else failed.get(endpoint)
            elif result.outcome.delivered and result.claimed.failures:
                back.add(endpoint)
            if result.outcome.gone:
                await _switch_off(conn, *endpoint)
        if failed:
            items = [(*endpoint, until) for endpoint, until in failed.items()]
            await store.note_failures(conn, items, now, self._pace.breaker)
        if back := back - failed.keys():
            await store.forget_failures(conn, back)


def _result(claimed: Claimed, outcome: Outcome) -> Result:
    if outcome.delivered:
        return Result(claimed, DeliveryState.DELIVERED, None, None, outcome)
    due_at = next_due(clock.now(), claimed.attempts, outcome.retry_after)
    if due_at is None or outcome.hopeless or outcome.gone:
        return Result(claimed, DeliveryState.GIVEN_UP, None, outcome.error, outcome)
    return Result(claimed, DeliveryState.WAITING, due_at, outcome.error, outcome)


def _report(result: Result, *, lost: bool) -> None:
    claimed = result.claimed
    metrics.DELIVERIES.labels(claimed.kind, "lost" if lost else result.state.value).inc()
    if result.outcome.delivered and not lost:
        return
    facts = {
        "site_id": claimed.site_id,
        "endpoint": claimed.endpoint_id,
        "delivery": str(claimed.id),
        "attempt": claimed.attempts,
        "error": result.error,
    }
    if lost:
        log.warning("delivery.lease_lost", **facts)
    elif result.state is DeliveryState.GIVEN_UP:
        log.warning("delivery.given_up", **facts)
    else:
        log.info("delivery.failed", **facts)


async def _switch_off(conn: Connection, site_id: int, endpoint_id: int) -> None:
    async with conn.transaction():
        if not await store.switch_off(conn, site_id, endpoint_id, GONE):
            return
        details = {"endpoint": endpoint_id, "why": GONE}
        await audit.append(
            conn, site_id, ActorKind.JOB, "deliveries", "endpoint.switched_off", GONE, details
        )
    log.warning("endpoint.switched_off", site_id=site_id, endpoint=endpoint_id)


@asynccontextmanager
async def sending(pool: Pool, secrets: Secrets, prepare: Prepare) -> AsyncIterator[None]:
    """Deliveries are sent as long as the block runs, and those under way end with it."""
    async with Client() as client:
        sender = Sender(pool, secrets, prepare, client)
        task = asyncio.create_task(sender.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await sender.close()


def context(prepare: Prepare) -> Callable[[web.Application], AsyncIterator[None]]:
    """``cleanup_ctx`` hook: this process sends deliveries while it serves."""

    async def deliveries_context(app: web.Application) -> AsyncIterator[None]:
        async with sending(app[db.POOL], app[SECRETS], prepare):
            yield

    return deliveries_context
