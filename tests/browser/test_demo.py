"""The demonstration blog in a browser: under its strict policy, without barriers."""

import pytest
from playwright.async_api import expect

from consent.notices import demonstration
from service import start
from tests import factories
from tests.browser.banner.visitor import ACCEPT, BANNER, REJECT
from tests.browser.screenshots import SHAPES
from tests.browser.test_accessibility import AXE, LOOK


@pytest.fixture
async def demo(conn, settings):
    await start.demonstration(conn, factories.SECRETS)
    await demonstration.furnish(conn, factories.SECRETS, settings)


async def test_everything_on_it_works_under_its_policy(demo, desk, chrome):
    page = await chrome("/demo?lang=en")
    await expect(page.locator(BANNER)).to_be_visible()
    assert page.context.outside == []
    await expect(page.locator("#statistics")).to_contain_text("not being counted")

    async with page.expect_response(lambda each: each.url.endswith("/events")) as answer:
        await page.locator(ACCEPT).click()
    assert (await answer.value).status == 201
    await expect(page.locator("#statistics")).to_contain_text("because you allowed it")
    await page.locator("#text").fill("spam spam")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("status")).to_contain_text("Rejected")

    hosts = {address.split("/")[2] for address in page.context.outside}
    assert hosts == {"www.youtube-nocookie.com", "www.facebook.com", "secure.gravatar.com"}
    refused = "Failed to load resource: net::ERR_FAILED"  # by this test
    assert [said for said in page.context.complaints if said != refused] == []


@pytest.mark.parametrize(("scheme", "shape"), [("light", "phone"), ("dark", "wide")])
async def test_it_has_no_barriers(demo, desk, chrome, scheme, shape):
    options = {"color_scheme": scheme, "viewport": SHAPES[shape], "bypass_csp": True}
    page = await chrome("/demo?lang=de", **options)
    await page.locator(REJECT).click()
    await expect(page.locator(BANNER)).to_be_hidden()
    await page.locator("#text").fill("maybe spam")
    await page.locator(".write button").click()
    await page.locator(".write summary").click()
    await expect(page.locator(".gh-placeholder").first).to_be_visible()

    await page.add_script_tag(path=AXE / "axe.min.js")

    assert await page.evaluate(LOOK) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
