"""The commands of endpoints and deliveries, and the programs that send: as operators use them."""

import asyncio
import json
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tests import factories
from tests.running import ROOT, Service, environment, gatehouse
from tests.waiting import until


@pytest.fixture
def run(dsn, tmp_path):
    """Runs a command; its answer, read if it is JSON."""

    async def run(*arguments, code=0):
        done = await asyncio.to_thread(
            *(gatehouse, tmp_path / "data", *arguments),
            database_url=dsn,
            secret_key=factories.MASTER_KEY,
        )
        assert done.returncode == code, done.stderr
        text = done.stdout if code == 0 else done.stderr
        return json.loads(text) if "--json" in arguments and code == 0 else text.strip()

    return run


async def test_what_a_service_judges_its_endpoint_hears_and_a_worker_sends_once_more(
    run, dsn, tmp_path, sink
):
    key = await run("site", "add", "http://127.0.0.1:1", "--name", "blatt", "--private")
    new = await run("endpoint", "add", "blatt", sink.url, "--private", "--json")
    given = {"database_url": dsn, "secret_key": factories.MASTER_KEY}
    service = Service(tmp_path / "data", **given)
    form = {"api_key": key, "blog": "http://127.0.0.1:1", "user_ip": "203.0.113.7"}
    await asyncio.to_thread(service.__enter__)
    try:
        sink.answers = [web.Response(status=410)]
        await asyncio.to_thread(service.post, "/1.1/comment-check", urlencode(form).encode())
        await until(lambda: len(sink.told) == 1)
    finally:
        await asyncio.to_thread(service.__exit__)

    assert Webhook(new["secret"]).verify(sink.told[0].body, sink.told[0].headers)
    (row,) = await run("deliveries", "list", "blatt", "--state", "given-up", "--json")
    assert (row["error"], row["endpoint"]) == ("HTTP 410", new["number"])
    assert "HTTP 410" in await run("endpoint", "list", "blatt")

    await run("endpoint", "set", "blatt", str(new["number"]), "--enabled", "yes")
    assert await run("deliveries", "replay", "blatt", "--error", "410", "--json") == {"replayed": 1}
    worker = subprocess.Popen(  # noqa: ASYNC220  (it is ended below)
        [sys.executable, "-m", "service", "worker"],
        env=environment(tmp_path / "data", **given),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        await until(lambda: len(sink.told) == 2)
    finally:
        worker.terminate()
        assert await asyncio.to_thread(worker.wait, 30) == 0

    assert sink.told[1].id == sink.told[0].id
    (row,) = await run("deliveries", "list", "blatt", "--json")
    assert row["state"] == "delivered"


async def test_mistakes_are_named_in_a_sentence(run):
    await run("site", "add", "https://blatt.example", "--name", "blatt")
    for arguments, sentence in (
        (("endpoint", "add", "blatt", "ftp://blatt.example"), "An endpoint needs an address"),
        (("endpoint", "add", "blatt", "http://127.0.0.1/"), "--private"),
        (("endpoint", "set", "blatt", "4711", "--private", "yes"), "no endpoint 4711"),
    ):
        assert sentence in await run(*arguments, code=1)
    assert "Name deliveries" in await run("deliveries", "replay", "blatt", code=2)
