"""The SQL of endpoints and deliveries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from service.db import Connection
from service.outbox.values import Claimed, DeliveryState, Result

# A limit of endpoints at random, so that with more of them than room none comes last every time.
#
# Of each endpoint: what is due and was not begun, and one delivery whose sender was lost (its lease
# ran out).  One, because it may be what killed its sender: those beside it shall not be counted
# down with it again and again.  Of a comment only its oldest delivery to the endpoint.
#
# Orders that an index has, and places (locked rows stay), leave no choice to a plan that was made
# while the table was empty: whatever waits, a claim reads what it takes.
_DUE = """
                  SELECT o.ctid AS place
                    FROM outbox AS o
                   WHERE o.site_id = e.site_id AND o.endpoint_id = e.id AND o.state = 'waiting'
                     AND {begun}
                     AND o.id = (
                         SELECT earlier.id
                           FROM outbox AS earlier
                          WHERE earlier.site_id = o.site_id AND earlier.comment_id = o.comment_id
                            AND earlier.endpoint_id = o.endpoint_id
                            AND earlier.state = 'waiting'
                          ORDER BY earlier.id
                          LIMIT 1
                         )
                   ORDER BY {order}
                   LIMIT {most}
                     FOR UPDATE SKIP LOCKED
"""
_FRESH = _DUE.format(
    begun="o.due_at <= $1 AND o.lease IS NULL",
    order="o.due_at, o.id",
    most="CASE WHEN e.probed THEN 1 ELSE $6::int END",
)
_LOST = _DUE.format(
    begun="o.lease IS NOT NULL AND o.leased_until <= $1", order="o.leased_until", most="1"
)
CLAIM = f"""
    WITH willing AS MATERIALIZED (
         SELECT e.site_id, e.id, coalesce(b.failures, 0) >= $7::int AS probed
           FROM endpoints AS e
           LEFT JOIN endpoint_breakers AS b ON b.site_id = e.site_id AND b.endpoint_id = e.id
          WHERE e.enabled AND NOT e.id = ANY($4::int[])
            AND (b.paused_until IS NULL OR b.paused_until <= $1)
          ORDER BY random()
    ), due AS MATERIALIZED (
         SELECT d.place, e.site_id, e.id AS endpoint_id, e.probed
           FROM willing AS e
          CROSS JOIN LATERAL (
                  SELECT * FROM ({_LOST}) AS lost
                   UNION ALL
                  SELECT * FROM ({_FRESH}) AS fresh
                ) AS d
          LIMIT $5::int
    ), probes AS (
         UPDATE endpoint_breakers AS b
            SET paused_until = $3
           FROM due
          WHERE b.site_id = due.site_id AND b.endpoint_id = due.endpoint_id AND due.probed
    )
    UPDATE outbox AS o
       SET lease = $2, leased_until = $3, attempts = o.attempts + 1
      FROM due
      JOIN endpoints AS e ON e.site_id = due.site_id AND e.id = due.endpoint_id
     WHERE o.ctid = due.place
    RETURNING o.site_id, o.id, o.endpoint_id, o.comment_id, o.event, o.attempts, o.lease,
              e.kind, e.url, e.allow_private,
              coalesce((SELECT b.failures
                          FROM endpoint_breakers AS b
                         WHERE b.site_id = e.site_id AND b.endpoint_id = e.id), 0) AS failures,
              e.secret_sealed,
              ARRAY(SELECT s.sealed
                      FROM expiring_endpoint_secrets AS s
                     WHERE s.site_id = e.site_id AND s.endpoint_id = e.id AND s.expires_at > $1
                     ORDER BY s.id DESC) AS expiring
"""


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be claimed."""

    most: int
    most_of_one: int  # endpoint
    without: Collection[int]  # endpoints that have enough under way
    failures: int  # from which an endpoint gets one delivery at a time, to see if it is back


async def claim(
    conn: Connection, now: datetime, lease: UUID, length: timedelta, room: Room
) -> list[Claimed]:
    """Deliveries that are due, each ours until ``now + length``; the attempt is counted here."""
    rows = await conn.fetch(
        CLAIM,
        now,
        lease,
        now + length,
        list(room.without),
        room.most,
        room.most_of_one,
        room.failures,
    )
    return [_claimed(row) for row in rows]


def _claimed(row: asyncpg.Record) -> Claimed:
    columns = dict(row)
    current, expiring = columns.pop("secret_sealed"), columns.pop("expiring")
    return Claimed(**columns, sealed=(*([current] if current else ()), *expiring))


