"""The SQL of lists.  Each tab has statements of its own, so that each finds its own index."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import orjson

from service.db import Connection

SHOWN_CHARACTERS = 1200  # of a text in a list; the rest is a click away
COUNTED_AT_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which comments of which sites, below that id; ``None`` filters nothing."""

    site_ids: Sequence[int]
    below: UUID
    grouped: bool = False  # of comments that are alike, only the newest
    text: str | None = None  # words, as in a web search
    finding: str | None = None
    language: str | None = None
    author: str | None = None  # a name or e-mail address
    at_least: float | None = None
    at_most: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None  # of who decided; "machine" for nobody
    actor: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked for but sites."""
        names = {each.name for each in fields(self)} - {"site_ids", "below", "grouped"}
        return all(getattr(self, name) is None for name in names)


@dataclass(frozen=True, slots=True)
class Words:
    """What the index of words is asked for: both, where both are given."""

    text: str | None  # as in a web search
    name: str | None  # of an author: these words, one after the other

    def __bool__(self) -> bool:
        return bool(self.text or self.name)


@dataclass(frozen=True, slots=True)
class Item:
    """A comment as a list shows it."""

    site_id: int
    id: UUID
    received_at: datetime
    author: str | None
    email: str | None
    url: str | None
    address: str | None
    permalink: str | None
    title: str | None
    text: str  # its beginning
    length: int
    kind: str
    origin: str
    observed: bool
    action: str
    probability: float
    findings: str
    decided_by: str
    decision: str | None
    decision_id: UUID | None
    choice: str | None
    actor_kind: str | None
    actor: str | None
    decided_at: datetime | None
    batch: UUID | None
    author_hash: int | None
    discarded: bool
    alike: int  # older held ones that resemble it

    @property
    def state(self) -> str:
        return self.decision or self.action


_STATES = {"held": "hold", "rejected": "reject", "approved": "approve"}


def _in(tab: str, alias: str = "c") -> str:
    state = f"coalesce({alias}.decision, {alias}.action) = '{_STATES[tab]}'"
    return f"{state} AND {alias}.first_id IS NULL AND NOT {alias}.is_test"


# Of the queue, its index is looked through; of what is mostly so, the comments themselves.  Nothing
# is read but the index.
_BOUNDARY = """
    SELECT b.id
      FROM unnest($1::int[]) AS s (site_id)
     CROSS JOIN LATERAL (
           SELECT c.id
             FROM comments AS c
            WHERE c.site_id = s.site_id AND c.id < $2 AND c.id >= $3 {also}
            ORDER BY c.id DESC
            LIMIT $4
           ) AS b
     ORDER BY b.id DESC
    OFFSET $4 - 1
     LIMIT 1
"""
BOUNDARY_HELD = _BOUNDARY.format(also=f"AND {_in('held')}")
BOUNDARY_ALL = _BOUNDARY.format(also="")


async def boundary(
    conn: Connection, tab: str, wanted: Wanted, lowest: UUID, number: int
) -> UUID | None:
    """Down to which id ``number`` comments of all sites reach; None if there are fewer."""
    statement = BOUNDARY_HELD if tab == "held" else BOUNDARY_ALL
    found: UUID | None = await conn.fetchval(
        statement, list(wanted.site_ids), wanted.below, lowest, number
    )
    return found


_KEY = "coalesce({0}.near_hash_a, {0}.text_hash)"
_ALIKE = f"""
            SELECT count(*)
              FROM (SELECT
                      FROM comments AS o
                     WHERE o.site_id = c.site_id AND o.id < c.id AND {_in("held", "o")}
                       AND {_KEY.format("o")} = {_KEY.format("c")}
                     LIMIT {COUNTED_AT_MOST}) AS o
"""
_COLUMNS = f"""
           c.site_id, c.id, c.received_at, c.author, c.email, c.url, host(c.address) AS address,
           c.permalink, c.title, left(c.text, {SHOWN_CHARACTERS}) AS text,
           length(c.text) AS length, c.kind, c.origin, c.observed, c.action, c.probability,
           c.findings, c.decided_by, c.decision, c.decision_id, c.author_hash,
           c.discarded
"""
_OUTSIDE = """
    SELECT i.site_id, i.id, i.received_at, i.author, i.email, i.url, i.address, i.permalink,
           i.title, i.text, i.length, i.kind, i.origin, i.observed, i.action, i.probability,
           i.findings, i.decided_by, i.decision, i.decision_id, d.choice, d.actor_kind, d.actor,
           d.decided_at, d.batch, i.author_hash, i.discarded, i.alike
