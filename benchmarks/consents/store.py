"""SQL of the benchmarks of the consent log."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from service.db import Connection

# What the consent ledger writes for a choice.  Keys are as there, but take a row twice.
PLAIN_CONSENTS = """
    CREATE TABLE IF NOT EXISTS plain_entries (
        id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        recorded_at  timestamptz,
        type         text,
        receipt_id   uuid,
        event_id     uuid,
        request_hash bytea,
        leaf         text,
        hashes       bytea
    );
    CREATE TABLE IF NOT EXISTS plain_openings (
        id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind         text,
        salt         bytea,
        subject_hash bytea,
        encrypted    bytea,
        in_force     boolean,
        ends_at      timestamptz
    );
    CREATE INDEX IF NOT EXISTS plain_receipts ON plain_entries (receipt_id, id);
    CREATE INDEX IF NOT EXISTS plain_events ON plain_entries (event_id, id);
    CREATE INDEX IF NOT EXISTS plain_subjects ON plain_openings (subject_hash, kind, id);
    CREATE INDEX IF NOT EXISTS plain_ends ON plain_openings (ends_at) WHERE in_force
"""


async def make_plain_consents(conn: Connection) -> None:
    await conn.execute(PLAIN_CONSENTS)


CONSENT_ROWS = """
    SELECT e.recorded_at, e.type, e.receipt_id, e.event_id, e.request_hash, e.leaf, e.hashes,
           o.kind, o.salt, o.subject_hash, o.encrypted, o.in_force, o.ends_at
      FROM consent_entries AS e
      JOIN consent_openings AS o USING (site_id, epoch, index)
     LIMIT $1
"""


async def consent_rows(conn: Connection, number: int) -> list[tuple[object, ...]]:
    """Entries with their openings, by column."""
    return list(zip(*await conn.fetch(CONSENT_ROWS, number), strict=True))


INSERT_PLAIN_CONSENTS = """
    WITH entries AS (
         INSERT INTO plain_entries (recorded_at, type, receipt_id, event_id, request_hash, leaf,
                                    hashes)
         SELECT r.at, r.type, r.receipt_id, gen_random_uuid(), r.request_hash, r.leaf, r.hashes
           FROM unnest($1::timestamptz[], $2::text[], $3::uuid[], $4::uuid[], $5::bytea[],
                       $6::text[], $7::bytea[])
                AS r (at, type, receipt_id, event_id, request_hash, leaf, hashes)
    )
    INSERT INTO plain_openings (kind, salt, subject_hash, encrypted, in_force, ends_at)
    SELECT o.kind, o.salt, uuid_send(gen_random_uuid()), o.encrypted, o.in_force, o.ends_at
      FROM unnest($8::text[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bool[],
                  $13::timestamptz[])
           AS o (kind, salt, subject_hash, encrypted, in_force, ends_at)
"""


async def insert_plain_consents(conn: Connection, columns: Sequence[tuple[object, ...]]) -> None:
    await conn.execute(INSERT_PLAIN_CONSENTS, *columns)


# The head of a log whose entries were copied in.
SET_CONSENT_HEAD = """
    UPDATE consent_logs
       SET size = $2, frontier = $3, last_time = $4
     WHERE site_id = $1
"""


async def set_consent_head(
    conn: Connection, site_id: int, size: int, frontier: bytes, last_time: datetime
) -> None:
    await conn.execute(SET_CONSENT_HEAD, site_id, size, frontier, last_time)


ALL_CONSENT_ENTRIES = """
    SELECT *
      FROM consent_entries
"""


async def copy_consent_entries(
    conn: Connection, output: Callable[[bytes], Awaitable[None]]
) -> None:
    """PostgreSQL's own COPY of all entries, as CSV."""
    await conn.copy_from_query(ALL_CONSENT_ENTRIES, output=output, format="csv")
