"""The SQL of endpoints: who is told, by which secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.db import Connection


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint as operators see it."""

    site_id: int
    id: int
    kind: str
    url: str
    events: list[str]
    enabled: bool
    switched_off: str | None
    allow_private: bool
    has_secret: bool
    created_at: datetime
    failures: int
    paused_until: datetime | None
    waiting: int
    given_up: int


ENDPOINTS = """
    SELECT e.site_id, e.id, e.kind, e.url, e.events, e.enabled, e.switched_off, e.allow_private,
           e.secret_sealed IS NOT NULL AS has_secret, e.created_at,
           coalesce(b.failures, 0) AS failures, b.paused_until,
           (SELECT count(*)
              FROM outbox AS o
             WHERE o.site_id = e.site_id AND o.endpoint_id = e.id AND o.state = 'waiting')
               AS waiting,
           (SELECT count(*)
              FROM outbox AS o
             WHERE o.site_id = e.site_id AND o.endpoint_id = e.id AND o.state = 'given-up')
               AS given_up
      FROM endpoints AS e
      LEFT JOIN endpoint_breakers AS b ON b.site_id = e.site_id AND b.endpoint_id = e.id
     WHERE $1::int IS NULL OR e.site_id = $1
     ORDER BY e.site_id, e.id
"""


async def endpoints(conn: Connection, site_id: int | None = None) -> list[EndpointRow]:
    return [EndpointRow(**row) for row in await conn.fetch(ENDPOINTS, site_id)]


INSERT_ENDPOINT = """
    INSERT INTO endpoints (site_id, kind, url, secret_sealed, events, allow_private)
    VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING id
"""


async def insert_endpoint(  # noqa: PLR0913  (the columns)
    conn: Connection,
    site_id: int,
    kind: str,
    url: str,
    events: Sequence[str],
    *,
    sealed: bytes | None = None,
    allow_private: bool = False,
) -> int:
    endpoint_id: int = await conn.fetchval(
        INSERT_ENDPOINT, site_id, kind, url, sealed, list(events), allow_private
    )
    return endpoint_id


UPDATE_ENDPOINT = """
    UPDATE endpoints
       SET switched_off = $3::text, enabled = $3::text IS NULL, allow_private = $4, events = $5
     WHERE site_id = $1 AND id = $2
"""


async def update_endpoint(conn: Connection, row: EndpointRow) -> None:
    await conn.execute(
        UPDATE_ENDPOINT, row.site_id, row.id, row.switched_off, row.allow_private, row.events
    )


DELETE_ENDPOINT = """
    DELETE FROM endpoints
     WHERE site_id = $1 AND id = $2
"""
ABANDON = """
    UPDATE outbox
       SET state = 'given-up', finished_at = $3, last_error = 'EndpointRemoved',
           lease = NULL, leased_until = NULL
     WHERE site_id = $1 AND endpoint_id = $2 AND state = 'waiting'
"""


async def delete_endpoint(conn: Connection, site_id: int, endpoint_id: int, now: datetime) -> None:
    """What still waits for it is given up, and stays to be seen."""
    await conn.execute(DELETE_ENDPOINT, site_id, endpoint_id)
    await conn.execute(ABANDON, site_id, endpoint_id, now)


EXPIRE_CURRENT = """
    INSERT INTO expiring_endpoint_secrets (site_id, endpoint_id, sealed, expires_at)
    SELECT site_id, id, secret_sealed, $3
      FROM endpoints
     WHERE site_id = $1 AND id = $2 AND secret_sealed IS NOT NULL
"""
REPLACE_CURRENT = """
    UPDATE endpoints
       SET secret_sealed = $3
     WHERE site_id = $1 AND id = $2
"""
DELETE_EXPIRED = """
    DELETE FROM expiring_endpoint_secrets
     WHERE site_id = $1 AND endpoint_id = $2 AND expires_at <= $3
"""


async def replace_secret(
    conn: Connection, site_id: int, endpoint_id: int, sealed: bytes, until: datetime | None
) -> None:
    """The old secret is used beside the new one ``until`` then; None: no longer."""
    if until is not None:
        await conn.execute(EXPIRE_CURRENT, site_id, endpoint_id, until)
    await conn.execute(REPLACE_CURRENT, site_id, endpoint_id, sealed)


async def delete_expired_secrets(
    conn: Connection, site_id: int, endpoint_id: int, now: datetime
) -> None:
    await conn.execute(DELETE_EXPIRED, site_id, endpoint_id, now)


FORGET_BREAKER = """
    DELETE FROM endpoint_breakers
     WHERE site_id = $1 AND endpoint_id = $2
"""


async def forget_breaker(conn: Connection, site_id: int, endpoint_id: int) -> None:
    await conn.execute(FORGET_BREAKER, site_id, endpoint_id)


SEALED_ENDPOINTS = """
    SELECT site_id, id, secret_sealed
      FROM endpoints
     WHERE secret_sealed IS NOT NULL
       FOR UPDATE
"""
RESEAL_ENDPOINT = """
    UPDATE endpoints
       SET secret_sealed = $3
     WHERE site_id = $1 AND id = $2
"""
SEALED_EXPIRING = """
    SELECT site_id, id, sealed
      FROM expiring_endpoint_secrets
       FOR UPDATE
"""
RESEAL_EXPIRING = """
    UPDATE expiring_endpoint_secrets
       SET sealed = $3
     WHERE site_id = $1 AND id = $2
"""


async def sealed_endpoints(conn: Connection) -> list[tuple[int, int, bytes]]:
    return [tuple(row) for row in await conn.fetch(SEALED_ENDPOINTS)]


async def reseal_endpoints(conn: Connection, rows: Sequence[tuple[int, int, bytes]]) -> None:
    await conn.executemany(RESEAL_ENDPOINT, rows)


async def sealed_expiring(conn: Connection) -> list[tuple[int, int, bytes]]:
    return [tuple(row) for row in await conn.fetch(SEALED_EXPIRING)]


async def reseal_expiring(conn: Connection, rows: Sequence[tuple[int, int, bytes]]) -> None:
    await conn.executemany(RESEAL_EXPIRING, rows)
