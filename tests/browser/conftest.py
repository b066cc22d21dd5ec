import contextlib

import pytest
from playwright.async_api import async_playwright

from tests.browser import chromium
from tests.conftest import missing
from tests.moderation.review.desk import desk as make_desk
from tests.people import cheaply


@pytest.fixture
async def desk(client, conn, monkeypatch):
    if chromium.PATH is None:
        missing("chromium is not installed")
    cheaply(monkeypatch)
    return await make_desk(client, conn)


@pytest.fixture
async def chrome(desk):
    """Opens tabs in which the moderator is signed in; what they ask for outside is refused."""
    base = str(desk.client.make_url(""))

    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await stack.enter_async_context(await chromium.launched(playwright))

        async def open_tab(path, people=None, **options):
            context = await browser.new_context(base_url=base, **options)
            context.outside, context.complaints = [], []

            async def watch(route):
                if route.request.url.startswith((base, "data:")):
                    await route.continue_()
                else:
                    context.outside.append(route.request.url)
                    await route.abort()

            await context.route("**/*", watch)
            await context.add_cookies(
                [
                    {"name": name, "value": value, "url": base}
                    for name, value in (people or desk.browser).cookies.items()
                ]
            )
            page = await context.new_page()
            page.on("console", lambda said: context.complaints.append(said.text))
            page.on("pageerror", lambda error: context.complaints.append(str(error)))
            await page.goto(path)
            return page

        yield open_tab
