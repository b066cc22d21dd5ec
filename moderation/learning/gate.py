"""The promotion gate: is a candidate better than what judges now, on labels neither has seen?

A promotion needs ``CLASS_LEAST`` held-out labels of each class, and then

- a smaller log-loss over both classes, with the lower end of the middle 95 % of a paired bootstrap
  above nothing;
- in no language with as many labels a loss that is larger beyond doubt (the upper end below 0);
- no honest comment more, of all or of a language, that would be rejected unseen.

A refusal is an outcome, with its reason.  Pure: the same answer for the same labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluate import resampled

CLASS_LEAST = 20
RESAMPLES = 1000

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Labels that neither model was fitted to, and the log-odds that each gives their comments."""

    is_spam: Marks
    current: Numbers
    candidate: Numbers
    languages: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one language, or of all; ``gain`` is how much the mean log-loss falls."""

    language: str
    spam: int
    ham: int
    gain: float
    low: float
    high: float
    rejected_by_current: int  # honest comments
    rejected_by_candidate: int


@dataclass(frozen=True, slots=True)
class Outcome:
    promoted: bool
    reason: str
    figures: tuple[Figures, ...] = ()

    def described(self) -> list[dict[str, Any]]:
        return [asdict(each) for each in self.figures]


def judge(held_out: HeldOut, reject_log_odds: float) -> Outcome:
    """``reject_log_odds`` is from where the site rejects unseen."""
    spam = int(held_out.is_spam.sum())
    ham = len(held_out.is_spam) - spam
    if min(spam, ham) < CLASS_LEAST:
        return Outcome(
            False,
            f"not enough evidence, kept: {spam} spam and {ham} ham held out, of each at least"
            f" {CLASS_LEAST} are needed",
        )
    figures = tuple(
        _figures(held_out, chosen, language, reject_log_odds)
        for language, chosen in _parts(held_out)
    )
    reason = _objection(figures)
    if reason:
        return Outcome(False, f"kept: {reason}", figures)
    whole = figures[0]
    return Outcome(
        True,
        f"promoted: log-loss falls by {whole.gain:.3f} ({whole.low:.3f}..{whole.high:.3f})"
        f" on {spam} spam and {ham} ham that are newer",
        figures,
    )


def _objection(figures: Sequence[Figures]) -> str:
    whole = figures[0]
    if whole.low <= 0:
        return (
            f"the candidate is not better beyond doubt, its log-loss falls by {whole.gain:.3f}"
            f" ({whole.low:.3f}..{whole.high:.3f})"
        )
    for each in figures:
        where = "" if each is whole else f" in {each.language}"
        if each.high < 0:
            return f"the candidate is worse{where}"
        if each.rejected_by_candidate > each.rejected_by_current:
            return (
                f"the candidate would reject {each.rejected_by_candidate} honest comments{where},"
                f" the current model {each.rejected_by_current}"
            )
    return ""


def _parts(held_out: HeldOut) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """All of them first, then each language with enough of both classes."""
    yield "all", np.arange(len(held_out.is_spam))
    languages = np.array(held_out.languages)
    for language in sorted(set(held_out.languages)):
        chosen = np.flatnonzero(languages == language)
        spam = held_out.is_spam[chosen].sum()
        if min(spam, len(chosen) - spam) >= CLASS_LEAST:
            yield language, chosen


def _figures(
    held_out: HeldOut, chosen: NDArray[np.int64], language: str, reject_log_odds: float
) -> Figures:
    is_spam = held_out.is_spam[chosen]
    current, candidate = held_out.current[chosen], held_out.candidate[chosen]
    gains = _loss(is_spam, current) - _loss(is_spam, candidate)
    drawn = [_mean(is_spam[rows], gains[rows]) for rows in resampled(is_spam, 0, RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    spam = int(is_spam.sum())
    return Figures(
        language,
        spam,
        len(is_spam) - spam,
        _mean(is_spam, gains),
        float(low),
        float(high),
        int((current[~is_spam] >= reject_log_odds).sum()),
        int((candidate[~is_spam] >= reject_log_odds).sum()),
    )


def _mean(is_spam: Marks, gains: Numbers) -> float:
    """Both classes count the same, however many labels they have."""
    return float((gains[is_spam].mean() + gains[~is_spam].mean()) / 2)


def _loss(is_spam: Marks, log_odds: Numbers) -> Numbers:
    return np.asarray(np.logaddexp(0, np.where(is_spam, -log_odds, log_odds)))
