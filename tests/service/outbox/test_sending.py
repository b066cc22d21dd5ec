"""Deliveries go out signed, in order, again after failures, and are never lost."""

import asyncio
import json
import random
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from standardwebhooks import Webhook
from uuid_utils.compat import uuid7

from service import clock
from service.endpoints import administration
from service.outbox import DeliveryState, Outcome, replaying
from service.outbox.retries import ATTEMPTS, SCHEDULE
from service.outbox.store import CLAIM, Wanted
from tests import factories
from tests.service.outbox.conftest import PACE, SECRET
from tests.service.outbox.sink import Sink, raw
from tests.waiting import PATIENCE_SECONDS, until

ROOT = Path(__file__).parents[3]
LONG = timedelta(seconds=9)


async def test_what_an_endpoint_hears_is_signed_and_holds_no_word_of_the_comment(
    office, sink, sender
):
    comment = await office.comment(text="maybe so", author="Ada")
    delivery = await office.enqueue(await office.endpoint(sink.url), comment)

    row = await office.settled(delivery)

    assert row["state"] == "delivered"
    (told,) = sink.told
    event = Webhook(SECRET).verify(told.body, told.headers)
    assert told.id == f"msg_{delivery}"
    assert event["type"] == "comment.held"
    assert event["data"]["id"] == str(comment)
    assert event["data"]["action"] == "hold"
    assert b"maybe" not in told.body
    assert b"Ada" not in told.body
    assert b"192.0.2.1" not in told.body


async def test_while_a_secret_is_rotated_both_verify(office, sink, sender, conn):
    endpoint = await office.endpoint(sink.url)
    new = await administration.rotate(conn, factories.SECRETS, "blatt", endpoint, timedelta(days=1))

    await office.settled(await office.enqueue(endpoint, await office.comment()))

    (told,) = sink.told
    for secret in (SECRET, new.value):
        assert Webhook(secret).verify(told.body, told.headers)


async def test_a_secret_that_has_run_out_signs_no_more(office, sink, sender, conn):
    endpoint = await office.endpoint(sink.url)
    await administration.rotate(conn, factories.SECRETS, "blatt", endpoint, timedelta(days=1))
    await conn.execute("UPDATE expiring_endpoint_secrets SET expires_at = now()")

    await office.settled(await office.enqueue(endpoint, await office.comment()))

    (told,) = sink.told
    assert told.headers["webhook-signature"].count("v1,") == 1


async def test_a_secret_rotated_between_tries_signs_the_next_try(office, sink, sender, conn):
    sink.answers = [web.Response(status=500)]
    endpoint = await office.endpoint(sink.url)
    delivery = await office.enqueue(endpoint, await office.comment())
    await office.settled(delivery)
    new = await administration.rotate(conn, factories.SECRETS, "blatt", endpoint, timedelta(0))

    await office.make_due()
    await office.settled(delivery, attempts=2)

    first, second = sink.told
    assert first.id == second.id
    assert Webhook(new.value).verify(second.body, second.headers)
    assert second.headers["webhook-signature"].count("v1,") == 1


async def test_a_failure_is_tried_again_by_the_schedule(office, sink, sender):
    sink.answers = [web.Response(status=500)]
    delivery = await office.enqueue(await office.endpoint(sink.url), await office.comment())

    row = await office.settled(delivery)

    assert (row["state"], row["attempts"], row["last_error"]) == ("waiting", 1, "HTTP 500")
    pause = row["due_at"] - clock.now()
    assert SCHEDULE[0] - timedelta(seconds=3) < pause <= SCHEDULE[0] * 1.2


async def test_after_the_last_attempt_it_is_given_up_and_stays_to_be_sent_once_more(
    office, sink, sender, conn
):
    sink.answers = [web.Response(status=400)]
    endpoint, comment = await office.endpoint(sink.url), await office.comment()
    delivery = await office.enqueue(endpoint, comment, attempts=ATTEMPTS - 1)

    row = await office.settled(delivery, attempts=ATTEMPTS)

    assert row["state"] == "given-up"
    (listed,) = await replaying.listed(conn, "blatt", Wanted(state=DeliveryState.GIVEN_UP), 10)
    assert (listed.id, listed.error) == (delivery, "HTTP 400")
    assert await replaying.replay(conn, "blatt", [delivery]) == 1
    await until(lambda: len(sink.told) == 2)
    assert (await office.settled(delivery))["state"] == "delivered"


