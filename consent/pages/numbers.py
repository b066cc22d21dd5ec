"""The page ``/consent-log/numbers``: what was shown and decided over time, as plots and table."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta

from aiohttp import web
from markupsafe import Markup

from consent import counts
from consent.counts.store import Counts
from consent.notices.document import Kind
from consent.pages import asking, words
from consent.public import NO_STORE
from service import audit, clock, tables
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, connection
from service.pages import frame, plots
from service.pages.frame import message
from service.pages.guard import page
from service.pages.plots import Frame, Series
from service.sites import Site

HERE = "/consent-log/numbers"
COLUMNS = ("day", "shown", "accepted_all", "refused_all", "chosen", "withdrawn")
SERIES = {
    "shown": message("shown"),
    "accepted_all": message("accepted all"),
    "refused_all": message("refused all"),
    "chosen": message("chose some"),
    "withdrawn": message("withdrew"),
}
DECIDED = ("accepted_all", "refused_all", "chosen")
SPANS = {
    "30": message("30 days"),
    "90": message("90 days"),
    "12": message("12 months"),
}
MONTHS = "12"

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Asked:
    sites: Mapping[str, Site]
    site: Site
    kind: Kind
    span: str
    rows: Sequence[Counts]

    @property
    def unit(self) -> str:
        return _unit(self.span)

    @property
    def totals(self) -> dict[str, int]:
        return {name: sum(_values(self.rows, name)) for name in SERIES}

    @property
    def decided(self) -> int:
        return sum(self.totals[name] for name in DECIDED)


@routes.get(HERE)
@page(Role.AUDITOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    found = await _asked(request, session)
    language = session.account.language
    return frame.render(
        "consent_numbers.html",
        language=language,
        session=session,
        here="/consent-log",
        found=found,
        series=SERIES,
        spans=SPANS,
        kinds=words.KINDS,
        days=[words.written_day(row.first_day, language) for row in found.rows],
        pictures=_pictures(found, language),
    )


def _pictures(found: Asked, language: str) -> dict[str, Markup]:
    """What was decided is drawn to one scale; what was shown is more, and has its own."""
    columns = {name: _values(found.rows, name) for name in SERIES}
    most = max(max(columns[name], default=0) for name in SERIES if name != "shown")
    translated = frame.translations_of(language).gettext
    days = [words.short_day(row.first_day, found.unit, language) for row in found.rows]
    pictures = {}
    for name, values in columns.items():
        title = translated(SERIES[name])
        told = translated("%(name)s: %(total)s in all, at most %(most)s at once")
        told %= {"name": title, "total": sum(values), "most": max(values, default=0)}
        top = None if name == "shown" else most
        pictures[name] = plots.bars(
            Frame(f"plot-{name}", title, told, days), [Series(title, name, values)], most=top
        )
    return pictures


@routes.get(f"{HERE}.csv")
@page(Role.AUDITOR)
async def table(request: web.Request, session: Session) -> web.StreamResponse:
    found = await _asked(request, session)
    name = f"consent-numbers-{found.site.name}.csv"
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    text = tables.lines([COLUMNS, *map(astuple, found.rows)])
    return web.Response(text=text, content_type="text/csv", headers=headers)


async def _asked(request: web.Request, session: Session) -> Asked:
    sites = asking.readable(request, session)
    site = asking.chosen(sites, request.query.get("site", ""))
    kind, span = request.query.get("kind", ""), request.query.get("span", "")
    kind = kind if kind in set(Kind) else Kind.COOKIE
    span = span if span in SPANS else next(iter(SPANS))
    since, until = _period(span, clock.now().date())
    async with connection(request.app[POOL]) as conn:
        rows = await counts.read(conn, site.id, Kind(kind), since, until, _unit(span))
        details = {"numbers": kind, "from": str(since), "to": str(until)}
        by = str(session.account.id)
        await audit.append(conn, site.id, ActorKind.USER, by, "consent.read", site.name, details)
    return Asked(sites, site, Kind(kind), span, rows)


def _unit(span: str) -> str:
    return "month" if span == MONTHS else "day"


def _period(span: str, today: date) -> tuple[date, date]:
    """The days of ``span`` up to and with ``today``; of months, whole ones."""
    until = today + timedelta(days=1)
    if span != MONTHS:
        return until - timedelta(days=int(span)), until
    months = today.year * 12 + today.month - int(span)  # of the first one, counted from zero
    return date(months // 12, months % 12 + 1, 1), until


def _values(rows: Sequence[Counts], name: str) -> list[int]:
    return [getattr(row, name) for row in rows]
