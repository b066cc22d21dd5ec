"""The SQL of labels: which comment is meant, what it bears, what follows from it."""

from dataclasses import astuple, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from moderation.verdicts import Action
from service.db import Connection


class Label(StrEnum):
    SPAM = "spam"
    HAM = "ham"


class Source(StrEnum):
    """Where a label comes from."""

    AKISMET = "akismet"  # a submission by the Akismet protocol
    API = "api"
    WEBHOOK = "webhook"  # a platform told us what a person did there
    MODERATOR = "moderator"
    APPEAL = "appeal"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored comment that a submission may be about."""

    id: UUID
    received_at: datetime
    submitted_at: datetime | None
    text: str  # its beginning, see ``CANDIDATE_CHARACTERS``
    author: str | None
    email: str | None
    address: str | None
    platform_post_id: str | None
    permalink: str | None
    rechecked: bool
    label: str | None  # the newest


CANDIDATES_AT_MOST = 50
CANDIDATE_CHARACTERS = 20_001  # one more than are compared, so that a cut can be seen

_CANDIDATES = """
    SELECT c.id, c.received_at, c.submitted_at, left(c.text, $6) AS text, c.author, c.email,
           host(c.address) AS address, c.platform_post_id, c.permalink,
           c.recheck_reason <> '' AS rechecked,
           (SELECT l.label
              FROM labels AS l
             WHERE l.site_id = c.site_id AND l.comment_id = c.id
             ORDER BY l.id DESC
             LIMIT 1) AS label
      FROM comments AS c
     WHERE c.site_id = $1 AND c.period = ANY ($2::int[])
       AND c.first_id IS NULL AND NOT c.is_test
       AND ($4::text IS NULL OR c.platform_post_id IS NULL OR c.platform_post_id = $4)
"""
CANDIDATES_BY_TEXT = f"""{_CANDIDATES}
       AND c.text_hash = $3
     ORDER BY c.received_at DESC
     LIMIT $5
"""
CANDIDATES_BY_ADDRESS = f"""{_CANDIDATES}
       AND c.address_hash = $3
     ORDER BY c.received_at DESC
     LIMIT $5
"""


async def find_candidates(  # noqa: PLR0913  (one value for each column that is searched)
    conn: Connection,
    site_id: int,
    periods: list[int],
    *,
    post_id: str | None,
    text_hash: int | None = None,
    address_hash: int | None = None,
) -> list[Candidate]:
    """First checks and submissions with that text, or else from that address; newest first."""
    by_text = text_hash is not None
    rows = await conn.fetch(
        CANDIDATES_BY_TEXT if by_text else CANDIDATES_BY_ADDRESS,
        site_id,
        periods,
        text_hash if by_text else address_hash,
        post_id,
        CANDIDATES_AT_MOST,
        CANDIDATE_CHARACTERS,
    )
    return [Candidate(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Judged:
    """What labelling needs to know of a comment."""

    action: Action
    counted: bool
    blog: str
    received_at: datetime
    author_hash: int | None
    address_hash: int | None


LOCK_COMMENT = """
    SELECT action, counted, blog, received_at, author_hash, address_hash
      FROM comments
     WHERE site_id = $1 AND id = $2
       FOR UPDATE
"""


async def lock_comment(conn: Connection, site_id: int, comment_id: UUID) -> Judged | None:
    """Hold the comment until the transaction ends, so that its labels are given one by one."""
    row = await conn.fetchrow(LOCK_COMMENT, site_id, comment_id)
    if row is None:
        return None
    return Judged(Action(row["action"]), *row[1:])


NEWEST_LABEL = """
    SELECT label
      FROM labels
     WHERE site_id = $1 AND comment_id = $2
     ORDER BY id DESC
     LIMIT 1
"""


async def newest_label(conn: Connection, site_id: int, comment_id: UUID) -> str | None:
    label: str | None = await conn.fetchval(NEWEST_LABEL, site_id, comment_id)
    return label


@dataclass(frozen=True, slots=True)
class NewLabel:
    id: UUID
    comment_id: UUID
    label: str
    source: Source
    reporter: int | None  # a keyed hash
    created_at: datetime


ADD_LABEL = """
    INSERT INTO labels (site_id, id, comment_id, label, source, reporter, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def add_label(conn: Connection, site_id: int, new: NewLabel) -> None:
    await conn.execute(ADD_LABEL, site_id, *astuple(new))


APPROVE_AUTHOR = """
    INSERT INTO approved_authors (site_id, author_hash, approved_at)
    VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
"""
DISMISS_AUTHOR = """
    DELETE FROM approved_authors
     WHERE site_id = $1 AND author_hash = $2
"""


async def approve_author(conn: Connection, site_id: int, author: int, now: datetime) -> None:
    await conn.execute(APPROVE_AUTHOR, site_id, author, now)


async def dismiss_author(conn: Connection, site_id: int, author: int) -> None:
    await conn.execute(DISMISS_AUTHOR, site_id, author)


ACCUSE_ADDRESS = """
    INSERT INTO spam_addresses AS s (site_id, address_hash, labelled_at)
    VALUES ($1, $2, $3)
        ON CONFLICT (site_id, address_hash)
        DO UPDATE SET labelled_at = greatest(s.labelled_at, excluded.labelled_at)
"""
ACQUIT_ADDRESS = """
    DELETE FROM spam_addresses
     WHERE site_id = $1 AND address_hash = $2
"""


async def accuse_address(conn: Connection, site_id: int, address: int, now: datetime) -> None:
    await conn.execute(ACCUSE_ADDRESS, site_id, address, now)


async def acquit_address(conn: Connection, site_id: int, address: int) -> None:
    await conn.execute(ACQUIT_ADDRESS, site_id, address)
