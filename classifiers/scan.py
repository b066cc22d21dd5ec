"""Reading a batch, compiled: folded characters, facts and fingerprints of each comment.

Every loop is bounded by the length of its field: no text makes it slow.
"""

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from classifiers import facts, lexicon, text
from classifiers.chunks import PHONE_SHORTEST, count_phones, read_text, same_host
from classifiers.compiled import called, compiled, inlined
from classifiers.fold import Page, Points, Tables, count_characters, fold_row
from classifiers.sender import (
    commercial_parts,
    host_range,
    mixed_in,
    read_author,
    read_mail,
    read_url,
)
from classifiers.words import (
    LANGUAGES,
    MIX,
    POST_SLOTS,
    SEED,
    SEEN_SLOTS,
    SKETCHES,
    STEM,
    Memory,
    judge_languages,
    read_post,
    shared,
)

NEAR_WORDS = 6  # a shorter text has no sketches
_FIELDS = len(facts.FIELDS)
_TEXT, _AUTHOR, _URL, _MAIL = facts.TEXT, facts.AUTHOR, facts.URL, facts.MAIL
_PERMALINK, _TITLE, _CONTEXT = facts.PERMALINK, facts.TITLE, facts.CONTEXT
_POST_MOST = 150  # words; more would fill the set
_MANY_LETTERS = 8  # with fewer, a text is told from others by all of its characters
_SCORED = text.SCORED_CHARACTERS


@inlined
def _fingerprints(fact: Any, memory: Memory, prints: Any) -> None:
    letters = fact.letters >= _MANY_LETTERS
    whole = memory.letters[0] if letters else memory.letters[1]
    if fact.raw_characters > _SCORED:
        # Only the ends were read, so texts of other lengths are other texts.
        whole = mixed_in(whole, np.int64(np.log2(fact.raw_characters) * 2))
    prints[0] = np.int64(whole)
    known = fact.words >= NEAR_WORDS
    prints[1] = np.int64((memory.sketch[0] * MIX) ^ memory.sketch[1]) if known else 0
    prints[2] = np.int64((memory.sketch[2] * MIX) ^ memory.sketch[3]) if known else 0


@called
def _read_sender(row: int, page: Page, tables: Tables, memory: Memory, fact: Any) -> None:
    link, link_end = page.bounds[row * _FIELDS + _URL]
    author, author_end = page.bounds[row * _FIELDS + _AUTHOR]
    mail, mail_end = page.bounds[row * _FIELDS + _MAIL]
    if author_end > author:
        read_author((author, author_end), (link, link_end), page, fact)
        fact.author_commercial = commercial_parts(author, author_end, page, tables)
        fact.author_in_text = shared(author, author_end, page, memory.seen, 0)
        fact.author_in_post = shared(author, author_end, page, memory.post, STEM)
    if link_end > link:
        read_url(link, link_end, page, tables, fact)
        host, end = host_range(link, link_end, page)
        fact.url_site = same_host(host, end, row, _PERMALINK, page)
        link, link_end = host, end
    if mail_end > mail:
        read_mail((mail, mail_end), (link, link_end), page, tables, fact)


@inlined
def _give(row: int, given: Any, fact: Any) -> None:
    fact.known_author, fact.known_url, fact.known_mail = given[row, 0], given[row, 1], given[row, 2]
    fact.known_post, fact.known_language = given[row, 3], given[row, 4]
    fact.languages, fact.escaped = given[row, 5], given[row, 6]
    fact.raw_characters, fact.pingback = given[row, 7], given[row, 8]


@inlined
def _read_row(
    points: Points,
    starts: Any,
    given: Any,
    row: int,
    tables: Tables,
    page: Page,
    memory: Memory,
    fact: Any,
) -> None:
    memory.seen[:] = 0
    memory.post[:] = 0
    memory.common[:] = 0
    memory.recent[:] = 0
    memory.sketch[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
    memory.letters[:] = SEED
    memory.link[:] = 0
    _give(row, given, fact)
    fold_row(points, starts, row, tables, page, fact)
    room = _POST_MOST
    for field in (_PERMALINK, _TITLE, _CONTEXT):
        first, last = page.bounds[row * _FIELDS + field]
        if field == _PERMALINK:
            first = host_range(first, last, page)[1]
        room = read_post(first, last, room, page, memory)
    first, last = page.bounds[row * _FIELDS + _TEXT]
    count_characters(first, last, page, fact)
    if fact.digits >= PHONE_SHORTEST:
        count_phones(first, last, page, fact)
    read_text(row, page, tables, memory, fact)
    judge_languages(fact.languages, memory, fact)
    _read_sender(row, page, tables, memory, fact)


_TABLES = types.NamedTuple(
    [
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint8, 1, "C"),
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint64, 1, "C"),
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint64, 1, "C"),
    ],
    Tables,
)


_PARTS = (SEEN_SLOTS, POST_SLOTS, LANGUAGES, 2, SKETCHES, 2, 2)
_SCRATCH = sum(_PARTS)


@compiled(
    types.void(
        types.Array(types.uint32, 1, "C", readonly=True),
        types.int64[::1],
        types.float64[:, ::1],
        _TABLES,
        types.NamedTuple([types.uint32[::1], types.uint8[::1], types.int64[:, ::1]], Page),
        types.uint64[::1],
        numba.from_dtype(facts.FACTS)[::1],
        types.int64[:, ::1],
    )
)
def _read(
    points: Points,
    starts: Any,
    given: Any,
    tables: Tables,
    page: Page,
    scratch: Any,
    found: Any,
    prints: Any,
) -> None:
    memory = Memory(
        scratch[:SEEN_SLOTS],
        scratch[SEEN_SLOTS : SEEN_SLOTS + POST_SLOTS],
        scratch[_SCRATCH - 19 : _SCRATCH - 10],
        scratch[_SCRATCH - 10 : _SCRATCH - 8],
        scratch[_SCRATCH - 8 : _SCRATCH - 4],
        scratch[_SCRATCH - 4 : _SCRATCH - 2],
        scratch[_SCRATCH - 2 :],
    )
    for row in range(len(given)):
        _read_row(points, starts, given, row, tables, page, memory, found[row])
        _fingerprints(found[row], memory, prints[row])


class Reading(NamedTuple):
    """A batch after its one pass.

    ``facts`` holds one record of ``FACTS`` each.  ``prints`` holds three fingerprints each; the
    last two mean nothing under six words.
    """

    page: Page
    facts: NDArray[np.void]
    prints: NDArray[np.int64]


def read(points: Points, starts: NDArray[np.int64], given: NDArray[np.float64]) -> Reading:
    """Fold, count and sketch a batch.

    ``points`` are the code points of all fields of all examples in the order of ``facts.FIELDS``,
    field ``n`` from ``starts[n]`` to ``starts[n + 1]``; ``given`` holds ``facts.GIVEN`` for each.
    """
    rows = len(given)
    page = Page(
        np.empty(len(points), np.uint32),
        np.empty(len(points), np.uint8),
        np.empty((rows * _FIELDS, 2), np.int64),
    )
    found = np.zeros(rows, facts.FACTS)
    prints = np.empty((rows, 3), np.int64)
    scratch = np.empty(_SCRATCH, np.uint64)
    _read(points, starts, given, tables(), page, scratch, found, prints)
    return Reading(page, found, prints)


@cache
def tables() -> Tables:
    listed = lexicon.table()
    return Tables(*text.tables(), *text.twins(), listed.keys, listed.flags, listed.hints)
