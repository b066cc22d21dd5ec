"""Endpoints on this machine: one that notes what it is told, and ones that misbehave."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import web


class Told(NamedTuple):
    headers: dict
    body: bytes

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def event(self):
        return json.loads(self.body)


class Sink:
    """Answers each request with the next of ``answers``, then 204 for ever."""

    def __init__(self):
        self.told = []
        self.answers = []

    async def answer(self, request):
        self.told.append(Told(dict(request.headers), await request.read()))
        if self.answers:
            answer = self.answers.pop(0)
            return answer if isinstance(answer, web.Response) else await answer(request)
        return web.Response(status=204)

    @asynccontextmanager
    async def serving(self):
        """Its address, while it listens."""
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self.url
        finally:
            await runner.cleanup()


@asynccontextmanager
async def raw(talk):
    """The address of a server that is nothing but ``talk(reader, writer)``."""

    async def connected(reader, writer):
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    finally:
        server.close()
        await server.wait_closed()
