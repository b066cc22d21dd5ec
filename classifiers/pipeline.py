"""The model: n-grams and features into one logistic regression.

Linear on purpose: its log-odds are a sum, so a moderator can be told what tipped it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack, vstack
from sklearn.linear_model import LogisticRegression

from classifiers import features, ngrams
from classifiers.backends import alone
from classifiers.examples import Labelled
from classifiers.reading import read_examples

_READ_AT_ONCE = 1000
REGULARISATION = 2.0  # C of scikit-learn; chosen on sources left out
RARITY = 0.7  # power of the inverse document frequency that scales n-grams
FEATURE_SCALE = 0.3  # of a standard deviation, beside n-grams
SPAM_SHARE = 0.35  # of all weight, in training
_COARSE, _FINE = 0.1, 0.01  # tolerance of the solver: signs show long before digits do
_RARE = 2  # comments; an n-gram seen in fewer weighs nothing
_SMALLEST_WEIGHT = 1e-3


class Matrix(NamedTuple):
    """Rows of n-grams, values of features, and which values are known."""

    ngrams: csr_matrix
    values: NDArray[np.float64]
    known: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.int64]) -> "Matrix":
        return Matrix(self.ngrams[chosen], self.values[chosen], self.known[chosen])


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Sample:
    """What a model is fitted to.  Dask asks for its size, and sends what is large only once."""

    matrix: Matrix
    is_spam: NDArray[np.bool_]
    weights: NDArray[np.float64]

    def take(self, chosen: NDArray[np.int64]) -> "Sample":
        return Sample(self.matrix.take(chosen), self.is_spam[chosen], self.weights[chosen])

    def __sizeof__(self) -> int:
        rows = self.matrix.ngrams
        arrays = (rows.data, rows.indices, self.matrix.values, self.matrix.known, self.weights)
        return sum(array.nbytes for array in arrays)


@dataclass(frozen=True, slots=True)
class Model:
    """Log-odds are the intercept, and the n-grams by ``weights``, and the features' distances to
    ``centres`` by ``coefficients``.
    """

    intercept: float
    weights: NDArray[np.float32]  # by bucket
    coefficients: NDArray[np.float64]  # by feature, per unit
    centres: NDArray[np.float64]  # by feature: what an unknown value counts as
    scales: NDArray[np.float64]  # by feature: what makes its spread FEATURE_SCALE, in training

    def decide(self, matrix: Matrix) -> NDArray[np.float64]:
        """Log-odds of each row, in double precision."""
        sums = matrix.ngrams @ self.weights.astype(np.float64)
        centred = np.where(matrix.known, matrix.values - self.centres, 0.0)
        return np.asarray(self.intercept + sums + centred @ self.coefficients)

    def calibrated(self, slope: float, offset: float) -> "Model":
        """The model whose log-odds are ``slope * log-odds + offset``."""
        return replace(
            self,
            intercept=float(slope * self.intercept + offset),
            weights=_stored(self.weights.astype(np.float64) * slope),
            coefficients=self.coefficients * slope,
        )


def vectorise(rows: Sequence[Labelled]) -> Matrix:
    parts = [
        _vectorise(rows[first : first + _READ_AT_ONCE])
        for first in range(0, len(rows), _READ_AT_ONCE)
    ]
    return Matrix(
        vstack([part.ngrams for part in parts]).tocsr(),
        np.vstack([part.values for part in parts]),
        np.vstack([part.known for part in parts]),
    )


def _vectorise(rows: Sequence[Labelled]) -> Matrix:
    reading = read_examples([row.example for row in rows])
    return Matrix(
        ngrams.rows(reading.page), features.matrix(reading.facts), features.known(reading.facts)
    )


def fit(
    matrix: Matrix, is_spam: NDArray[np.bool_], weights: NDArray[np.float64], *, seed: int
) -> Model:
    """Logistic regression over everything; the same for the same rows in the same order.

    A feature whose coefficient would have the sign that it must not have (``features.SIGNS``) is
    left out, and the rest is fitted again.  One that tells nothing (``features.SILENT``) is fitted
    with the others and weighs nothing in the model.
    """
    rarity = _rarity(matrix.ngrams)
    scaled = (matrix.ngrams @ diags(rarity)).tocsr()
    centres, spread = _spread(matrix)
    scales = spread.copy()
    balanced = _balanced(weights, is_spam)
    tolerance = _COARSE
    while True:
        centred = np.where(matrix.known, (matrix.values - centres) * scales, 0.0)
        columns = hstack([scaled, csr_matrix(centred)]).tocsr()
        with alone():
            regression = _regression(tolerance, seed).fit(columns, is_spam, sample_weight=balanced)
        found = regression.coef_[0]
        coefficients = found[ngrams.BUCKETS :] * scales
        wrong = coefficients * features.SIGNS < 0
        if not wrong.any():
            if tolerance == _FINE:
                break
            tolerance = _FINE
        # Others take over what a feature said that must not say it; so there are few rounds.
        scales[wrong] = 0.0
    return Model(
        intercept=float(regression.intercept_[0]),
        weights=_stored(found[: ngrams.BUCKETS] * rarity),
        coefficients=np.where(features.SILENT, 0.0, coefficients),
        centres=centres,
        scales=np.where(features.SILENT, 0.0, spread),
    )


def _regression(tolerance: float, seed: int) -> LogisticRegression:
    return LogisticRegression(
        C=REGULARISATION, solver="liblinear", tol=tolerance, max_iter=500, random_state=seed
    )


def _rarity(rows: csr_matrix) -> NDArray[np.float64]:
    """Rare n-grams say more: inverse document frequency, on average 1 over all that occur."""
    met = np.bincount(rows.indices, minlength=rows.shape[1])
    rarity = np.log((rows.shape[0] + 1) / (met + 1)) ** RARITY
    rarity[met < _RARE] = 0.0
    return np.asarray(rarity / np.sqrt((rarity**2 * met).sum() / max(met.sum(), 1)))


def _spread(matrix: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median of each feature where it is known, and what makes its spread FEATURE_SCALE."""
    columns = [values[known] for values, known in zip(matrix.values.T, matrix.known.T, strict=True)]
    centres = np.array([np.median(column) if len(column) else 0.0 for column in columns])
    spreads = np.array(
        [
            np.sqrt(np.mean((column - centre) ** 2)) if len(column) else 0.0
            for column, centre in zip(columns, centres, strict=True)
        ]
    )
    seen = spreads > 0
    return centres, np.where(seen, FEATURE_SCALE / np.where(seen, spreads, 1.0), 0.0)


def _balanced(weights: NDArray[np.float64], is_spam: NDArray[np.bool_]) -> NDArray[np.float64]:
    balanced = weights.copy()
    for chosen, share in ((is_spam, SPAM_SHARE), (~is_spam, 1 - SPAM_SHARE)):
        balanced[chosen] *= share * weights.sum() / weights[chosen].sum()
    return balanced


def _stored(weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """As the artefact keeps them, so that what is measured is what ships."""
    small = np.abs(weights) < _SMALLEST_WEIGHT
    return np.where(small, 0.0, weights).astype(np.float16).astype(np.float32)
