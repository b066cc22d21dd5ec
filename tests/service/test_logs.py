import asyncio
import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime

import asyncpg
import pytest
import structlog

from service import logs
from service.logs import Output, drop_personal
from tests.waiting import until

NEEDLE = "needle@personal.example"


@pytest.fixture
def configured():
    """Our log, written where the test can read it, for as long as the test runs."""
    before = logging.root.handlers[:], logging.root.level
    file = io.BytesIO()
    output = logs.configure("info", file)
    yield lambda: read(output, file)
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = before


def read(output, file):
    output.flush()
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_and_level(configured, frozen_clock):
    structlog.get_logger().info("thing.happened", count=3)

    assert configured() == [
        {
            "event": "thing.happened",
            "level": "info",
            "count": 3,
            "time": frozen_clock().isoformat(),
        }
    ]


def test_what_is_below_the_level_is_not_written(configured):
    structlog.get_logger().debug("thing.happened")

    assert configured() == []


def test_personal_fields_lose_their_value():
    event = {"event": "x.happened", "email": NEEDLE, "comment_id": "1"}

    assert drop_personal(None, "info", event) == {
        "event": "x.happened",
        "email": "REDACTED",
        "comment_id": "1",
    }


def quote():
    secret = NEEDLE  # a local, which no traceback may show
    raise ValueError(f"cannot read {secret}")


def test_an_error_shows_its_class_and_place_and_never_what_it_says(configured):
    try:
        try:
            quote()
        except ValueError as error:
            raise RuntimeError(NEEDLE) from error
    except RuntimeError:
        structlog.get_logger().exception("thing.failed")

    (line,) = configured()
    assert [error["error"] for error in line["errors"]] == ["RuntimeError", "ValueError"]
    assert line["errors"][1]["frames"][-1].endswith(" quote")
    assert NEEDLE not in json.dumps(line)


async def test_a_database_error_names_the_constraint_and_not_the_row(configured, conn):
    insert = (
        "INSERT INTO sites (name, url, language, pepper_sealed) VALUES ('Needle', 'x', 'de', '')"
    )
    try:
        await conn.execute(insert)
    except asyncpg.CheckViolationError:
        structlog.get_logger().exception("thing.failed")

    (line,) = configured()
    assert line["errors"][0]["constraint_name"] == "site_names_fit_in_urls"
    assert "Needle" not in json.dumps(line)


def test_an_object_is_written_as_its_class(configured):
    class Comment:
        def __repr__(self):
            return NEEDLE

    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    structlog.get_logger().info("thing.happened", thing=Comment(), at=new_year)

    (line,) = configured()
    assert (line["thing"], line["at"]) == ("Comment", "2026-01-01T00:00:00+00:00")


def test_other_libraries_are_heard_without_their_words(configured):
    try:
        quote()
    except ValueError:
        logging.getLogger("aiohttp.server").exception("Error handling %s", NEEDLE)

    (line,) = configured()
    assert (line["event"], line["logger"]) == ("library.spoke", "aiohttp.server")
    assert line["errors"][0]["error"] == "ValueError"
    assert NEEDLE not in json.dumps(line)


class File(io.BytesIO):
    """Counts how often it is written to."""

    writes = 0

    def write(self, data):
        self.writes += bool(data)
        return super().write(data)


async def test_lines_gather_and_are_written_together():
    file = File()
    output = Output(file)

    for n in range(100):
        output.info(b"%d\n" % n)
    assert file.writes == 0
    await until(lambda: file.writes)

    assert file.writes == 1
    assert len(file.getvalue().splitlines()) == 100


async def test_a_warning_waits_for_nobody():
    file = File()
    output = Output(file)

    output.info(b"before\n")
    output.warning(b"now\n")

    assert file.getvalue() == b"before\nnow\n"


async def test_a_full_buffer_is_written():
    file = File()
    output = Output(file)

    output.info(b"x" * logs.BUFFER_BYTES)

    assert file.writes == 1


def test_without_a_loop_nothing_is_held_back():
    file = File()

    Output(file).info(b"now\n")

    assert file.getvalue() == b"now\n"


async def test_lines_of_a_later_loop_are_written_too():
    file = File()
    output = Output(file)

    async def speak():
        output.info(b"line\n")

    await asyncio.to_thread(asyncio.run, speak())  # that loop is gone before its timer
    output.info(b"another\n")
    await until(lambda: file.getvalue() == b"line\nanother\n")


def test_a_reader_that_went_away_takes_nothing_along():
    class Gone(io.BytesIO):
        def write(self, _):
            raise BrokenPipeError

    Output(Gone()).warning(b"anybody?\n")


def test_what_is_buffered_is_written_at_the_end():
    program = (
        "import asyncio, structlog\n"
        "from service import logs\n"
        "logs.configure('info')\n"
        "async def main():\n"
        "    structlog.get_logger().info('thing.happened')\n"
        "asyncio.run(main())\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert json.loads(done.stdout)["event"] == "thing.happened"
