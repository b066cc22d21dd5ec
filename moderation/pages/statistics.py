"""The page ``/statistics``: how many comments, the machine's verdicts, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from moderation.pages import pictures
from moderation.pages.asking import moderated
from moderation.pages.tables import TABLES, Table
from moderation.statistics import figures
from moderation.statistics.figures import TELLING, UNITS, Figures
from service import clock, errors, tables
from service.accounts.values import Role, Session
from service.db import POOL, connection
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import page

HERE = "/statistics"
DEFAULT_DAYS = 30
PERIODS = {
    7: message("7 days"),
    30: message("30 days"),
    90: message("90 days"),
    365: message("a year"),
}
if PERIODS.keys() != UNITS.keys():
    raise ValueError("every period has a name")

routes = web.RouteTableDef()
frame.NAVIGATION.append(frame.Place(HERE, message("Statistics"), Role.MODERATOR))


class NoSuchTable(errors.NotFound):
    """There is no such table."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sites, of those that the reader may see, and since when."""

    sites: Sequence[str]
    site: str  # "" is all of them
    site_ids: Sequence[int]
    days: int

    @property
    def query(self) -> str:
        return urlencode({"site": self.site, "days": self.days})


@routes.get(HERE)
@page(Role.MODERATOR)
async def show(request: web.Request, session: Session) -> web.StreamResponse:
    asked = _asked(request, session)
    found = await _read(request, asked)
    language = session.account.language
    return frame.render(
        "statistics.html",
        language=language,
        session=session,
        here=HERE,
        asked=asked,
        periods=PERIODS,
        found=found,
        tiles=pictures.tiles(found, language),
        sections=pictures.sections(found, language),
        tables={name: table.shown(found, language) for name, table in TABLES.items()},
        telling=TELLING,
    )


@routes.get(f"{HERE}/{{name}}.csv")
@page(Role.MODERATOR)
async def download(request: web.Request, session: Session) -> web.StreamResponse:
    table = TABLES.get(request.match_info["name"])
    if table is None:
        raise NoSuchTable
    asked = _asked(request, session)
    found = await _read(request, asked)
    name = f"gatehouse-{request.match_info['name']}-{found.period.since}.csv"
    return web.Response(
        text=written(table, found),
        content_type="text/csv",
        headers={**frame.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def written(table: Table, found: Figures) -> str:
    return tables.lines([[column.name for column in table.columns], *table.rows(found)])


def _asked(request: web.Request, session: Session) -> Asked:
    sites = moderated(request, session)
    site, days = request.query.get("site", ""), request.query.get("days", "")
    chosen = [sites[site]] if site in sites else list(sites.values())
    known = {str(each): each for each in PERIODS}
    return Asked(
        list(sites),
        site if site in sites else "",
        [each.id for each in chosen],
        known.get(days, DEFAULT_DAYS),
    )


async def _read(request: web.Request, asked: Asked) -> Figures:
    period = figures.period(asked.days, clock.now().date())
    async with connection(request.app[POOL]) as conn:
        return await figures.read(conn, asked.site_ids, period)
