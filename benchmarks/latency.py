"""How long callers wait: all together, beside somebody who sends megabytes, and one alone.

Large bodies come from a client process of their own, one after the other without pause; it shares
the machine with everything else, so a part of what the others lose is its own work.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from uuid import uuid4

from benchmarks import comments, load, service, store
from benchmarks.load import LARGE, Outcome
from benchmarks.report import Goal, Options, Report, options
from benchmarks.service import Served
from service.db import connected

ORDINARY_CLIENTS = 16
LONE_SHARE = 0.1  # of a round's requests
AT_MOST_DOUBLE = Goal(at_most=2.0)
SEEDS_A_ROUND = 10  # no two runs of one server send the same comments

Figures = dict[str, list[float]]


def main(argv: Sequence[str]) -> int:
    chosen = options("latency", argv, requests=6_000, quick_requests=200)
    report = Report("latency: /1.1/comment-check, keep-alive clients in a closed loop")
    figures: Figures = {}
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        bare = stack.enter_context(service.bare(place))
        ours = stack.enter_context(service.ours(place))
        for server in (bare, ours):
            server.warm(min(service.WARM_REQUESTS, chosen.requests))
        for number in range(chosen.rounds):
            seed = number * SEEDS_A_ROUND
            together(figures, (bare, ours), seed, chosen)
            beside_large(figures, ours, seed + 1, chosen)
            alone(figures, ours, seed + 5, max(20, round(chosen.requests * LONE_SHARE)))
    _describe(report, figures)
    report.print()
    report.save(chosen.json)
    return 0


def together(figures: Figures, servers: Sequence[Served], seed: int, chosen: Options) -> None:
    """64 clients on each server."""
    for server in servers:
        outcome = load.ask(server.plan(seed, chosen.requests))
        _note(figures, f"64 clients, {server.name}", outcome)


def beside_large(figures: Figures, server: Served, seed: int, chosen: Options) -> None:
    """Ordinary clients by themselves, then beside each kind of large body."""
    plan = server.plan(seed, chosen.requests, ORDINARY_CLIENTS)
    _note(figures, "16 clients", load.ask(plan))
    for place, kind in enumerate(LARGE, start=1):
        large = load.Client(server.plan(seed + place, 0, 1, kind))
        ordinary = load.Client(server.plan(seed + place, chosen.requests, ORDINARY_CLIENTS))
        large.go()
        ordinary.go()
        _note(figures, f"16 clients beside 1 MB of {kind}", ordinary.wait())
        figures.setdefault(f"1 MB bodies of {kind}", []).append(large.stop().rate)


def alone(figures: Figures, server: Served, seed: int, count: int) -> None:
    """One client, and beside it what the same database needs for the least durable write."""
    _note(figures, "1 client", load.ask(server.plan(seed, count, 1)))
    figures.setdefault("insert", []).append(asyncio.run(_insert_p50(server.dsn, seed, count)))


async def _insert_p50(dsn: str, seed: int, count: int) -> float:
    """Milliseconds of a single-row insert of a comment's text, committed."""
    times = []
    async with connected(dsn) as conn:
        await store.make_probe_table(conn)
        for text in comments.texts(seed, count):
            started = time.perf_counter()
            await store.insert_probe(conn, uuid4(), text)
            times.append(time.perf_counter() - started)
    return 1e3 * statistics.median(times)


def _note(figures: Figures, name: str, outcome: Outcome) -> None:
    figures.setdefault(f"{name}: p50", []).append(outcome.p50)
    figures.setdefault(f"{name}: p99", []).append(outcome.p99)


def _describe(report: Report, figures: Figures) -> None:
    for name, values in figures.items():
        if name.startswith("1 MB"):
            report.add(f"{name}, answered", "1/s", values)
        elif name != "insert":
            report.add(name, "ms", values)
    report.add("one durable insert, same database: p50", "ms", figures["insert"])
    report.ratio(
        "64 clients: p99 of ours / bare",
        figures["64 clients, ours: p99"],
        figures["64 clients, bare: p99"],
    )
    for kind in LARGE:
        report.ratio(
            f"16 clients: p99 beside 1 MB of {kind} / without",
            figures[f"16 clients beside 1 MB of {kind}: p99"],
            figures["16 clients: p99"],
            AT_MOST_DOUBLE,
        )
    report.ratio(
        "1 client: p50 / that of a durable insert", figures["1 client: p50"], figures["insert"]
    )
