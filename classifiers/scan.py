"""Reading a batch, compiled: links, contacts, words and fingerprints of each comment.

A text is cut at spaces, quotation marks and brackets.  Each chunk is a link, a mail address, a bare
domain, or words.  Every loop is bounded by the length of its field: no text makes it slow.
"""

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from classifiers import facts, lexicon, text
from classifiers.compiled import called, compiled, inlined
from classifiers.fold import (
    DIGIT,
    KIND,
    LATIN,
    SPACE,
    UPPER,
    Page,
    Points,
    Tables,
    count_characters,
    fold_row,
    is_letter,
)
from classifiers.sender import (
    commercial_parts,
    hash_range,
    host_flags,
    host_range,
    lookup,
    mixed_in,
    read_author,
    read_mail,
    read_url,
)

_FIELDS, _GIVEN = len(facts.FIELDS), len(facts.GIVEN)
_TEXT, _AUTHOR, _URL, _MAIL = facts.TEXT, facts.AUTHOR, facts.URL, facts.MAIL
_PERMALINK, _TITLE, _CONTEXT = facts.PERMALINK, facts.TITLE, facts.CONTEXT
_SEED = np.uint64(0xCBF29CE484222325)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STEM_BIT = np.uint64(lexicon.STEM)
_SHORTEST, _LONGEST = lexicon.STEM_SHORTEST, lexicon.STEM_LONGEST
_COMMERCIAL, _MONEY, _CONTACT = lexicon.COMMERCIAL, lexicon.MONEY, lexicon.CONTACT
_PRAISE, _BLOG = lexicon.PRAISE, lexicon.BLOG
_LANGUAGES, _LANGUAGE_BIT = len(lexicon.LANGUAGES), lexicon.FIRST_LANGUAGE_BIT
_ANY_COMMON = ((1 << _LANGUAGES) - 1) << _LANGUAGE_BIT
_SHORTENER, _SOCIAL, _FREE = lexicon.SHORTENER, lexicon.SOCIAL, lexicon.FREE
_MESSENGER, _CHEAP = lexicon.MESSENGER, lexicon.CHEAP
_ENDING, _WORD_ENDING = lexicon.ENDING, lexicon.WORD_ENDING
_SEEN_SLOTS, _SEEN_MOST = 1024, 700
_POST_SLOTS, _POST_MOST = 256, 150
_STEM = 5  # letters that count when a text and its post are compared
_CLUSTER = 5  # consonants in a row that no language of ours likes
_PHONE_SHORTEST, _PHONE_LONGEST = 9, 15
NEAR_WORDS = 6  # a shorter text has no sketches
_MANY_LETTERS = 8  # with fewer, a text is told from others by all of its characters
_SKETCHES = 4
_FINISH = np.uint64(29)

_DOT, _SLASH, _COLON, _AT, _W = ord("."), ord("/"), ord(":"), ord("@"), ord("w")
_LESS, _BRACKET, _LINE = ord("<"), ord("["), ord("\n")
_CURLY = (0x201C, 0x201D, 0x201E, 0x2033, 0x2032, 0xAB, 0xBB)
_BREAKS = np.zeros(0x3020, dtype=np.bool_)
_BREAKS[[ord(mark) for mark in "<>\"'()[]{},;|=“”„«»″‘’′「」"]] = True
_VOWELS = np.zeros(0x180, dtype=np.bool_)
_VOWELS[[ord(v) for v in "aeiouyäöüáéíóúàèìòùâêîôûãõåæøœąęıëïÿ"]] = True


class Memory(NamedTuple):
    """Working memory of one call: sets of hashes, and what is known of words so far."""

    seen: NDArray[np.uint64]  # the words of the text
    post: NDArray[np.uint64]  # the word stems of the post
    common: NDArray[np.uint64]  # common words by language
    recent: NDArray[np.uint64]  # the last two words
    sketch: NDArray[np.uint64]  # least hashes of the word runs
    letters: NDArray[np.uint64]  # hash of all letters, and of all characters


