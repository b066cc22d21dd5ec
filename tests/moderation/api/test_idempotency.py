"""A request that is sent again hears what it was answered first."""

import asyncio
from datetime import timedelta

import pytest

from moderation.api import idempotency
from moderation.api.idempotency import CLAIM, HEADER, KEPT, StillWorking
from moderation.intake import INTAKE, Overloaded
from service.db import DatabaseUnavailable
from service.sites import DIRECTORY
from tests.moderation.api.caller import DOUBT, HAM

KEY = {HEADER: "order-66"}


async def test_the_same_request_hears_the_first_verdict(caller):
    first = await caller.judge(DOUBT, headers=KEY)

    second = await caller.judge(DOUBT, headers=KEY)

    assert (first.status, second.status) == (201, 200)
    assert second.body == first.body
    assert len(await caller.rows("comments")) == 1


async def test_it_hears_the_first_verdict_after_an_hour_too(caller, frozen_clock):
    first = await caller.judge(DOUBT, headers=KEY)
    frozen_clock.advance(timedelta(hours=1))

    second = await caller.judge(DOUBT, headers=KEY)

    assert second.body == first.body


async def test_another_body_under_the_same_key_is_refused(caller):
    await caller.judge(DOUBT, headers=KEY)

    answer = await caller.judge(HAM, headers=KEY)

    assert (answer.status, answer.code) == (422, "key-reused")
    assert len(await caller.rows("comments")) == 1


async def test_another_key_is_another_request(caller):
    first = await caller.judge(DOUBT, headers=KEY)

    second = await caller.judge(DOUBT, headers={HEADER: "order-67"})

    assert second.status == 201
    assert second.body["id"] != first.body["id"]


async def test_of_two_requests_at_once_one_is_taken_in(caller):
    answers = await asyncio.gather(*(caller.judge(DOUBT, headers=KEY) for _ in range(5)))

    statuses = sorted(answer.status for answer in answers)
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    assert len(await caller.rows("comments")) == 1


async def test_what_was_refused_may_be_tried_again_at_once(caller, monkeypatch):
    def overloaded(*_):
        raise Overloaded

    with monkeypatch.context() as patched:
        patched.setattr(caller.app[INTAKE], "enter", overloaded)
        refused = await caller.judge(DOUBT, headers=KEY)

    again = await caller.judge(DOUBT, headers=KEY)

    assert (refused.status, again.status) == (503, 201)


@pytest.fixture
def site(caller):
    return caller.app[DIRECTORY].site("blatt")


async def crash(_comment_id):
    raise DatabaseUnavailable


async def test_a_claim_without_a_comment_is_taken_over_after_a_while(
    caller, pool, site, frozen_clock
):
    """The process was gone after it had claimed the key, before the comment was stored."""
    body = b'{"text":"x"}'
    key = idempotency.read(KEY[HEADER], body, site)
    with pytest.raises(DatabaseUnavailable):
        await idempotency.once(pool, site, key, crash)
    with pytest.raises(StillWorking):
        await idempotency.once(pool, site, key, crash)
    frozen_clock.advance(CLAIM)

    answer = await caller.call("POST", "/v1/comments", body, headers=KEY)

    (claim,) = await caller.rows("idempotency_keys", order="claimed_at")
    assert answer.status == 201
    assert str(claim["comment_id"]) == answer.body["id"]


async def test_a_key_points_to_the_first_delivery_where_the_comment_is_one_again(caller):
    first = await caller.judge(DOUBT, delivery_id="1")

    second = await caller.judge(DOUBT, delivery_id="1", headers=KEY)
    third = await caller.judge(DOUBT, delivery_id="1", headers=KEY)

    assert second.body["id"] == third.body["id"] == first.body["id"]


async def test_an_erased_comment_takes_its_key_along(caller):
    first = await caller.judge(DOUBT, headers=KEY)

    await caller.call("DELETE", f"/v1/comments/{first.body['id']}")

    assert await caller.rows("idempotency_keys", order="claimed_at") == []


async def test_keys_are_forgotten_after_a_day(caller, settings, frozen_clock):
    await caller.judge(DOUBT, headers=KEY)
    frozen_clock.advance(KEPT - timedelta(seconds=1))
    early = await idempotency.forget(caller.conn, settings)
    frozen_clock.advance(timedelta(seconds=2))

    assert (early, await idempotency.forget(caller.conn, settings)) == (0, 1)


@pytest.mark.parametrize("header", ["", "two words", "x" * 201, "schlüssel"])
async def test_a_key_that_is_none_is_refused(caller, header):
    answer = await caller.judge(DOUBT, headers={HEADER: header})

    assert (answer.status, answer.code) == (400, "bad-idempotency-key")


async def test_neither_key_nor_body_can_be_read_in_the_database(caller):
    await caller.judge(DOUBT, headers=KEY)

    (row,) = await caller.conn.fetch("SELECT k::text AS row FROM idempotency_keys k")
    assert KEY[HEADER] not in row["row"]
    assert KEY[HEADER].encode().hex() not in row["row"]
