"""The comment as the rest of the service sees it, whatever platform sent it."""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Origin(StrEnum):
    """Why we have this comment."""

    CHECK = "check"  # a platform asked for a verdict
    SUBMISSION = "submission"  # a platform reported spam or ham that it never had checked
    IMPORT = "import"  # it stood on the blog before the blog was connected


class Comment(Struct, frozen=True, kw_only=True, gc=False):
    """A comment as a platform sent it, decoded but otherwise as written.

    Every string is ``storable``.  ``text`` and all other fields are untrusted and unescaped: never
    put them in HTML or in a log line.  ``None`` means the platform did not send the field, ``""``
    that the person left it empty.
    """

    text: str
    author: str | None = None
    email: str | None = None
    url: str | None = None  # the author's own link
    address: str | None = None  # IP address of the author, as text; None if absent or unreadable
    user_agent: str | None = None
    referrer: str | None = None
    permalink: str | None = None  # address of the post
    title: str | None = None  # title of the post
    context: tuple[str, ...] = ()  # tags and categories of the post
    kind: str = "comment"  # comment, reply, pingback, trackback, contact-form, ...
    role: str = ""  # comma list of the author's roles on the blog
    languages: str = ""  # of the blog, "de, en_us"
    blog: str = ""  # host (and path) of the blog as the caller named it
    submitted_at: datetime | None = None
    platform_id: str | None = None  # the platform's id of the comment
    platform_post_id: str | None = None  # the platform's id of the post
    parent_id: str | None = None  # the platform's id of the comment this one answers
    callback: str | None = None  # where verdict changes may be posted to
    delivery_id: str | None = None  # a platform's own id of this delivery, for idempotency
    recheck_reason: str = ""  # why a comment is asked about again; "" for the first time
    honeypot_filled: bool = False  # a field no person sees came back with text in it
    script_ran: bool | None = None  # the page's script left its marks; None if it cannot be known
    form_seconds: float | None = None  # between opening the page and sending
    is_test: bool = False  # judged and stored, but never counted, remembered or learnt from
    can_be_discarded: bool = False  # its client follows the advice to keep nothing of it
    is_precheck: bool = False  # a pingback's first look, which a second check follows
    origin: Origin = Origin.CHECK


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """``text`` without what PostgreSQL cannot store: NUL and lone surrogates become U+FFFD."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
