"""The quick adjustment: a pure function of a site's newest labels.

A bounded correction of the model's log-odds (``classifiers.corrections``), fitted anew whenever
labels came or went, so that nothing is left in it of a label that is gone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from classifiers import corrections
from classifiers.corrections import Correction, Evidence
from classifiers.pipeline import Matrix, Model
from moderation.learning.poisoning import (
    MODERATOR,
    Label,
    Reporter,
    Weighed,
    reporter_of,
    suspects,
    weigh,
)

NEWEST = 500  # some weeks of a moderator's work, fitted in a second; the rest is for retraining
BOUND = 3.0  # log-odds: from an even chance to odds of 20 to 1, and never past a sure model
FULL = 40.0  # labels, as they are weighed, from which the whole bound is allowed; with fewer, less
# Labels of each class, as they are weighed: what a single one teaches is bounded, and only what it
# shares with others is learnt.
CLASS_LEAST = 1.0
ALIKE_MOST = 3  # labels of one text: more would push others out and count no more


class Selection:
    """The newest labels worth fitting, of all that are added from the newest on.

    A flood pushes nobody out: of one text, and of one reporter, only so many are taken while there
    are others.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._texts: Counter[tuple[int, bool]] = Counter()
        self._reporters: Counter[Reporter] = Counter()
        self._taken: list[Label] = []
        self._spare: list[Label] = []

    def add(self, label: Label) -> bool:
        """Whether there is room for more."""
        text = (label.text, label.is_spam)
        reporter = reporter_of(label)
        self._texts[text] += 1
        if self._texts[text] > ALIKE_MOST:
            return True
        self._reporters[reporter] += 1
        flooded = label.source != MODERATOR and self._reporters[reporter] > self._most // 2
        into = self._spare if flooded else self._taken
        if len(into) < self._most:
            into.append(label)
        return len(self._taken) < self._most

    def labels(self) -> list[Label]:
        """From the oldest to the newest."""
        found = [*self._taken, *self._spare][: self._most]
        return sorted(found, key=lambda label: label.id)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A correction, or the reason for which there is none; and how each label was weighed."""

    correction: Correction | None
    reason: str
    weighed: tuple[Weighed, ...]


def adjust(  # noqa: PLR0913  (what is corrected, by what, how far)
    labels: Sequence[Label],
    matrix: Matrix,
    log_odds: NDArray[np.float64],
    model: Model,
    *,
    bound: float = BOUND,
    least: float = CLASS_LEAST,
) -> Adjusted:
    """The correction that ``labels`` ask for; the rows of ``matrix`` are their comments.

    ``log_odds`` are what is corrected: those of ``model``, or of a correction of it.
    """
    expected = _by_comment(labels, log_odds)
    weighed = weigh(labels, expected)
    reporters = suspects(weighed)
    if reporters:
        # Who speaks against all others, and against what they taught, is believed less.
        others = log_odds.copy()
        for reporter in reporters:
            own = np.array([reporter_of(label) == reporter for label in labels])
            if not too_little([w for w, mine in zip(weighed, own, strict=True) if not mine], least):
                found = _fit(weighed, matrix, log_odds, model, ~own, bound)
                others[own] += found.decide(matrix.take(np.flatnonzero(own)), model.centres)
        weighed = weigh(labels, _by_comment(labels, others))
    reason = too_little(weighed, least)
    if reason:
        return Adjusted(None, reason, tuple(weighed))
    every = np.ones(len(labels), dtype=np.bool_)
    allowed = bound * min(1.0, sum(each.weight for each in weighed) / FULL)
    found = _fit(weighed, matrix, log_odds, model, every, allowed)
    return Adjusted(found, "fitted", tuple(weighed))


def _by_comment(labels: Sequence[Label], log_odds: NDArray[np.float64]) -> dict[UUID, float]:
    return {label.comment_id: value for label, value in zip(labels, log_odds.tolist(), strict=True)}


def _fit(  # noqa: PLR0913, PLR0917  (as ``adjust``, and which rows)
    weighed: Sequence[Weighed],
    matrix: Matrix,
    log_odds: NDArray[np.float64],
    model: Model,
    chosen: NDArray[np.bool_],
    bound: float,
) -> Correction:
    weights = np.array([each.weight for each in weighed])
    counted = np.flatnonzero((weights > 0) & chosen)
    is_spam = np.array([each.label.is_spam for each in weighed], dtype=np.bool_)
    evidence = Evidence(matrix.take(counted), log_odds[counted], is_spam[counted], weights[counted])
    return corrections.fit(evidence, model, bound=bound)


def too_little(weighed: Sequence[Weighed], least: float) -> str:
    """Why these labels are not enough, or nothing."""
    if not weighed:
        return "there are no labels"
    for is_spam, name in ((True, "spam"), (False, "ham")):
        count = sum(each.weight for each in weighed if each.label.is_spam is is_spam)
        if count < least:
            return f"not enough evidence: {count:.1f} labels count as {name} of at least {least:g}"
    return ""
