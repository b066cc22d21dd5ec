"""Numbers over time as bars that a template draws: shapes only, no words."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100
STEP = 10  # from one bar to the next
GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: float
    height: float
    value: int


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars on a ground of ``width`` by ``HEIGHT``; the tallest possible one stands for ``top``."""

    width: int
    top: int
    bars: Sequence[Bar]


def plot(values: Sequence[int], top: int) -> Plot:
    """``top`` is at least every value; plots of one ``top`` can be compared by eye."""
    scale = HEIGHT / top if top else 0.0
    bars = [
        Bar(number * STEP, round(HEIGHT - value * scale, 1), round(value * scale, 1), value)
        for number, value in enumerate(values)
    ]
    return Plot(max(len(values), 1) * STEP, top, bars)
