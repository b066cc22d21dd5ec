"""Exports of a large consent log beside PostgreSQL's COPY of the same rows, and ``verify.py``.

The log is copied in: leaves are what the ledger writes, hashes are right, and the bundle verifies.
Each export runs in a process of its own, so that its memory can be told apart.
"""

import asyncio
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

from uuid_utils.compat import uuid7

from benchmarks.consent_append import MASTER_KEY, _choice, _publish, _site
from benchmarks.consents import store
from benchmarks.report import Goal, Report, options
from consent.export import bundles, recording, rows, texts
from consent.export.recording import Export, Exporter
from consent.export.store import Filter
from consent.ledger import entries, writing
from consent.ledger import store as ledger
from consent.ledger.entries import Place, Type
from consent.ledger.store import Head
from consent.merkle import Frontier, leaf_hash
from consent.notices import publishing
from consent.notices.answers import stamp
from consent.notices.shelf import Edition
from migrations import migrate
from service import db
from service.audit import ActorKind
from service.postgres.place import settle
from service.postgres.server import Server
from service.secrets import Secrets
from service.sites import Site, administration

MEGABYTE = 1 << 20
COPIED = 5_000  # rows of one COPY into the database
STEP = timedelta(milliseconds=1)
PLACE = "f5a7c1e0-0000-7000-8000-000000000000"  # where the template of a leaf has its receipt
TIME = "2026-01-01T00:00:00.000Z"
SUBJECT = "0" * 64
ENTRIES = "consent_entries"
OPENINGS = "consent_openings"
# Runs a program, and says how much memory this took at most, in kB.
WATCHED = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as ended:
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
    raise
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """``grown`` is memory above idle, in bytes."""

    seconds: float
    grown: int


