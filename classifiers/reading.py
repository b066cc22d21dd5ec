"""From examples to the arrays that compiled code reads, and back to nothing: no state is kept."""

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter

import numpy as np

from classifiers import facts, lexicon
from classifiers.examples import Example
from classifiers.scan import Reading, read
from classifiers.text import prepare, scored

# How much is read of the other fields: more than any honest one has.
_AUTHOR, _LINK, _MAIL, _POST = 100, 300, 100, 300
_ESCAPED, _ESCAPED_WITHIN = "&lt;", 4000
_PINGBACKS = frozenset({"pingback", "trackback"})
_PRIMARY = re.compile("[a-z]{2}")
_fields = attrgetter("text", "author", "url", "mail_domain", "permalink", "title", "context")


@lru_cache(maxsize=1024)
def language_bits(language: str) -> int:
    """Languages of a blog ("de, en_us") as bits in the order of ``lexicon.LANGUAGES``.

    0, which is *not known*, if one of them has no list of common words here.
    """
    bits = 0
    for tag in re.split(r"[\s,;]+", language[:_POST].lower().strip(" ,;")):
        primary = _PRIMARY.match(tag)
        if not primary or primary[0] not in lexicon.LANGUAGES:
            return 0
        bits |= 1 << lexicon.LANGUAGES.index(primary[0])
    return bits


def read_examples(examples: Sequence[Example]) -> Reading:
    """Everything that is counted in a batch.  Any text will do; the work per example is bounded."""
    pieces: list[str] = []
    given: list[float] = []
    for example in examples:
        _append(example, pieces, given)
    starts = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([*map(len, pieces)], out=starts[1:])
    points = np.frombuffer("".join(pieces).encode("utf-32-le", "surrogatepass"), np.uint32)
    return read(points, starts, np.array(given, np.float64).reshape(-1, len(facts.GIVEN)))


def _append(example: Example, pieces: list[str], given: list[float]) -> None:
    text, author, url, mail, permalink, title, context = _fields(example)
    languages = language_bits(example.language) if example.language else 0
    pieces += (
        prepare(text),
        prepare(author, _AUTHOR) if author else "",
        scored(url, _LINK) if url else "",
        scored(mail, _MAIL) if mail else "",
        scored(permalink, _LINK) if permalink else "",
        prepare(title, _POST) if title else "",
        scored(context, _POST) if context else "",
    )
    given += (
        author is not None,
        url is not None,
        mail is not None,
        title is not None or context is not None or _has_words(permalink),
        languages != 0,
        languages,
        text[:_ESCAPED_WITHIN].count(_ESCAPED) if "&" in text else 0,
        len(text),
        example.kind in _PINGBACKS,
    )


def _has_words(permalink: str | None) -> bool:
    """Whether the address of the post says what the post is about."""
    return permalink is not None and permalink.count("-") > 0
