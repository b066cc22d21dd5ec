"""The SQL of accounts, roles, sessions and sign-in links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from service.accounts.values import Account, Grant, Role
from service.db import Connection


@dataclass(frozen=True, slots=True)
class UserRow:
    id: int
    name: str
    language: str
    password_hash: str | None
    totp_sealed: bytes | None
    totp_last_step: int | None
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None


_USER = """
           u.id, u.name, u.language, u.password_hash, u.totp_sealed, u.totp_last_step,
           u.created_at, u.signed_in_at, u.disabled_at
"""
INSERT_USER = """
    INSERT INTO users (name, language, created_at)
    VALUES ($1, $2, $3)
    RETURNING id
"""
INSERT_ROLE = """
    INSERT INTO user_roles (user_id, site_id, role, granted_at, expires_at)
    VALUES ($1, $2, $3, $4, $5)
"""


async def insert_user(conn: Connection, name: str, language: str, now: datetime) -> int:
    user_id: int = await conn.fetchval(INSERT_USER, name, language, now)
    return user_id


async def insert_role(  # noqa: PLR0913, PLR0917  (the columns)
    conn: Connection,
    user_id: int,
    site_id: int | None,
    role: str,
    now: datetime,
    expires_at: datetime | None,
) -> None:
    await conn.execute(INSERT_ROLE, user_id, site_id, role, now, expires_at)


FIND_USER = f"""
    SELECT {_USER}
      FROM users AS u
     WHERE u.name = $1
       FOR UPDATE
"""


async def find_user(conn: Connection, name: str) -> UserRow | None:
    """The account, locked until the transaction ends."""
    row = await conn.fetchrow(FIND_USER, name)
    return UserRow(**row) if row else None


READ_USER = f"""
    SELECT {_USER}
      FROM users AS u
     WHERE u.id = $1
       FOR UPDATE
"""


async def read_user(conn: Connection, user_id: int) -> UserRow | None:
    row = await conn.fetchrow(READ_USER, user_id)
    return UserRow(**row) if row else None


USERS = f"""
    SELECT {_USER}
      FROM users AS u
     ORDER BY u.name
"""
ROLES = """
    SELECT r.user_id, r.role, s.name AS site, r.expires_at
      FROM user_roles AS r
      LEFT JOIN sites AS s ON s.id = r.site_id
     ORDER BY r.user_id, r.role, s.name
"""


async def users(conn: Connection) -> list[UserRow]:
    return [UserRow(**row) for row in await conn.fetch(USERS)]


async def roles(conn: Connection) -> list[tuple[int, str, str | None, datetime | None]]:
    """(user, role, name of the site or None for all, end)"""
    return [tuple(row) for row in await conn.fetch(ROLES)]


NAMES = """
    SELECT id, name
      FROM users
     ORDER BY name
"""


async def names(conn: Connection) -> dict[int, str]:
    """Of every account, those that are disabled too."""
    return {row["id"]: row["name"] for row in await conn.fetch(NAMES)}


WRITE_HASH = """
    UPDATE users
       SET password_hash = $2
     WHERE id = $1
"""


async def set_password(conn: Connection, user_id: int, password_hash: str | None) -> None:
    await conn.execute(WRITE_HASH, user_id, password_hash)


SET_SECOND_FACTOR = """
    UPDATE users
       SET totp_sealed = $2, totp_last_step = $3
     WHERE id = $1
"""
USE_STEP = """
    UPDATE users
       SET totp_last_step = $2
     WHERE id = $1 AND (totp_last_step IS NULL OR totp_last_step < $2)
    RETURNING true
"""


async def set_second_factor(
    conn: Connection, user_id: int, sealed: bytes | None, last_step: int | None
) -> None:
    await conn.execute(SET_SECOND_FACTOR, user_id, sealed, last_step)


async def use_step(conn: Connection, user_id: int, step: int) -> bool:
    """False if a code of this step, or of a later one, was used before."""
    return bool(await conn.fetchval(USE_STEP, user_id, step))


SEALED_SECOND_FACTORS = """
    SELECT id, totp_sealed
      FROM users
     WHERE totp_sealed IS NOT NULL
       FOR UPDATE
"""
RESEAL_SECOND_FACTOR = """
    UPDATE users
       SET totp_sealed = $2
     WHERE id = $1
"""


async def sealed_second_factors(conn: Connection) -> list[tuple[int, bytes]]:
    return [tuple(row) for row in await conn.fetch(SEALED_SECOND_FACTORS)]


async def reseal_second_factors(conn: Connection, rows: Sequence[tuple[int, bytes]]) -> None:
    await conn.executemany(RESEAL_SECOND_FACTOR, rows)


SET_LANGUAGE = """
    UPDATE users
       SET language = $2
     WHERE id = $1
"""


async def set_language(conn: Connection, user_id: int, language: str) -> None:
    await conn.execute(SET_LANGUAGE, user_id, language)


ADOPT_LANGUAGE = """
    UPDATE users
       SET language = $2
     WHERE id = $1 AND signed_in_at IS NULL AND language = $3
"""


async def adopt_language(conn: Connection, user_id: int, language: str, default: str) -> None:
    """``language`` for who never signed in and has none but ``default``."""
    await conn.execute(ADOPT_LANGUAGE, user_id, language, default)


DISABLE = """
    UPDATE users
       SET disabled_at = $2, password_hash = NULL, totp_sealed = NULL
     WHERE id = $1
