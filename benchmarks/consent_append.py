"""Appends to one consent log, durable, beside plain batched inserts of the same rows.

The baseline writes the same entries and openings, in batches of the same size, into tables with the
same columns and keys: without order, proof, looking anything up, and without making the rows.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

from benchmarks.consents import store
from benchmarks.report import Goal, Report, options
from consent.ledger.batching import BATCH, Ledger
from consent.ledger.entries import Draft
from consent.notices import drafts, publishing
from consent.notices.document import Kind
from consent.notices.publishing import Publisher
from consent.notices.shelf import Edition
from migrations import migrate
from service import db
from service.audit import ActorKind
from service.postgres.place import settle
from service.postgres.server import Server
from service.secrets import Secrets
from service.sites import Directory, administration

MASTER_KEY = "a master key of the benchmarks, which guards nothing"
CONTROLLER = {"name": "B", "address": "B", "contact": "B", "email": "b@b.example"}
IN_FLIGHT = 512


def main(argv: Sequence[str]) -> int:
    chosen = options("consent_append", argv, requests=20_000, quick_requests=512)
    rows = max(chosen.requests, BATCH)
    report = Report("consent_append")
    with tempfile.TemporaryDirectory(prefix="gh-bench-") as folder:
        Path(folder).chmod(0o711)
        server = Server(settle(Path(folder) / "data"))
        server.join()
        try:
            rounds = [_round(server.dsn, rows) for _ in range(chosen.rounds)]
        finally:
            server.leave()
    plain, ours, two = zip(*rounds, strict=True)
    report.note(f"{rows} rows a round; batches of up to {BATCH}")
    report.add("plain batched inserts", "rows/s", plain)
    report.add("appends of one process", "entries/s", ours)
    report.add("appends of two processes", "entries/s", two)
    report.ratio("appends / plain inserts", ours, plain, Goal(at_least=0.3))
    report.ratio("two processes / one", two, ours, Goal(at_least=1.0))
    report.print()
    report.save(chosen.json)
    return 0


def _round(dsn: str, rows: int) -> tuple[float, float, float]:
    plain, ours = asyncio.run(_alone(dsn, rows))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        list(processes.map(_append, [dsn] * 2, [BATCH] * 2))  # imports, plans
        # From when the first of them begins to append until the last is done, as for one alone.
        begun, ended = zip(*processes.map(_append, [dsn] * 2, [rows] * 2), strict=True)
    return plain, ours, 2 * rows / (max(ended) - min(begun))


def _append(dsn: str, rows: int) -> tuple[float, float]:
    return asyncio.run(_appends(dsn, rows))


async def _alone(dsn: str, rows: int) -> tuple[float, float]:
    async with db.connected(dsn) as conn:
        await migrate(conn)
        await store.make_plain_consents(conn)
        if await _site(conn) is None:
            await administration.add(
                conn, Secrets(MASTER_KEY), url="https://b.example", name="bench", language="de"
            )
            await _publish(conn)
    await _appends(dsn, BATCH)
    plain = await _inserts(dsn, rows)
    begun, ended = await _appends(dsn, rows)
    return plain, rows / (ended - begun)


async def _publish(conn: db.Connection) -> None:
    notice = drafts.draft(Kind.COOKIE)
    notice["controller"].update(CONTROLLER)
    by = Publisher(ActorKind.OPERATOR, "benchmark")
    site, raw = await _site(conn), json.dumps(notice).encode()
    await publishing.publish(conn, site, "bench.example", raw, by)


async def _site(conn: db.Connection):  # noqa: ANN202  (a site or None)
    directory = Directory(Secrets(MASTER_KEY))
    await directory.reload(conn)
    return directory.site("bench")


async def _appends(dsn: str, rows: int) -> tuple[float, float]:
    """When it began and ended, by a clock that all processes share.

    Each entry waits for its commit, ``IN_FLIGHT`` at a time.
    """
    async with db.create_pool(dsn, 2) as pool:
        async with pool.acquire() as conn:
            site = await _site(conn)
            edition = (await publishing.all_of(conn, site.id)).editions[0]
        ledger = Ledger(pool, "bench.example")
        choices = iter([_choice(edition) for _ in range(rows)])
        started = time.monotonic()

        async def visitor() -> None:
            for choice in choices:
                await ledger.append(site, choice)

        await asyncio.gather(*(visitor() for _ in range(IN_FLIGHT)))
        return started, time.monotonic()


def _choice(edition: Edition) -> Draft:
    """Of a visitor who comes for the first time and grants something."""
    decisions = dict.fromkeys(edition.notice.optional_purposes, "refused")
    return Draft(
        edition=edition,
        language="de",
        action="save",
        layer="banner",
        decisions={**decisions, "statistics": "granted"},
        subject=str(uuid4()),
        client_time="2026-11-24T00:55:58.151Z",
        signals={"gpc": False, "dnt": False},
        event_id=uuid4(),
        request_hash=b"\0" * 32,
    )


async def _inserts(dsn: str, rows: int) -> float:
    async with db.connected(dsn) as conn:
        found = await store.consent_rows(conn, BATCH)
        batches = -(-rows // BATCH)
        started = time.perf_counter()
        for _ in range(batches):
            await store.insert_plain_consents(conn, found)
        return batches * BATCH / (time.perf_counter() - started)
