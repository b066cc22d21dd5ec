"""The client of deliveries cannot be led inside, kept waiting, or fed without end."""

import asyncio
import socket
import tracemalloc

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from service.outbox import client as clients
from service.outbox.client import Client, outcome_of, outcome_of_error
from tests.service.outbox.sink import raw

MEGABYTE = 1 << 20


class Resolver(AbstractResolver):
    """Gives each of ``answers`` in turn, and the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in found
        ]

    async def close(self):
        pass


async def attempt(url, resolver=None, **options):
    """What comes of a POST, in the words of the list of deliveries."""
    async with Client(resolver) as client:
        try:
            return outcome_of(await client.request("POST", url, body=b"{}", **options)).error
        except (aiohttp.ClientError, OSError) as error:
            return outcome_of_error(error).error


SPELT = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1"]
SPELT += ["localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]"]
SPELT += ["[::127.0.0.1]", "[2002:7f00:1::]", "0", "0.0.0.0", "①②⑦.⓪.⓪.①", "127。0。0。1"]


@pytest.mark.parametrize("host", SPELT)
async def test_this_machine_is_not_reached_however_it_is_spelt(host, sink):
    port = sink.url.rpartition(":")[2]

    error = await attempt(f"http://{host}:{port}/")

    assert error in {"PrivateAddress", "InvalidUrlClientError", "ClientConnectorDNSError"}
    assert sink.told == []


async def test_where_the_operator_allows_it_this_machine_is_reached(sink):
    assert await attempt(sink.url, allow_private=True) == ""
    assert len(sink.told) == 1


async def test_a_name_that_turns_inside_after_it_was_looked_at_gains_nothing(sink):
    """What is judged is the address of the socket, so there is nothing to rebind."""
    port = sink.url.rpartition(":")[2]
    resolver = Resolver(["192.0.2.1"], ["127.0.0.1"])

    errors = [await attempt(f"http://turning.example:{port}/", resolver) for _ in range(3)]

    assert errors == ["PrivateAddress"] * 3
    assert sink.told == []


async def test_of_several_addresses_of_a_name_those_inside_are_passed_over(sink, monkeypatch):
    judged = []

    def is_outside(address, allow_private):
        judged.append(address)
        return address == "127.0.0.1"  # as if it were

    monkeypatch.setattr(clients, "may_reach", is_outside)
    port = sink.url.rpartition(":")[2]
    resolver = Resolver(["127.0.0.2", "127.0.0.1"])

    assert await attempt(f"http://blog.example:{port}/", resolver) == ""

    assert judged == ["127.0.0.2", "127.0.0.1"]
    assert resolver.asked == 1


async def test_a_connection_of_who_may_is_not_used_by_who_may_not(sink):
    async with Client() as client:
        await client.request("POST", sink.url, allow_private=True)

        with pytest.raises(aiohttp.ClientConnectorError):
            await client.request("POST", sink.url)

    assert len(sink.told) == 1


async def test_redirects_are_failures_and_not_followed(sink):
    sink.answers = [web.Response(status=302, headers={"Location": f"{sink.url}/inside"})]

    assert await attempt(sink.url, allow_private=True) == "HTTP 302"
    assert len(sink.told) == 1


async def test_of_an_endless_answer_only_the_beginning_is_read(monkeypatch):
    written = 0

    async def flood(reader, writer):
        nonlocal written
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
        for _ in range(200):
            writer.write(bytes(MEGABYTE))
            await writer.drain()
            written += MEGABYTE

    async with raw(flood) as url:
        tracemalloc.start()
        try:
            error = await attempt(url, allow_private=True)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert error == ""  # by its status; what else it has to say is not for us
    assert written < 20 * MEGABYTE
    assert peak < 20 * MEGABYTE


async def test_an_answer_that_packs_itself_is_not_unpacked(sink):
    bomb = web.Response(body=b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"})
    sink.answers = [bomb]

    assert await attempt(sink.url, allow_private=True) == ""
    assert sink.told[0].headers["Accept-Encoding"] == "identity"


SAID = {
    "nothing at all": (b"", "ServerDisconnectedError"),
    "half an answer": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "ClientPayloadError"),
    "no HTTP": (b"\x16\x03\x01 hello\r\n\r\n", "ClientResponseError"),
    "too long a header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, "ClientResponseError"),
    "too many headers": (
        b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 300 + b"\r\n",
        "ClientResponseError",
    ),
}


@pytest.mark.parametrize("what", SAID)
async def test_what_is_no_answer_is_a_failure(what):
    said, error = SAID[what]

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(said)
        await writer.drain()

    async with raw(talk) as url:
        assert await attempt(url, allow_private=True) == error


async def test_who_answers_a_byte_at_a_time_runs_out_of_time(monkeypatch):
    monkeypatch.setattr(clients, "REQUEST_SECONDS", 0.3)

    async def drip(reader, writer):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            writer.write(bytes([byte]))
            await writer.drain()
            if not await _quiet(reader):
                return

    async with raw(drip) as url:
        assert await attempt(url, allow_private=True) == "Timeout"


async def _quiet(reader):
    """True after a moment, False if the other side has hung up."""
    try:
        async with asyncio.timeout(0.01):
            return bool(await reader.read(65_536))
    except TimeoutError:
        return True


async def test_no_one_there_is_a_failure_that_names_no_address(unused_tcp_port):
    error = await attempt(f"http://127.0.0.1:{unused_tcp_port}/secret", allow_private=True)

    assert error == "ClientConnectorError"


async def test_a_proxy_of_the_environment_is_not_asked(sink, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", sink.url)
    monkeypatch.setenv("ALL_PROXY", sink.url)

    assert await attempt("http://127.0.0.1:1/") == "PrivateAddress"
    assert sink.told == []


async def test_cookies_of_one_answer_are_not_brought_to_the_next(sink):
    sink.answers = [web.Response(headers={"Set-Cookie": "a=b"})]

    async with Client() as client:
        for _ in range(2):
            await client.request("POST", sink.url, allow_private=True)

    assert all("Cookie" not in told.headers for told in sink.told)
