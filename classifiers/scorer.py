"""A trained model, ready to score: examples in, terms that sum to calibrated log-odds out."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers import corrections, features, ngrams, weighing
from classifiers.artifacts import load
from classifiers.corrections import Correction
from classifiers.examples import Example
from classifiers.fingerprints import Fingerprints, of_reading
from classifiers.pipeline import Model
from classifiers.reading import read_examples
from classifiers.scan import Reading
from classifiers.spelled import spelled_buckets


class Term(NamedTuple):
    """One reason.  ``value`` is the feature's raw value in its unit; 0 for prior, words, other."""

    name: str
    log_odds: float
    value: float


class Score(NamedTuple):
    """``math.fsum`` of the terms' log-odds, rounded to four decimals, *is* the log-odds."""

    terms: tuple[Term, ...]
    fingerprints: Fingerprints

    @property
    def log_odds(self) -> float:
        return math.fsum(term.log_odds for term in self.terms)


_NAMES = ("prior", "words", "other", *(feature.name for feature in features.FEATURES))
_new = tuple.__new__  # a third of the time of Term(...)


class Scorer:
    """Safe for use by several threads at once: nothing is written after it is made."""

    def __init__(self, model: Model, *, version: str) -> None:
        self.version = version
        self._model = model

    def score(self, examples: Sequence[Example]) -> list[Score]:
        """Terms and fingerprints of each example, in order.  Any text will do."""
        if not examples:
            return []
        reading = read_examples(examples)
        exact, values = self._shares(reading)
        return self._told(reading, exact, values)

    def _told(
        self, reading: Reading, exact: NDArray[np.float64], values: NDArray[np.float64]
    ) -> list[Score]:
        weighed = weighing.pick(exact, values)
        ends = weighed.ends.tolist()
        # There is room for every term of every comment, and most of it is empty.
        names, log_odds, shown = (column[: ends[-1]].tolist() for column in weighed[1:])
        named = zip(map(_NAMES.__getitem__, names), log_odds, shown, strict=True)
        terms = [*map(_new, repeat(Term), named)]
        begins = [0, *ends]
        return [
            Score(tuple(terms[begin:end]), prints)
            for begin, end, prints in zip(begins, ends, of_reading(reading), strict=False)
        ]

    def corrected(
        self, examples: Sequence[Example], asked: Mapping[int, Mapping[str, Correction]]
    ) -> list[Score]:
        """``score``, where some examples (by place) have corrections (by name of their term)."""
        reading = read_examples(examples)
        exact, values = self._shares(reading)
        scores = self._told(reading, exact, values)
        known = features.known(reading.facts)
        centred = np.where(known, values - self._model.centres, 0.0)
        wanted = defaultdict(list)
        for place, named in asked.items():
            for name, correction in named.items():
                wanted[name, correction].append(place)
        for (name, correction), places in wanted.items():
            found = corrections.shares(reading, places, correction, centred)
            for place, share in zip(places, found.round(weighing.DECIMALS).tolist(), strict=True):
                terms, prints = scores[place]
                scores[place] = Score((*terms, Term(name, share, 0.0)), prints)
        return scores

    @property
    def model(self) -> Model:
        """What a site's corrections correct."""
        return self._model

    def log_odds(self, examples: Sequence[Example]) -> NDArray[np.float64]:
        """Exact log-odds, before rounding."""
        if not examples:
            return np.empty(0)
        exact, _ = self._shares(read_examples(examples))
        return np.asarray(exact.sum(axis=1))

    def explain(self, example: Example, most: int = 10) -> list[tuple[str, float]]:
        """The n-grams that weigh most for one example, as ``(n-gram, log-odds)``.  Slow."""
        weights = self._model.weights
        found: dict[str, float] = {}
        for block in spelled_buckets(example):
            value = float(ngrams.value_of(np.array([len(block)]))[0])
            for spelled, bucket in block:
                found[spelled] = found.get(spelled, 0.0) + float(weights[bucket]) * value
        return sorted(found.items(), key=lambda item: -abs(item[1]))[:most]

    def _shares(self, reading: Reading) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        model = self._model
        values = features.matrix(reading.facts)
        words = ngrams.sums(reading.page, model.weights).sum(axis=1)
        exact = weighing.shares(
            model.intercept,
            words,
            values,
            features.NEEDS,
            reading.facts,
            model.coefficients,
            model.centres,
        )
        return exact, values


@cache
def load_default() -> Scorer:
    """The model that ships.  Raises ``artifacts.UnfitModel`` if it does not fit this code."""
    model, manifest = load()
    return Scorer(model, version=manifest["version"])
