"""WordPress's own export (WXR), read as it streams by: memory does not grow with the file.

WordPress writes characters that XML forbids, and bytes that are not what the first line says they
are; both are mended on the way.  A document type is refused, for only that can define entities.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from xml.parsers import expat  # fed with what was checked here; see _Parser._refuse_document_type

from moderation.akismet.fields import (
    ADDRESS_CHARACTERS,
    CODE_CHARACTERS,
    NAME_CHARACTERS,
    address,
    blog_name,
    moment,
)
from moderation.comments import Comment, Origin
from moderation.feedback.store import Label
from moderation.forms import MULTI_BYTE, SINGLE_BYTE, SUPERSETS
from moderation.imports.records import (
    TEXT_CHARACTERS,
    BrokenFile,
    Found,
    Record,
    Status,
    Unreadable,
)
from moderation.wordpress import unfiltered

CHUNK_BYTES = 1 << 18
DEEPEST = 64  # elements in each other; an export has six
LONGEST_TAG_BYTES = 1 << 24  # expat keeps an unfinished tag in memory
CONTEXT_AT_MOST = 100  # tags and categories of a post
NAMESPACE = "http://wordpress.org/export/"

# Which elements are kept of each part of the document, and how many characters of them.
FIELDS: Mapping[str, Mapping[str, int]] = {
    "channel": {"wp:base_blog_url": ADDRESS_CHARACTERS, "language": CODE_CHARACTERS},
    "item": {
        "title": NAME_CHARACTERS,
        "link": ADDRESS_CHARACTERS,
        "wp:post_id": CODE_CHARACTERS,
        "wp:post_date_gmt": CODE_CHARACTERS,
        "category": NAME_CHARACTERS,
    },
    "wp:comment": {
        "wp:comment_id": CODE_CHARACTERS,
        "wp:comment_author": NAME_CHARACTERS,
        "wp:comment_author_email": NAME_CHARACTERS,
        "wp:comment_author_url": ADDRESS_CHARACTERS,
        "wp:comment_author_IP": CODE_CHARACTERS,
        "wp:comment_date": CODE_CHARACTERS,
        "wp:comment_date_gmt": CODE_CHARACTERS,
        "wp:comment_content": TEXT_CHARACTERS,
        "wp:comment_approved": CODE_CHARACTERS,
        "wp:comment_type": CODE_CHARACTERS,
        "wp:comment_parent": CODE_CHARACTERS,
    },
    "wp:commentmeta": {"wp:meta_key": CODE_CHARACTERS, "wp:meta_value": CODE_CHARACTERS},
}
# Which part stands in which.
INSIDE = {"item": "channel", "wp:comment": "item", "wp:commentmeta": "wp:comment"}
CONTEXT_DOMAINS = frozenset({"category", "post_tag"})

STATUSES = {
    "1": Status.APPROVED,
    "approve": Status.APPROVED,
    "spam": Status.SPAM,
    "trash": Status.TRASH,
}  # "0", "hold", and "post-trashed", which says nothing of the comment: held
# The Akismet plugin's note of what a person said of the comment, as opposed to its own guess.
PERSON_SAID = "akismet_user_result"


class NotAnExport(BrokenFile):
    """This is no export of WordPress: make one in its dashboard under Tools, Export."""


class DocumentType(BrokenFile):
    """The file declares a document type, which WordPress never does: it is refused unread."""


def read(file: BinaryIO, blog: str, after: int) -> Iterator[Record]:
    """See ``records.Format``; positions count comments."""
    parser = _Parser(blog, after)
    for text, is_last in _decoded(file):
        try:
            parser.feed(text, is_last=is_last)
        except BrokenFile:
            yield from parser.taken()
            raise
        yield from parser.taken()


def _decoded(file: BinaryIO) -> Iterator[tuple[str, bool]]:
    """The file in pieces of text, and whether it is the last one."""
    chunk = file.read(CHUNK_BYTES)
    decoder = codecs.getincrementaldecoder(_encoding(chunk))("replace")
    while chunk:
        yield decoder.decode(chunk), False
        chunk = file.read(CHUNK_BYTES)
    yield decoder.decode(b"", final=True), True


class _Parser:
    """Expat's events to records.  Anything it raises is a ``BrokenFile``."""

    def __init__(self, blog: str, after: int) -> None:
        self._after = after
        self._position = 0
        self._records: list[Record] = []
        self._parts: dict[str, dict[str, str]] = {part: {} for part in FIELDS}
        self._parts["channel"]["wp:base_blog_url"] = blog
        self._context: list[str] = []
        self._part = "channel"
        self._depth = 0
        self._field, self._field_depth, self._room = "", 0, 0
        self._pieces: list[str] = []
        self._fed = 0
        self._expat = expat.ParserCreate("utf-8")  # whatever the file says it was
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.StartDoctypeDeclHandler = self._refuse_document_type

    def feed(self, text: str, *, is_last: bool) -> None:
        text = _FORBIDDEN.sub(" ", text) if _FORBIDDEN.search(text) else text
        data = text.encode()
        self._fed += len(data)
        try:
            self._expat.Parse(data, is_last)
        except expat.ExpatError as error:
            raise self._broken(expat.ErrorString(error.code)) from None
        if self._fed - self._expat.CurrentByteIndex > LONGEST_TAG_BYTES:
            raise self._broken("a tag without an end")

    def taken(self) -> list[Record]:
        """The records since the last call."""
        records, self._records = self._records, []
        return records

    def _broken(self, why: str) -> BrokenFile:
        return BrokenFile(
            f"The file breaks off at line {self._expat.CurrentLineNumber}, after"
            f" {self._position:,} comments ({why})."
        )

    def _refuse_document_type(self, *_: object) -> None:
        raise DocumentType

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and not (
            name == "rss" and attributes.get("xmlns:wp", "").startswith(NAMESPACE)
        ):
            raise NotAnExport
        if self._depth > DEEPEST:
            raise self._broken("elements nested too deeply")
        if INSIDE.get(name) == self._part and not self._field:
            self._open(name)
        elif name in FIELDS[self._part] and not self._field and _is_wanted(name, attributes):
            self._listen(name)

    def _open(self, part: str) -> None:
        self._part = part
        self._parts[part] = {}
        if part == "item":
            self._context = []

    def _listen(self, name: str) -> None:
        self._field, self._field_depth = name, self._depth
        self._room = FIELDS[self._part][name]
        self._expat.CharacterDataHandler = self._hear

    def _hear(self, text: str) -> None:
        if self._room > 0:
            self._pieces.append(text[: self._room])
            self._room -= len(text)

    def _end(self, name: str) -> None:
        if self._field and self._depth == self._field_depth:
            self._keep()
        elif name == self._part and name in INSIDE and not self._field:
            self._close()
        self._depth -= 1

    def _keep(self) -> None:
        value = "".join(self._pieces)
        self._pieces = []
        # Most of a file is the posts themselves: nobody listens to those.
        self._expat.CharacterDataHandler = None
        if self._field != "category":
            self._parts[self._part][self._field] = value
        elif len(self._context) < CONTEXT_AT_MOST:
            self._context.append(value.strip())
        self._field = ""

    def _close(self) -> None:
        fields = self._parts[self._part]
        if self._part == "wp:commentmeta":
            if fields.get("wp:meta_key") == PERSON_SAID:
                self._parts["wp:comment"][PERSON_SAID] = fields.get("wp:meta_value", "")
        elif self._part == "wp:comment":
            self._position += 1
            if self._position > self._after:
                self._records.append(self._record(fields))
        self._part = INSIDE[self._part]

    def _record(self, fields: Mapping[str, str]) -> Record:
        channel, post = self._parts["channel"], self._parts["item"]
        date = next(filter(None, map(moment, _dates(fields, post))), None)
        if date is None:
            return Unreadable(self._position, "it has no date")
        get = fields.get
        author, email, url = (
            get(f"wp:comment_author{part}", "").strip() for part in ("", "_email", "_url")
        )
        comment = Comment(
            text=unfiltered(get("wp:comment_content", "")),
            author=unfiltered(author),
            email=email,
            url=url,
            address=address(get("wp:comment_author_IP", "")),
            permalink=post.get("link", "").strip() or None,
            title=post.get("title") or None,
            context=tuple(self._context),
            kind=get("wp:comment_type", "").strip() or "comment",
            languages=channel.get("language", "").strip(),
            blog=blog_name(channel["wp:base_blog_url"]),
            submitted_at=date,
            platform_id=_identifier(get("wp:comment_id")),
            platform_post_id=_identifier(post.get("wp:post_id")),
            parent_id=_identifier(get("wp:comment_parent")),
            origin=Origin.IMPORT,
        )
        status = STATUSES.get(get("wp:comment_approved", "").strip(), Status.HELD)
        return Found(self._position, comment, status, _label(status, get(PERSON_SAID, "")))


