"""The deliveries page in a real browser, by keyboard and without script."""

import pytest
from playwright.async_api import expect

from service.accounts.values import Role
from tests.people import signed_in


@pytest.fixture
async def given_up(desk, conn):
    """Three deliveries that nobody took."""
    for number in range(3):
        comment = await desk.comment(f"maybe {number} {'abc'[number] * 9}")
        await conn.execute(
            "INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, state, attempts,"
            " due_at, finished_at, last_error) VALUES (1, $1, 1, $1, 'comment.decided', 'given-up',"
            " 10, now(), now(), 'HTTP 503')",
            comment,
        )

    async def left():
        return await conn.fetchval("SELECT count(*) FROM outbox WHERE state = 'given-up'")

    return left


@pytest.mark.parametrize("script", [True, False])
async def test_deliveries_are_found_and_sent_once_more(desk, chrome, given_up, script):
    kim = await signed_in(desk.client, desk.conn, "kim", Role.ADMINISTRATOR, sites=["blatt"])
    page = await chrome("/deliveries", kim, java_script_enabled=script)

    await page.get_by_label("Error").focus()
    await page.keyboard.type("503")
    await page.keyboard.press("Enter")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(3)
    await rows.nth(1).get_by_role("checkbox").focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Send the selected once more").focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status")).to_have_text("1 delivery is sent once more.")
    assert await given_up() == 2
    await page.get_by_role("button", name="Send all 2 given up again").click()
    await expect(page.get_by_role("status")).to_have_text("2 deliveries are sent once more.")
    assert await given_up() == 0
    assert page.context.outside == []
    assert page.context.complaints == []
