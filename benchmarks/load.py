"""The client: keep-alive connections that each ask, wait for the whole answer, and ask again.

It runs as a process of its own and says what it found as JSON.  Requests are built beforehand, so
that its share of the machine is small; every answer is checked: status, body, and a guid that no
other answer has.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import cast

import uvloop

from benchmarks import comments, signed

STATUS_OK = b"200"
ANSWERS = (b"true", b"false")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
GUID = re.compile(rb"(?i)\r\nx-akismet-guid: *(\S+)")
VERDICT = re.compile(rb'\{"id":"([0-9a-f-]{36})","action":"(\w+)"')
PATIENCE_SECONDS = 600
SHOWN_FAILURES = 3
LARGE = ("cyrillic", "letter")


class WrongAnswer(Exception):
    """A server under test answered wrongly: its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one client process asks for.  ``count`` 0 is without end, until it is told to stop."""

    port: int
    key: str
    seed: int
    count: int
    connections: int = 64
    large: str = ""  # one of LARGE: bodies of 1 MB
    guids: bool = True  # whether the server is one that gives them
    webhook: str = ""  # the secret to sign with, where comments are delivered by webhook
    site: str = ""  # to which they are delivered


@dataclass(frozen=True, slots=True)
class Outcome:
    """Times in milliseconds; ``client_us`` is the client's own CPU for each request."""

    requests: int
    seconds: float
    p50: float
    p99: float
    longest: float
    spam: int
    client_us: float
    failures: list[str]

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


@dataclass(slots=True)
class Run:
    """One run over all connections."""

    requests: Iterator[bytes]
    guids_wanted: bool
    webhooks: bool = False
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    open: int = 0
    stopping: bool = False
    latencies: list[float] = field(default_factory=list)
    guids: set[bytes] = field(default_factory=set)
    spam: int = 0
    failures: list[str] = field(default_factory=list)

    def take(self) -> bytes | None:
        return None if self.stopping else next(self.requests, None)

    def check(self, head: bytes, body: bytes) -> None:
        if self.webhooks:
            self._check_verdict(head, body)
            return
        if head[9:12] != STATUS_OK or body not in ANSWERS:
            self.fail(f"{head[:200]!r} {body[:80]!r}")
        self.spam += body == b"true"
        if not self.guids_wanted:
            return
        guid = GUID.search(head)
        self._note(guid and guid[1], head)

    def _check_verdict(self, head: bytes, body: bytes) -> None:
        verdict = VERDICT.match(body)
        if head[9:12] != STATUS_OK or verdict is None:
            self.fail(f"{head[:200]!r} {body[:80]!r}")
            return
        self.spam += verdict[2] == b"reject"
        self._note(verdict[1], body)

    def _note(self, guid: bytes | None, answer: bytes) -> None:
        if guid is None or guid in self.guids:
            self.fail(f"a guid is missing or repeated: {answer[:300]!r}")
        else:
            self.guids.add(guid)

    def fail(self, reason: str) -> None:
        self.failures.append(reason)

    def close_one(self) -> None:
        self.open -= 1
        if not self.open:
            self.finished.set()


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request on its way at a time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._received = b""
        self._sent_at = 0.0
        self._waiting = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._run.open += 1

    def ask(self) -> None:
        assert self._transport is not None
        request = self._run.take()
        if request is None:
            self._transport.close()
            return
        self._waiting = True
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        now = time.perf_counter()
        self._received = b""
        self._waiting = False
        self._run.latencies.append(now - self._sent_at)
        self._run.check(head, body)
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting:
            self._run.fail(f"the server closed a connection ({exc})")
        self._run.close_one()


async def drive(plan: Plan) -> Outcome:
    """Build, connect, say "ready", wait for a line, ask until all is asked or the input ends."""
    made = _requests(plan)
    run = Run(
        iter([*islice(made, plan.count)]) if plan.count else made, plan.guids, bool(plan.webhook)
    )
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(plan.connections):
        _, connection = await loop.create_connection(
            lambda: Connection(run), "127.0.0.1", plan.port
        )
        connections.append(connection)
    lines = await _lines()
    print("ready", flush=True)
    await lines.readline()
    asyncio.ensure_future(_stop_at_end(lines, run))  # noqa: RUF006  (ends with the loop)
    started, used = time.perf_counter(), time.process_time()
    for connection in connections:
        connection.ask()
    await run.finished.wait()
    return _outcome(run, time.perf_counter() - started, time.process_time() - used)


async def _lines() -> asyncio.StreamReader:
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    return lines


async def _stop_at_end(lines: asyncio.StreamReader, run: Run) -> None:
    await lines.read()
    run.stopping = True


def _requests(plan: Plan) -> Iterator[bytes]:
    if plan.large:
        made = comments.large_bodies(plan.seed, plan.key, plan.large)
    else:
        made = comments.bodies(plan.seed, plan.key)
    if plan.webhook:
        yield from signed.requests(made, plan.port, plan.site, plan.webhook)
        return
    head = (
        f"POST /1.1/comment-check HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n"
        "User-Agent: WordPress/7.1.4 | Akismet/5.7.2\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: "
    ).encode()
    for body in made:
        yield b"%s%d\r\n\r\n%s" % (head, len(body), body)


def _outcome(run: Run, seconds: float, used: float) -> Outcome:
    times = sorted(run.latencies) or [0.0]
    return Outcome(
        requests=len(run.latencies),
        seconds=seconds,
        p50=1e3 * times[len(times) // 2],
        p99=1e3 * times[min(len(times) - 1, len(times) * 99 // 100)],
        longest=1e3 * times[-1],
        spam=run.spam,
        client_us=1e6 * used / max(1, len(run.latencies)),
        failures=run.failures[:SHOWN_FAILURES],
    )


class Client:
    """The client process, seen from the benchmark that starts it."""

    def __init__(self, plan: Plan) -> None:
        """Returns once its requests are built and its connections open."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load", json.dumps(asdict(plan))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._read() != "ready":
            self._process.wait()
            raise WrongAnswer(
                f"The load client did not get ready; it ended with {self._process.returncode}."
            )

    def go(self) -> None:
        self._write("go\n")

    def wait(self) -> Outcome:
        """The outcome once everything is answered.  Raises ``WrongAnswer``."""
        assert self._process.stdout is not None
        said = self._process.stdout.read()  # with its input left open: the end of it means stop
        self._process.communicate()
        return self._outcome(said)

    def stop(self) -> Outcome:
        """End a client without end after the answers that are on their way."""
        said, _ = self._process.communicate(timeout=PATIENCE_SECONDS)
        return self._outcome(said)

    def _outcome(self, said: str) -> Outcome:
        if self._process.returncode:
            raise WrongAnswer(f"The load client ended with {self._process.returncode}.")
        outcome = Outcome(**json.loads(said))
        if outcome.failures:
            raise WrongAnswer("; ".join(outcome.failures))
        return outcome

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()


def ask(plan: Plan) -> Outcome:
    """One whole run."""
    client = Client(plan)
    client.go()
    return client.wait()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("plan", help="the fields of Plan as JSON")
    plan = Plan(**json.loads(parser.parse_args(argv).plan))
    print(json.dumps(asdict(uvloop.run(drive(plan)))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
