import asyncio
from datetime import timedelta

import pytest

from moderation.intake import Intake
from moderation.verdicts import Action
from tests import factories


@pytest.fixture
async def site(conn):
    return await factories.site(conn)


@pytest.fixture
async def intake(pool, scorer):
    intake = Intake(pool, scorer)
    yield intake
    await intake.close()


def delivered(text="what a fine article", delivery_id="d-1", **changes):
    return factories.comment(text=text, delivery_id=delivery_id, **changes)


async def count(conn):
    return await conn.fetchval("SELECT count(*) FROM comments")


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=5), timedelta(days=30)])
async def test_a_redelivery_hears_the_first_verdict_whenever_it_comes(
    intake, conn, site, frozen_clock, later
):
    first = await intake.submit(delivered("maybe so"), site, None)
    frozen_clock.advance(later)

    second = await intake.submit(delivered("spam, surely"), site, None)

    assert second.verdict == first.verdict
    assert (second.id, second.first_id) == (first.id, first.id)
    assert await count(conn) == 1


async def test_a_redelivery_counts_nowhere(intake, conn, site, frozen_clock):
    await intake.submit(delivered(), site, None)
    frozen_clock.advance(timedelta(hours=1))

    await intake.submit(delivered(), site, None)

    assert await conn.fetchval("SELECT sum(calls)::int FROM daily_counts") == 1


async def test_a_redelivery_does_not_bring_a_dismissed_author_back(
    intake, conn, site, frozen_clock
):
    await intake.submit(delivered(), site, None)
    await conn.execute("DELETE FROM approved_authors")
    frozen_clock.advance(timedelta(days=2))

    await intake.submit(delivered(), site, None)

    assert await conn.fetchval("SELECT count(*) FROM approved_authors") == 0


async def test_the_same_comment_in_another_delivery_is_another_check(intake, conn, site):
    first = await intake.submit(delivered(delivery_id="d-1"), site, None)
    second = await intake.submit(delivered(delivery_id="d-2"), site, None)

    assert (first.first_id, second.first_id) == (None, None)
    assert await count(conn) == 2


async def test_two_sites_may_use_the_same_delivery_id(intake, conn, site):
    other = await factories.site(conn, name="andere")
    await intake.submit(delivered("spam, surely"), site, None)

    receipt = await intake.submit(delivered("what a fine article"), other, None)

    assert receipt.first_id is None
    assert receipt.verdict.action is Action.APPROVE


async def test_redeliveries_of_one_turn_share_one_row(intake, conn, site):
    receipts = await asyncio.gather(
        *(intake.submit(delivered(), site, None) for _ in range(5)),
        intake.submit(delivered(delivery_id="d-2"), site, None),
    )

    assert len({receipt.id for receipt in receipts[:5]}) == 1
    assert [receipt.first_id for receipt in receipts].count(None) == 2
    assert await count(conn) == 2


async def test_a_batch_of_nothing_but_redeliveries_is_answered(intake, conn, site, frozen_clock):
    comments = [delivered(delivery_id=f"d-{n}") for n in range(10)]
    first = await asyncio.gather(*(intake.submit(each, site, None) for each in comments))
    frozen_clock.advance(timedelta(minutes=10))

    again = await asyncio.gather(*(intake.submit(each, site, None) for each in comments))

    assert [receipt.id for receipt in again] == [receipt.id for receipt in first]
    assert await count(conn) == 10


async def test_two_processes_that_hear_the_same_delivery_agree_on_one_row(pool, scorer, conn, site):
    ours, theirs = Intake(pool, scorer), Intake(pool, scorer)
    for n in range(20):
        comment = delivered(delivery_id=f"race-{n}")

        receipts = await asyncio.gather(
            *(intake.submit(comment, site, None) for intake in (ours, theirs, ours, theirs))
        )

        assert len({receipt.id for receipt in receipts}) == 1
        assert all(receipt.verdict == receipts[0].verdict for receipt in receipts)
    assert await count(conn) == 20
    await asyncio.gather(ours.close(), theirs.close())


async def test_the_database_holds_one_first_row_of_a_delivery(intake, conn, site):
    await intake.submit(delivered(), site, None)

    with pytest.raises(Exception, match="one_first_delivery"):
        await conn.execute(
            "INSERT INTO comments SELECT (c).* FROM (SELECT jsonb_populate_record("
            ' d, \'{"id": "00000000-0000-7000-8000-000000000000", "minute": 1}\'::jsonb) AS c'
            " FROM comments AS d) AS x"
        )


async def test_what_was_deleted_is_judged_anew(intake, conn, site):
    await intake.submit(delivered("maybe so"), site, None)
    await conn.execute("DELETE FROM comments")

    receipt = await intake.submit(delivered("maybe so"), site, None)

    assert receipt.first_id is None
    assert await count(conn) == 1
