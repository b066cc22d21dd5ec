"""The queue of moderators with a million comments and 10,000 held, beside 10,000 and 100 held.

Both stand throughout, each with a PostgreSQL of its own.  One client asks for each page again and
again, first here, then there; a figure is the median of what the answers took, from the request to
the last byte, so that it holds the time of the service and of PostgreSQL.
"""

import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tqdm import tqdm

from benchmarks import comments, service, store
from benchmarks.report import Goal, Options, Report, options
from benchmarks.service import NotStarted, Served, environment
from moderation.review import searching
from moderation.review.deciding import Choice, Decider, Seen, decide
from service.audit import ActorKind
from service.db import Connection, connected
from service.secrets import open_secrets
from service.settings import Settings
from service.sites import Directory, Site

MANY, MANY_QUICK = 1_000_000, 20_000
FEW, FEW_QUICK = 10_000, 2_000
ROWS_A_STATEMENT = 20_000
TEXTS = 2_000
DECIDED_AT_ONCE = 100
OF_PAGES, OF_COMMON_WORDS = Goal(at_most=1.5), Goal(at_most=3)
MODERATOR = "mia"
DAYS = {"since", "until"}


@dataclass(frozen=True, slots=True)
class Question:
    """A page that moderators open; ``since`` and ``until`` are so many days ago."""

    name: str
    query: dict[str, str]
    goal: Goal = OF_PAGES


