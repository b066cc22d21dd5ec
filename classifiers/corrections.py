"""What one blog teaches: a small, bounded correction of a model's log-odds.

The model's weights are the prior: a correction is fitted to what they leave unexplained of the
blog's own labels, is pulled towards nothing, and never moves a comment by more than its bound.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import joblib
import numpy as np
from numba import types
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags

from classifiers import features, ngrams
from classifiers.artifacts import UnfitModel
from classifiers.compiled import compiled
from classifiers.pipeline import RARITY, Matrix, Model
from classifiers.scan import Reading

Numbers = NDArray[np.float64]

STRENGTH = 5.0  # C of scikit-learn, as that of the shipped weights
INTERCEPT_SCALE = 0.5  # a blog's labels are no fair sample of how much spam it gets
# An n-gram or a feature that only one comment shows is that comment's own, and nobody else's.
SHARED_BY = 2
BUCKETS_MOST = 32_768  # that weigh most; their table stays in a processor's cache
_ITERATIONS = 200
_EMPTY = np.int32(-1)

_NUMBERS = types.Array(types.float64, 1, "C")


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """Log-odds to add: ``intercept + n-grams @ weights + features``, ``bound`` at most."""

    intercept: float
    buckets: NDArray[np.int32]  # ascending
    weights: NDArray[np.float32]  # one for each of them
    coefficients: Numbers  # by feature, per unit
    bound: float
    keys: NDArray[np.int32] = field(init=False, repr=False)
    values: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        keys, values = _table(self.buckets, self.weights)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "values", values)

    def decide(self, matrix: Matrix, centres: Numbers) -> Numbers:
        """Log-odds to add to each row, in double precision: what scoring adds to the same text."""
        weights = np.zeros(ngrams.BUCKETS)
        weights[self.buckets] = self.weights
        centred = np.where(matrix.known, matrix.values - centres, 0.0)
        exact = self.intercept + matrix.ngrams @ weights + centred @ self.coefficients
        return np.asarray(np.clip(exact, -self.bound, self.bound))


class Evidence(NamedTuple):
    """Labelled comments of one blog: what they show, what was thought of them, what they are."""

    matrix: Matrix
    log_odds: Numbers  # of the model that is corrected
    is_spam: NDArray[np.bool_]
    weights: Numbers


def fit(evidence: Evidence, model: Model, *, bound: float) -> Correction:
    """The correction that explains ``evidence`` best, a large one being unlikely beforehand.

    Penalised logistic regression with the model's log-odds as offset: a pure function, the same
    for the same rows in the same order.  Both classes must be there.
    """
    met, columns = _columns(evidence, model)
    weights = _balanced(evidence.weights, evidence.is_spam)
    found = _minimise(columns, evidence, weights)
    n = len(met.buckets)
    return _largest(
        found[-1] * INTERCEPT_SCALE,
        met.buckets,
        found[:n] * met.rarity,
        found[n:-1] * met.scales,
        bound,
    )


class _Met(NamedTuple):
    buckets: NDArray[np.int32]
    rarity: Numbers
    scales: Numbers


def _columns(evidence: Evidence, model: Model) -> tuple[_Met, tuple[csr_matrix, Numbers]]:
    """What several comments show, scaled as in training; n-grams sparse, the rest dense."""
    rows = evidence.matrix.ngrams
    counts = np.bincount(rows.indices, minlength=rows.shape[1])
    buckets = np.flatnonzero(counts >= SHARED_BY)
    rarity = np.log((rows.shape[0] + 1) / (counts[buckets] + 1)) ** RARITY
    mean = np.sqrt((rarity**2 * counts[buckets]).sum() / max(counts[buckets].sum(), 1))
    rarity /= mean if mean > 0 else 1.0
    sparse = rows[:, buckets] @ diags(rarity)
    centred = np.where(evidence.matrix.known, evidence.matrix.values - model.centres, 0.0)
    scales = _scales(centred, model)
    ones = np.full((len(centred), 1), INTERCEPT_SCALE)
    dense = np.ascontiguousarray(np.hstack([centred * scales, ones]))
    return _Met(buckets.astype(np.int32), rarity, scales), (sparse.tocsr(), dense)


def _scales(centred: Numbers, model: Model) -> Numbers:
    """As in training: how far a feature spreads, tens of thousands of comments say, not fifty."""
    told = np.count_nonzero(centred, axis=0) >= SHARED_BY
    return np.where(told, model.scales, 0.0)


def _balanced(weights: Numbers, is_spam: NDArray[np.bool_]) -> Numbers:
    """Half of the weight to each class, but none more than three times its own."""
    balanced = weights.copy()
    for chosen in (is_spam, ~is_spam):
        own = weights[chosen].sum()
        balanced[chosen] *= min(0.5 * weights.sum() / own, 3.0) if own > 0 else 0.0
    return balanced


def _minimise(columns: tuple[csr_matrix, Numbers], evidence: Evidence, weights: Numbers) -> Numbers:
    sparse, dense = columns
    transposed = sparse.T.tocsr()
    n = sparse.shape[1]
    signs = np.where(evidence.is_spam, 1.0, -1.0)

    def loss(point: Numbers) -> tuple[float, Numbers]:
        margins = signs * (evidence.log_odds + sparse @ point[:n] + dense @ point[n:])
        slopes = -signs * weights / (1 + np.exp(np.clip(margins, -500, 500)))
        value = weights @ np.logaddexp(0, -margins) + point @ point / (2 * STRENGTH)
        gradient = np.concatenate([transposed @ slopes, slopes @ dense]) + point / STRENGTH
        return float(value), gradient

    start = np.zeros(n + dense.shape[1])
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS, "ftol": 1e-7}
    )
    return np.asarray(found.x)


def _largest(
    intercept: float,
    buckets: NDArray[np.int32],
    weights: Numbers,
    coefficients: Numbers,
    bound: float,
) -> Correction:
    if len(buckets) > BUCKETS_MOST:
        kept = np.sort(np.argsort(-np.abs(weights), kind="stable")[:BUCKETS_MOST])
        buckets, weights = buckets[kept], weights[kept]
    return Correction(float(intercept), buckets, weights.astype(np.float32), coefficients, bound)


def pack(correction: Correction) -> bytes:
    """A joblib file of plain arrays; the same bytes for the same correction."""
    arrays = {
        "intercept": np.float64(correction.intercept),
        "buckets": correction.buckets,
        "weights": correction.weights,
        "coefficients": correction.coefficients,
        "bound": np.float64(correction.bound),
    }
    target = io.BytesIO()
    joblib.dump(arrays, target, compress=("zlib", 6), protocol=4)
    return target.getvalue()


def unpack(packed: bytes) -> Correction:
    """``packed`` must be trusted: it is executed.  Raises UnfitModel if it does not fit."""
    arrays = joblib.load(io.BytesIO(packed))
    if len(arrays["coefficients"]) != len(features.FEATURES):
        raise UnfitModel("it was made for other features")
    return Correction(
        float(arrays["intercept"]),
        arrays["buckets"],
        arrays["weights"],
        arrays["coefficients"],
        float(arrays["bound"]),
    )


def _table(
    buckets: NDArray[np.int32], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """An open-addressed table, at most half full: buckets are hashes already."""
    size = 1 << max(int(2 * len(buckets)).bit_length(), 1)
    keys = np.full(size, _EMPTY, np.int32)
    values = np.zeros(size, np.float32)
    _fill(buckets.astype(np.int32), weights.astype(np.float32), keys, values)
    return keys, values


@compiled(types.void(types.int32[::1], types.float32[::1], types.int32[::1], types.float32[::1]))
def _fill(buckets: Any, weights: Any, keys: Any, values: Any) -> None:
    mask = len(keys) - 1
    for i in range(len(buckets)):
        slot = buckets[i] & mask
        while keys[slot] != _EMPTY:
            slot = (slot + 1) & mask
        keys[slot] = buckets[i]
        values[slot] = weights[i]


@compiled(
    types.void(
        ngrams.PAGE,
        types.uint64[::1],
        types.int64[::1],
        types.int32[::1],
        types.float32[::1],
        types.int32[::1],
        _NUMBERS,
    )
)
def _sum_found(  # noqa: PLR0913, PLR0917  (compiled: plain arrays)
    page: Any, scratch: Any, rows: Any, keys: Any, values: Any, buckets: Any, sums: Any
) -> None:
    mask = len(keys) - 1
    for place in range(len(rows)):
        whole = np.float64(0.0)
        for number in range(ngrams.BLOCKS):
            found = ngrams.block(rows[place], number, page, scratch, buckets)
            total = np.float64(0.0)
            for i in range(found):
                slot = buckets[i] & mask
                while keys[slot] != _EMPTY:
                    if keys[slot] == buckets[i]:
                        total += np.float64(values[slot])
                        break
                    slot = (slot + 1) & mask
            whole += total * ngrams.value(found)
        sums[place] = whole


def shares(
    reading: Reading, rows: Sequence[int], correction: Correction, centred: Numbers
) -> Numbers:
    """Log-odds to add to each of ``rows``; ``centred`` are the batch's features, 0 if unknown."""
    chosen = np.array(rows, np.int64)
    sums = np.empty(len(chosen))
    scratch, room = ngrams.rooms(reading.page)
    _sum_found(reading.page, scratch, chosen, correction.keys, correction.values, room, sums)
    exact = correction.intercept + sums + centred[chosen] @ correction.coefficients
    return np.asarray(np.clip(exact, -correction.bound, correction.bound))
