"""What the classifier sees of a comment, and where labelled examples come from."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

_TOLD_APART_BY_LETTERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One comment as the classifier sees it, whatever platform sent it.

    ``None`` means *not known* (the source has no such field) and is not the same as ``""`` (the
    person left the field empty): a feature of an unknown field contributes nothing.
    ``text`` is untrusted, may hold markup, and may be of any length.
    """

    text: str
    author: str | None = None
    url: str | None = None  # the author's own link
    mail_domain: str | None = None  # what follows the @ of the author's address
    permalink: str | None = None  # address of the post
    title: str | None = None  # title of the post
    context: str | None = None  # tags and categories of the post, joined by spaces
    language: str | None = None  # of the blog, as BCP 47 or the Akismet list "de, en_us"
    kind: str | None = None  # "comment", "reply", "pingback", "trackback", "contact-form", ...
    form_seconds: float | None = None  # between opening the page and sending
    script_ran: bool | None = None  # the page's script left its marks in the form


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An example with what a person calls it, and where it comes from.

    Rows of one ``group`` (a post, a video, a template) never stand on both sides of a split.
    """

    example: Example
    is_spam: bool
    source: str
    group: str
    weight: float = 1.0
    language: str = "und"
    genre: str = ""


def without_duplicates(rows: Iterable[Labelled]) -> list[Labelled]:
    """The first of each text that differs in letters or label, in order.

    Texts with almost no letters differ by any character.  Rows of one group that were made to
    differ in other fields stay.
    """
    seen: set[tuple[object, ...]] = set()
    kept = []
    for row in rows:
        example = row.example
        letters = "".join(filter(str.isalpha, example.text.casefold()))
        spelled = letters if len(letters) >= _TOLD_APART_BY_LETTERS else example.text
        key = (spelled, row.is_spam, example.author, example.url, example.permalink)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def share_of(key: str, seed: int) -> float:
    """A number in [0, 1) that depends on nothing but ``key`` and ``seed``."""
    digest = hashlib.blake2b(f"{seed}:{key}".encode("utf-8", "replace"), digest_size=7).digest()
    return int.from_bytes(digest, "big") / (1 << 56)
