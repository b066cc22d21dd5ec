"""Which site, and which of its entries, somebody wants to see: read leniently from an address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web

from consent.export.store import Filter
from consent.ledger.entries import Decision, Type
from service import errors
from service.accounts.values import Role, Session
from service.sites import DIRECTORY, Site

FIELDS = ("from", "to", "type", "purpose", "state")
LONGEST = 40


class NoSuchConsentSite(errors.NotFound):
    """There is no such site, or its record of consent is not yours to read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``given`` is the text of the form, ``wanted`` what it means."""

    sites: Mapping[str, Site]  # all that they may read
    site: Site
    given: Mapping[str, str]
    wanted: Filter

    @property
    def filtered(self) -> bool:
        return any(self.given.values())

    def query(self, **changes: str) -> str:
        """Of an address that asks for the same, with ``changes``."""
        fields = {"site": self.site.name, **self.given, **changes}
        return urlencode({name: value for name, value in fields.items() if value})


def readable(request: web.Request, session: Session, role: Role = Role.AUDITOR) -> dict[str, Site]:
    """Name -> site, of all on which they may do what ``role`` does."""
    directory = request.app[DIRECTORY]
    opened = set(session.account.opened(role, [site.id for site in directory]))
    return {site.name: site for site in sorted(directory, key=_name) if site.id in opened}


def chosen(sites: Mapping[str, Site], name: str) -> Site:
    """The site that is named, else the first.  Raises ``NoSuchConsentSite``."""
    site = sites.get(name) if name else next(iter(sites.values()), None)
    if site is None:
        raise NoSuchConsentSite
    return site


def asked(request: web.Request, session: Session, given: Mapping[str, str]) -> Asked:
    """``given`` is a form or the query of an address.  Raises ``NoSuchConsentSite``."""
    sites = readable(request, session)
    texts = {name: _text(given.get(name, "")) for name in FIELDS}
    return Asked(sites, chosen(sites, _text(given.get("site", ""), 63)), texts, _wanted(texts))


def _name(site: Site) -> str:
    return site.name


def _text(value: str, longest: int = LONGEST) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode().strip()[:longest]


def _wanted(texts: Mapping[str, str]) -> Filter:
    """What is no filter filters nothing; the last day is meant whole."""
    until = day_of(texts["to"])
    wanted = Filter(since=day_of(texts["from"]), purpose=texts["purpose"] or None)
    if until is not None:
        wanted = replace(wanted, until=until + timedelta(days=1))
    if texts["type"] in set(Type):
        wanted = replace(wanted, types=(texts["type"],))
    if texts["state"] in set(Decision):
        wanted = replace(wanted, state=texts["state"])
    return wanted


def day_of(text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day.year < 9999 else None  # noqa: PLR2004  (a day may be added)
