"""The SQL of mails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from service.db import Connection

ENQUEUE = """
    INSERT INTO mails (site_id, id, comment_id, act, recipient, language, subject, body,
                       created_at, due_at)
    SELECT n.site_id, n.id, n.comment_id, n.act, n.recipient, n.language, n.subject, n.body, $9, $10
      FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
                  $7::text[], $8::text[])
           AS n (site_id, id, comment_id, act, recipient, language, subject, body)
"""

NewMail: TypeAlias = tuple[int, UUID, UUID | None, UUID | None, str, str, str, str]


async def enqueue(
    conn: Connection, mails: Sequence[NewMail], now: datetime, due_at: datetime
) -> None:
    """(site, id, comment, act, recipient, language, subject, body) of each."""
    await conn.execute(ENQUEUE, *map(list, zip(*mails, strict=True)), now, due_at)


WITHDRAW = """
    DELETE FROM mails
     WHERE site_id = $1 AND id = ANY ($2::uuid[]) AND state = 'waiting' AND NOT perhaps_taken
    RETURNING id
"""


async def withdraw(conn: Connection, site_id: int, ids: Sequence[UUID]) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(WITHDRAW, site_id, ids)]


WITHDRAW_ACTS = """
    DELETE FROM mails
     WHERE site_id = $1 AND act = ANY ($2::uuid[]) AND state = 'waiting' AND NOT perhaps_taken
"""
# Asked after the other, so that a mail whose sending began meanwhile is met by one of them.
STOP_ACTS = """
    UPDATE mails
       SET state = 'given-up', finished_at = $3, last_error = 'Withdrawn', recipient = NULL,
           subject = NULL, body = NULL
     WHERE site_id = $1 AND act = ANY ($2::uuid[]) AND state = 'waiting' AND perhaps_taken
"""


async def withdraw_acts(
    conn: Connection, site_id: int, acts: Sequence[UUID], now: datetime
) -> None:
    """Of what the relay may have, it stays on record that it may; it is not tried again."""
    await conn.execute(WITHDRAW_ACTS, site_id, acts)
    await conn.execute(STOP_ACTS, site_id, acts, now)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is ours to send."""

    site_id: int
    id: UUID
    attempts: int  # this one included
    created_at: datetime
    site: str | None  # None: the deployment
    language: str
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    perhaps_taken: bool = False  # by an attempt before this one


# A sender that is lost leaves a mail that is due again later, with its attempt counted.
CLAIM = """
    WITH due AS (
         SELECT site_id, id
           FROM mails
          WHERE state = 'waiting' AND due_at <= $1
          ORDER BY due_at
          LIMIT $3
            FOR UPDATE SKIP LOCKED
    )
    UPDATE mails AS m
       SET attempts = m.attempts + 1, due_at = $2
      FROM due
     WHERE m.site_id = due.site_id AND m.id = due.id
    RETURNING m.site_id, m.id, m.attempts, m.created_at,
              (SELECT s.name FROM sites AS s WHERE s.id = m.site_id) AS site,
              m.language, m.recipient, m.subject, m.body, m.perhaps_taken
"""


async def claim(conn: Connection, now: datetime, until: datetime, limit: int) -> list[Claimed]:
    """What is due, the oldest first; nobody else begins it before ``until``."""
    rows = await conn.fetch(CLAIM, now, until, limit)
    return sorted((Claimed(**row) for row in rows), key=lambda each: each.id)


# One that was withdrawn or claimed by somebody else meanwhile is not ours any more.
BEGIN = """
    UPDATE mails
       SET perhaps_taken = true
     WHERE site_id = $1 AND id = $2 AND attempts = $3 AND state = 'waiting'
    RETURNING true
"""


async def begin(conn: Connection, mail: Claimed) -> bool:
    """Whether it is still to be sent; from here on it is not taken back."""
    return bool(await conn.fetchval(BEGIN, mail.site_id, mail.id, mail.attempts))


FINISH = """
    UPDATE mails
       SET state = $4, finished_at = $5, last_error = $6, perhaps_taken = $7, recipient = NULL,
           subject = NULL, body = NULL
     WHERE site_id = $1 AND id = $2 AND attempts = $3 AND state = 'waiting'
"""
POSTPONE = """
    UPDATE mails
       SET due_at = $4, last_error = $5, perhaps_taken = $6
     WHERE site_id = $1 AND id = $2 AND attempts = $3 AND state = 'waiting'
"""


async def sent(conn: Connection, mail: Claimed, now: datetime) -> None:
    """Nothing is left of it but what became of it."""
    await conn.execute(FINISH, mail.site_id, mail.id, mail.attempts, "sent", now, None, True)


async def give_up(
    conn: Connection, mail: Claimed, now: datetime, error: str, *, perhaps_taken: bool
) -> None:
    await conn.execute(
        FINISH, mail.site_id, mail.id, mail.attempts, "given-up", now, error, perhaps_taken
    )


async def postpone(
    conn: Connection, mail: Claimed, due_at: datetime, error: str, *, perhaps_taken: bool
) -> None:
    """One that the relay certainly does not have can be taken back until the next attempt."""
    await conn.execute(POSTPONE, mail.site_id, mail.id, mail.attempts, due_at, error, perhaps_taken)


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail as an operator sees it: whom it went to is none of their business."""

    id: UUID
    site: str | None
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    last_error: str | None


NEWEST = """
    SELECT m.id, s.name AS site, m.state, m.attempts, m.created_at, m.due_at, m.finished_at,
           m.last_error
      FROM mails AS m
      LEFT JOIN sites AS s ON s.id = m.site_id
     WHERE $1::text IS NULL OR m.state = $1
     ORDER BY m.id DESC
     LIMIT $2
"""


async def newest(conn: Connection, state: str | None, limit: int) -> list[Listed]:
    return [Listed(**row) for row in await conn.fetch(NEWEST, state, limit)]
