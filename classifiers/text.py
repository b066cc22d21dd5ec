"""Text in one spelling: what is read of it, and what kind of character each one is.

Most of it works by table, character by character, inside the compiled scan (``facts``); only what
needs more than one character (HTML entities, NFKC) is done here, and only where it can occur.
"""

import html
import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

SCORED_CHARACTERS = 4000  # both ends of a long text; more changes no verdict
TABLE_SIZE = 0x10000  # the Basic Multilingual Plane; beyond it, see ``facts``

# Kinds of characters.  UPPER is added to a letter that has a smaller form.
OTHER, LATIN, CYRILLIC, GREEK, LETTER, DIGIT, SPACE, SYMBOL, INVISIBLE, MARK = range(10)
UPPER = 16

_TWINS = {  # look-alikes in small letters: Latin, then Cyrillic and Greek
    "a": "аα", "e": "еε", "o": "оο", "p": "рρ", "c": "сϲ", "y": "уγ", "x": "хχ", "i": "іι",
    "j": "јϳ", "s": "ѕ", "h": "һн", "d": "ԁ", "q": "ԛ", "w": "ԝω", "k": "кκ", "m": "м",
    "t": "тτ", "b": "вβ", "n": "пη", "r": "г", "v": "ѵν", "u": "υ",
}  # fmt: skip
TWINS_SIZE = 0x530


def scored(text: str, limit: int = SCORED_CHARACTERS) -> str:
    """Both ends of ``text``, at most ``limit`` characters and a line end between them."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]}\n{text[-(limit // 2) :]}"


def prepare(text: str, limit: int = SCORED_CHARACTERS) -> str:
    """The scored part of ``text`` without HTML entities, in NFKC.  Bounded, whatever the text."""
    text = scored(text, limit)
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        # A single character can become eighteen, so the limit is applied again.
        text = scored(unicodedata.normalize("NFKC", text), limit)
    return text


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if category in ("Ll", "Lu", "Lt", "Lo", "Lm"):
        name = unicodedata.name(character, "").partition(" ")[0]
        return {"LATIN": LATIN, "CYRILLIC": CYRILLIC, "GREEK": GREEK}.get(name, LETTER)
    if category == "Nd":
        return DIGIT
    if character.isspace() or category == "Cc":
        return SPACE
    if category == "Cf":
        return INVISIBLE
    if category in ("Mn", "Me"):
        return MARK
    return SYMBOL if category in ("So", "Sk") else OTHER


def _small(character: str) -> str:
    lowered = character.lower()
    return lowered[0] if lowered else character


@cache
def tables() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Small form and kind of every character below ``TABLE_SIZE``, by code point."""
    small = np.arange(TABLE_SIZE, dtype=np.uint32)
    kinds = np.full(TABLE_SIZE, OTHER, dtype=np.uint8)
    # Scripts without case, by block: no need to ask for each character.
    kinds[0x3040:0xA960] = kinds[0xAC00:0xD7B0] = kinds[0xF900:0xFE00] = LETTER
    kinds[0xE000:0xF900] = SYMBOL
    kinds[0xFE00:0xFE10] = INVISIBLE  # variation selectors
    kinds[0xFEFF] = INVISIBLE
    for code in range(0x3040):
        character = chr(code)
        lowered = _small(character)
        small[code] = ord(lowered)
        kinds[code] = _kind(character) | (UPPER if lowered != character else 0)
    # Fillers that are letters by name and nothing to the eye.
    kinds[[0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0]] = INVISIBLE
    return small, kinds


@cache
def twins() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Look-alikes by code point: as Latin, and as Cyrillic; each other letter as itself."""
    latin = np.arange(TWINS_SIZE, dtype=np.uint32)
    cyrillic = latin.copy()
    for letter, others in _TWINS.items():
        for other in others:
            latin[ord(other)] = ord(letter)
        if others[0] >= "а":
            cyrillic[ord(letter)] = ord(others[0])
    return latin, cyrillic
