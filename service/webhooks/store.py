"""The SQL of webhooks' secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.db import Connection


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """Of ``sealed`` and ``path_hash`` exactly one is there."""

    site_id: int
    id: int
    platform: str
    sealed: bytes | None
    path_hash: bytes | None
    created_at: datetime
    expires_at: datetime | None


WEBHOOKS = """
    SELECT site_id, id, platform, sealed, path_hash, created_at, expires_at
      FROM site_webhooks
     ORDER BY site_id, id
"""


async def webhooks(conn: Connection) -> list[WebhookRow]:
    return [WebhookRow(**row) for row in await conn.fetch(WEBHOOKS)]


INSERT_WEBHOOK = """
    INSERT INTO site_webhooks (site_id, platform, sealed, path_hash)
    VALUES ($1, $2, $3, $4)
    RETURNING id
"""


async def insert_webhook(
    conn: Connection, site_id: int, platform: str, sealed: bytes | None, path_hash: bytes | None
) -> int:
    webhook_id: int = await conn.fetchval(INSERT_WEBHOOK, site_id, platform, sealed, path_hash)
    return webhook_id


# A secret that already runs out earlier keeps its earlier end.
EXPIRE_WEBHOOKS = """
    UPDATE site_webhooks
       SET expires_at = least(expires_at, $3)
     WHERE site_id = $1 AND platform = $2
    RETURNING id
"""


async def expire_webhooks(
    conn: Connection, site_id: int, platform: str, expires_at: datetime
) -> list[int]:
    rows = await conn.fetch(EXPIRE_WEBHOOKS, site_id, platform, expires_at)
    return [row["id"] for row in rows]


DELETE_EXPIRED = """
    DELETE FROM site_webhooks
     WHERE site_id = $1 AND platform = $2 AND expires_at <= $3
"""


async def delete_expired(conn: Connection, site_id: int, platform: str, now: datetime) -> None:
    await conn.execute(DELETE_EXPIRED, site_id, platform, now)


DELETE_WEBHOOKS = """
    DELETE FROM site_webhooks
     WHERE site_id = $1 AND platform = $2
    RETURNING id
"""


async def delete_webhooks(conn: Connection, site_id: int, platform: str) -> list[int]:
    return [row["id"] for row in await conn.fetch(DELETE_WEBHOOKS, site_id, platform)]


SEALED_WEBHOOKS = """
    SELECT site_id, id, sealed
      FROM site_webhooks
     WHERE sealed IS NOT NULL
       FOR UPDATE
"""


async def sealed_webhooks(conn: Connection) -> list[tuple[int, int, bytes]]:
    return [tuple(row) for row in await conn.fetch(SEALED_WEBHOOKS)]


RESEAL_WEBHOOK = """
    UPDATE site_webhooks
       SET sealed = $3
     WHERE site_id = $1 AND id = $2
"""


async def reseal_webhooks(conn: Connection, rows: Sequence[tuple[int, int, bytes]]) -> None:
    await conn.executemany(RESEAL_WEBHOOK, rows)
