"""Words of a text, compiled: the lists they stand in, the post they belong to, their sketches."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers import lexicon
from classifiers.compiled import called, inlined
from classifiers.fold import KIND, LATIN, Page, Tables, is_letter
from classifiers.sender import lookup, mixed_in

SEED = np.uint64(0xCBF29CE484222325)
MIX = np.uint64(0x9E3779B97F4A7C15)
SEEN_SLOTS, POST_SLOTS = 1024, 256
LANGUAGES = len(lexicon.LANGUAGES)
SKETCHES = 4
STEM = 5  # letters that count when a text and its post are compared
_SEEN_MOST = 700
_STEM_BIT = np.uint64(lexicon.STEM)
_HALF, _FINISH = np.uint64(32), np.uint64(29)
_SHORTEST, _LONGEST = lexicon.STEM_SHORTEST, lexicon.STEM_LONGEST
_COMMERCIAL, _MONEY, _CONTACT = lexicon.COMMERCIAL, lexicon.MONEY, lexicon.CONTACT
_PRAISE, _BLOG = lexicon.PRAISE, lexicon.BLOG
_APPEAL, _OWN = lexicon.APPEAL, lexicon.OWN
_APPEAL_WITHIN = 4  # words: "check out my", "schaut doch mal auf meinem"
_LANGUAGE_BIT = lexicon.FIRST_LANGUAGE_BIT
_ANY_COMMON = ((1 << LANGUAGES) - 1) << _LANGUAGE_BIT
_CLUSTER = 5  # consonants in a row that no language of ours likes
_RUN = 3  # words
_VOWELS = np.zeros(0x180, dtype=np.bool_)
_VOWELS[[ord(vowel) for vowel in "aeiouyäöüáéíóúàèìòùâêîôûãõåæøœąęıëïÿ"]] = True


class Memory(NamedTuple):
    """Working memory of one call: sets of hashes, and what is known of words so far."""

    seen: NDArray[np.uint64]  # the words of the text
    post: NDArray[np.uint64]  # the word stems of the post
    common: NDArray[np.uint64]  # common words by language
    recent: NDArray[np.uint64]  # the last two words
    sketch: NDArray[np.uint64]  # least hashes of the word runs
    letters: NDArray[np.uint64]  # hash of all letters, and of all characters
    link: NDArray[np.uint64]  # hash of the last link's host, and whether it had no scheme


@inlined
def _add(key: Any, slots: Any) -> bool:
    """Put ``key`` into the set ``slots``; whether it was new.  The caller sees to free slots."""
    last = len(slots) - 1
    slot = np.int64((key ^ (key >> _HALF)) & np.uint64(last))
    while slots[slot] != 0:
        if slots[slot] == key:
            return False
        slot = (slot + 1) & last
    slots[slot] = key
    return True


@inlined
def _has(key: Any, slots: Any) -> bool:
    last = len(slots) - 1
    slot = np.int64((key ^ (key >> _HALF)) & np.uint64(last))
    while slots[slot] != 0:
        if slots[slot] == key:
            return True
        slot = (slot + 1) & last
    return False


@called
def read_post(first: int, last: int, room: int, page: Page, memory: Memory) -> int:
    """Put the stems of words of four letters or more into ``memory.post``; the room left."""
    value, length = SEED, 0
    for i in range(first, last + 1):
        if i < last and is_letter(page.kinds[i] & KIND):
            if length < STEM:
                value = mixed_in(value, page.points[i])
            length += 1
            continue
        if length >= _SHORTEST and room > 0:
            room -= _add(value, memory.post)
        value, length = SEED, 0
    return room


@inlined
def read_words(
    first: int, last: int, page: Page, tables: Tables, memory: Memory, fact: Any
) -> None:
    """Count the words between two places, and take everything else into the fingerprint."""
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
    value = stem = SEED
    letters, everything = memory.letters[0], memory.letters[1]
    flags = upper = consonants = cluster = 0
    for i in range(first, last):
        code, kind = page.points[i], page.kinds[i]
        value = mixed_in(value, code)
        letters, everything = mixed_in(letters, code), mixed_in(everything, code)
        length = i + 1 - first
        if _SHORTEST <= length <= _LONGEST:
            flags |= lookup(value ^ _STEM_BIT, tables)
        if length <= STEM:
            stem = value
        upper += kind >> 4
        vowel = kind & KIND != LATIN or (code < len(_VOWELS) and _VOWELS[code])
        consonants = 0 if vowel else consonants + 1
        cluster = max(cluster, consonants)
    memory.letters[0], memory.letters[1] = letters, everything
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
    if flags & _APPEAL:
        fact.last_appeal = fact.words
    elif flags & _OWN and 0 < fact.words - fact.last_appeal <= _APPEAL_WITHIN:
        fact.appeals += fact.last_appeal > 0
        fact.last_appeal = 0
    if flags & _ANY_COMMON:
        for language in range(LANGUAGES):
            memory.common[language] += np.uint64((flags >> (_LANGUAGE_BIT + language)) & 1)


@inlined
def _sketch(word: Any, memory: Memory, fact: Any) -> None:
    """Take a run of three words into the least hashes of four orders."""
    run = (memory.recent[0] * MIX ^ memory.recent[1]) * MIX ^ word
    memory.recent[0], memory.recent[1] = memory.recent[1], word
    if fact.words >= _RUN:
        for order in range(SKETCHES):
            run = (run ^ (run >> _FINISH)) * MIX
            memory.sketch[order] = min(memory.sketch[order], run)


@called
def judge_languages(given: float, memory: Memory, fact: Any) -> None:
    """Common words of the blog's languages (``given`` as bits), and of the best of the others."""
    languages = np.int64(given)
    for language in range(LANGUAGES):
        if languages >> language & 1:
            fact.expected_common = max(fact.expected_common, np.float64(memory.common[language]))
        else:
            fact.other_common = max(fact.other_common, np.float64(memory.common[language]))


@called
def shared(first: int, last: int, page: Page, slots: Any, stem: int) -> int:
    """Words of four letters or more that are in ``slots``, by their first ``stem`` letters."""
    found = 0
    value, length = SEED, 0
    for i in range(first, last + 1):
        if i < last and is_letter(page.kinds[i] & KIND):
            if stem == 0 or length < stem:
                value = mixed_in(value, page.points[i])
            length += 1
            continue
        found += length >= _SHORTEST and _has(value, slots)
        value, length = SEED, 0
    return found
