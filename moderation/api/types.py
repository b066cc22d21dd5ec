"""What goes in and out of the JSON API.  The same types validate, encode and describe it.

Their docstrings and descriptions are what a client reads in ``/openapi.json``.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from moderation.api.cursors import CURSOR_PATTERN
from moderation.comments import Origin
from moderation.feedback.store import Label, Source
from moderation.statistics import Span
from moderation.verdicts import Action

Name = Annotated[str, Meta(max_length=1_000)]
Part = Annotated[str, Meta(max_length=200)]  # an address must not be longer than 8 KiB
Address = Annotated[str, Meta(max_length=2_000)]
Code = Annotated[str, Meta(max_length=100)]
Identifier = Annotated[str, Meta(min_length=1, max_length=100)]
Moment = Annotated[datetime, Meta(tz=True)]
SiteName = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9][a-z0-9-]{0,62}$",
        description="The site; needed where the token opens several.",
    ),
]


class NewComment(Struct, kw_only=True, forbid_unknown_fields=True):
    """A comment as somebody wrote it.  Leave out what you do not know."""

    text: str
    author: Name | None = None
    email: Name | None = None
    url: Annotated[Address, Meta(description="The author's own link.")] | None = None
    address: (
        Annotated[Code, Meta(description="The author's IP address; one that is none is left out.")]
        | None
    ) = None
    user_agent: Address | None = None
    referrer: Address | None = None
    permalink: Annotated[Address, Meta(description="The address of the post.")] | None = None
    title: Annotated[Name, Meta(description="The title of the post.")] | None = None
    context: Annotated[
        list[Name], Meta(max_length=100, description="Tags and categories of the post.")
    ] = []
    kind: Annotated[Identifier, Meta(description="comment, reply, pingback, contact-form, ...")] = (
        "comment"
    )
    role: Annotated[Code, Meta(description="The author's roles on the blog, comma-separated.")] = ""
    languages: Annotated[Code, Meta(description="Of the blog, as in de, en_us.")] = ""
    submitted_at: Annotated[Moment, Meta(description="When it was written.")] | None = None
    platform_id: Annotated[Identifier, Meta(description="Your id of the comment.")] | None = None
    platform_post_id: Annotated[Identifier, Meta(description="Your id of the post.")] | None = None
    parent_id: (
        Annotated[Identifier, Meta(description="Your id of the comment that this one answers.")]
        | None
    ) = None
    delivery_id: (
        Annotated[
            Identifier,
            Meta(
                description="Your id of this delivery: what comes again under it hears the first"
                " verdict, however late."
            ),
        ]
        | None
    ) = None
    recheck_reason: Annotated[
        Code, Meta(description="Why it is asked about again; empty the first time.")
    ] = ""
    honeypot_filled: Annotated[
        bool, Meta(description="A field that no person sees came back with text in it.")
    ] = False
    script_ran: (
        Annotated[bool, Meta(description="Whether the page's script left its marks.")] | None
    ) = None
    form_seconds: (
        Annotated[float, Meta(ge=0, description="Between opening the page and sending.")] | None
    ) = None
    is_test: Annotated[
        bool, Meta(description="Judge and store it, but neither count nor learn from it.")
    ] = False


class Reason(Struct):
    """A finding: its share of the log-odds, and a sentence for people, in the caller's language."""

    name: str
    log_odds: float
    sentence: str


class Judged(Struct, kw_only=True):
    """A verdict.  The probability is the logistic of the log-odds, their sum that of the findings.

    A rule that decided alone is named in ``decided_by``; otherwise that is empty.
    """

    id: UUID
    first_id: UUID | None  # the identical check, shortly before, whose verdict this one shares
    action: Action
    probability: float
    log_odds: float
    findings: list[Reason]
    decided_by: str
    model: str
    adjustment: int


