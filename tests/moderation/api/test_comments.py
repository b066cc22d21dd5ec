"""One comment: judged, stored, read, listed."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from moderation.api import store
from service.sites import DIRECTORY, administration
from tests.moderation.api.caller import DOUBT, HAM, SPAM


@pytest.mark.parametrize(("text", "action"), [(HAM, "approve"), (DOUBT, "hold"), (SPAM, "reject")])
async def test_the_answer_is_the_verdict(caller, text, action):
    answer = await caller.judge(text)

    verdict = answer.body
    assert answer.status == 201
    assert verdict["action"] == action
    assert verdict["probability"] == pytest.approx(1 / (1 + math.exp(-verdict["log_odds"])))
    assert sum(finding["log_odds"] for finding in verdict["findings"]) == verdict["log_odds"]
    assert verdict["model"] == "fake"


async def test_the_answer_follows_the_commit(caller):
    answer = await caller.judge()

    (row,) = await caller.rows("comments")
    assert str(row["id"]) == answer.body["id"]
    assert answer.headers["Location"] == f"/v1/comments/{row['id']}"


async def test_every_field_reaches_its_column(caller):
    sent = {
        "text": "Text",
        "author": "Erika",
        "email": "erika@example.com",
        "url": "https://erika.example/",
        "address": "203.0.113.9",
        "user_agent": "Browser/1",
        "referrer": "https://blatt.example/",
        "permalink": "https://blatt.example/post/",
        "title": "A post",
        "context": ["one", "two"],
        "kind": "reply",
        "role": "subscriber",
        "languages": "de, en_us",
        "submitted_at": "2026-03-01T12:00:00+01:00",
        "platform_id": "7",
        "platform_post_id": "8",
        "parent_id": "6",
        "delivery_id": "d-1",
        "recheck_reason": "edited",
        "is_test": True,
    }

    await caller.call("POST", "/v1/comments", sent)

    (row,) = await caller.rows("comments")
    expected = sent | {
        "context": "one two",
        "submitted_at": datetime(2026, 3, 1, 11, tzinfo=UTC),
        "address": row["address"],
        "blog": "blatt.example",
    }
    assert str(row["address"]) == "203.0.113.9"
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
async def test_a_date_at_the_edge_of_time_is_stored(caller, moment):
    answer = await caller.judge(submitted_at=moment)

    assert answer.status == 201


@pytest.mark.parametrize(
    ("header", "language", "word"),
    [
        ("ru, en;q=0.5", "ru", "спам"),
        ("fr, de;q=0.9, en;q=0.1", "de", "Spam"),
        ("fr", "en", "spam"),
    ],
)
async def test_findings_are_said_in_the_callers_language(caller, header, language, word):
    answer = await caller.judge(SPAM, headers={"Accept-Language": header})

    assert answer.headers["Content-Language"] == language
    assert answer.headers["Vary"] == "Accept-Language"
    assert word in answer.body["findings"][0]["sentence"]


async def test_findings_are_left_out_on_demand(caller):
    answer = await caller.judge(SPAM, query={"findings": "none"})

    assert answer.body["findings"] == []
    assert answer.body["action"] == "reject"


async def test_an_identical_comment_shares_the_first_verdict(caller):
    first = await caller.judge(DOUBT)

    second = await caller.judge(DOUBT)

    assert second.body["first_id"] == first.body["id"]
    assert second.body["action"] == first.body["action"]


async def test_a_delivery_that_comes_again_hears_the_first_verdict(caller):
    first = await caller.judge(DOUBT, delivery_id="4711")

    second = await caller.judge(DOUBT, delivery_id="4711")

    assert second.body["id"] == first.body["id"]
    assert len(await caller.rows("comments")) == 1


async def test_an_observed_site_hears_approvals_and_keeps_the_verdict(caller):
    await administration.change_settings(caller.conn, "blatt", {"observe_only": "true"})
    await caller.app[DIRECTORY].reload(caller.conn)

    answer = await caller.judge(SPAM)

    stored = await caller.call("GET", f"/v1/comments/{answer.body['id']}")
    assert answer.body["action"] == "approve"
    assert stored.body["action"] == "reject"


async def test_a_comment_is_read_as_it_was_stored(caller):
    judged = await caller.judge(SPAM, author="Erika")

    answer = await caller.call("GET", f"/v1/comments/{judged.body['id']}")

    assert answer.status == 200
    assert answer.body["text"] == SPAM
    assert answer.body["author"] == "Erika"
    assert answer.body["address"] == "203.0.113.7"
    assert answer.body["label"] is None
    assert {name: answer.body[name] for name in judged.body} == judged.body


@pytest.mark.parametrize("name", ["not-an-id", "01a20d32-58fc-739c-9222-26024d0269ce"])
async def test_an_unknown_comment_is_not_there(caller, name):
    answer = await caller.call("GET", f"/v1/comments/{name}")

    assert answer.status == 404


async def pages(caller, **query):
    """Texts of all pages, in order."""
    texts, more = [], {}
    while True:
        answer = await caller.call("GET", "/v1/comments", **query, **more)
        assert answer.status == 200, answer
        texts.append([comment["text"] for comment in answer.body["comments"]])
        if answer.body["next"] is None:
            return texts
        more = {"cursor": answer.body["next"]}


async def test_pages_hold_every_comment_once_in_both_orders(caller):
    for number in range(5):
        await caller.judge(f"number {number}")

    newest = await pages(caller, limit=2)
    oldest = await pages(caller, limit=2, order="oldest")

    assert newest == [["number 4", "number 3"], ["number 2", "number 1"], ["number 0"]]
    assert oldest == [["number 0", "number 1"], ["number 2", "number 3"], ["number 4"]]


async def test_a_comment_that_arrives_meanwhile_moves_no_page(caller):
    for number in range(4):
        await caller.judge(f"number {number}")
    first = await caller.call("GET", "/v1/comments", limit=2)
    await caller.judge("late")

    second = await caller.call("GET", "/v1/comments", limit=2, cursor=first.body["next"])

    assert [comment["text"] for comment in second.body["comments"]] == ["number 1", "number 0"]


@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_a_page_looks_through_so_many_comments_and_goes_on_from_there(
    caller, monkeypatch, order
):
    monkeypatch.setattr(store, "SCANNED_AT_MOST", 3)
    for number in range(8):
        await caller.judge(f"{'needle' if number in {0, 7} else 'hay'} {number}")

    found = await pages(caller, text="NEEDLE", order=order)

    ends = [["needle 7"], ["needle 0"]]
    first, last = ends if order == "newest" else reversed(ends)
    assert found == [first, [], last]


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ({"action": "approve"}, ["eins"]),
        ({"action": "hold"}, ["maybe zwei"]),
        ({"label": "ham"}, ["spam drei"]),
        ({"label": "spam"}, []),
        ({"label": "none"}, ["maybe zwei", "eins"]),
        ({"author": "ERIKA"}, ["eins"]),
        ({"author": "max@example.com"}, ["maybe zwei"]),
        ({"language": "DE"}, ["maybe zwei", "eins"]),
        ({"language": "en_us"}, ["eins"]),
        ({"language": "e"}, []),
        ({"text": "ZWEI"}, ["maybe zwei"]),
        ({"text": "%"}, []),
        ({"action": "approve", "author": "max"}, []),
    ],
)
async def test_filters_must_all_fit(caller, query, texts):
    await caller.judge("eins", author="Erika", languages="de, en_us")
    await caller.judge("maybe zwei", author="Max", email="max@example.com", languages="de")
    third = await caller.judge("spam drei", author="Ada", languages="ru")
    await caller.call("POST", f"/v1/comments/{third.body['id']}/feedback", {"label": "ham"})

    assert await pages(caller, **query) == [texts]


async def test_a_period_begins_with_since_and_ends_before_until(caller):
    await caller.judge("one")
    await caller.judge("two")
    await caller.judge("three")
    listed = await caller.call("GET", "/v1/comments", order="oldest")
    _, second, third = [comment["received_at"] for comment in listed.body["comments"]]

    assert await pages(caller, since=second, until=third) == [["two"]]
    assert await pages(caller, since=second) == [["three", "two"]]
    assert await pages(caller, until=second) == [["one"]]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
async def test_a_period_may_reach_to_the_edge_of_time(caller, moment):
    await caller.judge("one")
    is_first = moment.startswith("0001")

    assert await pages(caller, since=moment) == [["one"] if is_first else []]
    assert await pages(caller, until=moment) == [[] if is_first else ["one"]]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"order": "random"},
        {"action": "block"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"cursor": "!"},
        {"unknown": "x"},
        {"text": "x" * 201},
    ],
)
async def test_a_wrong_parameter_is_refused_with_its_name(caller, query):
    answer = await caller.call("GET", "/v1/comments", **query)

    assert (answer.status, answer.code) == (400, "invalid-query")
    assert next(iter(query)) in answer.body["detail"]


async def test_a_parameter_that_stands_there_twice_is_refused(caller):
    answer = await caller.call("GET", "/v1/comments?limit=1&limit=2")

    assert (answer.status, answer.code) == (400, "invalid-query")


async def test_a_parameter_may_hold_what_the_database_cannot(caller):
    answer = await caller.call("GET", "/v1/comments?text=%00%ED%A0%80&author=%FF")

    assert answer.status == 200


async def test_statistics_count_what_came_in_and_what_was_put_right(caller):
    await caller.judge(HAM)
    missed = await caller.judge("another fine article")
    await caller.judge(SPAM)
    await caller.call("POST", f"/v1/comments/{missed.body['id']}/feedback", {"label": "spam"})

    answer = await caller.call("GET", "/v1/statistics", period="60-days")

    today = datetime.now(UTC).date()
    counts = {"spam": 1, "ham": 2, "missed_spam": 1, "false_positives": 0}
    assert {name: answer.body[name] for name in counts} == counts
    assert answer.body["accuracy"] == pytest.approx(2 / 3)
    assert answer.body["site"] == "blatt"
    (part,) = answer.body["parts"]
    assert today - datetime.fromisoformat(part["first_day"]).date() <= timedelta(days=1)
    assert {name: part[name] for name in counts} == counts
