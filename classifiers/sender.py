"""What the author's name, link and mail domain say, compiled; and what hosts say anywhere."""

from typing import Any

import numpy as np

from classifiers import lexicon
from classifiers.compiled import called, inlined
from classifiers.fold import DIGIT, KIND, UPPER, Page, Tables, is_letter

_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_FOLD_BITS = np.uint64(32)
_HINT_SHIFT = np.uint64(64 - lexicon.HINT_BITS)
_WORD_BITS, _WORD_MASK, _ONE = np.uint64(6), np.uint64(63), np.uint64(1)
_STEM = np.uint64(lexicon.STEM)
_SHORTEST, _LONGEST = lexicon.STEM_SHORTEST, lexicon.STEM_LONGEST
_COMMERCIAL, _MONEY = lexicon.COMMERCIAL, lexicon.MONEY
_SHORTENER, _DISPOSABLE = lexicon.SHORTENER, lexicon.DISPOSABLE
_SOCIAL = lexicon.REFERENCE | lexicon.PROFILE
_FREE, _MESSENGER, _FREEMAIL = lexicon.FREE, lexicon.MESSENGER, lexicon.FREEMAIL
_CHEAP = lexicon.CHEAP
_HOST_LONGEST = 100
_PART_SHORTEST = 3  # letters of a name that must be found in the link to count as "in" it
_DOT, _SLASH, _COLON, _AT = ord("."), ord("/"), ord(":"), ord("@")
_QUERY, _HASH, _HYPHEN, _UNDERSCORE = ord("?"), ord("#"), ord("-"), ord("_")
_WWW = tuple(map(ord, "www."))


@inlined
def mixed_in(value: Any, code: Any) -> Any:
    """FNV-1a over code points, the twin of ``lexicon.hashed``."""
    return (value ^ np.uint64(code)) * _PRIME


@inlined
def lookup(key: Any, tables: Tables) -> Any:
    """The lists that ``key`` stands in, as bits; 0 for none."""
    hint = key >> _HINT_SHIFT
    if not (tables.hints[np.int64(hint >> _WORD_BITS)] >> (hint & _WORD_MASK)) & _ONE:
        return 0
    last = len(tables.keys) - 1
    slot = np.int64((key ^ (key >> _FOLD_BITS)) & np.uint64(last))
    while tables.keys[slot] != 0:
        if tables.keys[slot] == key:
            return np.int64(tables.flags[slot])
        slot = (slot + 1) & last
    return 0


@inlined
def hash_range(first: int, last: int, page: Page) -> Any:
    value = _SEED
    for i in range(first, last):
        value = mixed_in(value, page.points[i])
    return value


@inlined
def host_range(first: int, last: int, page: Page) -> tuple[int, int]:
    """Where the host of a link lies: without scheme, ``www.``, port, path and last dot."""
    points = page.points
    for i in range(first, min(last, first + 10) - 2):
        if points[i] == _COLON and points[i + 1] == _SLASH and points[i + 2] == _SLASH:
            first = i + 3
            break
    if first + len(_WWW) < last and is_www(first, page):
        first += len(_WWW)
    end = first
    while end < last and end - first < _HOST_LONGEST and not _ends_host(points[end]):
        end += 1
    while end > first and points[end - 1] == _DOT:
        end -= 1
    return first, end


@inlined
def is_www(first: int, page: Page) -> bool:
    """Whether the four characters from ``first`` on are ``www.``; the caller sees to their room."""
    same = 0
    while same < len(_WWW) and page.points[first + same] == _WWW[same]:
        same += 1
    return same == len(_WWW)


@inlined
def _ends_host(code: Any) -> Any:
    return code == _SLASH or code == _COLON or code == _QUERY or code == _HASH  # noqa: PLR1714


@called
def host_flags(first: int, last: int, page: Page, tables: Tables) -> int:
    """The lists that a host, its last three, its last two labels and its ending stand in."""
    flags = 0
    dots = 0
    i = last - 1
    while i >= first and dots < 3:  # noqa: PLR2004 - labels
        if page.points[i] == _DOT:
            dots += 1
            if dots == 1:
                flags |= lookup(hash_range(i, last, page), tables)
            else:
                flags |= lookup(hash_range(i + 1, last, page), tables)
        i -= 1
    return flags | lookup(hash_range(first, last, page), tables)


