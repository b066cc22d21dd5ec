"""Servers under test: started on a port and a data folder of their own, their CPU accounted.

Each database belongs to one server alone, so that what PostgreSQL spends is charged to whom it
works for.  All of them run the embedded PostgreSQL with the same, durable configuration.
"""

import asyncio
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import comments, load, store
from benchmarks.load import Outcome, Plan
from service.db import connected
from service.postgres import embedded
from service.settings import PREFIX, Settings

START_SECONDS = 120  # a first start makes a cluster and compiles a kernel
STOP_SECONDS = 60
POLL_SECONDS = 0.05
SETTLE_SECONDS = 1.0  # what PostgreSQL does behind the last answer belongs to the round
WARM_REQUESTS = 1_000
NO_KEY = "0" * 12
SITE = "bench"
KEY = re.compile(r"\b[0-9a-f]{12}\b")


class NotStarted(Exception):
    """A server under test did not come up."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One round of one server."""

    outcome: Outcome
    service_us: float  # CPU of the service's processes for each answered request
    postgres_us: float  # CPU of its PostgreSQL, 0 without one

    @property
    def cpu_us(self) -> float:
        return self.service_us + self.postgres_us

    @property
    def rate(self) -> float:
        return self.outcome.rate


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers."""

    name: str
    port: int
    pid: int
    postmaster: int = 0  # 0: it has no database
    key: str = NO_KEY
    dsn: str = ""
    guids: bool = True
    data_dir: Path = Path()
    webhook: str = ""  # the secret of the site's webhook, where that is asked

    def plan(self, seed: int, count: int, connections: int = 64, large: str = "") -> Plan:
        return Plan(
            *(self.port, self.key, seed, count, connections, large, self.guids),
            webhook=self.webhook,
            site=SITE,
        )

    def measure(self, seed: int, count: int, connections: int = 64) -> Usage:
        """One run, with the CPU of all that works for it, PostgreSQL's afterwork included."""
        client = load.Client(self.plan(seed, count, connections))
        before = self._cpu()
        client.go()
        outcome = client.wait()
        time.sleep(SETTLE_SECONDS)
        service, postgres = (end - start for start, end in zip(before, self._cpu(), strict=True))
        each = 1e6 / outcome.requests
        return Usage(outcome, each * max(service, TICK), each * postgres)

    def _cpu(self) -> tuple[float, float]:
        return cpu_seconds(self.pid), cpu_seconds(self.postmaster) if self.postmaster else 0.0

    def warm(self, requests: int = WARM_REQUESTS) -> None:
        """Prepared statements, caches and compiled code, before anything is measured."""
        load.ask(self.plan(seed=-1, count=requests))


# The smallest step of ``cpu_seconds``.  Less counts as one, or a ratio would have no value.
TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """User and system time of the tree under ``root``, with that of children already gone.

    A process hands its time on to the parent that waits for it, so the difference of two readings
    is complete as long as the root lives.
    """
    return _of_the_tree(root, slice(11, 15)) * TICK


def memory_mib(root: int) -> float:
    """What the tree under ``root`` has resident; pages that processes share count for each."""
    return _of_the_tree(root, slice(21, 22)) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _of_the_tree(root: int, fields: slice) -> int:
    children: dict[int, list[int]] = {}
    numbers: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (found := _stat(folder)):
            children.setdefault(int(found[1]), []).append(int(folder.name))
            numbers[int(folder.name)] = sum(map(int, found[fields]))
    return _total(root, children, numbers)