@inlined
def _add(key: Any, slots: Any) -> bool:
    """Put ``key`` into the set ``slots``; whether it was new.  The caller sees to free slots."""
    last = len(slots) - 1
    slot = np.int64((key ^ (key >> np.uint64(32))) & np.uint64(last))
    while slots[slot] != 0:
        if slots[slot] == key:
            return False
        slot = (slot + 1) & last
    slots[slot] = key
    return True


@inlined
def _has(key: Any, slots: Any) -> bool:
    last = len(slots) - 1
    slot = np.int64((key ^ (key >> np.uint64(32))) & np.uint64(last))
    while slots[slot] != 0:
        if slots[slot] == key:
            return True
        slot = (slot + 1) & last
    return False


@called
def _read_post(first: int, last: int, room: int, page: Page, memory: Memory) -> int:
    """Put the stems of words of four letters or more into ``memory.post``; the room left."""
    value, length = _SEED, 0
    for i in range(first, last + 1):
        if i < last and is_letter(page.kinds[i] & KIND):
            if length < _STEM:
                value = mixed_in(value, page.points[i])
            length += 1
            continue
        if length >= _SHORTEST and room > 0:
            room -= _add(value, memory.post)
        value, length = _SEED, 0
    return room


@inlined
def _breaks(i: int, page: Page) -> bool:
    code = page.points[i]
    return page.kinds[i] & KIND == SPACE or (code < len(_BREAKS) and _BREAKS[code])


@inlined
def _read_text(row: int, page: Page, tables: Tables, memory: Memory, fact: Any) -> None:
    first, last = page.bounds[row * _FIELDS + _TEXT]
    i = first
    while i < last:
        if _breaks(i, page):
            _read_break(i, last, page, fact)
            i += 1
            continue
        end = i + 1
        while end < last and not _breaks(end, page):
            end += 1
        _read_chunk(i, end, row, page, tables, memory, fact)
        i = end


@called
def _read_break(i: int, last: int, page: Page, fact: Any) -> None:
    code = page.points[i]
    if i + 1 < last and code == _LESS:
        fact.tags += is_letter(page.kinds[i + 1] & KIND) or page.points[i + 1] == _SLASH
    elif i + 3 < last and code == _BRACKET:
        points = page.points
        fact.bbcode += (points[i + 1], points[i + 2], points[i + 3]) in (
            (ord("u"), ord("r"), ord("l")),
            (ord("l"), ord("i"), ord("n")),
            (ord("i"), ord("m"), ord("g")),
        )


@inlined
def _read_chunk(
    first: int, last: int, row: int, page: Page, tables: Tables, memory: Memory, fact: Any
) -> None:
    points = page.points
    scheme = at = slash = dot = -1
    for i in range(first, last):
        code = points[i]
        if code == _SLASH:
            if scheme < 0 and i > first and points[i - 1] == _COLON and i + 1 < last:
                scheme = i + 2 if points[i + 1] == _SLASH else -1
            slash = i if slash < 0 else slash
        elif code == _AT:
            at = i if at < 0 else at
        elif code == _DOT and slash < 0 and i + 1 < last:
            dot = i
    if scheme > 0 or at > first or dot > first:
        memory.letters[1] ^= hash_range(first, last, page)
    if scheme > 0:
        _read_link(first, scheme, last, row, page, tables, fact)
    elif last - first > 6 and dot > first + 3 and _is_www(first, page):  # noqa: PLR2004
        _read_link(first, first, last, row, page, tables, fact)
    elif first < at < dot:
        fact.emails += 1
    elif dot > first and _is_domain(first, dot, last, slash, page, tables):
        fact.bare_domains += 1
        _read_link(first, first, last, row, page, tables, fact)
    else:
        fact.handles += at == first and last - first > 2  # noqa: PLR2004
        _read_words(first, last, row, page, tables, memory, fact)


