"""What moderators see of each other, and what appears by itself."""

import asyncio
import contextlib
import json

import pytest

from moderation.review import live
from service.http import DRAINING
from tests.moderation.review.desk import distinct
from tests.people import signed_in


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(live, "POLL_SECONDS", 0.05)


@contextlib.asynccontextmanager
async def listening(client, browser):
    """The next event, as often as it is asked for."""
    client.session.cookie_jar.clear()
    async with client.get("/review/events", cookies=browser.cookies) as stream:
        assert stream.content_type == "text/event-stream"
        await stream.content.readuntil(b"\n\n")

        async def following():
            async with asyncio.timeout(30):
                while True:
                    event = await stream.content.readuntil(b"\n\n")
                    if event.startswith(b"data: "):
                        return json.loads(event[6:])

        yield following


async def heard(following, kind, act):
    """Act until it is heard of: the listener may still be on its way."""
    waiting = asyncio.create_task(following())
    while not waiting.done():
        await act()
        await asyncio.wait([waiting], timeout=0.3)
    event = waiting.result()
    assert event["kind"] == kind
    return event


async def test_who_looks_is_seen_by_others(desk, client, conn):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()
    ben = await signed_in(client, conn, "ben")

    async with listening(client, ben) as following:
        event = await heard(
            following, "claimed", lambda: desk.send("/review/claim", [("item", ref)])
        )

    assert event == {"kind": "claimed", "ids": [comment.hex], "by": "mia"}
    assert (await desk.send("/review/claim", [("item", ref)], ben))[1] == {"by": "mia"}
    assert "mia is looking at this" in (await ben.get("/review")).page
    assert "mia is looking" not in await desk.page()


async def test_who_looks_at_another_comment_leaves_the_first(desk, client, conn):
    await desk.comment("maybe one"), await desk.comment("maybe two words more")
    first, second = (await desk.refs()).values()
    ben = await signed_in(client, conn, "ben")

    await desk.send("/review/claim", [("item", first)])
    await desk.send("/review/claim", [("item", second)])

    assert (await desk.send("/review/claim", [("item", first)], ben))[1] == {"by": ""}


async def test_decisions_and_new_comments_are_heard_of_elsewhere_only(desk, client, conn):
    await desk.comment()
    ben = await signed_in(client, conn, "ben")
    number = iter(range(100))

    async with listening(client, ben) as following:
        await heard(following, "held", lambda: desk.comment(distinct(next(number))))
        (ref, *_) = (await desk.refs()).values()
        _, told = await desk.decide("spam", ref)
        event = await following()
        while event["kind"] == "held":
            event = await following()

    assert (event["kind"], event["by"]) == ("decided", "mia")
    assert [each.replace("-", "") for each in told["decided"]] == event["ids"]


async def test_an_ending_process_ends_its_streams(desk, client):
    client.session.cookie_jar.clear()
    async with client.get("/review/events", cookies=desk.browser.cookies) as stream:
        await stream.content.readuntil(b"\n\n")
        client.app[DRAINING].started = True
        async with asyncio.timeout(30):
            await stream.content.read()
        client.app[DRAINING].started = False


async def test_a_claim_on_a_comment_that_is_gone_is_nobodys(desk):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()
    await desk.conn.execute("DELETE FROM comments WHERE id = $1", comment)

    assert (await desk.send("/review/claim", [("item", ref)]))[1] == {"by": ""}
