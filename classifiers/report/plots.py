"""Curves as inline SVG, drawn by matplotlib (the extra ``report``)."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluate import Marks, Numbers, resampled
from classifiers.reliability import Bin

GRID = np.linspace(0.0, 1.0, 201)
_BAND = (0.025, 0.975)
_RESAMPLES = 100
_COLOURS = ("#1f5fa8", "#8a8a8a")  # ours, the floor
_SIZE = (4.2, 3.4)  # inches

Curve = NDArray[np.float64]  # over GRID
Judged = tuple[str, Marks, Numbers]  # name, what people say, log-odds


def roc(is_spam: Marks, log_odds: Numbers) -> Curve:
    """Share of spam found, by the share of honest comments called spam."""
    ham = np.sort(log_odds[~is_spam])[::-1]
    limits = ham[np.minimum((GRID * len(ham)).astype(np.int64), len(ham) - 1)]
    spam = np.sort(log_odds[is_spam])
    found = 1 - np.searchsorted(spam, limits, "right") / len(spam)
    found[-1] = 1.0
    return np.asarray(found)


def precision_recall(is_spam: Marks, log_odds: Numbers) -> Curve:
    """Share of spam among what is called spam, by the share of spam found."""
    spam, ham = np.sort(log_odds[is_spam])[::-1], np.sort(log_odds[~is_spam])
    wanted = np.maximum(np.ceil(GRID * len(spam)).astype(np.int64), 1)
    wrong = len(ham) - np.searchsorted(ham, spam[wanted - 1], "left")
    return np.asarray(wanted / (wanted + wrong))


def curves(
    figure: Callable[[Marks, Numbers], Curve], judged: Sequence[Judged], labels: tuple[str, str]
) -> str:
    """One line for each, and a band of 95 % of the bootstrap around it."""
    canvas, axes = _canvas(*labels)
    for (name, is_spam, log_odds), colour in zip(judged, _COLOURS, strict=False):
        drawn = [
            figure(is_spam[rows], log_odds[rows]) for rows in resampled(is_spam, 0, _RESAMPLES)
        ]
        low, high = np.quantile(drawn, _BAND, axis=0)
        axes.fill_between(GRID, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(GRID, figure(is_spam, log_odds), color=colour, label=name)
    axes.legend(frameon=False, loc="best")
    return _svg(canvas)


def reliability(bins: Sequence[Bin]) -> str:
    """Points on the diagonal are honest; their size is how many comments they stand for."""
    canvas, axes = _canvas("probability of spam", "share that is spam")
    axes.plot([0, 1], [0, 1], color=_COLOURS[1], linewidth=1)
    predicted, observed = [each.predicted for each in bins], [each.observed for each in bins]
    sizes = [20 + 200 * each.weight for each in bins]
    axes.plot(predicted, observed, color=_COLOURS[0], linewidth=1)
    axes.scatter(predicted, observed, s=sizes, color=_COLOURS[0])
    return _svg(canvas)


def _canvas(across: str, up: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra, and slow to load

    canvas = Figure(figsize=_SIZE, layout="constrained")
    axes = canvas.subplots()
    axes.set(xlabel=across, ylabel=up, xlim=(0, 1.01), ylim=(0, 1.01))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, linewidth=0.3)
    return canvas, axes


def _svg(canvas: Any) -> str:
    """Without the XML head: it stands inside a page."""
    written = io.StringIO()
    canvas.savefig(written, format="svg", metadata={"Date": None})
    text = written.getvalue()
    return text[text.index("<svg") :]
