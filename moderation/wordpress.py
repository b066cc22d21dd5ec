"""One comment, three spellings: how WordPress changes a text on its way, and how to see past that.

A comment-check carries the text as PHP slashed it (``it\\'s``), a submission as it was typed, a
recheck as WordPress filtered it for display (``&amp;``, ``rel="nofollow ugc"``).  Nothing else
links the three, so they are matched by what no spelling touches.
"""

import html
import re

COMPARED_CHARACTERS = 20_000  # of long texts the beginning says enough


def unslashed(text: str) -> str:
    """``text`` without the backslashes of PHP's ``addslashes``, if it went through that at all.

    It did if every quote and backslash in it stands behind a backslash.
    """
    if "\\" not in text:
        return text
    rest = text.replace("\\\\", "").replace("\\'", "").replace('\\"', "").replace("\\0", "")
    if "\\" in rest or "'" in rest or '"' in rest:
        return text
    # Pairs first: \\' is a backslash and a naked quote, and NUL cannot be in a storable text.
    return (
        text.replace("\\\\", "\0")
        .replace("\\'", "'")
        .replace('\\"', '"')
        .replace("\\0", "\N{REPLACEMENT CHARACTER}")
        .replace("\0", "\\")
    )


_REL = re.compile(r"""\srel=(["'])(?:nofollow|ugc|noopener|noreferrer|external| )*\1""")
_FILTERED = re.compile("&(?:amp|lt|gt|quot|#0?39|#0?38);")


def unfiltered(text: str) -> str:
    """``text`` as it was typed, as far as WordPress's filters let it be known."""
    if "rel=" in text:
        text = _REL.sub("", text)
    if "&" in text:
        text = _FILTERED.sub(lambda entity: html.unescape(entity[0]), text)
    return text


_TAG = re.compile("<[^<>]*>")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def canonical(text: str) -> str:
    """What all spellings of a text share: its letters and digits, without tags, in one case.

    A text of signs alone stays as it is, white space aside.
    """
    plain = html.unescape(text) if "&" in text else text
    words = _BETWEEN_WORDS.sub("", _TAG.sub("", plain)).casefold()
    return words or "".join(plain.replace("\\", "").split())


def same_text(one: str, other: str) -> bool:
    """Whether both are spellings of one text; of long texts the first 20,000 characters count."""
    if one == other:
        return True
    short = min(len(one), len(other)) <= COMPARED_CHARACTERS
    first, second = canonical(one[:COMPARED_CHARACTERS]), canonical(other[:COMPARED_CHARACTERS])
    if short:
        return first == second
    # Slashes and entities shift the cut, so the shorter one ends somewhere in the longer one.
    return first.startswith(second) or second.startswith(first)


def same_name(one: str | None, other: str | None) -> bool:
    """Whether two names or addresses may be the same; what is unknown contradicts nothing."""
    if one is None or other is None or one == other:
        return True
    return canonical(one) == canonical(other)
