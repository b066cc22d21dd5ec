"""The description of the API: every route of consent, and schemathesis finds it true."""

import asyncio
import re
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from consent import described, endpoints
from consent.events.limits import LIMIT
from service.tokens import Scope
from service.tokens import administration as token_administration
from tests import factories
from tests.consent.ledger.conftest import choice, edition, ledger, site

HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PATHS = "^/(v1/consent|v1/notices|consent/)"

__all__ = ["choice", "edition", "ledger", "site"]


def described_paths():
    return {(each.method, each.path) for each in described.OPERATIONS}


def served_paths():
    """Of all that is no page for people behind a sign-in."""
    for route in endpoints.routes:
        path = re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", route.path)
        if route.method != "OPTIONS" and path.startswith(("/v1/", "/consent/")):
            yield route.method, path.replace("/{path}", "/{tile}")


def test_every_route_is_described_and_no_other():
    assert set(served_paths()) == described_paths()


async def test_the_description_is_whole(client):
    document = await (await client.get("/openapi.json")).json()

    schemas = document["components"]["schemas"]
    named = set(re.findall(r"'#/components/schemas/(\w+)'", str(document)))
    names = [op["operationId"] for item in document["paths"].values() for op in item.values()]
    assert {path for _, path in described_paths()} <= document["paths"].keys()
    assert named == schemas.keys()
    assert len(set(names)) == len(names)
    for schema in schemas.values():
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


@pytest.fixture
async def token(conn, site):
    new = await token_administration.add(
        conn, factories.SECRETS, name="test", scopes=tuple(Scope), site=site.name
    )
    return new.value


async def test_schemathesis_finds_nothing_that_contradicts_the_description(
    site, ledger, choice, token, client, tmp_path, monkeypatch
):
    await ledger.append(site, choice("statistics"))
    monkeypatch.setattr(client.app[LIMIT], "most", 1_000_000)
    process = await asyncio.create_subprocess_exec(
        *(SCHEMATHESIS, "--config-file", HERE / "schemathesis.toml", "run"),
        *(str(client.make_url("/openapi.json")), "--include-path-regex", PATHS),
        *("--header", f"Authorization: Bearer {token}"),
        *("--phases", "coverage,fuzzing", "--max-examples", "3", "--seed", "1", "--no-color"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()

    assert process.returncode == 0, said.decode()
    assert f"Tested: {len(described.OPERATIONS)}\n".encode() in said