@inlined
def domain_hash(first: int, last: int, page: Page) -> Any:
    """Hash of the registered part: the last two labels, or three if the second is short (co.uk)."""
    dots = 0
    previous = last
    for back in range(last - first):
        i = last - 1 - back
        if page.points[i] == _DOT:
            dots += 1
            if dots >= 2 and not (dots == 2 and previous - i <= 4):  # noqa: PLR2004 - labels
                return hash_range(i + 1, last, page)
            previous = i
    return hash_range(first, last, page)


@called
def commercial_parts(first: int, last: int, page: Page, tables: Tables) -> int:
    """Commercial stems anywhere in a name or link, also inside a glued word."""
    found = 0
    i = first
    while i < last:
        length = _stem_at(i, last, page, tables)
        found += length > 0
        i += max(length, 1)
    return found


@inlined
def _stem_at(first: int, last: int, page: Page, tables: Tables) -> int:
    """Length of the longest commercial stem or word that begins here; 0 for none.

    A word that is no stem counts only from its first letter to its last.
    """
    value = _SEED
    longest = 0
    begins = first == 0 or not is_letter(page.kinds[first - 1] & KIND)
    for i in range(first, min(last, first + 12)):
        if not is_letter(page.kinds[i] & KIND):
            break
        value = mixed_in(value, page.points[i])
        length = i + 1 - first
        if _SHORTEST <= length <= _LONGEST and lookup(value ^ _STEM, tables) & _COMMERCIAL:
            longest = length
        ends = i + 1 == last or not is_letter(page.kinds[i + 1] & KIND)
        if begins and ends and lookup(value, tables) & _COMMERCIAL:
            longest = length
    return longest


@called
def read_author(bounds: tuple[int, int], link: tuple[int, int], page: Page, fact: Any) -> None:
    """Facts of the author's name that need no word lists; ``link`` is where their link is."""
    first, last = bounds
    fact.author_characters = last - first
    word = first
    for i in range(first, last + 1):
        kind = page.kinds[i] if i < last else 0
        plain = kind & KIND
        if i < last and is_letter(plain):
            fact.author_letters += 1
            fact.author_upper += kind >> 4
            if i > word and kind & UPPER and not page.kinds[i - 1] & UPPER:
                fact.author_camels += 1
            continue
        if i > word:
            fact.author_words += 1
            if i - word >= _PART_SHORTEST:
                fact.author_in_link += _contains(link, word, i, page)
        word = i + 1
        fact.author_digits += plain == DIGIT
        fact.author_dots += i < last - 1 and page.points[i] == _DOT and not _before_space(i, page)


@inlined
def _before_space(i: int, page: Page) -> bool:
    return not is_letter(page.kinds[i + 1] & KIND)


@called
def _contains(inside: tuple[int, int], first: int, last: int, page: Page) -> bool:
    points = page.points
    length = last - first
    for i in range(inside[0], inside[1] - length + 1):
        same = 0
        while same < length and points[i + same] == points[first + same]:
            same += 1
        if same == length:
            return True
    return False


@called
def read_url(first: int, last: int, page: Page, tables: Tables, fact: Any) -> None:
    """Facts of the author's own link."""
    begin, end = host_range(first, last, page)
    fact.url_characters = last - begin
    fact.host_characters = end - begin
    flags = host_flags(begin, end, page, tables)
    fact.url_cheap = flags & _CHEAP > 0
    fact.url_social, fact.url_free = flags & _SOCIAL > 0, flags & _FREE > 0
    fact.url_shortener, fact.url_messenger = flags & _SHORTENER > 0, flags & _MESSENGER > 0
    fact.url_commercial = commercial_parts(begin, last, page, tables)
    fact.host_labels = end > begin
    for i in range(begin, end):
        fact.host_labels += page.points[i] == _DOT
        fact.host_digits += page.kinds[i] & KIND == DIGIT
    for i in range(begin, last):
        code = page.points[i]
        fact.url_hyphens += code == _HYPHEN or code == _UNDERSCORE  # noqa: PLR1714
        fact.url_query += code == _QUERY
        fact.url_depth += i > end and code == _SLASH and i < last - 1
    fact.url_depth += end < last - 1 and page.points[end] == _SLASH


@called
def read_mail(
    bounds: tuple[int, int], host: tuple[int, int], page: Page, tables: Tables, fact: Any
) -> None:
    """Facts of the author's mail domain; ``host`` is the host of the author's link."""
    first, last = bounds
    flags = host_flags(first, last, page, tables)
    fact.mail_disposable = flags & _DISPOSABLE > 0
    fact.mail_freemail = flags & _FREEMAIL > 0
    if last > first and host[1] > host[0]:
        fact.mail_of_link = domain_hash(first, last, page) == domain_hash(host[0], host[1], page)
