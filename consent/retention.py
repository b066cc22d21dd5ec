"""The job that deletes what has outlived the data map, and shortens addresses in time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from consent import store
from consent.data_map import HOLDINGS, Erasure, Keep
from service import clock
from service.db import Connection
from service.schedule import job
from service.settings import Settings


@job("retention", every=timedelta(hours=1))
async def run(conn: Connection, settings: Settings) -> int:
    return await enforce(conn, clock.now(), periods(settings))


def periods(settings: Settings) -> dict[Keep, int]:
    """Days, by what they are kept for."""
    return {keep: getattr(settings, keep) for keep in Keep}


async def enforce(conn: Connection, now: datetime, days: dict[Keep, int]) -> int:
    """Apply every retention period of the data map; the number of rows changed or deleted.

    Works in chunks, each its own transaction; stopping half-way loses nothing and the next run
    goes on where this one ended.
    """
    changed = 0
    for holding in HOLDINGS:
        before = now - timedelta(days=days[holding.keep])
        if holding.erasure is Erasure.SHORTEN:
            changed += await _shorten(conn, before)
        elif holding.table == "comments":
            changed += await _delete_comments(conn, before)
        elif holding.erasure is Erasure.DELETE_ROW:
            changed += await store.delete_older(conn, holding, before)
    return changed


async def _shorten(conn: Connection, before: datetime) -> int:
    period = int(before.timestamp() // (6 * 3600))
    return await _for_each_site(
        conn, lambda site_id: store.shorten_addresses(conn, site_id, period, before)
    )


async def _delete_comments(conn: Connection, before: datetime) -> int:
    boundary = oldest_uuid7(before)
    return await _for_each_site(
        conn, lambda site_id: store.delete_comments(conn, site_id, boundary)
    )


async def _for_each_site(conn: Connection, chunk: Callable[[int], Awaitable[int]]) -> int:
    """Call ``chunk`` for each site until it finds nothing more to change; the sum."""
    changed = 0
    for site_id in await store.site_ids(conn):
        while rows := await chunk(site_id):
            changed += rows
    return changed


def oldest_uuid7(moment: datetime) -> UUID:
    """The smallest UUIDv7 of ``moment``: 48 bits of Unix milliseconds lead (RFC 9562, 5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
