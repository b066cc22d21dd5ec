"""Settings in a real browser: by keyboard, by dragging, and without script."""

import re

from playwright.async_api import expect

from service.accounts.values import Role
from tests.moderation.review.desk import distinct
from tests.people import signed_in


async def administrator(desk):
    return await signed_in(desk.client, desk.conn, "kim", Role.ADMINISTRATOR, sites=["blatt"])


async def stored(desk):
    return await desk.conn.fetchval("SELECT settings FROM sites")


async def test_a_slider_moved_by_keys_says_at_once_what_it_would_change(desk, chrome):
    for number in range(3):
        await desk.comment(distinct(number))
    page = await chrome("/settings/blatt", await administrator(desk))

    slider = page.get_by_role("slider", name="Hold from")
    await slider.focus()
    for _ in range(5):
        await page.keyboard.press("PageUp")

    await expect(page.locator(".would")).to_contain_text("held 3 comments fewer")
    assert float(await page.locator("#hold_threshold").input_value()) > 88
    assert await stored(desk) == {}
    await page.locator("#hold_threshold").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Saved")
    assert (await stored(desk))["hold_threshold"] > 0.88
    assert page.context.outside == []
    assert page.context.complaints == []


async def test_a_threshold_that_passes_another_takes_it_along(desk, chrome):
    page = await chrome("/settings/blatt", await administrator(desk))

    await page.get_by_role("slider", name="Hold from").focus()
    await page.keyboard.press("End")

    for name in ("hold_threshold", "reject_threshold", "discard_threshold"):
        await expect(page.locator(f"#{name}")).to_have_value("99.99")


async def test_everything_works_without_script(desk, chrome):
    await desk.comment()
    kim = await administrator(desk)
    page = await chrome("/settings/blatt", kim, java_script_enabled=False)

    await page.fill("#hold_threshold", "90")
    await page.click("button[value=preview]")
    await expect(page.locator(".would")).to_contain_text("held 1 comment fewer")
    await page.check("[name=observe_only][type=checkbox]")
    await page.click(".save button")
    await expect(page.get_by_role("status")).to_contain_text("Saved")
    assert await stored(desk) == {"hold_threshold": 0.9, "observe_only": True}
    await page.uncheck("[name=observe_only][type=checkbox]")
    await page.click(".save button")
    assert await stored(desk) == {"hold_threshold": 0.9, "observe_only": False}

    await page.click("text=Lists")
    await page.fill("#values", "casino\n(")
    await page.select_option("#field", "pattern")
    await page.click("button:text-is('Add')")
    await expect(page.get_by_role("alert")).to_contain_text("no regular expression")
    await page.fill("#values", "casino")
    await page.click("button:text-is('Add')")
    await expect(page.locator(".entry")).to_have_text("casino")

    await page.click("text=Connections")
    await page.click("summary:text-is('A new key')")
    await page.click("text=Make a new key")
    await expect(page.locator("#secret code")).to_have_text(re.compile("[0-9a-f]{12}"))
