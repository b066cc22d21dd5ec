"""The rows of an export, chunk by chunk: memory stays the same however many there are.

While one chunk is put into words and written, the database reads the next.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, TypeAlias, TypeVar

from consent.export import store, table
from consent.export.recording import Export
from consent.export.store import CHUNK, Chunk
from service.db import Connection

T = TypeVar("T")
Span: TypeAlias = tuple[int, int]
Read: TypeAlias = Callable[[Span], Coroutine[Any, Any, T]]


async def csv(conn: Connection, export: Export) -> AsyncGenerator[str, None]:
    """The table, its head first.  Nobody else may use ``conn`` meanwhile."""
    yield table.header()
    async with aclosing(_ahead(export, partial(_read_rows, conn, export))) as found:
        async for rows in found:
            yield await asyncio.to_thread(table.render, rows)


async def jsonl(conn: Connection, export: Export) -> AsyncGenerator[str, None]:
    """The leaves, byte for byte, a line each.  Nobody else may use ``conn`` meanwhile."""
    async with aclosing(_ahead(export, partial(_read_lines, conn, export))) as found:
        async for chunk in found:
            yield chunk.text


async def chunks(conn: Connection, export: Export) -> AsyncGenerator[Chunk, None]:
    """The leaves with their indexes; also of a span without entries that are wanted."""
    for span in _spans(export):
        yield await _read_lines(conn, export, span)


async def _read_rows(conn: Connection, export: Export, span: Span) -> Sequence[table.Row]:
    return await store.rows(conn, export.site.id, export.epoch, span, export.wanted)


async def _read_lines(conn: Connection, export: Export, span: Span) -> Chunk:
    return await store.lines(conn, export.site.id, export.epoch, span, export.wanted)


def _spans(export: Export) -> list[Span]:
    return [(start, min(start + CHUNK, export.size)) for start in range(0, export.size, CHUNK)]


async def _ahead(export: Export, read: Read[T]) -> AsyncGenerator[T, None]:
    """What ``read`` gives for each span, one of them always under way."""
    spans = iter(_spans(export))
    reading = _begun(read, spans)
    try:
        while reading is not None:
            found = await reading
            reading = _begun(read, spans)
            yield found
    finally:
        if reading is not None:
            # Whoever stops half-way gets the connection back idle.
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


def _begun(read: Read[T], spans: Iterator[Span]) -> "asyncio.Task[T] | None":
    span = next(spans, None)
    return None if span is None else asyncio.create_task(read(span))
