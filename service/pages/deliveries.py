"""The page ``/deliveries``: what endpoints were told, wait for, or never heard; and once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from service import clock, errors
from service.accounts.values import Role, Session
from service.audit import Actor, ActorKind
from service.db import POOL, Connection, connection
from service.endpoints import administration
from service.endpoints import store as endpoint_store
from service.endpoints.store import EndpointRow
from service.outbox import DeliveryState, Event, looking, replaying
from service.outbox import store as outbox
from service.outbox.looking.store import Found, Sought
from service.outbox.retries import ATTEMPTS
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, Form, page
from service.sites import DIRECTORY, Site

HERE = "/deliveries"
LONGEST = 100
FIELDS = ("site", "state", "endpoint", "event", "error", "guid", "since", "until")
CHUNK, CHUNKS = 1000, 10  # so many of an endpoint are sent once more by one click
CHOSEN_AT_MOST = 200
ATTEMPTS_SHOWN = 100
LAST_MILLISECOND = 253_402_300_799_000  # of the year 9999

STATES = {
    DeliveryState.WAITING: message("waiting"),
    DeliveryState.DELIVERED: message("delivered"),
    DeliveryState.GIVEN_UP: message("given up"),
}
EVENTS = {
    Event.HELD: message("held"),
    Event.APPROVED: message("approved"),
    Event.REJECTED: message("rejected"),
    Event.DECIDED: message("decided on"),
    Event.CONSENT_RECORDED: message("consent recorded"),
    Event.CONSENT_WITHDRAWN: message("consent withdrawn"),
    Event.CONSENT_EXPIRED: message("consent expired"),
    Event.NOTICE_PUBLISHED: message("notice published"),
}
# What is written down of an attempt, in words; a status of HTTP speaks for itself.
ERRORS = {
    "Timeout": message("no answer in time"),
    "PrivateAddress": message("its address is inside, and it may not be"),
    "ClientConnectorError": message("nobody answers there"),
    "ClientConnectorDNSError": message("its name is not known"),
    "CommentUnknown": message("the blog does not have the comment"),
    "StatusUnchanged": message("the blog answered and did nothing"),
    "ForeignCallback": message("the plugin named an address that is not the blog's"),
    "NoKey": message("the site's key is revoked"),
    "NoWordPress": message("there is no WordPress"),
    "AnswerTooLarge": message("the answer is too large"),
    "SenderLost": message("whoever sent it was lost, again and again"),
    "EndpointRemoved": message("the endpoint was removed"),
}
DONE = {
    "none": message("Nothing is sent once more: it is on its way, or its endpoint is gone."),
    "enabled": message("The endpoint is told again, from now on."),
}

routes = web.RouteTableDef()
frame.NAVIGATION.append(frame.Place(HERE, message("Deliveries"), Role.ADMINISTRATOR))


class NoSuchDelivery(errors.NotFound):
    """There is no such delivery, or it is not yours to see."""


class NothingChosen(errors.Unprocessable):
    """No delivery was chosen, or too many at once."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery in front of a person."""

    row: Found
    site: str
    at: datetime  # when it came to be


