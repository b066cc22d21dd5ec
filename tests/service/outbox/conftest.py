import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from moderation.deliveries.rendering import prepare
from moderation.intake import Intake
from service.endpoints import administration
from service.endpoints.administration import Wish
from service.outbox import EndpointKind
from service.outbox.client import Client
from service.outbox.sending import Pace, Sender
from service.outbox.store import Breaker
from tests import factories
from tests.service.outbox.sink import Sink
from tests.waiting import PATIENCE_SECONDS

SECRET = "whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHRlc3RzIHVzZSwgMzI="
PACE = Pace(
    talk=timedelta(seconds=2),
    lease=timedelta(seconds=4),
    poll=timedelta(seconds=0.02),
    drain=timedelta(seconds=1),
    breaker=Breaker(failures=3, pause=timedelta(hours=1), longest_pause=timedelta(hours=1)),
)


class Office:
    """A site with endpoints, comments to tell of, and a sender."""

    def __init__(self, conn, pool, site, intake):
        self.conn, self.pool, self.site, self.intake = conn, pool, site, intake

    async def endpoint(self, url, **wish):
        wish = {
            "kind": EndpointKind.STANDARD_WEBHOOK,
            "allow_private": True,
            "secret": SECRET,
            **wish,
        }
        new = await administration.add(self.conn, factories.SECRETS, "blatt", Wish(url=url, **wish))
        return new.endpoint

    async def comment(self, **fields):
        receipt = await self.intake.submit(factories.comment(**fields), self.site, None)
        return receipt.id

    async def enqueue(self, endpoint, comment, event="comment.held", attempts=0):
        delivery = uuid7()
        await self.conn.execute(
            "INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, attempts,"
            " due_at) VALUES ($1, $2, $3, $4, $5, $6, now())",
            *(self.site.id, delivery, endpoint, comment, event, attempts),
        )
        return delivery

    async def row(self, delivery):
        return await self.conn.fetchrow("SELECT * FROM outbox WHERE id = $1", delivery)

    async def make_due(self):
        await self.conn.execute("UPDATE outbox SET due_at = now()")

    async def settled(self, *deliveries, attempts=1):
        """The rows once each was tried so often and is under way no more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                rows = [await self.row(delivery) for delivery in deliveries]
                if all(row["attempts"] >= attempts and row["lease"] is None for row in rows):
                    return rows[0] if len(rows) == 1 else rows
                await asyncio.sleep(0.01)


@pytest.fixture
async def office(conn, pool, scorer):
    intake = Intake(pool, scorer)
    yield Office(conn, pool, await factories.site(conn), intake)
    await intake.close()


@pytest.fixture
async def sink():
    sink = Sink()
    async with sink.serving():
        yield sink


@pytest.fixture
async def start(pool):
    """Starts a sender; it ends with the test, or by ``end`` before."""
    running = {}

    async def begin(pace=PACE, resolver=None, prepare=prepare):
        client = await Client(resolver).__aenter__()
        sender = Sender(pool, factories.SECRETS, prepare, client, pace)
        running[sender] = (client, asyncio.create_task(sender.run()))
        return sender

    async def end(sender):
        client, task = running.pop(sender)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await sender.close()
        await client.__aexit__(None, None, None)

    begin.end = end
    yield begin
    for sender in [*running]:
        await end(sender)


@pytest.fixture
async def sender(start):
    return await start()
