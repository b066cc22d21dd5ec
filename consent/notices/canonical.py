"""The one spelling of a notice (RFC 8785), and the digests by which it is named for ever."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
import rfc8785

from consent.notices.document import Notice


@dataclass(frozen=True, slots=True)
class Digests:
    """Each is 64 hexadecimal digits."""

    notice: str
    texts: dict[str, str]  # by language
    bundle: str | None  # of the library that drew it, and of its style sheet
    css: str | None


def canonical(value: Any) -> bytes:
    """``value``, made of objects, lists, strings, integers, booleans and null, as JCS."""
    return rfc8785.dumps(value)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def document_of(notice: Notice) -> bytes:
    """The bytes that are stored, served and hashed: every field, defaults included."""
    return canonical(msgspec.to_builtins(notice))


def text_digest(notice: Notice, language: str) -> str:
    """Of the canonical JSON of all that is said in one language."""
    return digest(canonical(msgspec.to_builtins(notice.texts[language])))


def digests_of(notice: Notice) -> Digests:
    return Digests(
        notice=digest(document_of(notice)),
        texts={language: text_digest(notice, language) for language in sorted(notice.texts)},
        bundle=notice.ui.bundle_sha256 if notice.ui else None,
        css=notice.ui.css_sha256 if notice.ui else None,
    )
