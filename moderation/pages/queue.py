"""The page ``/review``: what waits for a decision, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import web

from moderation.pages.asking import Asked, asked, read_id
from moderation.pages.deciders import deciders, name_of_kind
from moderation.pages.report import REPORT_REASONS
from moderation.pages.showing import CHOICES, STATES, show
from moderation.reasons.stating import LONGEST_NOTE, Citable, citable
from moderation.review import cases, live
from moderation.review.listing import LOWEST, Page, Tab, store
from moderation.review.listing import page as page_of
from moderation.review.listing.store import Item
from moderation.review.live.store import Claim
from service import clock
from service.accounts import store as accounts
from service.accounts.administration import LANGUAGES
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, Connection, connection
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import page
from service.settings import SETTINGS

HERE = "/review"
LAST = datetime.max.replace(tzinfo=UTC)
TABS = {
    Tab.HELD: message("Held"),
    Tab.REJECTED: message("Rejected"),
    Tab.APPROVED: message("Approved"),
    Tab.REPORTED: message("Reported"),
    Tab.APPEALS: message("Appeals"),
}

routes = web.RouteTableDef()
frame.NAVIGATION.insert(0, frame.Place(HERE, message("Review"), Role.MODERATOR))


@routes.get("/")
async def start(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(HERE)


@routes.get(HERE)
@page(Role.MODERATOR)
async def queue(request: web.Request, session: Session) -> web.StreamResponse:
    question = asked(request, session)
    async with connection(request.app[POOL]) as conn:
        read = await _read(conn, question, session)
    sites = {site.id: site for site in question.sites.values()}
    found = read.found
    items = [
        show(
            item,
            sites[item.site_id],
            session,
            read.users,
            read.claimed.get(item.id),
            service_days=request.app[SETTINGS].comment_retention_days,
            case=read.cases.get(item.id, cases.NONE),
        )
        for item in _in_order(found.items, read.cases)
    ]
    return frame.render(
        "review.html",
        language=session.account.language,
        session=session,
        here=HERE,
        question=question,
        given=question.given,
        tabs=TABS,
        items=items,
        choices=CHOICES,
        states=STATES,
        kinds=deciders,
        kind_name=name_of_kind,
        users=read.users,
        known=read.known,
        site_names={site_id: site.name for site_id, site in sites.items()},
        longest_note=LONGEST_NOTE,
        waiting=read.waiting,
        report_reasons=REPORT_REASONS,
        now=clock.now(),
        counted_at_most=store.COUNTED_AT_MOST,
        comment_languages=LANGUAGES,
        older="" if found.ended else question.address(below=str(found.next)),
        is_first=not request.query.get("below"),
        looked=not items and not found.ended and found.next != LOWEST,
        done=_done(request),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What the database has for one page."""

    found: Page
    users: Mapping[int, str]
    waiting: Mapping[str, int]
    known: Citable
    cases: Mapping[UUID, cases.Case]
    claimed: Mapping[UUID, Claim]


async def _read(conn: Connection, question: Asked, session: Session) -> _Read:
    wanted = question.wanted
    grouped = question.tab is Tab.HELD and wanted.is_plain
    found = await page_of(conn, question.tab, replace(wanted, grouped=grouped))
    site_ids, ids = [each.site_id for each in found.items], [each.id for each in found.items]
    by = (ActorKind.USER, str(session.account.id))
    return _Read(
        found=found,
        users=await accounts.names(conn),
        waiting=await _waiting(conn, [site.id for site in question.sites.values()]),
        known=await citable(conn, wanted.site_ids, by),
        cases=await cases.of_comments(conn, [*zip(site_ids, ids, strict=True)]),
        claimed=await live.claims(conn, site_ids, ids, clock.now()),
    )


async def _waiting(conn: Connection, site_ids: Sequence[int]) -> dict[str, int]:
    """How many wait in each tab."""
    held = await store.count_held(conn, site_ids)
    return {"held": held, **await cases.store.counts(conn, site_ids)}


def _in_order(items: Sequence[Item], asked_for: Mapping[UUID, cases.Case]) -> Sequence[Item]:
    """Whoever has waited longest for an answer to an appeal comes first."""
    due = {item.id: asked_for.get(item.id, cases.NONE).due_at for item in items}
    return sorted(items, key=lambda item: due[item.id] or LAST)


def _done(request: web.Request) -> UUID | None:
    """The act that led here, for who has no script."""
    return read_id(request.query.get("done", ""))
