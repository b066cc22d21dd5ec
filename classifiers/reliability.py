"""Whether probabilities are honest: of all comments judged to be spam with 0.3, are 30 % spam?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 10

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]


class Bin(NamedTuple):
    """Comments that were judged alike.  ``weight`` is their share of all, 0..1."""

    weight: float
    predicted: float  # mean probability
    observed: float  # share of spam


def probabilities(log_odds: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))


def bins_of(is_spam: Marks, log_odds: Numbers, weights: Numbers) -> list[Bin]:
    """Bins of equal width; empty ones are left out."""
    predicted = probabilities(log_odds)
    numbers = np.minimum((predicted * BINS).astype(np.int64), BINS - 1)
    found = []
    for number in range(BINS):
        chosen = numbers == number
        weight = weights[chosen].sum()
        if weight > 0:
            found.append(
                Bin(
                    float(weight / weights.sum()),
                    float(predicted[chosen] @ weights[chosen] / weight),
                    float(is_spam[chosen] @ weights[chosen] / weight),
                )
            )
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error (Naeini et al., 2015): the mean distance from the truth, 0..1."""
    return sum(each.weight * abs(each.predicted - each.observed) for each in bins)


def under_prior(is_spam: Marks, weights: Numbers, spam_share: float) -> Numbers:
    """The same weights with spam making up ``spam_share`` of them; sums to 1."""
    shares = np.where(is_spam, spam_share, 1 - spam_share)
    totals = np.where(is_spam, weights[is_spam].sum(), weights[~is_spam].sum())
    return np.asarray(weights * shares / totals)
