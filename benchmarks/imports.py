"""A first import beside the batch endpoint: comments a second, CPU, and memory.

Both take in the same comments, each into a database of its own: the import by ``gatehouse import``
as operators run it, start-up and all, the endpoint as one request that is streamed both ways.
Memory is the command's largest resident size, for the whole file and for a tenth of it.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import aiohttp
import orjson

from benchmarks import comments, service
from benchmarks.report import Goal, Options, Report, options
from benchmarks.service import SITE, Served
from service.settings import PREFIX

OF_THE_ENDPOINT = Goal(at_least=0.5)
FLAT = Goal(at_most=1.1)
TEXTS_AT_ONCE = 5_000
COMMENTS_OF_A_POST = 25
LINES_AT_ONCE = 64
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
    ' xmlns:wp="http://wordpress.org/export/1.2/"><channel><language>de-DE</language>'
    f"<wp:base_blog_url>{comments.BLOG}</wp:base_blog_url>\n"
)
TAIL = "</channel></rss>\n"


@dataclass(frozen=True, slots=True)
class Written:
    """A comment of the benchmark."""

    number: int
    text: str

    @property
    def post(self) -> int:
        return self.number // COMMENTS_OF_A_POST

    @property
    def address(self) -> str:
        return f"198.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"


@dataclass(frozen=True, slots=True)
class Taken:
    """One way to take comments in, measured."""

    rate: float  # comments a second
    cpu_us: float  # a comment, PostgreSQL's included, the endpoint's client not
    memory_mib: float = 0.0


def main(argv: Sequence[str]) -> int:
    chosen = options("imports", argv, requests=100_000, quick_requests=1_000)
    report = Report(f"imports: {chosen.requests:,} comments from a file, beside the batch endpoint")
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        endpoint = stack.enter_context(service.ours(place, name="endpoint"))
        importing = stack.enter_context(service.ours(place, name="import"))
        endpoint.warm(min(service.WARM_REQUESTS, chosen.requests))
        rounds = [_round(place, endpoint, importing, chosen, n) for n in range(chosen.rounds)]
    _describe(report, rounds)
    report.print()
    report.save(chosen.json)
    return 0


Round = tuple[Taken, Taken, Taken]  # the endpoint, the import, and the import of a tenth


def _round(place: Path, endpoint: Served, importing: Served, chosen: Options, number: int) -> Round:
    count = chosen.requests
    file = place / "export.xml"
    tenth = _import(importing, _write(file, number * 2 + 1, count // 10), count // 10)
    whole = _import(importing, _write(file, number * 2, count), count)
    return asyncio.run(_post(endpoint, number * 2, count)), whole, tenth


def written(seed: int, count: int) -> Iterator[Written]:
    """``count`` comments, made as they are asked for."""
    for start in range(0, count, TEXTS_AT_ONCE):
        texts = comments.texts(seed * 1_000_000 + start, min(TEXTS_AT_ONCE, count - start))
        for place, text in enumerate(texts, start):
            yield Written(seed * 10_000_000 + place, text)


def _write(file: Path, seed: int, count: int) -> Path:
    """An export whose comments are spread over the last 90 days."""
    newest = datetime.now(UTC)
    with file.open("w", encoding="utf-8") as output:
        output.write(HEAD)
        for place, each in enumerate(written(seed, count)):
            if place % COMMENTS_OF_A_POST == 0:
                output.write(_beginning(each) if place == 0 else f"</item>\n{_beginning(each)}")
            output.write(_element(each, newest - timedelta(days=90) * (place / count)))
        output.write("</item>\n" + TAIL)
    return file


def _beginning(each: Written) -> str:
    return (
        f"<item><title>A post</title><link>{comments.BLOG}/{each.post}/</link>"
        f"<wp:post_id>{each.post}</wp:post_id>\n"
    )


def _element(each: Written, date: datetime) -> str:
    approved = "spam" if each.number % 5 == 0 else "1"
    return (
        f"<wp:comment><wp:comment_id>{each.number + 1}</wp:comment_id>"
        f"<wp:comment_author>Author {each.number % 9973}</wp:comment_author>"
        f"<wp:comment_author_email>author.{each.number % 9973}@mail.example"
        f"</wp:comment_author_email><wp:comment_author_IP>{each.address}</wp:comment_author_IP>"
        f"<wp:comment_date_gmt>{date:%Y-%m-%d %H:%M:%S}</wp:comment_date_gmt>"
        f"<wp:comment_content>{escape(each.text)}</wp:comment_content>"
        f"<wp:comment_approved>{approved}</wp:comment_approved></wp:comment>\n"
    )


def _import(served: Served, file: Path, count: int) -> Taken:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment[f"{PREFIX}DATA_DIR"] = str(served.data_dir)
    command = [sys.executable, "-m", "service", "import", SITE, str(file)]
    postgres = service.cpu_seconds(served.postmaster)
    started = time.perf_counter()
    child = os.posix_spawn(
        sys.executable,
        command,
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    assert os.waitstatus_to_exitcode(status) == 0, "gatehouse import failed"
    postgres = service.cpu_seconds(served.postmaster) - postgres
    cpu = used.ru_utime + used.ru_stime + postgres
    return Taken(count / seconds, 1e6 * cpu / count, used.ru_maxrss / 1024)


async def _post(served: Served, seed: int, count: int) -> Taken:
    processes = (served.pid, served.postmaster)
    before = sum(map(service.cpu_seconds, processes))
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {served.key}", "Content-Type": "application/x-ndjson"}
    url = f"http://127.0.0.1:{served.port}/v1/comments:batch"
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
        session.post(url, data=_lines(seed, count), headers=headers) as response,
    ):
        assert response.status == 200, await response.text()
        answered = sum([1 async for line in response.content if b'"id"' in line])
    assert answered == count, f"{answered} of {count} were answered"
    seconds = time.perf_counter() - started
    cpu = max(sum(map(service.cpu_seconds, processes)) - before, service.TICK)
    return Taken(count / seconds, 1e6 * cpu / count)


async def _lines(seed: int, count: int) -> AsyncIterator[bytes]:
    waiting: list[bytes] = []
    for each in written(seed, count):
        waiting.append(orjson.dumps(_described(each), option=orjson.OPT_APPEND_NEWLINE))
        if len(waiting) == LINES_AT_ONCE:
            yield b"".join(waiting)
            waiting = []
    yield b"".join(waiting)


def _described(each: Written) -> dict[str, str]:
    return {
        "text": each.text,
        "author": f"Author {each.number % 9973}",
        "email": f"author.{each.number % 9973}@mail.example",
        "address": each.address,
        "permalink": f"{comments.BLOG}/{each.post}/",
        "title": "A post",
        "languages": "de-DE",
        "platform_id": str(each.number + 1),
        "platform_post_id": str(each.post),
    }


def _describe(report: Report, rounds: Sequence[Round]) -> None:
    endpoint, whole, tenth = zip(*rounds, strict=True)
    for name, taken in (("batch endpoint", endpoint), ("import", whole)):
        report.add(f"comments a second, {name}", "1/s", [each.rate for each in taken])
        report.add(f"CPU a comment, {name}", "us", [each.cpu_us for each in taken])
    report.ratio(
        "speed: import / batch endpoint",
        [each.rate for each in whole],
        [each.rate for each in endpoint],
        OF_THE_ENDPOINT,
    )
    report.add("largest memory, import", "MiB", [each.memory_mib for each in whole])
    report.ratio(
        "largest memory: the whole file / a tenth of it",
        [each.memory_mib for each in whole],
        [each.memory_mib for each in tenth],
        FLAT,
    )
