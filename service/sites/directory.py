"""Every process's own copy of sites, keys and lists, and the watch that keeps it fresh."""

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from service import clock, db
from service import store as chassis
from service.secrets import SECRETS, Secrets
from service.sites import store
from service.sites.store import KeyRow, SiteRow
from service.sites.values import Endpoint, KnownKey, ListEntry, Site, SiteSettings, Webhook
from service.webhooks import store as webhook_store
from service.webhooks.store import WebhookRow
from service.webhooks.values import WEBHOOK_PURPOSE

log = structlog.get_logger()

CHANNEL = "gatehouse_sites"
POLL_SECONDS = 0.5  # behind NOTIFY: with it, a revocation holds everywhere within a second
PATIENCE_SECONDS = 5.0  # for the answer to a poll, before the connection is taken for dead
KEY_CHARACTERS = 12
KEY_PURPOSE = "site key"
PEPPER_PURPOSE = "site pepper"

# Held shared by every process that serves: who changes the master key must be alone.
SERVING_LOCK = 0x73657276  # "serv"

_Parts = tuple[SiteRow, tuple[ListEntry, ...], tuple[Endpoint, ...], tuple[WebhookRow, ...]]
_Key = tuple[KnownKey, datetime | None]


class Directory:
    """Sites by key and by name.  Look-ups touch no database; ``reload`` replaces everything."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._keys: dict[bytes, _Key] = {}
        self._seen: dict[str, _Key] = {}  # raw keys that were found: at most one for each issued
        self._by_id: dict[int, Site] = {}
        self._by_name: dict[str, Site] = {}
        self._parts: dict[int, _Parts] = {}
        self.revision = 0  # 0 is: not loaded yet

    def key(self, raw: str) -> KnownKey | None:
        """Whose key this is; None if we never issued it.  A few microseconds."""
        known = self._seen.get(raw)
        if known is None:
            if len(raw) != KEY_CHARACTERS or not raw.isascii():
                return None
            known = self._keys.get(self._secrets.lookup(KEY_PURPOSE, raw))
            if known is None:
                return None
            self._seen[raw] = known
        key, expires_at = known
        if expires_at is not None and expires_at <= clock.now():
            return KnownKey(key.site, key.key_id, revoked=key.revoked, expired=True)
        return key

    def site(self, name: str) -> Site | None:
        return self._by_name.get(name)

    def by_id(self, site_id: int) -> Site | None:
        return self._by_id.get(site_id)

    def __iter__(self) -> Iterator[Site]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    async def reload(self, conn: db.Connection) -> None:
        """Read everything in one snapshot.  A site about which nothing changed stays the object."""
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            revision = await store.revision(conn)
            parts = await _read_parts(conn)
            keys = await store.keys(conn)
        self._by_id = {site_id: self._site(part) for site_id, part in parts.items()}
        self._by_name = {site.name: site for site in self._by_id.values()}
        self._parts = parts
        self._keys = {row.lookup: self._key(row) for row in keys}
        self._seen = {}
        self.revision = revision

    def _site(self, parts: _Parts) -> Site:
        row, lists, endpoints, webhooks = parts
        if self._parts.get(row.id) == parts:
            return self._by_id[row.id]
        return Site(
            id=row.id,
            name=row.name,
            url=row.url,
            language=row.language,
            pepper=self._secrets.unseal(PEPPER_PURPOSE, row.pepper_sealed),
            settings=settings_from(row.settings),
            lists=lists,
            endpoints=endpoints,
            webhooks=tuple(self._webhook(webhook) for webhook in webhooks),
        )

    def _webhook(self, row: WebhookRow) -> Webhook:
        secret = row.path_hash or self._secrets.unseal(WEBHOOK_PURPOSE, row.sealed or b"")
        in_path = row.path_hash is not None
        return Webhook(row.id, row.platform, secret, in_path, row.expires_at)

    def _key(self, row: KeyRow) -> _Key:
        site = self._by_id[row.site_id]
        return KnownKey(site, row.id, revoked=row.revoked_at is not None), row.expires_at


DIRECTORY = web.AppKey("DIRECTORY", Directory)


def settings_from(stored: dict[str, Any]) -> SiteSettings:
    """Names that this version does not know are left aside: a newer one may have written them."""
    known = {each.name for each in fields(SiteSettings)}
    return SiteSettings(**{name: value for name, value in stored.items() if name in known})


async def directory_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: ``app[DIRECTORY]`` is loaded before serving, and watched meanwhile."""
    directory = app[DIRECTORY] = Directory(app[SECRETS])
    async with db.connection(app[db.POOL]) as conn:
        await directory.reload(conn)
    task = asyncio.create_task(watch(directory, app[db.DSN], app[SECRETS]))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def watch(directory: Directory, dsn: str, secrets: Secrets) -> None:
    """Keep ``directory`` fresh for ever, over whatever happens to the connection."""
    while True:
        try:
            await _watch_connection(directory, dsn, secrets)
        except Exception as error:
            if not db.is_unavailable(error):
                log.exception("sites.watch_failed")
            else:
                log.warning("sites.watch_lost", error=type(error).__name__)
        await asyncio.sleep(POLL_SECONDS)


async def _watch_connection(directory: Directory, dsn: str, ours: Secrets) -> None:
    conn = await db.connect(dsn)
    try:
        changed = asyncio.Event()
        await conn.add_listener(CHANNEL, lambda *_: changed.set())
        conn.add_termination_listener(lambda _: changed.set())
        await _hold_lock(conn, ours)
        while not conn.is_closed():
            async with asyncio.timeout(PATIENCE_SECONDS):
                if await store.revision(conn) != directory.revision:
                    await directory.reload(conn)
                    log.info("sites.reloaded", revision=directory.revision, sites=len(directory))
            # Not wait_for: on Python 3.11 it loses a cancellation that meets a change.
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await changed.wait()
            changed.clear()
    finally:
        conn.terminate()


async def _hold_lock(conn: db.Connection, ours: Secrets) -> None:
    while not await chassis.try_shared_lock(conn, SERVING_LOCK):  # noqa: ASYNC110  (no event)
        await asyncio.sleep(POLL_SECONDS)
    if await chassis.fingerprint(conn) != ours.fingerprint:
        # The master key was changed while we had no connection: a fresh process reads the new one.
        log.error("secret.changed")
        os.kill(os.getpid(), signal.SIGTERM)


async def _read_parts(conn: db.Connection) -> dict[int, _Parts]:
    lists = defaultdict(list)
    for site_id, *entry in await store.lists(conn):
        lists[site_id].append(ListEntry(*entry))
    endpoints = defaultdict(list)
    for site_id, endpoint_id, events in await store.endpoints(conn):
        endpoints[site_id].append(Endpoint(endpoint_id, frozenset(events)))
    webhooks = defaultdict(list)
    for webhook in await webhook_store.webhooks(conn):
        webhooks[webhook.site_id].append(webhook)
    return {
        row.id: (row, tuple(lists[row.id]), tuple(endpoints[row.id]), tuple(webhooks[row.id]))
        for row in await store.sites(conn)
    }
