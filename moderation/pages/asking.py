"""What a moderator asks for, read from the address of a page, whatever stands there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from moderation.review.listing import HIGHEST, Tab
from moderation.review.listing.store import Wanted
from service.accounts.values import Role, Session
from service.sites import DIRECTORY, Site

LONGEST = 200  # characters of a filter
FILTERS = ("site", "q", "finding", "language", "author", "least", "most", "since", "until", "by")
QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
BY = re.compile(r"(machine|user|site-key|token|webhook|operator)(?::(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A tab with filters, as text for the form and as values for the database."""

    tab: Tab
    given: Mapping[str, str]
    sites: Mapping[str, Site]  # all that the moderator may see
    wanted: Wanted

    @property
    def filtered(self) -> bool:
        return any(self.given.values())

    def address(self, **changes: str) -> str:
        """Of this list with ``changes``."""
        fields = {"tab": str(self.tab), **self.given, **changes}
        if fields["tab"] == Tab.HELD:
            del fields["tab"]
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"/review?{query}" if query else "/review"


def moderated(request: web.Request, session: Session) -> dict[str, Site]:
    """Name -> site, of all that the moderator may see."""
    directory = request.app[DIRECTORY]
    opened = set(session.account.opened(Role.MODERATOR, [site.id for site in directory]))
    return {
        site.name: site for site in sorted(directory, key=lambda s: s.name) if site.id in opened
    }


def asked(request: web.Request, session: Session) -> Asked:
    sites = moderated(request, session)
    given = {name: _text(request.query.get(name, "")) for name in FILTERS}
    tab = request.query.get("tab", "")
    read = Tab(tab) if tab in set(Tab) else Tab.HELD
    return Asked(read, given, sites, _wanted(given, request.query.get("below", ""), sites))


def _text(value: str) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode().strip()[:LONGEST]


def _wanted(given: Mapping[str, str], below: str, sites: Mapping[str, Site]) -> Wanted:
    named = sites.get(given["site"])
    chosen = [named] if named else [] if given["site"] else list(sites.values())
    until = _day(given["until"])
    by = BY.fullmatch(given["by"])
    return Wanted(
        site_ids=[site.id for site in chosen],
        below=read_id(below) or HIGHEST,
        text=given["q"].translate(QUOTES) or None,
        finding=given["finding"] or None,
        language=given["language"].lower() or None,
        author=given["author"] or None,
        at_least=_percent(given["least"]),
        at_most=_percent(given["most"]),
        since=_day(given["since"]),
        until=until + timedelta(days=1) if until else None,
        kind=by[1] if by else None,
        actor=by[2] if by else None,
    )


def read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _percent(text: str) -> float | None:
    if not re.fullmatch(r"\d{1,3}(?:[.,]\d{1,4})?", text, re.ASCII):
        return None
    return min(float(text.replace(",", ".")), 100.0) / 100


def _day(text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day.year < 9999 else None  # noqa: PLR2004  (a day may be added)
