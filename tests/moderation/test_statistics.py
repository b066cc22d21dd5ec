import json
from datetime import date, timedelta

import pytest

from moderation import statistics
from moderation.statistics.store import add_counts
from service.settings import SETTINGS
from tests import factories
from tests.moderation.blog import GUID, HAM, SPAM

THIS_MONTH = f"{factories.NOW:%Y-%m}"


@pytest.fixture(autouse=True)
def moving_clock(frozen_clock):
    return frozen_clock


async def add_up(blog):
    return await statistics.add_up(blog.conn, blog.app[SETTINGS])


async def ask(blog, path, **fields):
    return json.loads((await blog.call(path, **fields)).body)


async def fill(blog):
    """Two blogs of one owner: 3 comments and 1 comment, one mistake each way on the first."""
    await blog.check(SPAM, user_ip="203.0.113.1")
    await blog.check(HAM, user_ip="203.0.113.2")
    await blog.check(HAM + "!", user_ip="203.0.113.3")
    await blog.check(SPAM, user_ip="203.0.113.4", blog="http://www.blatt.example/sub/")
    await blog.report("ham", SPAM, user_ip="203.0.113.1")
    await blog.report("spam", HAM + "!", user_ip="203.0.113.3")


async def test_usage_is_what_was_called_this_month(blog, moving_clock):
    moving_clock.advance(timedelta(days=-20))
    await blog.check(HAM)
    moving_clock.advance(timedelta(days=20))
    await fill(blog)

    usage = await ask(blog, "/1.2/usage-limit")

    assert usage == {"limit": "none", "usage": 6, "percentage": "0.00", "throttled": False}


@pytest.mark.parametrize("extended", ["1", "true"])
async def test_extended_usage_says_that_there_is_nothing_to_notice(blog, extended):
    usage = await ask(blog, "/1.2/usage-limit", extended=extended)

    assert (usage["notice_level"], usage["upgrade"]) == ("NOTICE_NONE", False)


async def test_tests_are_not_counted(blog):
    await blog.check(HAM, is_test="1")
    await blog.report("spam", HAM, is_test="1")

    assert (await ask(blog, "/1.2/usage-limit"))["usage"] == 0


async def test_the_sites_of_a_key_are_counted_blog_by_blog(blog):
    await fill(blog)

    answer = await ask(blog, "/1.2/key-sites")

    assert answer == {
        THIS_MONTH: [
            {
                "site": "blatt.example",
                "api_calls": "5",
                "spam": "1",
                "ham": "2",
                "missed_spam": "1",
                "false_positives": "1",
                "is_revoked": False,
            },
            {
                "site": "www.blatt.example/sub",
                "api_calls": "1",
                "spam": "1",
                "ham": "0",
                "missed_spam": "0",
                "false_positives": "0",
                "is_revoked": False,
            },
        ],
        "limit": 500,
        "offset": 0,
        "total": 2,
    }


async def test_the_sites_of_a_key_come_as_a_table(blog):
    await fill(blog)

    answer = await blog.call("/1.2/key-sites", format="csv", limit="1")

    title, *table = answer.body.splitlines()
    assert title == (
        f"Active sites for {blog.key} during {THIS_MONTH} (limit:1, offset: 0, total: 2)"
    )
    assert table == [
        "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked",
        "blatt.example,5,1,2,1,1,false",
    ]
    assert answer.headers[GUID]


FIRST, SECOND = "blatt.example", "www.blatt.example/sub"
PAGES = [
    ({"filter": "WWW"}, [SECOND], 1),
    ({"filter": "nobody"}, [], 0),
    ({"limit": "1"}, [FIRST], 2),
    ({"limit": "1", "offset": "1"}, [SECOND], 2),
    ({"offset": "9"}, [], 2),
    ({"order": "ham", "limit": "1"}, [FIRST], 2),
    ({"order": "nonsense", "limit": "-1", "offset": "x"}, [FIRST, SECOND], 2),
    ({"month": "2025-01"}, [], 0),
    ({"month": "9999-12"}, [], 0),
    ({"month": "0001-01"}, [], 0),
]


