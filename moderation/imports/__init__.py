"""A first import: what a blog had before it was connected, so that nobody starts as a stranger.

Comments come in under their own dates, with what the blog had decided and what the model would have
said; its spam folder as labels; its authors as known.  To read another format, write a module with
a ``read`` function (see ``records.Format``) and enter it in ``FORMATS``.
"""

from collections.abc import Mapping
from typing import BinaryIO

from moderation.imports import jsonl, wxr
from moderation.imports.records import BrokenFile, Format, Found, Record, Unreadable
from moderation.imports.taking import Batch, Terms, batches, take

__all__ = [
    "FORMATS",
    "Batch",
    "BrokenFile",
    "Found",
    "Record",
    "Terms",
    "Unreadable",
    "batches",
    "format_of",
    "take",
]

FORMATS: Mapping[str, Format] = {
    "wxr": Format("comment", wxr.read),
    "jsonl": Format("line", jsonl.read),
}


def format_of(file: BinaryIO) -> str:
    """The name of the format, by the first sign that is no space; ``file`` stays at its start."""
    beginning = file.read(64)
    file.seek(0)
    return "jsonl" if beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" else "wxr"