# Whoever lost the lease has lost the word, too: somebody else has begun the delivery anew.
FINISH = """
    WITH finished AS (
         UPDATE outbox AS o
            SET state = r.state, due_at = coalesce(r.due_at, o.due_at), last_error = r.error,
                finished_at = CASE WHEN r.state <> 'waiting' THEN $7::timestamptz END,
                lease = NULL, leased_until = NULL
           FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[],
                       $6::text[])
                AS r (site_id, id, lease, state, due_at, error)
          WHERE o.site_id = r.site_id AND o.id = r.id AND o.lease = r.lease
            AND o.state = 'waiting'
         RETURNING o.site_id, o.id, o.attempts, o.last_error
    ), failed AS (
         INSERT INTO delivery_attempts (site_id, delivery_id, ended_at, attempt, error)
         SELECT site_id, id, $7, attempts, last_error
           FROM finished
          WHERE last_error IS NOT NULL
             ON CONFLICT DO NOTHING
    )
    SELECT id FROM finished
"""


async def finish(conn: Connection, results: Sequence[Result], now: datetime) -> set[UUID]:
    """Write down what came of attempts; the ids of those that were still ours."""
    rows = await conn.fetch(
        FINISH,
        [each.claimed.site_id for each in results],
        [each.claimed.id for each in results],
        [each.claimed.lease for each in results],
        [each.state for each in results],
        [each.due_at for each in results],
        [each.error for each in results],
        now,
    )
    return {row["id"] for row in rows}


FORGET = """
    DELETE FROM outbox
     WHERE (site_id, id, lease) IN (SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[]))
"""


async def forget(conn: Connection, deliveries: Sequence[Claimed]) -> None:
    """Take away what has nothing left to say."""
    await conn.execute(
        FORGET,
        [each.site_id for each in deliveries],
        [each.id for each in deliveries],
        [each.lease for each in deliveries],
    )


RELEASE = """
    UPDATE outbox
       SET lease = NULL, leased_until = NULL, due_at = $4, attempts = attempts - $5
     WHERE (site_id, id, lease) IN (SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[]))
"""


async def release(
    conn: Connection, deliveries: Sequence[Claimed], now: datetime, *, attempts: int
) -> None:
    """Let somebody else send what we could not end; ``attempts`` of each count no more."""
    await conn.execute(
        RELEASE,
        [each.site_id for each in deliveries],
        [each.id for each in deliveries],
        [each.lease for each in deliveries],
        now,
        attempts,
    )


# The first failures cost no pause: one comment that cannot be delivered says little.
NOTE_FAILURES = """
    INSERT INTO endpoint_breakers AS b (site_id, endpoint_id, failures, paused_until)
    SELECT f.site_id, f.endpoint_id, 1, greatest($3::timestamptz, f.until)
      FROM unnest($1::int[], $2::int[], $7::timestamptz[]) AS f (site_id, endpoint_id, until)
      JOIN endpoints AS e ON e.site_id = f.site_id AND e.id = f.endpoint_id
        ON CONFLICT (site_id, endpoint_id) DO UPDATE
       SET failures = least(b.failures + 1, 1000),
           paused_until = greatest(
               excluded.paused_until,
               CASE WHEN b.failures + 1 >= $4::int
                    THEN $3::timestamptz
                       + least($6::interval, $5::interval * 2 ^ least(b.failures + 1 - $4::int, 20))
                    ELSE b.paused_until
                END)
"""


@dataclass(frozen=True, slots=True)
class Breaker:
    """When an endpoint is spared, and for how long: the pause doubles with each failure."""

    failures: int = 5
    pause: timedelta = timedelta(seconds=10)
    longest_pause: timedelta = timedelta(minutes=10)


async def note_failures(
    conn: Connection,
    failed: Iterable[tuple[int, int, datetime | None]],
    now: datetime,
    breaker: Breaker,
) -> None:
    """``failed`` are (site, endpoint, what it asked not to be disturbed before)."""
    site_ids, endpoint_ids, until = zip(*sorted(failed, key=lambda each: each[:2]), strict=True)
    await conn.execute(
        NOTE_FAILURES,
        list(site_ids),
        list(endpoint_ids),
        now,
        breaker.failures,
        breaker.pause,
        breaker.longest_pause,
        list(until),
    )


FORGET_FAILURES = """
    DELETE FROM endpoint_breakers
     WHERE (site_id, endpoint_id) IN (SELECT * FROM unnest($1::int[], $2::int[]))
"""


async def forget_failures(conn: Connection, endpoints: Iterable[tuple[int, int]]) -> None:
    site_ids, endpoint_ids = zip(*sorted(endpoints), strict=True)
    await conn.execute(FORGET_FAILURES, list(site_ids), list(endpoint_ids))


SWITCH_OFF = """
    UPDATE endpoints
       SET switched_off = $3, enabled = false
     WHERE site_id = $1 AND id = $2 AND enabled
    RETURNING id
"""


