"""Deliveries a second to an endpoint, beside a bare aiohttp client that posts signed bodies.

Both run in this process, one after the other, against one sink in a process of its own.  The bare
client signs as Standard Webhooks say and posts, with as many at once as the sender has under way;
the sender claims, renders, signs, posts and writes down, durably.
"""

import asyncio
import json
import time
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import aiohttp
import uvloop
from standardwebhooks import Webhook

from benchmarks import service, store
from benchmarks.load import WrongAnswer
from benchmarks.report import Goal, Options, Report, options
from moderation.deliveries.rendering import prepare
from service import db, logs
from service.endpoints import administration
from service.endpoints.administration import Wish
from service.outbox import EndpointKind
from service.outbox.sending import PACE, sending
from service.secrets import Secrets, open_secrets
from service.settings import Settings

OF_THE_BARE_CLIENT = Goal(at_least=0.3)
Result = TypeVar("Result")
SECRET = "whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHRlc3RzIHVzZSwgMzI="  # noqa: S105  (an invented one)
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Place:
    dsn: str
    secrets: Secrets
    endpoint: int
    url: str


def main(argv: Sequence[str]) -> int:
    chosen = options("deliveries", argv, requests=5_000, quick_requests=200)
    report = Report("deliveries: signed webhooks out beside a bare client that posts signed bodies")
    logs.configure("warning")
    with ExitStack() as stack:
        folder = stack.enter_context(service.folder())
        settings, dsn = stack.enter_context(service.site(folder, "sender"))
        url = f"http://127.0.0.1:{stack.enter_context(service.sink(folder))}/"
        place = _run(_prepared(settings, dsn, url, chosen.requests))
        # The first round only warms everything up.
        rounds = [_round(place, chosen, n) for n in range(-1, chosen.rounds)][1:]
    bare, ours = zip(*rounds, strict=True)
    report.add("bare client, posts", "1/s", bare)
    report.add("deliveries", "1/s", ours)
    report.ratio("deliveries / bare client", ours, bare, OF_THE_BARE_CLIENT)
    report.print()
    report.save(chosen.json)
    return 0


def _run(work: Coroutine[object, object, Result]) -> Result:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _prepared(settings: Settings, dsn: str, url: str, comments: int) -> Place:
    async with db.connected(dsn) as conn:
        secrets = await open_secrets(conn, settings)
        wish = Wish(kind=EndpointKind.STANDARD_WEBHOOK, url=url, secret=SECRET, allow_private=True)
        new = await administration.add(conn, secrets, service.SITE, wish)
        await store.fill_comments(conn, service.SITE, ["a text"], range(comments), comments)
        await store.settle(conn)
    return Place(dsn, secrets, new.endpoint, url)


def _round(place: Place, chosen: Options, number: int) -> tuple[float, float]:
    """Posts and deliveries a second; who begins alternates."""
    ways = {"bare": _bare, "ours": _ours}
    order = ("bare", "ours") if number % 2 else ("ours", "bare")
    seconds = {way: _run(ways[way](place, chosen.requests)) for way in order}
    return chosen.requests / seconds["bare"], chosen.requests / seconds["ours"]


async def _bare(place: Place, count: int) -> float:
    signer, left = Webhook(SECRET), iter(range(count))

    async def post(session: aiohttp.ClientSession) -> None:
        for _ in left:
            message, moment, body = f"msg_{uuid4()}", datetime.now(UTC), _body()
            headers = {
                "webhook-id": message,
                "webhook-timestamp": str(int(moment.timestamp())),
                "webhook-signature": signer.sign(message, moment, body),
                "Content-Type": "application/json",
            }
            async with session.post(place.url, data=body.encode(), headers=headers) as response:
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        started = time.perf_counter()
        await asyncio.gather(*(post(session) for _ in range(PACE.at_once)))
        return time.perf_counter() - started


def _body() -> str:
    """As large as what we send of a comment."""
    return json.dumps({"type": "comment.held", "data": {"id": str(uuid4()), "more": "x" * 500}})


async def _ours(place: Place, count: int) -> float:
    async with db.connected(place.dsn) as conn, db.create_pool(place.dsn, 2) as pool:
        await store.enqueue_all(conn, place.endpoint)
        started = time.perf_counter()
        async with sending(pool, place.secrets, prepare):
            while await store.waiting(conn):  # noqa: ASYNC110  (the database has no event)
                await asyncio.sleep(POLL_SECONDS)
        seconds = time.perf_counter() - started
        delivered = await store.count_stored(conn)
        if delivered[1] < count:
            raise WrongAnswer(f"{count} deliveries were enqueued, {delivered[1]} are there.")
    return seconds
