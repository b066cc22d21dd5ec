"""The rows of an export, chunk by chunk: memory stays the same however many there are."""

from collections.abc import AsyncIterator

from consent.export import store
from consent.export.recording import Export
from consent.export.store import CHUNK, COLUMNS, Chunk
from service.db import Connection

HEADER = ",".join(COLUMNS) + "\r\n"


async def csv(conn: Connection, export: Export) -> AsyncIterator[str]:
    """The table, its head first."""
    yield HEADER
    async for chunk in chunks(conn, export, "csv"):
        yield chunk.text


async def jsonl(conn: Connection, export: Export) -> AsyncIterator[str]:
    """The leaves, byte for byte, a line each."""
    async for chunk in chunks(conn, export, "jsonl"):
        yield chunk.text


async def chunks(conn: Connection, export: Export, form: str) -> AsyncIterator[Chunk]:
    """Also of entries that are not wanted there is a chunk, without text: for progress."""
    read = store.table if form == "csv" else store.lines
    for start in range(0, export.size, CHUNK):
        span = (start, min(start + CHUNK, export.size))
        yield await read(conn, export.site.id, export.epoch, span, export.wanted)
