"""The plots of the page of statistics, each with a sentence that says what it shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from moderation.pages import numbers
from moderation.pages.tables import FEW, LANGUAGE_NAMES
from moderation.statistics.figures import TELLING, Figures, Share, Unit
from service.pages import frame, plots
from service.pages.frame import message
from service.pages.plots import Frame, Series, Span, Written

Translate = Callable[[str], str]
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour stands for; ``name`` is in the reader's language."""

    css: str
    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """A plot with its words.  ``picture`` is None where there is nothing to draw."""

    name: str  # of its table, too
    title: str
    words: str
    picture: Markup | None
    keys: Sequence[Key]


@dataclass(frozen=True, slots=True)
class Tile:
    """A number for all of the period."""

    title: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class _Reader:
    found: Figures
    language: str

    def say(self, sentence: str, **values: object) -> str:
        translated = frame.translations_of(self.language).gettext(sentence)
        return translated % values if values else translated

    def frame(self, name: str, title: str, told: str, written: Written) -> Frame:
        days = [numbers.day(day, self.language) for day in self.found.period.first_days]
        return Frame(f"plot-{name}", title, told, days, written)

    def count(self, value: float) -> str:
        return numbers.number(value, self.language)

    def percent(self, share: float) -> str:
        return numbers.percent(share, self.language)

    def duration(self, seconds: float) -> str:
        return numbers.duration(seconds, self.language)

    def of(self, share: Share) -> str:
        words = message("%(part)s of %(whole)s")
        return self.say(words, part=self.count(share.part), whole=self.count(share.whole))

    def share(self, share: Share) -> str:
        """With its interval, or that there are too few."""
        if share.value is None or not share.is_telling:
            return self.say(FEW)
        low, high = map(self.percent, share.bounds)
        words = message("%(share)s (%(low)s to %(high)s)")
        return self.say(words, share=self.percent(share.value), low=low, high=high)


def tiles(found: Figures, language: str) -> list[Tile]:
    reader = _Reader(found, language)
    say, whole, waited = reader.say, found.whole, found.waited
    spam, alone = whole.spam.value or 0.0, whole.alone.value or 0.0
    return [
        Tile(say(message("Comments")), reader.count(whole.comments), ""),
        Tile(
            say(message("Held or rejected")),
            reader.percent(spam),
            reader.of(whole.spam),
        ),
        Tile(
            say(message("By the machine alone")),
            reader.percent(alone),
            reader.of(whole.alone),
        ),
        Tile(
            say(message("False positives found")),
            reader.count(whole.false_positives),
            say(message("of %(number)s rejected"), number=reader.count(whole.rejected)),
        ),
        Tile(
            say(message("Half of all decided within")),
            reader.duration(waited.median) if waited else "–",
            say(message("nine in ten within %(time)s"), time=reader.duration(waited.p90))
            if waited
            else say(message("no held comment was decided on")),
        ),
    ]


def sections(found: Figures, language: str) -> list[Section]:
    reader = _Reader(found, language)
    return [
        make(reader) for make in (_comments, _machine, _agreement, _mistakes, _waiting, _languages)
    ]


def _stacked(
    reader: _Reader, name: str, title: str, words: str, series: Sequence[Series]
) -> Section:
    told = ", ".join(f"{each.name}: {reader.count(_sum(each))}" for each in series)
    picture = None
    if any(_sum(each) for each in series):
        picture = plots.bars(reader.frame(name, title, told, reader.count), series)
    return Section(name, title, words, picture, _keys(series))


def _sum(series: Series) -> float:
    return sum(value or 0.0 for value in series.values)


def _keys(series: Sequence[Series]) -> list[Key]:
    return [Key(each.css, each.name) for each in series]


def _comments(reader: _Reader) -> Section:
    parts, say = reader.found.parts, reader.say
    daily = reader.found.period.unit is Unit.DAY
    title = message("Comments and spam by day") if daily else message("Comments and spam by week")
    return _stacked(
        reader,
        "comments",
        say(title),
        say(message("As the machine judged them. Repeats, rechecks and tests are not counted.")),
        [
            Series(say(message("Approved")), "ham", [part.approved for part in parts]),
            Series(say(message("Held")), "held", [part.held for part in parts]),
            Series(say(message("Rejected")), "spam", [part.rejected for part in parts]),
        ],
    )


