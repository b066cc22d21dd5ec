"""The SQL of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.db import Connection


@dataclass(frozen=True, slots=True)
class Head:
    site_id: int
    epoch: int
    origin: str
    size: int
    frontier: bytes
    last_time: datetime
    closed: str | None


# The newest epoch alone is appended to.
HEAD = """
    SELECT site_id, epoch, origin, size, frontier, last_time, closed
      FROM consent_logs
     WHERE site_id = $1
     ORDER BY epoch DESC
     LIMIT 1
"""


async def head(conn: Connection, site_id: int) -> Head | None:
    row = await conn.fetchrow(HEAD, site_id)
    return Head(**row) if row else None


EPOCHS = """
    SELECT site_id, epoch, origin, size, frontier, last_time, closed
      FROM consent_logs
     WHERE site_id = $1
     ORDER BY epoch
"""


async def epochs(conn: Connection, site_id: int) -> list[Head]:
    return [Head(**row) for row in await conn.fetch(EPOCHS, site_id)]


# A statement of its own, before anything is read: what it waits for is then to be seen, which a
# statement that locks and reads would miss (READ COMMITTED takes its snapshot when it begins).
LOCK_HEAD = """
    UPDATE consent_logs
       SET size = size
     WHERE site_id = $1 AND epoch = (SELECT max(epoch) FROM consent_logs WHERE site_id = $1)
    RETURNING site_id, epoch, origin, size, frontier, last_time, closed
"""


async def lock_head(conn: Connection, site_id: int) -> Head | None:
    """The head of the newest epoch, locked until the transaction ends; None before the first."""
    row = await conn.fetchrow(LOCK_HEAD, site_id)
    return Head(**row) if row else None


OPEN_LOG = """
    INSERT INTO consent_logs (site_id, epoch, origin, last_time)
    VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
"""


async def open_log(conn: Connection, site_id: int, epoch: int, origin: str, now: datetime) -> None:
    await conn.execute(OPEN_LOG, site_id, epoch, origin, now)


CLOSE_LOG = """
    UPDATE consent_logs
       SET closed = $3
     WHERE site_id = $1 AND epoch = $2 AND closed IS NULL
    RETURNING true
"""


async def close_log(conn: Connection, site_id: int, epoch: int, reason: str) -> bool:
    """False if it was closed already."""
    return bool(await conn.fetchval(CLOSE_LOG, site_id, epoch, reason))


@dataclass(frozen=True, slots=True)
class Entry:
    epoch: int
    index: int
    recorded_at: datetime
    type: str
    receipt_id: UUID
    event_id: UUID | None
    request_hash: bytes | None
    leaf: str
    hashes: bytes


KNOWN_EVENTS = """
    SELECT epoch, index, recorded_at, type, receipt_id, event_id, request_hash, leaf, hashes
      FROM consent_entries
     WHERE site_id = $1 AND event_id = ANY ($2::uuid[])
"""


async def known_events(conn: Connection, site_id: int, event_ids: Sequence[UUID]) -> list[Entry]:
    return [Entry(**row) for row in await conn.fetch(KNOWN_EVENTS, site_id, list(event_ids))]


ENTRY_OF_RECEIPT = """
    SELECT epoch, index, recorded_at, type, receipt_id, event_id, request_hash, leaf, hashes
      FROM consent_entries
     WHERE site_id = $1 AND receipt_id = $2
"""


async def entry_of_receipt(conn: Connection, site_id: int, receipt_id: UUID) -> Entry | None:
    row = await conn.fetchrow(ENTRY_OF_RECEIPT, site_id, receipt_id)
    return Entry(**row) if row else None


# For each subject the newest decision about this kind of notice.
NEWEST_DECISIONS = """
    SELECT s.subject_hash, s.kind, o.in_force, o.ends_at, o.epoch, o.index, e.leaf
      FROM unnest($2::bytea[], $3::text[]) AS s (subject_hash, kind)
     CROSS JOIN LATERAL (
           SELECT in_force, ends_at, epoch, index
             FROM consent_openings
            WHERE site_id = $1 AND subject_hash = s.subject_hash AND kind = s.kind
            ORDER BY epoch DESC, index DESC
            LIMIT 1
           ) AS o
      JOIN consent_entries AS e ON e.site_id = $1 AND e.epoch = o.epoch AND e.index = o.index
