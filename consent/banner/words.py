"""What the banner says beside the notice's own texts, in the languages that we speak."""

import json
import re
from functools import cache
from pathlib import Path
from typing import TypeAlias

Words: TypeAlias = dict[str, str]

FALLBACK = "en"
_PART = re.compile(r"([0-9]+)([YMD])")
# One, few, many; where a language has two forms, few and many are the same.
UNITS = {
    "de": {
        "Y": ("Jahr", "Jahre", "Jahre"),
        "M": ("Monat", "Monate", "Monate"),
        "D": ("Tag", "Tage", "Tage"),
    },
    "en": {
        "Y": ("year", "years", "years"),
        "M": ("month", "months", "months"),
        "D": ("day", "days", "days"),
    },
    "ru": {
        "Y": ("год", "года", "лет"),
        "M": ("месяц", "месяца", "месяцев"),
        "D": ("день", "дня", "дней"),
    },
}


@cache
def words() -> dict[str, Words]:
    found: dict[str, Words] = json.loads(
        (Path(__file__).parent / "source/words.json").read_text("utf-8")
    )
    return found


def spoken(language: str) -> Words:
    """In ``language``, else in English."""
    return words()[_ours(language)]


def span(duration: str, language: str) -> str:
    """A duration of a notice, as people say it."""
    if duration in (said := spoken(language)):
        return said[duration]
    units = UNITS[_ours(language)]
    return " ".join(
        f"{number} {units[unit][_form(int(number), language)]}"
        for number, unit in _PART.findall(duration)
    )


def _form(number: int, language: str) -> int:
    if _ours(language) != "ru":
        return 0 if number == 1 else 1
    if number % 100 in range(11, 15):
        return 2
    return 0 if number % 10 == 1 else 1 if number % 10 in {2, 3, 4} else 2


def _ours(language: str) -> str:
    primary = language.partition("-")[0]
    return primary if primary in words() else FALLBACK
