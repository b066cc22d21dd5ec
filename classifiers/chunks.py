"""Pieces of a text, compiled: links, addresses, numbers to call, markup; the rest is words.

A text is cut at spaces, quotation marks and brackets.  Each chunk is a link, a mail address, a bare
domain, or words.
"""

from typing import Any

import numpy as np

from classifiers import lexicon
from classifiers.compiled import called, inlined
from classifiers.facts import FIELDS, PERMALINK, TEXT, URL
from classifiers.fold import DIGIT, KIND, SPACE, Page, Points, Tables, is_letter
from classifiers.sender import commercial_parts, hash_range, host_flags, host_range, is_www, lookup
from classifiers.words import MIX, Memory, read_words

_FIELDS = len(FIELDS)
_TEXT, _PERMALINK, _URL = TEXT, PERMALINK, URL
_SHORTENER, _FREE = lexicon.SHORTENER, lexicon.FREE
_REFERENCE, _PROFILE = lexicon.REFERENCE, lexicon.PROFILE
_MESSENGER, _CHEAP = lexicon.MESSENGER, lexicon.CHEAP
_ENDING, _WORD_ENDING = lexicon.ENDING, lexicon.WORD_ENDING
_SHORTEST = len("www.a.b") - 1
PHONE_SHORTEST, _PHONE_LONGEST = 9, 15
_PHONE_SIGNS = (0x20, 0x28, 0x29, 0x2D, 0x2F, 0xA0, 0x2011, 0x2013)  # space ( ) - / and kin
_PHONE_LEADS = (0x2B, 0x30, 0x38)  # + 0 8
_DOT, _SLASH, _COLON, _AT = ord("."), ord("/"), ord(":"), ord("@")
_LESS, _BRACKET, _LINE, _PLUS = ord("<"), ord("["), ord("\n"), ord("+")
_CURLY = (0x201C, 0x201D, 0x201E, 0x2033, 0x2032, 0xAB, 0xBB)
_BREAKS = np.zeros(0x3020, dtype=np.bool_)
_BREAKS[[ord(mark) for mark in "<>\"'()[]{},;|=“”„«»″‘’′「」"]] = True


@inlined
def _breaks(i: int, page: Page) -> Any:
    code = page.points[i]
    return page.kinds[i] & KIND == SPACE or (code < len(_BREAKS) and _BREAKS[code])


@inlined
def read_text(row: int, page: Page, tables: Tables, memory: Memory, fact: Any) -> None:
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
def _signs(first: int, last: int, points: Points) -> tuple[int, int, int, int]:
    """Places in a chunk: the host after ``://``, the first ``@`` and ``/``, the last dot before it.

    -1 for what is not there.
    """
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
    return scheme, at, slash, dot


@inlined
def _read_chunk(
    first: int, last: int, row: int, page: Page, tables: Tables, memory: Memory, fact: Any
) -> None:
    scheme, at, slash, dot = _signs(first, last, page.points)
    if scheme > 0 or at > first or dot > first:
        memory.letters[1] = (memory.letters[1] ^ hash_range(first, last, page)) * MIX
    if scheme > 0:
        _read_link(first, scheme, last, row, page, tables, memory, fact)
    elif last - first > _SHORTEST and dot > first + 3 and is_www(first, page):
        _read_link(first, first, last, row, page, tables, memory, fact)
    elif first < at < dot:
        fact.emails += 1
    elif dot > first and _is_domain(dot, last, slash, page, tables):
        _read_domain(first, last, row, page, tables, memory, fact)
    else:
        fact.handles += at == first and last - first > len("@a")
        read_words(first, last, page, tables, memory, fact)


@called
def _is_domain(dot: int, last: int, slash: int, page: Page, tables: Tables) -> bool:
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
def _may_end_label(kind: Any) -> Any:
    return is_letter(kind) or kind == DIGIT


@called
def _read_domain(
    first: int, last: int, row: int, page: Page, tables: Tables, memory: Memory, fact: Any
) -> None:
    """Unless it names the link that stands before it: "<a href=http://a.example>a.example</a>"."""
    host, end = host_range(first, last, page)
    if hash_range(host, end, page) == memory.link[0]:
        return
    fact.bare_domains += 1
    _read_link(first, first, last, row, page, tables, memory, fact)
    memory.link[1] = 1


@called
def _read_link(
    first: int,
    begin: int,
    last: int,
    row: int,
    page: Page,
    tables: Tables,
    memory: Memory,
    fact: Any,
) -> None:
    host, end = host_range(begin, last, page)
    value = hash_range(host, end, page)
    if memory.link[1] and value == memory.link[0]:
        # "a.example http://a.example": one link, and its words before it.
        fact.bare_domains -= 1
        fact.link_characters += last - first
        fact.last_link_end = last - page.bounds[row * _FIELDS + _TEXT, 0]
        memory.link[1] = 0
        return
    memory.link[0], memory.link[1] = value, 0
    flags = host_flags(host, end, page, tables)
    fact.links += 1
    fact.link_characters += last - first
    fact.last_link_end = last - page.bounds[row * _FIELDS + _TEXT, 0]
    fact.shorteners += flags & _SHORTENER > 0
    fact.messenger_links += flags & _MESSENGER > 0
    fact.reference_links += flags & _REFERENCE > 0
    fact.profile_links += flags & _PROFILE > 0
    fact.free_links += flags & _FREE > 0
    fact.cheap_links += flags & _CHEAP > 0
    fact.deep_links += last - end > len("/")
    fact.commercial_links += commercial_parts(host, last, page, tables) > 0
    fact.site_links += same_host(host, end, row, _PERMALINK, page)
    fact.author_links += same_host(host, end, row, _URL, page)
    before = first - page.bounds[row * _FIELDS + _TEXT, 0]
    fact.curly_links += before > 0 and page.points[first - 1] in _CURLY


@called
def same_host(host: int, end: int, row: int, field: int, page: Page) -> bool:
    other, other_end = page.bounds[row * _FIELDS + field]
    if other_end == other:
        return False
    other, other_end = host_range(other, other_end, page)
    return other_end - other == end - host and hash_range(host, end, page) == hash_range(
        other, other_end, page
    )


@called
def count_phones(first: int, last: int, page: Page, fact: Any) -> None:
    """Numbers of nine to fifteen digits that are written as one calls them."""
    digits = 0
    lead = np.uint32(0)
    for i in range(first, last + 1):
        code = page.points[i] if i < last else np.uint32(_LINE)
        if i < last and page.kinds[i] & KIND == DIGIT:
            lead = code if digits == 0 and lead != _PLUS else lead
            digits += 1
        elif code == _PLUS and digits == 0:
            lead = code
        elif digits == 0 or code not in _PHONE_SIGNS:
            if digits >= PHONE_SHORTEST:
                marked = lead in _PHONE_LEADS
                fact.phones += PHONE_SHORTEST + 2 * (not marked) <= digits <= _PHONE_LONGEST
            digits = 0
            lead = np.uint32(0)