async def test_what_an_endpoint_asks_for_by_retry_after_is_granted(office, sink, sender):
    sink.answers = [web.Response(status=503, headers={"Retry-After": "900"})]
    endpoint = await office.endpoint(sink.url)
    first = await office.enqueue(endpoint, await office.comment())
    row = await office.settled(first)

    second = await office.enqueue(endpoint, await office.comment(text="another"))

    assert row["due_at"] - clock.now() > timedelta(minutes=14)
    breaker = await office.conn.fetchrow("SELECT * FROM endpoint_breakers")
    assert breaker["paused_until"] - clock.now() > timedelta(minutes=14)
    assert (await office.row(second))["attempts"] == 0


async def test_who_says_gone_is_told_nothing_more(office, sink, sender, conn):
    sink.answers = [web.Response(status=410)]
    endpoint = await office.endpoint(sink.url)

    row = await office.settled(await office.enqueue(endpoint, await office.comment()))

    assert (row["state"], row["last_error"]) == ("given-up", "HTTP 410")
    (found,) = [row for _, row in await administration.listed(conn) if row.id == endpoint]
    assert (found.enabled, found.switched_off) == (False, "HTTP 410")
    assert await conn.fetchval("SELECT action FROM audit_trail ORDER BY id DESC LIMIT 1") == (
        "endpoint.switched_off"
    )


async def test_an_endpoint_that_fails_is_spared_and_welcomed_back(office, sink, sender, conn):
    sink.answers = [web.Response(status=500) for _ in range(PACE.breaker.failures)]
    endpoint = await office.endpoint(sink.url)
    delivery = await office.enqueue(endpoint, await office.comment())
    for attempt in range(1, PACE.breaker.failures + 1):
        await office.settled(delivery, attempts=attempt)
        await office.make_due()
    await conn.execute("UPDATE outbox SET due_at = now() - interval '1 minute'")
    paused = await conn.fetchrow("SELECT * FROM endpoint_breakers")

    await conn.execute("UPDATE endpoint_breakers SET paused_until = now()")

    row = await office.settled(delivery, attempts=PACE.breaker.failures + 1)
    assert paused["failures"] == PACE.breaker.failures
    assert paused["paused_until"] - clock.now() > timedelta(minutes=30)
    assert row["state"] == "delivered"
    await wait_for(conn, "SELECT count(*) = 0 FROM endpoint_breakers")


async def wait_for(conn, condition):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await conn.fetchval(condition):  # noqa: ASYNC110  (the database has no event)
            await asyncio.sleep(0.01)


async def test_one_that_hangs_does_not_hold_up_the_others(office, sink, start):
    async def hang(reader, writer):
        await reader.read()

    async with raw(hang) as url:
        hanging = await office.endpoint(url)
        working = await office.endpoint(sink.url)
        comments = [await office.comment(text=f"number {n}") for n in range(8)]
        stuck = [await office.enqueue(hanging, comment) for comment in comments]
        sent = [await office.enqueue(working, comment) for comment in comments]
        sender = await start(replace(PACE, most=6, most_of_one=3, talk=timedelta(seconds=3)))

        rows = await office.settled(*sent)

        assert {row["state"] for row in rows} == {"delivered"}
        assert {(await office.row(each))["state"] for each in stuck} == {"waiting"}
        await start.end(sender)


async def test_who_stands_behind_one_that_fails_is_given_back_uncounted(office, sink, start):
    sink.answers = [web.Response(status=500)]
    endpoint = await office.endpoint(sink.url)
    comments = [await office.comment(text=f"number {n}") for n in range(3)]
    failed, *behind = [await office.enqueue(endpoint, comment) for comment in comments]

    sender = await start(replace(PACE, most_of_one=6, at_once=1))

    rows = await office.settled(failed, *behind)
    await start.end(sender)
    assert [(row["state"], row["attempts"]) for row in rows] == [
        ("waiting", 1),
        ("delivered", 1),
        ("delivered", 1),
    ]


async def test_a_claim_reads_what_it_takes_however_many_wait(office, conn):
    endpoint = await office.endpoint("http://127.0.0.1:9")

    async def wait(number):
        await conn.execute(
            "INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, due_at)"
            " SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'comment.held', now()"
            "   FROM generate_series(1, $3)",
            *(office.site.id, endpoint, number),
        )

    async def blocks_read():
        now = clock.now()
        plan = await conn.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {CLAIM}", now, uuid7(), now, [], 8, 8, 5
        )
        await conn.execute("UPDATE outbox SET lease = NULL, leased_until = NULL")
        return json.loads(plan)[0]["Plan"]["Shared Hit Blocks"]

    await wait(20)
    few = await blocks_read()
    await wait(3000)

    assert await blocks_read() < 3 * few


