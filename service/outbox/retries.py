"""When a failed delivery is tried again: the schedule of Standard Webhooks 1.0, with jitter."""

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

# Before the second attempt, before the third, ...: 75 hours and 35 minutes in all.
SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
ATTEMPTS = len(SCHEDULE) + 1
JITTER = 0.2  # of each pause at most, so that what failed together does not come back together
LONGEST_RETRY_AFTER = timedelta(days=1)


def next_due(now: datetime, attempts: int, retry_after: timedelta | None) -> datetime | None:
    """When to try again after ``attempts`` failed; None if that was the last one."""
    if attempts >= ATTEMPTS:
        return None
    pause = SCHEDULE[attempts - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311  (no secret)
    return now + max(pause, retry_after or timedelta(0))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """What a ``Retry-After`` header (seconds, or a date) asks for, at most a day; None if nothing.

    Whatever the text, nothing is raised.
    """
    if not header:
        return None
    text = header.strip()
    try:
        if text.isascii() and text.isdigit():
            wanted = timedelta(seconds=min(int(text[:10]), LONGEST_RETRY_AFTER.total_seconds()))
        else:
            wanted = parsedate_to_datetime(text) - now
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without its zone
        return None
    return max(timedelta(0), min(wanted, LONGEST_RETRY_AFTER))