def main(argv: Sequence[str]) -> int:
    chosen = options("consent_export", argv, requests=1_000_000, quick_requests=2_000)
    report = Report("consent_export")
    with tempfile.TemporaryDirectory(prefix="gh-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = Server(settle(folder / "data"))
        server.join()
        try:
            _measure(report, server.dsn, folder, chosen.requests, chosen.rounds)
        finally:
            server.leave()
    report.print()
    report.save(chosen.json)
    return 0


def _measure(report: Report, dsn: str, folder: Path, size: int, rounds: int) -> None:
    asyncio.run(_fill(dsn, size))
    report.note(f"{size} entries of visitors, each with an opening")
    found: dict[str, list[Ran]] = {"copy": [], "csv": [], "jsonl": []}
    for _ in range(rounds):
        for form, ran in found.items():
            ran.append(_alone(form, dsn, folder))
    speeds = {form: [size / each.seconds for each in ran] for form, ran in found.items()}
    for form, name in (("copy", "COPY of the rows"), ("csv", "CSV"), ("jsonl", "JSON lines")):
        report.add(name, "entries/s", speeds[form])
    for form, name in (("csv", "CSV"), ("jsonl", "JSON lines")):
        report.ratio(f"{name} / COPY", speeds[form], speeds["copy"], Goal(at_least=0.3))
        grown = [each.grown / MEGABYTE for each in found[form]]
        report.add(f"memory above idle, {name}", "MB", grown, Goal(at_most=100))
    _verify(report, dsn, folder, size)


def _verify(report: Report, dsn: str, folder: Path, size: int) -> None:
    made = _alone("bundle", dsn, folder)
    report.add("bundle", "entries/s", [size / made.seconds])
    report.add("memory above idle, bundle", "MB", [made.grown / MEGABYTE], Goal(at_most=100))
    idle, _ = _verified(folder, "--help")
    memory, seconds = _verified(folder, str(folder / "bundle.zip"))
    hashing = _hashed(folder / "bundle.zip")
    report.add("verify.py", "s", [seconds])
    report.add("hashing the same bytes once", "s", [hashing])
    report.add("verify.py / hashing", "times", [seconds / hashing])
    report.add("memory above idle, verify.py", "MB", [memory - idle], Goal(at_most=100))


def _verified(folder: Path, argument: str) -> tuple[float, float]:
    """Megabytes at most, and seconds, of the program that travels in the bundle."""
    program = folder / "verify.py"
    program.write_bytes(texts.files()["verify.py"])
    started = time.perf_counter()
    said = subprocess.run(
        [sys.executable, "-c", WATCHED, program, argument],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return int(said.split()[-1]) / 1024, time.perf_counter() - started


def _hashed(bundle: Path) -> float:
    """Seconds to unpack and hash all that is in ``bundle``."""
    started = time.perf_counter()
    with ZipFile(bundle) as archive:
        for name in archive.namelist():
            digest = hashlib.sha256()
            with archive.open(name) as file:
                while block := file.read(MEGABYTE):
                    digest.update(block)
    return time.perf_counter() - started


def _alone(form: str, dsn: str, folder: Path) -> Ran:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(_exported, form, dsn, folder).result()


def _exported(form: str, dsn: str, folder: Path) -> Ran:
    return asyncio.run(_export(form, dsn, folder))


async def _export(form: str, dsn: str, folder: Path) -> Ran:
    async with db.connected(dsn) as conn:
        secrets = Secrets(MASTER_KEY)
        site = await _site(conn)
        by = Exporter(ActorKind.OPERATOR, "benchmark", "to see how long it takes")
        made = await recording.record(conn, secrets, folder, site, form, Filter(), by)
        idle, started = _resident(), time.perf_counter()
        if form == "copy":
            await store.copy_consent_entries(conn, _nowhere)
        elif form == "bundle":
            await bundles.write(conn, secrets, made, folder / "bundle.zip")
        else:
            await _drained(_parts(form, conn, made))
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Ran(seconds, peak - idle)


def _parts(form: str, conn: db.Connection, made: Export) -> AsyncIterator[str]:
    return (rows.csv if form == "csv" else rows.jsonl)(conn, made)


async def _drained(parts: AsyncIterator[str]) -> None:
    async for part in parts:
        part.encode()


async def _nowhere(_part: bytes) -> None:
    """Whoever reads it costs nothing."""


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


async def _fill(dsn: str, size: int) -> None:
    async with db.connected(dsn) as conn:
        await migrate(conn)
        await administration.add(
            conn, Secrets(MASTER_KEY), url="https://b.example", name="bench", language="de"
        )
        await _publish(conn)
        site = await _site(conn)
        head = await ledger.head(conn, site.id)
        edition = (await publishing.all_of(conn, site.id)).editions[0]
        if head is not None:
            await _copy_in(conn, site, head, edition, size)
            await conn.execute("VACUUM ANALYZE consent_entries, consent_openings")


async def _copy_in(
    conn: db.Connection, site: Site, head: Head, edition: Edition, size: int
) -> None:
    frontier = writing.frontier_of(head)
    made = _records(site, head, edition, frontier)
    for _ in range(0, size, COPIED):
        chunk = [next(made) for _ in range(COPIED)]
        await conn.copy_records_to_table(ENTRIES, records=[each for each, _ in chunk])
        await conn.copy_records_to_table(OPENINGS, records=[each for _, each in chunk])
    last = head.last_time + frontier.size * STEP
    await store.set_consent_head(conn, site.id, frontier.size, b"".join(frontier.hashes), last)


def _records(
    site: Site, head: Head, edition: Edition, frontier: Frontier
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Rows of entries and of their openings, for ever."""
    template = _template(site, head, edition)
    while True:
        index, receipt = frontier.size, uuid7()
        time = head.last_time + index * STEP
        subject = os.urandom(32)
        leaf = _leaf(template, index, time, receipt, subject.hex())
        hashes = frontier.append(leaf_hash(leaf.encode()))
        key = (site.id, 1, index)
        entry = (*key, time, "given", receipt, uuid7(), subject, leaf, hashes)
        yield entry, (*key, "cookie", subject, subject[:16], subject * 4, True, time)


def _template(site: Site, head: Head, edition: Edition) -> str:
    place = Place(head.origin, site.name, 0, datetime.fromisoformat(TIME), UUID(PLACE))
    draft = _choice(edition)
    commitments = {"subject": SUBJECT}
    return entries.leaf_of(
        draft, Type.GIVEN, frozenset(), place.time + STEP, place, commitments
    ).decode()


def _leaf(template: str, index: int, time: datetime, receipt: UUID, subject: str) -> str:
    return (
        template.replace(PLACE, str(receipt))
        .replace(TIME, stamp(time))
        .replace(SUBJECT, subject)
        .replace('"seq":0', f'"seq":{index}')
    )
