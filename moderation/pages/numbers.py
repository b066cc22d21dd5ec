"""Numbers as readers of each language write them."""

from datetime import date

from service.pages import frame
from service.pages.frame import message

GROUPS = {"de": ".", "en": ",", "ru": "\N{NO-BREAK SPACE}"}
POINTS = {"de": ",", "en": ".", "ru": ","}
PERCENT = {"de": "\N{NO-BREAK SPACE}%", "en": "%", "ru": "\N{NO-BREAK SPACE}%"}
DAYS = {"de": "%d.%m.", "en": "%d %b", "ru": "%d.%m"}
WHOLE_DAYS = {"de": "%d.%m.%Y", "en": "%d %b %Y", "ru": "%d.%m.%Y"}
SPANS = (
    (1.0, 90.0, message("%(number)s s")),
    (60.0, 90.0, message("%(number)s min")),
    (3600.0, 48.0, message("%(number)s h")),
    (86_400.0, float("inf"), message("%(number)s d")),
)
TELLING = 10  # from here on, a digit behind the point says nothing


def number(value: float, language: str, digits: int = 0) -> str:
    text = f"{value:,.{digits}f}"
    return text.translate({ord(","): GROUPS[language], ord("."): POINTS[language]})


def percent(share: float, language: str) -> str:
    """To a tenth where a whole per cent would hide the difference from nothing or all."""
    near = 0 < share < 0.1 or 0.9 < share < 1  # noqa: PLR2004  (a tenth from either end)
    return number(share * 100, language, int(near)) + PERCENT[language]


def duration(seconds: float, language: str) -> str:
    """In the unit that leaves the number short."""
    unit, words = next((unit, words) for unit, most, words in SPANS if seconds / unit < most)
    count = seconds / unit
    digits = int(unit > 1 and count < TELLING and not count.is_integer())
    translated = frame.translations_of(language).gettext(words)
    return translated % {"number": number(count, language, digits)}


def day(moment: date, language: str, *, whole: bool = False) -> str:
    return moment.strftime((WHOLE_DAYS if whole else DAYS)[language])
