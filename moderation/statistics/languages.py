"""In which language a comment is written, as far as its common words tell: good enough to count."""

import re
from collections import Counter

from classifiers.lexicon import LANGUAGES, common_words

UNKNOWN = "und"  # ISO 639-2
WORDS = re.compile(r"[^\W\d_]+")
READ_CHARACTERS = 1000
TELLING_WORDS = 2  # a single one may be a name
CYRILLIC = re.compile(r"[\u0400-\u052f]")
LETTERS = re.compile(r"[^\W\d_]")
OF_CYRILLIC = ("ru", "uk")
ONLY_UKRAINIAN = re.compile("[іїєґ]")


def language_of(text: str) -> str:
    """One of ``LANGUAGES``, or ``UNKNOWN``: what has too few common words, or as many of two."""
    read = text[:READ_CHARACTERS].lower()
    if 2 * len(CYRILLIC.findall(read)) > len(LETTERS.findall(read)):
        return OF_CYRILLIC[bool(ONLY_UKRAINIAN.search(read))]
    words = WORDS.findall(read)
    found = Counter({each: sum(word in common_words(each) for word in words) for each in LANGUAGES})
    (first, most), (_, next_most) = found.most_common(2)
    return first if most >= TELLING_WORDS and most > next_most else UNKNOWN
