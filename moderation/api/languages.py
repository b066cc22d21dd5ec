"""The language of an answer: what the caller prefers of what is spoken here (RFC 9110, 12.5.4)."""

import re
from functools import lru_cache

from moderation.wording import DEFAULT_LANGUAGE, LANGUAGES

LONGEST_HEADER = 500  # characters; browsers send less than a hundred
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?"
)


@lru_cache(maxsize=1024)
def preferred(accept_language: str) -> str:
    """``de``, ``en`` or ``ru``; English for a caller who says nothing that can be served."""
    best, best_weight = DEFAULT_LANGUAGE, 0.0
    for part in accept_language[:LONGEST_HEADER].split(","):
        if not (found := _RANGE.fullmatch(part)):
            continue
        primary = found[1].lower().partition("-")[0]
        weight = float(found[2]) if found[2] else 1.0
        # Of several with one weight the first counts.
        if primary in LANGUAGES and weight > best_weight:
            best, best_weight = primary, weight
    return best
