"""What a feature is, and the few forms that most of them take."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from classifiers.compiled import inlined

_MANY = 32.0


class Facts(Protocol):
    """One record of ``facts.FACTS``."""

    def __getattr__(self, name: str) -> float: ...


class Tells(StrEnum):
    """What more of a feature may speak for, whatever the training rows say.

    A spammer chooses the text: what is evidence of spam must never buy a way past the filter.
    """

    SPAM = "spam"
    HAM = "ham"
    EITHER = "either"
    # How a set was collected, and no comment: it is fitted, so that words need not explain it, and
    # then left out.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Feature:
    """``needs`` names what must be known (see ``facts.KNOWN``), or is empty."""

    name: str
    unit: str
    needs: str
    tells: Tells
    compute: Callable[[Facts], float]


FEATURES: list[Feature] = []


def feature(
    unit: str, *, needs: str = "", tells: Tells = Tells.SPAM
) -> Callable[[Callable[[Facts], float]], Feature]:
    def register(compute: Callable[[Facts], float]) -> Feature:
        made = Feature(compute.__name__, unit, needs, tells, compute)
        FEATURES.append(made)
        return made

    return register


@inlined
def share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


@inlined
def few(count: float) -> float:
    """Counts of which the first few say most: ln(1 + n), at most ln(33)."""
    return math.log1p(min(max(count, 0.0), _MANY))


@inlined
def clip(value: float, most: float) -> float:
    return min(max(value, 0.0), most)


@inlined
def yes(fact: bool) -> float:
    return 1.0 if fact else 0.0
