"""WordPress's REST API of comments and the Akismet plugin's webhook, as they were observed."""

import base64
from contextlib import asynccontextmanager

from aiohttp import web

from tests.service.outbox.sink import Sink

USER, PASSWORD = "guard", "abcd EFGH ijkl MNOP"
KNOWN = {"approved", "hold", "spam", "trash"}
OURS = "198.51.100.77"


class WordPress(Sink):
    """Keeps ``comments`` by number; ``changes`` are what the API was asked for."""

    def __init__(self):
        super().__init__()
        self.comments = {}
        self.guids = {}
        self.key = ""
        self.changes = []
        self.queries = []
        self.stubborn = False  # answers 200 and changes nothing, as it does to what it cannot read
        self.webhooks = []

    def add(self, number, text, **fields):
        self.comments[number] = {
            "id": number,
            "status": "approved",
            "author_name": "Ada Lovelace",
            "author_ip": "192.0.2.1",
            "author_user_agent": "Browser",
            "content": {"raw": text, "rendered": f"<p>{text}</p>"},
            "date_gmt": "2026-03-01T12:00:00",
            **fields,
        }

    async def answer(self, request):
        path = request.query.get("rest_route", request.path.removeprefix("/wp-json"))
        if path == "/akismet/v1/webhook":
            return await self._webhook(request)
        if request.headers.get("Authorization") != self._right():
            return web.json_response({"code": "rest_not_logged_in"}, status=401)
        number = path.removeprefix("/wp/v2/comments").strip("/")
        if not number:
            return self._list(request)
        if int(number) not in self.comments:
            return web.json_response({"code": "rest_comment_invalid_id"}, status=404)
        comment = self.comments[int(number)]
        if request.method == "POST":
            self._change(comment, await request.json(), request.headers)
        return web.json_response(comment)

    def _right(self):
        return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def _list(self, request):
        self.queries.append(dict(request.query))
        assert request.query["status"] == "any"
        page, size = int(request.query["page"]), int(request.query["per_page"])
        found = sorted(self.comments.values(), key=lambda each: -each["id"])
        return web.json_response(found[(page - 1) * size : page * size])

    def _change(self, comment, change, headers):
        self.changes.append((change, headers.get("X-Akismet-Webhook")))
        comment["author_ip"] = change.get("author_ip", OURS)
        comment["author_user_agent"] = (
            change.get("author_user_agent") or headers.get("User-Agent") or ""
        )
        if change["status"] in KNOWN and not self.stubborn:
            comment["status"] = change["status"]

    async def _webhook(self, request):
        sent = await request.json()
        self.webhooks.append(sent)
        if sent["key"] != self.key:
            return web.json_response({"code": "rest_invalid_key"}, status=401)
        answers = {}
        for each in sent["comments"]:
            number = self.guids.get(each["guid"])
            if number is None:
                answers[each["guid"]] = {
                    "status": "error",
                    "message": "Could not find matching comment.",
                }
            else:
                status = "spam" if each["result"] == "true" else "approved"
                self.comments[number]["status"] = status
                answers[each["guid"]] = {"status": "success"}
        return web.json_response({"comments": answers})


@asynccontextmanager
async def serving():
    blog = WordPress()
    async with blog.serving():
        yield blog
