"""The tables of the page of statistics: what stands beside each plot, and in its CSV file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from moderation.pages import numbers
from moderation.pages.showing import CHOICES, STATES
from moderation.statistics.figures import TELLING, Figures, Share
from moderation.statistics.languages import UNKNOWN
from moderation.verdicts import Action
from service.pages import frame
from service.pages.frame import OWN_NAMES, message

Value: TypeAlias = date | str | int | float | None

LANGUAGE_NAMES = {
    **OWN_NAMES,
    "uk": "Українська",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pl": "Polski",
    "tr": "Türkçe",
    UNKNOWN: message("short or mixed"),
}
FEW = message("too few to say")


class Kind(StrEnum):
    """How a value is written; in CSV all of them stand as they are."""

    DAY = "day"
    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"
    LANGUAGE = "language"
    VERDICT = "verdict"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Column:
    """``name`` stands in the file, ``title`` (a message id) on the page; "" leaves it out there."""

    name: str
    title: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """A table in the reader's language, without the columns that only a file has."""

    titles: Sequence[str]  # message ids
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[Column]
    rows: Callable[[Figures], Iterator[tuple[Value, ...]]]

    def shown(self, found: Figures, language: str) -> Shown:
        kept = [place for place, column in enumerate(self.columns) if column.title]
        rows = [
            [written(row[place], self.columns[place].kind, language) for place in kept]
            for row in self.rows(found)
        ]
        if self.columns[0].kind is Kind.DAY:
            rows.reverse()  # on a page, the newest comes first
        return Shown([self.columns[place].title for place in kept], rows)


def written(value: Value, kind: Kind, language: str) -> str:
    translate = frame.translations_of(language).gettext
    if value is None:
        return translate(FEW) if kind is Kind.SHARE else "–"
    if isinstance(value, date):
        return numbers.day(value, language)
    if isinstance(value, str):
        names = {Kind.LANGUAGE: LANGUAGE_NAMES, Kind.VERDICT: STATES, Kind.CHOICE: CHOICES}[kind]
        return translate(names.get(value, value))
    if kind is Kind.SHARE:
        return numbers.percent(value, language)
    if kind is Kind.SECONDS:
        return numbers.duration(value, language)
    return numbers.number(value, language)


def _comments(found: Figures) -> Iterator[tuple[Value, ...]]:
    for day, part in zip(found.period.first_days, found.parts, strict=True):
        yield day, part.comments, part.approved, part.held, part.rejected


def _machine(found: Figures) -> Iterator[tuple[Value, ...]]:
    for day, part in zip(found.period.first_days, found.parts, strict=True):
        yield day, part.comments, part.alone.part, _rounded(part.alone.value)


def _agreement(found: Figures) -> Iterator[tuple[Value, ...]]:
    for day, part in zip(found.period.first_days, found.parts, strict=True):
        yield day, part.agreed, part.overturned


def _outcomes(found: Figures) -> Iterator[tuple[Value, ...]]:
    for verdict in Action:
        for choice in ("approve", "spam", "reject", "hold"):
            if number := found.outcomes.get((verdict, choice), 0):
                yield str(verdict), choice, number


def _mistakes(found: Figures) -> Iterator[tuple[Value, ...]]:
    for day, part in zip(found.period.first_days, found.parts, strict=True):
        yield day, part.false_positives, part.missed_spam


def _waiting(found: Figures) -> Iterator[tuple[Value, ...]]:
    for day, waits in zip(found.period.first_days, found.waits, strict=True):
        if waits:
            yield day, waits.decisions, round(waits.median, 1), round(waits.p90, 1)
        else:
            yield day, 0, None, None


def _languages(found: Figures) -> Iterator[tuple[Value, ...]]:
    for each in found.languages:
        yield each.language, *_share(each.caught), *_share(each.passed)


def _share(share: Share) -> tuple[Value, ...]:
    """How many of how many, the share, and its interval; no share where there are too few."""
    if not share.is_telling:
        return share.whole, share.part, None, None, None
    return share.whole, share.part, *map(_rounded, (share.value, *share.bounds))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


_DAY = Column("first_day", message("Day"), Kind.DAY)
TABLES = {
    "comments": Table(
        (
            _DAY,
            Column("comments", message("All"), Kind.COUNT),
            Column("approved", message("Approved"), Kind.COUNT),
            Column("held", message("Held"), Kind.COUNT),
            Column("rejected", message("Rejected"), Kind.COUNT),
        ),
        _comments,
    ),
    "machine": Table(
        (
            _DAY,
            Column("comments", message("All"), Kind.COUNT),
            Column("decided_alone", message("By the machine alone"), Kind.COUNT),
            Column("share", message("Share"), Kind.SHARE),
        ),
        _machine,
    ),
    "agreement": Table(
        (
            _DAY,
            Column("agreed", message("Left as they were"), Kind.COUNT),
            Column("overturned", message("Decided otherwise"), Kind.COUNT),
        ),
        _agreement,
    ),
    "outcomes": Table(
        (
            Column("verdict", message("The machine"), Kind.VERDICT),
            Column("decision", message("People"), Kind.CHOICE),
            Column("comments", message("Comments"), Kind.COUNT),
        ),
        _outcomes,
    ),
    "mistakes": Table(
        (
            _DAY,
            Column("false_positives", message("Rejected, though wanted"), Kind.COUNT),
            Column("missed_spam", message("Approved, though spam"), Kind.COUNT),
        ),
        _mistakes,
    ),
    "waiting": Table(
        (
            _DAY,
            Column("decisions", message("Decisions"), Kind.COUNT),
            Column("median_seconds", message("Half within"), Kind.SECONDS),
            Column("p90_seconds", message("Nine in ten within"), Kind.SECONDS),
        ),
        _waiting,
    ),
    "languages": Table(
        (
            Column("language", message("Language"), Kind.LANGUAGE),
            Column("spam", message("Spam"), Kind.COUNT),
            Column("spam_caught", "", Kind.COUNT),
            Column("caught_share", message("caught"), Kind.SHARE),
            Column("caught_low", "", Kind.SHARE),
            Column("caught_high", "", Kind.SHARE),
            Column("wanted", message("Wanted"), Kind.COUNT),
            Column("wanted_approved", "", Kind.COUNT),
            Column("approved_share", message("let through"), Kind.SHARE),
            Column("approved_low", "", Kind.SHARE),
            Column("approved_high", "", Kind.SHARE),
        ),
        _languages,
    ),
}
__all__ = ["TABLES", "TELLING", "Shown", "Table", "written"]
