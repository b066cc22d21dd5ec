"""The banner, its dialogs and placeholders as axe sees them: light and dark, wide and narrow."""

import pytest
from playwright.async_api import expect

from tests.browser.banner.visitor import ACCEPT, BANNER, DIALOG, MANAGE, SETTINGS
from tests.browser.screenshots import SHAPES
from tests.browser.test_accessibility import AXE, LOOK


async def barriers(page):
    # The library fades in: what is half transparent has no contrast yet.
    await page.evaluate("Promise.all(document.getAnimations().map(each => each.finished))")
    await page.add_script_tag(path=AXE / "axe.min.js")
    return await page.evaluate(LOOK)


@pytest.mark.parametrize(("scheme", "shape"), [("light", "wide"), ("dark", "phone")])
async def test_nothing_of_the_banner_has_barriers(visit, scheme, shape):
    reader = await visit(color_scheme=scheme, viewport=SHAPES[shape], bypass_csp=True)
    page = reader.page
    await expect(page.locator(BANNER)).to_be_visible()
    assert await barriers(page) == []

    await page.locator(MANAGE).click()
    await reader.until_preferences()
    await page.locator(".pm__section-title").nth(2).click()
    assert await barriers(page) == []
    await page.keyboard.press("Escape")

    await reader.answered(ACCEPT)
    await reader.until_receipt()
    await page.locator(SETTINGS).press("Enter")
    await page.locator(f"{DIALOG} summary").click()
    assert await barriers(page) == []


async def test_who_wants_less_motion_sees_none(visit):
    reader = await visit(reduced_motion="reduce")
    await expect(reader.page.locator(BANNER)).to_be_visible()

    duration = await reader.page.locator(BANNER).evaluate(
        "each => getComputedStyle(each).transitionDuration"
    )

    assert {part.strip() for part in duration.split(",")} == {"0s"}


async def test_without_script_nothing_is_loaded_and_everything_can_be_read(visit):
    reader = await visit(java_script_enabled=False)

    await expect(reader.page.locator("h1")).to_have_text("Neues aus dem Rathaus")
    assert reader.asked == []
    assert (await reader.context.cookies()) == []