def _stat(folder: Path) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` from the state on, see proc(5); empty if it is gone."""
    try:
        return (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def _total(root: int, children: dict[int, list[int]], numbers: dict[int, int]) -> int:
    waiting, seen = [root], set()
    while waiting:
        pid = waiting.pop()
        if pid not in seen:
            seen.add(pid)
            waiting += children.get(pid, [])
    return sum(numbers.get(pid, 0) for pid in seen)


@contextmanager
def folder() -> Iterator[Path]:
    """A place for data folders, gone afterwards; another user's PostgreSQL can pass through it."""
    made = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def bare(place: Path) -> Iterator[Served]:
    port = _free_port()
    with _process(["-m", "benchmarks.bare", str(port)], place / "bare.log") as process:
        _wait(port, process)
        yield Served("bare", port, process.pid, guids=False)


@contextmanager
def naive(place: Path) -> Iterator[Served]:
    port = _free_port()
    with ExitStack() as stack:
        dsn, postmaster = stack.enter_context(_database(Settings(data_dir=place / "naive")))
        command = ["-m", "benchmarks.naive", str(port), dsn]
        process = stack.enter_context(_process(command, place / "naive.log"))
        _wait(port, process)
        yield Served("naive", port, process.pid, postmaster, dsn=dsn)


@contextmanager
def ours(place: Path, processes: int = 1, name: str = "ours") -> Iterator[Served]:
    """``gatehouse serve`` as operators get it, with one site whose endpoint hears every event."""
    settings = Settings(data_dir=place / name, port=_free_port(), processes=processes)
    with ExitStack() as stack:
        # Joined by us too, so that the server under test never starts it anew.
        dsn, postmaster = stack.enter_context(_database(settings))
        key = _register(settings, dsn)
        command = ["-m", "service", "serve", "--port", str(settings.port)]
        command += ["--processes", str(processes)]
        log = place / f"{name}.log"
        process = stack.enter_context(_process(command, log, environment(settings)))
        _wait(settings.port, process, "/readyz")
        yield Served(
            name, settings.port, process.pid, postmaster, key, dsn, data_dir=settings.data_dir
        )


@contextmanager
def site(place: Path, name: str) -> Iterator[tuple[Settings, str]]:
    """Settings and address of a database with one site, and nobody who serves."""
    settings = Settings(data_dir=place / name)
    with _database(settings) as (dsn, _):
        _register(settings, dsn)
        yield settings, dsn


@contextmanager
def sink(place: Path) -> Iterator[int]:
    """The port of an endpoint that takes whatever comes."""
    port = _free_port()
    with _process(["-m", "benchmarks.sink", str(port)], place / "sink.log") as process:
        _wait(port, process)
        yield port


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, int]]:
    server = embedded(settings)
    server.join()
    try:
        pid_file = server.place.cluster / "postmaster.pid"
        yield server.dsn, int(pid_file.read_text().split()[0])
    finally:
        server.leave()


def _register(settings: Settings, dsn: str) -> str:
    """The key of a new site with an endpoint, so that deliveries are written as in real use."""
    for command in (
        ["migrate"],
        ["site", "add", comments.BLOG, "--name", SITE, "--language", "de"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "service", *command],
            env=environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotStarted(f"gatehouse {command[0]} ended with {done.returncode}: {done.stderr}")
    key = KEY.search(done.stdout)
    if key is None:
        raise NotStarted("gatehouse site add printed no key.")
    asyncio.run(_add_endpoint(dsn))
    return key[0]


async def _add_endpoint(dsn: str) -> None:
    async with connected(dsn) as conn:
        await store.insert_endpoint(conn, SITE)


def environment(settings: Settings) -> dict[str, str]:
    """Ours without the settings of whoever runs the benchmark."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {f"{PREFIX}DATA_DIR": str(settings.data_dir)}


@contextmanager
def _process(
    command: Sequence[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A Python process that runs as long as the block; what it says goes to ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(port: int, process: "subprocess.Popen[bytes]", path: str = "/") -> None:
    """Until the server answers ``path``, whatever it says short of an error of its own."""
    patience = time.monotonic() + START_SECONDS
    while not _answers(port, path):
        if process.poll() is not None or time.monotonic() > patience:
            raise NotStarted(f"{process.args!r} does not answer: its log is in its data folder.")
        time.sleep(POLL_SECONDS)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()
