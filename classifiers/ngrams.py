"""Hashed n-grams, compiled: sparse rows to train with, and a fused dot product to score with.

Both read the same list of buckets, so a score equals scikit-learn's ``decision_function`` on the
rows.  ``spelled`` says the same in plain Python.

A token is a run of anything but white space, read with a space at both ends; its character n-grams
never cross it.  Digits are all alike, and of a run of one character only the first few are read.
Words are runs of letters.  A token, a word and a pair of
words count once in a block (the characters or the words of a field): who repeats himself adds
nothing.  Each n-gram counts ``1 / sqrt(n-grams of its block)``, and less beyond ``MANY``.
"""

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifiers import facts
from classifiers.compiled import compiled, inlined
from classifiers.fold import DIGIT, KIND, SPACE, Page, is_letter

BITS = 20  # 4 MB of weights; with half as many, n-grams share too many buckets
BUCKETS = 1 << BITS
SHORTEST, LONGEST = 2, 5  # characters
MANY = 1500  # n-grams; about 400 characters
TOKEN_LONGEST = 40  # the rest of a longer token is noise
RUN_LONGEST = 4  # of one character: "!!!!!!!" says what "!!!!" says; a year keeps its four digits
READ_FIELDS = (facts.TEXT, facts.AUTHOR, facts.URL)
PARAMETERS = {
    "hash": "multiply-shift, tokens and words once",
    "buckets": BUCKETS,
    "characters": [SHORTEST, LONGEST],
    "words": [1, 2],
    "token_longest": TOKEN_LONGEST,
    "run_longest": RUN_LONGEST,
    "many": MANY,
    "fields": [facts.FIELDS[field] for field in READ_FIELDS],
}

_FIELDS = len(facts.FIELDS)
_SHIFT = np.uint64(64 - BITS)
STEP, SPREAD = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
FIRST_SEED, WORD_SEED = 0x2545F4914F6CDD1D, 0x5851F42D4C957F2D
_STEP, _SPREAD = np.uint64(STEP), np.uint64(SPREAD)
_FIRST, _WORD = np.uint64(FIRST_SEED), np.uint64(WORD_SEED)
_ONE, _HALF = np.uint64(1), np.uint64(32)
_TOKEN, _SLOTS_LEAST = 64, 64  # the scratch: room for a token, then a set of hashes
_SPACE, _ZERO = np.uint64(0x20), np.uint64(0x30)
_PER_CHARACTER = LONGEST - SHORTEST + 1 + 2  # n-grams at most, words included
_PER_TOKEN = 2 * (LONGEST - SHORTEST + 1)  # for the spaces at its ends
BLOCKS = 2 * len(READ_FIELDS)


@inlined
def _bucket(value: Any) -> Any:
    return np.int32((value * _SPREAD) >> _SHIFT)


@inlined
def value(found: int) -> Any:
    """What one of ``found`` n-grams counts; the twin of ``value_of``."""
    if found > MANY:
        return np.sqrt(np.float64(MANY)) / found
    return 1.0 / np.sqrt(np.float64(max(found, 1)))


@inlined
def _is_new(key: Any, slots: Any) -> bool:
    """Put ``key`` into a set that is never full; whether it was not there."""
    last = len(slots) - 1
    key |= _ONE
    slot = np.int64(key >> _HALF) & last
    while slots[slot] != 0:
        if slots[slot] == key:
            return False
        slot = (slot + 1) & last
    slots[slot] = key
    return True


@inlined
def _token(first: int, last: int, page: Page, token: Any) -> Any:
    """Copy a token with its spaces into ``token``; its length there, and its hash."""
    token[0] = _SPACE
    length, run = 1, 0
    value = _FIRST
    for i in range(first, last):
        digit = page.kinds[i] & KIND == DIGIT
        character = _ZERO if digit else np.uint64(page.points[i])
        run = run + 1 if character == token[length - 1] else 1
        if run > RUN_LONGEST:
            continue
        token[length] = character
        value = (value ^ character) * _STEP
        length += 1
        if length > TOKEN_LONGEST:
            break
    token[length] = _SPACE
    return length + 1, value


@inlined
def _characters(length: int, seed: Any, token: Any, buckets: Any, found: int) -> int:
    """Character n-grams of one token, the space before and after it included."""
    for start in range(length - 1):
        value = seed
        for offset in range(min(LONGEST, length - start)):
            value = (value ^ token[start + offset]) * _STEP
            if offset + 1 >= SHORTEST:
                buckets[found] = _bucket(value)
                found += 1
    return found


