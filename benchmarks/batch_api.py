"""CPU for a comment in a batch beside one posted by itself, and memory while a long batch runs.

Two services with a database each: one hears single posts (from one client that waits for each
answer, and from 64 at once), the other the same comments as one request, a line for each, streamed
both ways.  Neither side asks for findings in words.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice

import aiohttp

from benchmarks import comments, service, signed
from benchmarks.load import Connection, Run, WrongAnswer
from benchmarks.report import Goal, Options, Report, options
from benchmarks.service import Served

AT_LEAST = Goal(at_least=3.0)
FLAT = Goal(at_most=1.1)
CLIENTS = 64
SHARE_OF_CLIENTS = 4  # of a batch's comments every fourth is posted by the 64 clients,
SHARE_ALONE = 20  # and every twentieth by the one who waits
LONG = 5  # the batch whose memory is watched is so many times longer than the measured ones
LINES_AT_ONCE = 64
SAMPLE_SECONDS = 0.2
VERDICT = re.compile(rb'\{"id":"([0-9a-f-]{36})","first_id":[^,]*,"action":"(\w+)"')


@dataclass(frozen=True, slots=True)
class Taken:
    """One way to take comments in, measured."""

    comments: int
    seconds: float
    cpu_us: float  # a comment, PostgreSQL's included, the client's not

    @property
    def rate(self) -> float:
        return self.comments / self.seconds


def main(argv: Sequence[str]) -> int:
    chosen = options("batch_api", argv, requests=20_000, quick_requests=200)
    lines = chosen.requests * LONG
    report = Report("batch_api: POST /v1/comments:batch beside POST /v1/comments")
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        single = stack.enter_context(service.ours(place, name="single"))
        batch = stack.enter_context(service.ours(place, name="batch"))
        rounds = [_round(single, batch, chosen, n) for n in range(-1, chosen.rounds)][1:]
        memory = asyncio.run(_memory(batch, -2, lines))
    _describe(report, rounds)
    tenth = max(memory[: max(1, len(memory) // 10)])
    report.add(f"largest memory, first tenth of {lines:,} lines", "MiB", [tenth])
    report.add(f"largest memory, all of {lines:,} lines", "MiB", [max(memory)])
    report.ratio("largest memory: all lines / their first tenth", [max(memory)], [tenth], FLAT)
    report.print()
    report.save(chosen.json)
    return 0


Round = tuple[Taken, Taken, Taken]  # one client alone, 64 clients, one batch


def _round(single: Served, batch: Served, chosen: Options, number: int) -> Round:
    """Each way in turn; who begins alternates.  The first round only warms everything up."""
    count = chosen.requests

    def alone() -> Taken:
        return _measured(single, _post(single, 3 * number, count // SHARE_ALONE, 1))

    def clients() -> Taken:
        return _measured(single, _post(single, 3 * number + 1, count // SHARE_OF_CLIENTS, CLIENTS))

    def lines() -> Taken:
        return _measured(batch, _stream(batch, 3 * number + 1, count))

    ways = (alone, clients, lines)
    taken = {way: way() for way in (ways if number % 2 else ways[::-1])}
    return taken[alone], taken[clients], taken[lines]


def _measured(served: Served, work: Coroutine[object, object, int]) -> Taken:
    processes = (served.pid, served.postmaster)
    before = sum(map(service.cpu_seconds, processes))
    started = time.perf_counter()
    answered = asyncio.run(work)
    seconds = time.perf_counter() - started
    time.sleep(service.SETTLE_SECONDS)
    used = max(sum(map(service.cpu_seconds, processes)) - before, service.TICK)
    return Taken(answered, seconds, 1e6 * used / answered)


def _bodies(seed: int, count: int) -> Iterator[bytes]:
    for form in islice(comments.bodies(seed, service.NO_KEY), count):
        event = json.loads(signed.delivery(form))
        yield json.dumps(event["data"], ensure_ascii=False, separators=(",", ":")).encode()


class Posts(Run):
    """Single posts; every answer must be a verdict with an id of its own."""

    def check(self, head: bytes, body: bytes) -> None:
        verdict = VERDICT.match(body)
        if head[9:12] != b"201" or verdict is None or verdict[1] in self.guids:
            self.fail(f"{head[:200]!r} {body[:80]!r}")
        else:
            self.guids.add(verdict[1])


async def _post(served: Served, seed: int, count: int, clients: int) -> int:
    head = (
        f"POST /v1/comments?findings=none HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        f"Authorization: Bearer {served.key}\r\nContent-Type: application/json\r\n"
        "Content-Length: "
    ).encode()
    requests = [b"%s%d\r\n\r\n%s" % (head, len(body), body) for body in _bodies(seed, count)]
    run = Posts(iter(requests), guids_wanted=True)
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(min(clients, count)):
        _, connection = await loop.create_connection(
            lambda: Connection(run), "127.0.0.1", served.port
        )
        connections.append(connection)
    for connection in connections:
        connection.ask()
    await run.finished.wait()
    if run.failures or len(run.guids) != count:
        raise WrongAnswer("; ".join(run.failures[:3]) or "answers are missing")
    return count


async def _stream(served: Served, seed: int, count: int) -> int:
    """One batch; returns once every line is answered."""
    headers = {"Authorization": f"Bearer {served.key}", "Content-Type": "application/x-ndjson"}
    url = f"http://127.0.0.1:{served.port}/v1/comments:batch"
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
        session.post(url, data=_lines(seed, count), headers=headers) as response,
    ):
        answered = sum([1 async for line in response.content if VERDICT.match(line)])
    if answered != count:
        raise WrongAnswer(f"{answered} of {count} lines were answered with a verdict.")
    return count


async def _lines(seed: int, count: int) -> AsyncIterator[bytes]:
    waiting: list[bytes] = []
    for body in _bodies(seed, count):
        waiting.append(body + b"\n")
        if len(waiting) == LINES_AT_ONCE:
            yield b"".join(waiting)
            waiting = []
    yield b"".join(waiting)


async def _memory(served: Served, seed: int, lines: int) -> list[float]:
    """What the service has resident (MiB), time and again while it takes ``lines`` lines."""
    streaming = asyncio.create_task(_stream(served, seed, lines))
    found = [service.memory_mib(served.pid)]
    while not (await asyncio.wait([streaming], timeout=SAMPLE_SECONDS))[0]:
        found.append(service.memory_mib(served.pid))
    await streaming
    return found


def _describe(report: Report, rounds: Sequence[Round]) -> None:
    alone, clients, lines = zip(*rounds, strict=True)
    ways = {"one client's posts": alone, f"{CLIENTS} clients' posts": clients, "a batch": lines}
    for name, taken in ways.items():
        report.add(f"CPU a comment, {name}", "us", [each.cpu_us for each in taken])
        report.add(f"comments a second, {name}", "1/s", [each.rate for each in taken])
    batch = [each.cpu_us for each in lines]
    report.ratio("comments a CPU second: batch / posts one by one", _cpu(alone), batch, AT_LEAST)
    report.ratio(
        f"comments a CPU second: batch / posts of {CLIENTS}", _cpu(clients), batch, AT_LEAST
    )


def _cpu(taken: Sequence[Taken]) -> list[float]:
    return [each.cpu_us for each in taken]
