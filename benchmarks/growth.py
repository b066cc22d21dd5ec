"""Throughput with a million comments stored, against an empty database.

The full service stands throughout; each round makes a new, empty installation beside it and
measures both in turn.  All of them are warmed up alike.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

from benchmarks import comments, service, store
from benchmarks.report import Goal, Options, Report, options
from benchmarks.service import Served, Usage
from service.db import connected

STORED = 1_000_000
STORED_QUICK = 20_000
ROWS_A_STATEMENT = 20_000
TEXTS = 2_000  # the stored comments' texts are drawn from so many, each with a number of its own
GOAL = Goal(at_least=0.8)


def main(argv: Sequence[str]) -> int:
    chosen = options("growth", argv, requests=10_000, quick_requests=300)
    stored = STORED_QUICK if chosen.quick else STORED
    report = Report(f"growth: {stored:,} comments of 90 days stored, against none")
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        full = stack.enter_context(service.ours(place, name="full"))
        report.note(f"database on disk: {asyncio.run(fill(full.dsn, stored)) >> 20} MiB")
        usages = rounds(place, full, chosen)
    _describe(report, *usages)
    report.print()
    report.save(chosen.json)
    return 0


async def fill(dsn: str, rows: int) -> int:
    """Store ``rows`` comments with deliveries, authors and labels; bytes of the database then."""
    async with connected(dsn) as conn:
        texts = comments.texts(-2, TEXTS)
        with tqdm(total=rows, desc="storing comments", unit="row", disable=None) as bar:
            for start in range(0, rows, ROWS_A_STATEMENT):
                numbers = range(start, min(start + ROWS_A_STATEMENT, rows))
                await store.fill_comments(conn, service.SITE, texts, numbers, rows)
                bar.update(len(numbers))
        await store.fill_companions(conn)
        return await store.settle(conn)


def rounds(place: Path, full: Served, chosen: Options) -> tuple[list[Usage], list[Usage]]:
    """As many of each as chosen, in turn; who begins alternates."""
    warm_up = min(service.WARM_REQUESTS, chosen.requests)
    full.warm(warm_up)
    of_empty: list[Usage] = []
    of_full: list[Usage] = []
    for number in range(chosen.rounds):
        with service.ours(place, name=f"empty-{number}") as empty:
            empty.warm(warm_up)
            order = [(empty, of_empty), (full, of_full)]
            for server, usages in order if number % 2 == 0 else reversed(order):
                usages.append(server.measure(number, chosen.requests))
    return of_empty, of_full


def _describe(report: Report, empty: Sequence[Usage], full: Sequence[Usage]) -> None:
    for name, usages in (("empty", empty), ("full", full)):
        report.add(f"requests a second, {name}", "1/s", [usage.rate for usage in usages])
        report.add(f"CPU a request, {name}", "us", [usage.cpu_us for usage in usages])
        postgres = [usage.postgres_us for usage in usages]
        report.add(f"  PostgreSQL's part, {name}", "us", postgres)
        report.add(f"p99 at 64 clients, {name}", "ms", [usage.outcome.p99 for usage in usages])
    report.ratio(
        "throughput: full / empty",
        [usage.rate for usage in full],
        [usage.rate for usage in empty],
        GOAL,
    )
