"""Deliveries as an operator sees them, and sends them once more; and what becomes of old ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from service import audit, clock
from service.audit import ActorKind
from service.db import Connection
from service.outbox import store
from service.outbox.store import DeliveryRow, Wanted
from service.schedule import job
from service.settings import Settings
from service.sites import store as site_store
from service.sites.administration import ACTOR, UnknownSite

CHUNK = 1000
DELIVERED_KEPT = timedelta(days=30)  # long enough to ask what an endpoint was told


async def listed(conn: Connection, name: str, wanted: Wanted, limit: int) -> list[DeliveryRow]:
    """The newest first.  Raises ``UnknownSite``."""
    return await store.deliveries(conn, await _site_id(conn, name), wanted, max(0, limit))


async def replay(
    conn: Connection,
    name: str,
    which: Sequence[UUID] | Wanted,
    actor_kind: ActorKind = ActorKind.OPERATOR,
    actor: str = ACTOR,
) -> int:
    """Send these once more, whatever became of them; how many that are.  Raises ``UnknownSite``.

    In chunks of a transaction each: stopped half-way, the rest was not begun.
    """
    site_id = await _site_id(conn, name)
    count = 0
    if not isinstance(which, Wanted):
        return await _replay(conn, site_id, which, actor_kind, actor)
    while rows := await store.deliveries(conn, site_id, which, CHUNK):
        count += await _replay(conn, site_id, [row.id for row in rows], actor_kind, actor)
        which = replace(which, below=rows[-1].id)
    return count


async def _replay(
    conn: Connection, site_id: int, ids: Sequence[UUID], actor_kind: ActorKind, actor: str
) -> int:
    async with conn.transaction():
        count = await store.replay(conn, site_id, ids, clock.now())
        if count:
            details = {"deliveries": count}
            await audit.append(
                conn, site_id, actor_kind, actor, "deliveries.replayed", "outbox", details
            )
    return count


async def _site_id(conn: Connection, name: str) -> int:
    for site in await site_store.sites(conn):
        if site.name == name:
            return site.id
    raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")


@job("deliveries", timedelta(hours=1))
async def tidy_up(conn: Connection, _settings: Settings) -> int:
    """Forget what was delivered long ago; give up what waits for endpoints that are gone.

    What was given up stays as long as its comment.
    """
    now, changed = clock.now(), 0
    for site in await site_store.sites(conn):
        changed += await store.abandon_orphans(conn, site.id, now)
        before = oldest_id(now - DELIVERED_KEPT)
        while deleted := await store.delete_delivered(conn, site.id, before, CHUNK):
            changed += deleted
    return changed


def oldest_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of ``moment``: 48 bits of Unix milliseconds lead (RFC 9562, 5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
