"""The queue in a real browser, by keyboard alone."""

import asyncio

import pytest
from playwright.async_api import expect

from moderation.reasons import store as rules
from moderation.reasons.rules import Ground, Rule, Words
from moderation.review import live
from tests.moderation.review.desk import distinct
from tests.people import signed_in

CURRENT = ".item.current"


async def states(desk):
    rows = await desk.conn.fetch(
        "SELECT coalesce(decision, action) AS state, count(*)::int AS number FROM comments"
        " GROUP BY 1"
    )
    return {row["state"]: row["number"] for row in rows}


async def reached(desk, **expected):
    async with asyncio.timeout(60):
        while await states(desk) != expected:  # noqa: ASYNC110  (a database has no event for this)
            await asyncio.sleep(0.05)


async def test_forty_comments_are_cleared_by_keys_alone_and_the_last_three_taken_back(desk, chrome):
    for number in range(40):
        await desk.comment(distinct(number), author=f"reader {number}")
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    for number in range(40):
        await page.wait_for_selector(CURRENT)
        await page.keyboard.press("as"[number % 2])
    await reached(desk, approve=20, reject=20)
    await page.wait_for_selector("#empty:not([hidden])")
    for _ in range(3):
        await page.keyboard.press("u")
    await reached(desk, approve=19, reject=18, hold=3)
    await expect(page.locator(".item")).to_have_count(3)

    assert await page.locator("#waiting").inner_text() == "3"
    assert page.context.outside == []
    assert page.context.complaints == []


async def test_selected_comments_are_decided_together_and_come_back_together(desk, chrome):
    for number in range(5):
        await desk.comment(distinct(number))
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    for key in "xjxjx":
        await page.keyboard.press(key)
    await page.keyboard.press("r")
    await reached(desk, hold=2, reject=3)
    await page.get_by_role("button", name="Undo").click()
    await reached(desk, hold=5)

    await expect(page.locator(".item")).to_have_count(5)


@pytest.mark.parametrize("key", ["Control+a", "Control+s", "Alt+r", "Meta+a", "Control+h"])
async def test_a_modified_key_decides_nothing(desk, chrome, key):
    await desk.comment()
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    await page.keyboard.press(key)
    await page.keyboard.press("?")

    await page.wait_for_selector("#help[open]")
    await page.keyboard.press("a")
    assert await states(desk) == {"hold": 1}


async def test_typing_a_search_decides_nothing(desk, chrome):
    await desk.comment()
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    await page.keyboard.press("/")
    await page.keyboard.type("sara")
    await page.keyboard.press("Escape")

    assert await page.locator("#search").input_value() == "sara"
    assert await states(desk) == {"hold": 1}


async def test_what_comes_in_and_what_others_decide_appears_by_itself(
    desk, chrome, client, conn, monkeypatch
):
    monkeypatch.setattr(live, "POLL_SECONDS", 0.05)
    ben = await signed_in(client, conn, "ben")
    page = await chrome("/review")
    async with asyncio.timeout(60):
        number = 0
        while not await page.locator(".item").count():
            await desk.comment(distinct(number := number + 1))
            await asyncio.sleep(0.5)
    refs = list((await desk.refs()).values())

    await desk.send("/review/claim", [("item", refs[-1])], ben)
    await page.get_by_text("ben is looking at this").wait_for()
    await desk.decide("spam", *refs, browser=ben)

    await page.wait_for_selector("#empty:not([hidden])")
    await page.get_by_text("ben decided").first.wait_for()


async def test_it_works_without_script(desk, chrome):
    await desk.comment()
    page = await chrome("/review", java_script_enabled=False)

    await page.locator(".item").get_by_role("button", name="Approve").click()
    assert await states(desk) == {"approve": 1}
    await page.get_by_role("button", name="Undo").click()

    assert await states(desk) == {"hold": 1}
    assert await page.locator(".item").count() == 1


async def test_a_reason_is_chosen_by_its_number_and_is_the_usual_one_from_then_on(desk, chrome):
    for number in range(3):
        await desk.comment(distinct(number))
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    await page.keyboard.press("e")
    await page.locator("#why [name=note]").fill("A word.")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("4")
    await reached(desk, hold=2, reject=1)
    await page.keyboard.press("r")
    await reached(desk, hold=1, reject=2)
    await expect(page.locator(".toast").last).to_contain_text("Off topic")

    rows = await desk.conn.fetch("SELECT code, note FROM statements ORDER BY id")
    assert [tuple(row) for row in rows] == [("off-topic", "A word."), ("off-topic", "")]
    assert page.context.complaints == []


async def test_a_reason_is_changed_where_the_decision_is_told(desk, chrome):
    await desk.comment(distinct(1))
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    await page.keyboard.press("r")
    await page.get_by_role("button", name="Other reason").click()
    await page.get_by_role("radio", name="Advertising").check()
    await page.locator("#why button.primary").click()
    await reached(desk, reject=1)

    await expect(page.locator(".toast").last).to_contain_text("Advertising")
    code = await desk.conn.fetchval("SELECT code FROM statements ORDER BY id DESC LIMIT 1")
    assert code == "advertising"


async def test_a_rule_that_the_site_of_a_comment_has_not_is_not_cited_but_asked_for(desk, chrome):
    other = await desk.site("other")
    rule = Rule("insult", Ground.TERMS, "7", "OTHER_VIOLATION_TC", {"en": Words("Insults", "So.")})
    await rules.put_rule(desk.conn, other.id, 1, rule)
    await desk.comment(distinct(1), site="other")
    await desk.comment(distinct(2))
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    await page.keyboard.press("r")
    await reached(desk, hold=1, reject=1)
    await page.wait_for_selector(CURRENT)
    await page.keyboard.press("r")
    await page.wait_for_selector("#why[open]")
    await expect(page.locator("#why [value=attack]")).to_be_hidden()
    await page.keyboard.press("1")
    await reached(desk, reject=2)

    cited = await desk.conn.fetch("SELECT code FROM statements ORDER BY id")
    assert [row["code"] for row in cited] == ["attack", "insult"]
    assert page.context.complaints == []


async def test_comments_of_sites_that_share_no_rule_are_not_rejected_together(desk, chrome):
    other = await desk.site("other")
    rule = Rule("insult", Ground.TERMS, "7", "OTHER_VIOLATION_TC", {"en": Words("Insults", "So.")})
    await rules.put_rule(desk.conn, other.id, 1, rule)
    await desk.comment(distinct(1), site="other")
    await desk.comment(distinct(2))
    page = await chrome("/review")
    await page.wait_for_selector(CURRENT)

    for key in "xjxr":
        await page.keyboard.press(key)

    await expect(page.locator(".toast")).to_contain_text("no rule in common")
    assert await states(desk) == {"hold": 2}
