"""Hand-made features: what bags of words miss, from the facts of one pass (``facts``).

To add one, write a function from the facts to a number in a module of this package and decorate
it with its unit, with what must be known for it to say anything, and with what it may speak for.
It reaches training, scoring and findings by itself; models trained without it are refused at load
time (``artifacts``), so train again. The functions are compiled: arithmetic, comparisons and
``math`` only, and a finite number whatever the facts.
"""

import importlib
import pkgutil
from typing import Any

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from classifiers.compiled import called, compiled
from classifiers.facts import FACTS, KNOWN
from classifiers.features.registry import FEATURES, Feature, Tells

__all__ = ["FEATURES", "NEEDS", "SIGNS", "SILENT", "Feature", "known", "matrix"]

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

# The column of FACTS that must not be 0 for each feature to count; -1 for none.
NEEDS = np.array([KNOWN.index(f.needs) if f.needs else -1 for f in FEATURES], dtype=np.int64)

# The only sign that the coefficient of each feature may have; 0 for either.
_SIGN_OF = {Tells.SPAM: 1, Tells.HAM: -1, Tells.EITHER: 0, Tells.NOTHING: 0}
SIGNS = np.array([_SIGN_OF[f.tells] for f in FEATURES], dtype=np.int64)

# Features that are fitted and never speak.
SILENT = np.array([f.tells is Tells.NOTHING for f in FEATURES], dtype=np.bool_)


def _compile_all() -> Any:
    """One compiled function that calls every feature: ``(facts, values) -> None``."""
    calls = [f"        values[row, {i}] = f{i}(facts[row])" for i in range(len(FEATURES))]
    source = ["def compute(facts, values):", "    for row in range(len(facts)):", *calls]
    parts = {f"f{i}": called(feature.compute) for i, feature in enumerate(FEATURES)}
    namespace = globals() | parts
    # Numba keeps compiled code by the name of the file; the source is ours alone.
    exec(compile("\n".join(source), __file__, "exec"), namespace)  # noqa: S102
    signature = types.void(numba.from_dtype(FACTS)[::1], types.float64[:, ::1])
    return compiled(signature)(namespace["compute"])


_compute = _compile_all()


def matrix(facts: NDArray[np.void]) -> NDArray[np.float64]:
    """Features of each comment, known or not.

    Shape ``(len(facts), len(FEATURES))``, columns in the order of ``FEATURES``, every value finite.
    """
    values = np.empty((len(facts), len(FEATURES)))
    _compute(facts, values)
    return values


def known(facts: NDArray[np.void]) -> NDArray[np.bool_]:
    """Which values of ``matrix`` say anything.  Same shape."""
    numbers = facts.view(np.float64).reshape(len(facts), -1)
    needed: NDArray[np.bool_] = numbers[:, np.maximum(NEEDS, 0)] != 0
    return needed | (NEEDS < 0)
