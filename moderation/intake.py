"""The batcher: many comments, one look-up, one scoring call, one statement, many answers.

Everything that arrives in the same turn of the event loop travels together; a comment alone waits
for nobody.  An answer is given only after the commit that holds it.  A caller that goes away takes
nothing with it.  What happens inside a batch stands in ``batch``.

Long texts have a lane of their own, so that storing a megabyte delays no ordinary comment.
"""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from aiohttp import web

from moderation.batch import Batches, Pending, Receipt
from moderation.comments import Comment
from moderation.learning.applying import Learning
from moderation.screening import Scorer
from service import errors, metrics
from service.db import POOL, Pool
from service.settings import SETTINGS
from service.sites import Site

__all__ = ["INTAKE", "Intake", "Overloaded", "Receipt"]

BATCH_LIMIT = 128  # PostgreSQL's cost a row stops falling at about 64
BATCHES_AT_ONCE = 1  # whoever comes during a commit travels together: half as many commits, fuller
LONG_TEXT_CHARACTERS = 16_000
LONG_BATCH_LIMIT = 4


class Overloaded(errors.Unavailable):
    """Too many comments are waiting; try again in a second."""


class Intake:
    """Takes comments in.  One for each process; ``close`` waits until everything is answered."""

    def __init__(self, pool: Pool, scorer: Scorer, *, queue_limit: int = 2000) -> None:
        self._batches = Batches(pool, scorer)
        self._queue_limit = queue_limit
        self._short = _Lane(self._batches, BATCH_LIMIT, BATCHES_AT_ONCE, long=False)
        self._long = _Lane(self._batches, LONG_BATCH_LIMIT, 1, long=True)

    async def submit(
        self, comment: Comment, site: Site, key_id: int | None, comment_id: UUID | None = None
    ) -> Receipt:
        """Judge and store one comment; returns after the commit that holds it.

        ``comment_id`` is a new UUIDv7, for callers who must know it beforehand.  Raises
        ``Overloaded``, ``DatabaseUnavailable`` or ``Unstorable``.
        """
        return await self.enter(comment, site, key_id, comment_id)

    def enter(
        self, comment: Comment, site: Site, key_id: int | None, comment_id: UUID | None = None
    ) -> asyncio.Future[Receipt]:
        """``submit`` for callers with many comments on their way: the answer is still to come.

        Raises ``Overloaded``; everything else is raised by the answer.
        """
        if self.waiting >= self._queue_limit:
            raise Overloaded
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        lane = self._long if len(comment.text) > LONG_TEXT_CHARACTERS else self._short
        pending = Pending(comment, site, key_id, answer)
        if comment_id is not None:
            pending.id = comment_id
        lane.add(pending)
        return answer

    @property
    def is_busy(self) -> bool:
        """Half of the queue is full: whoever is in no hurry had better wait."""
        return 2 * self.waiting >= self._queue_limit

    @property
    def waiting(self) -> int:
        """Comments that are in no batch yet."""
        return len(self._short.waiting) + len(self._long.waiting)

    @property
    def scorer(self) -> Scorer:
        """What judges now."""
        return self._batches.scorer

    def swap(self, scorer: Scorer) -> None:
        """Judge with another model from the next batch on."""
        self._batches.scorer = scorer

    def follow(self, learning: Learning) -> None:
        """Judge each site's comments with what the site has learnt, too."""
        self._batches.learning = learning

    async def close(self) -> None:
        """Wait until everything that was submitted is answered."""
        await self._short.drain()
        await self._long.drain()


SCORER: "web.AppKey[Scorer]" = web.AppKey("SCORER")
INTAKE = web.AppKey("INTAKE", Intake)


async def intake_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: ``app[INTAKE]`` judges with ``app[SCORER]``, all is answered."""
    app[INTAKE] = Intake(app[POOL], app[SCORER], queue_limit=app[SETTINGS].queue_limit)
    yield
    await app[INTAKE].close()


class _Lane:
    """A queue and the batches cut from it."""

    def __init__(
        self, batches: Batches, batch_limit: int, batches_at_once: int, *, long: bool
    ) -> None:
        self.waiting: list[Pending] = []
        self._batches = batches
        self._is_long = long
        self._batch_limit = batch_limit
        self._batches_at_once = batches_at_once
        self._running: set[asyncio.Task[None]] = set()
        self._scheduled = False
        self._reported = 0  # how many are waiting, as the metrics have it

    def add(self, pending: Pending) -> None:
        self.waiting.append(pending)
        if not self._scheduled:
            # One turn of the loop: whatever else is ready now joins the same batch.
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._cut)

    def _cut(self) -> None:
        self._scheduled = False
        while self.waiting and len(self._running) < self._batches_at_once:
            batch = self.waiting[: self._batch_limit]
            del self.waiting[: self._batch_limit]
            task = asyncio.create_task(self._batches.take_in(batch, long=self._is_long))
            self._running.add(task)
            task.add_done_callback(self._done)
        metrics.QUEUE_LENGTH.inc(len(self.waiting) - self._reported)
        self._reported = len(self.waiting)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._cut()

    async def drain(self) -> None:
        while self.waiting or self._running:
            await (asyncio.wait(self._running) if self._running else asyncio.sleep(0))
