"""Findings in words: what was found, and whether it speaks for spam or against.

The tables stand in ``words``; here is how a clause is chosen, filled in and ended.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from moderation.history import COUNTED_AT_MOST
from moderation.verdicts import Finding
from moderation.words import Language, de, en, ru

LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {"de": de.LANGUAGE, "en": en.LANGUAGE, "ru": ru.LANGUAGE}
)
DEFAULT_LANGUAGE = "en"

# Log-odds from which a finding is called plain and strong: odds of 5 to 3, and of 9 to 2.
PLAIN_LOG_ODDS = 0.5
STRONG_LOG_ODDS = 1.5

# What is no reason by itself and closes the list: the sum of what is small, the starting point.
LAST = {"other": 1, "prior": 2}

# The styles of a number, and from where on it stands for "at least so many".
COUNTED_UP_TO = {
    "": math.inf,
    "%": math.inf,
    "exp": math.inf,  # n, where ln(1 + n) is given
    "few": 32,  # the same, but the classifier's features count no further
    "+": COUNTED_AT_MOST,
}
LOGARITHMS = ("exp", "few")
WHOLE = ("exp", "few", "%")
LARGEST_EXPONENT = 50.0  # beyond any text; ``expm1`` overflows at 710


def sentence(finding: Finding, language: str) -> str:
    """One sentence for a moderator.

    ``language`` is a BCP 47 tag, a locale or a list of them; the first that is spoken here counts,
    else English.  A name without words, from an older model or rule, gets a general sentence.
    The sentence may quote the comment: escape it for HTML.
    """
    spoken = _spoken(language)
    if ruling := _ruling(finding, spoken):
        return f"{ruling}{spoken.settled}."
    clause = _clause(finding, spoken.reasons, spoken) or spoken.unknown.format(name=finding.name)
    return f"{clause}{_ending(finding.log_odds, spoken)}."


def sentences(findings: Iterable[Finding], language: str) -> list[str]:
    """A sentence for each finding: what decided alone first, then the strongest.

    The starting point and the sum of small things come last, however much they weigh.
    """
    spoken = _spoken(language)

    def order(finding: Finding) -> tuple[bool, int, float]:
        is_ruling = _ruling(finding, spoken) is not None
        return not is_ruling, LAST.get(finding.name, 0), -abs(finding.log_odds)

    return [sentence(finding, language) for finding in sorted(findings, key=order)]


@lru_cache(maxsize=256)
def _spoken(language: str) -> Language:
    for tag in re.split(r"[\s,;]+", language.lower()):
        primary = re.split("[-_]", tag, maxsplit=1)[0]
        if primary in LANGUAGES:
            return LANGUAGES[primary]
    return LANGUAGES[DEFAULT_LANGUAGE]


def _ruling(finding: Finding, language: Language) -> str | None:
    """A rule decides and weighs nothing; that tells it from a reason."""
    return None if finding.log_odds else _clause(finding, language.rulings, language)


def _clause(finding: Finding, table: Mapping[str, str], language: Language) -> str | None:
    """None where there are no words, or where a number that they need is missing."""
    values = {
        name: value if isinstance(value, str) else Number(value, language)
        for name, value in finding.parameters.items()
    }
    for key in _keys(finding):
        if key in table:
            try:
                return table[key].format_map(values)
            except (KeyError, ValueError):
                return None
    return None


def _keys(finding: Finding) -> Iterator[str]:
    """The keys of a clause, the narrowest first."""
    name, parameters = finding.name, finding.parameters
    if "field" in parameters:
        yield f"{name}/{parameters['field']}"
    if parameters.get("value") == 0:
        yield f"{name}/none"
    if finding.log_odds:
        yield f"{name}/{'spam' if finding.log_odds > 0 else 'ham'}"
    yield name


def _ending(log_odds: float, language: Language) -> str:
    if not log_odds:
        return language.neither
    endings = language.spam if log_odds > 0 else language.ham
    return endings[(abs(log_odds) >= PLAIN_LOG_ODDS) + (abs(log_odds) >= STRONG_LOG_ODDS)]


class Number:
    """A number that a clause can ask for in several ways; see ``words``."""

    def __init__(self, value: float, language: Language) -> None:
        self._value = value
        self._language = language

    def __format__(self, spec: str) -> str:
        style, forms = _read(spec)
        number = self._rounded(style)
        if not math.isfinite(number):
            raise ValueError(style)
        written = self._written(number, style)
        return self._form(number, style, forms).replace("#", written) if forms else written

    def _rounded(self, style: str) -> float:
        """The number as it will be read: its word takes the form of what stands beside it."""
        number = float(self._value)
        if style in LOGARITHMS:
            number = math.expm1(min(number, LARGEST_EXPONENT))
        elif style == "%":
            number *= 100
        is_whole = style in WHOLE or abs(number) >= 10 or number.is_integer()  # noqa: PLR2004
        return round(number, 0 if is_whole else 1)

    def _form(self, number: float, style: str, forms: Sequence[str]) -> str:
        without_none = forms[len(forms) - self._language.forms :]
        if number == 0 and len(forms) > len(without_none):
            return forms[0]
        if number >= COUNTED_UP_TO[style]:
            return without_none[-1]  # "at least" asks for the plural, and Russian for the genitive
        return without_none[self._language.form(number)]

    def _written(self, number: float, style: str) -> str:
        language = self._language
        if style == "%" and not number and self._value > 0:
            return language.below_one_percent
        text = f"{number:,.0f}" if number.is_integer() else f"{number:,.1f}"
        marks = {",": language.group_mark, ".": language.decimal_mark, "-": "\N{MINUS SIGN}"}
        text = "".join(marks.get(character, character) for character in text)
        if number >= COUNTED_UP_TO[style]:
            return language.at_least.format(text)
        return f"{text}{language.percent}" if style == "%" else text


def _read(spec: str) -> tuple[str, list[str]]:
    """``exp:# link|# links`` is the style ``exp`` and two forms; either may be missing.

    Raises ``ValueError`` for an unknown style.
    """
    style, _, forms = spec.rpartition(":") if "|" in spec else (spec, "", "")
    if style not in COUNTED_UP_TO:
        raise ValueError(style)
    return style, forms.split("|") if forms else []