class Failure(Struct, kw_only=True, omit_defaults=True):
    """What went wrong, as an RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str = ""


class BrokenLine(Struct, kw_only=True):
    """The answer in place of a line that could not be taken; the others stand."""

    line: Annotated[int, Meta(ge=1)]
    error: Failure


class GivenLabel(Struct, kw_only=True):
    """What a person said of a comment last."""

    label: Label
    source: Source
    created_at: datetime


class StoredComment(Judged, kw_only=True):
    """A comment with its verdict, and the newest label if a person has given one."""

    site: str
    received_at: datetime
    submitted_at: datetime | None
    origin: Origin
    kind: str
    text: str
    author: str | None
    email: str | None
    url: str | None
    address: str | None
    user_agent: str | None
    referrer: str | None
    permalink: str | None
    title: str | None
    role: str
    languages: str
    platform_id: str | None
    platform_post_id: str | None
    parent_id: str | None
    recheck_reason: str
    is_test: bool
    label: GivenLabel | None


class Page(Struct, kw_only=True):
    """A part of the list.  ``next`` is the cursor of the following part, null after the last one.

    A page can be shorter than asked, or empty, although more follow: each looks through a bounded
    number of comments.
    """

    comments: list[StoredComment]
    next: str | None


class NewFeedback(Struct, kw_only=True, forbid_unknown_fields=True):
    """A person calls a comment spam, or ham."""

    label: Label
    reporter: Annotated[
        Name, Meta(description="Who says so on the blog; kept as a keyed hash only.")
    ] = ""


Status = Literal["approved", "spam", "trash", "deleted"]


class NewStatus(Struct, kw_only=True, forbid_unknown_fields=True):
    """What became of a comment on the blog.

    ``approved`` and ``spam`` are labels, ``trash`` says nothing of spam, ``deleted`` erases it
    here.
    """

    status: Status
    reporter: Annotated[Name, Meta(description="Who did it; kept as a keyed hash only.")] = ""


class Noted(Struct, kw_only=True):
    """What was noted of a comment; ``changed`` is false if it was so before."""

    id: UUID
    label: Label | None
    changed: bool


class Counts(Struct, kw_only=True):
    """Comments that came in, and what people put right since.  Held comments count as spam."""

    spam: int
    ham: int
    missed_spam: int
    false_positives: int


class DatedCounts(Counts, kw_only=True):
    """The counts of a day or a month that begins with ``first_day``."""

    first_day: date


class Statistics(Counts, kw_only=True):
    """Counts in all and by month (60 days: by day); ``accuracy`` is a share between 0 and 1."""

    site: str
    period: Span
    accuracy: float
    parts: list[DatedCounts]


class SiteQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    site: SiteName | UnsetType = UNSET


Findings = Literal["full", "none"]


class JudgeQuery(SiteQuery, kw_only=True):
    findings: Annotated[Findings, Meta(description="Whether to answer the findings.")] = "full"


class BatchQuery(SiteQuery, kw_only=True):
    findings: Annotated[Findings, Meta(description="Whether to answer the findings.")] = "none"


class StatisticsQuery(SiteQuery, kw_only=True):
    period: Span = Span.SIX_MONTHS


Order = Literal["newest", "oldest"]


class ListQuery(SiteQuery, kw_only=True):
    action: Action | UnsetType = UNSET
    label: (
        Annotated[
            Literal["spam", "ham", "none"],
            Meta(description="The newest label; none for comments that nobody has labelled."),
        ]
        | UnsetType
    ) = UNSET
    since: Annotated[Moment, Meta(description="Received then or later.")] | UnsetType = UNSET
    until: Annotated[Moment, Meta(description="Received earlier.")] | UnsetType = UNSET
    author: (
        Annotated[Part, Meta(description="The name or e-mail address, in any case.")] | UnsetType
    ) = UNSET
    language: (
        Annotated[Code, Meta(description="One of the languages of the blog, as in de.")] | UnsetType
    ) = UNSET
    text: Annotated[Part, Meta(description="A part of the text, in any case.")] | UnsetType = UNSET
    order: Order = "newest"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: (
        Annotated[str, Meta(pattern=CURSOR_PATTERN, description="next of the page before.")]
        | UnsetType
    ) = UNSET
