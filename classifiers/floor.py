"""What any better model must beat: the usual recipe, on the same rows, by their text alone.

TF-IDF (words 1-2, ``char_wb`` 2-5, sublinear) and logistic regression (C = 10, balanced).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

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
    texts = np.array([row.example.text for row in rows], dtype=object)
    is_spam = np.array([row.is_spam for row in rows])
    folds = folds_of(rows)
    result = np.full(len(rows), np.nan)
    for number in range(len(SOURCES)):
        out = folds == number
        if out.any() and 0 < is_spam[~out].sum() < (~out).sum():
            floor = build(seed).fit(texts[~out], is_spam[~out])
            result[out] = floor.decision_function(texts[out])
        progress()
    return result
