"""The HTTP client of deliveries: it cannot be led inside, kept waiting, or fed without end.

Every socket is made by ``_socket``, which is given the numeric address that will be connected to;
there, and nowhere earlier, it is decided whether that may be.  Redirects are not followed.
"""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import AddrInfoType
from yarl import URL

from service import clock
from service.outbox.addresses import may_reach
from service.outbox.retries import retry_after
from service.outbox.values import DELIVERED, Outcome

REQUEST_SECONDS = 15.0
CONNECT_SECONDS = 5.0
ANSWER_BYTES = 16_384  # of an answer of which only the status counts; the rest is not read
BUFFER_BYTES = 65_536
HEADERS_AT_MOST = 64
USER_AGENT = "Gatehouse (+Standard Webhooks)"

GONE = 410
BUSY = {429, 502, 503, 504}  # as Standard Webhooks name them: the endpoint wants to be left alone


class PrivateAddress(OSError):
    """The endpoint is at an address that deliveries may not be sent to."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: timedelta | None
    body: bytes  # its beginning
    is_whole: bool  # nothing of the body was left out


class Client:
    """Open as long as the block ``async with`` runs.

    Connections to endpoints that may be private are kept apart from all others, so that none is
    used by an endpoint that may not.
    """

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        self._sessions = {private: self._session(private) for private in (False, True)}
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session(self, private: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,  # whoever sends limits what is under way
            resolver=self._resolver,
            socket_factory=partial(_socket, private),
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            auto_decompress=False,
            trust_env=False,  # a proxy would be asked to reach what we may not
            read_bufsize=BUFFER_BYTES,
            max_headers=HEADERS_AT_MOST,
        )

    async def request(  # noqa: PLR0913  (all of it is a request)
        self,
        method: str,
        url: str | URL,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        allow_private: bool = False,
        most_bytes: int = ANSWER_BYTES,
    ) -> Answer:
        """The answer, whatever its status.

        Raises ``aiohttp.ClientError``, ``OSError`` or ``TimeoutError``.
        """
        async with self._sessions[allow_private].request(
            method, url, headers=headers, data=body, allow_redirects=False
        ) as response:
            text, is_whole = await _read(response, most_bytes)
            wanted = retry_after(response.headers.get("Retry-After"), clock.now())
            return Answer(response.status, wanted, text, is_whole)


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> tuple[bytes, bool]:
    chunks: list[bytes] = []
    left = most_bytes
    while chunk := await response.content.read(left + 1):
        if len(chunk) > left:
            response.close()  # the connection with it: what is left of the answer is not for us
            return b"".join([*chunks, chunk[:left]]), False
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks), True


def _socket(private: bool, info: AddrInfoType) -> socket.socket:
    family, kind, protocol, _, address = info
    if not may_reach(str(address[0]), allow_private=private):
        raise PrivateAddress
    return socket.socket(family, kind, protocol)


def outcome_of(answer: Answer) -> Outcome:
    """What the status says by Standard Webhooks: 2xx is delivered and nothing else is."""
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004  (success, by RFC 9110)
        return DELIVERED
    return Outcome(
        error=f"HTTP {status}",
        retry_after=answer.retry_after if status in BUSY else None,
        gone=status == GONE,
        unwell=not 400 <= status < 500 or status in BUSY,  # noqa: PLR2004  (of 4xx it is alive)
    )


def outcome_of_error(error: Exception) -> Outcome:
    """An attempt that met no answer.  Messages quote addresses, so only the class is kept."""
    name = type(error).__name__
    if isinstance(error, TimeoutError):  # aiohttp's own are among them
        name = "Timeout"
    elif isinstance(error, aiohttp.ClientConnectorError) and _is_refused(error.os_error):
        name = PrivateAddress.__name__
    unwell = isinstance(error, aiohttp.ClientError | OSError | asyncio.TimeoutError)
    return Outcome(error=name, unwell=unwell)


def _is_refused(error: BaseException) -> bool:
    return isinstance(error, PrivateAddress) or any(
        isinstance(each, PrivateAddress) for each in getattr(error, "exceptions", ())
    )
