"""The preview of thresholds, and looking for deliveries, on a site with a million of both.

Beside it, in the same database, stands a site with ten thousand.  A figure is the median of what
the statements of a page took; the preview reads no more than its bound of either site.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import comments, service, store
from benchmarks.report import Goal, Options, Report, options
from moderation import preview
from moderation.verdicts import Thresholds
from service.db import Connection, connected
from service.outbox import DeliveryState, looking
from service.outbox.looking.store import Sought

MANY, MANY_QUICK = 1_000_000, 20_000
FEW, FEW_QUICK = 10_000, 2_000
ROWS_A_STATEMENT = 20_000
TEXTS = 2_000
OF_PAGES = Goal(at_most=1.5)
NOW, THEN = Thresholds(0.5, 0.98, 0.9999), Thresholds(0.4, 0.97, 0.999)

EVERYTHING = Sought(site_ids=[], below=looking.HIGHEST, floor=looking.LOWEST)
# With what many deliveries have, and with what none has, so that all is looked through that one
# page looks through.
SOUGHT = {
    "all deliveries": EVERYTHING,
    "given up": replace(EVERYTHING, state=DeliveryState.GIVEN_UP),
    "an error": replace(EVERYTHING, error="503"),
    "an error of none": replace(EVERYTHING, error="418"),
    "an event of none": replace(EVERYTHING, event="notice.published"),
}


def main(argv: Sequence[str]) -> int:
    chosen = options("settings", argv, requests=15, quick_requests=3)
    few, many = (FEW_QUICK, MANY_QUICK) if chosen.quick else (FEW, MANY)
    report = Report(f"settings: {many:,} comments and deliveries stored, against {few:,}")
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        served = stack.enter_context(service.ours(place, name="settings"))
        asyncio.run(_measure(report, served.dsn, few, many, chosen))
    report.print()
    report.save(chosen.json)
    return 0


async def _measure(report: Report, dsn: str, few: int, many: int, chosen: Options) -> None:
    async with connected(dsn) as conn:
        sites = await store.two_sites(conn)
        texts = comments.texts(-2, TEXTS)
        for site_id, rows in zip(sites, (few, many), strict=True):
            for start in range(0, rows, ROWS_A_STATEMENT):
                numbers = range(start, min(start + ROWS_A_STATEMENT, rows))
                await store.fill_reviewed(conn, [site_id] * 2, texts, numbers, rows, 1)
        await store.deliver_all(conn)
        await store.settle(conn)
        await _preview(report, conn, sites, chosen)
        for name, sought in SOUGHT.items():
            asked = [replace(sought, site_ids=[site_id]) for site_id in sites]
            await _pages(report, conn, name, asked, chosen)


async def _preview(report: Report, conn: Connection, sites: Sequence[int], chosen: Options) -> None:
    for name, site_id in zip(("few", "many"), sites, strict=True):

        async def ask(site_id: int = site_id) -> None:
            preview.compare(await preview.read(conn, site_id), NOW, THEN)

        found = [await _median(ask, chosen.requests) for _ in range(chosen.rounds)]
        report.add(f"preview of thresholds: {name}", "ms", found)
    compared = preview.compare(await preview.read(conn, sites[-1]), NOW, THEN)
    report.note(f"the preview looked at {compared.comments:,} comments of the last 30 days")


async def _pages(
    report: Report, conn: Connection, name: str, asked: Sequence[Sought], chosen: Options
) -> None:
    spent = []
    for sought in asked:

        async def ask(sought: Sought = sought) -> None:
            await looking.page(conn, sought)

        spent.append([await _median(ask, chosen.requests) for _ in range(chosen.rounds)])
    of_few, of_many = spent
    report.add(f"{name}: few", "ms", of_few)
    report.add(f"{name}: many", "ms", of_many)
    # Of a site where few were given up, a page looks through all of them, and they are not many.
    goal = None if asked[0].state is DeliveryState.GIVEN_UP else OF_PAGES
    report.ratio(f"{name}: many / few", of_many, of_few, goal)


async def _median(ask: Callable[[], Awaitable[None]], times: int) -> float:
    await ask()  # warm
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        await ask()
        spent.append((time.perf_counter() - started) * 1e3)
    return statistics.median(spent)
