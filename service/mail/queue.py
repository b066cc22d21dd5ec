"""What others need of mail: to enqueue one, and to take it back in time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from service import audit, clock
from service.db import Connection
from service.mail import store
from service.mail.addresses import normal_address
from service.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Plain text in one language; ``comment_id`` is what it is about, and is erased with."""

    to: str
    subject: str
    text: str
    language: str
    site_id: int = audit.DEPLOYMENT
    comment_id: UUID | None = None


def is_configured(settings: Settings) -> bool:
    return bool(settings.smtp_url)


async def enqueue(conn: Connection, mail: Mail, due_at: datetime | None = None) -> UUID:
    """Its id, by which it can be withdrawn until ``due_at`` (now, if not given) and a bit longer.

    Raises ``BadAddress``.
    """
    mail_id, now = uuid7(), clock.now()
    await store.enqueue(
        conn,
        mail.site_id,
        mail_id,
        mail.comment_id,
        normal_address(mail.to),
        mail.language,
        " ".join(mail.subject.split()),  # a header is one line
        mail.text,
        now,
        due_at or now,
    )
    return mail_id


async def withdraw(conn: Connection, site_id: int, ids: Collection[UUID]) -> list[UUID]:
    """Take mails back that nobody began to send; which those were."""
    return await store.withdraw(conn, site_id, list(ids)) if ids else []
