"""What an operator does to the endpoints of a site.  Every change enters the audit trail."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import orjson

from service import audit, clock, errors
from service.audit import OPERATOR, Actor
from service.db import Connection
from service.endpoints import store
from service.endpoints.store import EndpointRow
from service.outbox.addresses import is_refused_literal
from service.outbox.values import ENDPOINT_PURPOSE, EndpointKind, Event
from service.secrets import Secrets
from service.sites import store as site_store
from service.sites.administration import UnknownSite
from service.sites.store import SiteRow
from service.webhooks.administration import Proof, accepted_secret, made_secret

LONGEST_URL = 2000
BY_OPERATOR = "operator"

# What is told where the operator names no event.  The blog asked for its verdicts itself.
DEFAULT_EVENTS: Mapping[EndpointKind, tuple[Event, ...]] = {
    EndpointKind.STANDARD_WEBHOOK: tuple(event for event in Event if event.is_of_comment),
    EndpointKind.WORDPRESS_REST: (Event.DECIDED,),
    EndpointKind.AKISMET_CALLBACK: (Event.DECIDED,),
}


class BadEndpoint(errors.Invalid):
    """An endpoint needs an address like https://blog.example.org/hook and something to be told."""


class NoEndpoint(errors.NotFound):
    """The site has no such endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An endpoint as it shall be."""

    kind: EndpointKind
    url: str
    events: Collection[Event] = ()  # none: those of ``DEFAULT_EVENTS``
    allow_private: bool = False
    secret: str = ""  # that the other side made; "" makes one, where one is needed
    user: str = ""  # of WordPress, whose application password ``secret`` is


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret just taken up; ``value`` is shown once, and empty where it was not made here."""

    endpoint: int
    value: str


async def add(
    conn: Connection, secrets: Secrets, name: str, wish: Wish, by: Actor = OPERATOR
) -> NewSecret:
    """Tell ``wish.url`` of events from now on.  Raises ``UnknownSite`` or ``BadEndpoint``."""
    _check(wish)
    made = "" if wish.secret else _made(wish.kind)
    sealed = secrets.seal(ENDPOINT_PURPOSE, _content(wish.kind, wish.secret or made, wish.user))
    events = sorted(wish.events or DEFAULT_EVENTS[wish.kind])
    async with conn.transaction():
        site = await _site(conn, name)
        endpoint = await store.insert_endpoint(
            conn,
            site.id,
            wish.kind,
            wish.url,
            events,
            sealed=sealed,
            allow_private=wish.allow_private,
        )
        details = {
            "endpoint": endpoint,
            "kind": wish.kind,
            "events": events,
            "private": wish.allow_private,
        }
        await _record(conn, site, "endpoint.registered", details, by)
    return NewSecret(endpoint, made)


async def listed(conn: Connection, name: str | None = None) -> list[tuple[str, EndpointRow]]:
    """(site, endpoint) of one site, or of all.  Raises ``UnknownSite``."""
    names = {site.id: site.name for site in await site_store.sites(conn)}
    if name is not None and name not in names.values():
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    rows = await store.endpoints(conn)
    return [(names[row.site_id], row) for row in rows if name in {None, names[row.site_id]}]


async def change(  # noqa: PLR0913  (what can be changed)
    conn: Connection,
    name: str,
    number: int,
    *,
    enabled: bool | None = None,
    allow_private: bool | None = None,
    events: Collection[Event] = (),
    by: Actor = OPERATOR,
) -> EndpointRow:
    """Change what is given.  Raises ``UnknownSite`` or ``NoEndpoint``."""
    async with conn.transaction():
        site = await _site(conn, name)
        old = await _endpoint(conn, site, number)
        new = replace(
            old,
            events=sorted(events) if events else old.events,
            allow_private=old.allow_private if allow_private is None else allow_private,
        )
        if enabled is not None:
            off = old.switched_off or BY_OPERATOR
            new = replace(new, enabled=enabled, switched_off=None if enabled else off)
        await store.update_endpoint(conn, new)
        if enabled:
            await store.forget_breaker(conn, site.id, number)
        if enabled or new != old:
            details = {"endpoint": number, "from": _described(old), "to": _described(new)}
            await _record(conn, site, "endpoint.changed", details, by)
    return new


def _described(row: EndpointRow) -> dict[str, object]:
    return {"enabled": row.enabled, "private": row.allow_private, "events": row.events}


async def rotate(  # noqa: PLR0913  (all of it is needed)
    conn: Connection,
    secrets: Secrets,
    name: str,
    number: int,
    grace: timedelta,
    *,
    given: str = "",
    user: str = "",
    by: Actor = OPERATOR,
) -> NewSecret:
    """A new secret; until ``grace`` is over deliveries are signed with the old ones, too.

    Raises ``UnknownSite``, ``NoEndpoint``, ``BadEndpoint`` or ``BadSecret``.
    """
    async with conn.transaction():
        site = await _site(conn, name)
        row = await _endpoint(conn, site, number)
        kind = EndpointKind(row.kind)
        _check_secret(kind, given, user)
        made = "" if given else _made(kind)
        now = clock.now()
        await store.delete_expired_secrets(conn, site.id, number, now)
        sealed = secrets.seal(ENDPOINT_PURPOSE, _content(kind, given or made, user))
        signs = kind is EndpointKind.STANDARD_WEBHOOK  # a password is simply exchanged
        until = now + grace if grace and signs else None
        await store.replace_secret(conn, site.id, number, sealed, until)
        details = {"endpoint": number, "grace_seconds": grace.total_seconds()}
        await _record(conn, site, "endpoint.rotated", details, by)
    return NewSecret(number, made)


async def remove(conn: Connection, name: str, number: int, by: Actor = OPERATOR) -> None:
    """Tell it nothing more; what waits is given up.  Raises ``UnknownSite`` or ``NoEndpoint``."""
    async with conn.transaction():
        site = await _site(conn, name)
        row = await _endpoint(conn, site, number)
        await store.delete_endpoint(conn, site.id, number, clock.now())
        details = {"endpoint": number, "kind": row.kind}
        await _record(conn, site, "endpoint.removed", details, by)


def events_named(names: Iterable[str]) -> list[Event]:
    """``held`` and ``comment.held`` name the same.  Raises ``BadEndpoint``."""
    try:
        return [Event(name if "." in name else f"comment.{name}") for name in names]
    except ValueError:
        raise BadEndpoint("The events are %(events)s.", events=", ".join(Event)) from None


def _check(wish: Wish) -> None:
    try:
        parts = urlsplit(wish.url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise BadEndpoint from None
    if not usable or parts.username or parts.fragment or len(wish.url) > LONGEST_URL:
        raise BadEndpoint
    if wish.kind is EndpointKind.AKISMET_CALLBACK:
        raise BadEndpoint("Every site has one of these already; the plugin names its address.")
    if not wish.allow_private:
        if is_refused_literal(parts.hostname or ""):
            raise BadEndpoint(
                "This address is inside: it must be marked as private (--private)"
                " if deliveries shall be sent there."
            )
        if wish.kind is EndpointKind.WORDPRESS_REST and parts.scheme != "https":
            raise BadEndpoint("An application password is sent: the address must be https.")
    _check_secret(wish.kind, wish.secret, wish.user)


def _check_secret(kind: EndpointKind, given: str, user: str) -> None:
    if kind is EndpointKind.WORDPRESS_REST and not (given and user and ":" not in user):
        raise BadEndpoint("WordPress needs a user and an application password.")
    if kind is EndpointKind.AKISMET_CALLBACK:
        raise BadEndpoint("The plugin is told the site's key: see gatehouse site rotate-key.")
    if kind is EndpointKind.STANDARD_WEBHOOK and given:
        accepted_secret(given, Proof.STANDARD)


def _made(kind: EndpointKind) -> str:
    return made_secret(Proof.STANDARD) if kind is EndpointKind.STANDARD_WEBHOOK else ""


def _content(kind: EndpointKind, secret: str, user: str) -> bytes:
    if kind is EndpointKind.WORDPRESS_REST:
        return orjson.dumps({"user": user, "password": secret})
    return secret.encode()


async def _site(conn: Connection, name: str) -> SiteRow:
    site = await site_store.find_site(conn, name)
    if site is None:
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    return site


async def _endpoint(conn: Connection, site: SiteRow, number: int) -> EndpointRow:
    for row in await store.endpoints(conn, site.id):
        if row.id == number:
            return row
    raise NoEndpoint(f"{site.name} has no endpoint {number}: see gatehouse endpoint list.")


async def _record(
    conn: Connection, site: SiteRow, action: str, details: Mapping[str, object], by: Actor
) -> None:
    await audit.append(conn, site.id, by.kind, by.name, action, site.name, details)
