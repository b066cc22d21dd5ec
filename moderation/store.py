"""All SQL of taking comments in.

Functions take the connection first and open no transaction.  Batches travel as one array a column:
one statement, whatever their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from moderation import history
from moderation.comments import Comment
from moderation.history import COUNTED_AT_MOST, Earlier, Evidence, Keys
from moderation.verdicts import Action, Verdict, from_json
from service.db import Connection
from service.sites import Site


class Row(Struct, frozen=True, gc=False):
    """A comment with its verdict, as it will be stored."""

    id: UUID
    comment: Comment
    site: Site
    key_id: int | None
    keys: Keys
    verdict: Verdict
    findings: str  # the verdict's findings as JSON
    first_id: UUID | None
    discarded: bool = False  # the blog is advised to keep nothing of it


def _copies(column: str, asked: str, also: str, answer: str = "c.permalink") -> str:
    """Counted comments of this stretch of six hours and the one before, at most ``$12`` of each.

    Each stretch is asked for by itself and each probe names its whole index by equality: that
    leaves no choice to a plan made while the table is empty.
    """
    return f"""
           SELECT m.*
             FROM (VALUES ($11::int), ($11::int - 1)) AS p (period)
            CROSS JOIN LATERAL (
                  SELECT {answer}
                    FROM comments AS c
                   WHERE c.site_id = q.site_id AND c.period = p.period AND c.{column} = q.{asked}
                     AND c.counted {also}
                   LIMIT $12
                  ) AS m
    """


_ELSEWHERE = "AND c.text_hash <> q.text_hash AND c.permalink IS DISTINCT FROM q.permalink"
_LATELY = "AND c.received_at > $9::timestamptz - interval '10 minutes'"

# One row back for each comment of which anything is known, none for the others.
LOOK_UP = f"""
    SELECT q.ord::int AS ord,
           f.id AS first_id, f.action, f.probability, f.log_odds, f.findings, f.decided_by,
           f.model, f.adjustment,
           a.author_hash IS NOT NULL AS approved_author,
           s.address_hash IS NOT NULL AS spam_address,
           t.copies AS same_text, t.here AS same_here,
           greatest(na.copies, nb.copies) AS near_text,
           b.comments AS burst
      FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                  $7::bigint[], $8::text[])
           WITH ORDINALITY AS q (site_id, identity_hash, text_hash, near_a, near_b, author_hash,
                                 address_hash, permalink, ord)
      LEFT JOIN LATERAL (
           SELECT c.*
             FROM (VALUES ($10::int), ($10::int - 1)) AS m (minute)
            CROSS JOIN LATERAL (
                  SELECT c.id, c.action, c.probability, c.log_odds, c.findings, c.decided_by,
                         c.model, c.adjustment
                    FROM comments AS c
                   WHERE c.site_id = q.site_id AND c.minute = m.minute
                     AND c.identity_hash = q.identity_hash AND c.first_id IS NULL
                     AND c.received_at > $9::timestamptz - interval '60 seconds'
                   LIMIT 1
                  ) AS c
            LIMIT 1
           ) AS f ON true
      LEFT JOIN approved_authors AS a
        ON a.site_id = q.site_id AND a.author_hash = q.author_hash
      LEFT JOIN spam_addresses AS s
        ON s.site_id = q.site_id AND s.address_hash = q.address_hash
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE m.permalink IS DISTINCT FROM q.permalink) AS copies,
                  count(*) FILTER (WHERE m.permalink IS NOT DISTINCT FROM q.permalink) AS here
             FROM ({_copies("text_hash", "text_hash", "")}) AS m
           ) AS t
     CROSS JOIN LATERAL (
           SELECT count(*) AS copies FROM ({_copies("near_hash_a", "near_a", _ELSEWHERE)}) AS m
           ) AS na
     CROSS JOIN LATERAL (
           SELECT count(*) AS copies FROM ({_copies("near_hash_b", "near_b", _ELSEWHERE)}) AS m
           ) AS nb
     CROSS JOIN LATERAL (
           SELECT count(*) AS comments
             FROM ({_copies("address_hash", "address_hash", _LATELY)}) AS m
           ) AS b
     WHERE f.id IS NOT NULL OR a.author_hash IS NOT NULL OR s.address_hash IS NOT NULL
        OR t.copies > 0 OR t.here > 0 OR na.copies > 0 OR nb.copies > 0 OR b.comments > 0
