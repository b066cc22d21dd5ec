"""JSON lines: one comment a line, for blogs of any platform.

A field that is missing is not known; one that is empty was left empty.  To take in another field,
add it to ``Line`` and to ``docs/import.md``.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, BinaryIO

import msgspec

from moderation.akismet.fields import (
    ADDRESS_CHARACTERS,
    CODE_CHARACTERS,
    NAME_CHARACTERS,
    address,
    blog_name,
    moment,
)
from moderation.comments import Comment, Origin, storable
from moderation.feedback.store import Label
from moderation.imports.records import TEXT_CHARACTERS, Found, Record, Status, Unreadable

LINE_BYTES = 1 << 23  # the longest text, every character escaped, and room for the rest
BOM = b"\xef\xbb\xbf"

Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)]
Address = Annotated[str, msgspec.Meta(max_length=ADDRESS_CHARACTERS)]
Code = Annotated[str, msgspec.Meta(max_length=CODE_CHARACTERS)]


# A field that nobody asked for may be nested without end, so there is none.
class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of one line."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARACTERS)]
    date: Code  # ISO 8601; UTC if it names no zone
    status: Status = Status.APPROVED
    label: Label | None = None  # what a person said of it
    id: Code | int | None = None
    author: Name | None = None
    email: Name | None = None
    url: Address | None = None
    address: Code | None = None
    user_agent: Address | None = None
    permalink: Address | None = None
    title: Name | None = None
    tags: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    post_id: Code | int | None = None
    parent_id: Code | int | None = None
    kind: Code = "comment"
    language: Code = ""


_decoder = msgspec.json.Decoder(Line)


def read(file: BinaryIO, blog: str, after: int) -> Iterator[Record]:
    """See ``records.Format``; positions count lines, and a line alone is refused."""
    for position, line in enumerate(_lines(file), 1):
        if position > after and line.strip():
            yield _record(position, line, blog)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Every line; of one that is too long only the beginning, and that too long as well."""
    while line := file.readline(LINE_BYTES + 1):
        yield line
        while len(line) > LINE_BYTES and not line.endswith(b"\n"):
            line = file.readline(LINE_BYTES + 1)


def _record(position: int, data: bytes, blog: str) -> Record:
    if len(data) > LINE_BYTES:
        return Unreadable(position, "it is longer than 8 MiB")
    try:
        line = _decoder.decode(data.removeprefix(BOM) if position == 1 else data)
    except msgspec.ValidationError as error:
        return Unreadable(position, storable(str(error)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unreadable(position, "it is not JSON")
    date = moment(line.date)
    if date is None:
        return Unreadable(position, "its date is not in ISO 8601")
    label = line.label or (Label.SPAM if line.status is Status.SPAM else None)
    return Found(position, _comment(line, date, blog), line.status, label)


def _comment(line: Line, date: datetime, blog: str) -> Comment:
    return Comment(
        text=storable(line.text),
        author=_text(line.author),
        email=_text(line.email),
        url=_text(line.url),
        address=address(line.address or ""),
        user_agent=_text(line.user_agent),
        permalink=_text(line.permalink),
        title=_text(line.title),
        context=tuple(map(storable, line.tags)),
        kind=storable(line.kind).strip() or "comment",
        languages=storable(line.language),
        blog=blog_name(blog),
        submitted_at=date,
        platform_id=_text(line.id),
        platform_post_id=_text(line.post_id),
        parent_id=_text(line.parent_id),
        origin=Origin.IMPORT,
    )


def _text(value: str | int | None) -> str | None:
    return None if value is None else storable(str(value)).strip()
