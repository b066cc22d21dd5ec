"""What a blog can tell authors and readers: why a comment is not shown, and links to do something.

The links need no account; whoever has one can use it, so show each to whom it is meant for.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from aiohttp import web
from msgspec import Struct

from moderation.api.answers import say
from moderation.api.comments import UnknownComment
from moderation.api.operations import Call, operation
from moderation.redress.links import REPORT_LASTS, LinkKind
from moderation.redress.looking import Case, Standing, look, sentence
from moderation.redress.offices import office_of
from moderation.verdicts import Action
from service import clock
from service.db import POOL, connection
from service.tokens import Scope


class StatementOfReasons(Struct, kw_only=True):
    """Why a person removed the comment, with the slots of DSA Art. 17(3)."""

    id: UUID
    made_at: datetime
    restriction: Literal["removal", "visibility", "hold", "account"]
    scope: Literal["everywhere"]
    ends_at: datetime | None
    source: Literal["notice16", "own_initiative"]
    automated_detection: bool
    automated_decision: bool
    ground: Literal["terms", "law"]
    clause: str
    title: str
    sentence: str
    note: str
    language: str
    not_sent_reason: str | None


class AppealState(Struct, kw_only=True):
    """The author's newest appeal; ``outcome`` is null while a person looks at it."""

    made_at: datetime
    due_at: datetime
    outcome: Literal["upheld", "dismissed"] | None
    decided_at: datetime | None


class CommentReason(Struct, kw_only=True):
    """Where a comment stands, in a sentence for its author that tells spammers nothing.

    ``appeal_url`` is null where there is nothing to appeal, or no longer.
    """

    id: UUID
    action: Action
    decided_by: Literal["machine", "person"]
    language: str
    sentence: str
    statement: StatementOfReasons | None
    appeal: AppealState | None
    appeal_url: str | None
    appeal_until: datetime | None


class ReportLink(Struct, kw_only=True):
    """Where readers report the comment; it can stand under it until it expires."""

    url: str
    expires_at: datetime


@operation("GET", "/v1/comments/{id}/reason", Scope.COMMENTS_READ, CommentReason, refusals=(404,))
async def read_reason(call: Call) -> web.Response:
    """Why a comment is not shown, in the caller's language, and where its author can appeal."""
    case = await _case(call)
    office = office_of(call.request.app)
    until = case.appeal_until(office.service_days)
    url = None
    if case.standing is Standing.REJECTED and clock.now() < until:
        url = office.link(LinkKind.APPEAL, case.site.id, case.subject.id, until)
    return say(
        CommentReason(
            id=case.subject.id,
            action=case.action,
            decided_by="person" if case.by_person else "machine",
            language=call.language,
            sentence=sentence(case, call.language),
            statement=_statement(case),
            appeal=_appeal(case),
            appeal_url=url,
            appeal_until=until if url else None,
        ),
        Content_Language=call.language,
        Vary="Accept-Language",
    )


@operation("GET", "/v1/comments/{id}/report-link", Scope.COMMENTS_READ, ReportLink, refusals=(404,))
async def read_report_link(call: Call) -> web.Response:
    """A link by which readers report the comment (DSA Art. 16), for a year."""
    case = await _case(call)
    ends_at = clock.now() + REPORT_LASTS
    office = office_of(call.request.app)
    url = office.link(LinkKind.REPORT, case.site.id, case.subject.id, ends_at)
    return say(ReportLink(url=url, expires_at=ends_at))


async def _case(call: Call) -> Case:
    async with connection(call.request.app[POOL]) as conn:
        case = await look(conn, call.caller.site, call.comment_id)
    if case is None:
        raise UnknownComment
    return case


def _statement(case: Case) -> StatementOfReasons | None:
    made = case.statement
    if made is None:
        return None
    names = StatementOfReasons.__struct_fields__
    return StatementOfReasons(**{name: getattr(made, name) for name in names})


def _appeal(case: Case) -> AppealState | None:
    made = case.appeal
    if made is None:
        return None
    names = AppealState.__struct_fields__
    return AppealState(**{name: getattr(made, name) for name in names})
