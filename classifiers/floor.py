"""What any better model must beat: the usual recipe, on the same rows, by their text alone.

TF-IDF (words 1-2, ``char_wb`` 2-5, sublinear) and logistic regression (C = 10, balanced).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from classifiers.backends import alone
from classifiers.examples import Labelled
from classifiers.folds import SOURCES, folds_of

FITS = len(SOURCES)


def build(seed: int) -> Pipeline:
    """From texts to classes, without anything of ours."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, dtype=np.float32)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, dtype=np.float32
    )
    regression = LogisticRegression(
        C=10, class_weight="balanced", solver="liblinear", random_state=seed
    )
    return make_pipeline(make_union(words, characters), regression)


def left_out(
    rows: Sequence[Labelled], *, seed: int, progress: Callable[[], object]
) -> NDArray[np.float64]:
    """Log-odds of each row by a floor without its sources; NaN for rows that none leaves out."""
    texts = Texts([row.example.text for row in rows], np.array([row.is_spam for row in rows]))
    folds = folds_of(rows)
    result = np.full(len(rows), np.nan)
    left = [folds == number for number in range(FITS)]
    answers = Parallel(return_as="generator")(delayed(_judged)(texts, out, seed) for out in left)
    for out, log_odds in zip(left, answers, strict=True):
        if log_odds is not None:
            result[out] = log_odds
        progress()
    return result


def judged(
    rows: Sequence[Labelled], asked: Sequence[Labelled], *, seed: int
) -> NDArray[np.float64]:
    """Log-odds of rows that nobody is trained on, by a floor of all of ``rows``; NaN for want of
    both classes.
    """
    every = [*rows, *asked]
    texts = Texts([row.example.text for row in every], np.array([row.is_spam for row in every]))
    out = np.arange(len(every)) >= len(rows)
    found = _judged(texts, out, seed)
    return np.full(len(asked), np.nan) if found is None else found


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Texts:
    """Dask asks for its size, and sends what is large only once."""

    texts: list[str]
    is_spam: NDArray[np.bool_]

    def __sizeof__(self) -> int:
        return sum(map(len, self.texts))

    def of(self, chosen: NDArray[np.bool_]) -> list[str]:
        return [text for text, wanted in zip(self.texts, chosen, strict=True) if wanted]


def _judged(learnt: Texts, out: NDArray[np.bool_], seed: int) -> NDArray[np.float64] | None:
    """None where nobody is left out, or only one class is left."""
    is_spam = learnt.is_spam[~out]
    if not out.any() or not 0 < is_spam.sum() < len(is_spam):
        return None
    with alone():
        floor = build(seed).fit(learnt.of(~out), is_spam)
    return np.asarray(floor.decision_function(learnt.of(out)))
