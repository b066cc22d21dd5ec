"""What was erased is erased again, in a database that came back from a back-up.

Every database remembers how far it has seen each journal.  A start applies what follows, which in a
database that was never restored is gone already; a restored one stands where it stood when it was
dumped.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import UUID

import structlog

from consent.erasures import journal, store
from consent.erasures.journal import Entry, ErasedComment, ErasedSite
from consent.site_data.sweeping import sweep
from service.db import Connection

log = structlog.get_logger()

CHUNK = 1000  # entries applied by one statement
REPEATS_WITHIN = (
    3_600_000 << 80
)  # ids are UUIDv7: an hour of milliseconds, with room for slow clocks
HIGHEST_ID = (1 << 128) - 1


@dataclass(frozen=True, slots=True)
class Reapplied:
    entries: int = 0  # read from the journal
    rows: int = 0  # deleted, because they had come back
    unreadable: int = 0  # lines of the journal that are damaged


async def reapply(conn: Connection, folder: Path) -> Reapplied:
    """Apply what this database has not seen of the journal in ``folder``.

    Safe to repeat and to be stopped half-way; several processes may do it at once.
    """
    reached = await asyncio.to_thread(journal.mark, folder)
    if reached is None:
        return Reapplied()
    start = await store.applied(conn, reached.journal)
    start = start if start <= reached.end else 0  # the journal itself came back from a back-up
    done = await _apply(conn, list_from(folder, start, reached.end))
    await store.set_applied(conn, reached.journal, reached.end)
    if done.rows:
        log.info("erasures.repeated", entries=done.entries, rows=done.rows)
    if done.unreadable:
        log.error("erasures.unreadable", lines=done.unreadable)
    return done


def list_from(folder: Path, start: int, end: int) -> Iterable[Entry | None]:
    return journal.entries(folder, start, end) if start < end else ()


async def _apply(conn: Connection, found: Iterable[Entry | None]) -> Reapplied:
    number = rows = unreadable = 0
    entries = iter(found)
    while chunk := list(islice(entries, CHUNK)):
        number += len(chunk)
        unreadable += chunk.count(None)
        rows += await _apply_chunk(conn, [entry for entry in chunk if entry is not None])
    return Reapplied(number, rows, unreadable)


async def _apply_chunk(conn: Connection, chunk: Sequence[Entry]) -> int:
    rows = 0
    comments: defaultdict[int, list[tuple[UUID, UUID, UUID]]] = defaultdict(list)
    for entry in chunk:
        match entry:
            case ErasedComment(site_id, comment_id):
                comments[site_id].append(_with_bounds(comment_id))
            case ErasedSite(site_id, added_at):
                if await store.added_at(conn, site_id) in {None, added_at}:
                    rows += (await sweep(conn, site_id)).rows
    for site_id, erased in comments.items():
        rows += await store.erase_comments(conn, site_id, erased)
    return rows


def _with_bounds(comment_id: UUID) -> tuple[UUID, UUID, UUID]:
    lowest = max(comment_id.int - REPEATS_WITHIN, 0)
    highest = min(comment_id.int + REPEATS_WITHIN, HIGHEST_ID)
    return comment_id, UUID(int=lowest), UUID(int=highest)
