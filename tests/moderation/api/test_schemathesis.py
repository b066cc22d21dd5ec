"""The served description holds what it promises, and the service what is described."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from moderation.akismet.access import WRONG_KEYS

EXAMPLES = 40
PHASES = "examples,coverage,fuzzing,stateful"
HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture
async def tolerant(caller):
    """Schemathesis leaves credentials out hundreds of times, from one address."""
    caller.app[WRONG_KEYS]._most = 1_000_000
    return caller


async def test_schemathesis_finds_nothing_that_contradicts_the_description(tolerant, tmp_path):
    url = tolerant.client.make_url("/openapi.json")
    process = await asyncio.create_subprocess_exec(
        *(SCHEMATHESIS, "--config-file", HERE / "schemathesis.toml", "run", str(url)),
        *("--header", f"Authorization: Bearer {tolerant.reader}"),
        *("--phases", PHASES, "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"),
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "ndjson_hooks.py")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()

    assert process.returncode == 0, said.decode()
    assert b"No issues found" in said