async def test_of_one_comment_the_second_waits_for_the_first(office, sink, sender, conn):
    sink.answers = [web.Response(status=500)]
    endpoint, comment = await office.endpoint(sink.url), await office.comment()
    other = await office.comment(text="another")
    first = await office.enqueue(endpoint, comment, "comment.held")
    await office.settled(first)
    second = await office.enqueue(endpoint, comment, "comment.decided")
    await office.settled(await office.enqueue(endpoint, other))
    assert (await office.row(second))["attempts"] == 0

    await office.make_due()

    await office.settled(second)
    events = [told.event["type"] for told in sink.told if told.event["data"]["id"] == str(comment)]
    assert events == ["comment.held", "comment.held", "comment.decided"]


async def test_an_erased_comment_is_spoken_of_no_more(office, sink, sender, conn):
    endpoint, comment = await office.endpoint(sink.url), await office.comment()
    await conn.execute("DELETE FROM comments")

    await office.enqueue(endpoint, comment)

    await wait_for(conn, "SELECT count(*) = 0 FROM outbox")
    assert sink.told == []


async def test_a_delivery_that_kills_its_sender_ends_and_takes_no_other_with_it(
    office, sink, start, conn
):
    """Its sender is gone each time before it can say so: the lease runs out."""
    endpoint = await office.endpoint(sink.url)
    deadly = await office.enqueue(endpoint, await office.comment(text="deadly"))
    others = [await office.enqueue(endpoint, await office.comment(text=f"{n}")) for n in range(3)]
    await conn.execute(
        "UPDATE outbox SET attempts = $2, lease = gen_random_uuid(), leased_until = now()"
        " WHERE id = $1",
        *(deadly, ATTEMPTS),
    )

    await start()

    row, *rows = await office.settled(deadly, *others)
    assert (row["state"], row["last_error"]) == ("given-up", "SenderLost")
    assert [other["attempts"] for other in rows] == [1, 1, 1]
    assert len(sink.told) == 3


async def test_whose_lease_ran_out_has_no_say_any_more(office, sink, sender, conn):
    async def slow(request):
        await conn.execute("UPDATE outbox SET lease = $1", other)
        return web.Response(status=500)

    sink.answers = [slow]
    other = "01890a5d-ac96-774b-bcce-b302099a8057"
    delivery = await office.enqueue(await office.endpoint(sink.url), await office.comment())

    await until(lambda: len(sink.told) == 1)
    await until(lambda: not sender._tasks and not sender._ended)

    row = await office.row(delivery)
    assert (str(row["lease"]), row["state"], row["last_error"]) == (other, "waiting", None)


async def test_an_ending_sender_ends_what_is_under_way_and_gives_the_rest_back(
    office, sink, start, conn
):
    going = asyncio.Event()

    async def slow(request):
        going.set()
        await asyncio.sleep(0.2)
        return web.Response()

    async def hang(reader, writer):
        await reader.read()

    async with raw(hang) as url:
        slowly = await office.enqueue(await office.endpoint(sink.url), await office.comment())
        hanging = await office.endpoint(url)
        never = await office.enqueue(hanging, await office.comment())
        behind = await office.enqueue(hanging, await office.comment(text="another"))
        sink.answers = [slow]
        sender = await start(replace(PACE, at_once=1, drain=timedelta(seconds=0.5), talk=LONG))
        await going.wait()
        await until(lambda: len(sender._tasks) == 3)

        await start.end(sender)

    assert (await office.row(slowly))["state"] == "delivered"
    # Who was spoken to may have heard it; who stood in line has not been tried.
    for delivery, attempts in ((never, 1), (behind, 0)):
        row = await office.row(delivery)
        assert (row["state"], row["lease"], row["attempts"]) == ("waiting", None, attempts)


async def test_an_error_nobody_foresaw_is_a_failed_attempt(office, sink, start):
    async def prepare(conn, secrets, claimed):
        return {each.id: crash for each in claimed}

    async def crash(client):
        raise ZeroDivisionError

    await start(prepare=prepare)
    delivery = await office.enqueue(await office.endpoint(sink.url), await office.comment())

    row = await office.settled(delivery)

    assert (row["state"], row["last_error"]) == ("waiting", "ZeroDivisionError")


