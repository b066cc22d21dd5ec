"""A reader reports a comment (DSA Art. 16): kept, confirmed, put before a person.

Who reports the same comment again adds to the first report.  However many come, a comment has a
bounded number of them; the rest is counted.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from moderation import history
from moderation.letters import letter, written_day
from moderation.redress import store
from moderation.redress.links import Office
from moderation.redress.store import NewReport
from moderation.review import live
from service import audit, clock, mail
from service.audit import ActorKind
from service.db import Connection
from service.mail import Mail
from service.sites import Site

log = structlog.get_logger()

LONGEST_WORDS = 3000
LONGEST_NAME = 100
OF_A_COMMENT = 50  # kept one by one, of those who cannot be answered
ANSWERED_OF_A_COMMENT = 500  # and of those who left an address
CONFIRMED_A_DAY = 5  # mails to one address, which may be that of somebody who never heard of us
A_DAY = timedelta(days=1)


class ReportReason(StrEnum):
    UNLAWFUL = "unlawful"
    ATTACK = "attack"
    HATE = "hate"
    PRIVACY = "privacy"
    ADVERTISING = "advertising"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a reader says; ``email`` is a normal address, or ""."""

    reason: ReportReason
    words: str
    name: str = ""
    email: str = ""
    language: str


async def report(
    conn: Connection, site: Site, comment_id: UUID, said: Report, office: Office
) -> UUID:
    """The id of the report, or of the one that it adds to.  Within the caller's transaction."""
    now = clock.now()
    reporter = history.keyed_hash(site, "notifier", said.email.lower()) if said.email else None
    same = reporter
    if same is None:
        same = history.keyed_hash(site, "anonymous report", said.reason, said.words.strip())
    new = NewReport(
        uuid7(),
        comment_id,
        same,
        said.reason,
        said.words.strip()[:LONGEST_WORDS],
        said.name.strip()[:LONGEST_NAME] or None,
        said.email or None,
        reporter,
        said.language,
        now,
    )
    at_most = ANSWERED_OF_A_COMMENT if said.email else OF_A_COMMENT
    report_id = await store.add_report(conn, site.id, new, at_most)
    is_new = report_id == new.id
    if is_new:
        await _confirm(conn, site, new, office)
    await audit.append(
        conn,
        site.id,
        ActorKind.VISITOR,
        "reader",
        "comment.reported",
        str(comment_id),
        {"report": str(report_id), "reason": said.reason},
    )
    await live.came(conn, site.id, "reported")
    log.info("comment.reported", site_id=site.id, comment_id=str(comment_id), reason=said.reason)
    return report_id


async def _confirm(conn: Connection, site: Site, new: NewReport, office: Office) -> None:
    """Art. 16(4): without undue delay."""
    if not (new.email and office.sends):
        return
    lately = await store.reports_since(conn, site.id, new.reporter, new.made_at - A_DAY)
    if lately > CONFIRMED_A_DAY:
        return
    written = letter(
        "received",
        new.language,
        "hello",
        "received.what",
        "received.not_you",
        "bye",
        site=site.url,
        day=written_day(new.made_at, new.language),
    )
    await mail.enqueue(
        conn,
        Mail(
            to=new.email,
            subject=written.subject,
            text=written.text,
            language=new.language,
            site_id=site.id,
            comment_id=new.comment_id,
        ),
    )
