"""A visitor of a blog, in a real browser."""

import contextlib
import json

import pytest
from playwright.async_api import async_playwright

from tests import factories
from tests.browser import chromium
from tests.browser.banner.visitor import Blog, Reader
from tests.conftest import missing
from tests.consent import notice_factory


@pytest.fixture
async def blog(aiohttp_server):
    blog = Blog()
    server = await aiohttp_server(blog.application())
    blog.base = str(server.make_url("")).rstrip("/")
    return blog


@pytest.fixture
async def site(conn, blog):
    if chromium.PATH is None:
        missing("chromium is not installed")
    return await factories.site(conn, url=blog.base)


@pytest.fixture
async def edition(conn, site):
    return await notice_factory.publish(conn, site)


@pytest.fixture
async def visit(edition, blog, client):
    """Opens a browser of a new visitor; options are those of its context."""
    base = blog.base
    ours = blog.ours = str(client.make_url("")).rstrip("/")

    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await stack.enter_async_context(await chromium.launched(playwright))

        async def arrive(address="/de", script="", **options):
            context = await browser.new_context(**options)
            if script:
                await context.add_init_script(script)
            reader = Reader(await context.new_page(), context, base, ours)

            async def watch(route):
                url = route.request.url
                if url.startswith(ours):
                    await ask_us(reader, route)
                elif url.startswith(base):
                    await route.continue_()
                else:
                    reader.asked.append(url)
                    await route.fulfill(content_type="text/html", body="<p>from outside</p>")

            await context.route("**/*", watch)
            reader.page.on("console", lambda said: reader.complaints.append(said.text))
            reader.page.on("pageerror", lambda error: reader.complaints.append(str(error)))
            if address is not None:
                await reader.open(address)
            return reader

        yield arrive


async def ask_us(reader, route):
    if not route.request.url.endswith("/events"):
        await (route.abort() if reader.offline else route.continue_())
        return
    event = json.loads(route.request.post_data)
    if reader.spoil_tokens:
        reader.spoil_tokens, event["token"] = False, "spoilt"
    reader.sent.append(event)
    await (route.abort() if reader.offline else route.continue_(post_data=json.dumps(event)))
