"""Bodies as lines, however they are cut on their way."""

import asyncio
import itertools

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from hypothesis import given
from hypothesis import strategies as st

from moderation.api.lines import NoLine, read_lines


def stream(loop):
    """What a connection feeds, without one."""
    protocol = BaseProtocol(loop)
    protocol.connection_made(asyncio.Transport())
    return StreamReader(protocol, 2**16, loop=loop)


async def read(chunks, **limits):
    content = stream(asyncio.get_running_loop())
    found = []

    async def feed():
        for chunk in chunks:
            content.feed_data(chunk)
            await asyncio.sleep(0)
        content.feed_eof()

    feeding = asyncio.create_task(feed())
    async for lines in read_lines(content, **limits):
        found += lines
    await feeding
    return found


@given(
    st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b" ")), max_size=6), st.data()
)
def test_lines_are_the_same_however_they_are_cut(lines, data):
    body = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    edges = [0, *cuts, len(body)]
    chunks = [body[start:end] for start, end in itertools.pairwise(edges) if start < end]

    assert asyncio.run(read(chunks)) == lines


async def test_the_last_line_needs_no_end():
    assert await read([b"a\nb"]) == [b"a", b"b"]


async def test_no_bytes_are_no_line():
    assert await read([]) == []


@pytest.mark.parametrize("size", [1, 3, 100])
async def test_a_line_that_is_too_long_leaves_a_gap_and_no_more(size):
    body = b"a\n" + b"x" * 50 + b"\nb\n"
    chunks = [body[start : start + size] for start in range(0, len(body), size)]

    assert await read(chunks, limit=10) == [b"a", None, b"b"]


async def test_a_last_line_that_is_too_long_leaves_a_gap():
    assert await read([b"a\n", b"x" * 50, b"x" * 50], limit=10) == [b"a", None]


async def test_a_sender_who_stops_within_a_line_is_not_waited_for():
    content = stream(asyncio.get_running_loop())
    content.feed_data(b'{"text"')

    with pytest.raises(NoLine):
        async for _ in read_lines(content, patience=0.01):
            pass


async def test_a_sender_who_drips_is_not_waited_for():
    """A byte now and then keeps no connection alive: whole lines count."""
    content = stream(asyncio.get_running_loop())

    async def drip():
        while True:
            content.feed_data(b"x")
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(drip())
    with pytest.raises(NoLine):
        async for _ in read_lines(content, patience=0.1):
            pass
    dripping.cancel()


async def test_what_the_reader_takes_does_not_count():
    content = stream(asyncio.get_running_loop())
    content.feed_data(b"a\n")
    found = []

    async for lines in read_lines(content, patience=0.05):
        found += lines
        if found == [b"a"]:
            await asyncio.sleep(0.1)
            content.feed_data(b"b\n")
        else:
            content.feed_eof()

    assert found == [b"a", b"b"]