"""
_DECISION = """
      LEFT JOIN decisions AS d ON d.site_id = i.site_id AND d.id = i.decision_id
     ORDER BY i.id DESC
"""
# What is costly to ask is asked only where something cheap does not say no already.
_FILTERS = """
              AND ($5::text IS NULL OR position('"' || $5 || '"' IN c.findings::text) > 0)
              AND ($5::text IS NULL OR EXISTS (
                    SELECT
                      FROM json_array_elements(c.findings) AS f
                     WHERE f ->> 0 = $5))
              AND ($6::text IS NULL OR position($6 IN lower(c.languages)) > 0)
              AND ($6::text IS NULL
                   OR $6 = ANY (regexp_split_to_array(lower(c.languages), '[, _-]+')))
              AND ($7::text IS NULL OR lower(c.author) = lower($7) OR lower(c.email) = lower($7))
              AND ($8::float8 IS NULL OR c.probability >= $8)
              AND ($9::float8 IS NULL OR c.probability <= $9)
              AND ($10::timestamptz IS NULL OR c.received_at >= $10)
              AND ($11::timestamptz IS NULL OR c.received_at < $11)
              AND ($12::text IS NULL OR CASE $12
                       WHEN 'machine' THEN c.decision_id IS NULL
                       ELSE EXISTS (
                            SELECT
                              FROM decisions AS d
                             WHERE d.site_id = c.site_id AND d.id = c.decision_id
                               AND d.actor_kind = $12
                               AND ($13::text IS NULL OR d.actor = $13))
                   END)
              AND ($14::text IS NULL OR coalesce(
                       (SELECT w.document
                          FROM comment_search AS w
                         WHERE w.site_id = c.site_id AND w.comment_id = c.id),
                       to_tsvector('simple', left(concat_ws(' ', c.author, c.title, c.text), 20000))
                   ) @@ websearch_to_tsquery('simple', $14))
"""
_GROUPED = f"""
              AND (NOT $4::bool OR NOT EXISTS (
                    SELECT
                      FROM comments AS n
                     WHERE n.site_id = c.site_id AND n.id > c.id AND {_in("held", "n")}
                       AND {_KEY.format("n")} = {_KEY.format("c")}))
"""


def _walk(tab: str) -> str:
    held = tab == "held"
    alike = f"CASE WHEN $4 THEN ({_ALIKE}) ELSE 0 END" if held else "0"
    return f"""{_OUTSIDE}
      FROM (
           SELECT i.*
             FROM unnest($1::int[]) AS s (site_id)
            CROSS JOIN LATERAL (
                  SELECT {_COLUMNS}, {alike} AS alike
                    FROM comments AS c
                   WHERE c.site_id = s.site_id AND c.id < $2 AND c.id >= $3 AND {_in(tab)}
                     {_GROUPED if held else "AND ($4::bool IS NOT NULL)"} {_FILTERS}
                   ORDER BY c.id DESC
                   LIMIT $15
                  ) AS i
            ORDER BY i.id DESC
            LIMIT $15
           ) AS i
    {_DECISION}
    """


WALK_HELD = _walk("held")
WALK_REJECTED = _walk("rejected")
WALK_APPROVED = _walk("approved")
_WALKS = {"held": WALK_HELD, "rejected": WALK_REJECTED, "approved": WALK_APPROVED}


async def walk(conn: Connection, tab: str, wanted: Wanted, floor: UUID, limit: int) -> list[Item]:
    """The newest first, down to ``floor``."""
    rows = await conn.fetch(
        _WALKS[tab], list(wanted.site_ids), wanted.below, floor, *_values(wanted), limit
    )
    return [Item(**row) for row in rows]


def _values(wanted: Wanted) -> tuple[object, ...]:
    return (
        wanted.grouped,
        wanted.finding,
        wanted.language,
        wanted.author,
        wanted.at_least,
        wanted.at_most,
        wanted.since,
        wanted.until,
        wanted.kind,
        wanted.actor,
        wanted.text,
    )


# Only the index of words can answer this: with other conditions, a plan might prefer the table.
_WORDS = "websearch_to_tsquery('simple', $1) && phraseto_tsquery('simple', $2)"
HITS = f"""
    SELECT w.site_id, w.comment_id
      FROM comment_search AS w
     WHERE w.document @@ ({_WORDS} && $3::tsquery)
     LIMIT $4
"""
# What the planner thinks, by the words that the last ANALYZE found to be frequent.
_EXPLAIN_WORDS = f"""
    EXPLAIN (FORMAT JSON)
    SELECT
      FROM comment_search AS w
     WHERE w.document @@ ({_WORDS})
