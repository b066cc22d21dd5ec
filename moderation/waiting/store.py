"""The SQL of notices that comments wait."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """When somebody wants to be told, and where."""

    address: str
    rhythm: str
    hour: int  # of the day in ``time_zone``, for the rhythm ``daily``
    number: int  # beyond which they want to be told, for the rhythm ``number``
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Wish):
    """A wish, and what came of it so far."""

    user_id: int
    language: str
    looked_at: datetime
    told_up_to: UUID | None


WISHES = """
    SELECT n.address, n.rhythm, n.hour, n.number, n.time_zone, n.user_id, u.language, n.looked_at,
           n.told_up_to
      FROM waiting_notices AS n
      JOIN users AS u ON u.id = n.user_id
     WHERE u.disabled_at IS NULL
     ORDER BY n.user_id
"""


async def wishes(conn: Connection) -> list[Standing]:
    """Of everybody who may still sign in."""
    return [Standing(**row) for row in await conn.fetch(WISHES)]


FIND = """
    SELECT address, rhythm, hour, number, time_zone
      FROM waiting_notices
     WHERE user_id = $1
"""


async def find(conn: Connection, user_id: int) -> Wish | None:
    row = await conn.fetchrow(FIND, user_id)
    return Wish(**row) if row else None


KEEP = """
    INSERT INTO waiting_notices (user_id, address, rhythm, hour, number, time_zone, looked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (user_id) DO UPDATE
           SET address = excluded.address, rhythm = excluded.rhythm, hour = excluded.hour,
               number = excluded.number, time_zone = excluded.time_zone
"""


async def keep(conn: Connection, user_id: int, wish: Wish, now: datetime) -> None:
    """What they were told of already stays so."""
    given = (wish.address, wish.rhythm, wish.hour, wish.number, wish.time_zone)
    await conn.execute(KEEP, user_id, *given, now)


FORGET = """
    DELETE FROM waiting_notices
     WHERE user_id = $1
"""


async def forget(conn: Connection, user_id: int) -> None:
    await conn.execute(FORGET, user_id)


# Who looks at the same time finds it done.
LOOK = """
    UPDATE waiting_notices
       SET looked_at = $3, told_up_to = coalesce($4, told_up_to)
     WHERE user_id = $1 AND looked_at = $2
    RETURNING true
"""


async def look(
    conn: Connection, user_id: int, before: datetime, now: datetime, told_up_to: UUID | None
) -> bool:
    """Note that it was asked whether anything waits; False if somebody did since ``before``."""
    return bool(await conn.fetchval(LOOK, user_id, before, now, told_up_to))


MODERATED = """
    SELECT DISTINCT s.id
      FROM user_roles AS r
      JOIN sites AS s ON r.site_id IS NULL OR s.id = r.site_id
     WHERE r.user_id = $1 AND r.role IN ('moderator', 'administrator')
       AND (r.expires_at IS NULL OR r.expires_at > $2)
     ORDER BY s.id
"""


async def moderated(conn: Connection, user_id: int, now: datetime) -> list[int]:
    """The sites whose comments they decide on."""
    return [row["id"] for row in await conn.fetch(MODERATED, user_id, now)]