def _is_wanted(name: str, attributes: Mapping[str, str]) -> bool:
    """Other plugins file posts under taxonomies of their own."""
    return name != "category" or attributes.get("domain") in CONTEXT_DOMAINS


def _dates(fields: Mapping[str, str], post: Mapping[str, str]) -> tuple[str, str, str]:
    """From the best to what is left where WordPress wrote a date of zeros."""
    return (
        fields.get("wp:comment_date_gmt", ""),
        fields.get("wp:comment_date", ""),
        post.get("wp:post_date_gmt", ""),
    )


def _identifier(text: str | None) -> str | None:
    """WordPress says ``0`` where there is no such thing."""
    found = (text or "").strip()
    return found if found and found != "0" else None


def _label(status: Status, person_said: str) -> Label | None:
    if status is Status.SPAM:
        return Label.SPAM
    return Label.HAM if status is Status.APPROVED and person_said.strip() == "false" else None


# What XML 1.0 forbids (section 2.2); a decoder leaves no surrogates.
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}encoding=["']([\w.:-]{1,40})["']""")


def _encoding(beginning: bytes) -> str:
    """As the first bytes or the declaration say; UTF-8 where they say nothing that can be read."""
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARED.search(beginning[:400])
    try:
        name = codecs.lookup(declared[1].decode()).name if declared else "utf-8"
    except LookupError:
        name = "utf-8"
    name = SUPERSETS.get(name, name)
    known = name in SINGLE_BYTE or name in MULTI_BYTE
    return name if known and name != "utf-8" else "utf-8-sig"
