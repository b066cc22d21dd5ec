"""Mails and sentences to authors and readers, in their language.

A letter is a subject and paragraphs; each paragraph may ask for values by name.  Nothing that a
stranger chose stands in one, but for what they are told they chose themselves: whoever writes a
comment or a report may name the address of somebody who never heard of us.  The three tables have
the same keys; a test compares.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from moderation.letters import de, en, ru

TABLES = {"de": de.LETTERS, "en": en.LETTERS, "ru": ru.LETTERS}
DAYS = {"de": "%d.%m.%Y", "en": "%Y-%m-%d", "ru": "%d.%m.%Y"}
POINTS = {"de": "Punkt {}", "en": "point {}", "ru": "пункт {}"}  # of the house rules
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


def spoken(*languages: str | None) -> str:
    """The first language in these tags or lists of tags that letters are written in."""
    for tag in re.split(r"[\s,;]+", " ".join(filter(None, languages)).lower()):
        primary = re.split("[-_]", tag, maxsplit=1)[0]
        if primary in TABLES:
            return primary
    return DEFAULT_LANGUAGE


def written_day(moment: datetime, language: str) -> str:
    return moment.astimezone(UTC).strftime(DAYS[language])


def written_clause(clause: str, language: str) -> str:
    """A bare number is called a point."""
    return POINTS[language].format(clause) if clause.isdigit() else clause


def letter(name: str, language: str, *paragraphs: str, **values: object) -> Letter:
    """The letter ``name`` of these paragraphs, which are names in its table.

    A paragraph whose values are all empty is left out.
    """
    table = TABLES[language]
    chosen = [filled for each in paragraphs if (filled := _filled(table[each], values))]
    return Letter(table[name].format_map(values), "\n\n".join(chosen) + "\n")


def _filled(paragraph: str, values: dict[str, object]) -> str:
    names = re.findall(r"{(\w+)}", paragraph)
    if names and not any(values.get(name) for name in names):
        return ""
    return paragraph.format_map(values)
