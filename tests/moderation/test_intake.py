import asyncio
import math
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs

from moderation.batch import Unstorable
from moderation.comments import Origin
from moderation.intake import Intake, Overloaded
from moderation.verdicts import Action
from service import clock
from service.db import DatabaseUnavailable
from service.sites import Endpoint
from tests import factories


@pytest.fixture
async def site(conn):
    return await factories.site(conn)


@pytest.fixture
async def intake(pool, scorer):
    intake = Intake(pool, scorer)
    yield intake
    await intake.close()


async def stored(conn):
    return await conn.fetch("SELECT * FROM comments ORDER BY id")


async def counts(conn):
    return dict(
        await conn.fetchrow(
            "SELECT sum(calls)::int AS calls, sum(spam)::int AS spam, sum(ham)::int AS ham"
            " FROM daily_counts"
        )
    )


async def test_a_comment_is_stored_with_its_verdict_before_the_answer(intake, conn, site):
    receipt = await intake.submit(factories.comment(text="spam, surely"), site, 7)

    (row,) = await stored(conn)
    assert (row["id"], row["key_id"], row["text"]) == (receipt.id, 7, "spam, surely")
    assert (row["action"], receipt.verdict.action) == ("reject", Action.REJECT)
    assert row["probability"] == receipt.verdict.probability > 0.98


async def test_everything_that_arrives_in_one_turn_is_scored_in_one_call(intake, scorer, site):
    comments = [factories.comment(text=f"number {n}") for n in range(40)]

    await asyncio.gather(*(intake.submit(comment, site, None) for comment in comments))

    assert scorer.batches == [40]


async def test_findings_sum_to_the_log_odds_that_are_stored(intake, conn, site):
    verdict = (await intake.submit(factories.comment(), site, None)).verdict

    (row,) = await stored(conn)
    assert math.fsum(finding.log_odds for finding in verdict.findings) == verdict.log_odds
    assert row["log_odds"] == verdict.log_odds
    assert row["probability"] == pytest.approx(1 / (1 + math.exp(-verdict.log_odds)))


async def test_identical_checks_of_one_turn_share_the_first_ones_verdict(intake, conn, site):
    receipts = await asyncio.gather(
        *(intake.submit(factories.comment(), site, None) for _ in range(5))
    )

    first = [receipt for receipt in receipts if receipt.first_id is None]
    assert len(first) == 1
    assert {receipt.first_id for receipt in receipts} == {None, first[0].id}
    assert len({receipt.id for receipt in receipts}) == len(await stored(conn)) == 5
    assert await counts(conn) == {"calls": 5, "spam": 0, "ham": 1}


async def test_an_identical_check_within_a_minute_is_linked_and_counts_once(
    intake, conn, site, monkeypatch
):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    first = await intake.submit(factories.comment(), site, None)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=59))

    second = await intake.submit(factories.comment(), site, None)

    assert second.first_id == first.id
    assert second.verdict == first.verdict
    assert await counts(conn) == {"calls": 2, "spam": 0, "ham": 1}


async def test_the_same_comment_after_a_minute_is_a_new_check(intake, conn, site, monkeypatch):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    await intake.submit(factories.comment(), site, None)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=61))

    second = await intake.submit(factories.comment(), site, None)

    assert second.first_id is None
    assert (await counts(conn))["ham"] == 2


async def test_two_processes_that_take_in_the_same_check_agree_on_the_first(
    pool, scorer, conn, site
):
    ours, theirs = Intake(pool, scorer), Intake(pool, scorer)
    for n in range(20):
        comment = factories.comment(text=f"round {n}")

        receipts = await asyncio.gather(
            *(intake.submit(comment, site, None) for intake in (ours, theirs, ours, theirs))
        )

        firsts = [receipt.id for receipt in receipts if receipt.first_id is None]
        assert len(firsts) == 1
        assert {receipt.first_id or receipt.id for receipt in receipts} == set(firsts)
        assert all(receipt.verdict == receipts[0].verdict for receipt in receipts)
    assert (await counts(conn))["ham"] == 20


async def test_one_poisonous_row_is_refused_alone(intake, conn, site):
    good = [factories.comment(text=f"number {n}") for n in range(30)]
    poisonous = factories.comment(text="NUL \0 is no text to PostgreSQL")

    answers = await asyncio.gather(
        *(intake.submit(comment, site, None) for comment in [*good[:17], poisonous, *good[17:]]),
        return_exceptions=True,
    )

    assert [n for n, answer in enumerate(answers) if isinstance(answer, Unstorable)] == [17]
    assert len(await stored(conn)) == 30


async def test_a_caller_that_goes_away_takes_nothing_with_it(intake, conn, site):
    leaving = asyncio.ensure_future(intake.submit(factories.comment(text="bye"), site, None))
    staying = asyncio.ensure_future(intake.submit(factories.comment(text="hello"), site, None))
    await asyncio.sleep(0)
    leaving.cancel()

    await staying

    assert sorted(row["text"] for row in await stored(conn)) == ["bye", "hello"]


async def test_more_than_the_queue_holds_is_refused_at_once(pool, scorer, site):
    intake = Intake(pool, scorer, queue_limit=3)

    answers = await asyncio.gather(
        *(intake.submit(factories.comment(text=str(n)), site, None) for n in range(5)),
        return_exceptions=True,
    )

    assert Counter(map(type, answers))[Overloaded] == 2
    await intake.close()


async def test_a_lost_connection_is_tried_again_and_the_caller_never_knows(intake, conn, site):
    await intake.submit(factories.comment(text="before"), site, None)
    await conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    await intake.submit(factories.comment(text="after"), site, None)

    assert [row["text"] for row in await stored(conn)] == ["before", "after"]


