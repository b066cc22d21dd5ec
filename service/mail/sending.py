"""The job that sends what waits.

A mail is sent at least once: attempts are counted as they begin, and one whose sender was lost is
due again ten minutes later.  Until it is handed over it can be taken back, also between attempts.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import structlog

from service import clock
from service.db import Connection
from service.mail import store
from service.mail.relay import Courier, Failure, read
from service.mail.store import Claimed
from service.outbox.retries import ATTEMPTS, next_due
from service.schedule import job
from service.settings import Settings

log = structlog.get_logger()

AT_ONCE = 20
OURS = timedelta(minutes=10)  # longer than a batch takes
NO_RELAY = Failure("NoRelay", broken=True)


@job("mail", every=timedelta(seconds=15))
async def run(conn: Connection, settings: Settings) -> int:
    """How many were taken by the relay."""
    sent = 0
    async with courier_of(settings) as courier:
        while claimed := await store.claim(conn, clock.now(), clock.now() + OURS, AT_ONCE):
            sent += await _send_all(conn, settings, courier, claimed)
    return sent


class Thread:
    """A courier in a thread of its own; who waits for it can be cancelled between two mails."""

    def __init__(self, courier: Courier, executor: ThreadPoolExecutor) -> None:
        self._courier, self._executor = courier, executor

    async def send(self, recipient: str, message: EmailMessage) -> Failure | None:
        """None once the relay has taken it."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, self._courier.send, recipient, message
        )


@asynccontextmanager
async def courier_of(settings: Settings) -> AsyncIterator[Thread | None]:
    """None where no relay is configured."""
    if not settings.smtp_url:
        yield None
        return
    courier = Courier(read(settings.smtp_url), settings.mail_from)
    executor = ThreadPoolExecutor(1, "mail")
    try:
        yield Thread(courier, executor)
    finally:
        executor.submit(courier.close)
        executor.shutdown(wait=False)


async def _send_all(
    conn: Connection, settings: Settings, courier: Thread | None, claimed: Sequence[Claimed]
) -> int:
    sent, broken = 0, None if courier else NO_RELAY
    for mail in claimed:
        failure = broken
        if courier and broken is None:
            if not await store.begin(conn, mail):
                continue
            failure = await courier.send(mail.recipient, written(mail, settings.mail_from))
        await _write_down(conn, mail, failure)
        sent += failure is None
        if failure is not None and failure.broken:
            broken = replace(failure, uncertain=False)  # the others were not tried
    return sent


async def _write_down(conn: Connection, mail: Claimed, failure: Failure | None) -> None:
    now = clock.now()
    if failure is None:
        await store.sent(conn, mail, now)
        return
    perhaps_taken = mail.perhaps_taken or failure.uncertain
    due_at = next_due(now, min(mail.attempts, ATTEMPTS), None)
    facts = {
        "site_id": mail.site_id,
        "mail": str(mail.id),
        "attempt": mail.attempts,
        "error": failure.error,
    }
    if failure.hopeless or due_at is None:
        await store.give_up(conn, mail, now, failure.error, perhaps_taken=perhaps_taken)
        log.warning("mail.given_up", **facts)
    else:
        await store.postpone(conn, mail, due_at, failure.error, perhaps_taken=perhaps_taken)
        log.info("mail.failed", **facts)


def written(mail: Claimed, sender: str) -> EmailMessage:
    """The mail as it is sent; the same id in every attempt, so that none is shown twice."""
    message = EmailMessage(SMTP)
    local, _, domain = sender.rpartition("@")
    message["From"] = Address(mail.site or "Gatehouse", local, domain)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Content-Language"] = mail.language
    # RFC 3834: no out-of-office notes, please.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message
