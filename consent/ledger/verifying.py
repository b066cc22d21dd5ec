"""The background check: the whole log again, from its leaves to its signatures.

It trusts nothing that could have been changed together: leaves are hashed, nodes and head computed
anew, checkpoints opened with the public keys and held against the tree.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import orjson
import structlog

from consent import checkpoints, merkle
from consent.checkpoints import BadNote, Verifier
from consent.ledger import signing, store
from consent.ledger.store import CheckpointRow, Head
from consent.merkle import Frontier
from consent.notices.answers import stamp
from service.db import Connection

log = structlog.get_logger()

FETCHED_ROWS = 1000


@dataclass(slots=True)
class Verified:
    """What was found: how many entries, and how often what is wrong, by name."""

    entries: int = 0
    faults: Counter[str] = field(default_factory=Counter)


async def verify(conn: Connection, site_id: int) -> Verified:
    """Check every epoch of a site's log.  Memory does not grow with it."""
    verified = Verified()
    verifiers = await signing.verifiers(conn, site_id)
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        for head in await store.epochs(conn, site_id):
            signed = await store.checkpoints(conn, site_id, head.epoch)
            await _epoch(conn, head, signed, verifiers, verified)
    return verified


async def _epoch(
    conn: Connection,
    head: Head,
    signed: list[CheckpointRow],
    verifiers: list[Verifier],
    verified: Verified,
) -> None:
    frontier, last = Frontier(), None
    roots = {row.size: row for row in signed}
    verified.faults.update(_root_faults(roots.pop(0, None), frontier, head, verifiers))
    async for row in _rows(conn, head):
        verified.faults.update(_faults(row, frontier, head, last))
        verified.faults.update(
            _root_faults(roots.pop(frontier.size, None), frontier, head, verifiers)
        )
        last = row.recorded_at
        verified.entries += 1
    if frontier.size != head.size or b"".join(frontier.hashes) != head.frontier:
        verified.faults["head_differs"] += 1
    if roots:
        verified.faults["checkpoint_beyond_the_log"] += len(roots)


async def _rows(conn: Connection, head: Head) -> AsyncIterator[store.Entry]:
    async for row in conn.cursor(
        store.ENTRIES_IN_ORDER, head.site_id, head.epoch, prefetch=FETCHED_ROWS
    ):
        yield store.Entry(**row)


def _faults(
    row: store.Entry, frontier: Frontier, head: Head, last: datetime | None
) -> Iterator[str]:
    expected = frontier.size
    leaf = row.leaf.encode()
    if row.index != expected:
        yield "index_missing"
    if frontier.append(merkle.leaf_hash(leaf)) != row.hashes:
        yield "leaf_changed"
    if last is not None and row.recorded_at < last:
        yield "time_goes_back"
    said = _said(leaf)
    columns = (head.origin, row.index, stamp(row.recorded_at), row.type, str(row.receipt_id))
    if said != columns:
        yield "column_differs_from_leaf"


def _said(leaf: bytes) -> tuple[object, ...]:
    try:
        value = orjson.loads(leaf)
    except orjson.JSONDecodeError:
        return ()
    return tuple(value.get(name) for name in ("log", "seq", "time", "type", "receipt"))


def _root_faults(
    row: CheckpointRow | None, frontier: Frontier, head: Head, verifiers: list[Verifier]
) -> Iterator[str]:
    if row is None:
        return
    try:
        signed = checkpoints.checkpoint_from(row.note, verifiers)
    except BadNote:
        yield "checkpoint_signature"
        return
    if signed != checkpoints.Checkpoint(head.origin, row.size, row.root):
        yield "checkpoint_differs"
    if signed.root != frontier.root():
        yield "checkpoint_root"


async def verify_logged(conn: Connection, site_id: int) -> Verified:
    """``verify``, with an alarm in the log for whatever is wrong."""
    verified = await verify(conn, site_id)
    if verified.faults:
        log.error(
            "ledger.damaged",
            site_id=site_id,
            entries=verified.entries,
            faults=dict(verified.faults),
        )
    return verified
