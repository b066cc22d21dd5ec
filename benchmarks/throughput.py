"""CPU for each durable verdict, and verdicts a second, beside a bare handler and a naive service.

Rounds are interleaved and each round sends the same comments to every server, so that what slows
the machine down slows all of them; ratios are taken within a round.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks import service, store
from benchmarks.load import WrongAnswer
from benchmarks.report import Goal, Options, Report, options
from benchmarks.service import Served, Usage
from service.db import connected

NAIVE_SHARE = 0.2  # of a round's requests: it takes an order of magnitude longer for each
WITHIN_BARE = Goal(at_most=3.0)
LESS_THAN_NAIVE = Goal(at_least=8.0)


def main(argv: Sequence[str]) -> int:
    chosen = options("throughput", argv, requests=15_000, quick_requests=300)
    report = Report("throughput: /1.1/comment-check, 64 keep-alive clients, 10 % repeats")
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        servers = [
            stack.enter_context(service.bare(place)),
            stack.enter_context(service.naive(place)),
            stack.enter_context(service.ours(place)),
            stack.enter_context(service.ours(place, processes=2, name="ours-2-processes")),
        ]
        usages = rounds(servers, chosen)
        for server in servers[2:]:
            require_stored(server, sum(usage.outcome.requests for usage in usages[server.name]))
    _describe(report, usages)
    report.print()
    report.save(chosen.json)
    return 0


def rounds(servers: Sequence[Served], chosen: Options) -> dict[str, list[Usage]]:
    """One run on each server in turn, as often as chosen."""
    for server in servers:
        server.warm(_count(server, min(service.WARM_REQUESTS, chosen.requests)))
    usages: dict[str, list[Usage]] = {server.name: [] for server in servers}
    for number in range(chosen.rounds):
        for server in servers:
            usage = server.measure(number, _count(server, chosen.requests))
            usages[server.name].append(usage)
    return usages


def _count(server: Served, requests: int) -> int:
    return max(64, round(requests * NAIVE_SHARE)) if server.name == "naive" else requests


def require_stored(server: Served, answered: int) -> None:
    """Every answer has its row, or the figures are those of a service that forgets."""
    stored, deliveries = asyncio.run(_stored(server.dsn))
    if stored < answered or not deliveries:
        raise WrongAnswer(f"{answered} checks were answered, {stored} are stored.")


async def _stored(dsn: str) -> tuple[int, int]:
    async with connected(dsn) as conn:
        return await store.count_stored(conn)


def _describe(report: Report, usages: dict[str, list[Usage]]) -> None:
    cpu = {name: [usage.cpu_us for usage in each] for name, each in usages.items()}
    for name, each in usages.items():
        report.add(f"CPU of {name} a request, service and PostgreSQL", "us", cpu[name])
        if any(usage.postgres_us for usage in each):
            postgres = [usage.postgres_us for usage in each]
            report.add(f"  PostgreSQL's part of {name}", "us", postgres)
        report.add(f"requests a second of {name}", "1/s", [usage.rate for usage in each])
        report.add(f"p50 of {name}", "ms", [usage.outcome.p50 for usage in each])
        report.add(f"p99 of {name}", "ms", [usage.outcome.p99 for usage in each])
    client = [usage.outcome.client_us for usage in usages["ours"]]
    report.add("CPU of the client a request (not counted above)", "us", client)
    for name in [name for name in usages if name.startswith("ours")]:
        report.ratio(f"CPU: {name} / bare", cpu[name], cpu["bare"], WITHIN_BARE)
        report.ratio(f"CPU: naive / {name}", cpu["naive"], cpu[name], LESS_THAN_NAIVE)
