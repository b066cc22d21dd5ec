"""The SQL of looking for deliveries.  States have statements of their own, for their indexes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.db import Connection
from service.outbox.values import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which deliveries of which sites; ``None`` filters nothing."""

    site_ids: Sequence[int]
    below: UUID
    floor: UUID  # at least this one
    state: DeliveryState | None = None
    endpoint: int | None = None
    event: str | None = None
    error: str | None = None  # a part of the last one
    guid: UUID | None = None  # of the delivery, or of what it is about


@dataclass(frozen=True, slots=True)
class Found:
    """A delivery as people see it."""

    site_id: int
    id: UUID
    endpoint: int
    kind: str | None  # None: the endpoint was removed
    url: str | None
    about: UUID
    event: str
    state: str
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    error: str | None
    sending: bool  # somebody holds its lease


_STATES = {
    None: "true",
    DeliveryState.WAITING: "o.state = 'waiting'",
    DeliveryState.GIVEN_UP: "o.state = 'given-up'",
    DeliveryState.DELIVERED: "o.state = 'delivered'",
}
_FLOOR = """
    SELECT max(b.id::text)::uuid
      FROM unnest($1::int[]) AS s (site_id)
     CROSS JOIN LATERAL (
           SELECT o.id
             FROM outbox AS o
            WHERE o.site_id = s.site_id AND o.id < $2 AND {state}
            ORDER BY o.id DESC
           OFFSET $3
            LIMIT 1
           ) AS b
"""
FLOOR_ALL = _FLOOR.format(state=_STATES[None])
FLOOR_WAITING = _FLOOR.format(state=_STATES[DeliveryState.WAITING])
FLOOR_GIVEN_UP = _FLOOR.format(state=_STATES[DeliveryState.GIVEN_UP])
FLOOR_DELIVERED = _FLOOR.format(state=_STATES[DeliveryState.DELIVERED])
_FLOORS = {
    None: FLOOR_ALL,
    DeliveryState.WAITING: FLOOR_WAITING,
    DeliveryState.GIVEN_UP: FLOOR_GIVEN_UP,
    DeliveryState.DELIVERED: FLOOR_DELIVERED,
}


async def floor(conn: Connection, sought: Sought, number: int) -> UUID | None:
    """Down to which id so many deliveries of one of the sites reach; None if none has them."""
    found: UUID | None = await conn.fetchval(
        _FLOORS[sought.state], list(sought.site_ids), sought.below, number - 1
    )
    return found


_FOUND = """
           o.site_id, o.id, o.endpoint_id AS endpoint, e.kind, e.url, o.comment_id AS about,
           o.event, o.state, o.attempts, o.due_at, o.finished_at, o.last_error AS error,
           o.lease IS NOT NULL AS sending
"""
_WALK = f"""
    SELECT w.*
      FROM unnest($1::int[]) AS s (site_id)
     CROSS JOIN LATERAL (
           SELECT {_FOUND}
             FROM outbox AS o
             LEFT JOIN endpoints AS e ON e.site_id = o.site_id AND e.id = o.endpoint_id
            WHERE o.site_id = s.site_id AND o.id < $2 AND o.id >= $3 AND {{state}}
              AND ($4::int IS NULL OR o.endpoint_id = $4)
              AND ($5::text IS NULL OR o.event = $5)
              AND ($6::text IS NULL OR strpos(lower(o.last_error), lower($6)) > 0)
            ORDER BY o.id DESC
            LIMIT $7
           ) AS w
     ORDER BY w.id DESC
     LIMIT $7
"""
WALK_ALL = _WALK.format(state=_STATES[None])
WALK_WAITING = _WALK.format(state=_STATES[DeliveryState.WAITING])
WALK_GIVEN_UP = _WALK.format(state=_STATES[DeliveryState.GIVEN_UP])
WALK_DELIVERED = _WALK.format(state=_STATES[DeliveryState.DELIVERED])
_WALKS = {
    None: WALK_ALL,
    DeliveryState.WAITING: WALK_WAITING,
    DeliveryState.GIVEN_UP: WALK_GIVEN_UP,
    DeliveryState.DELIVERED: WALK_DELIVERED,
}
# By the delivery's own id, or along the index of what deliveries are about.
NAMED = f"""
    SELECT {_FOUND}
      FROM outbox AS o
      LEFT JOIN endpoints AS e ON e.site_id = o.site_id AND e.id = o.endpoint_id
     WHERE o.site_id = ANY ($1::int[]) AND (o.id = $2 OR o.comment_id = $2) AND o.id < $3
       AND o.id >= $4
       AND ($5::text IS NULL OR o.state = $5)
       AND ($6::int IS NULL OR o.endpoint_id = $6)
       AND ($7::text IS NULL OR o.event = $7)
       AND ($8::text IS NULL OR strpos(lower(o.last_error), lower($8)) > 0)
     ORDER BY o.id DESC
     LIMIT $9
"""


async def walk(conn: Connection, sought: Sought, limit: int) -> list[Found]:
    """The newest first."""
    sites, between = list(sought.site_ids), (sought.below, sought.floor)
    also = (sought.endpoint, sought.event, sought.error, limit)
    if sought.guid is not None:
        rows = await conn.fetch(NAMED, sites, sought.guid, *between, sought.state, *also)
    else:
        rows = await conn.fetch(_WALKS[sought.state], sites, *between, *also)
    return [Found(**row) for row in rows]


FIND = f"""
    SELECT {_FOUND}
      FROM outbox AS o
      LEFT JOIN endpoints AS e ON e.site_id = o.site_id AND e.id = o.endpoint_id
     WHERE o.site_id = $1 AND o.id = $2
"""


async def find(conn: Connection, site_id: int, delivery_id: UUID) -> Found | None:
    row = await conn.fetchrow(FIND, site_id, delivery_id)
    return Found(**row) if row else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that failed."""

    ended_at: datetime
    attempt: int
    error: str


ATTEMPTS = """
    SELECT ended_at, attempt, error
      FROM delivery_attempts
     WHERE site_id = $1 AND delivery_id = $2
     ORDER BY ended_at
     LIMIT $3
"""


async def attempts(conn: Connection, site_id: int, delivery_id: UUID, limit: int) -> list[Attempt]:
    """The oldest first."""
    rows = await conn.fetch(ATTEMPTS, site_id, delivery_id, limit)
    return [Attempt(**row) for row in rows]
