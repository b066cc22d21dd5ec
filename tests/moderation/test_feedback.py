"""What a blog reports, matched to what it had checked, and what follows from it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import feedback
from moderation.comments import Comment
from moderation.feedback.matching import choose
from moderation.feedback.store import Candidate, Label
from moderation.intake import INTAKE
from service.db import POOL
from service.sites import DIRECTORY
from tests import factories
from tests.moderation.blog import DOUBT, GUID, HAM, SPAM

TYPED = 'it\'s "so" & <a href="http://a.example/?a=1&b=2">good</a>'
SLASHED = r"it\'s \"so\" & <a href=\"http://a.example/?a=1&b=2\">good</a>"
FILTERED = 'it\'s "so" &amp; <a href="http://a.example/?a=1&amp;b=2" rel="nofollow ugc">good</a>'


@pytest.fixture(autouse=True)
def moving_clock(frozen_clock):
    """All comments of a test are of one moment, unless it says otherwise."""
    return frozen_clock


async def guid_of(blog, *args, **fields):
    return UUID((await blog.check(*args, **fields)).headers[GUID])


async def labels(blog):
    return [(row["comment_id"], row["label"]) for row in await blog.rows("labels")]


async def test_a_report_labels_the_comment_that_was_checked(blog):
    guid = await guid_of(blog, HAM)

    await blog.report("spam", HAM, reporter="admin")

    (label,) = await blog.rows("labels")
    assert (label["comment_id"], label["label"], label["source"]) == (guid, "spam", "akismet")
    assert len(await blog.rows("comments")) == 1


async def test_of_the_reporter_only_a_hash_is_kept(blog):
    await guid_of(blog, HAM)

    await blog.report("spam", HAM, reporter="needle")

    (label,) = await blog.rows("labels")
    assert isinstance(label["reporter"], int)
    for table in ("comments", "labels", "audit_trail"):
        assert "needle" not in repr([dict(row) for row in await blog.rows(table)])


@pytest.mark.parametrize("reported", [TYPED, FILTERED])
async def test_a_comment_is_found_in_each_of_its_spellings(blog, reported):
    guid = await guid_of(blog, SLASHED, comment_author=r"O\'Brien", comment_post_ID="7")

    await blog.report("spam", reported, comment_author="O'Brien", comment_post_ID="7")

    assert await labels(blog) == [(guid, "spam")]


@pytest.mark.parametrize(
    "other",
    [
        {"comment_author": "Erik"},
        {"comment_author_email": "erik@example.com"},
        {"permalink": "https://blatt.example/other/"},
        {"text": HAM + ", really"},
    ],
)
async def test_another_comment_is_not_mistaken_for_it(blog, other):
    guid = await guid_of(blog, HAM)

    await blog.report("spam", **{"text": HAM, **other})

    ((labelled, label),) = await labels(blog)
    assert (labelled != guid, label) == (True, "spam")


async def test_the_posts_number_comes_before_its_address(blog):
    guid = await guid_of(blog, HAM, comment_post_ID="7", permalink="https://blatt.example/?p=7")

    await blog.report("spam", HAM, comment_post_ID="7", permalink="https://blatt.example/post/")

    assert await labels(blog) == [(guid, "spam")]


async def test_an_address_that_was_shortened_since_does_not_hide_a_comment(blog):
    guid = await guid_of(blog, HAM)

    await blog.report("spam", HAM, user_ip="203.0.113.0")

    assert await labels(blog) == [(guid, "spam")]


async def test_a_comment_of_long_ago_is_found(blog, moving_clock):
    guid = await guid_of(blog, HAM)
    moving_clock.advance(timedelta(days=60))

    await blog.report("spam", HAM)

    assert await labels(blog) == [(guid, "spam")]


async def test_a_date_says_which_of_several_is_meant(blog, moving_clock):
    guids = []
    for _ in range(3):
        guids.append(await guid_of(blog, HAM))
        moving_clock.advance(timedelta(hours=10))

    await blog.report("spam", HAM, comment_date_gmt="2026-03-01 22:00:03")

    assert await labels(blog) == [(guids[1], "spam")]


async def test_without_a_date_the_newest_that_is_not_labelled_is_meant(blog, moving_clock):
    guids = []
    for _ in range(3):
        guids.append(await guid_of(blog, HAM))
        moving_clock.advance(timedelta(hours=1))

    for _ in range(4):
        await blog.report("spam", HAM)

    assert [labelled for labelled, _ in await labels(blog)] == guids[::-1]


async def test_a_repeated_check_is_labelled_where_it_was_judged(blog):
    first, _ = await guid_of(blog, HAM), await guid_of(blog, HAM)

    await blog.report("spam", HAM)

    assert await labels(blog) == [(first, "spam")]


async def test_a_recheck_does_not_take_the_label_of_the_check(blog, moving_clock):
    guid = await guid_of(blog, SLASHED)
    moving_clock.advance(timedelta(hours=1))
    await guid_of(blog, FILTERED, recheck_reason="recheck_queue")

    await blog.report("spam", TYPED)

    assert await labels(blog) == [(guid, "spam")]


async def test_a_comment_that_was_never_checked_is_taken_in_and_labelled(blog):
    await blog.report("spam", HAM)

    (row,) = await blog.rows("comments")
    assert (row["origin"], row["text"]) == ("submission", HAM)
    assert await labels(blog) == [(row["id"], "spam")]


async def test_a_report_that_says_nothing_new_is_no_new_label(blog):
    await guid_of(blog, HAM)

    for label in ("spam", "spam", "ham", "ham", "spam"):
        await blog.report(label, HAM)

    assert [label for _, label in await labels(blog)] == ["spam", "ham", "spam"]


async def test_the_same_report_twice_at_once_is_one_label(blog):
    await guid_of(blog, HAM)

    await asyncio.gather(*(blog.report("spam", HAM) for _ in range(8)))

    assert [label for _, label in await labels(blog)] == ["spam"]


async def test_reports_of_an_unseen_comment_that_come_at_once_are_one_label(blog):
    await asyncio.gather(*(blog.report("spam", HAM) for _ in range(8)))

    assert [label for _, label in await labels(blog)] == ["spam"]


async def test_a_test_changes_nothing(blog):
    await guid_of(blog, HAM)

    await blog.report("spam", HAM, is_test="1")

    assert await labels(blog) == []
    assert await blog.rows("audit_trail", "id DESC LIMIT 1") != []
    assert len(await blog.rows("comments")) == 1


async def test_what_was_only_a_test_is_not_labelled(blog):
    guid = await guid_of(blog, HAM, is_test="1")

    await blog.report("spam", HAM)

    ((labelled, _),) = await labels(blog)
    assert labelled != guid


@pytest.mark.parametrize(
    ("text", "reports", "missed_spam", "false_positives"),
    [
        (HAM, ["spam"], 1, 0),
        (HAM, ["ham"], 0, 0),
        (HAM, ["spam", "ham"], 0, 0),
        (HAM, ["spam", "ham", "spam"], 1, 0),
        (SPAM, ["ham"], 0, 1),
        (SPAM, ["ham", "spam"], 0, 0),
        (DOUBT, ["ham"], 0, 1),
        (DOUBT, ["spam"], 0, 0),
    ],
)
async def test_statistics_follow_what_a_person_says(
    blog, text, reports, missed_spam, false_positives
):
    await guid_of(blog, text)

    for label in reports:
        await blog.report(label, text)

    spam = int(text != HAM)
    assert await blog.sums() == (
        1 + len(reports),
        spam,
        1 - spam,
        missed_spam,
        false_positives,
    )


async def test_a_mistake_is_counted_on_the_day_it_was_made(blog, moving_clock):
    await guid_of(blog, HAM)
    moving_clock.advance(timedelta(days=3))

    await blog.report("spam", HAM)

    days = {row["day"]: row for row in await blog.rows("daily_counts", "missed_spam")}
    assert [row["missed_spam"] for _, row in sorted(days.items())] == [1, 0]


async def test_an_author_is_trusted_or_not_as_a_person_says(blog):
    await guid_of(blog, SPAM)
    counts = []
    for label in ("ham", "spam"):
        await blog.report(label, SPAM)
        counts.append(len(await blog.rows("approved_authors", "1")))

    assert counts == [1, 0]


async def test_an_address_is_remembered_or_forgiven_as_a_person_says(blog):
    await guid_of(blog, HAM)
    counts = []
    for label in ("spam", "ham"):
        await blog.report(label, HAM)
        counts.append(len(await blog.rows("spam_addresses", "1")))

    assert counts == [1, 0]


async def test_a_label_stands_in_the_audit_trail(blog):
    guid = await guid_of(blog, HAM)

    await blog.report("spam", HAM, reporter="admin")

    entry = (await blog.rows("audit_trail"))[-1]
    assert (entry["actor_kind"], entry["action"]) == ("site-key", "comment.labelled")
    assert (entry["subject"], entry["details"]) == (str(guid), {"label": "spam", "before": None})


async def test_a_recheck_hears_what_a_person_said(blog, moving_clock):
    await guid_of(blog, SLASHED)
    await blog.report("spam", TYPED)
    moving_clock.advance(timedelta(days=2))

    answer = await blog.check(FILTERED, recheck_reason="recheck_queue")

    assert answer.body == "true"


async def test_a_label_that_cannot_be_written_whole_is_not_written(blog):
    await guid_of(blog, HAM)
    await blog.conn.execute("ALTER TABLE audit_trail RENAME TO elsewhere")

    answer = await blog.report("spam", HAM)

    assert (answer.status, answer.body) == (500, "error")
    assert await labels(blog) == []
    assert (await blog.sums())[3] == 0


async def test_sites_never_meet(blog):
    other_key = await factories.issue(blog.conn, name="other", url="https://other.example")
    await blog.app[DIRECTORY].reload(blog.conn)
    guid = await guid_of(blog, HAM)

    await blog.report("spam", HAM, api_key=other_key)

    ((labelled, _),) = await labels(blog)
    assert labelled != guid


async def test_a_comment_that_is_erased_meanwhile_is_reported_again(blog, monkeypatch):
    guid = await guid_of(blog, HAM)
    found = feedback.find

    async def find_and_lose(*args):
        candidate = await found(*args)
        await blog.conn.execute("DELETE FROM comments WHERE id = $1", guid)
        return candidate

    monkeypatch.setattr(feedback, "find", find_and_lose)

    answer = await blog.report("spam", HAM)

    assert (answer.status, answer.body) == (503, "error")


async def test_a_report_is_taken_from_code_as_well(blog):
    known = blog.app[DIRECTORY].key(blog.key)
    report = feedback.Report(Comment(text=HAM, origin="submission"), Label.HAM, "")

    comment_id = await feedback.take(report, known, blog.app[POOL], blog.app[INTAKE])

    assert await labels(blog) == [(comment_id, "ham")]


CANDIDATE = Candidate(
    id=UUID(int=1),
    received_at=factories.NOW,
    submitted_at=None,
    text=HAM,
    author="Erika",
    email="erika@example.com",
    address="203.0.113.7",
    platform_post_id="7",
    permalink="https://blatt.example/post/",
    rechecked=False,
    label=None,
)
CANDIDATES = st.builds(
    replace,
    st.just(CANDIDATE),
    received_at=st.integers(0, 10_000).map(lambda n: factories.NOW - timedelta(minutes=n)),
    author=st.sampled_from(["Erika", "erika", "Erik", None]),
    address=st.sampled_from(["203.0.113.7", "203.0.113.0", None]),
    platform_post_id=st.sampled_from(["7", "8", None]),
    rechecked=st.booleans(),
    label=st.sampled_from(["spam", "ham", None]),
)


@given(st.lists(CANDIDATES, max_size=6), st.sampled_from([None, factories.NOW]))
def test_whatever_the_candidates_no_contradicting_one_is_chosen(candidates, date):
    comment = Comment(text=HAM, author="Erika", platform_post_id="7", submitted_at=date)
    fitting = [c for c in candidates if c.author != "Erik" and c.platform_post_id != "8"]
    fitting = [c for c in fitting if c.platform_post_id or c.permalink]

    chosen = choose(candidates, comment, Label.SPAM)

    assert (chosen in fitting) if fitting else (chosen is None)
