"""Every process's own copy of the published notices, as fresh as its directory of sites."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import msgspec
from aiohttp import web

from consent.notices import canonical, store
from consent.notices.canonical import Digests
from consent.notices.document import Consequence, Kind, Notice
from consent.notices.store import NoticeRow
from service import db
from service.db import Pool
from service.sites import DIRECTORY, Directory


@dataclass(frozen=True)
class Edition:
    """A published notice, and what is asked of it again and again."""

    row: NoticeRow
    notice: Notice

    @property
    def sha256(self) -> str:
        return self.row.sha256.hex()

    @property
    def kind(self) -> Kind:
        return self.notice.kind

    @property
    def document(self) -> bytes:
        """The canonical bytes whose digest is the address."""
        return self.row.document.encode()

    @cached_property
    def digests(self) -> Digests:
        return canonical.digests_of(self.notice)


def edition_of(row: NoticeRow) -> Edition:
    return Edition(row, msgspec.json.decode(row.document, type=Notice))


@dataclass(frozen=True, slots=True)
class Published:
    """All notices of one site, the oldest first."""

    editions: tuple[Edition, ...] = ()
    by_digest: dict[str, Edition] = field(default_factory=dict)

    def newest(self, kind: Kind) -> Edition | None:
        """Of those that were published, in force or not: what the next one supersedes."""
        return next((each for each in reversed(self.editions) if each.kind is kind), None)

    def current(self, kind: Kind, now: datetime) -> Edition | None:
        """The one in force."""
        in_force = (
            each
            for each in reversed(self.editions)
            if each.kind is kind and each.row.effective_from <= now
        )
        return next(in_force, None)

    def covers(self, decided: Edition, now: datetime) -> bool:
        """Whether what was decided under ``decided`` need not be asked again for what is in force.

        Wording that changed since leaves it as it is, new processing does not (EDPB 05/2020, 110).
        """
        later = False
        for each in self.editions:
            if each.kind is decided.kind and each.row.effective_from <= now:
                if later and each.notice.consequence is Consequence.ASK_AGAIN:
                    return False
                later = later or each.sha256 == decided.sha256
        return later

    def get(self, sha256: str) -> Edition | None:
        return self.by_digest.get(sha256)


def published_from(rows: Iterable[NoticeRow]) -> Published:
    editions = tuple(edition_of(row) for row in rows)
    return Published(editions, {each.sha256: each for each in editions})


class Shelf:
    """Notices by site.  A look-up touches the database only after something was published."""

    def __init__(self, sites: Directory, pool: Pool) -> None:
        self._sites = sites
        self._pool = pool
        self._revision = 0
        self._published: dict[int, Published] = {}
        self._reading = asyncio.Lock()

    async def published(self, site_id: int) -> Published:
        """Raises ``DatabaseUnavailable``."""
        async with self._reading:
            if self._revision != self._sites.revision:
                # Taken before anything is read: what changes meanwhile is read again.
                self._revision, self._published = self._sites.revision, {}
            if site_id not in self._published:
                async with db.connection(self._pool) as conn:
                    rows = await store.notices(conn, site_id)
                self._published[site_id] = published_from(rows)
            return self._published[site_id]


SHELF = web.AppKey("SHELF", Shelf)


async def shelf_context(app: web.Application) -> AsyncIterator[None]:
    """``cleanup_ctx`` hook: needs the pool and the directory of sites."""
    app[SHELF] = Shelf(app[DIRECTORY], app[db.POOL])
    yield