@routes.get(HERE)
@page(Role.ADMINISTRATOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    sites = _sites(request, session)
    given = {name: _given(request, name) for name in FIELDS}
    sought = _sought(given, request.query.get("below", ""), sites)
    async with connection(request.app[POOL]) as conn:
        found = await looking.page(conn, sought)
        endpoints = await _endpoints(conn, sought.site_ids, sites)
    return frame.render(
        "deliveries.html",
        language=session.account.language,
        session=session,
        here=HERE,
        given=given,
        filtered=any(given.values()),
        sites=list(sites),
        states=STATES,
        events=EVENTS,
        errors=ERRORS,
        most_attempts=ATTEMPTS,
        deliveries=_shown(found.deliveries, sites),
        older=_address(given, below=str(found.next)) if found.next else "",
        looked=not found.deliveries and found.next is not None,
        here_again=_address(given),
        endpoints=endpoints,
        now=clock.now(),
        said=_said(request, session),
    )


@routes.get(f"{HERE}/{{site}}/{{id}}")
@page(Role.ADMINISTRATOR)
async def show_one(request: web.Request, session: Session) -> web.StreamResponse:
    site, delivery_id = _site(request, session), _id(request.match_info["id"])
    async with connection(request.app[POOL]) as conn:
        row = await looking.store.find(conn, site.id, delivery_id) if delivery_id else None
        if row is None:
            raise NoSuchDelivery
        attempts = await looking.store.attempts(conn, site.id, row.id, ATTEMPTS_SHOWN)
    return frame.render(
        "delivery.html",
        language=session.account.language,
        session=session,
        here=HERE,
        shown=_shown([row], {site.name: site})[0],
        about_comment=row.event.startswith("comment."),
        attempts=attempts,
        states=STATES,
        events=EVENTS,
        errors=ERRORS,
        most_attempts=ATTEMPTS,
        said=_said(request, session),
    )


@routes.post(f"{HERE}/replay")
@page(Role.ADMINISTRATOR)
async def replay(request: web.Request, session: Session) -> web.StreamResponse:
    """Those that are chosen, of one or several sites; each is named as site/id."""
    sites, form = _sites(request, session), request[FORM]
    chosen = form.getall("delivery", [])
    if not 1 <= len(chosen) <= CHOSEN_AT_MOST:
        raise NothingChosen
    wanted: dict[str, list[UUID]] = {}
    for each in chosen:
        name, _, text = each.partition("/")
        delivery_id = _id(text)
        if name not in sites or delivery_id is None:
            raise NoSuchDelivery
        wanted.setdefault(name, []).append(delivery_id)
    count, actor = 0, str(session.account.id)
    async with connection(request.app[POOL]) as conn:
        for name, ids in sorted(wanted.items()):
            count += await replaying.replay(conn, name, ids, ActorKind.USER, actor)
    return _back(form, count)


@routes.post(f"{HERE}/{{site}}/endpoints/{{number}}/replay")
@page(Role.ADMINISTRATOR)
async def replay_endpoint(request: web.Request, session: Session) -> web.StreamResponse:
    """Everything that was given up for an endpoint, the newest first, up to a bound."""
    site, number = _site(request, session), _number(request.match_info["number"])
    wanted = outbox.Wanted(state=DeliveryState.GIVEN_UP, endpoint=number)
    count, actor = 0, str(session.account.id)
    async with connection(request.app[POOL]) as conn:
        for _ in range(CHUNKS):
            rows = await outbox.deliveries(conn, site.id, wanted, CHUNK)
            ids = [row.id for row in rows]
            sent = await replaying.replay(conn, site.name, ids, ActorKind.USER, actor)
            count += sent
            if not sent:
                break
    return _back(request[FORM], count)


@routes.post(f"{HERE}/{{site}}/endpoints/{{number}}/enable")
@page(Role.ADMINISTRATOR)
async def enable(request: web.Request, session: Session) -> web.StreamResponse:
    """Switch it on, and try at once what its failures had put off."""
    site, number = _site(request, session), _number(request.match_info["number"])
    by = Actor(ActorKind.USER, str(session.account.id))
    async with connection(request.app[POOL]) as conn:
        await administration.change(conn, site.name, number, enabled=True, by=by)
    return _see(request[FORM], {"done": "enabled"})


def _sites(request: web.Request, session: Session) -> dict[str, Site]:
    """Name -> site, of those that they administer."""
    may = session.account.may
    found = [site for site in request.app[DIRECTORY] if may(Role.ADMINISTRATOR, site.id)]
    return {site.name: site for site in sorted(found, key=lambda site: site.name)}


def _site(request: web.Request, session: Session) -> Site:
    site = _sites(request, session).get(request.match_info["site"])
    if site is None:
        raise NoSuchDelivery
    return site


def _given(request: web.Request, name: str) -> str:
    text = request.query.get(name, "").replace("\0", "")
    return text.encode("utf-8", "replace").decode().strip()[:LONGEST]


def _sought(given: Mapping[str, str], below: str, sites: Mapping[str, Site]) -> Sought:
    named = sites.get(given["site"])
    chosen = [named] if named else [] if given["site"] else list(sites.values())
    since, until = _day(given["since"]), _day(given["until"])
    end = replaying.oldest_id(until + timedelta(days=1)) if until else looking.HIGHEST
    guid = _id(given["guid"])
    return Sought(
        # A word that is no guid finds nothing, rather than everything.
        site_ids=[] if given["guid"] and guid is None else [site.id for site in chosen],
        below=min(_id(below) or looking.HIGHEST, end),
        floor=replaying.oldest_id(since) if since else looking.LOWEST,
        state=DeliveryState(given["state"]) if given["state"] in set(DeliveryState) else None,
        endpoint=_number(given["endpoint"]) if given["endpoint"] else None,
        event=given["event"] or None,
        error=given["error"] or None,
        guid=guid,
    )


def _number(text: str) -> int:
    """0 is no endpoint's."""
    small = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004  (an integer)
    return int(text) if small else 0


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None  # noqa: PLR2004  (ids begin in 1970)


async def _endpoints(
    conn: Connection, site_ids: Sequence[int], sites: Mapping[str, Site]
) -> list[tuple[str, EndpointRow]]:
    """(site, endpoint): those that need somebody first."""
    names = {site.id: name for name, site in sites.items()}
    rows = [row for id_ in site_ids for row in await endpoint_store.endpoints(conn, id_)]
    rows.sort(key=lambda row: (row.enabled and not row.failures, -row.given_up))
    return [(names[row.site_id], row) for row in rows]


def _shown(rows: Sequence[Found], sites: Mapping[str, Site]) -> list[Shown]:
    names = {site.id: name for name, site in sites.items()}
    return [Shown(row, names[row.site_id], _made_at(row.id)) for row in rows]


def _made_at(delivery_id: UUID) -> datetime:
    """48 bits of Unix milliseconds lead a UUIDv7 (RFC 9562, 5.7)."""
    milliseconds = min(delivery_id.int >> 80, LAST_MILLISECOND)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _address(given: Mapping[str, str], **changes: str) -> str:
    fields = {name: value for name, value in {**given, **changes}.items() if value}
    return f"{HERE}?{urlencode(fields)}" if fields else HERE


def _said(request: web.Request, session: Session) -> str:
    """What was done by the form that led here, in the reader's language."""
    what, number = request.query.get("done", ""), _number(request.query.get("count", ""))
    translations = frame.translations_of(session.account.language)
    if what == "replayed" and number:
        sentence = translations.ngettext(
            "%(num)d delivery is sent once more.", "%(num)d deliveries are sent once more.", number
        )
        return sentence % {"num": number}
    return translations.gettext(DONE[what]) if what in DONE else ""


def _back(form: Form, count: int) -> web.Response:
    done = {"done": "replayed", "count": str(count)} if count else {"done": "none"}
    return _see(form, done)


def _see(form: Form, done: Mapping[str, str]) -> web.Response:
    """Back to where the form stood, if that is one of these pages."""
    back = form.get("back", "")
    ours = back == HERE or back.startswith((f"{HERE}?", f"{HERE}/"))
    if not (ours and back.isascii() and back.isprintable()):
        back = HERE
    location = f"{back}{'&' if '?' in back else '?'}{urlencode(done)}"
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})
