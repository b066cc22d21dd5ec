"""Labels: what a person says of a comment, found again and written down with all that follows.

A label changes what the site knows of an author and an address, corrects the statistics, and stands
in the audit trail; all of it together or not at all.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from moderation import history
from moderation.deliveries import announce
from moderation.feedback import store
from moderation.feedback.matching import Report, find
from moderation.feedback.store import Judged, Label, NewLabel, Source
from moderation.intake import Intake
from moderation.review.deciding import Decider, note
from moderation.review.deciding import store as decisions
from moderation.statistics.store import add_counts
from moderation.verdicts import Action
from service import audit, clock, errors
from service.audit import ActorKind
from service.db import Connection, Pool, connection
from service.sites import KnownKey, Site

__all__ = [
    "CommentGone",
    "Label",
    "Labelling",
    "Report",
    "Sender",
    "Source",
    "label_comment",
    "take",
    "take_from",
]

log = structlog.get_logger()


class CommentGone(errors.Unavailable):
    """The comment was deleted while it was being labelled; report it again."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """Who says what of which comment."""

    comment_id: UUID
    label: Label
    source: Source
    actor_kind: ActorKind
    actor: str
    reporter: str = ""  # their name on the blog; only a keyed hash of it is kept
    from_blog: bool = False  # the blog told us, so it is not told again


@dataclass(frozen=True, slots=True)
class Sender:
    """Through which door a report came, for the label and the audit trail."""

    site: Site
    source: Source
    actor_kind: ActorKind
    actor: str
    key_id: int | None = None  # of the site key, where it came with one


async def take(report: Report, known: KnownKey, pool: Pool, intake: Intake) -> UUID:
    """``take_from`` the holder of a site key, by the Akismet protocol."""
    key = str(known.key_id)
    sender = Sender(known.site, Source.AKISMET, ActorKind.SITE_KEY, key, known.key_id)
    return await take_from(sender, report, pool, intake)


async def take_from(sender: Sender, report: Report, pool: Pool, intake: Intake) -> UUID:
    """Label the comment that ``report`` is about; its id, once that is committed.

    A comment that was never checked is taken in first.  Raises what ``Intake.submit`` raises.
    """
    site, now = sender.site, clock.now()
    async with connection(pool) as conn:
        found = await find(conn, report, site, intake.scorer, now)
    if found:
        comment_id, calls = found.id, 1
    else:
        receipt = await intake.submit(report.comment, site, sender.key_id)
        comment_id, calls = receipt.first_id or receipt.id, 0  # it was counted as it came in
    async with connection(pool) as conn, conn.transaction():
        if calls:
            await add_counts(conn, site.id, now.date(), report.comment.blog, calls=calls)
        labelling = Labelling(
            comment_id,
            report.label,
            sender.source,
            sender.actor_kind,
            sender.actor,
            report.reporter,
            from_blog=True,
        )
        changed = await label_comment(conn, site, labelling, now)
    log.info(
        "comment.labelled",
        site_id=site.id,
        comment_id=str(comment_id),
        label=report.label,
        checked_before=found is not None,
        changed=changed,
    )
    return comment_id


async def label_comment(conn: Connection, site: Site, said: Labelling, now: datetime) -> bool:
    """Write the label and what follows from it; False if the comment bears it already.

    Within the caller's transaction.  Raises ``CommentGone`` where there is no such comment.
    """
    judged = await store.lock_comment(conn, site.id, said.comment_id)
    if judged is None:
        raise CommentGone
    before = await store.newest_label(conn, site.id, said.comment_id)
    if before == said.label:
        return False
    (standing,) = await decisions.lock(conn, site.id, [said.comment_id])
    reporter = history.keyed_hash(site, "reporter", said.reporter) if said.reporter else None
    label = NewLabel(uuid7(), said.comment_id, said.label, said.source, reporter, now)
    await store.add_label(conn, site.id, label)
    by = Decider(said.actor_kind, said.actor)
    await note(conn, site, standing, label.label, label.id, by)
    await _correct_counts(conn, site.id, judged, before, said.label)
    await _remember(conn, site.id, judged, said.label, now)
    await announce(conn, site.id, [said.comment_id], now, from_blog=said.from_blog)
    await audit.append(
        conn,
        site.id,
        said.actor_kind,
        said.actor,
        "comment.labelled",
        str(said.comment_id),
        {"label": said.label, "before": before},
    )
    return True


async def _correct_counts(
    conn: Connection, site_id: int, judged: Judged, before: str | None, label: str
) -> None:
    """On the day of the comment, so that a mistake taken back leaves no day with less than none."""
    missed, wrong = mistakes(judged, label)
    missed_before, wrong_before = mistakes(judged, before)
    if (missed, wrong) != (missed_before, wrong_before):
        await add_counts(
            conn,
            site_id,
            judged.received_at.date(),
            judged.blog,
            missed_spam=missed - missed_before,
            false_positives=wrong - wrong_before,
        )


def mistakes(judged: Judged, label: str | None) -> tuple[int, int]:
    """Missed spam and false positives that ``label`` makes of a verdict: (1, 0), (0, 1) or neither.

    A held comment counts as caught, as it does in the statistics of checks.
    """
    if not judged.counted or label is None:
        return 0, 0
    approved = judged.action is Action.APPROVE
    return int(approved and label == Label.SPAM), int(not approved and label == Label.HAM)


async def _remember(
    conn: Connection, site_id: int, judged: Judged, label: str, now: datetime
) -> None:
    """Authors with an approved comment and addresses of spam follow what a person says."""
    author, address = judged.author_hash, judged.address_hash
    if label == Label.SPAM:
        if author is not None:
            await store.dismiss_author(conn, site_id, author)
        if address is not None:
            await store.accuse_address(conn, site_id, address, now)
        return
    if author is not None:
        await store.approve_author(conn, site_id, author, now)
    if address is not None:
        await store.acquit_address(conn, site_id, address)