async def test_sites_are_filtered_ordered_and_paged(blog):
    await fill(blog)

    for fields, sites, total in PAGES:
        answer = await ask(blog, "/1.2/key-sites", **fields)

        found = [site["site"] for site in answer[fields.get("month", THIS_MONTH)]]
        assert (fields, found, answer["total"]) == (fields, sites, total)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "March", "2026-3", "0000-01", "٢٠٢٦-٠٣"])
def test_a_month_that_is_none_is_refused(text):
    with pytest.raises(statistics.UnreadableMonth):
        statistics.month_of(text)


async def test_how_to_write_a_month_is_said(blog):
    answer = await blog.call("/1.2/key-sites", month="March")

    assert (answer.status, answer.body) == (400, "error")
    assert "YYYY-MM" in answer.headers["X-akismet-debug-help"]


async def test_the_settings_page_gets_its_figures(blog):
    await fill(blog)

    answer = await ask(blog, "/1.1/get-stats", **{"from": "6-months"})

    assert answer == {
        "spam": 2,
        "ham": 2,
        "missed_spam": 1,
        "false_positives": 1,
        "accuracy": "50.00",
        "time_saved": 100,
        "breakdown": {
            THIS_MONTH: {
                "spam": "2",
                "ham": "2",
                "missed_spam": "1",
                "false_positives": "1",
                "blogs": "2",
                "da": f"{THIS_MONTH}-01",
            }
        },
    }
    assert await ask(blog, "/1.2/get-key-stats", **{"from": "all"}) == answer


async def test_nothing_judged_is_nothing_wrong(blog):
    answer = await ask(blog, "/1.1/get-stats", **{"from": "all"})

    assert (answer["accuracy"], answer["breakdown"]) == ("100.00", {})


def test_accuracy_is_reckoned_as_the_protocol_does():
    # The figures of the vendor's own example.
    assert statistics.accuracy(149 + 242, 10 + 10) == "94.88"


@pytest.mark.parametrize(
    ("span", "days_back", "parts"),
    [
        ("60-days", [0, 59, 60], ["2026-01-01", "2026-03-01"]),
        ("6-months", [0, 59, 151, 152], ["2025-10", "2026-01", "2026-03"]),
        ("all", [0, 4000], ["2015-03", "2026-03"]),
        ("nonsense", [0], ["2026-03"]),
    ],
)
async def test_figures_reach_as_far_back_as_asked(blog, span, days_back, parts):
    for days in days_back:
        await blog.conn.execute(
            "INSERT INTO daily_counts"
            " SELECT id, $1, gen_random_uuid(), 'blatt.example', 1, 1, 0, 0, 0 FROM sites",
            factories.NOW.date() - timedelta(days=days),
        )

    answer = await ask(blog, "/1.1/get-stats", **{"from": span})

    assert list(answer["breakdown"]) == parts
    assert answer["spam"] == len(parts)


async def test_adding_up_changes_no_sum_and_leaves_one_row_a_day(blog, moving_clock):
    for _ in range(3):
        await fill(blog)
        moving_clock.advance(timedelta(days=1))
    before = await ask(blog, "/1.1/get-stats", **{"from": "60-days"}), await blog.sums()

    replaced = await add_up(blog)

    rows = await blog.rows("daily_counts", "day")
    assert replaced > len(rows) == 3 * 2
    after = await ask(blog, "/1.1/get-stats", **{"from": "60-days"}), await blog.sums()
    assert after == before
    assert await add_up(blog) == 0


async def test_the_day_that_is_not_over_is_left_alone(blog):
    await fill(blog)
    rows = await blog.rows("daily_counts")

    assert await add_up(blog) == 0
    assert await blog.rows("daily_counts") == rows


async def test_a_correction_after_the_adding_up_is_added_the_next_time(blog, moving_clock):
    await blog.check(HAM)
    moving_clock.advance(timedelta(days=1))
    await add_up(blog)
    await add_counts(blog.conn, 1, date(2026, 3, 1), "blatt.example", missed_spam=1)

    await add_up(blog)

    (row,) = await blog.rows("daily_counts")
    assert (row["ham"], row["missed_spam"]) == (1, 1)
