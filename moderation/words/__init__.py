"""What moderators read, one table for each language.

A finding's name leads to a clause without full stop; ``wording`` adds which way it points.  Where
one clause does not fit all, a key may be narrowed: ``name/field`` for what a list's field is,
``name/none`` where the number is 0, ``name/spam`` and ``name/ham`` for the side it is on.

In a clause, ``{value}`` is a number as the language writes it, ``{value:%}`` a share in percent,
``{value:exp}`` the number n behind ln(1 + n), ``{value:few}`` the same where n stops at 32, and
``{comments:+}`` a count that stops somewhere.  The forms of what is counted stand behind a colon,
``#`` for the number: ``{value:exp:# link|# links}``.  One form more than the language has, and the
first is for none: ``{value:exp:no link|# link|# links}``.

To add a language, write its module and name it in ``wording.LANGUAGES``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How one language says what was found."""

    rulings: Mapping[str, str]  # what decides alone
    reasons: Mapping[str, str]  # what weighs
    settled: str  # how a ruling ends
    unknown: str  # for a name that only an older version knew
    spam: tuple[str, str, str]  # how a reason ends: weak, plain, strong
    ham: tuple[str, str, str]
    neither: str  # ... that weighs nothing
    forms: int  # how many a counted word has
    form: Callable[[float], int]  # which of them goes with a number, from 0
    decimal_mark: str
    group_mark: str
    percent: str
    below_one_percent: str
    at_least: str
