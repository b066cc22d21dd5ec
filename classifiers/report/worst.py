"""The mistakes that matter most: honest comments that look most like spam, spam that looks least.

They are read by people: some are mistakes of those who labelled the set.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.examples import Labelled
from classifiers.scorer import Scorer, Term

MOST = 10  # of each source
_TERMS = 6
_CHARACTERS = 400


class Mistake(NamedTuple):
    """A comment, what a model without its source says of it, and what weighed most."""

    row: Labelled
    text: str  # its beginning
    log_odds: float
    terms: tuple[Term, ...]


def worst(
    rows: Sequence[Labelled],
    scorers: Sequence[Scorer | None],
    folds: NDArray[np.int64],
    log_odds: NDArray[np.float64],
    *,
    is_spam: bool,
) -> list[Mistake]:
    """The MOST of each source, worst first."""
    found: list[Mistake] = []
    for source in sorted({row.source for row in rows}):
        own = [
            i
            for i, row in enumerate(rows)
            if row.source == source and row.is_spam == is_spam and not np.isnan(log_odds[i])
        ]
        own.sort(key=lambda i: log_odds[i] if is_spam else -log_odds[i])
        for i in own[:MOST]:
            scorer = scorers[folds[i]]
            if scorer is not None:
                found.append(_mistake(rows[i], scorer, float(log_odds[i])))
    return found


def _mistake(row: Labelled, scorer: Scorer, log_odds: float) -> Mistake:
    terms = sorted(scorer.score([row.example])[0].terms, key=lambda term: -abs(term.log_odds))
    return Mistake(row, row.example.text[:_CHARACTERS], log_odds, tuple(terms[:_TERMS]))