# Each filter twice: with what a third or more of the held comments have, so that both pages are
# full, and with what none has, so that all that a page looks through is looked through.  The
# moderator is the second account: the first is made with the service.
LONG_AGO = {"since": "70", "until": "56"}
QUESTIONS = (
    Question("the queue", {}),
    Question("rejected", {"tab": "rejected"}),
    Question("approved", {"tab": "approved"}),
    Question("a site", {"site": service.SITE}),
    Question("a language", {"language": "ru"}),
    Question("a language of none", {"language": "fr"}),
    Question("a reason", {"finding": "finding_16"}),
    Question("a reason of none", {"finding": "nothing"}),
    Question("a probability", {"least": "80"}),
    Question("a probability of none", {"least": "99", "most": "99.5"}),
    Question("an author of many comments", {"author": "author 0"}),
    Question("an author of none", {"author": "nobody"}),
    Question("a month", {"since": "30", "until": "0"}),
    Question("days before the first", {"since": "1000", "until": "900"}),
    Question("decided by a moderator", {"by": "user:2"}),
    Question("decided by nobody", {"by": "machine"}),
    Question("decided by a program", {"by": "token"}),
    Question("rejected, an author", {"tab": "rejected", "author": "author 0"}),
    Question("rejected, an author of none", {"tab": "rejected", "author": "nobody"}),
    Question("rejected, weeks ago", {"tab": "rejected", **LONG_AGO}),
    Question("a rare word", {"q": "zeugma"}),
    Question("rejected, a rare word", {"tab": "rejected", "q": "zeugma"}),
    Question("a word of none", {"q": "unheard"}),
    Question("a common word", {"q": "gewinnspiel"}, OF_COMMON_WORDS),
    Question("rejected, a common word", {"tab": "rejected", "q": "gewinnspiel"}, OF_COMMON_WORDS),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A service, and a moderator who is signed in."""

    served: Served
    cookie: str
    csrf: str
    number: int  # of the account

    def address(self, question: Question) -> str:
        given = dict(question.query)
        for name in DAYS & given.keys():
            given[name] = (datetime.now(UTC) - timedelta(days=int(given[name]))).date().isoformat()
        return f"/review?{urlencode(given)}"

    def connected(self) -> closing[http.client.HTTPConnection]:
        return closing(http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=60))

    def ask(self, connection: http.client.HTTPConnection, address: str) -> float:
        """Milliseconds until the whole page is here."""
        started = time.perf_counter()
        connection.request("GET", address, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        page = answer.read()
        spent = time.perf_counter() - started
        if answer.status != http.HTTPStatus.OK or b'id="queue"' not in page:
            raise NotStarted(f"{address} is no queue: {answer.status} {page[:200]!r}")
        return spent * 1e3

    def decide(self, items: Sequence[str], choice: str) -> float:
        """Milliseconds to decide on all of ``items`` at once."""
        form = [("csrf", self.csrf), ("decision", choice), *(("item", item) for item in items)]
        headers = {
            "Cookie": self.cookie,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        with self.connected() as connection:
            started = time.perf_counter()
            connection.request("POST", "/review/decide", urlencode(form), headers)
            told = json.loads(connection.getresponse().read())
            spent = time.perf_counter() - started
        if len(told.get("decided", ())) != len(items):
            raise NotStarted(f"Of {len(items)} comments not all were decided: {told}")
        return spent * 1e3


def main(argv: Sequence[str]) -> int:
    chosen = options("review", argv, requests=15, quick_requests=2)
    sizes = (FEW_QUICK, MANY_QUICK) if chosen.quick else (FEW, MANY)
    report = Report(
        "review: {1:,} comments stored, every hundredth held, against {0:,}".format(*sizes)
    )
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        few, many = (_desk(stack, place, rows) for rows in sizes)
        _pages(report, few, many, chosen)
        _decisions(report, few, many, chosen)
    report.print()
    report.save(chosen.json)
    return 0


def _pages(report: Report, few: Desk, many: Desk, chosen: Options) -> None:
    for question in QUESTIONS:
        _round(question, few, many, 2)  # warm
        rounds = [_round(question, few, many, chosen.requests) for _ in range(chosen.rounds)]
        of_few, of_many = zip(*rounds, strict=True)
        report.add(f"{question.name}: few", "ms", of_few)
        report.add(f"{question.name}: many", "ms", of_many)
        report.ratio(f"{question.name}: many / few", of_many, of_few, question.goal)


def _round(question: Question, few: Desk, many: Desk, times: int) -> tuple[float, float]:
    """Medians of so many answers of each; who is asked first alternates."""
    spent: tuple[list[float], list[float]] = ([], [])
    with few.connected() as to_few, many.connected() as to_many:
        turns = [(few, to_few, spent[0]), (many, to_many, spent[1])]
        for number in range(times):
            for desk, connection, found in turns if number % 2 else reversed(turns):
                found.append(desk.ask(connection, desk.address(question)))
    return statistics.median(spent[0]), statistics.median(spent[1])


def _decisions(report: Report, few: Desk, many: Desk, chosen: Options) -> None:
    """The same comments again and again, by choices from which nothing is learnt."""
    turns = [(desk, asyncio.run(_rejected(desk.served)), list[float]()) for desk in (few, many)]
    for number in range(chosen.rounds):
        for desk, items, found in turns if number % 2 else reversed(turns):
            found.append(desk.decide(items, ("hold", "reject")[number % 2]))
    of_few, of_many = (found for _, _, found in turns)
    report.add(f"deciding {DECIDED_AT_ONCE} at once: few", "ms", of_few)
    report.add(f"deciding {DECIDED_AT_ONCE} at once: many", "ms", of_many)
    report.ratio(f"deciding {DECIDED_AT_ONCE} at once: many / few", of_many, of_few, OF_PAGES)
    one, hundred = asyncio.run(_statements(many.served))
    report.add("statements to decide on 1", "statements", [one])
    report.ratio(f"statements: {DECIDED_AT_ONCE} / 1", [hundred], [one], Goal(at_most=1))


async def _rejected(served: Served) -> list[str]:
    """As the page names them."""
    async with connected(served.dsn) as conn:
        site_id = (await store.site_ids(conn))[0]
        found = await store.some_rejected(conn, site_id, DECIDED_AT_ONCE)
    return [f"{site_id}.{comment_id.hex}.-" for comment_id in found]


async def _statements(served: Served) -> tuple[int, int]:
    """How many to decide on one comment, and on a hundred; nothing of it stays."""
    async with connected(served.dsn) as conn:
        directory = Directory(await open_secrets(conn, Settings(data_dir=served.data_dir)))
        await directory.reload(conn)
        site = directory.site(service.SITE)
        assert site is not None
        ids = await store.some_rejected(conn, site.id, DECIDED_AT_ONCE + 2)
        seen = [Seen(comment_id) for comment_id in ids]
        parts = (seen[:1], seen[1:2], seen[2:])  # the driver asks for types, once
        _, one, hundred = [await _spoken(conn, site, part) for part in parts]
    return one, hundred


async def _spoken(conn: Connection, site: Site, seen: Sequence[Seen]) -> int:
    spoken: list[str] = []
    transaction = conn.transaction()
    await transaction.start()
    with conn.query_logger(lambda record: spoken.append(record.query)):
        await decide(conn, site, seen, Choice.HOLD, Decider(ActorKind.USER, "2"))
    await transaction.rollback()
    return len(spoken)


def _desk(stack: ExitStack, place: Path, rows: int) -> Desk:
    served = stack.enter_context(service.ours(place, name=f"of-{rows}"))
    link, number = _account(served)
    asyncio.run(_fill(served, rows, number))
    cookie = _sign_in(served, link)
    return Desk(served, cookie, _csrf(served, cookie), number)


def _account(served: Served) -> tuple[str, int]:
    """The path of a sign-in link of a new moderator of a second site, too, and their number."""
    settings = Settings(data_dir=served.data_dir)
    blog = ("site", "add", "https://other.bench.example", "--name", "other", "--language", "de")
    user = ("user", "add", MODERATOR, "--role", "moderator", "--json")
    said = [
        subprocess.run(
            [sys.executable, "-m", "service", *command],
            env=environment(settings),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for command in (blog, user)
    ]
    told = json.loads(said[1])
    return urlsplit(told["sign_in_link"]).path, told["id"]


async def _fill(served: Served, rows: int, moderator: int) -> None:
    async with connected(served.dsn) as conn:
        sites = await store.site_ids(conn)
        texts = comments.texts(-2, TEXTS)
        with tqdm(total=rows, desc="storing comments", unit="row", disable=None) as bar:
            for start in range(0, rows, ROWS_A_STATEMENT):
                numbers = range(start, min(start + ROWS_A_STATEMENT, rows))
                await store.fill_reviewed(conn, sites, texts, numbers, rows, moderator)
                bar.update(len(numbers))
        # What the job would do in the next minutes.
        await searching.run(conn, Settings(data_dir=served.data_dir))
        await store.settle(conn)


def _sign_in(served: Served, link: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", link, "", headers)
        answer = connection.getresponse()
        answer.read()
    if answer.status != http.HTTPStatus.SEE_OTHER:
        raise NotStarted(f"signing in was answered with {answer.status}")
    return answer.getheader("Set-Cookie", "").partition(";")[0]


def _csrf(served: Served, cookie: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        connection.request("GET", "/review", headers={"Cookie": cookie})
        page = connection.getresponse().read().decode()
    return page.partition('name="csrf" content="')[2].partition('"')[0]
