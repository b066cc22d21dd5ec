"""The client believes no server: whatever is wrong with an answer ends the benchmark."""

import asyncio
import os
import subprocess
import sys
from itertools import count

import pytest
from aiohttp import web

from benchmarks import load, service
from benchmarks.load import Plan, WrongAnswer


@pytest.fixture
async def serve(aiohttp_server):
    """A server that answers what the given function says."""

    async def start(answer):
        async def handler(request):
            await request.read()
            return answer()

        app = web.Application()
        app.router.add_post("/1.1/comment-check", handler)
        return await aiohttp_server(app, host="127.0.0.1")

    return start


async def outcome(server):
    plan = Plan(server.port, service.NO_KEY, seed=1, count=40, connections=4)
    return await asyncio.to_thread(load.ask, plan)


async def test_every_request_is_answered_and_counted(serve):
    numbers = count()
    server = await serve(
        lambda: web.Response(text="true", headers={"X-akismet-guid": str(next(numbers))})
    )

    found = await outcome(server)

    assert found.requests == found.spam == next(numbers) == 40
    assert 0 < found.p50 <= found.p99 <= found.longest


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="invalid", headers={"X-akismet-guid": os.urandom(8).hex()}),
        lambda: web.Response(text="true\n", headers={"X-akismet-guid": os.urandom(8).hex()}),
        lambda: web.Response(text="true", status=503),
        lambda: web.Response(text="true"),
        lambda: web.Response(text="true", headers={"X-akismet-guid": "the same"}),
    ],
    ids=["another body", "a line end", "an error", "no guid", "a repeated guid"],
)
async def test_a_wrong_answer_is_refused(serve, answer):
    server = await serve(answer)

    with pytest.raises(WrongAnswer):
        await outcome(server)


async def test_a_connection_that_ends_without_an_answer_is_refused(serve):
    def hang_up():
        response = web.Response(text="true", headers={"X-akismet-guid": os.urandom(8).hex()})
        response.force_close()
        return response

    server = await serve(hang_up)

    with pytest.raises(WrongAnswer):
        await outcome(server)


def test_cpu_of_a_tree_includes_children_that_are_gone():
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]);"
    parent += "print('done', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        process.stdout.readline()

        used = service.cpu_seconds(process.pid)

        assert used >= 0.25
    finally:
        process.communicate()