"""


async def hits(conn: Connection, words: Words, sites: str, limit: int) -> list[tuple[int, UUID]]:
    """(site, comment) of some comments with these words; ``sites`` is a query for their words."""
    rows = await conn.fetch(HITS, words.text or "", words.name or "", sites, limit)
    return [tuple(row) for row in rows]


async def expected(conn: Connection, words: Words) -> float:
    """About how many comments have these words, of all sites: good enough to choose a way."""
    explained = await conn.fetchval(_EXPLAIN_WORDS, words.text or "", words.name or "")
    (plan,) = orjson.loads(explained)
    found: float = plan["Plan"]["Plan Rows"]
    return found


INDEXED = """
    SELECT coalesce(min(coalesce(p.reached, '00000000-0000-0000-0000-000000000000')::text),
                    '00000000-0000-0000-0000-000000000000')::uuid AS reached,
           (SELECT greatest(reltuples, 0)::float8
              FROM pg_class
             WHERE oid = 'comment_search'::regclass) AS documents
      FROM unnest($1::int[]) AS s (site_id)
      LEFT JOIN search_progress AS p ON p.site_id = s.site_id
"""


@dataclass(frozen=True, slots=True)
class Indexed:
    """How far the index of words has come."""

    reached: UUID  # comments of these sites up to here have their words in it
    documents: float  # about how many comments of all sites; 0 before anybody counted


async def indexed(conn: Connection, site_ids: Sequence[int]) -> Indexed:
    row = await conn.fetchrow(INDEXED, list(site_ids))
    assert row is not None  # noqa: S101  (an aggregate has a row)
    return Indexed(**row)


NAMED = f"""{_OUTSIDE}
      FROM (
           SELECT {_COLUMNS}, 0 AS alike
             FROM unnest($1::int[], $15::uuid[]) AS h (site_id, id)
             JOIN comments AS c ON c.site_id = h.site_id AND c.id = h.id
            WHERE c.id < $2 AND coalesce(coalesce(c.decision, c.action) = $3::text, true)
              AND c.first_id IS NULL AND NOT c.is_test AND $4::bool IS NOT NULL {_FILTERS}
            ORDER BY c.id DESC
            LIMIT $16
           ) AS i
    {_DECISION}
"""


async def named(
    conn: Connection,
    tab: str,
    wanted: Wanted,
    comments: Sequence[tuple[int, UUID]],
    limit: int,
) -> list[Item]:
    """Those of ``comments`` that fit, the newest first."""
    rows = await conn.fetch(
        NAMED,
        [site_id for site_id, _ in comments],
        wanted.below,
        _STATES.get(tab),
        *_values(wanted),
        [comment_id for _, comment_id in comments],
        limit,
    )
    return [Item(**row) for row in rows]


COUNT_HELD = f"""
    SELECT count(*)::int
      FROM (SELECT
              FROM unnest($1::int[]) AS s (site_id)
             CROSS JOIN LATERAL (
                   SELECT
                     FROM comments AS c
                    WHERE c.site_id = s.site_id AND {_in("held")}
                    LIMIT {COUNTED_AT_MOST}
                   ) AS c
             LIMIT {COUNTED_AT_MOST}) AS c
"""
NEWEST_HELD = f"""
    SELECT max(n.id::text)::uuid
      FROM unnest($1::int[]) AS s (site_id)
     CROSS JOIN LATERAL (
           SELECT c.id
             FROM comments AS c
            WHERE c.site_id = s.site_id AND {_in("held")}
            ORDER BY c.id DESC
            LIMIT 1
           ) AS n
"""


async def count_held(conn: Connection, site_ids: Sequence[int]) -> int:
    """How many wait; no more than ``COUNTED_AT_MOST``."""
    number: int = await conn.fetchval(COUNT_HELD, list(site_ids))
    return number


async def newest_held(conn: Connection, site_ids: Sequence[int]) -> UUID | None:
    newest: UUID | None = await conn.fetchval(NEWEST_HELD, list(site_ids))
    return newest


FIND = f"""{_OUTSIDE}
      FROM (
           SELECT {_COLUMNS}, ({_ALIKE})::int AS alike
             FROM comments AS c
            WHERE c.site_id = $1 AND c.id = $2
           ) AS i
    {_DECISION}
"""


async def find(conn: Connection, site_id: int, comment_id: UUID) -> Item | None:
    row = await conn.fetchrow(FIND, site_id, comment_id)
    return Item(**row) if row else None