"""


@dataclass(frozen=True, slots=True)
class Newest:
    subject_hash: bytes
    kind: str
    in_force: bool
    ends_at: datetime
    epoch: int
    index: int
    leaf: str


async def newest_decisions(
    conn: Connection, site_id: int, subjects: Sequence[tuple[bytes, str]]
) -> list[Newest]:
    hashes, kinds = [each[0] for each in subjects], [each[1] for each in subjects]
    return [Newest(**row) for row in await conn.fetch(NEWEST_DECISIONS, site_id, hashes, kinds)]


@dataclass(frozen=True, slots=True)
class Opening:
    index: int
    kind: str | None
    salt: bytes
    subject_hash: bytes | None
    encrypted: bytes
    in_force: bool
    ends_at: datetime


# One statement, so that head, entries, openings and deliveries stand or fall together.  Of several
# decisions of one subject only the newest is in force; which those are, the caller has read.
INSERT_ENTRIES = """
    WITH entries AS (
         INSERT INTO consent_entries (site_id, epoch, index, recorded_at, type, receipt_id,
                                      event_id, request_hash, leaf, hashes)
         SELECT $1, $2, e.index, e.recorded_at, e.type, e.receipt_id, e.event_id, e.request_hash,
                e.leaf, e.hashes
           FROM unnest($6::bigint[], $7::timestamptz[], $8::text[], $9::uuid[], $10::uuid[],
                       $11::bytea[], $12::text[], $13::bytea[])
                AS e (index, recorded_at, type, receipt_id, event_id, request_hash, leaf, hashes)
    ), over AS (
         UPDATE consent_openings AS o
            SET in_force = false
           FROM unnest($23::int[], $24::bigint[]) AS n (epoch, index)
          WHERE o.site_id = $1 AND o.epoch = n.epoch AND o.index = n.index
    ), openings AS (
         INSERT INTO consent_openings (site_id, epoch, index, kind, salt, subject_hash, encrypted,
                                       in_force, ends_at)
         SELECT $1, $2, o.index, o.kind, o.salt, o.subject_hash, o.encrypted, o.in_force, o.ends_at
           FROM unnest($14::bigint[], $15::text[], $16::bytea[], $17::bytea[], $18::bytea[],
                       $19::bool[], $20::timestamptz[])
                AS o (index, kind, salt, subject_hash, encrypted, in_force, ends_at)
    ), deliveries AS (
         INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, due_at)
         SELECT $1,
                -- a UUIDv7, as all of this table: milliseconds, then what is random
                (lpad(to_hex(floor(extract(epoch FROM $5::timestamptz) * 1000)::bigint), 12, '0')
                 || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid,
                p.id, d.receipt_id, d.event, $5::timestamptz
           FROM unnest($21::uuid[], $22::text[]) AS d (receipt_id, event)
           JOIN endpoints AS p ON p.site_id = $1 AND p.enabled AND p.events @> ARRAY[d.event]
    )
    UPDATE consent_logs
       SET size = $3, frontier = $4, last_time = $5
     WHERE site_id = $1 AND epoch = $2
"""


async def insert_entries(  # noqa: PLR0913, PLR0917  (the tables)
    conn: Connection,
    head: Head,
    entries: Sequence[Entry],
    openings: Sequence[Opening],
    told: Sequence[tuple[UUID, str]],
    over: Sequence[tuple[int, int]],
) -> None:
    """Append ``entries``, after which the log's head is ``head``.

    Told are (receipt, event); over are the (epoch, index) of decisions that newer ones replace.
    """
    await conn.execute(
        INSERT_ENTRIES,
        head.site_id,
        head.epoch,
        head.size,
        head.frontier,
        head.last_time,
        [each.index for each in entries],
        [each.recorded_at for each in entries],
        [each.type for each in entries],
        [each.receipt_id for each in entries],
        [each.event_id for each in entries],
        [each.request_hash for each in entries],
        [each.leaf for each in entries],
        [each.hashes for each in entries],
        [each.index for each in openings],
        [each.kind for each in openings],
        [each.salt for each in openings],
        [each.subject_hash for each in openings],
        [each.encrypted for each in openings],
        [each.in_force for each in openings],
        [each.ends_at for each in openings],
        [receipt_id for receipt_id, _ in told],
        [event for _, event in told],
        [epoch for epoch, _ in over],
        [index for _, index in over],
    )


NODES = """
    SELECT index, hashes
      FROM consent_entries
     WHERE site_id = $1 AND epoch = $2 AND index = ANY ($3::bigint[])
