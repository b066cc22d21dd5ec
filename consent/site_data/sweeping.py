"""Deleting every row of a site, chunk by chunk."""

from dataclasses import dataclass

from consent.site_data import store
from service.db import Connection


@dataclass(frozen=True, slots=True)
class Swept:
    by_table: dict[str, int]  # rows deleted from each table that had any

    @property
    def rows(self) -> int:
        return sum(self.by_table.values())


async def sweep(conn: Connection, site_id: int) -> Swept:
    """Delete every row of the site, and the site; stopping half-way, the next call goes on."""
    deleted: dict[str, int] = {}
    for table in await store.site_tables(conn):
        while number := await store.delete_rows(conn, table.name, site_id):
            deleted[table.name] = deleted.get(table.name, 0) + number
    await store.delete_site(conn, site_id)
    return Swept(deleted)
