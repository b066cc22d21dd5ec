"""``POST /v1/comments:batch``: many comments in one request, a line for each in both directions.

Lines are read as long as no more than a window of them is unanswered, and answered in their order
as the commits come.  So a client that stops reading is not read from either, and memory stays the
same however many lines there are.  A line that cannot be taken is answered in its place.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import structlog
from aiohttp import web

from moderation.api.answers import encode, failure, judged
from moderation.api.comments import comment_of
from moderation.api.idempotency import HEADER
from moderation.api.lines import LineTooLong, read_lines
from moderation.api.operations import Call, operation
from moderation.api.requests import LONG_BODY_BYTES, NDJSON, decode
from moderation.api.types import BatchQuery, BrokenLine, Judged, NewComment
from moderation.intake import INTAKE, Overloaded, Receipt
from service import errors
from service.health import DRAINING
from service.http import REQUEST_ID, SECURITY_HEADERS, InternalError
from service.sites import Site
from service.tokens import Scope

log = structlog.get_logger()

WINDOW_LINES = 512  # two batches being stored and two that wait
WINDOW_BYTES = 4 * 1024 * 1024
WRITE_SECONDS = 60  # for a client to read what is in the buffers
BUSY_SECONDS = 0.02
KINDS = (NDJSON, "application/ndjson", "application/jsonl")


class KeyForOneOnly(errors.Invalid):
    """An Idempotency-Key is for one comment: give each line a delivery_id instead."""


class Ending(errors.Unavailable):
    """The service is being stopped: send the lines from this one on again."""


@dataclass(slots=True, eq=False)
class Line:
    """A line that was read; ``answer`` is None for one that is ``broken``."""

    number: int
    size: int
    answer: asyncio.Future[Receipt] | None
    broken: errors.ServiceError | None = None

    @property
    def is_answered(self) -> bool:
        return self.answer is None or self.answer.done()


class Window:
    """Lines that were read and are not answered yet, in their order."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._ended = False
        self._room = asyncio.Event()
        self._news = asyncio.Event()

    @property
    def is_full(self) -> bool:
        return len(self._lines) >= WINDOW_LINES or self._bytes >= WINDOW_BYTES

    async def room(self) -> None:
        """Wait until another line may be read."""
        while self.is_full:
            self._room.clear()
            await self._room.wait()

    def add(self, line: Line) -> None:
        self._lines.append(line)
        self._bytes += line.size
        self._news.set()

    def end(self) -> None:
        """No further line comes."""
        self._ended = True
        self._news.set()

    async def answered(self) -> list[Line]:
        """The lines in front, as many as are answered, at least one; none after the last."""
        while not self._lines:
            if self._ended:
                return []
            self._news.clear()
            await self._news.wait()
        first = self._lines[0].answer
        if first is not None and not first.done():
            await asyncio.wait([first])
        done = []
        while self._lines and self._lines[0].is_answered:
            done.append(self._lines.popleft())
        self._bytes -= sum(line.size for line in done)
        self._room.set()
        return done

    def abandon(self) -> None:
        """Nobody waits for the answers any more.  What was read is stored all the same."""
        for line in self._lines:
            if line.answer is not None and not line.answer.cancel() and not line.answer.cancelled():
                line.answer.exception()  # seen, so that nobody misses it


@operation(
    "POST",
    "/v1/comments:batch",
    Scope.COMMENTS_WRITE,
    Judged,
    BrokenLine,
    query=BatchQuery,
    body=NewComment,
    kinds=KINDS,
    streamed=True,
    refusals=(415,),
)
async def judge_comments(call: Call) -> web.StreamResponse:
    """Judge many comments: a line of JSON for each, answered by a line, in the same order.

    Read the answers while you send: with several hundred of them unread, no more lines are taken.
    """
    if HEADER in call.request.headers:
        raise KeyForOneOnly
    response = web.StreamResponse(headers=_headers(call))
    response.content_type = NDJSON
    response.enable_chunked_encoding()
    await response.prepare(call.request)
    window = Window()
    reading = asyncio.create_task(_read(call, window))
    try:
        await _answer(call, window, response)
        await response.write_eof()
    except (ConnectionError, TimeoutError) as error:
        log.warning("batch.abandoned", error=type(error).__name__, site_id=call.caller.site.id)
        if call.request.transport is not None:
            call.request.transport.abort()
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        window.abandon()
    return response


def _headers(call: Call) -> dict[str, str]:
    """What the edge adds to answers that are not under way yet."""
    return {
        **SECURITY_HEADERS,
        "X-Request-Id": call.request[REQUEST_ID],
        "Content-Language": call.language,
        "Vary": "Accept-Language",
    }


async def _read(call: Call, window: Window) -> None:
    """Enter every line; whatever goes wrong ends the window with a line that says so."""
    decoder = msgspec.json.Decoder(NewComment)
    number = 0
    try:
        async for lines in read_lines(call.request.content):
            for raw in lines:
                number += 1
                if raw is not None and not raw.strip():
                    continue
                await window.room()
                window.add(await _entered(call, number, raw, decoder))
            if call.request.app[DRAINING].started:
                raise Ending  # noqa: TRY301  (told like everything else that ends the reading)
    except errors.ServiceError as error:
        window.add(Line(number + 1, 0, None, error))
    except Exception:
        log.exception("batch.crashed", site_id=call.caller.site.id)
        window.add(Line(number + 1, 0, None, InternalError()))
    finally:
        window.end()


async def _entered(
    call: Call, number: int, raw: bytes | None, decoder: msgspec.json.Decoder[NewComment]
) -> Line:
    if raw is None:
        return Line(number, 0, None, LineTooLong())
    try:
        if len(raw) > LONG_BODY_BYTES:
            new = await asyncio.to_thread(decode, raw, decoder)
        else:
            new = decode(raw, decoder)
        return Line(number, len(raw), await _submitted(call, new))
    except errors.ServiceError as error:
        return Line(number, 0, None, error)


async def _submitted(call: Call, new: NewComment) -> asyncio.Future[Receipt]:
    """A batch is in no hurry: where many comments wait, those of people come first."""
    caller, intake = call.caller, call.request.app[INTAKE]
    comment = comment_of(new, caller.site)
    while True:
        if not intake.is_busy:
            with suppress(Overloaded):
                return intake.enter(comment, caller.site, caller.key_id)
        await asyncio.sleep(BUSY_SECONDS)


async def _answer(call: Call, window: Window, response: web.StreamResponse) -> None:
    site = call.caller.site
    language = call.language if call.query.findings == "full" else None
    while lines := await window.answered():
        said = b"".join([_said(line, site, language) for line in lines])
        # Waits as long as the client does not read.
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(said)


def _said(line: Line, site: Site, language: str | None) -> bytes:
    error: BaseException | None = line.broken
    if line.answer is not None:
        error = line.answer.exception()
        if error is None:
            return encode(judged(line.answer.result(), site, language)) + b"\n"
    # What is not a refusal is in the log already, where the batch failed.
    known = error if isinstance(error, errors.ServiceError) else InternalError()
    return encode(BrokenLine(line=line.number, error=failure(known))) + b"\n"
