from datetime import timedelta

import asyncpg
import pytest

from consent import retention
from consent.data_map import Keep
from moderation.intake import Intake
from service import clock
from tests import factories

DAYS = {Keep.ADDRESSES: 7, Keep.COMMENTS: 365, Keep.AUDIT: 1095, Keep.CONSENT: 1095}


@pytest.fixture
async def take_in(pool, scorer, conn, monkeypatch):
    """Take a comment in as if so many days ago."""
    intake = Intake(pool, scorer)
    site = await factories.site(conn)
    now = clock.now()

    async def take_in(days_ago, **fields):
        moment = now - timedelta(days=days_ago)
        monkeypatch.setattr(clock, "now", lambda: moment)
        receipt = await intake.submit(factories.comment(**fields), site, None)
        monkeypatch.setattr(clock, "now", lambda: now)
        comment_id = factories.uuid7_at(moment)
        await conn.execute("UPDATE comments SET id = $1 WHERE id = $2", comment_id, receipt.id)
        return site, comment_id

    yield take_in
    await intake.close()


@pytest.mark.parametrize(
    ("address", "days_ago", "kept"),
    [
        ("192.0.2.77", 8, "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", 8, "2001:db8:1:2::/64"),
        ("192.0.2.77", 6, "192.0.2.77"),
    ],
)
async def test_addresses_are_shortened_when_their_time_is_up(
    take_in, conn, address, days_ago, kept
):
    await take_in(days_ago, address=address)

    changed = await retention.enforce(conn, clock.now(), DAYS)

    row = await conn.fetchrow("SELECT address::text, address_hash, author FROM comments")
    assert row["address"].removesuffix("/32") == kept
    assert (row["address_hash"] is None) == (days_ago > 7) == bool(changed)
    assert row["author"]


async def test_a_second_run_finds_nothing_to_do(take_in, conn):
    await take_in(8, address="192.0.2.77")
    await retention.enforce(conn, clock.now(), DAYS)

    assert await retention.enforce(conn, clock.now(), DAYS) == 0


async def test_comments_go_with_everything_tied_to_them(take_in, conn):
    site, old = await take_in(366, text="old")
    await take_in(364, text="young")
    await factories.label(conn, site, old, "spam")

    await retention.enforce(conn, clock.now(), DAYS)

    assert [row["text"] for row in await conn.fetch("SELECT text FROM comments")] == ["young"]
    assert await conn.fetchval("SELECT count(*) FROM labels") == 0


async def test_only_retention_may_delete_from_the_audit_trail(conn):
    await conn.execute(
        "INSERT INTO audit_trail (site_id, id, recorded_at, actor_kind, actor, action, subject)"
        " VALUES (0, gen_random_uuid(), now() - interval '4 years', 'operator', '', 'x', '')"
    )
    with pytest.raises(asyncpg.RestrictViolationError):
        await conn.execute("DELETE FROM audit_trail")

    assert await retention.enforce(conn, clock.now(), DAYS) == 1
    assert await conn.fetchval("SELECT count(*) FROM audit_trail") == 0


async def texts(conn):
    return {row["text"] for row in await conn.fetch("SELECT text FROM comments")}


async def test_what_the_machine_rejected_leaves_the_quarantine_and_nothing_else_does(take_in, conn):
    await take_in(31, text="spam long ago")
    await take_in(29, text="spam lately")
    await take_in(31, text="approved long ago")
    await take_in(31, text="maybe long ago")
    _, decided = await take_in(31, text="spam by a person's word")
    await conn.execute(
        "UPDATE comments SET decision = 'reject', decision_id = id WHERE id = $1", decided
    )
    _, imported = await take_in(31, text="spam of an import")
    await conn.execute("UPDATE comments SET origin = 'import' WHERE id = $1", imported)
    _, appealed = await take_in(31, text="spam, says the machine, and its author does not")
    await conn.execute(
        "INSERT INTO appeals (site_id, id, comment_id, words, language, made_at, due_at)"
        " SELECT site_id, id, id, '', 'en', now(), now() FROM comments WHERE id = $1",
        appealed,
    )
    _, observed = await take_in(31, text="spam only observed")
    await conn.execute("UPDATE comments SET observed = true WHERE id = $1", observed)

    assert await retention.enforce(conn, clock.now(), {**DAYS, Keep.ADDRESSES: 99}) == 1

    assert "spam long ago" not in await texts(conn)
    assert len(await texts(conn)) == 7


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"quarantine_days": 10}, {"young", "fine", "old"}),
        ({"quarantine_days": 60}, {"young", "spam 11", "fine", "old"}),
        ({"comment_retention_days": 10, "quarantine_days": 20}, {"young"}),
        ({"comment_retention_days": 4000}, {"young", "spam 11", "fine", "old"}),
    ],
)
async def test_a_site_keeps_comments_for_less_and_never_for_longer(take_in, conn, settings, kept):
    for days, text in (
        (1, "young"),
        (11, "spam 11"),
        (12, "fine"),
        (364, "old"),
        (366, "outlived"),
    ):
        await take_in(days, text=text)
    await conn.execute("UPDATE sites SET settings = $1", settings)

    await retention.enforce(conn, clock.now(), DAYS)

    assert await texts(conn) == kept