"""


async def look_up(
    conn: Connection,
    asked: Sequence[tuple[Comment, Site, Keys]],
    now: datetime,
) -> tuple[list[Evidence], list[int]]:
    """What is known of each comment, in the order asked; and the places of those whose text already
    stands under the same post, of which a person may have decided (``decisions``)."""
    keys = [key for _, _, key in asked]
    rows = await conn.fetch(
        LOOK_UP,
        [site.id for _, site, _ in asked],
        [key.identity for key in keys],
        [key.text for key in keys],
        [key.near_a for key in keys],
        [key.near_b for key in keys],
        [key.author for key in keys],
        [key.address for key in keys],
        [comment.permalink for comment, _, _ in asked],
        now,
        history.minute(now),
        history.period(now),
        COUNTED_AT_MOST,
    )
    found = [history.NOTHING] * len(asked)
    repeated = []
    for row in rows:
        place = row["ord"] - 1
        found[place] = _evidence(row)
        if row["same_here"]:
            repeated.append(place)
    return found, repeated


def _evidence(row: asyncpg.Record) -> Evidence:
    return Evidence(
        first=Earlier(row["first_id"], verdict_of(row)) if row["first_id"] else None,
        approved_author=row["approved_author"],
        spam_address=row["spam_address"],
        same_text=row["same_text"],
        near_text=row["near_text"],
        burst=row["burst"],
    )


def verdict_of(row: asyncpg.Record) -> Verdict:
    """The verdict that a row of ``comments`` holds."""
    return Verdict(
        action=Action(row["action"]),
        probability=row["probability"],
        log_odds=row["log_odds"],
        findings=from_json(row["findings"]),
        model=row["model"],
        adjustment=row["adjustment"],
        decided_by=row["decided_by"],
    )


# The newest word of a person on this very comment: same site, text, author and post.  A decision
# needs no label: what was rejected for another reason than spam, or held, is not the machine's.
DECISIONS = """
    SELECT q.ord::int AS ord, d.label
      FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::int[])
           WITH ORDINALITY AS q (site_id, text_hash, author_hash, permalink, periods, ord)
     CROSS JOIN LATERAL (
           SELECT w.label
             FROM generate_series($6::int - q.periods, $6::int) AS p (period)
             JOIN comments AS c
               ON c.site_id = q.site_id AND c.period = p.period AND c.text_hash = q.text_hash
            CROSS JOIN LATERAL (
                  SELECT CASE c.decision
                         WHEN 'approve' THEN 'ham'
                         WHEN 'reject' THEN 'spam'
                         WHEN 'hold' THEN 'hold'
                         ELSE l.label END AS label,
                         coalesce(c.decision_id, l.id) AS id
                    FROM (SELECT) AS always
                    LEFT JOIN LATERAL (
                         SELECT l.id, l.label
                           FROM labels AS l
                          WHERE l.site_id = c.site_id AND l.comment_id = c.id
                          ORDER BY l.id DESC
                          LIMIT 1
                         ) AS l ON true
                  ) AS w
            WHERE c.author_hash IS NOT DISTINCT FROM q.author_hash
              AND c.permalink IS NOT DISTINCT FROM q.permalink
              AND w.label IS NOT NULL
            ORDER BY w.id DESC
            LIMIT 1
           ) AS d
"""


async def decisions(
    conn: Connection, asked: Sequence[tuple[Comment, Site, Keys, int]], now: datetime
) -> dict[int, str]:
    """Place -> ``"spam"``, ``"ham"`` or ``"hold"`` for those of which a person has decided.

    The last item of each is how many six-hour periods to look back over.
    """
    rows = await conn.fetch(
        DECISIONS,
        [site.id for _, site, _, _ in asked],
        [keys.text for _, _, keys, _ in asked],
        [keys.author for _, _, keys, _ in asked],
        [comment.permalink for comment, _, _, _ in asked],
        [periods for _, _, _, periods in asked],
        history.period(now),
    )
    return {row["ord"] - 1: row["label"] for row in rows}


_SENT = """
                site_id, id, key_id, first_id, origin, counted, is_test, recheck_reason,
                delivery_id, kind, blog, permalink, title, context, languages, platform_id,
                platform_post_id, parent_id, callback, submitted_at, role, author, email, url,
                user_agent, referrer, text, identity_hash, text_hash, near_hash_a, near_hash_b,
                author_hash, address_hash, action, probability, log_odds, findings, decided_by,
                model, adjustment, observed
