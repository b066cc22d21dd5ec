"""What was rejected can be brought back for a while; what was discarded cannot."""

from datetime import timedelta

from service import clock
from service.sites import DIRECTORY, administration
from tests.waiting import until

CALLBACK = "https://blatt.example/wp-json/akismet/v1/webhook"


async def waiting(desk):
    rows = await desk.conn.fetch("SELECT event, comment_id FROM outbox")
    return [tuple(row) for row in rows]


async def test_the_rejected_tab_says_until_when_and_approving_brings_it_back(desk):
    comment = await desk.comment("spam", callback=CALLBACK)

    page = await desk.page("?tab=rejected")

    assert "Can be brought back until" in page
    last = clock.now() + timedelta(days=30)
    assert f'datetime="{last:%Y-%m-%d}' in page
    refs = await desk.refs("?tab=rejected")
    await desk.decide("approve", refs[comment.hex])
    assert await desk.state(comment) == "approve"
    assert await waiting(desk) == [("comment.decided", comment)]
    assert "Can be brought back" not in await desk.page("?tab=approved")


async def test_what_the_blog_discarded_does_not_come_back(desk):
    await administration.change_settings(desk.conn, "blatt", {"discard": "yes"})
    await until(lambda: desk.app[DIRECTORY].site("blatt").settings.discard)
    kept = await desk.comment("spam that another platform keeps", callback=CALLBACK)
    comment = await desk.comment("spam spam", callback=CALLBACK, can_be_discarded=True)

    page = await desk.page("?tab=rejected")

    assert page.count("it cannot come back") == 1
    refs = await desk.refs("?tab=rejected")
    await desk.decide("approve", refs[comment.hex], refs[kept.hex])
    assert await desk.labels(comment) == ["ham"]
    assert await waiting(desk) == [("comment.decided", kept)]


async def test_what_is_below_the_threshold_or_observed_is_not_discarded(desk):
    changes = {"discard": "yes", "observe_only": "yes"}
    await administration.change_settings(desk.conn, "blatt", changes)
    await until(lambda: desk.app[DIRECTORY].site("blatt").settings.observe_only)

    await desk.comment("spam", can_be_discarded=True)

    assert not await desk.conn.fetchval("SELECT bool_or(discarded) FROM comments")
