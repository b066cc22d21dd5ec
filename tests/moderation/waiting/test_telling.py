"""Mails that comments wait: in each moderator's rhythm and time zone, never twice for the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from moderation import waiting
from moderation.pages.waiting import zones
from moderation.waiting.store import Standing
from service.accounts.values import Role
from service.settings import Settings
from tests import factories
from tests.moderation.review.desk import desk as make_desk
from tests.moderation.review.desk import distinct
from tests.people import cheaply, signed_in

WISH = {
    "rhythm": "hourly",
    "address": "mia@blatt.example",
    "hour": "8",
    "number": "2",
    "time_zone": "Europe/Berlin",
}
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(client, conn, monkeypatch, frozen_clock):
    cheaply(monkeypatch)
    return await make_desk(client, conn)


@pytest.fixture
def relayed(tmp_path):
    return Settings(
        data_dir=tmp_path,
        secret_key=factories.MASTER_KEY,
        smtp_url="smtp://relay.example",
        mail_from="gate@blatt.example",
        base_url="https://gate.example",
    )


async def choose(desk, browser=None, **changes):
    browser = browser or desk.browser
    await browser.get("/account/waiting")
    return await browser.post("/account/waiting", {**WISH, **changes})


async def mails(conn):
    rows = await conn.fetch("SELECT recipient, subject, body, language FROM mails ORDER BY id")
    return [tuple(row) for row in rows]


async def test_who_wants_it_hourly_is_told_once_of_the_same_comments(desk, relayed, frozen_clock):
    assert (await choose(desk)).status == 303
    await desk.comment("maybe a secret word")
    assert await waiting.run(desk.conn, relayed) == 0  # not an hour yet

    frozen_clock.advance(HOUR)
    assert await waiting.run(desk.conn, relayed) == 1
    frozen_clock.advance(HOUR)
    assert await waiting.run(desk.conn, relayed) == 0
    await desk.comment(distinct(1))
    frozen_clock.advance(HOUR)
    assert await waiting.run(desk.conn, relayed) == 1

    first, second = await mails(desk.conn)
    assert first[:2] == ("mia@blatt.example", "1 comment waits for a decision")
    assert second[1] == "2 comments wait for a decision"
    assert "https://gate.example/review" in first[2]
    assert "secret" not in first[2]


async def test_nobody_is_told_where_nothing_waits_or_who_does_not_want_it(
    desk, relayed, frozen_clock
):
    await choose(desk)
    frozen_clock.advance(HOUR)
    assert await waiting.run(desk.conn, relayed) == 0

    await desk.comment()
    await choose(desk, rhythm="never")
    frozen_clock.advance(HOUR)
    assert await waiting.run(desk.conn, relayed) == 0
    assert await mails(desk.conn) == []


async def test_by_number_nobody_is_told_before_there_are_more(desk, relayed, frozen_clock):
    await choose(desk, rhythm="number")
    for number in range(2):
        await desk.comment(distinct(number))
    frozen_clock.advance(HOUR)
    assert await waiting.run(desk.conn, relayed) == 0

    await desk.comment(distinct(2))
    assert await waiting.run(desk.conn, relayed) == 1
    assert await waiting.run(desk.conn, relayed) == 0


async def test_each_is_told_of_their_own_sites_in_their_language(
    desk, client, conn, relayed, frozen_clock
):
    await desk.site("other")
    kim = await signed_in(client, conn, "kim", sites=("other",), language="ru")
    await choose(desk, kim, address="kim@other.example")
    await desk.comment()
    frozen_clock.advance(HOUR)
    assert await waiting.run(conn, relayed) == 0

    for number in range(2):
        await desk.comment(distinct(number), site="other")
    frozen_clock.advance(HOUR)
    assert await waiting.run(conn, relayed) == 1

    ((to, subject, _, language),) = await mails(conn)
    assert (to, subject, language) == ("kim@other.example", "2 комментария ждут решения", "ru")


async def test_without_a_relay_nothing_is_noted(desk, settings, frozen_clock):
    await choose(desk)
    await desk.comment()
    frozen_clock.advance(HOUR)

    assert await waiting.run(desk.conn, settings) == 0
    assert "no mail relay yet" in (await desk.browser.get("/account/waiting")).page


@pytest.mark.parametrize(
    "changes",
    [
        {"rhythm": "often"},
        {"address": "nobody"},
        {"address": "a@b.example\r\nBcc: c@d.example"},
        {"hour": "24"},
        {"hour": "-1"},
        {"number": "0"},
        {"number": "9" * 30},
        {"number": "²"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": ""},
    ],
)
async def test_what_cannot_be_kept_is_refused_in_words(desk, changes):
    answer = await choose(desk, **changes)

    assert answer.status == 422
    assert "Give an e-mail address" in answer.page
    assert await desk.conn.fetchval("SELECT count(*) FROM waiting_notices") == 0


async def test_auditors_have_nothing_that_waits(desk, client, conn):
    ida = await signed_in(client, conn, "ida", Role.AUDITOR)

    assert (await ida.get("/account/waiting")).status == 403
    assert "/account/waiting" not in (await ida.get("/account")).page


def standing(**changes):
    wish = Standing(
        address="a@b.example",
        rhythm="daily",
        hour=8,
        number=1,
        time_zone="Europe/Berlin",
        user_id=1,
        language="de",
        looked_at=datetime(2026, 3, 28, 7, 5, tzinfo=UTC),
        told_up_to=None,
    )
    return replace(wish, **changes)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 5, 59, tzinfo=UTC), False),  # summer time began this night
        (datetime(2026, 3, 29, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 4, 2, 3, 0, tzinfo=UTC), True),
    ],
)
def test_a_day_is_that_of_the_moderator(now, due):
    assert waiting.is_due(standing(), now) is due


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_once_a_day_is_once_in_each_day_wherever_one_lives(zone):
    assert zone in zones()
    wish, told = standing(time_zone=zone), 0
    for hours in range(24 * 30):
        now = datetime(2026, 3, 28, 8, tzinfo=UTC) + hours * HOUR
        if waiting.is_due(wish, now):
            wish, told = replace(wish, looked_at=now), told + 1

    assert 29 <= told <= 31
