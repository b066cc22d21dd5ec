"""Spans of time as notices write them: ISO 8601 durations of years, months and days."""

import calendar
import re
from datetime import datetime, timedelta
from functools import lru_cache

SESSION = "session"
UNTIL_DELETED = "until_deleted"  # by the person it is of, or by the controller
_DURATION = re.compile(
    r"P(?=[0-9])(?:(?P<years>[0-9]{1,3})Y)?(?:(?P<months>[0-9]{1,4})M)?(?:(?P<days>[0-9]{1,5})D)?"
)
_MONTH_DAYS = 30  # for comparing only: what ends when is reckoned by the calendar


def is_duration(text: str) -> bool:
    return _DURATION.fullmatch(text) is not None


@lru_cache(maxsize=64)  # many consents of one time have one end
def after(moment: datetime, duration: str) -> datetime:
    """``moment`` plus ``duration`` by the calendar: a month after 31 January is 28 February.

    Raises ``ValueError`` if it is none.
    """
    years, months, days = _parts(duration)
    month = moment.month - 1 + months + 12 * years
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day) + timedelta(days=days)


def roughly_days(duration: str) -> int:
    """Its length in days, months taken as thirty.  Raises ``ValueError`` if it is none."""
    months, days = months_and_days(duration)
    return months * _MONTH_DAYS + days


def months_and_days(duration: str) -> tuple[int, int]:
    """What a calendar needs.  Raises ``ValueError`` if it is none."""
    years, months, days = _parts(duration)
    return years * 12 + months, days


def _parts(duration: str) -> tuple[int, int, int]:
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is no duration")
    years, months, days = (int(found[name] or 0) for name in ("years", "months", "days"))
    return years, months, days
