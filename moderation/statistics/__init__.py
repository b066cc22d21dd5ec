"""What clients are told of their comments: real counts, by blog, by month and by day.

Counts are rows that are only ever added (see ``daily_counts``); ``add_up`` keeps them few.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

from moderation.statistics import store
from moderation.statistics.store import BlogCounts, TimeCounts
from service import clock, errors
from service.db import Connection
from service.schedule import job
from service.settings import Settings

SECONDS_SAVED_PER_SPAM = 50  # opening, reading, deciding; about what Akismet's own figures imply
SITES_AT_MOST = 500  # Akismet's own default


class UnreadableMonth(errors.Invalid):
    """Write the month as YYYY-MM."""


class Span(StrEnum):
    """How far back statistics reach; the values are the protocol's."""

    SIXTY_DAYS = "60-days"
    SIX_MONTHS = "6-months"
    ALL = "all"


class Order(StrEnum):
    """Columns that sites are sorted by, the largest first."""

    TOTAL = "total"
    SPAM = "spam"
    HAM = "ham"
    MISSED_SPAM = "missed_spam"
    FALSE_POSITIVES = "false_positives"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the sites of a month is asked for."""

    month: date  # its first day
    part_of_address: str = ""
    order: Order = Order.TOTAL
    limit: int = SITES_AT_MOST
    offset: int = 0

    @property
    def name(self) -> str:
        return self.month.isoformat()[: len("YYYY-MM")]


@job("add up counts", every=timedelta(hours=6))
async def add_up(conn: Connection, _settings: Settings) -> int:
    """One row for each site, blog and day that is over; the sums stay.  Rows that were replaced."""
    today = clock.now().date()
    return await store.add_up_counts(conn, today) + await store.add_up_outcomes(conn, today)


async def usage(conn: Connection, site_id: int, *, extended: bool) -> dict[str, Any]:
    """This month's calls.  There is no limit: the machine is the owner's."""
    calls = await store.count_calls(conn, site_id, this_month())
    answer: dict[str, Any] = {
        "limit": "none",
        "usage": calls,
        "percentage": "0.00",
        "throttled": False,
    }
    if extended:
        answer |= {"notice_level": "NOTICE_NONE", "upgrade": False}
    return answer


async def summary(conn: Connection, site_id: int, span: Span) -> dict[str, Any]:
    """Counts since the beginning of ``span``, in all and by month (60 days: by day)."""
    unit = "YYYY-MM-DD" if span is Span.SIXTY_DAYS else "YYYY-MM"
    rows = await store.counts_by_time(conn, site_id, since(span, clock.now().date()), unit)
    spam, ham = sum(row.spam for row in rows), sum(row.ham for row in rows)
    missed = sum(row.missed_spam for row in rows)
    wrong = sum(row.false_positives for row in rows)
    return {
        "spam": spam,
        "ham": ham,
        "missed_spam": missed,
        "false_positives": wrong,
        "accuracy": accuracy(spam + ham, missed + wrong),
        "time_saved": spam * SECONDS_SAVED_PER_SPAM,
        "breakdown": {row.unit: _part(row, span) for row in rows},
    }


def _part(row: TimeCounts, span: Span) -> dict[str, str]:
    day = row.first_day if span is Span.SIXTY_DAYS else row.first_day.replace(day=1)
    return {
        "spam": str(row.spam),
        "ham": str(row.ham),
        "missed_spam": str(row.missed_spam),
        "false_positives": str(row.false_positives),
        "blogs": str(row.blogs),
        "da": day.isoformat(),
    }


def accuracy(judged: int, mistakes: int) -> str:
    """Per cent of comments that nobody put right; nothing judged is nothing wrong."""
    share = (judged - mistakes) / judged if judged else 1.0
    return f"{100 * max(share, 0.0):.2f}"


def since(span: Span, today: date) -> date:
    if span is Span.ALL:
        return date.min
    if span is Span.SIXTY_DAYS:
        return today - timedelta(days=59)
    month = today.year * 12 + today.month - 1 - 5  # this month and the five before
    return date(month // 12, month % 12 + 1, 1)


def this_month() -> date:
    return clock.now().date().replace(day=1)


def month_of(text: str) -> date:
    """The first day of ``text``, a month as YYYY-MM; of this month if it is empty.

    Raises ``UnreadableMonth``.
    """
    if not text:
        return this_month()
    if not re.fullmatch("[0-9]{4}-[0-9]{2}", text):
        raise UnreadableMonth
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UnreadableMonth from None


async def sites(
    conn: Connection, site_id: int, page: Page
) -> tuple[list[dict[str, str | bool]], int]:
    """The blogs that used this site's keys in a month, and how many there are on all pages."""
    rows = await store.counts_by_blog(conn, site_id, page.month, _next_month(page.month))
    column = attrgetter("calls" if page.order is Order.TOTAL else page.order)
    wanted = [row for row in rows if page.part_of_address.lower() in row.blog.lower()]
    wanted.sort(key=column, reverse=True)
    return [_site(row) for row in wanted[page.offset : page.offset + page.limit]], len(wanted)


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) if month < _LAST_MONTH else date.max


_LAST_MONTH = date.max.replace(day=1)


def _site(row: BlogCounts) -> dict[str, str | bool]:
    return {
        "site": row.blog,
        "api_calls": str(row.calls),
        "spam": str(row.spam),
        "ham": str(row.ham),
        "missed_spam": str(row.missed_spam),
        "false_positives": str(row.false_positives),
        "is_revoked": False,
    }


HEADINGS = "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked"


def as_csv(key: str, page: Page, found: Sequence[Mapping[str, str | bool]], total: int) -> str:
    """The page in the protocol's table form; ``key`` is named in its first line."""
    out = io.StringIO()
    out.write(
        f"Active sites for {key} during {page.name}"
        f" (limit:{page.limit}, offset: {page.offset}, total: {total})\n{HEADINGS}\n"
    )
    writer = csv.writer(out, lineterminator="\n")
    for site in found:
        writer.writerow(["false" if value is False else value for value in site.values()])
    return out.getvalue()