"""
END_SESSIONS = """
    UPDATE user_sessions
       SET ended_at = $2
     WHERE user_id = $1 AND ended_at IS NULL AND id <> $3
"""
FORGET_LINKS = """
    DELETE FROM sign_in_links
     WHERE user_id = $1 AND used_at IS NULL
"""


async def disable(conn: Connection, user_id: int, now: datetime) -> None:
    """The account and everything that opens it."""
    await conn.execute(DISABLE, user_id, now)
    await end_sessions(conn, user_id, now)
    await forget_links(conn, user_id)


async def end_sessions(conn: Connection, user_id: int, now: datetime, but: int = 0) -> None:
    """Sign the account out everywhere, but for one session."""
    await conn.execute(END_SESSIONS, user_id, now, but)


async def forget_links(conn: Connection, user_id: int) -> None:
    await conn.execute(FORGET_LINKS, user_id)


INSERT_LINK = """
    INSERT INTO sign_in_links (lookup, user_id, created_at, expires_at)
    VALUES ($1, $2, $3, $4)
"""
FIND_LINK = """
    SELECT user_id
      FROM sign_in_links
     WHERE lookup = $1 AND used_at IS NULL AND expires_at > $2
       FOR UPDATE
"""
USE_LINK = """
    UPDATE sign_in_links
       SET used_at = $2
     WHERE lookup = $1
"""


async def insert_link(
    conn: Connection, lookup: bytes, user_id: int, now: datetime, expires_at: datetime
) -> None:
    await conn.execute(INSERT_LINK, lookup, user_id, now, expires_at)


async def find_link(conn: Connection, lookup: bytes, now: datetime) -> int | None:
    """Whom an unused link is for, locked until the transaction ends: it opens once."""
    user_id: int | None = await conn.fetchval(FIND_LINK, lookup, now)
    return user_id


async def use_link(conn: Connection, lookup: bytes, now: datetime) -> None:
    await conn.execute(USE_LINK, lookup, now)


INSERT_SESSION = """
    INSERT INTO user_sessions (user_id, lookup, created_at, seen_at, expires_at)
    VALUES ($1, $2, $3, $3, $4)
    RETURNING id
"""
NOTE_SIGN_IN = """
    UPDATE users
       SET signed_in_at = $2
     WHERE id = $1
"""


async def insert_session(
    conn: Connection, user_id: int, lookup: bytes, now: datetime, expires_at: datetime
) -> int:
    session_id: int = await conn.fetchval(INSERT_SESSION, user_id, lookup, now, expires_at)
    await conn.execute(NOTE_SIGN_IN, user_id, now)
    return session_id


@dataclass(frozen=True, slots=True)
class FoundSession:
    id: int
    seen_at: datetime
    account: Account


_GRANTS = """
           (SELECT coalesce(jsonb_agg(jsonb_build_array(r.role, r.site_id)), '[]')
              FROM user_roles AS r
             WHERE r.user_id = u.id AND (r.expires_at IS NULL OR r.expires_at > $2)) AS grants
"""
FIND_SESSION = f"""
    SELECT s.id AS session_id, s.seen_at, {_USER}, {_GRANTS}
      FROM user_sessions AS s
      JOIN users AS u ON u.id = s.user_id
     WHERE s.lookup = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.seen_at > $3
       AND u.disabled_at IS NULL
"""


async def find_session(
    conn: Connection, lookup: bytes, now: datetime, seen_after: datetime
) -> FoundSession | None:
    row = await conn.fetchrow(FIND_SESSION, lookup, now, seen_after)
    return FoundSession(row["session_id"], row["seen_at"], _account(row)) if row else None


def _account(row: asyncpg.Record) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        language=row["language"],
        grants=tuple(Grant(Role(role), site_id) for role, site_id in row["grants"]),
        has_password=row["password_hash"] is not None,
        has_second_factor=row["totp_sealed"] is not None,
    )


NOTE_SEEN = """
    UPDATE user_sessions
       SET seen_at = $2
     WHERE id = $1
"""
END_SESSION = """
    UPDATE user_sessions
       SET ended_at = $3
     WHERE id = $1 AND user_id = $2 AND ended_at IS NULL
    RETURNING true
"""


async def note_seen(conn: Connection, session_id: int, now: datetime) -> None:
    await conn.execute(NOTE_SEEN, session_id, now)


async def end_session(conn: Connection, session_id: int, user_id: int, now: datetime) -> bool:
    """False if the account has no such session that goes on."""
    return bool(await conn.fetchval(END_SESSION, session_id, user_id, now))


SESSIONS = """
    SELECT id, created_at, seen_at
      FROM user_sessions
     WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
     ORDER BY id DESC
"""


async def sessions(
    conn: Connection, user_id: int, now: datetime
) -> list[tuple[int, datetime, datetime]]:
    """(number, signed in, last seen) of those that go on."""
    return [tuple(row) for row in await conn.fetch(SESSIONS, user_id, now)]


COUNT_USERS = """
    SELECT count(*)
      FROM users
"""
ANYBODY_SIGNED_IN = """
    SELECT EXISTS (SELECT FROM users WHERE signed_in_at IS NOT NULL)
"""


async def count_users(conn: Connection) -> int:
    number: int = await conn.fetchval(COUNT_USERS)
    return number


async def anybody_signed_in(conn: Connection) -> bool:
    return bool(await conn.fetchval(ANYBODY_SIGNED_IN))
