"""A small SMTP server on this machine, which keeps what it is given."""

import asyncio
import base64
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default


@dataclass
class Relay:
    """``refusals`` are replies by the beginning of a command, once each.

    ``silent`` times it takes a mail and hangs up without a word.
    """

    port: int = 0
    tls: ssl.SSLContext | None = None
    credentials: str = ""  # USER\\0PASSWORD
    refusals: dict = field(default_factory=dict)
    silent: int = 0
    taken: list = field(default_factory=list)  # (recipient, message)
    connections: int = 0

    async def serve(self, reader, writer):
        self.connections += 1
        talk = Talk(self, reader, writer)
        try:
            await talk.hold()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Talk:
    def __init__(self, relay, reader, writer):
        self.relay, self.reader, self.writer = relay, reader, writer
        self.recipient, self.encrypted = "", False
        self.trusted = not relay.credentials

    async def say(self, text):
        self.writer.write(f"{text}\r\n".encode())
        await self.writer.drain()

    async def hold(self):
        await self.say("220 relay.example")
        while line := (await self.reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            refusal = self.relay.refusals.pop(verb, None)
            if refusal == "hang up":
                return
            if verb == "QUIT":
                await self.say("221 bye")
                return
            await (self.say(refusal) if refusal else getattr(self, verb.lower())(line))

    async def ehlo(self, _line):
        offers = ["250-relay.example"]
        if self.relay.tls and not self.encrypted:
            offers.append("250-STARTTLS")
        await self.say("\r\n".join([*offers, "250-AUTH PLAIN", "250 8BITMIME"]))

    async def starttls(self, _line):
        await self.say("220 go ahead")
        await self.writer.start_tls(self.relay.tls)
        self.encrypted = True

    async def auth(self, line):
        given = base64.b64decode(line.split(" ")[2]).decode().removeprefix("\0")
        self.trusted = given == self.relay.credentials
        await self.say("235 welcome" if self.trusted else f"535 not you, {given}")

    async def mail(self, _line):
        await self.say("250 ok" if self.trusted else "530 sign in")

    async def rcpt(self, line):
        self.recipient = line.partition("<")[2].rstrip(">")
        await self.say("250 ok")

    async def rset(self, _line):
        await self.say("250 ok")

    async def data(self, _line):
        await self.say("354 go ahead")
        content = await self.reader.readuntil(b"\r\n.\r\n")
        message = message_from_bytes(content[:-5].replace(b"\r\n..", b"\r\n."), policy=default)
        self.relay.taken.append((self.recipient, message))
        if self.relay.silent:
            self.relay.silent -= 1
            raise ConnectionAbortedError
        await self.say("250 taken")


@asynccontextmanager
async def listening(**options):
    relay = Relay(**options)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        await server.wait_closed()
