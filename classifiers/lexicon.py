"""What we know of words and hosts beforehand: the files in ``lists/``, in one table.

To add a word or host, add a line to its file.  To add a list, add a file and a bit here, count it
in ``facts`` and read the count in ``features``.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LISTS = Path(__file__).parent / "lists"

# Bits of words.
COMMERCIAL, MONEY, CONTACT, PRAISE, BLOG = (1 << bit for bit in range(5))
LANGUAGES = ("de", "en", "ru", "uk", "fr", "es", "it", "pl", "tr")
FIRST_LANGUAGE_BIT = 5  # the common words of LANGUAGES, in order, from here on
APPEAL, OWN = 1 << 14, 1 << 15
# Bits of hosts and of endings (".com").
SHORTENER, DISPOSABLE, REFERENCE, FREE, MESSENGER, FREEMAIL = (1 << bit for bit in range(16, 22))
ENDING, CHEAP, WORD_ENDING = (1 << bit for bit in range(22, 25))
PROFILE = 1 << 25  # of hosts, too

STEM_SHORTEST, STEM_LONGEST = 4, 8
STEM = 1 << 30  # the entry stands for every word that begins with it

WORD_LISTS = {
    "commercial": COMMERCIAL,
    "money": MONEY,
    "contact": CONTACT,
    "praise": PRAISE,
    "blog": BLOG,
    "appeals": APPEAL,
    "own": OWN,
}
HOST_LISTS = {
    "shorteners": SHORTENER,
    "disposable_mail": DISPOSABLE,
    "references": REFERENCE,
    "profiles": PROFILE,
    "free": FREE,
    "messengers": MESSENGER,
    "freemail": FREEMAIL,
}
ENDING_LISTS = {"tlds": ENDING, "tlds_cheap": ENDING | CHEAP, "tlds_words": WORD_ENDING}

_SEED = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_MASK = (1 << 64) - 1
_SLOTS = 1 << 15
HINT_BITS = 17


class Table(NamedTuple):
    """Open addressing: ``flags[i]`` belongs to ``keys[i]``; an empty slot has key 0.

    ``hints`` are small enough to stay near the processor: where the bit for the top HINT_BITS of a
    key is 0, the key is not there.
    """

    keys: NDArray[np.uint64]
    flags: NDArray[np.uint32]
    hints: NDArray[np.uint64]


def hashed(word: str) -> int:
    """FNV-1a over code points: the twin of the one in ``facts``."""
    value = _SEED
    for character in word:
        value = ((value ^ ord(character)) * _PRIME) & _MASK
    return value


def _entries(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()


def _words() -> Iterator[tuple[str, int]]:
    for name, bit in WORD_LISTS.items():
        for word in _entries(LISTS / "words" / f"{name}.txt"):
            stem = word.endswith("*")
            yield (word.rstrip("*")[:STEM_LONGEST], bit | STEM) if stem else (word, bit)
    for number, language in enumerate(LANGUAGES):
        for word in _entries(LISTS / "words" / "common" / f"{language}.txt"):
            yield word, 1 << (FIRST_LANGUAGE_BIT + number)


def _hosts() -> Iterator[tuple[str, int]]:
    for name, bit in HOST_LISTS.items():
        for host in _entries(LISTS / "hosts" / f"{name}.txt"):
            yield host.strip("/").removeprefix("www."), bit
    for name, bit in ENDING_LISTS.items():
        for ending in _entries(LISTS / "hosts" / f"{name}.txt"):
            yield f".{ending}", bit


@cache
def table() -> Table:
    """Words, hosts and endings by hash, with the bits of every list they stand in.

    Words and hosts share it because a host holds a dot and a word does not.  A word that is also
    somebody's stem keeps both meanings under two hashes (see ``stem_hash``).
    """
    flags: dict[int, int] = {}
    for entry, bits in (*_words(), *_hosts()):
        key = stem_hash(entry) if bits & STEM else hashed(entry)
        flags[key] = flags.get(key, 0) | bits
    return _open_addressing(flags.items())


def stem_hash(stem: str) -> int:
    return (hashed(stem) ^ STEM) or 1


def _open_addressing(entries: Iterable[tuple[int, int]]) -> Table:
    keys = np.zeros(_SLOTS, dtype=np.uint64)
    flags = np.zeros(_SLOTS, dtype=np.uint32)
    hints = np.zeros(1 << HINT_BITS, dtype=np.bool_)
    for key, bits in entries:
        hints[key >> (64 - HINT_BITS)] = True
        slot = (key ^ key >> 32) & (_SLOTS - 1)
        while keys[slot]:
            slot = (slot + 1) & (_SLOTS - 1)
        keys[slot], flags[slot] = key, bits
    return Table(keys, flags, np.packbits(hints, bitorder="little").view(np.uint64))


@cache
def digest() -> str:
    """SHA-256 of everything the table holds; a model counts on the lists it was trained with."""
    keys, flags, _ = table()
    return hashlib.sha256(keys.tobytes() + flags.tobytes()).hexdigest()


@cache
def common_words(language: str) -> frozenset[str]:
    """The words that nearly every text in one of ``LANGUAGES`` has, in small letters."""
    return frozenset(_entries(LISTS / "words" / "common" / f"{language}.txt"))