def _machine(reader: _Reader) -> Section:
    found, say = reader.found, reader.say
    title = say(message("Decided by the machine alone"))
    series = [Series(title, "share", [part.alone.value for part in found.parts])]
    picture = None
    if found.whole.alone.value is not None:
        told = say(message("In all: %(share)s"), share=reader.percent(found.whole.alone.value))
        picture = plots.lines(
            reader.frame("machine", title, told, reader.percent), series, most=1.0
        )
    words = say(message("The share of comments that were not held, and on which nobody decided."))
    return Section("machine", title, words, picture, [])


def _agreement(reader: _Reader) -> Section:
    parts, say = reader.found.parts, reader.say
    return _stacked(
        reader,
        "agreement",
        say(message("What people made of the machine's decisions")),
        say(
            message(
                "Of comments that it had approved or rejected, and a person decided on. People look"
                " at what seems wrong: of all comments, more are right than this shows."
            )
        ),
        [
            Series(say(message("Left as they were")), "ham", [part.agreed for part in parts]),
            Series(say(message("Decided otherwise")), "spam", [part.overturned for part in parts]),
        ],
    )


def _mistakes(reader: _Reader) -> Section:
    parts, say = reader.found.parts, reader.say
    return _stacked(
        reader,
        "mistakes",
        say(message("Mistakes that people found")),
        say(message("On the day on which the comment came in.")),
        [
            Series(
                say(message("Rejected, though wanted")),
                "spam",
                [part.false_positives for part in parts],
            ),
            Series(
                say(message("Approved, though spam")), "held", [part.missed_spam for part in parts]
            ),
        ],
    )


def _waiting(reader: _Reader) -> Section:
    waits, say = reader.found.waits, reader.say
    title = say(message("Time to a decision"))
    series = [
        Series(
            say(message("Half within")), "ham", [each.median if each else None for each in waits]
        ),
        Series(
            say(message("Nine in ten within")),
            "held",
            [each.p90 if each else None for each in waits],
        ),
    ]
    picture = None
    if waited := reader.found.waited:
        told = f"{series[0].name} {reader.duration(waited.median)}, "
        told += f"{series[1].name} {reader.duration(waited.p90)}"
        unit = _unit(waited.p90)
        scaled = [
            Series(each.name, each.css, [value and value / unit for value in each.values])
            for each in series
        ]
        written = partial(_in_units, reader, unit)
        picture = plots.lines(reader.frame("waiting", title, told, written), scaled)
    words = say(message("From the arrival of a held comment to the first decision on it."))
    return Section("waiting", title, words, picture, _keys(series))


def _unit(seconds: float) -> float:
    """In which the axis is divided, so that its steps are round."""
    return next((unit for unit in (DAY, HOUR, MINUTE) if seconds >= 2 * unit), 1.0)


def _in_units(reader: _Reader, unit: float, value: float) -> str:
    return reader.duration(value * unit)


def _languages(reader: _Reader) -> Section:
    say = reader.say
    title = say(message("Quality by language"))
    keys = [
        Key("spam", say(message("spam that was held or rejected"))),
        Key("ham", say(message("wanted comments that were approved at once"))),
    ]
    rows, told = [], []
    for each in reader.found.languages:
        name = say(LANGUAGE_NAMES[each.language])
        for share, key in zip((each.caught, each.passed), keys, strict=True):
            told.append(f"{name}, {key.name}: {reader.share(share)}")
            if share.value is not None and share.is_telling:
                rows.append(Span(name, key.css, share.value, *share.bounds))
    picture = None
    if rows:
        frame_ = Frame("plot-languages", title, ". ".join(told), written=reader.percent)
        picture = plots.spans(frame_, rows)
    words = message(
        "Measured on the comments that people decided on, each with the interval in which the true"
        " share lies (95 %%). Of fewer than %(number)s, nothing is said."
    )
    return Section("languages", title, say(words, number=TELLING), picture, keys)
