"""The SQL of notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.db import Connection


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A published notice; ``document`` is its canonical JSON, byte for byte."""

    site_id: int
    sha256: bytes
    kind: str
    version: str
    change_class: str
    effective_from: datetime
    supersedes: bytes | None
    document: str
    published_at: datetime


INSERT_NOTICE = """
    INSERT INTO notices (site_id, sha256, kind, version, change_class, effective_from, supersedes,
           document, published_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def insert_notice(conn: Connection, row: NoticeRow) -> None:
    await conn.execute(
        INSERT_NOTICE,
        row.site_id,
        row.sha256,
        row.kind,
        row.version,
        row.change_class,
        row.effective_from,
        row.supersedes,
        row.document,
        row.published_at,
    )


NOTICE = """
    SELECT site_id, sha256, kind, version, change_class, effective_from, supersedes, document,
           published_at
      FROM notices
     WHERE site_id = $1 AND sha256 = $2
"""


async def notice(conn: Connection, site_id: int, sha256: bytes) -> NoticeRow | None:
    row = await conn.fetchrow(NOTICE, site_id, sha256)
    return NoticeRow(**row) if row else None


NOTICES = """
    SELECT site_id, sha256, kind, version, change_class, effective_from, supersedes, document,
           published_at
      FROM notices
     WHERE site_id = $1
     ORDER BY sequence
"""


async def notices(conn: Connection, site_id: int) -> list[NoticeRow]:
    """All of a site, the oldest first; a site has few."""
    return [NoticeRow(**row) for row in await conn.fetch(NOTICES, site_id)]


NOTICES_NAMED = """
    SELECT site_id, sha256, kind, version, change_class, effective_from, supersedes, document,
           published_at
      FROM notices
     WHERE site_id = $1 AND sha256 = ANY ($2::bytea[])
     ORDER BY sequence
"""


async def notices_named(
    conn: Connection, site_id: int, digests: Sequence[bytes]
) -> list[NoticeRow]:
    return [NoticeRow(**row) for row in await conn.fetch(NOTICES_NAMED, site_id, list(digests))]
