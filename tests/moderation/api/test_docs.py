"""``/openapi.json`` and ``/docs``: complete, offline, and under a strict policy."""

import asyncio
import hashlib
import re
import shutil
from pathlib import Path

import jsonschema_rs
import pytest

from moderation.api import pages
from moderation.api.operations import OPERATIONS
from tests.conftest import missing

FOLDER = Path(pages.__file__).parent / "docs"


async def test_every_operation_is_described(caller):
    document = (await caller.call("GET", "/openapi.json", credential="")).body

    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert document["openapi"] == "3.1.0"
    assert described == {(made.method, made.path) for made in OPERATIONS}
    names = [op["operationId"] for methods in document["paths"].values() for op in methods.values()]
    assert len(set(names)) == len(names)


async def test_every_reference_in_the_description_leads_somewhere(caller):
    answer = await caller.call("GET", "/openapi.json")

    named = set(re.findall(r"'#/components/schemas/(\w+)'", str(answer.body)))
    assert named == set(answer.body["components"]["schemas"])


async def test_the_schemas_are_valid(caller):
    answer = await caller.call("GET", "/openapi.json")

    for schema in answer.body["components"]["schemas"].values():
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


@pytest.mark.parametrize("name", ["", *(f"/{name}" for name in pages.KINDS)])
async def test_every_file_of_the_page_is_served_under_the_policy(caller, name):
    answer = await caller.call("GET", f"/docs{name}", credential="")

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", ["VENDORED.md", "..%2ftypes.py", "%2e%2e/types.py", "nothing"])
async def test_nothing_else_of_the_folder_is_served(caller, name):
    answer = await caller.call("GET", f"/docs/{name}")

    assert answer.status == 404


def test_the_page_has_no_inline_script_or_style_and_no_other_address():
    page = (FOLDER / "index.html").read_text("utf-8")

    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page)
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href)="([^"]*)"', page))
    assert "http" not in (FOLDER / "init.js").read_text("utf-8")


def test_the_vendored_files_are_those_that_were_published():
    noted = re.findall(
        r"^([0-9a-f]{64})  (\S+)$", (FOLDER / "VENDORED.md").read_text("utf-8"), re.MULTILINE
    )

    assert {name for _, name in noted} >= {"swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"}
    for digest, name in noted:
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


CHROMIUM = shutil.which("chromium")
QUIETLY = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=10000"),
)


async def test_a_browser_shows_every_operation_and_refuses_nothing(caller, tmp_path):
    if CHROMIUM is None:
        missing("chromium is not installed")
    url = str(caller.client.make_url("/docs"))
    process = await asyncio.create_subprocess_exec(
        *(CHROMIUM, *QUIETLY, f"--user-data-dir={tmp_path}", "--dump-dom", url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    page, said = (part.decode() for part in await process.communicate())

    shown = set(re.findall(r'class="opblock-summary-path" data-path="([^"]+)"', page))
    assert shown == {made.path for made in OPERATIONS}
    assert "Content Security Policy" not in said
    assert ":CONSOLE" not in said
