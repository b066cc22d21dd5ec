from datetime import timedelta

import pytest

from moderation.observed import answered, report
from moderation.observed.command import _described
from moderation.verdicts import Action, Finding, Verdict
from service.sites import DIRECTORY, SiteSettings, administration
from tests import factories
from tests.moderation.blog import DOUBT, HAM, SPAM

OBSERVED = SiteSettings(observe_only=True)


def verdict(action):
    return Verdict(action, 0.9, 2.2, (Finding("words", 2.2),), "fake", discardable=True)


async def observe(blog, value="yes"):
    await administration.change_settings(blog.conn, "blatt", {"observe_only": value})
    await blog.app[DIRECTORY].reload(blog.conn)


async def observed(blog, days=7):
    return await report(blog.conn, blog.app[DIRECTORY].site("blatt"), days)


@pytest.mark.parametrize("action", Action)
def test_a_blog_hears_an_approval_while_it_is_observed(action):
    heard = answered(verdict(action), OBSERVED)

    assert heard.action is Action.APPROVE
    assert heard.findings == verdict(action).findings


@pytest.mark.parametrize("action", Action)
def test_a_blog_hears_the_verdict_otherwise(action):
    assert answered(verdict(action), SiteSettings()) == verdict(action)


@pytest.mark.parametrize("text", [SPAM, DOUBT, HAM])
async def test_the_answer_is_ham_and_the_record_the_verdict(blog, text):
    expected = {SPAM: "reject", DOUBT: "hold", HAM: "approve"}
    await observe(blog)

    answer = await blog.check(text, callback="https://blatt.example/wp-json/akismet/v1/webhook")

    assert answer.body == "false"
    assert "X-akismet-recheck-after" not in answer.headers
    assert "X-akismet-pro-tip" not in answer.headers
    (row,) = await blog.rows("comments")
    assert (row["action"], row["observed"]) == (expected[text], True)


async def test_nothing_is_discarded_while_observing(blog):
    await administration.change_settings(blog.conn, "blatt", {"discard": "yes"})
    await observe(blog)

    answer = await blog.check(SPAM, comment_author="akismet-guaranteed-discard")

    assert answer.body == "false"
    assert "X-akismet-pro-tip" not in answer.headers


async def test_a_repeat_hears_what_the_first_one_heard(blog):
    await observe(blog)

    answers = [await blog.check(SPAM) for _ in range(2)]

    assert [answer.body for answer in answers] == ["false", "false"]


async def test_subscribers_hear_of_an_approval_too(blog):
    await blog.conn.execute(
        "INSERT INTO endpoints (site_id, kind, url, events) SELECT id, 'standard-webhook',"
        " 'https://hook.example', '{comment.rejected,comment.approved}' FROM sites"
    )
    await observe(blog)

    await blog.check(SPAM)

    assert [row["event"] for row in await blog.rows("outbox")] == ["comment.approved"]


async def test_what_was_answered_stays_true_when_observing_ends(blog):
    await observe(blog)
    await blog.check(SPAM)
    await observe(blog, "no")

    answer = await blog.check(SPAM, comment_author="Somebody else")

    assert answer.body == "true"
    assert [row["observed"] for row in await blog.rows("comments")] == [True, False]
    found = await observed(blog)
    assert (found.observe_only, found.comments) == (False, 1)


async def test_the_report_counts_what_would_have_happened(blog):
    await observe(blog)
    for number, text in enumerate((SPAM, SPAM, DOUBT, HAM)):
        await blog.check(f"{text} {number}", comment_author=f"Author {number}")
    await blog.check(f"{HAM} 3", comment_author="Author 3")  # a repeat, which counts once
    await blog.check(SPAM, is_test="1")

    found = await observed(blog)

    assert found.comments == 4
    assert found.actions == {"approve": 1, "hold": 1, "reject": 2}
    assert list(found.by_day.values()) == [found.actions]
    assert (found.findings[0].name, found.findings[0].comments) == ("words", 3)


async def test_the_report_counts_where_the_blog_disagrees(blog):
    await observe(blog)
    for text in (SPAM, HAM, f"{HAM} again"):
        await blog.check(text)

    await blog.report("ham", SPAM)
    await blog.report("spam", HAM)
    await blog.report("ham", f"{HAM} again")

    found = await observed(blog)
    assert (found.labelled, found.missed_spam, found.false_positives) == (3, 1, 1)


async def test_days_bound_the_report(blog, frozen_clock):
    await observe(blog)
    await blog.check(SPAM)
    frozen_clock.advance(timedelta(days=3))

    assert (await observed(blog, days=4)).comments == 1
    assert (await observed(blog, days=3)).comments == 0


async def test_a_rule_that_decided_alone_is_named(blog):
    await observe(blog)
    await blog.check(HAM, comment_author="viagra-test-123")

    found = await observed(blog)

    assert [finding.name for finding in found.findings] == ["guaranteed_spam"]


async def test_the_report_reads_as_text(blog):
    await observe(blog)
    await blog.check(SPAM)
    await blog.report("ham", SPAM)

    said = "\n\n".join(_described(await observed(blog)))

    assert "The site blatt is observed: 1 comments since" in said
    assert "disagrees with 1" in said
    assert "words" in said


async def test_a_site_that_was_never_observed_says_how(conn):
    site = await factories.site(conn)

    said = "\n\n".join(_described(await report(conn, site, 7)))

    assert "gatehouse site set blatt observe_only=yes" in said
