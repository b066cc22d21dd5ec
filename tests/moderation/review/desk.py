"""A moderator at work: comments that came in, and what is asked of the queue over HTTP."""

import hashlib
import re

from moderation.intake import INTAKE
from service.sites import DIRECTORY
from tests import factories
from tests.people import signed_in
from tests.waiting import until


def distinct(number):
    """A held text that resembles no other."""
    letters = (
        hashlib.sha256(str(number).encode())
        .hexdigest()
        .translate(str.maketrans("0123456789", "ghijklmnop"))
    )
    return "maybe " + " ".join(letters[n : n + 8] for n in range(0, 64, 8))


REF = re.compile(r'<li class="item" id="c([0-9a-f]{32})" data-ref="([^"]+)"')
JSON = {"Accept": "application/json"}


class Desk:
    """Sites, and a browser in which a moderator of all of them is signed in."""

    def __init__(self, client, conn):
        self.client, self.conn = client, conn
        self.app = client.app
        self.browser = None
        self.number = 0

    async def site(self, name="blatt"):
        await factories.issue(self.conn, name=name, url=f"https://{name}.example")
        await until(lambda: self.app[DIRECTORY].site(name))
        return self.app[DIRECTORY].site(name)

    async def comment(self, text="maybe so", site="blatt", **fields):
        """Taken in and judged: ``maybe`` is held, ``spam`` rejected, all else approved."""
        # Many from one address would be a flood, which weighs.
        self.number += 1
        fields = {"address": f"2001:db8:{self.number:x}::1", **fields}
        known = self.app[DIRECTORY].site(site)
        receipt = await self.app[INTAKE].submit(factories.comment(text=text, **fields), known, None)
        return receipt.id

    async def page(self, query=""):
        return (await self.browser.get(f"/review{query}")).page

    async def refs(self, query=""):
        """Reference by id, in the order of the page."""
        return dict(REF.findall(await self.page(query)))

    async def decide(self, choice, *refs, browser=None, **fields):
        form = [("decision", choice), *fields.items(), *(("item", ref) for ref in refs)]
        return await self.send("/review/decide", form, browser)

    async def undo(self, batch, browser=None, **fields):
        return await self.send("/review/undo", [("batch", batch), *fields.items()], browser)

    async def send(self, path, form, browser=None):
        browser = browser or self.browser
        self.client.session.cookie_jar.clear()
        async with self.client.post(
            path,
            data=[("csrf", browser.csrf), *form],
            headers=JSON,
            cookies=browser.cookies,
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def state(self, comment_id):
        return await self.conn.fetchval(
            "SELECT coalesce(decision, action) FROM comments WHERE id = $1", comment_id
        )

    async def labels(self, comment_id):
        rows = await self.conn.fetch(
            "SELECT label FROM labels WHERE comment_id = $1 ORDER BY id", comment_id
        )
        return [row["label"] for row in rows]


async def desk(client, conn, *sites):
    made = Desk(client, conn)
    for name in sites or ("blatt",):
        await made.site(name)
    made.browser = await signed_in(client, conn, "mia")
    await made.browser.get("/review")
    return made
