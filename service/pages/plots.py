"""Plots as SVG that a page holds: bars, lines and ranges, with a title, axes and words for readers.

Nothing here has a colour: classes do (``plots.css``), so that light and dark differ and the policy
against inline styles holds.  ``Series.css`` names one.  A plot says what it shows to screen readers
by its title and description; beside it a page shows the same numbers as a table.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

WIDTH, HEIGHT = 480.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 10.0, 12.0, 34.0
ROW = 34.0  # of a plot of ranges
NAMES_WIDTH = 112.0
TICKS = 4
LABELS = 5  # along the lower axis; more would touch on a telephone
LEAST, MOST = 1e-9, 1e18  # outside, nothing is worth a plot
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

Written = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """``values`` one for each place of the lower axis; None where nothing is known."""

    name: str
    css: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Span:
    """A value between the bounds of its interval, all in [0, 1]."""

    name: str
    css: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What every plot has: ``key`` is unique in its page, ``written`` puts a value into words."""

    key: str
    title: str
    description: str
    labels: Sequence[str] = ()
    written: Written = "{:g}".format


def ticks(most: float, *, whole: bool = False) -> list[float]:
    """From 0 to ``most`` or a little beyond, in up to ``TICKS`` round steps, or ``whole`` ones."""
    if not LEAST < most < MOST or (whole and most < 1):
        return [0.0, 1.0]
    rough = max(most / TICKS, 1.0) if whole else most / TICKS
    magnitude = 10.0 ** math.floor(math.log10(rough))
    steps = [each * magnitude for each in STEPS if not whole or (each * magnitude).is_integer()]
    step = next((each for each in steps if each >= rough), most)
    return [step * count for count in range(math.ceil(most / step - 1e-9) + 1)]


def bars(
    frame: Frame, series: Sequence[Series], *, whole: bool = True, most: float | None = None
) -> Markup:
    """Bars of all series upon each other.  ``whole`` numbers get no ticks between them.

    ``most`` ends the axis, if given, so that several plots can be compared by eye.
    """
    count = len(frame.labels)
    highest = max((_total(series, place) for place in range(count)), default=0.0)
    scale = ticks(max(highest, most or 0.0), whole=whole)
    step = _inner_width() / max(count, 1)
    width = max(step * 0.78, 0.6)
    parts = [_axis(frame, scale)]
    for place in range(count):
        above = 0.0
        x = LEFT + step * place + (step - width) / 2
        for each in series:
            value = each.values[place] or 0.0
            low, high = _y(above, scale), _y(above + value, scale)
            above += value
            if value:
                told = f"{frame.labels[place]}: {each.name}, {frame.written(value)}"
                parts.append(
                    Markup(
                        '<rect class="{}" x="{}" y="{}" width="{}" height="{}">'
                        "<title>{}</title></rect>"
                    ).format(each.css, _n(x), _n(high), _n(width), _n(low - high), told)
                )
    parts.append(_labels(frame, step))
    return _svg(frame, HEIGHT, parts)


def lines(frame: Frame, series: Sequence[Series], *, most: float | None = None) -> Markup:
    """A line for each series, broken where nothing is known; ``most`` ends the axis, if given."""
    known = [value for each in series for value in each.values if value is not None]
    scale = ticks(max(known, default=0.0) if most is None else most)
    step = _inner_width() / max(len(frame.labels), 1)
    parts = [_axis(frame, scale)]
    for each in series:
        points = [
            None if value is None else (LEFT + step * (place + 0.5), _y(value, scale))
            for place, value in enumerate(each.values)
        ]
        parts += [_stroke(each.css, *pair) for pair in pairwise(points) if None not in pair]
        for place, point in enumerate(points):
            if point is not None:
                told = f"{frame.labels[place]}: {each.name}, {frame.written(_at(each, place))}"
                parts.append(_dot(each.css, point, told))
    parts.append(_labels(frame, step))
    return _svg(frame, HEIGHT, parts)


def spans(frame: Frame, rows: Sequence[Span]) -> Markup:
    """One row for each: its value as a dot, its interval as a line, from 0 to 100 per cent."""
    height = TOP + ROW * len(rows) + BOTTOM
    base = TOP + ROW * len(rows)
    width = WIDTH - NAMES_WIDTH - 2 * RIGHT

    def across(value: float) -> float:
        return NAMES_WIDTH + RIGHT + width * min(max(value, 0.0), 1.0)

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = across(share)
        anchor = "end" if share == 1 else "middle"
        parts.append(_grid(x, TOP, x, base))
        parts.append(_word(x + (RIGHT if share == 1 else 0), base + 18, anchor, f"{share:.0%}"))
    for place, row in enumerate(rows):
        y = TOP + ROW * (place + 0.5)
        parts.append(_word(NAMES_WIDTH, y + 4, "end", row.name))
        parts.append(_stroke(row.css, (across(row.low), y), (across(row.high), y)))
        told = f"{row.name}: {frame.written(row.value)}"
        parts.append(_dot(row.css, (across(row.value), y), told))
    return _svg(frame, height, parts)


def _total(series: Sequence[Series], place: int) -> float:
    return sum(each.values[place] or 0.0 for each in series)


def _at(series: Series, place: int) -> float:
    return series.values[place] or 0.0


def _inner_width() -> float:
    return WIDTH - LEFT - RIGHT


def _y(value: float, scale: Sequence[float]) -> float:
    share = min(max(value / scale[-1], 0.0), 1.0)
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _axis(frame: Frame, scale: Sequence[float]) -> Markup:
    parts = []
    for tick in scale:
        y = _y(tick, scale)
        parts.append(_grid(LEFT, y, WIDTH - RIGHT, y))
        parts.append(_word(LEFT - 6, y + 4, "end", frame.written(tick)))
    return Markup("").join(parts)


def _labels(frame: Frame, step: float) -> Markup:
    """As many of them as there is room for, the last one among them."""
    count = len(frame.labels)
    every = max(1, math.ceil(count / LABELS))
    shown = range(count - 1, -1, -every)
    y = HEIGHT - BOTTOM + 20
    return Markup("").join(_label(LEFT + step * (n + 0.5), y, frame.labels[n]) for n in shown)


def _label(x: float, y: float, text: str) -> Markup:
    """In the middle under its place, but never beyond the right edge."""
    if x > WIDTH - RIGHT - 30:
        return _word(WIDTH - RIGHT, y, "end", text)
    return _word(x, y, "middle", text)


def _word(x: float, y: float, anchor: str, text: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        _n(x), _n(y), anchor, text
    )


def _grid(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        _n(x1), _n(y1), _n(x2), _n(y2)
    )


def _stroke(css: str, start: tuple[float, float] | None, end: tuple[float, float] | None) -> Markup:
    if start is None or end is None:
        return Markup("")
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        css, *map(_n, (*start, *end))
    )


def _dot(css: str, point: tuple[float, float], told: str) -> Markup:
    return Markup('<circle class="{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>').format(
        css, *map(_n, point), told
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _svg(frame: Frame, height: float, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="plot" role="img" viewBox="0 0 {width} {height}"'
        ' aria-labelledby="{key}-title {key}-description">'
        '<title id="{key}-title">{title}</title><desc id="{key}-description">{description}</desc>'
        "{parts}</svg>"
    ).format(
        width=_n(WIDTH),
        height=_n(height),
        key=frame.key,
        title=frame.title,
        description=frame.description,
        parts=Markup("").join(parts),
    )
