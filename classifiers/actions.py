"""What the thresholds that ship would do to comments that a model never saw.

An honest comment that is rejected is lost, one that is held waits; both must be rare, and how rare
is known only as well as there are comments: so every share comes with its exact interval.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from classifiers.examples import Labelled
from classifiers.reliability import probabilities
from classifiers.written import SOURCE as WRITTEN

HOLD, REJECT = 0.5, 0.98
# What the thresholds were chosen for, of honest comments.
HELD_MOST, REJECTED_MOST = 0.01, 0.0005
LANGUAGES = ("de", "ru", "en")
UNMARKED = Path(__file__).parent / "lists" / "unmarked_spam.txt"
_CHARACTERS = 160

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]


class Measured(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def exact(count: int, of: int) -> Measured:
    """A share with its interval by Clopper and Pearson (1934); of nothing, nothing is known."""
    if not of:
        return Measured(0.0, 0.0, 1.0)
    low = beta.ppf(0.025, count, of - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, of - count) if count < of else 1.0
    return Measured(count / of, float(low), float(high))


def of_actions(is_spam: Marks, log_odds: Numbers) -> dict[str, Measured]:
    probability = probabilities(log_odds)
    ham, spam = probability[~is_spam], probability[is_spam]
    return {
        f"{name}_{action}": exact(int((found >= threshold).sum()), len(found))
        for name, found, action, threshold in (
            ("ham", ham, "held", HOLD),
            ("ham", ham, "rejected", REJECT),
            ("spam", spam, "caught", HOLD),
            ("spam", spam, "rejected", REJECT),
        )
    }


def by_language(rows: Sequence[Labelled], left_out: Numbers) -> Iterator[dict[str, Any]]:
    """Sources left out, pooled; comments written for training are no sample of what blogs get.

    Once as they are labelled, once without honest ones that people read and found to be spam.
    """
    is_spam = np.array([row.is_spam for row in rows])
    judged = np.array([row.source != WRITTEN for row in rows]) & ~np.isnan(left_out)
    languages = np.array([row.language.partition("-")[0] for row in rows])
    mistaken = np.array([not row.is_spam and is_unmarked(row) for row in rows])
    for language in LANGUAGES:
        chosen = judged & (languages == language)
        for name, kept in ((language, chosen), (f"{language}, corrected", chosen & ~mistaken)):
            if kept.any() and (name == language or (chosen & mistaken).any()):
                marks = is_spam[kept]
                counts = {"name": name, "rows": len(marks), "spam": int(marks.sum())}
                yield counts | of_actions(marks, left_out[kept])


def rejected(rows: Sequence[Labelled], left_out: Numbers) -> list[dict[str, Any]]:
    """Comments that are called honest and would be rejected, worst first; people read them."""
    limit = np.log(REJECT / (1 - REJECT))
    found = [
        (float(log_odds), row)
        for log_odds, row in zip(left_out, rows, strict=True)
        if not row.is_spam and row.source != WRITTEN and log_odds >= limit
    ]
    return [
        {
            "source": row.source,
            "probability": float(probabilities(np.array(log_odds))),
            "unmarked_spam": is_unmarked(row),
            "text": " ".join(row.example.text.split())[:_CHARACTERS],
        }
        for log_odds, row in sorted(found, key=lambda pair: -pair[0])
    ]


def is_unmarked(row: Labelled) -> bool:
    """Whether a person read a comment that its set calls honest, and found it to be spam."""
    return digest_of(row) in _unmarked()


def digest_of(row: Labelled) -> str:
    """Of the text: rows of public sets are no part of this project."""
    return hashlib.sha256(row.example.text.encode("utf-8", "replace")).hexdigest()[:16]


@cache
def _unmarked() -> frozenset[str]:
    lines = UNMARKED.read_text("utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines if line and not line.startswith("#"))