async def test_what_is_hopeless_is_not_tried_again(office, sink, start):
    async def prepare(conn, secrets, claimed):
        return {each.id: refuse for each in claimed}

    async def refuse(client):
        return Outcome("CommentUnknown", hopeless=True)

    await start(prepare=prepare)
    delivery = await office.enqueue(await office.endpoint(sink.url), await office.comment())

    assert (await office.settled(delivery))["state"] == "given-up"


async def test_what_waits_for_a_removed_endpoint_is_given_up(office, conn, settings):
    endpoint = await office.endpoint("http://127.0.0.1:9/")
    before = await office.enqueue(endpoint, await office.comment())
    await administration.remove(conn, "blatt", endpoint)
    after = await office.enqueue(endpoint, await office.comment(text="late"))

    await replaying.tidy_up(conn, settings)

    for delivery in (before, after):
        row = await office.row(delivery)
        assert (row["state"], row["last_error"]) == ("given-up", "EndpointRemoved")


async def test_what_was_delivered_is_forgotten_after_a_month_and_what_was_given_up_is_not(
    office, conn, settings, frozen_clock
):
    for state in ("delivered", "given-up"):
        await conn.execute(
            "INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, due_at, state,"
            " finished_at) VALUES ($1, $2, 1, $2, 'comment.held', now(), $3, now())",
            *(office.site.id, factories.uuid7_at(clock.now()), state),
        )
    await replaying.tidy_up(conn, settings)
    assert await conn.fetchval("SELECT count(*) FROM outbox") == 2

    frozen_clock.advance(timedelta(days=31))
    await replaying.tidy_up(conn, settings)

    assert await conn.fetchval("SELECT array_agg(state) FROM outbox") == ["given-up"]


KILLS = 20
COMMENTS, EVENTS = 60, ("comment.held", "comment.decided", "comment.approved")


class Order:
    """Notes for each comment which deliveries arrived, and when one arrives out of order."""

    def __init__(self):
        self.heard = {}
        self.wrong = []

    def hear(self, told):
        data = told.event["data"]
        heard = self.heard.setdefault(data["id"], [])
        if heard and told.id < heard[-1]:
            self.wrong.append((heard[-1], told.id))
        heard.append(told.id)


async def test_senders_killed_at_random_lose_nothing_and_confuse_no_order(office, conn, dsn):
    """A delivery under way when its sender dies arrives again; none arrives behind a later one."""
    order, sink = Order(), Sink()

    async def note(request):
        order.hear(sink.told[-1])
        await asyncio.sleep(0.01)
        return web.Response()

    async with sink.serving() as url:
        sink.answers = [note] * 100_000
        endpoint = await office.endpoint(url)
        comments = [await office.comment(text=f"number {n}") for n in range(COMMENTS)]
        enqueued = [
            f"msg_{await office.enqueue(endpoint, comment, event)}"
            for event in EVENTS
            for comment in comments
        ]
        senders = [start_process(dsn), start_process(dsn)]
        try:
            for n in range(KILLS):
                heard = len(sink.told)
                await until(lambda heard=heard: len(sink.told) > heard or len(sink.told) >= 180)
                await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311  (no secret)
                senders[n % 2].send_signal(signal.SIGKILL)
                senders[n % 2].wait()
                senders[n % 2] = start_process(dsn)
            await wait_for(conn, "SELECT bool_and(state = 'delivered') FROM outbox")
        finally:
            for sender in senders:
                sender.kill()
                sender.wait()

    assert {told.id for told in sink.told} == set(enqueued)
    assert order.wrong == []


def start_process(dsn):
    command = [sys.executable, "-m", "tests.service.outbox.sender_process"]
    return subprocess.Popen([*command, dsn, factories.MASTER_KEY], cwd=ROOT)


async def test_each_failed_attempt_is_remembered_with_its_time(office, sink, sender):
    sink.answers = [web.Response(status=503), web.Response(status=500)]
    endpoint = await office.endpoint(sink.url)
    delivery = await office.enqueue(endpoint, await office.comment())

    await office.settled(delivery, attempts=1)
    await office.make_due()
    await office.settled(delivery, attempts=2)
    await office.make_due()
    await office.settled(delivery, attempts=3)

    rows = await office.conn.fetch(
        "SELECT attempt, error FROM delivery_attempts WHERE delivery_id = $1 ORDER BY ended_at",
        delivery,
    )
    assert [tuple(row) for row in rows] == [(1, "HTTP 503"), (2, "HTTP 500")]
    await office.conn.execute("DELETE FROM outbox")
    assert await office.conn.fetchval("SELECT count(*) FROM delivery_attempts") == 0