@inlined
def _is_www(i: int, page: Page) -> bool:
    points = page.points
    return (
        points[i] == _W and points[i + 1] == _W and points[i + 2] == _W and points[i + 3] == _DOT
    )


@called
def _is_domain(first: int, dot: int, last: int, slash: int, page: Page, tables: Tables) -> bool:
    """A host without scheme: "shop.example/a".  Endings that are words need the path."""
    end = slash if slash > 0 else last
    while end > dot and not is_letter(page.kinds[end - 1] & KIND):
        end -= 1
    if not 2 <= end - dot - 1 <= 8 or not _may_end_label(page.kinds[dot - 1] & KIND):  # noqa: PLR2004
        return False
    for i in range(dot + 1, end):
        if not is_letter(page.kinds[i] & KIND):
            return False
    flags = lookup(hash_range(dot, end, page), tables)
    return flags & _ENDING > 0 or (flags & _WORD_ENDING > 0 and slash > dot)


@inlined
def _may_end_label(kind: int) -> bool:
    return is_letter(kind) or kind == DIGIT


@called
def _read_link(
    first: int, begin: int, last: int, row: int, page: Page, tables: Tables, fact: Any
) -> None:
    host, end = host_range(begin, last, page)
    flags = host_flags(host, end, page, tables)
    fact.links += 1
    fact.link_characters += last - first
    fact.last_link_end = last - page.bounds[row * _FIELDS + _TEXT, 0]
    fact.shorteners += flags & _SHORTENER > 0
    fact.messenger_links += flags & _MESSENGER > 0
    fact.social_links += flags & _SOCIAL > 0
    fact.free_links += flags & _FREE > 0
    fact.cheap_links += flags & _CHEAP > 0
    fact.deep_links += last - end > 2  # noqa: PLR2004 - more than "/"
    fact.commercial_links += commercial_parts(host, last, page, tables) > 0
    fact.site_links += _same_host(host, end, row, _PERMALINK, page)
    fact.author_links += _same_host(host, end, row, _URL, page)
    before = first - page.bounds[row * _FIELDS + _TEXT, 0]
    fact.curly_links += before > 0 and page.points[first - 1] in _CURLY


@called
def _same_host(host: int, end: int, row: int, field: int, page: Page) -> bool:
    other, other_end = page.bounds[row * _FIELDS + field]
    if other_end == other:
        return False
    other, other_end = host_range(other, other_end, page)
    return other_end - other == end - host and hash_range(host, end, page) == hash_range(
        other, other_end, page
    )


@inlined
def _read_words(
    first: int, last: int, row: int, page: Page, tables: Tables, memory: Memory, fact: Any
) -> None:
    i = first
    while i < last:
        if not is_letter(page.kinds[i] & KIND):
            memory.letters[1] = mixed_in(memory.letters[1], page.points[i])
            i += 1
            continue
        end = i + 1
        while end < last and is_letter(page.kinds[end] & KIND):
            end += 1
        _read_word(i, end, page, tables, memory, fact)
        i = end


@inlined
def _read_word(
    first: int, last: int, page: Page, tables: Tables, memory: Memory, fact: Any
) -> None:
    value = stem = _SEED
    flags = upper = consonants = cluster = 0
    for i in range(first, last):
        code, kind = page.points[i], page.kinds[i]
        value = mixed_in(value, code)
        memory.letters[0] = mixed_in(memory.letters[0], code)
        memory.letters[1] = mixed_in(memory.letters[1], code)
        length = i + 1 - first
        if _SHORTEST <= length <= _LONGEST:
            flags |= lookup(value ^ _STEM_BIT, tables)
        if length <= _STEM:
            stem = value
        upper += kind >> 4
        vowel = kind & KIND != LATIN or (code < len(_VOWELS) and _VOWELS[code])
        consonants = 0 if vowel else consonants + 1
        cluster = max(cluster, consonants)
    flags |= lookup(value, tables)
    length = last - first
    fact.words += 1
    fact.capital_words += upper == length and length > 2  # noqa: PLR2004
    fact.clusters += cluster >= _CLUSTER
    _count_lists(flags, memory, fact)
    if length >= _SHORTEST and not flags & _ANY_COMMON:
        fact.content_words += 1
        fact.overlap_words += _has(stem, memory.post)
    if fact.unique_words < _SEEN_MOST:
        fact.counted_words += 1
        fact.unique_words += _add(value, memory.seen)
    _sketch(value, memory, fact)


