"""What others need of mail: to enqueue one, and to take it back in time."""

from collections.abc import Collection, Sequence
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
    """Plain text in one language; ``comment_id`` is what it is about, and is erased with.

    ``act`` is the decision that it tells of: ``withdraw_acts`` takes it back with that.
    """

    to: str
    subject: str
    text: str
    language: str
    site_id: int = audit.DEPLOYMENT
    comment_id: UUID | None = None
    act: UUID | None = None


def is_configured(settings: Settings) -> bool:
    return bool(settings.smtp_url)


async def enqueue(conn: Connection, mail: Mail, due_at: datetime | None = None) -> UUID:
    """Its id, by which it can be withdrawn until ``due_at`` (now, if not given) and a bit longer.

    Raises ``BadAddress``.
    """
    (mail_id,) = await enqueue_all(conn, [mail], due_at)
    return mail_id


async def enqueue_all(
    conn: Connection, mails: Sequence[Mail], due_at: datetime | None = None
) -> list[UUID]:
    """``enqueue`` in one statement, whatever their number; ids in their order."""
    if not mails:
        return []
    ids, now = [uuid7() for _ in mails], clock.now()
    rows = [
        (
            mail.site_id,
            mail_id,
            mail.comment_id,
            mail.act,
            normal_address(mail.to),
            mail.language,
            " ".join(mail.subject.split()),  # a header is one line
            mail.text,
        )
        for mail, mail_id in zip(mails, ids, strict=True)
    ]
    await store.enqueue(conn, rows, now, due_at or now)
    return ids


async def withdraw(conn: Connection, site_id: int, ids: Collection[UUID]) -> list[UUID]:
    """Take mails back that the relay certainly does not have; which those were."""
    return await store.withdraw(conn, site_id, list(ids)) if ids else []


async def withdraw_acts(conn: Connection, site_id: int, acts: Collection[UUID]) -> None:
    """Take back what was to be told of these acts, and try nothing of it again."""
    if acts:
        await store.withdraw_acts(conn, site_id, list(acts), clock.now())
