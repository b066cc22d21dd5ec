"""The job that deletes what has outlived the data map, and shortens addresses in time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from consent import store
from consent.data_map import HOLDINGS, Erasure, Keep
from service import clock
from service.db import Connection
from service.schedule import job
from service.settings import Settings
from service.sites import SiteSettings
from service.sites import store as site_store
from service.sites.directory import settings_from


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
            changed += await _delete_comments(conn, now, days[holding.keep])
        elif holding.erasure is Erasure.DELETE_ROW:
            changed += await store.delete_older(conn, holding, before)
    return changed


def comment_days(settings: SiteSettings, service_days: int) -> int:
    """How long a site's comments are kept: as long as the service says, or as the site, if less."""
    return min(service_days, settings.comment_retention_days or service_days)


def quarantine_days(settings: SiteSettings, service_days: int) -> int:
    """How long what the machine rejected, and nobody decided on, can be brought back."""
    return min(comment_days(settings, service_days), settings.quarantine_days)


async def _shorten(conn: Connection, before: datetime) -> int:
    period = int(before.timestamp() // (6 * 3600))
    changed = 0
    for site_id in await store.site_ids(conn):
        changed += await _until_none(
            partial(store.shorten_addresses, conn, site_id, period, before)
        )
    return changed


async def _delete_comments(conn: Connection, now: datetime, service_days: int) -> int:
    deleted = 0
    for site in await site_store.sites(conn):
        settings = settings_from(site.settings)
        for days, delete in (
            (comment_days(settings, service_days), store.delete_comments),
            (quarantine_days(settings, service_days), store.end_quarantine),
        ):
            boundary = oldest_uuid7(now - timedelta(days=days))
            deleted += await _until_none(partial(delete, conn, site.id, boundary))
    return deleted


async def _until_none(chunk: Callable[[], Awaitable[int]]) -> int:
    """Call ``chunk`` until it finds nothing more to change; the sum."""
    changed = 0
    while rows := await chunk():
        changed += rows
    return changed


def oldest_uuid7(moment: datetime) -> UUID:
    """The smallest UUIDv7 of ``moment``: 48 bits of Unix milliseconds lead (RFC 9562, 5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
