"""Bad input is refused in a sentence, whatever the bytes."""

import asyncio
import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.api import requests
from moderation.api.requests import DuplicateName, InvalidBody, MalformedJson, decode
from moderation.api.types import NewComment
from service.http import BODY_LIMIT_BYTES
from tests.moderation.api.caller import HAM

DEEP = 10_000
DECODER = msgspec.json.Decoder(NewComment)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed-json"),
        (b"{", "malformed-json"),
        (b'{"text":"x"}{}', "malformed-json"),
        (b'{"text":"\xff"}', "malformed-json"),
        (b'{"text":"\\ud800"}', "malformed-json"),
        (b'{"text":"a\x00b"}', "malformed-json"),
        (b'\xef\xbb\xbf{"text":"x"}', "malformed-json"),
        ('{"text":"x"}'.encode("utf-16"), "malformed-json"),
        (b'{"text":"x","form_seconds":NaN}', "malformed-json"),
        (b"[" * DEEP, "invalid-body"),
        (b'{"x":' * DEEP, "invalid-body"),
        (b'{"text":' + b"[" * DEEP, "invalid-body"),
        (b'{"text":"x","context":[' + b"[" * DEEP, "invalid-body"),
        (b"null", "invalid-body"),
        (b'"text"', "invalid-body"),
        (b"{}", "invalid-body"),
        (b'{"text":null}', "invalid-body"),
        (b'{"text":"x","surprise":1}', "invalid-body"),
        (b'{"text":"x","form_seconds":-1}', "invalid-body"),
        (b'{"text":"x","form_seconds":1e999}', "invalid-body"),
        (b'{"text":"x","form_seconds":' + b"9" * 5000 + b"}", "invalid-body"),
        (b'{"text":"x","is_test":"true"}', "invalid-body"),
        (b'{"text":"x","submitted_at":"yesterday"}', "invalid-body"),
        (b'{"text":"x","kind":""}', "invalid-body"),
        (b'{"text":"x","author":"' + b"x" * 1001 + b'"}', "invalid-body"),
        (b'{"text":"x","text":"x"}', "duplicate-name"),
        (b'{"text":"x","author":"y","te\\u0078t":"z"}', "duplicate-name"),
        (b'{"text" :"x","text"\n: "x"}', "duplicate-name"),
    ],
)
async def test_a_body_that_is_none_is_refused(caller, body, code):
    answer = await caller.call("POST", "/v1/comments", body)

    assert (answer.status, answer.code) == (400, code)
    assert await caller.rows("comments") == []


@pytest.mark.parametrize(
    "text",
    [
        r'{"text":"\"text\":\"x\",\"text\":\"y\""}',
        r'{"text":"a\\","author":"\\\"text\\\": "}',
        r'{"text":"text","author":"text:","title":"\"author\":"}',
    ],
)
async def test_a_text_may_quote_json(caller, text):
    answer = await caller.call("POST", "/v1/comments", text.encode())

    assert answer.status == 201


async def test_nul_is_replaced_because_the_database_cannot_hold_it(caller):
    await caller.judge("a\0b", author="\0", context=["\0tag"])

    (row,) = await caller.rows("comments")
    assert (row["text"], row["author"], row["context"]) == ("a\ufffdb", "\ufffd", "\ufffdtag")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/json; charset=bogus",
        "application/json;charset=utf-16",
        "multipart/form-data; boundary=x",
        "",
        ";",
    ],
)
async def test_another_content_type_is_not_taken(caller, kind):
    answer = await caller.call(
        "POST", "/v1/comments", b'{"text":"x"}', headers={"Content-Type": kind}
    )

    assert (answer.status, answer.code) == (415, "unsupported-body")


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf8"'],
)
async def test_json_in_utf_8_is_taken_however_it_is_written(caller, kind):
    answer = await caller.call(
        "POST", "/v1/comments", b'{"text":"x"}', headers={"Content-Type": kind}
    )

    assert answer.status == 201


async def test_a_compressed_body_is_not_taken(caller):
    """A few bytes could unpack to more than the limit."""
    answer = await caller.call(
        "POST", "/v1/comments", b'{"text":"x"}', headers={"Content-Encoding": "br"}
    )

    assert answer.status in {400, 415}


@pytest.mark.parametrize("more", [1, 5_000_000])
async def test_a_body_beyond_the_limit_is_not_taken(caller, more):
    body = b'{"text":"%s"}' % (b"x" * (BODY_LIMIT_BYTES + more - len(b'{"text":""}')))

    answer = await caller.call("POST", "/v1/comments", body)

    assert (answer.status, answer.code) == (413, "body-too-large")


async def test_a_body_at_the_limit_is_taken(caller):
    body = b'{"text":"%s"}' % (b"x" * (BODY_LIMIT_BYTES - len(b'{"text":""}')))

    answer = await caller.call("POST", "/v1/comments", body)

    assert answer.status == 201


async def test_a_body_that_does_not_come_ends_the_request(caller, monkeypatch):
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.05)

    async def slow():
        yield b'{"text":'
        await asyncio.sleep(60)

    answer = await caller.call("POST", "/v1/comments", slow())

    assert (answer.status, answer.code) == (408, "slow-body")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/comments", "GET,HEAD,POST"),
        ("GET", "/v1/comments:batch", "POST"),
        ("POST", "/v1/statistics", "GET,HEAD"),
    ],
)
async def test_a_wrong_method_hears_the_right_ones(caller, method, path, allowed):
    answer = await caller.call(method, path)

    assert (answer.status, answer.code) == (405, "wrong-method")
    assert set(answer.headers["Allow"].split(",")) <= set(allowed.split(","))


@given(st.binary(max_size=300))
@example(b'{"text":"\\u0000\\"","context":["\\u0000"]}')
def test_whatever_the_bytes_decoding_refuses_or_gives_what_can_be_stored(body):
    try:
        new = decode(body, DECODER)
    except (MalformedJson, InvalidBody, DuplicateName):
        return

    assert "\0" not in new.text
    new.text.encode()


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(
    TEXTS,
    st.lists(st.sampled_from(["author", "email", "title", "role"]), max_size=4),
    TEXTS.filter(lambda text: len(text) <= 100),
)
def test_a_name_that_stands_twice_is_found_whatever_stands_around_it(text, names, value):
    members = [f'"text": {json.dumps(text)}', *(f'"{name}" :{json.dumps(value)}' for name in names)]
    body = ("{" + ",".join(members) + "}").encode()

    try:
        decode(body, DECODER)
        is_found = False
    except DuplicateName:
        is_found = True

    assert is_found == (len(set(names)) < len(names))


async def test_a_problem_quotes_nothing_of_the_text(caller):
    answer = await caller.judge(HAM, author=["secret words"])

    assert answer.status == 400
    assert "secret words" not in json.dumps(answer.body)
