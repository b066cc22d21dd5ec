"""The page of statistics: what it counts as people decide, who sees which sites, and its files."""

import csv
import io
from datetime import timedelta

import pytest

from moderation import statistics
from moderation.pages.statistics import PERIODS
from moderation.pages.tables import TABLES
from service import clock
from service.accounts.values import Role
from tests.moderation.review.desk import distinct
from tests.people import signed_in
from tests.service.pages.test_plots import parsed, stays_inside


async def table(desk, name, query="", browser=None):
    answer = await (browser or desk.browser).get(f"/statistics/{name}.csv{query}")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.page)))


async def today(desk, name, query="", browser=None):
    row = (await table(desk, name, query, browser))[-1]
    assert row.pop("first_day") == str(clock.now().date())
    return {key: float(value) if value else None for key, value in row.items()}


async def outcomes(desk):
    rows = await table(desk, "outcomes")
    return {(row["verdict"], row["decision"]): int(row["comments"]) for row in rows}


async def decide(desk, choice, comment, tab=""):
    ref = (await desk.refs(tab))[comment.hex]
    return (await desk.decide(choice, ref))[1]["batch"]


async def test_comments_are_counted_by_what_the_machine_made_of_them(desk):
    for text in ("fine", "fine too", "maybe", "spam spam", "maybe, once more"):
        await desk.comment(text)

    assert await today(desk, "comments") == {
        "comments": 5,
        "approved": 2,
        "held": 2,
        "rejected": 1,
    }
    assert await today(desk, "machine") == {"comments": 5, "decided_alone": 3, "share": 0.6}


async def test_decisions_count_once_as_they_stand_and_not_when_taken_back(desk):
    comment = await desk.comment("spam, but it is what we want and we have to approve it")
    first = await decide(desk, "approve", comment, "?tab=rejected")
    assert await outcomes(desk) == {("reject", "approve"): 1}
    assert await today(desk, "mistakes") == {"false_positives": 1, "missed_spam": 0}

    second = await decide(desk, "spam", comment, "?tab=approved")
    assert await outcomes(desk) == {("reject", "spam"): 1}
    assert await today(desk, "agreement") == {"agreed": 1, "overturned": 0}

    await desk.undo(second)
    assert await outcomes(desk) == {("reject", "approve"): 1}
    await desk.undo(first)
    assert await outcomes(desk) == {}
    assert await today(desk, "machine") == {"comments": 1, "decided_alone": 1, "share": 1}


@pytest.mark.parametrize("before", ["approve", "spam", "reject", "hold"])
async def test_taking_back_restores_whatever_was_counted_before(desk, before):
    comment = await desk.comment("maybe")
    await decide(desk, before, comment)
    counted = await outcomes(desk)
    tabs = {"approve": "?tab=approved", "hold": ""}
    after = "approve" if before != "approve" else "spam"

    await desk.undo(await decide(desk, after, comment, tabs.get(before, "?tab=rejected")))

    assert await outcomes(desk) == counted == {("hold", before): 1}


async def test_a_held_comment_waits_until_somebody_decides(desk, frozen_clock):
    comment, other = await desk.comment("maybe"), await desk.comment(distinct(1))
    frozen_clock.advance(timedelta(minutes=10))
    await decide(desk, "hold", comment)
    assert (await today(desk, "waiting"))["decisions"] == 0

    frozen_clock.advance(timedelta(minutes=20))
    batch = await decide(desk, "spam", comment)
    found = await today(desk, "waiting")
    assert found == {"decisions": 1, "median_seconds": 1800, "p90_seconds": 1800}

    await decide(desk, "spam", other)
    await desk.undo(batch)
    assert (await today(desk, "waiting"))["decisions"] == 1


async def test_what_the_blog_reports_counts_as_decided_by_people(blog):
    await blog.check("spam spam", user_ip="203.0.113.1")
    await blog.report("ham", "spam spam", user_ip="203.0.113.1")

    rows = await blog.rows("daily_outcomes")

    assert [(row["verdict"], row["outcome"], row["comments"]) for row in rows] == [
        ("reject", "approve", 1)
    ]


