"""A program that speaks the JSON API."""

import io
import json
from typing import NamedTuple

SPAM, DOUBT, HAM = "spam, surely", "maybe so", "a fine article"
PROBLEM = "application/problem+json"


class Answer(NamedTuple):
    status: int
    body: object
    headers: dict

    @property
    def code(self):
        """The last part of a problem's type."""
        assert self.headers["Content-Type"] == PROBLEM, self
        assert self.body["status"] == self.status
        return self.body["type"].removeprefix("urn:gatehouse:")


class Caller:
    """``key`` goes along where it may write, ``reader`` with every GET, unless a call says else."""

    def __init__(self, client, conn, app, key, reader):
        self.client = client
        self.conn = conn
        self.app = app
        self.key = key
        self.reader = reader

    async def call(self, method, path, body=None, *, credential=None, headers=None, **query):
        if credential is None:
            credential = self.reader if method == "GET" else self.key
        sent = {"Authorization": f"Bearer {credential}", **(headers or {})}
        if not credential:
            del sent["Authorization"]
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        if isinstance(body, bytes):
            body = io.BytesIO(body)  # which aiohttp sends in pieces
        async with self.client.request(
            method, path, data=body, headers=sent, params=query
        ) as response:
            raw = await response.read()
            kind = response.headers.get("Content-Type", "")
            value = json.loads(raw) if "json" in kind and "ndjson" not in kind else raw
            return Answer(response.status, value, response.headers)

    async def judge(self, text=HAM, *, headers=None, query=None, **fields):
        comment = {
            "text": text,
            "author": "Erika",
            "email": "erika@example.com",
            "address": "203.0.113.7",
            "permalink": "https://blatt.example/post/",
            **fields,
        }
        return await self.call("POST", "/v1/comments", comment, headers=headers, **(query or {}))

    async def batch(self, body, **query):
        """Send lines (bytes, or an iterator of bytes); the answers as objects."""
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/x-ndjson",
        }
        async with self.client.post(
            "/v1/comments:batch", data=body, headers=headers, params=query
        ) as response:
            assert response.status == 200, await response.text()
            return [json.loads(line) async for line in response.content]

    async def rows(self, table, order="id"):
        return await self.conn.fetch(f"SELECT * FROM {table} ORDER BY {order}")
