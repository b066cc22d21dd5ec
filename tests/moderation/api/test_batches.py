"""Many comments in one request: in order, bounded, and none lost to a broken one."""

import asyncio
import io
import json
import socket

import pytest

from moderation.api import batches, lines
from moderation.api.batches import WINDOW_BYTES, WINDOW_LINES, Window
from moderation.api.idempotency import HEADER
from moderation.intake import INTAKE
from service.db import DatabaseUnavailable
from service.health import DRAINING
from tests.moderation.api.caller import DOUBT, HAM, SPAM
from tests.waiting import until


def line(text, **fields):
    return json.dumps({"text": text, **fields}).encode() + b"\n"


async def test_each_line_is_answered_in_its_place(caller):
    texts = [SPAM, HAM, DOUBT] * 100

    answers = await caller.batch(
        b"".join(line(f"{text} {number}") for number, text in enumerate(texts))
    )

    expected = {SPAM: "reject", HAM: "approve", DOUBT: "hold"}
    assert [answer["action"] for answer in answers] == [expected[text] for text in texts]
    rows = {str(row["id"]): row["text"] for row in await caller.rows("comments")}
    assert [rows[answer["id"]] for answer in answers] == [
        f"{text} {number}" for number, text in enumerate(texts)
    ]


async def test_a_broken_line_is_named_and_the_others_stand(caller):
    broken = {5_000: b"{broken\n", 17: b'{"text":5}\n', 4_000: b"[" * 10_000 + b"\n"}
    body = b"".join(broken.get(n, line(f"{HAM} {n}")) for n in range(1, 6_001))

    answers = await caller.batch(body)

    failed = {answer["line"]: answer["error"] for answer in answers if "error" in answer}
    assert len(answers) == 6_000
    assert {answers[number - 1]["line"] for number in broken} == set(broken)
    assert {number: error["type"] for number, error in failed.items()} == {
        17: "urn:gatehouse:invalid-body",
        4_000: "urn:gatehouse:invalid-body",
        5_000: "urn:gatehouse:malformed-json",
    }
    assert len(await caller.rows("comments")) == 6_000 - len(broken)


async def test_empty_lines_are_counted_and_not_answered(caller):
    answers = await caller.batch(b"\n" + line(HAM) + b"\r\n\nnonsense\n")

    assert len(answers) == 2
    assert answers[1]["line"] == 5


async def test_no_lines_are_no_answers(caller):
    assert await caller.batch(b"") == []


async def test_a_line_that_is_too_long_is_answered_in_its_place(caller, monkeypatch):
    monkeypatch.setattr(lines.read_lines, "__kwdefaults__", {"limit": 1_000, "patience": 60})

    answers = await caller.batch(line("a") + line("x" * 2_000) + line("b"))

    assert answers[1]["line"] == 2
    assert answers[1]["error"]["status"] == 413
    assert [answers[0]["action"], answers[2]["action"]] == ["approve"] * 2


async def test_findings_are_answered_on_demand(caller):
    without = await caller.batch(line(SPAM))
    full = await caller.batch(line(SPAM), findings="full")

    assert without[0]["findings"] == []
    assert full[0]["findings"][0]["sentence"]


async def test_a_line_with_a_delivery_id_is_taken_once(caller):
    body = line(HAM, delivery_id="1") + line(DOUBT, delivery_id="2")
    first = await caller.batch(body)

    second = await caller.batch(body)

    assert [answer["id"] for answer in second] == [answer["id"] for answer in first]
    assert len(await caller.rows("comments")) == 2


class Conversation:
    """A client that sends and reads line by line."""

    def __init__(self, caller):
        self.caller = caller
        self.lines = asyncio.Queue()
        self.sent = 0

    async def body(self):
        while (sent := await self.lines.get()) is not None:
            yield sent
            self.sent += 1

    async def __aenter__(self):
        headers = {
            "Authorization": f"Bearer {self.caller.key}",
            "Content-Type": "application/x-ndjson",
        }
        # The request itself leaves with the first line.
        self.request = asyncio.create_task(
            self.caller.client.post("/v1/comments:batch", data=self.body(), headers=headers)
        )
        return self

    async def __aexit__(self, *_):
        (await self.request).close()

    async def say(self, sent):
        await self.lines.put(sent)

    async def hear(self):
        return json.loads(await (await self.request).content.readline())

    async def rest(self):
        """All answers that are still to come."""
        await self.say(None)
        return [json.loads(each) async for each in (await self.request).content]


async def test_an_answer_comes_before_the_next_line_is_sent(caller):
    async with Conversation(caller) as talk:
        for text, action in ((SPAM, "reject"), (HAM, "approve")):
            await talk.say(line(text))
            assert (await talk.hear())["action"] == action

        assert await talk.rest() == []


@pytest.fixture
def windows(monkeypatch):
    """The windows of the requests that come."""
    opened = []

    class Recorded(Window):
        def __init__(self):
            super().__init__()
            self.most_lines = self.most_bytes = 0
            opened.append(self)

        def add(self, line):
            super().add(line)
            self.most_lines = max(self.most_lines, len(self._lines))
            self.most_bytes = max(self.most_bytes, self._bytes)

    monkeypatch.setattr(batches, "Window", Recorded)
    return opened


