"""Logging: one JSON object a line on standard output, and never a person in it.

What other libraries log comes through as ``library.spoke`` with its place in the code and without
its words, because their words quote requests and rows.
"""

import asyncio
import atexit
import logging
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from service import clock

PERSONAL = frozenset(
    {
        "text",
        "body",
        "email",
        "author",
        "author_email",
        "author_name",
        "ip",
        "address",
        "remote",
        "user_agent",
        "referrer",
        "key",
        "query",
    }
)
BUFFER_BYTES = 65_536
FLUSH_SECONDS = 0.2
CACHED = True  # a logger that was used keeps its settings: a third of the cost of a line
FRAMES = 20  # of a traceback, the innermost
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Output:
    """Lines gather until 64 kB, 0.2 s, a warning or the end of the process, whichever is first."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: list[bytes] = []
        self._bytes = 0
        self._lock = threading.Lock()
        self._scheduled_on: asyncio.AbstractEventLoop | None = None

    def debug(self, line: bytes) -> None:
        with self._lock:
            self._lines.append(line)
            self._bytes += len(line)
        if self._bytes >= BUFFER_BYTES:
            self.flush()
        else:
            self._flush_soon()

    info = debug

    def warning(self, line: bytes) -> None:
        with self._lock:
            self._lines.append(line)
        self.flush()

    error = critical = exception = warning

    def flush(self) -> None:
        # A reader that went away must not take the service along.
        with self._lock, suppress(OSError, ValueError):
            lines, self._lines, self._bytes = self._lines, [], 0
            self._file.write(b"".join(lines))
            self._file.flush()

    def _flush_soon(self) -> None:
        waiting = self._scheduled_on
        if waiting is not None and not waiting.is_closed():
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a thread beside the loop, or no loop at all
            self.flush()
            return
        self._scheduled_on = loop
        loop.call_later(FLUSH_SECONDS, self._flush_scheduled)

    def _flush_scheduled(self) -> None:
        self._scheduled_on = None
        self.flush()


class Library(logging.Handler):
    """Passes on that another library logged something, and where, but not what."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        place = f"{record.module}:{record.lineno}"
        speak = log.warning if record.levelno >= logging.WARNING else log.debug
        error = record.exc_info[1] if record.exc_info else None
        speak("library.spoke", logger=record.name, place=place, exc_info=error)


def configure(level: str = "info", file: BinaryIO | None = None) -> Output:
    """Log to ``file`` (standard output) from now on."""
    output = Output(file or sys.stdout.buffer)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            stamp,
            drop_personal,
            describe_error,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: output,
        cache_logger_on_first_use=CACHED,
    )
    logging.basicConfig(handlers=[Library()], level=LEVELS[level], force=True)
    atexit.register(output.flush)
    return output


def stamp(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event["time"] = clock.now()
    return event


def drop_personal(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Last line of defence: a field named like personal data loses its value.

    Call sites should not pass such fields at all; ``REDACTED`` in the output is a bug report.
    """
    if not PERSONAL.isdisjoint(event):
        for name in PERSONAL & event.keys():
            event[name] = "REDACTED"
    return event


def describe_error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """``exc_info`` becomes the classes and places of the error and its causes.

    Its message stays out: UnicodeDecodeError quotes what it read, PostgreSQL the row.
    """
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["errors"] = _chain(error)
    return event


def render(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=_class_name, option=orjson.OPT_APPEND_NEWLINE)


def _class_name(value: object) -> str:
    # Objects know their own way to text, and it may quote anything.
    return type(value).__name__


def _chain(error: BaseException) -> list[dict[str, object]]:
    chain: list[dict[str, object]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        chain.append(_description(current))
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return chain


def _description(error: BaseException) -> dict[str, object]:
    described: dict[str, object] = {
        "error": type(error).__name__,
        "frames": _frames(error.__traceback__),
    }
    # PostgreSQL's own names for what went wrong; they come from our schema, not from the row.
    for name in ("sqlstate", "constraint_name"):
        if isinstance(value := getattr(error, name, None), str):
            described[name] = value
    return described


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-FRAMES:]
