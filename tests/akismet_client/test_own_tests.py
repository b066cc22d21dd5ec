"""The PyPI package ``akismet`` brings 26 tests for the real Akismet; the service passes them."""

import asyncio
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent


async def test_the_clients_own_end_to_end_tests_pass(blog, own_tests):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-p", "pointed_here", "tests/end_to_end"),
        cwd=own_tests,
        env={
            **os.environ,
            "PYTHONPATH": str(HERE),
            "PYTEST_ADDOPTS": "",
            "PYTHON_AKISMET_API_KEY": blog.key,
            "PYTHON_AKISMET_BLOG_URL": "https://blatt.example",
            "PYTHON_AKISMET_TIMEOUT": "30",  # a test of what is answered, not of how fast
            "GATEHOUSE_TEST_AKISMET_URL": str(blog.client.make_url("")).rstrip("/"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()

    assert process.returncode == 0, output.decode()
    assert re.search(rb"\b26 passed\b", output), output.decode()
    assert not re.search(rb"\b\d+ (skipped|failed|error)", output), output.decode()