@inlined
def _count_lists(flags: int, memory: Memory, fact: Any) -> None:
    if not flags:
        return
    fact.commercial_words += flags & _COMMERCIAL > 0
    fact.money_words += flags & _MONEY > 0
    fact.contact_words += flags & _CONTACT > 0
    fact.praise_words += flags & _PRAISE > 0
    fact.blog_words += flags & _BLOG > 0
    if flags & _ANY_COMMON:
        for language in range(_LANGUAGES):
            memory.common[language] += np.uint64((flags >> (_LANGUAGE_BIT + language)) & 1)


@inlined
def _sketch(word: Any, memory: Memory, fact: Any) -> None:
    """Take a run of three words into the least hashes of four orders."""
    run = (memory.recent[0] * _MIX ^ memory.recent[1]) * _MIX ^ word
    memory.recent[0], memory.recent[1] = memory.recent[1], word
    if fact.words > 2:  # noqa: PLR2004
        for order in range(_SKETCHES):
            run = (run ^ (run >> _FINISH)) * _MIX
            memory.sketch[order] = min(memory.sketch[order], run)


@called
def _count_phones(first: int, last: int, page: Page, fact: Any) -> None:
    """Numbers of nine to fifteen digits that are written as one calls them."""
    digits = 0
    lead = np.uint32(0)
    for i in range(first, last + 1):
        code = page.points[i] if i < last else np.uint32(_LINE)
        if i < last and page.kinds[i] & KIND == DIGIT:
            lead = code if digits == 0 and lead != ord("+") else lead
            digits += 1
        elif code == ord("+") and digits == 0:
            lead = code
        elif digits == 0 or code not in (0x20, 0x28, 0x29, 0x2D, 0x2F, 0xA0, 0x2011, 0x2013):
            if digits >= _PHONE_SHORTEST:
                marked = lead in (0x2B, 0x30, 0x38)  # + 0 8
                fact.phones += _PHONE_SHORTEST + 2 * (not marked) <= digits <= _PHONE_LONGEST
            digits = 0
            lead = np.uint32(0)


@called
def _judge_languages(languages: int, memory: Memory, fact: Any) -> None:
    """Common words of the blog's languages, and of the best of the others."""
    for language in range(_LANGUAGES):
        if languages >> language & 1:
            fact.expected_common = max(fact.expected_common, np.float64(memory.common[language]))
        else:
            fact.other_common = max(fact.other_common, np.float64(memory.common[language]))


@inlined
def _fingerprints(fact: Any, memory: Memory, prints: Any) -> None:
    letters = fact.letters >= _MANY_LETTERS
    whole = memory.letters[0] if letters else memory.letters[1]
    if fact.raw_characters > text.SCORED_CHARACTERS:
        # Only the ends were read, so texts of other lengths are other texts.
        whole = mixed_in(whole, np.int64(np.log2(fact.raw_characters) * 2))
    prints[0] = np.int64(whole)
    known = fact.words >= NEAR_WORDS
    prints[1] = np.int64((memory.sketch[0] * _MIX) ^ memory.sketch[1]) if known else 0
    prints[2] = np.int64((memory.sketch[2] * _MIX) ^ memory.sketch[3]) if known else 0


