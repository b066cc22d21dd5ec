"""The SQL of the banner: the files that published notices name."""

from service.db import Connection

KEEP_FILE = """
    INSERT INTO banner_files (sha256, kind, content)
    VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
"""


async def keep_file(conn: Connection, sha256: bytes, kind: str, content: bytes) -> None:
    await conn.execute(KEEP_FILE, sha256, kind, content)


KEPT_FILE = """
    SELECT kind, content
      FROM banner_files
     WHERE sha256 = $1
"""


async def kept_file(conn: Connection, sha256: bytes) -> tuple[str, bytes] | None:
    row = await conn.fetchrow(KEPT_FILE, sha256)
    return (row["kind"], row["content"]) if row else None
