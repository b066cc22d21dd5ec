"""What the page of statistics shows, from sums: by day or week, in all, and by language.

Shares come with their interval (Wilson's, 95 per cent), and say whether they rest on enough.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from moderation.statistics import store
from moderation.statistics.store import OutcomeCounts, PartCounts, Waits
from moderation.verdicts import Action
from service.db import Connection

TELLING = 20  # fewer are too few to say: the interval would reach over a third of the scale
WAITS_AT_MOST = 100_000  # of each site, the newest: so many are sorted in a tenth of a second
_Z = 1.959964  # of a normal distribution, 95 per cent lie within so many deviations

SPAM, APPROVED = "spam", "approve"  # what people choose
DECIDED = ("approve", "spam", "reject")  # what is no question any more


class Unit(StrEnum):
    """The values are those of PostgreSQL's ``date_trunc``."""

    DAY = "day"
    WEEK = "week"


UNITS = {7: Unit.DAY, 30: Unit.DAY, 90: Unit.WEEK, 365: Unit.WEEK}  # by days of the period


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``since`` up to, and without, ``until``; of weeks, the first is a whole one."""

    days: int
    since: date
    until: date
    unit: Unit

    @property
    def first_days(self) -> list[date]:
        step = timedelta(days=1 if self.unit is Unit.DAY else 7)
        return [self.since + step * n for n in range(-((self.since - self.until) // step))]


def period(days: int, today: date) -> Period:
    """The last ``days``, which ``UNITS`` knows, today among them."""
    unit, since = UNITS[days], today - timedelta(days=days - 1)
    if unit is Unit.WEEK:
        since -= timedelta(days=since.weekday())
    return Period(days, since, today + timedelta(days=1), unit)


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def is_telling(self) -> bool:
        return self.whole >= TELLING

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval of Wilson (1927): it holds for few and for shares near 0 and 1, too."""
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.part / self.whole
        middle = p + _Z**2 / (2 * n)
        reach = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        scale = 1 + _Z**2 / n
        return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One day, or week, or all of them."""

    approved: int  # by the machine
    held: int
    rejected: int
    agreed: int  # looked at again by a person, and left as the machine had it
    overturned: int  # and decided otherwise
    false_positives: int  # rejected, and approved by a person
    missed_spam: int  # approved, and called spam by a person

    @property
    def comments(self) -> int:
        return self.approved + self.held + self.rejected

    @property
    def spam(self) -> Share:
        return Share(self.held + self.rejected, self.comments)

    @property
    def alone(self) -> Share:
        """Neither held nor looked at by a person since."""
        looked_at = self.held + self.agreed + self.overturned
        return Share(max(self.comments - looked_at, 0), self.comments)

    @property
    def agreement(self) -> Share:
        return Share(self.agreed, self.agreed + self.overturned)


@dataclass(frozen=True, slots=True)
class Language:
    """Of comments in one language on which people decided."""

    language: str
    caught: Share  # of spam: held or rejected
    passed: Share  # of what people approved: approved by the machine


@dataclass(frozen=True, slots=True)
class Figures:
    """``parts`` and ``waits`` have one entry for each of ``period.first_days``."""

    period: Period
    whole: Part
    parts: Sequence[Part]
    waits: Sequence[Waits | None]
    waited: Waits | None
    languages: Sequence[Language]
    outcomes: dict[tuple[str, str], int]  # (verdict, choice) -> comments


async def read(conn: Connection, site_ids: Sequence[int], asked: Period) -> Figures:
    where = (site_ids, asked.since, asked.until, asked.unit)
    return figures(
        asked,
        await store.counts_by_part(conn, *where),
        await store.outcomes_by_part(conn, *where),
        await store.waits_by_part(conn, *where, WAITS_AT_MOST),
    )


def figures(
    asked: Period,
    counts: Sequence[PartCounts],
    outcomes: Sequence[OutcomeCounts],
    waits: Sequence[Waits],
) -> Figures:
    counted = {each.first_day: [each] for each in counts}
    decided: defaultdict[date, list[OutcomeCounts]] = defaultdict(list)
    for each in outcomes:
        decided[each.first_day].append(each)
    waited = {each.first_day: each for each in waits}
    days = asked.first_days
    return Figures(
        asked,
        _part(counts, outcomes),
        [_part(counted.get(day, []), decided[day]) for day in days],
        [waited.get(day) for day in days],
        waited.get(None),
        _languages(outcomes),
        _by(outcomes),
    )


def _part(counts: Iterable[PartCounts], outcomes: Iterable[OutcomeCounts]) -> Part:
    counts, found = list(counts), _by(outcomes)
    held = sum(each.held for each in counts)
    agreed = found[Action.APPROVE, APPROVED] + sum(
        found[Action.REJECT, choice] for choice in (SPAM, "reject")
    )
    looked_at = sum(number for (verdict, _), number in found.items() if verdict != Action.HOLD)
    return Part(
        approved=sum(each.ham for each in counts),
        held=held,
        rejected=sum(each.spam for each in counts) - held,
        agreed=agreed,
        overturned=looked_at - agreed,
        false_positives=found[Action.REJECT, APPROVED],
        missed_spam=found[Action.APPROVE, SPAM],
    )


def _by(outcomes: Iterable[OutcomeCounts]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for each in outcomes:
        found[each.verdict, each.outcome] += each.comments
    return found


def _languages(outcomes: Iterable[OutcomeCounts]) -> list[Language]:
    """The most decided ones first."""
    found: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for each in outcomes:
        found[each.language][each.verdict, each.outcome] += each.comments
    languages = [_language(language, counts) for language, counts in found.items()]
    known = [each for each in languages if each.caught.whole or each.passed.whole]
    return sorted(known, key=lambda each: (-each.caught.whole - each.passed.whole, each.language))


def _language(language: str, found: Counter[tuple[str, str]]) -> Language:
    missed, passed = found[Action.APPROVE, SPAM], found[Action.APPROVE, APPROVED]
    spam = sum(found[verdict, SPAM] for verdict in Action)
    ham = sum(found[verdict, APPROVED] for verdict in Action)
    return Language(language, Share(spam - missed, spam), Share(passed, ham))
