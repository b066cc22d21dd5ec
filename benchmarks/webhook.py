"""CPU for a verdict by webhook beside one for the same comment by the Akismet protocol.

Two services with a database each are measured in turn; in a round both hear the same comments.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import service, store
from benchmarks.load import WrongAnswer
from benchmarks.report import Goal, Options, Report, options
from benchmarks.service import SITE, Served, Usage
from moderation.platforms import kinds
from service.db import connected
from service.secrets import open_secrets
from service.settings import Settings
from service.webhooks import administration

WITHIN_AKISMET = Goal(at_most=1.3)
TOLD_SECONDS = 1.0  # a change of a site is known to every process by then


def main(argv: Sequence[str]) -> int:
    chosen = options("webhook", argv, requests=8_000, quick_requests=300)
    report = Report("webhook: POST /webhooks/{site} beside /1.1/comment-check, 64 clients")
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        akismet = stack.enter_context(service.ours(place, name="akismet"))
        hooked = stack.enter_context(service.ours(place, name="webhook"))
        secret = asyncio.run(_add_webhook(hooked))
        usages = _rounds((akismet, replace(hooked, webhook=secret)), chosen)
        _require_stored(hooked, sum(usage.outcome.requests for usage in usages["webhook"]))
    _describe(report, usages)
    report.print()
    report.save(chosen.json)
    return 0


async def _add_webhook(served: Served) -> str:
    async with connected(served.dsn) as conn:
        secrets = await open_secrets(conn, Settings(data_dir=served.data_dir))
        new = await administration.add(conn, secrets, SITE, kinds()["generic"])
    await asyncio.sleep(TOLD_SECONDS)
    return new.secret


def _rounds(servers: Sequence[Served], chosen: Options) -> dict[str, list[Usage]]:
    """One run on each server in turn; who begins alternates."""
    for server in servers:
        server.warm(min(service.WARM_REQUESTS, chosen.requests))
    usages: dict[str, list[Usage]] = {server.name: [] for server in servers}
    for number in range(chosen.rounds):
        for server in servers if number % 2 else servers[::-1]:
            usages[server.name].append(server.measure(number, chosen.requests))
    return usages


def _require_stored(server: Served, answered: int) -> None:
    stored, _ = asyncio.run(_stored(server.dsn))
    if stored < answered:
        raise WrongAnswer(f"{answered} deliveries were answered, {stored} are stored.")


async def _stored(dsn: str) -> tuple[int, int]:
    async with connected(dsn) as conn:
        return await store.count_stored(conn)


def _describe(report: Report, usages: dict[str, list[Usage]]) -> None:
    cpu = {name: [usage.cpu_us for usage in each] for name, each in usages.items()}
    for name, each in usages.items():
        report.add(f"CPU of {name} a request, service and PostgreSQL", "us", cpu[name])
        report.add(f"  PostgreSQL's part of {name}", "us", [usage.postgres_us for usage in each])
        report.add(f"requests a second of {name}", "1/s", [usage.rate for usage in each])
        report.add(f"p50 of {name}", "ms", [usage.outcome.p50 for usage in each])
    report.ratio("CPU: webhook / akismet", cpu["webhook"], cpu["akismet"], WITHIN_AKISMET)
