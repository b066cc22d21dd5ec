"""Notices over HTTP, and on the command line."""

import asyncio
import hashlib
import json

import pytest

from consent.notices import tokens
from service.tokens import Scope
from service.tokens import administration as token_administration
from tests import factories
from tests.consent import notice_factory
from tests.consent.notice_factory import publish
from tests.running import gatehouse


@pytest.fixture
async def site(conn):
    return await factories.site(conn)


@pytest.fixture
async def headers(conn, site):
    """By which a program may read and publish."""
    token = await token_administration.add(
        conn,
        factories.SECRETS,
        name="tests",
        scopes={Scope.CONSENT_READ, Scope.CONSENT_WRITE},
        site=site.name,
    )
    return {"Authorization": f"Bearer {token.value}"}


async def test_a_notice_is_served_for_ever_under_its_digest(conn, site, client):
    edition = await publish(conn, site)

    async with client.get(f"/consent/{site.name}/notices/{edition.sha256}") as response:
        body = await response.read()

    assert hashlib.sha256(body).hexdigest() == edition.sha256
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_the_notice_in_force_comes_with_a_token_for_it(conn, site, client):
    edition = await publish(conn, site)

    async with client.get(
        f"/consent/{site.name}/current?kind=cookie&lang=ru-RU",
        headers={"Origin": "https://www.blatt.example"},
    ) as response:
        body = await response.json()

    assert body["notice"] == edition.sha256
    assert body["lang"] == "ru"
    assert body["document"] == json.loads(edition.document)
    assert tokens.read(site, body["token"]).language == "ru"
    assert response.headers["Access-Control-Allow-Origin"] == "https://www.blatt.example"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://blatt.example.evil.example", "http://["]
)
async def test_other_pages_get_no_token(conn, site, client, origin):
    await publish(conn, site)

    async with client.get(f"/consent/{site.name}/current", headers={"Origin": origin}) as response:
        assert response.status == 403
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/consent/nobody/current", 404),
        ("/consent/blatt/current?kind=terms", 404),
        ("/consent/blatt/current?kind=other", 400),
        (f"/consent/blatt/notices/{'0' * 64}", 404),
        ("/consent/blatt/notices/short", 404),
    ],
)
async def test_what_is_not_there_is_said_to_be_missing(site, client, path, status):
    async with client.get(path) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"


async def test_a_program_publishes_and_every_process_knows(headers, client):
    raw = notice_factory.raw()

    async with client.post("/v1/notices", data=raw, headers=headers) as response:
        made = await response.json()
        assert response.status == 201
    async with client.get("/v1/notices", headers=headers) as response:
        assert (await response.json())["notices"] == [made]
    await until_served(client, f"/consent/blatt/notices/{made['sha256']}")


async def until_served(client, path):
    async with asyncio.timeout(60):
        while True:
            async with client.get(path) as response:
                if response.status == 200:
                    return
            await asyncio.sleep(0.05)


async def test_a_refused_notice_hears_why(headers, client):
    async with client.post(
        "/v1/notices", data=notice_factory.raw(validity="P9Y"), headers=headers
    ) as response:
        assert response.status == 422
        assert "two years" in (await response.json())["detail"]


@pytest.fixture
async def key(conn):
    return await factories.issue(conn, name="other")


async def test_a_site_key_publishes_nothing(key, client):
    async with client.post(
        "/v1/notices", data=b"{}", headers={"Authorization": f"Bearer {key}"}
    ) as response:
        assert response.status == 403


def test_a_notice_is_drafted_published_and_listed_by_command(tmp_path, dsn):
    database = {"database_url": dsn, "secret_key": factories.MASTER_KEY}
    gatehouse(tmp_path, "site", "add", "https://blatt.example", "--name", "blatt", **database)
    draft = gatehouse(tmp_path, "consent", "notice", "draft", "--kind", "cookie", **database)
    value = json.loads(draft.stdout)
    value["controller"].update(notice_factory.CONTROLLER)

    command = ("consent", "notice", "publish", "-", "--site", "blatt")
    refused = gatehouse(tmp_path, *command, text=draft.stdout, **database)
    done = gatehouse(tmp_path, *command, "--json", text=json.dumps(value), **database)
    again = gatehouse(tmp_path, *command, "--json", text=json.dumps(value), **database)
    listed = gatehouse(tmp_path, "consent", "notice", "list", "--site", "blatt", **database)

    assert refused.returncode == 1
    assert "needs name, address and contact" in refused.stderr
    assert json.loads(done.stdout)["sha256"] in listed.stdout
    assert again.stdout == done.stdout