"""


async def hashes_at(
    conn: Connection, site_id: int, epoch: int, indexes: Sequence[int]
) -> dict[int, bytes]:
    """By index, the leaf's hash and those of the nodes that it completes."""
    rows = await conn.fetch(NODES, site_id, epoch, list(indexes))
    return {row["index"]: row["hashes"] for row in rows}


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    epoch: int
    size: int
    root: bytes
    note: str
    signed_at: datetime


INSERT_CHECKPOINT = """
    INSERT INTO consent_checkpoints (site_id, epoch, size, root, note, signed_at)
    VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
"""


async def insert_checkpoint(conn: Connection, site_id: int, row: CheckpointRow) -> None:
    await conn.execute(
        INSERT_CHECKPOINT, site_id, row.epoch, row.size, row.root, row.note, row.signed_at
    )


CHECKPOINT_COVERING = """
    SELECT epoch, size, root, note, signed_at
      FROM consent_checkpoints
     WHERE site_id = $1 AND epoch = $2 AND size >= $3
     ORDER BY size
     LIMIT 1
"""


async def checkpoint_covering(
    conn: Connection, site_id: int, epoch: int, size: int
) -> CheckpointRow | None:
    """The smallest checkpoint of at least ``size``."""
    row = await conn.fetchrow(CHECKPOINT_COVERING, site_id, epoch, size)
    return CheckpointRow(**row) if row else None


NEWEST_CHECKPOINT = """
    SELECT epoch, size, root, note, signed_at
      FROM consent_checkpoints
     WHERE site_id = $1 AND epoch = $2
     ORDER BY size DESC
     LIMIT 1
"""


async def newest_checkpoint(conn: Connection, site_id: int, epoch: int) -> CheckpointRow | None:
    row = await conn.fetchrow(NEWEST_CHECKPOINT, site_id, epoch)
    return CheckpointRow(**row) if row else None


CHECKPOINTS = """
    SELECT epoch, size, root, note, signed_at
      FROM consent_checkpoints
     WHERE site_id = $1 AND epoch = $2
     ORDER BY size
"""


async def checkpoints(conn: Connection, site_id: int, epoch: int) -> list[CheckpointRow]:
    return [CheckpointRow(**row) for row in await conn.fetch(CHECKPOINTS, site_id, epoch)]


ENTRIES_IN_ORDER = """
    SELECT epoch, index, recorded_at, type, receipt_id, event_id, request_hash, leaf, hashes
      FROM consent_entries
     WHERE site_id = $1 AND epoch = $2
     ORDER BY index
"""

DELETE_OPENINGS = """
    DELETE FROM consent_openings
     WHERE site_id = $1 AND subject_hash = $2
    RETURNING epoch, index
"""


async def delete_openings(
    conn: Connection, site_id: int, subject_hash: bytes
) -> list[tuple[int, int]]:
    """Where the entries stand whose commitments nobody can open any more."""
    return [tuple(row) for row in await conn.fetch(DELETE_OPENINGS, site_id, subject_hash)]


OPENING = """
    SELECT salt, encrypted
      FROM consent_openings
     WHERE site_id = $1 AND epoch = $2 AND index = $3
"""


async def opening(
    conn: Connection, site_id: int, epoch: int, index: int
) -> tuple[bytes, bytes] | None:
    row = await conn.fetchrow(OPENING, site_id, epoch, index)
    return (row["salt"], row["encrypted"]) if row else None


@dataclass(frozen=True, slots=True)
class Ended:
    epoch: int
    index: int
    kind: str
    salt: bytes
    encrypted: bytes
    leaf: str


ENDED = """
    SELECT o.epoch, o.index, o.kind, o.salt, o.encrypted, e.leaf
      FROM consent_openings AS o
      JOIN consent_entries AS e USING (site_id, epoch, index)
     WHERE o.site_id = $1 AND o.in_force AND o.ends_at <= $2
     ORDER BY o.ends_at
     LIMIT $3
"""


async def ended(conn: Connection, site_id: int, now: datetime, limit: int) -> list[Ended]:
    """Consents whose time is up, which the log does not say yet."""
    return [Ended(**row) for row in await conn.fetch(ENDED, site_id, now, limit)]
