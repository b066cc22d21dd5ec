"""What people do with a comment on the blog."""

from datetime import UTC, datetime

import pytest

from moderation.api.reports import _around
from service.sites import DIRECTORY
from service.tokens import Scope
from tests.factories import uuid7_at
from tests.moderation.api.caller import DOUBT, HAM, SPAM
from tests.moderation.api.conftest import token


async def stored(caller, text=HAM, **fields):
    return f"/v1/comments/{(await caller.judge(text, **fields)).body['id']}"


@pytest.mark.parametrize("label", ["spam", "ham"])
async def test_feedback_becomes_the_newest_label(caller, label):
    path = await stored(caller)

    answer = await caller.call("POST", f"{path}/feedback", {"label": label})

    read = await caller.call("GET", path)
    assert answer.body == {"id": read.body["id"], "label": label, "changed": True}
    assert (read.body["label"]["label"], read.body["label"]["source"]) == (label, "api")


async def test_the_same_feedback_again_is_no_new_label(caller):
    path = await stored(caller)
    await caller.call("POST", f"{path}/feedback", {"label": "spam"})

    answer = await caller.call("POST", f"{path}/feedback", {"label": "spam"})

    assert answer.body["changed"] is False
    assert len(await caller.rows("labels")) == 1


async def test_of_the_reporter_only_a_hash_is_kept(caller):
    path = await stored(caller)

    await caller.call("POST", f"{path}/feedback", {"label": "spam", "reporter": "moderator-7"})

    (label,) = await caller.rows("labels")
    assert isinstance(label["reporter"], int)
    trail = await caller.conn.fetch("SELECT a::text AS row FROM audit_trail a")
    assert all("moderator-7" not in row["row"] for row in trail)


async def test_feedback_on_a_repeat_is_about_the_first(caller):
    first = await stored(caller, DOUBT)
    repeat = await stored(caller, DOUBT)

    answer = await caller.call("POST", f"{repeat}/feedback", {"label": "spam"})

    assert repeat != first
    assert first.endswith(answer.body["id"])


@pytest.mark.parametrize(("status", "label"), [("approved", "ham"), ("spam", "spam")])
async def test_a_new_status_is_a_label(caller, status, label):
    path = await stored(caller)

    answer = await caller.call("PATCH", path, {"status": status})

    (row,) = await caller.rows("labels")
    assert answer.body["label"] == row["label"] == label
    assert row["source"] == "api"


async def test_the_trash_says_nothing_of_spam(caller):
    path = await stored(caller)

    answer = await caller.call("PATCH", path, {"status": "trash"})

    assert answer.status == 200
    assert await caller.rows("labels") == []
    assert await caller.conn.fetchval(
        "SELECT count(*) FROM audit_trail WHERE action = 'comment.trashed'"
    )


async def delete(caller, path):
    return await caller.call("DELETE", path)


async def mark_deleted(caller, path):
    return await caller.call("PATCH", path, {"status": "deleted"})


@pytest.mark.parametrize("erase", [delete, mark_deleted])
async def test_a_deletion_erases_the_comment_with_its_labels_and_repeats(caller, erase):
    path = await stored(caller, SPAM)
    await stored(caller, SPAM)
    other = await stored(caller, HAM)
    await caller.call("POST", f"{path}/feedback", {"label": "spam"})

    answer = await erase(caller, path)

    assert answer.status in {200, 204}
    (row,) = await caller.rows("comments")
    assert other.endswith(str(row["id"]))
    assert await caller.rows("labels") == []
    assert (await caller.call("GET", path)).status == 404
    assert (await caller.call("DELETE", path)).status == 404


async def test_deleting_a_repeat_deletes_its_first(caller):
    await stored(caller, SPAM)
    repeat = await stored(caller, SPAM)

    await caller.call("DELETE", repeat)

    assert await caller.rows("comments") == []


async def test_the_trail_says_who_did_what(caller):
    writer = await token(caller.conn, Scope.COMMENTS_WRITE)
    await caller.app[DIRECTORY].reload(caller.conn)
    path = await stored(caller)

    await caller.call("POST", f"{path}/feedback", {"label": "spam"})
    await caller.call("DELETE", path, credential=writer)

    trail = await caller.conn.fetch(
        "SELECT actor_kind, action FROM audit_trail WHERE action LIKE 'comment.%' ORDER BY id"
    )
    assert [tuple(row) for row in trail] == [
        ("site-key", "comment.labelled"),
        ("token", "comment.erased"),
    ]


def test_repeats_are_looked_for_within_an_hour():
    made = uuid7_at(datetime(2026, 3, 1, 12, tzinfo=UTC))

    above, below = _around(made)

    assert above < uuid7_at(datetime(2026, 3, 1, 11, 1, tzinfo=UTC))
    assert uuid7_at(datetime(2026, 3, 1, 12, 59, tzinfo=UTC)) < below
    assert uuid7_at(datetime(2026, 3, 1, 13, 1, tzinfo=UTC)) > below
