"""Marks by which the same text, or nearly the same, is found again."""

from collections.abc import Sequence
from typing import NamedTuple

from classifiers.examples import Example
from classifiers.reading import read_examples
from classifiers.scan import NEAR_WORDS, Reading


class Fingerprints(NamedTuple):
    """Signed 64-bit numbers.

    ``text`` is the same for texts that differ only in links, digits, punctuation, spaces, case and
    look-alikes.  ``near_a`` and ``near_b`` are sketches of the runs of three words (two least
    hashes each): nearly the same texts share at least one of them with high probability.  None for
    texts under six words.  Of a long text only the scored part counts, and its length roughly.
    """

    text: int
    near_a: int | None
    near_b: int | None


def of_reading(reading: Reading) -> list[Fingerprints]:
    words = reading.facts["words"].tolist()
    return [
        Fingerprints(text, near_a, near_b)
        if count >= NEAR_WORDS
        else Fingerprints(text, None, None)
        for count, (text, near_a, near_b) in zip(words, reading.prints.tolist(), strict=True)
    ]


def fingerprints(texts: Sequence[str]) -> list[Fingerprints]:
    return of_reading(read_examples([Example(text=text) for text in texts]))
