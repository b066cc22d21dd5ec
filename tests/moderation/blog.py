"""A blog that speaks Akismet's protocol with a running service."""

import io
from typing import NamedTuple
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
GUID = "X-akismet-guid"
SPAM, DOUBT, HAM = "spam, surely", "maybe so", "a fine article"


class Answer(NamedTuple):
    status: int
    body: str
    headers: dict


class Blog:
    """Calls endpoints as clients do; ``key`` goes along as ``api_key`` unless a field says else."""

    def __init__(self, client, conn, app, key):
        self.client = client
        self.conn = conn
        self.app = app
        self.key = key

    async def call(self, path, method="POST", headers=None, **fields):
        sent = urlencode({"api_key": self.key, **fields})
        if method == "GET":
            return await self.send("GET", f"{path}?{sent}", headers=headers)
        return await self.send(
            method, path, sent.encode(), {"Content-Type": FORM, **(headers or {})}
        )

    async def send(self, method, path, body=None, headers=None):
        if isinstance(body, bytes):
            body = io.BytesIO(body)  # which aiohttp sends in pieces
        async with self.client.request(method, path, data=body, headers=headers) as response:
            return Answer(response.status, await response.text(), response.headers)

    async def check(self, text=HAM, **fields):
        return await self.call("/1.1/comment-check", **self._comment(text, fields))

    async def report(self, label, text=HAM, **fields):
        return await self.call(f"/1.1/submit-{label}", **self._comment(text, fields))

    def _comment(self, text, fields):
        return {
            "blog": "https://blatt.example",
            "user_ip": "203.0.113.7",
            "comment_author": "Erika",
            "comment_author_email": "erika@example.com",
            "permalink": "https://blatt.example/post/",
            "comment_content": text,
            **fields,
        }

    async def rows(self, table, order="id"):
        return await self.conn.fetch(f"SELECT * FROM {table} ORDER BY {order}")

    async def sums(self):
        """The statistics as one row: calls, spam, ham, missed_spam, false_positives."""
        row = await self.conn.fetchrow(
            "SELECT sum(calls)::int, sum(spam)::int, sum(ham)::int, sum(missed_spam)::int,"
            " sum(false_positives)::int FROM daily_counts"
        )
        return tuple(row)
