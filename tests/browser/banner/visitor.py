"""A blog of another origin, under a strict policy of its own, and somebody who reads it."""

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from aiohttp import web
from playwright.async_api import expect

from tests.waiting import PATIENCE_SECONDS

# No inline script, no inline style, and nobody but the blog, us, and who may be allowed later.
POLICY = (
    "default-src 'none'; script-src 'self' {ours}; style-src 'self' {ours}; connect-src {ours};"
    " img-src 'self' https://secure.gravatar.com; base-uri 'none'; form-action 'self';"
    " frame-src https://www.youtube-nocookie.com https://www.facebook.com"
)
PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>Kasseler Blatt</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/blog.css"></head>
<body>
<main>
<h1>Neues aus dem Rathaus</h1>
<p>Die Brücke bleibt bis zum Herbst gesperrt. <a id="inside" href="#top">Nach oben</a></p>
<iframe id="first" title="Video: die Brücke" width="560" height="315" data-category="external"
 data-service="youtube" data-src="https://www.youtube-nocookie.com/embed/first"
 data-alternative="https://www.youtube.com/watch?v=first"></iframe>
<iframe id="second" title="Video: der Fluss" width="560" height="315" data-category="external"
 data-service="youtube" data-src="https://www.youtube-nocookie.com/embed/second"></iframe>
<iframe id="like" title="Gefällt mir" width="450" height="80" data-category="social"
 data-service="facebook" data-src="https://www.facebook.com/plugins/like.php"></iframe>
<img id="avatar" alt="Ada" width="48" height="48" data-category="external"
 data-service="gravatar" data-src="https://secure.gravatar.com/avatar/0">
<template id="post" data-category="social" data-service="facebook">
<iframe title="Beitrag" src="https://www.facebook.com/plugins/post.php"></iframe></template>
{form}</main>
<noscript><p>Ohne JavaScript laden wir keine Inhalte anderer Anbieter.</p></noscript>
<footer><p>Kasseler Blatt</p></footer>
<script type="text/plain" data-category="statistics" data-service="matomo"
 data-src="/matomo.js"></script>
<script src="{ours}/consent/blatt/banner.js" async></script>
</body>
</html>"""
ICON = "<svg xmlns='http://www.w3.org/2000/svg'/>"
FORM = """<form method="post" action="/posted">
<textarea name="comment" aria-label="Kommentar"></textarea>
<div data-gatehouse="comment-notice"></div><button id="send">Abschicken</button></form>"""
FOOT = """<p><a href="#privacy" data-gatehouse="settings">Privatsphäre</a></p>"""
MATOMO = (
    """document.cookie = "_pk_id.1.1fff=visitor; path=/"; document.body.dataset.counted = "yes";"""
)


@dataclass
class Reader:
    """A browser that reads the blog, and what it asked of whom."""

    page: object
    context: object
    base: str
    ours: str
    asked: list = field(default_factory=list)  # addresses beyond the blog and us
    sent: list = field(default_factory=list)  # events, as they were posted
    complaints: list = field(default_factory=list)
    offline: bool = False  # whether we cannot be reached
    spoil_tokens: bool = False  # whether the next token is replaced by one that is none

    @property
    def hosts(self):
        return [urlsplit(address).netloc for address in self.asked]

    async def choice(self):
        """What the banner's cookie says; None if there is none."""
        for cookie in await self.context.cookies():
            if cookie["name"] == "cc_cookie":
                return json.loads(unquote(cookie["value"]))
        return None

    async def stored(self):
        """Everything that is kept on the device for the blog."""
        kept = await self.page.evaluate("() => [{...localStorage}, {...sessionStorage}]")
        return kept, {each["name"]: each["value"] for each in await self.context.cookies()}

    async def until_stored(self, name, *, there=True):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (name in (await self.stored())[0][1]) != there:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def until_receipt(self, receipt=None):
        """Until the page has noted the receipt of what was allowed."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                noted = ((await self.choice() or {}).get("data") or {}).get("r")
                if noted and noted == (receipt or noted):
                    return
                await asyncio.sleep(0.02)

    async def open(self, address="/"):
        await self.page.goto(f"{self.base}{address}")
        return self

    async def afresh(self):
        """Come back when the browser no longer keeps the loader, as after five minutes."""
        session = await self.context.new_cdp_session(self.page)
        await session.send("Network.clearBrowserCache")
        await self.page.reload()

    async def until_preferences(self):
        """The library moves the focus into its dialog a moment after it is shown."""
        await expect(self.page.locator(f"{PREFERENCES} > [tabindex='-1']")).to_be_focused()

    async def allow_only(self, purpose):
        """Choose by keyboard among the purposes; the answer."""
        await self.page.locator(MANAGE).click()
        await self.until_preferences()
        await self.page.locator(f"{PREFERENCES} .section__toggle[value={purpose}]").press("Space")
        return await self.answered(SAVE)

    async def answered(self, button, key=None):
        """Press ``button``, and wait until the page has heard our answer to what follows."""
        async with self.page.expect_response(lambda each: each.url.endswith("/events")) as waiting:
            place = self.page.locator(button)
            await (place.press(key) if key else place.click())
        answer = await waiting.value
        await self.until_stored("gatehouse-queue", there=False)
        return answer


ACCEPT, REJECT = "#cc-main .cm [data-role=all]", "#cc-main .cm [data-role=necessary]"
MANAGE, SAVE = "#cc-main .cm [data-role=show]", "#cc-main .pm [data-role=save]"
BANNER, PREFERENCES, DIALOG = "#cc-main .cm", "#cc-main .pm", "dialog.gh-choices"
SETTINGS, WITHDRAW = "[data-gatehouse=settings]", "[data-gatehouse=withdraw]"


class Blog:
    """Serves one page in any language (``/de``, ``/en``...)."""

    def __init__(self):
        self.ours = ""  # where the banner comes from

    def application(self):
        app = web.Application()
        app.router.add_get("/matomo.js", self.matomo)
        app.router.add_get("/blog.css", self.style)
        app.router.add_get("/icon.svg", self.icon)
        app.router.add_post("/posted", self.posted)
        app.router.add_get("/{language:[a-zA-Z-]{0,7}}", self.page)
        return app

    async def page(self, request):
        headers = {"Content-Security-Policy": POLICY.format(ours=self.ours)}
        language = request.match_info["language"] or "de"
        extra = {"form": FORM, "foot": FOOT}.get(request.query_string, "")
        text = PAGE.format(language=language, ours=self.ours, form=extra)
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def posted(self, _request):
        raise web.HTTPSeeOther("/de")

    async def matomo(self, _request):
        return web.Response(text=MATOMO, content_type="text/javascript")

    async def style(self, _request):
        return web.Response(text="a { color: inherit }", content_type="text/css")

    async def icon(self, _request):
        return web.Response(text=ICON, content_type="image/svg+xml")
