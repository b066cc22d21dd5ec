"""Mails that comments wait: to each moderator in the rhythm of their choice.

Nobody is told twice of the same comments, and nobody where nothing waits.  A mail holds a number
and a link: no word of a comment.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog

from moderation.review.listing import store as listing
from moderation.waiting import store
from moderation.waiting.store import Standing
from service import clock, mail
from service.db import Connection
from service.mail import Mail
from service.pages import frame
from service.pages.frame import message
from service.schedule import job
from service.settings import Settings

log = structlog.get_logger()

EVERY = timedelta(minutes=5)
HOUR = timedelta(hours=1)


class Rhythm(StrEnum):
    """When somebody is told; no wish at all is never."""

    HOURLY = "hourly"
    DAILY = "daily"
    NUMBER = "number"  # when more than so many wait, and once an hour at most


@job("waiting notices", every=EVERY)
async def run(conn: Connection, settings: Settings) -> int:
    """Tell whoever wants to be told by now; the number of mails."""
    if not mail.is_configured(settings):
        return 0
    now = clock.now()
    due = [wish for wish in await store.wishes(conn) if is_due(wish, now)]
    return sum([await _tell(conn, wish, now, settings) for wish in due])


def is_due(wish: Standing, now: datetime) -> bool:
    """Whether it is time to look, since it was last looked for them."""
    if wish.rhythm != Rhythm.DAILY:
        return now - wish.looked_at >= HOUR
    local = now.astimezone(ZoneInfo(wish.time_zone))
    last = local.replace(hour=wish.hour, minute=0, second=0, microsecond=0)
    if last > local:
        last -= timedelta(days=1)
    return wish.looked_at < last


async def _tell(conn: Connection, wish: Standing, now: datetime, settings: Settings) -> bool:
    site_ids = await store.moderated(conn, wish.user_id, now)
    waiting = await listing.count_held(conn, site_ids)
    newest = await listing.newest_held(conn, site_ids)
    news = newest is not None and (wish.told_up_to is None or newest > wish.told_up_to)
    if wish.rhythm == Rhythm.NUMBER and not (news and waiting > wish.number):
        return False  # looked at again the next time: it is the number that counts
    async with conn.transaction():
        told = newest if news else None
        if not await store.look(conn, wish.user_id, wish.looked_at, now, told) or not news:
            return False
        await mail.enqueue(conn, letter(wish, waiting, settings.public_url))
    log.info("waiting.told", user=wish.user_id, comments=waiting)
    return True


def letter(wish: Standing, waiting: int, base: str) -> Mail:
    translations = frame.translations_of(wish.language)
    if waiting >= listing.COUNTED_AT_MOST:
        words = message("More than %(num)d comments wait for a decision")
        subject = translations.gettext(words) % {"num": listing.COUNTED_AT_MOST}
    else:
        subject = translations.ngettext(
            "%(num)d comment waits for a decision", "%(num)d comments wait for a decision", waiting
        ) % {"num": waiting}
    look = translations.gettext(message("Look at them: %(link)s"))
    change = translations.gettext(
        message("You can change on your account's page when you are told: %(link)s")
    )
    text = "\n\n".join(
        (
            f"{subject}.",
            look % {"link": f"{base}/review"},
            change % {"link": f"{base}/account/waiting"},
        )
    )
    return Mail(to=wish.address, subject=subject, text=f"{text}\n", language=wish.language)
