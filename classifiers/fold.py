"""Folding, compiled: small letters, nothing invisible, look-alikes turned to their word's script.

What the n-grams and the word lists read is the folded text; what was folded away is counted.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers import text
from classifiers.compiled import inlined
from classifiers.facts import AUTHOR, FIELDS, TEXT

Points = NDArray[np.uint32]  # code points

OTHER, LATIN, CYRILLIC, GREEK = text.OTHER, text.LATIN, text.CYRILLIC, text.GREEK
LETTER, DIGIT, SPACE = text.LETTER, text.DIGIT, text.SPACE
SYMBOL, INVISIBLE, MARK = text.SYMBOL, text.INVISIBLE, text.MARK
UPPER, KIND = text.UPPER, text.UPPER - 1
_TABLE, _TWINS = text.TABLE_SIZE, text.TWINS_SIZE
_FIELDS = len(FIELDS)
_PICTURES, _TAGS = (0x1F000, 0x1FB00), (0xE0000, 0xE1000)
_EXCLAMATION, _QUESTION, _LINE, _SPACE_CODE = ord("!"), ord("?"), ord("\n"), ord(" ")
_MONEY_SIGNS = (0x24, 0xA3, 0x20AC, 0x20BD, 0x20BF)  # $ £ € ₽ ₿


class Tables(NamedTuple):
    """What is known of characters, words and hosts: see ``text`` and ``lexicon``."""

    small: Points
    kinds: NDArray[np.uint8]
    latin: Points
    cyrillic: Points
    keys: NDArray[np.uint64]
    flags: NDArray[np.uint32]
    hints: NDArray[np.uint64]


class Page(NamedTuple):
    """Folded characters of a batch and their kinds.

    Field ``f`` of example ``e`` is ``points[bounds[n, 0]:bounds[n, 1]]``, ``n = e * FIELDS + f``.
    """

    points: Points
    kinds: NDArray[np.uint8]
    bounds: NDArray[np.int64]


@inlined
def is_letter(kind: Any) -> Any:
    return LATIN <= kind <= LETTER


@inlined
def _kind_beyond(code: Any) -> Any:
    """Kind of a character outside the table: pictures, or letters of rare scripts."""
    if _PICTURES[0] <= code < _PICTURES[1]:
        return SYMBOL
    if _TAGS[0] <= code < _TAGS[1]:
        return INVISIBLE
    return LETTER


@inlined
def fold_row(points: Points, starts: Any, row: int, tables: Tables, page: Page, fact: Any) -> None:
    """Fold every field of one example into ``page``.

    Folded text is never longer than the original, so each field stays where it began.
    """
    for field in range(_FIELDS):
        number = row * _FIELDS + field
        first = starts[number]
        page.bounds[number, 0] = first
        page.bounds[number, 1] = first
        _fold_field(points[first : starts[number + 1]], number, tables, page, fact)


@inlined
def _fold_field(points: Points, number: int, tables: Tables, page: Page, fact: Any) -> None:
    field = number % _FIELDS
    first = end = word = page.bounds[number, 0]  # ``word`` is where the current word began
    scripts = 0  # of that word: a bit for each kind of letter
    for code in points:
        kind: Any = np.int64(tables.kinds[code]) if code < _TABLE else _kind_beyond(code)
        plain = kind & KIND
        if plain >= INVISIBLE:
            if field == TEXT and end > first and LATIN <= page.kinds[end - 1] & KIND <= GREEK:
                _count_hidden(plain, fact)
            continue
        page.points[end] = tables.small[code] if code < _TABLE else code
        page.kinds[end] = kind
        if is_letter(plain):
            scripts |= 1 << plain
        else:
            if scripts & (scripts - 1):
                _count_mixed(field, _turn(word, end, tables, page), fact)
            scripts = 0
            word = end + 1
        end += 1
    if scripts & (scripts - 1):
        _count_mixed(field, _turn(word, end, tables, page), fact)
    page.bounds[number, 1] = end


@inlined
def _count_hidden(kind: Any, fact: Any) -> None:
    if kind == INVISIBLE:
        fact.invisible += 1
    else:
        fact.marks += 1


@inlined
def _count_mixed(field: int, turned: int, fact: Any) -> None:
    if field == AUTHOR:
        fact.author_mixed += turned > 0
    elif field == TEXT:
        fact.mixed_words += turned > 0
        fact.twin_words += turned > 1


@inlined
def _turn(first: int, last: int, tables: Tables, page: Page) -> int:
    """Spell a word of two scripts in one, where look-alikes allow it.

    Returns 0 if the mixture is usual in its language, 1 if it is not, 2 if letters were turned.
    """
    latin = cyrillic = others = 0
    for kind in page.kinds[first:last]:
        latin += kind & KIND == LATIN
        cyrillic += kind & KIND == CYRILLIC
        others += kind & KIND == LETTER
    if others or not latin:
        return 0
    twins = tables.latin if latin >= cyrillic else tables.cyrillic
    turned = 1
    for i in range(first, last):
        code = page.points[i]
        if code < _TWINS and twins[code] != code:
            page.points[i] = twins[code]
            page.kinds[i] = (LATIN if latin >= cyrillic else CYRILLIC) | (page.kinds[i] & UPPER)
            turned = 2
    return turned


@inlined
def count_characters(first: int, last: int, page: Page, fact: Any) -> None:
    """Facts of the text that need no words.  Loops without branches: many characters at a time."""
    fact.characters = last - first
    _count_kinds(page.kinds[first:last], fact)
    _count_signs(page.points[first:last], fact)
    run = longest = 0
    before = np.uint32(0)
    for code in page.points[first:last]:
        run = run + 1 if code == before and code != _SPACE_CODE else 1
        longest = max(longest, run)
        before = code
    fact.longest_run = longest


@inlined
def _count_kinds(kinds: NDArray[np.uint8], fact: Any) -> None:
    latin = cyrillic = greek = letters = digits = symbols = upper = 0
    for kind in kinds:
        plain = kind & KIND
        latin += plain == LATIN
        cyrillic += plain == CYRILLIC
        greek += plain == GREEK
        letters += plain == LETTER
        digits += plain == DIGIT
        symbols += plain == SYMBOL
        upper += kind >> 4
    fact.latin, fact.cyrillic, fact.greek = latin, cyrillic, greek
    fact.letters = latin + cyrillic + greek + letters
    fact.digits, fact.symbols, fact.upper = digits, symbols, upper


@inlined
def _count_signs(points: Points, fact: Any) -> None:
    exclamations = questions = money = lines = 0
    for code in points:
        exclamations += code == _EXCLAMATION
        questions += code == _QUESTION
        lines += code == _LINE
        money += (
            (code == _MONEY_SIGNS[0])
            + (code == _MONEY_SIGNS[1])
            + (code == _MONEY_SIGNS[2])
            + (code == _MONEY_SIGNS[3])
            + (code == _MONEY_SIGNS[4])
        )
    fact.exclamations, fact.questions = exclamations, questions
    fact.lines, fact.money_signs = lines, money