async def switch_off(conn: Connection, site_id: int, endpoint_id: int, why: str) -> bool:
    """False if it was off already."""
    return await conn.fetchval(SWITCH_OFF, site_id, endpoint_id, why) is not None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as operators see it."""

    site: str
    id: UUID
    endpoint: int
    url: str | None  # None: the endpoint was removed
    comment: UUID
    event: str
    state: str
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    error: str | None


_LIST = """
    SELECT s.name AS site, o.id, o.endpoint_id AS endpoint, e.url, o.comment_id AS comment, o.event,
           o.state, o.attempts, o.due_at, o.finished_at, o.last_error AS error
      FROM outbox AS o
      JOIN sites AS s ON s.id = o.site_id
      LEFT JOIN endpoints AS e ON e.site_id = o.site_id AND e.id = o.endpoint_id
     WHERE o.site_id = $1 AND {state}
       AND ($2::int IS NULL OR o.endpoint_id = $2)
       AND ($3::uuid IS NULL OR o.comment_id = $3)
       AND ($4::text IS NULL OR o.event = $4)
       AND ($5::text IS NULL OR o.last_error ILIKE '%' || $5 || '%')
       AND ($6::uuid IS NULL OR o.id < $6)
     ORDER BY o.id DESC
     LIMIT $7
"""
# The state is no parameter: for those that are rare there are indexes of them alone.
LIST_ALL = _LIST.format(state="true")
LIST_WAITING = _LIST.format(state="o.state = 'waiting'")
LIST_GIVEN_UP = _LIST.format(state="o.state = 'given-up'")
LIST_DELIVERED = _LIST.format(state="o.state = 'delivered'")
_LISTS = {
    None: LIST_ALL,
    DeliveryState.WAITING: LIST_WAITING,
    DeliveryState.GIVEN_UP: LIST_GIVEN_UP,
    DeliveryState.DELIVERED: LIST_DELIVERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deliveries; ``None`` filters nothing."""

    state: DeliveryState | None = None
    endpoint: int | None = None
    comment: UUID | None = None
    event: str | None = None
    error: str | None = None  # a part of it
    below: UUID | None = None  # older than this delivery


async def deliveries(
    conn: Connection, site_id: int, wanted: Wanted, limit: int
) -> list[DeliveryRow]:
    """The newest first."""
    rows = await conn.fetch(
        _LISTS[wanted.state],
        site_id,
        wanted.endpoint,
        wanted.comment,
        wanted.event,
        wanted.error,
        wanted.below,
        limit,
    )
    return [DeliveryRow(**row) for row in rows]


# A delivery whose endpoint is gone has nobody to go to.
REPLAY = """
    UPDATE outbox AS o
       SET state = 'waiting', attempts = 0, due_at = $3, finished_at = NULL, lease = NULL,
           leased_until = NULL
      FROM endpoints AS e
     WHERE o.site_id = $1 AND o.id = ANY($2::uuid[])
       AND e.site_id = o.site_id AND e.id = o.endpoint_id
       AND (o.state <> 'waiting' OR o.lease IS NULL)
    RETURNING o.id
"""


async def replay(
    conn: Connection, site_id: int, delivery_ids: Sequence[UUID], now: datetime
) -> int:
    """Send again, at once and with all attempts before them; how many that are.

    What is being sent at this moment is left alone.
    """
    return len(await conn.fetch(REPLAY, site_id, list(delivery_ids), now))


DELETE_DELIVERED = """
    DELETE FROM outbox
     WHERE ctid = ANY (ARRAY(
           SELECT ctid
             FROM outbox
            WHERE site_id = $1 AND id < $2 AND state = 'delivered'
            ORDER BY site_id, id
            LIMIT $3
           ))
"""
ABANDON_ORPHANS = """
    UPDATE outbox AS o
       SET state = 'given-up', finished_at = $2, last_error = 'EndpointRemoved',
           lease = NULL, leased_until = NULL
     WHERE o.site_id = $1 AND o.state = 'waiting'
       AND NOT EXISTS (SELECT
                         FROM endpoints AS e
                        WHERE e.site_id = o.site_id AND e.id = o.endpoint_id)
"""


async def delete_delivered(conn: Connection, site_id: int, before: UUID, most: int) -> int:
    """Delete one chunk of what was delivered; the number deleted."""
    return _changed(await conn.execute(DELETE_DELIVERED, site_id, before, most))


async def abandon_orphans(conn: Connection, site_id: int, now: datetime) -> int:
    """Give up what waits for endpoints that are gone; the number given up."""
    return _changed(await conn.execute(ABANDON_ORPHANS, site_id, now))


def _changed(status: str) -> int:
    return int(status.rpartition(" ")[2])
