"""From features and n-grams to terms, compiled: what each one adds to the log-odds.

A feature adds ``coefficient * (value - centre)`` where what it needs is known, and exactly nothing
where it is not.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from classifiers.compiled import compiled

DECIMALS = 4
_UNIT = 10.0**DECIMALS
SMALLEST = 0.05  # smaller terms are told together
PRIOR, WORDS, OTHER, FIRST_FEATURE = 0, 1, 2, 3

_NUMBERS = types.Array(types.float64, 1, "C")
_TABLE = types.Array(types.float64, 2, "C")


class Weighed(NamedTuple):
    """Terms of a batch, one comment after the other; comment ``i`` ends at ``ends[i]``."""

    ends: NDArray[np.int64]
    names: NDArray[np.int64]  # PRIOR, WORDS, OTHER or FIRST_FEATURE + feature
    log_odds: NDArray[np.float64]  # of whole ten-thousandths
    values: NDArray[np.float64]


@compiled(
    types.void(
        _NUMBERS,
        _TABLE,
        types.Array(types.int64, 1, "C"),
        _TABLE,
        _NUMBERS,
        _NUMBERS,
        _TABLE,
    )
)
def _add_up(
    words: Any, values: Any, needs: Any, facts: Any, coefficients: Any, centres: Any, shares: Any
) -> None:
    for row in range(len(words)):
        shares[row, WORDS] = words[row]
        for i in range(len(needs)):
            known = needs[i] < 0 or facts[row, needs[i]] != 0
            share = coefficients[i] * (values[row, i] - centres[i]) if known else 0.0
            shares[row, FIRST_FEATURE + i] = share


@compiled(
    types.void(_TABLE, _TABLE, types.int64[::1], types.int64[::1], _NUMBERS, _NUMBERS),
)
def _pick(
    shares: Any, values: Any, ends: Any, names: Any, log_odds: Any, shown_values: Any
) -> None:
    end = 0
    for row in range(len(ends)):
        exact = np.float64(0.0)
        shown = np.int64(0)
        for name in range(shares.shape[1]):
            exact += shares[row, name]
            if name == OTHER or (name != PRIOR and abs(shares[row, name]) < SMALLEST):
                continue
            units = np.int64(np.rint(shares[row, name] * _UNIT))
            shown += units
            names[end], log_odds[end] = name, np.float64(units) / _UNIT
            shown_values[end] = values[row, name - FIRST_FEATURE] if name > OTHER else 0.0
            end += 1
        rest = np.int64(np.rint(exact * _UNIT)) - shown
        if rest != 0:
            names[end], log_odds[end], shown_values[end] = OTHER, np.float64(rest) / _UNIT, 0.0
            end += 1
        ends[row] = end


def shares(
    prior: float,
    words: NDArray[np.float64],
    values: NDArray[np.float64],
    needs: NDArray[np.int64],
    facts: NDArray[np.void],
    coefficients: NDArray[np.float64],
    centres: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What each term adds, exactly.  Columns: PRIOR, WORDS, OTHER (0 here), the features."""
    result = np.zeros((len(words), FIRST_FEATURE + len(needs)))
    result[:, PRIOR] = prior
    numbers = facts.view(np.float64).reshape(len(words), -1)
    _add_up(words, values, needs, numbers, coefficients, centres, result)
    return result


def pick(exact: NDArray[np.float64], values: NDArray[np.float64]) -> Weighed:
    """The terms worth telling, rounded; the rest is told as one, so that the sum stays right."""
    rows, columns = exact.shape
    weighed = Weighed(
        np.empty(rows, np.int64),
        np.empty(rows * columns, np.int64),
        np.empty(rows * columns),
        np.empty(rows * columns),
    )
    _pick(exact, values, *weighed)
    return weighed
