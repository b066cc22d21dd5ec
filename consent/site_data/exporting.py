"""``site export``: everything of a site as JSON lines, as it stood at one moment.

The first line is the site itself; each of the others is a row, named after its table.  Keys,
secrets and what could be tried against them (columns of type bytea) are left out.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict

import orjson

from consent.site_data import store
from service import clock
from service.db import Connection
from service.sites.administration import UnknownSite

FORMAT = 1


async def export(conn: Connection, name: str) -> AsyncIterator[bytes]:
    """The lines, each with its end; memory does not grow with the site.  Raises ``UnknownSite``."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        site = await store.find_site(conn, name)
        if site is None:
            raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
        head = {"gatehouse_site_export": FORMAT, "exported_at": clock.now(), "site": asdict(site)}
        yield orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE)
        for table in await store.site_tables(conn):
            rows = conn.cursor(store.rows_of(table), site.id, prefetch=store.FETCHED_ROWS)
            async for (row,) in rows:
                yield b'{"table":"%s","row":%s}\n' % (table.name.encode(), row.encode())