@inlined
def _words(first: int, last: int, seed: Any, page: Page, slots: Any, buckets: Any) -> int:
    """Words and pairs of neighbours."""
    found = 0
    before = value = seed ^ _WORD
    inside = False
    for i in range(first, last + 1):
        if i < last and is_letter(page.kinds[i] & KIND):
            value = (value ^ np.uint64(page.points[i])) * _STEP
            inside = True
        elif inside:
            pair = (before * _STEP ^ value) * _STEP
            for key in (value, pair):
                if _is_new(key, slots):
                    buckets[found] = _bucket(key)
                    found += 1
            before, value, inside = value, seed ^ _WORD, False
    return found


@inlined
def block(row: int, number: int, page: Page, scratch: Any, buckets: Any) -> int:
    """Every bucket of one block into ``buckets``; how many."""
    first, last = page.bounds[row * _FIELDS + READ_FIELDS[number // 2]]
    if first == last:
        return 0
    size = _SLOTS_LEAST
    while size < 2 * (last - first):
        size *= 2
    slots = scratch[_TOKEN : _TOKEN + size]
    slots[:] = 0
    seed = _FIRST * np.uint64(number // 2 + 1)
    if number % 2:
        return _words(first, last, seed, page, slots, buckets)
    found = 0
    i = first
    while i < last:
        if page.kinds[i] & KIND == SPACE:
            i += 1
            continue
        end = i + 1
        while end < last and page.kinds[end] & KIND != SPACE:
            end += 1
        length, value = _token(i, end, page, scratch)
        if _is_new(value, slots):
            found = _characters(length, seed, scratch, buckets, found)
        i = end
    return found


PAGE = types.NamedTuple(
    [
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint8, 1, "C"),
        types.Array(types.int64, 2, "C"),
    ],
    Page,
)


@compiled(types.int64(PAGE, types.uint64[::1], types.int32[::1], types.int64[::1]))
def _list_buckets(page: Page, scratch: Any, buckets: Any, ends: Any) -> int:
    """Buckets of each block of each example, one after the other."""
    found = 0
    for row in range(len(ends) // BLOCKS):
        for number in range(BLOCKS):
            found += block(row, number, page, scratch, buckets[found:])
            ends[row * BLOCKS + number] = found
    return found


@compiled(
    types.void(PAGE, types.uint64[::1], types.float32[::1], types.int32[::1], types.float64[:, ::1])
)
def _sum_weights(page: Page, scratch: Any, weights: Any, buckets: Any, sums: Any) -> None:
    for row in range(len(sums)):
        for number in range(BLOCKS):
            found = block(row, number, page, scratch, buckets)
            total = np.float64(0.0)
            for i in range(found):
                total += np.float64(weights[buckets[i]])
            sums[row, number] = total * value(found)


def _room(characters: int) -> int:
    return characters * (_PER_CHARACTER + _PER_TOKEN) + _PER_TOKEN


def sums(page: Page, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shape ``(examples, 2 * len(READ_FIELDS))``: the n-grams of a block, weighed and added up."""
    result = np.empty((len(page.bounds) // _FIELDS, BLOCKS))
    scratch, buckets = rooms(page)
    _sum_weights(page, scratch, weights, buckets, result)
    return result


def rooms(page: Page) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Scratch and buckets, large enough for any block of ``page``."""
    longest = _longest(page)
    return _scratch(longest), np.empty(_room(longest), np.int32)


def _longest(page: Page) -> int:
    return int((page.bounds[:, 1] - page.bounds[:, 0]).max(initial=0))


def _scratch(longest: int) -> NDArray[np.uint64]:
    """For the largest set: the next power of two from twice the characters on."""
    return np.empty(_TOKEN + _SLOTS_LEAST + 4 * longest, np.uint64)


def value_of(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """What one n-gram of a block of ``counts`` n-grams counts."""
    few = np.clip(counts, 1, MANY)
    return np.asarray(np.sqrt(few) / np.maximum(counts, 1))


def rows(page: Page) -> csr_matrix:
    """Shape ``(examples, BUCKETS)``: the same as sparse rows; buckets met twice are added."""
    ends = np.empty(len(page.bounds) // _FIELDS * BLOCKS, np.int64)
    buckets = np.empty(_room(len(page.points)), np.int32)
    total = _list_buckets(page, _scratch(_longest(page)), buckets, ends)
    counts = np.diff(ends, prepend=0)
    values = np.repeat(value_of(counts), counts)
    indptr = np.concatenate([[0], ends[BLOCKS - 1 :: BLOCKS]])
    matrix = csr_matrix((values, buckets[:total], indptr), shape=(len(ends) // BLOCKS, BUCKETS))
    matrix.sum_duplicates()
    return matrix
