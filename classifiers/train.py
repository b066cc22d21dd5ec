"""Training: rows in, calibrated model and manifest out.

Calibration is an affine map of the log-odds (Platt), fitted on what models say of sources and
groups that they were not trained on, and folded into the model, so that its log-odds stay a sum.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from classifiers import lexicon
from classifiers.actions import by_language
from classifiers.artifacts import Manifest
from classifiers.backends import alone
from classifiers.evaluate import measure
from classifiers.examples import Labelled, share_of
from classifiers.folds import FOLDS, folds_of
from classifiers.pipeline import Matrix, Model, Sample, fit, vectorise
from classifiers.reliability import under_prior
from classifiers.sets import POLICIES, Policy, read_sets
from classifiers.written import SOURCE as WRITTEN
from classifiers.written import read_written

_ONE_CLASS = "training needs both spam and honest comments"
FITS = FOLDS + 1  # one for each fold, and the model itself
# What a blog sees after its own filters, roughly: the prior that probabilities are honest for.
SPAM_SHARE = 0.1

Progress = Callable[[], object]


def ignore() -> None:
    """Progress that nobody watches."""


class UnfitRows(Exception):
    """A model cannot be made of these rows."""


@dataclass(frozen=True, slots=True)
class Material:
    """Rows with their numbers, in one order."""

    rows: list[Labelled]
    matrix: Matrix
    is_spam: NDArray[np.bool_]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trained:
    """``left_out`` is what the model of ``without`` that never saw the row's fold says of it.

    All log-odds are calibrated.  A fold without which one class would be missing has no model, and
    its rows are NaN.
    """

    model: Model
    without: list[Model | None]  # by fold
    left_out: NDArray[np.float64]
    material: Material
    slope: float
    offset: float


def read_rows(folder: Path | None, *, seed: int) -> list[Labelled]:
    """The sets of ``folder``, thinned as their policies say, and the written comments."""
    sets = thinned(read_sets(folder), seed=seed) if folder else []
    return sets + read_written(seed)


def thinned(rows: Sequence[Labelled], *, seed: int) -> list[Labelled]:
    """At most ``Policy.most`` honest rows of a set, which then count for those left out."""
    ham = {row.source: 0 for row in rows}
    for row in rows:
        ham[row.source] += not row.is_spam
    kept = []
    for number, row in enumerate(rows):
        share = min(POLICIES.get(row.source, Policy()).most / max(ham[row.source], 1), 1.0)
        if row.is_spam or share == 1:
            kept.append(row)
        elif share_of(f"{row.group}:{number}", seed) < share:
            kept.append(replace(row, weight=row.weight / share))
    return kept


def prepare(rows: Sequence[Labelled]) -> Material:
    """Raises UnfitRows unless there are rows of both classes."""
    is_spam = np.array([row.is_spam for row in rows], dtype=np.bool_)
    if not is_spam.any() or is_spam.all():
        raise UnfitRows(_ONE_CLASS)
    weights = np.array([row.weight for row in rows])
    return Material(list(rows), vectorise(rows), is_spam, weights)


def train(rows: Sequence[Labelled], *, seed: int, progress: Progress = ignore) -> Trained:
    """The same model, bit for bit, for the same rows in the same order and the same seed, wherever
    ``backends.working`` has it made.

    ``progress`` is called FITS times.  Raises UnfitRows.
    """
    material = prepare(rows)
    folds = folds_of(rows)
    chosen = [np.flatnonzero(folds != number) for number in range(FOLDS)]
    chosen.append(np.arange(len(rows)))
    sample = Sample(material.matrix, material.is_spam, material.weights)
    models = []
    for model in Parallel(return_as="generator")(
        delayed(_fit)(sample, part, seed) for part in chosen
    ):
        models.append(model)
        progress()
    left_out = np.full(len(rows), np.nan)
    for number, model in enumerate(models[:-1]):
        if model is not None:
            out = np.flatnonzero(folds == number)
            left_out[out] = model.decide(material.matrix.take(out))
    return _calibrated(material, models, left_out)


def _fit(sample: Sample, chosen: NDArray[np.int64], seed: int) -> Model | None:
    """None where only one class is left."""
    if not 0 < sample.is_spam[chosen].sum() < len(chosen):
        return None
    part = sample.take(chosen)
    return fit(part.matrix, part.is_spam, part.weights, seed=seed)


def _calibrated(
    material: Material, models: Sequence[Model | None], left_out: NDArray[np.float64]
) -> Trained:
    judged = np.flatnonzero(~np.isnan(left_out))
    slope, offset = platt(
        left_out[judged],
        material.is_spam[judged],
        source_weights([material.rows[i] for i in judged]),
    )
    *without, whole = (each and each.calibrated(slope, offset) for each in models)
    if whole is None:
        raise UnfitRows(_ONE_CLASS)
    return Trained(whole, without, slope * left_out + offset, material, slope, offset)


def platt(
    log_odds: NDArray[np.float64], is_spam: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[float, float]:
    """Slope and offset that make log-odds honest for ``SPAM_SHARE``; 1 and 0 without both classes.

    Platt (1999), without his smoothing: there are thousands of rows.
    """
    if not 0 < is_spam.sum() < len(is_spam):
        return 1.0, 0.0
    shares = under_prior(is_spam, weights, SPAM_SHARE)
    regression = LogisticRegression(C=1e6, solver="lbfgs", max_iter=1000)
    with alone():
        regression.fit(log_odds[:, None], is_spam, sample_weight=len(shares) * shares)
    slope = float(regression.coef_[0, 0])
    # Log-odds that point the wrong way are for the promotion gate to refuse, not to turn round.
    return (slope, float(regression.intercept_[0])) if slope > 0 else (1.0, 0.0)


def source_weights(rows: Sequence[Labelled]) -> NDArray[np.float64]:
    """Every source counts the same in each class, however many rows it has."""
    counts = Counter((row.source, row.is_spam) for row in rows)
    return np.array([1 / counts[row.source, row.is_spam] for row in rows])


def digest(rows: Iterable[Labelled]) -> str:
    """SHA-256 of everything that training sees of rows, in order."""
    total = hashlib.sha256()
    for row in rows:
        total.update(repr(row).encode("utf-8", "backslashreplace"))
    return total.hexdigest()


def sources(rows: Sequence[Labelled]) -> list[dict[str, Any]]:
    """For the manifest: every set with its rows, digest and licence."""
    found = []
    for source in sorted({row.source for row in rows}):
        own = [row for row in rows if row.source == source]
        policy = POLICIES.get(source, Policy())
        found.append(
            {
                "source": source,
                "spam": sum(row.is_spam for row in own),
                "ham": sum(not row.is_spam for row in own),
                "sha256": digest(own),
                "licence": "Apache-2.0 (ours)" if source == WRITTEN else policy.licence,
            }
        )
    return found


def manifest_of(trained: Trained, *, seed: int) -> Manifest:
    return {
        "seed": seed,
        "lists_sha256": lexicon.digest(),
        "training": sources(trained.material.rows),
        "calibration": {
            "method": "Platt, on sources and genres left out",
            "slope": trained.slope,
            "offset": trained.offset,
            "spam_share": SPAM_SHARE,
        },
        "measures": measure(trained.material.rows, trained.left_out),
        "languages": list(by_language(trained.material.rows, trained.left_out)),
    }