@called
def _read_sender(row: int, page: Page, tables: Tables, memory: Memory, fact: Any) -> None:
    link, link_end = page.bounds[row * _FIELDS + _URL]
    author, author_end = page.bounds[row * _FIELDS + _AUTHOR]
    mail, mail_end = page.bounds[row * _FIELDS + _MAIL]
    if author_end > author:
        read_author((author, author_end), (link, link_end), page, fact)
        fact.author_commercial = commercial_parts(author, author_end, page, tables)
        fact.author_in_text = _shared(author, author_end, page, memory.seen, 0)
        fact.author_in_post = _shared(author, author_end, page, memory.post, _STEM)
    if link_end > link:
        read_url(link, link_end, page, tables, fact)
        host, end = host_range(link, link_end, page)
        fact.url_site = _same_host(host, end, row, _PERMALINK, page)
        link, link_end = host, end
    if mail_end > mail:
        read_mail((mail, mail_end), (link, link_end), page, tables, fact)


@called
def _shared(first: int, last: int, page: Page, slots: Any, stem: int) -> int:
    """Words of four letters or more that are in ``slots``, by their first ``stem`` letters."""
    found = 0
    value, length = _SEED, 0
    for i in range(first, last + 1):
        if i < last and is_letter(page.kinds[i] & KIND):
            if stem == 0 or length < stem:
                value = mixed_in(value, page.points[i])
            length += 1
            continue
        found += length >= _SHORTEST and _has(value, slots)
        value, length = _SEED, 0
    return found


@inlined
def _give(row: int, given: Any, fact: Any) -> None:
    fact.known_author, fact.known_url, fact.known_mail = given[row, 0], given[row, 1], given[row, 2]
    fact.known_post, fact.known_language = given[row, 3], given[row, 4]
    fact.languages, fact.escaped = given[row, 5], given[row, 6]
    fact.raw_characters, fact.pingback = given[row, 7], given[row, 8]


@inlined
def _read_row(
    points: Points, starts: Any, given: Any, row: int, tables: Tables, page: Page, memory: Memory, fact: Any
) -> None:
    memory.seen[:] = 0
    memory.post[:] = 0
    memory.common[:] = 0
    memory.recent[:] = 0
    memory.sketch[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
    memory.letters[:] = _SEED
    _give(row, given, fact)
    fold_row(points, starts, row, tables, page, fact)
    room = _POST_MOST
    for field in (_PERMALINK, _TITLE, _CONTEXT):
        first, last = page.bounds[row * _FIELDS + field]
        if field == _PERMALINK:
            first = host_range(first, last, page)[1]
        room = _read_post(first, last, room, page, memory)
    first, last = page.bounds[row * _FIELDS + _TEXT]
    count_characters(first, last, page, fact)
    _count_phones(first, last, page, fact)
    _read_text(row, page, tables, memory, fact)
    _judge_languages(np.int64(fact.languages), memory, fact)
    _read_sender(row, page, tables, memory, fact)


_TABLES = types.NamedTuple(
    [
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint8, 1, "C"),
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint64, 1, "C"),
        types.Array(types.uint32, 1, "C"),
    ],
    Tables,
)


_PARTS = (_SEEN_SLOTS, _POST_SLOTS, _LANGUAGES, 2, _SKETCHES, 2)
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
        scratch[:_SEEN_SLOTS],
        scratch[_SEEN_SLOTS : _SEEN_SLOTS + _POST_SLOTS],
        scratch[_SCRATCH - 17 : _SCRATCH - 8],
        scratch[_SCRATCH - 8 : _SCRATCH - 6],
        scratch[_SCRATCH - 6 : _SCRATCH - 2],
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
    field ``n`` from ``starts[n]`` to ``starts[n + 1]``; ``given`` has a row of ``facts.GIVEN`` each.
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
    return Tables(*text.tables(), *text.twins(), *lexicon.table())