async def test_languages_are_judged_where_there_is_enough(desk):
    for number in range(21):
        await desk.comment(f"maybe {distinct(number)} das ist nicht so und wir haben es auch")
    while refs := (await desk.refs()).values():
        await desk.decide("spam", *refs, alike="yes")

    (german,) = await table(desk, "languages")
    page = (await desk.browser.get("/statistics")).page

    assert (german["language"], german["spam"], german["spam_caught"]) == ("de", "21", "21")
    assert (german["caught_share"], german["caught_high"]) == ("1.0", "1.0")
    assert 0.8 < float(german["caught_low"]) < 0.9
    assert german["approved_share"] == ""
    assert "too few to say" in page
    assert "Deutsch" in page


async def test_sums_stay_when_rows_are_added_up(desk, settings, frozen_clock):
    comments = [await desk.comment(distinct(number)) for number in range(3)]
    batches = [await decide(desk, "spam", comment) for comment in comments]
    await desk.undo(batches[-1])
    before = [await outcomes(desk), await table(desk, "comments"), await table(desk, "mistakes")]
    frozen_clock.advance(timedelta(days=1))

    assert await statistics.add_up(desk.conn, settings) > 0

    found = [await outcomes(desk), *[(await table(desk, n))[:-1] for n in ("comments", "mistakes")]]
    assert found == [before[0], before[1][1:], before[2][1:]]
    assert await desk.conn.fetchval("SELECT count(*) FROM daily_outcomes") == 1


async def test_each_reader_sees_the_sites_they_moderate(desk, client, conn):
    await desk.site("other")
    await desk.comment("fine")
    await desk.comment("fine there", site="other")
    kim = await signed_in(client, conn, "kim", sites=("other",))

    assert (await today(desk, "comments"))["comments"] == 2
    assert (await today(desk, "comments", "?site=other"))["comments"] == 1
    assert (await today(desk, "comments", browser=kim))["comments"] == 1
    assert (await today(desk, "comments", "?site=blatt", kim))["comments"] == 1
    assert "blatt" not in (await kim.get("/statistics")).page


async def test_auditors_and_strangers_see_none_of_it(desk, client, conn):
    ida = await signed_in(client, conn, "ida", Role.AUDITOR)

    assert (await ida.get("/statistics")).status == 403
    assert (await ida.get("/statistics/comments.csv")).status == 403
    ida.cookies.clear()
    assert (await ida.get("/statistics")).status == 303


@pytest.mark.parametrize("days", [*PERIODS, "0", "x", "-1", "%00"])
async def test_the_page_has_a_plot_and_a_table_for_everything(desk, days):
    for number in range(3):
        await desk.comment(distinct(number))
    await decide(desk, "spam", await desk.comment("fine"), "?tab=approved")
    await desk.decide("approve", *(await desk.refs()).values())

    page = (await desk.browser.get(f"/statistics?days={days}&site=%00")).page

    pictures = page.split('<svg class="plot"')[1:]
    assert len(pictures) == 5  # of languages there is too little
    for picture in pictures:
        stays_inside(parsed('<svg class="plot"' + picture.split("</svg>")[0] + "</svg>"))
    for name in TABLES:
        assert f"/statistics/{name}.csv?" in page
        assert await table(desk, name, f"?days={days}")
    assert "style=" not in page
    assert len(page.encode()) < 100_000


async def test_before_the_first_comment_the_page_says_so(desk):
    assert "Nothing came in." in (await desk.browser.get("/statistics")).page
    assert (await desk.browser.get("/statistics/nothing.csv")).status == 404
    assert await table(desk, "languages") == []


@pytest.mark.parametrize("language", ["de", "ru"])
async def test_numbers_are_written_as_the_reader_writes_them(desk, frozen_clock, language):
    await desk.comment("maybe")
    frozen_clock.advance(timedelta(hours=2, minutes=30))
    await desk.decide("spam", *(await desk.refs()).values())
    await desk.browser.post("/account/language", {"language": language})

    page = (await desk.browser.get("/statistics")).page

    assert "100\N{NO-BREAK SPACE}%" in page
    assert "2,5" in page
    assert "01.03" in page