async def test_a_database_that_is_gone_is_said_to_every_caller(scorer, site):
    async with asyncpg.create_pool("postgresql://nobody@127.0.0.1:1/nothing", min_size=0) as gone:
        intake = Intake(gone, scorer)

        answers = await asyncio.gather(
            *(intake.submit(factories.comment(text=str(n)), site, None) for n in range(5)),
            return_exceptions=True,
        )

        assert Counter(map(type, answers)) == {DatabaseUnavailable: 5}
        await intake.close()


async def test_long_texts_travel_in_a_lane_of_their_own(intake, scorer, conn, site):
    await asyncio.gather(
        intake.submit(factories.comment(text="x" * 1_000_000), site, None),
        intake.submit(factories.comment(text="short"), site, None),
    )

    assert sorted(scorer.batches) == [1, 1]
    assert max(len(row["text"]) for row in await stored(conn)) == 1_000_000


async def test_comments_of_one_turn_from_one_address_count_as_a_burst(intake, site):
    receipts = await asyncio.gather(
        *(
            intake.submit(factories.comment(text=f"words {n}", address="192.0.2.1"), site, None)
            for n in range(8)
        )
    )

    findings = {finding.name for receipt in receipts for finding in receipt.verdict.findings}
    assert "burst" in findings


async def test_the_same_text_under_other_posts_speaks_for_spam(intake, site):
    for n in range(3):
        receipt = await intake.submit(
            factories.comment(permalink=f"https://blog.example/{n}"), site, None
        )

    (finding,) = [each for each in receipt.verdict.findings if each.name == "same_text"]
    assert finding.log_odds > 1
    assert finding.parameters == {"comments": 2}


async def test_short_words_that_many_people_write_speak_for_nothing(intake, site):
    for n in range(4):
        receipt = await intake.submit(
            factories.comment(text="Thank you!", permalink=f"https://blog.example/{n}"), site, None
        )

    assert "same_text" not in {finding.name for finding in receipt.verdict.findings}


async def test_an_approved_author_is_known_the_next_time(intake, site):
    await intake.submit(factories.comment(text="first words"), site, None)

    receipt = await intake.submit(factories.comment(text="other words"), site, None)

    assert "approved_author" in {finding.name for finding in receipt.verdict.findings}


async def test_history_of_one_site_is_never_seen_by_another(intake, conn, site):
    other = await factories.site(conn, name="another")
    await intake.submit(factories.comment(), site, None)

    receipt = await intake.submit(
        factories.comment(permalink="https://blog.example/elsewhere"), other, None
    )

    assert receipt.first_id is None
    assert not {"same_text", "approved_author"} & {
        finding.name for finding in receipt.verdict.findings
    }


@pytest.mark.parametrize(("label", "action"), [("spam", Action.REJECT), ("ham", Action.APPROVE)])
async def test_a_recheck_hears_what_a_person_decided(intake, conn, site, label, action):
    comment = factories.comment(text="maybe")
    first = await intake.submit(comment, site, None)
    await factories.label(conn, site, first.id, label)

    recheck = structs.replace(comment, recheck_reason="recheck_queue")
    again = await intake.submit(recheck, site, None)

    assert (first.verdict.action, again.verdict.action) == (Action.HOLD, action)
    assert again.verdict.decided_by == "decided_before"
    assert (await counts(conn))["spam"] + (await counts(conn))["ham"] == 1


async def test_an_identical_check_after_a_decision_hears_the_decision(intake, conn, site):
    first = await intake.submit(factories.comment(), site, None)
    await factories.label(conn, site, first.id, "spam")

    again = await intake.submit(factories.comment(), site, None)

    assert again.verdict.action is Action.REJECT
    assert again.first_id == first.id


async def test_tests_are_judged_and_stored_but_leave_no_trace_elsewhere(intake, conn, site):
    await intake.submit(factories.comment(is_test=True), site, None)

    receipt = await intake.submit(
        factories.comment(permalink="https://blog.example/other"), site, None
    )

    assert not {"same_text", "approved_author"} & {
        finding.name for finding in receipt.verdict.findings
    }
    assert await counts(conn) == {"calls": 1, "spam": 0, "ham": 1}


async def test_a_pingbacks_first_look_counts_only_if_no_second_follows(intake, conn, site):
    ping = factories.comment(kind="pingback", is_precheck=True)
    await intake.submit(ping, site, None)
    await intake.submit(structs.replace(ping, is_precheck=False), site, None)
    await intake.submit(structs.replace(ping, text="spam"), site, None)

    assert await counts(conn) == {"calls": 3, "spam": 1, "ham": 1}


async def test_deliveries_are_written_with_the_comment_for_those_who_asked(intake, conn, site):
    site = replace(site, endpoints=(Endpoint(1, frozenset({"comment.rejected"})),))
    await asyncio.gather(
        intake.submit(factories.comment(text="fine"), site, None),
        intake.submit(factories.comment(text="spam"), site, None),
        intake.submit(factories.comment(text="spam"), site, None),
    )

    rows = await conn.fetch(
        "SELECT o.event, c.text FROM outbox AS o JOIN comments AS c"
        " ON c.site_id = o.site_id AND c.id = o.comment_id"
    )
    assert [tuple(row) for row in rows] == [("comment.rejected", "spam")]


async def test_a_submission_is_told_from_a_check(intake, conn, site):
    await intake.submit(factories.comment(origin=Origin.SUBMISSION), site, None)

    assert [row["origin"] for row in await stored(conn)] == ["submission"]
