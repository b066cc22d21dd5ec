"""The n-grams of ``ngrams`` in plain Python, with their spelling: to explain, and to check.

A hundred times slower than the compiled ones, and the same buckets.
"""

from collections.abc import Iterable
from itertools import groupby, islice

from classifiers.examples import Example
from classifiers.fold import DIGIT, KIND, SPACE, is_letter
from classifiers.ngrams import (
    BITS,
    FIRST_SEED,
    LONGEST,
    READ_FIELDS,
    RUN_LONGEST,
    SHORTEST,
    SPREAD,
    STEP,
    TOKEN_LONGEST,
    WORD_SEED,
)
from classifiers.reading import read_examples
from classifiers.scan import Reading

_MASK = (1 << 64) - 1
Spelled = list[tuple[str, int]]


def spelled_buckets(example: Example) -> list[Spelled]:
    """``(n-gram, bucket)`` of every block: characters, then words, of each field read."""
    reading = read_examples([example])
    blocks = []
    for number, field in enumerate(READ_FIELDS):
        seed = FIRST_SEED * (number + 1) & _MASK
        characters = _characters_of(reading, field)
        blocks += [_character_ngrams(characters, seed), _word_ngrams(characters, seed)]
    return blocks


def _characters_of(reading: Reading, field: int) -> list[tuple[str, int]]:
    points, kinds, bounds = reading.page
    first, last = bounds[field]
    return [
        (chr(point), int(kind) & KIND)
        for point, kind in zip(points[first:last], kinds[first:last], strict=True)
    ]


def _character_ngrams(characters: list[tuple[str, int]], seed: int) -> Spelled:
    tokens = []
    for is_space, run in groupby(characters, key=lambda pair: pair[1] == SPACE):
        if not is_space:
            spelled = ["0" if kind == DIGIT else character for character, kind in run]
            shortened = [each for _, same in groupby(spelled) for each in islice(same, RUN_LONGEST)]
            tokens.append((" ", *shortened[:TOKEN_LONGEST], " "))
    found = []
    for token in dict.fromkeys(tokens):
        for start in range(len(token) - 1):
            for end in range(start + SHORTEST, min(start + LONGEST, len(token)) + 1):
                piece = token[start:end]
                found.append(("".join(piece), _bucket(_hashed(piece, seed))))
    return found


def _word_ngrams(characters: list[tuple[str, int]], seed: int) -> Spelled:
    found: dict[str, int] = {}
    before, before_value = "", seed ^ WORD_SEED
    for in_word, run in groupby(characters, key=lambda pair: bool(is_letter(pair[1]))):
        if not in_word:
            continue
        word = "".join(character for character, _ in run)
        value = _hashed(word, seed ^ WORD_SEED)
        pair = ((before_value * STEP & _MASK) ^ value) * STEP & _MASK
        found[word] = _bucket(value)
        found[f"{before} {word}"] = _bucket(pair)
        before, before_value = word, value
    return list(found.items())


def _hashed(characters: Iterable[str], seed: int) -> int:
    value = seed
    for character in characters:
        value = (value ^ ord(character)) * STEP & _MASK
    return value


def _bucket(value: int) -> int:
    return (value * SPREAD & _MASK) >> (64 - BITS)
