"""Rules that need no training; ``@rule`` decides alone, ``@check`` adds stated log-odds.

To add one: write a function from comment and site to a ``Ruling`` or ``Finding`` (or None) and
decorate it.  Rules are asked in the order in which they stand here; the first that answers rules.
Then give its name a sentence in ``wording``.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from moderation.comments import Comment
from moderation.verdicts import Action, Finding
from service.sites import Site


class Ruling(NamedTuple):
    """What a hard rule decides; ``name`` is its finding's."""

    action: Action
    name: str
    parameters: Mapping[str, str | int | float] = {}


Rule = Callable[[Comment, Site], Ruling | None]
Check = Callable[[Comment, Site], Finding | None]

RULES: list[Rule] = []
CHECKS: list[Check] = []


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function