async def test_a_client_that_stops_reading_is_not_read_from_and_delays_nobody(caller, windows):
    """Its answers fill the buffers in between, then the window, then nothing is taken any more."""
    reader, writer = await narrowly_connected(caller.client)
    writer.write(
        b"POST /v1/comments:batch?findings=full HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\n"
        b"Content-Length: 1000000000000\r\n\r\n" % caller.key.encode()
    )
    reader._transport.pause_reading()
    sending = asyncio.create_task(send_for_ever(writer))

    def stands():
        return windows and windows[0].is_full and all(each.is_answered for each in held(windows[0]))

    await until(stands)
    first = held(windows[0])[0].number
    other = await caller.judge(SPAM)

    assert other.body["action"] == "reject"
    assert stands()
    assert held(windows[0])[0].number == first
    sending.cancel()
    writer.transport.abort()


async def narrowly_connected(client):
    """A connection whose buffers hold little: the kernel's would take thousands of answers."""
    (site,) = client.server.runner.sites
    for listener in site._server.sockets:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # connections inherit it
    ours = socket.socket()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ours.setblocking(False)
    await asyncio.get_running_loop().sock_connect(ours, (client.host, client.port))
    return await asyncio.open_connection(sock=ours, limit=1)


def held(window):
    return [*window._lines]


async def send_for_ever(writer):
    number = 0
    while True:
        number += 1
        writer.write(line(f"{SPAM} {number}"))
        await writer.drain()


async def test_no_more_lines_are_on_their_way_than_the_window_holds(caller, windows):
    answers = await caller.batch(b"".join(line(f"{HAM} {n}") for n in range(5 * WINDOW_LINES)))

    assert len(answers) == 5 * WINDOW_LINES
    assert windows[0].most_lines == WINDOW_LINES


async def test_long_lines_fill_the_window_sooner(caller, windows):
    long = line("x" * 1_000_000)

    answers = await caller.batch(io.BytesIO(long * 12))

    assert len(answers) == 12
    assert windows[0].most_bytes < WINDOW_BYTES + len(long)


async def test_a_client_that_goes_away_loses_nothing_that_was_read(caller):
    async with Conversation(caller) as talk:
        for number in range(10):
            await talk.say(line(f"{HAM} {number}"))
        await until(lambda: talk.sent == 10)
        await talk.hear()

    await caller.app[INTAKE].close()
    other = await caller.judge(SPAM)

    assert other.status == 201
    assert len(await caller.rows("comments")) > 1


async def test_a_sender_who_falls_silent_is_told_and_let_go(caller, monkeypatch):
    monkeypatch.setattr(lines.read_lines, "__kwdefaults__", {"limit": 1_000, "patience": 0.1})

    async with Conversation(caller) as talk:
        await talk.say(line(HAM))
        answer, end = await talk.hear(), await talk.hear()

        assert answer["action"] == "approve"
        assert (end["line"], end["error"]["status"]) == (2, 408)
        assert await talk.rest() == []


async def test_an_outage_is_answered_line_by_line(caller, monkeypatch):
    def unavailable(*_):
        future = asyncio.get_running_loop().create_future()
        future.set_exception(DatabaseUnavailable())
        return future

    monkeypatch.setattr(caller.app[INTAKE], "enter", unavailable)

    answers = await caller.batch(line("a") + line("b"))

    assert [(answer["line"], answer["error"]["status"]) for answer in answers] == [
        (1, 503),
        (2, 503),
    ]


async def test_a_full_queue_is_waited_for(caller, monkeypatch):
    intake, busy = caller.app[INTAKE], [True, True, False]
    monkeypatch.setattr(
        type(intake), "is_busy", property(lambda _: busy.pop(0) if len(busy) > 1 else busy[0])
    )

    (answer,) = await caller.batch(line(HAM))

    assert answer["action"] == "approve"


async def test_a_service_that_is_being_stopped_says_where_to_go_on(caller):
    async with Conversation(caller) as talk:
        await talk.say(line(HAM))
        await talk.hear()
        caller.app[DRAINING].started = True
        await talk.say(line(SPAM))
        answer, end = await talk.hear(), await talk.hear()

    assert answer["action"] == "reject"
    assert (end["line"], end["error"]["type"]) == (3, "urn:gatehouse:ending")


async def test_a_fault_of_ours_is_told_without_words_of_it(caller, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(batches, "comment_of", broken)

    (answer,) = await caller.batch(line(HAM))

    assert answer["error"]["status"] == 500
    assert "secret" not in json.dumps(answer)


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_another_content_type_is_not_taken(caller, kind):
    answer = await caller.call(
        "POST", "/v1/comments:batch", line(HAM), headers={"Content-Type": kind}
    )

    assert answer.status == 415


async def test_an_idempotency_key_is_for_one_comment(caller):
    answer = await caller.call(
        "POST",
        "/v1/comments:batch",
        line(HAM),
        headers={HEADER: "x", "Content-Type": "application/x-ndjson"},
    )

    assert (answer.status, answer.code) == (400, "key-for-one-only")


async def test_the_answer_has_the_headers_of_every_answer(caller):
    answer = await caller.call(
        "POST", "/v1/comments:batch", line(HAM), headers={"Content-Type": "application/x-ndjson"}
    )

    assert answer.headers["X-Request-Id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
