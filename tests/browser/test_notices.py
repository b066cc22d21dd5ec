"""Publishing a notice in a real browser, which sends forms its own way."""

import json

from playwright.async_api import expect

from service.accounts.values import Role
from tests.consent.pages.test_notices import WHO
from tests.people import signed_in


async def test_a_notice_is_written_previewed_and_published(desk, chrome, client, conn):
    kim = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)
    page = await chrome("/notices", kim)

    await page.locator("a[href$='kind=comment_processing']").click()
    for name, value in WHO.items():
        await page.fill(f"#{name}", value)
    await page.get_by_role("button", name="Go on with the draft").click()
    draft = json.loads(await page.input_value("#document"))
    await page.fill("#document", json.dumps({**draft, "validity": "forever"}))
    await page.get_by_role("button", name="Check and preview").click()
    await expect(page.get_by_role("alert")).to_contain_text("validity")
    await page.fill("#document", json.dumps(draft))
    await page.get_by_role("button", name="Check and preview").click()
    await expect(page.locator("article").first).to_be_visible()
    await page.get_by_role("button", name="Publish for ever").click()

    await expect(page.get_by_role("status")).to_contain_text("is published")
    assert await conn.fetchval("SELECT kind FROM notices") == "comment_processing"
    assert page.context.outside == page.context.complaints == []
