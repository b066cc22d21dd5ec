"""The SQL of sites, their keys and lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.db import Connection


@dataclass(frozen=True, slots=True)
class SiteRow:
    id: int
    name: str
    url: str
    language: str
    settings: dict[str, Any]
    pepper_sealed: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRow:
    site_id: int
    id: int
    lookup: bytes
    sealed: bytes
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


REVISION = """
    SELECT revision
      FROM site_revision
"""


async def revision(conn: Connection) -> int:
    """Grows with every change of a site, a key, a list or an endpoint."""
    number: int = await conn.fetchval(REVISION)
    return number


SITES = """
    SELECT id, name, url, language, settings, pepper_sealed, created_at
      FROM sites
     ORDER BY id
"""


async def sites(conn: Connection) -> list[SiteRow]:
    return [SiteRow(**row) for row in await conn.fetch(SITES)]


SITE = """
    SELECT id, name, url, language, settings, pepper_sealed, created_at
      FROM sites
     WHERE id = $1
"""


async def site(conn: Connection, site_id: int) -> SiteRow | None:
    row = await conn.fetchrow(SITE, site_id)
    return SiteRow(**row) if row else None


KEYS = """
    SELECT site_id, id, lookup, sealed, created_at, expires_at, revoked_at
      FROM site_keys
     ORDER BY site_id, id
"""


async def keys(conn: Connection) -> list[KeyRow]:
    return [KeyRow(**row) for row in await conn.fetch(KEYS)]


LISTS = """
    SELECT site_id, list, field, value
      FROM site_lists
     ORDER BY site_id, list, field, value
"""


async def lists(conn: Connection) -> list[tuple[int, str, str, str]]:
    """(site, list, field, value)"""
    return [tuple(row) for row in await conn.fetch(LISTS)]


ENTRIES = """
    SELECT list, field, value
      FROM site_lists
     WHERE site_id = $1 AND list = $2 AND strpos(lower(value), lower($3)) > 0
     ORDER BY field, value
     LIMIT $4
"""


async def entries(
    conn: Connection, site_id: int, list_: str, part: str, limit: int
) -> list[tuple[str, str, str]]:
    """(list, field, value) of one list of a site, where the value has that part."""
    rows = await conn.fetch(ENTRIES, site_id, list_, part, limit)
    return [tuple(row) for row in rows]


ENDPOINTS = """
    SELECT site_id, id, events
      FROM endpoints
     WHERE enabled
     ORDER BY site_id, id
"""


async def endpoints(conn: Connection) -> list[tuple[int, int, list[str]]]:
    """(site, endpoint, events) of those that are switched on."""
    return [tuple(row) for row in await conn.fetch(ENDPOINTS)]


FIND_SITE = """
    SELECT id, name, url, language, settings, pepper_sealed, created_at
      FROM sites
     WHERE name = $1
       FOR UPDATE
"""


async def find_site(conn: Connection, name: str) -> SiteRow | None:
    """The site, locked against other changes until the transaction ends."""
    row = await conn.fetchrow(FIND_SITE, name)
    return SiteRow(**row) if row else None


# With the endpoint by which the Akismet plugin on this site is told of decisions.
INSERT_SITE = """
    WITH site AS (
         INSERT INTO sites (name, url, language, pepper_sealed)
         VALUES ($1, $2, $3, $4)
         RETURNING id, url
    ), callback AS (
         INSERT INTO endpoints (site_id, kind, url, events, allow_private)
         SELECT id, 'akismet-callback', url, ARRAY['comment.decided'], $5
           FROM site
    )
    SELECT id FROM site
"""


async def insert_site(  # noqa: PLR0913  (the columns)
    conn: Connection,
    name: str,
    url: str,
    language: str,
    pepper_sealed: bytes,
    *,
    allow_private: bool = False,
) -> int:
    """``allow_private`` lets the plugin be told where ``url`` is a private address."""
    site_id: int = await conn.fetchval(
        INSERT_SITE, name, url, language, pepper_sealed, allow_private
    )
    return site_id


UPDATE_SETTINGS = """
    UPDATE sites
       SET settings = $2
     WHERE id = $1
"""


async def update_settings(conn: Connection, site_id: int, settings: Mapping[str, object]) -> None:
    await conn.execute(UPDATE_SETTINGS, site_id, dict(settings))


UPDATE_LANGUAGE = """
    UPDATE sites
       SET language = $2
     WHERE id = $1
"""


async def update_language(conn: Connection, site_id: int, language: str) -> None:
    await conn.execute(UPDATE_LANGUAGE, site_id, language)


INSERT_KEY = """
    INSERT INTO site_keys (site_id, lookup, sealed)
    VALUES ($1, $2, $3)
    RETURNING id
"""


async def insert_key(conn: Connection, site_id: int, lookup: bytes, sealed: bytes) -> int:
    key_id: int = await conn.fetchval(INSERT_KEY, site_id, lookup, sealed)
    return key_id


# A key that already runs out earlier keeps its earlier end.
EXPIRE_KEYS = """
    UPDATE site_keys
       SET expires_at = least(expires_at, $2)
     WHERE site_id = $1 AND revoked_at IS NULL
    RETURNING id
"""


async def expire_keys(conn: Connection, site_id: int, expires_at: datetime) -> list[int]:
    return [row["id"] for row in await conn.fetch(EXPIRE_KEYS, site_id, expires_at)]


REVOKE_KEY = """
    UPDATE site_keys
       SET revoked_at = $3
     WHERE site_id = $1 AND id = $2 AND revoked_at IS NULL
    RETURNING id
"""


async def revoke_key(conn: Connection, site_id: int, key_id: int, now: datetime) -> bool:
    return await conn.fetchval(REVOKE_KEY, site_id, key_id, now) is not None


INSERT_ENTRY = """
    INSERT INTO site_lists (site_id, list, field, value)
    VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
    RETURNING true
"""


async def insert_entry(conn: Connection, site_id: int, entry: Sequence[str]) -> bool:
    """``entry`` is (list, field, value); False if it stood there before."""
    return bool(await conn.fetchval(INSERT_ENTRY, site_id, *entry))


DELETE_ENTRY = """
    DELETE FROM site_lists
     WHERE site_id = $1 AND list = $2 AND field = $3 AND value = $4
    RETURNING true
"""


async def delete_entry(conn: Connection, site_id: int, entry: Sequence[str]) -> bool:
    return bool(await conn.fetchval(DELETE_ENTRY, site_id, *entry))


RESEAL_SITE = """
    UPDATE sites
       SET pepper_sealed = $2
     WHERE id = $1
"""


async def reseal_sites(conn: Connection, rows: Sequence[tuple[int, bytes]]) -> None:
    await conn.executemany(RESEAL_SITE, rows)


RESEAL_KEY = """
    UPDATE site_keys
       SET lookup = $3, sealed = $4
     WHERE site_id = $1 AND id = $2
"""


async def reseal_keys(conn: Connection, rows: Sequence[tuple[int, int, bytes, bytes]]) -> None:
    await conn.executemany(RESEAL_KEY, rows)