"""

# Of an address the driver makes an object before it sends it, which costs as much as ten columns of
# text: it travels as text, too.
# Comments, deliveries, counts and authors together or not at all.  A row that another process
# committed first is left out of everything and missing from the answer.
INSERT_COMMENTS = f"""
    WITH inserted AS (
         INSERT INTO comments (address, {_SENT}, received_at, minute, period, notice, discarded)
         SELECT r.address::inet, {_SENT}, $43::timestamptz, $44::int, $45::int,
                (SELECT n.sha256
                   FROM notices AS n
                  WHERE n.site_id = r.site_id AND n.kind = 'comment_processing'
                    AND n.effective_from <= $43
                  ORDER BY n.sequence DESC
                  LIMIT 1), r.discarded
           FROM unnest($25::text[],
                       $1::int[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::bool[],
                       $7::bool[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
                       $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
                       $18::text[], $19::text[], $20::timestamptz[], $21::text[], $22::text[],
                       $23::text[], $24::text[], $26::text[], $27::text[], $28::text[],
                       $29::bigint[], $30::bigint[], $31::bigint[], $32::bigint[], $33::bigint[],
                       $34::bigint[], $35::text[], $36::float8[], $37::float8[], $38::json[],
                       $39::text[], $40::text[], $41::int[], $42::bool[], $53::bool[])
                AS r (address, {_SENT}, discarded)
             ON CONFLICT DO NOTHING
         RETURNING site_id, id, blog, counted, is_test, action
    ), counts AS (
         INSERT INTO daily_counts (site_id, day, id, blog, calls, spam, ham, missed_spam,
                                   false_positives, held)
         SELECT site_id, $46::date, gen_random_uuid(), blog, count(*),
                count(*) FILTER (WHERE counted AND action <> 'approve'),
                count(*) FILTER (WHERE counted AND action = 'approve'), 0, 0,
                count(*) FILTER (WHERE counted AND action = 'hold')
           FROM inserted
          WHERE NOT is_test
          GROUP BY site_id, blog
    ), deliveries AS (
         INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, due_at)
         SELECT i.site_id, o.id, o.endpoint_id, o.comment_id, o.event, $43::timestamptz
           FROM unnest($47::uuid[], $48::int[], $49::uuid[], $50::text[])
                AS o (id, endpoint_id, comment_id, event)
           JOIN inserted AS i ON i.id = o.comment_id
    ), authors AS (
         INSERT INTO approved_authors (site_id, author_hash, approved_at)
         SELECT a.site_id, a.author_hash, $43::timestamptz
           FROM unnest($51::int[], $52::bigint[]) AS a (site_id, author_hash)
             ON CONFLICT DO NOTHING
    )
    SELECT id FROM inserted
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: UUID
    endpoint_id: int
    comment_id: UUID
    event: str


async def insert_comments(
    conn: Connection,
    rows: Sequence[Row],
    deliveries: Sequence[Delivery],
    authors: Sequence[tuple[int, int]],
    now: datetime,
) -> set[UUID]:
    """Commit ``rows`` with all that goes with them; the ids that are new.

    ``authors`` are (site id, author hash) of newly approved authors, sorted.  Repeating the call
    after a lost connection changes nothing that was committed before.
    """
    found = await conn.fetch(
        INSERT_COMMENTS,
        *zip(*map(_columns, rows), strict=True),
        now,
        history.minute(now),
        history.period(now),
        _day(now),
        [delivery.id for delivery in deliveries],
        [delivery.endpoint_id for delivery in deliveries],
        [delivery.comment_id for delivery in deliveries],
        [delivery.event for delivery in deliveries],
        [site_id for site_id, _ in authors],
        [author_hash for _, author_hash in authors],
        [row.discarded for row in rows],
    )
    return {row["id"] for row in found}


def _columns(row: Row) -> tuple[object, ...]:
    comment, keys, verdict = row.comment, row.keys, row.verdict
    return (
        row.site.id,
        row.id,
        row.key_id,
        row.first_id,
        comment.origin,
        _counted(row),
        comment.is_test,
        comment.recheck_reason,
        comment.delivery_id,
        comment.kind,
        comment.blog,
        comment.permalink,
        comment.title,
        " ".join(comment.context) or None,
        comment.languages,
        comment.platform_id,
        comment.platform_post_id,
        comment.parent_id,
        comment.callback,
        comment.submitted_at,
        comment.role,
        comment.author,
        comment.email,
        comment.url,
        comment.address,
        comment.user_agent,
        comment.referrer,
        comment.text,
        keys.identity,
        keys.text,
        keys.near_a,
        keys.near_b,
        keys.author,
        keys.address,
        verdict.action,
        verdict.probability,
        verdict.log_odds,
        row.findings,
        verdict.decided_by,
        verdict.model,
        verdict.adjustment,
        row.site.settings.observe_only,
    )


def _counted(row: Row) -> bool:
    """Repeats, rechecks and tests never count; a pingback's first look only if none follows."""
    comment = row.comment
    if row.first_id is not None or comment.is_test or comment.recheck_reason:
        return False
    return not (comment.is_precheck and row.verdict.action is Action.APPROVE)


def _day(now: datetime) -> date:
    return now.date()


FIND_FIRST = """
    SELECT q.ord::int AS ord, c.id, c.action, c.probability, c.log_odds, c.findings, c.decided_by,
           c.model, c.adjustment
      FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS q (site_id, identity_hash, ord)
      JOIN comments AS c
        ON c.site_id = q.site_id AND c.minute = $3::int AND c.identity_hash = q.identity_hash
       AND c.first_id IS NULL
"""


async def find_first(conn: Connection, rows: Sequence[Row], now: datetime) -> dict[int, Earlier]:
    """Place -> the first check that stood in the way of inserting that row."""
    found = await conn.fetch(
        FIND_FIRST,
        [row.site.id for row in rows],
        [row.keys.identity for row in rows],
        history.minute(now),
    )
    return {row["ord"] - 1: Earlier(row["id"], verdict_of(row)) for row in found}
