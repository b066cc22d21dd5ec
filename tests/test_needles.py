"""Personal data never reaches a log line, a metric or an answer about an error, crashes included.

Every route of the whole application is driven with needles in every place where a client can put
something; then the haystacks are searched.
"""

import io
import itertools
import json
from urllib.parse import quote, urlencode

import asyncpg
import pytest

from moderation import batch, store
from moderation.akismet import fields
from service import logs, metrics
from service.app import create_app
from tests import factories

NEEDLES = {
    "author": "Needleina Heuhaufen",
    "email": "needle@heuhaufen.example",
    "url": "https://needle-link.example/haystack",
    "address": "203.0.113.177",
    "agent": "NeedleBrowser/1.0",
    "text": "needle words that somebody wrote",
    "password": "Basic bmVlZGxlOmhheXN0YWNr",
    "nonce": "needle-nonce-4711",
    "reporter": "needle-moderator",
    "referrer": "https://needle-referrer.example/came-from",
    "query": "needle-in-the-query",
}
FORM = {
    "blog": "https://blatt.example",
    "user_ip": NEEDLES["address"],
    "user_agent": NEEDLES["agent"],
    "referrer": NEEDLES["referrer"],
    "comment_author": NEEDLES["author"],
    "comment_author_email": NEEDLES["email"],
    "comment_author_url": NEEDLES["url"],
    "comment_content": NEEDLES["text"],
    "permalink": "https://blatt.example/post",
    "reporter": NEEDLES["reporter"],
    "POST_email": NEEDLES["email"],
    "POST_comment": NEEDLES["text"],
    "POST_secret": NEEDLES["nonce"],
    "HTTP_AUTHORIZATION": NEEDLES["password"],
    "HTTP_X_WP_NONCE": NEEDLES["nonce"],
    "HTTP_USER_AGENT": NEEDLES["agent"],
    "REMOTE_ADDR": NEEDLES["address"],
}
JSON = {
    "text": NEEDLES["text"],
    "author": NEEDLES["author"],
    "email": NEEDLES["email"],
    "url": NEEDLES["url"],
    "address": NEEDLES["address"],
    "user_agent": NEEDLES["agent"],
    "unknown": NEEDLES["nonce"],
}


@pytest.fixture
def haystack():
    """The log, as the service writes it."""
    file = io.BytesIO()
    output = logs.configure("debug", file)
    return lambda: (output.flush(), file.getvalue().decode())[1]


@pytest.fixture
async def service(conn, dsn, settings, scorer, aiohttp_client):
    """The whole application, and a key for it."""
    key = await factories.issue(conn)
    app = create_app(settings, dsn=dsn, secrets=factories.SECRETS, scorer=scorer)
    return await aiohttp_client(app), key


def found_in(text):
    """The needles that ``text`` holds, in any spelling that a log or a URL could give them."""
    spellings = {
        name: {needle, quote(needle), quote(needle, safe=""), json.dumps(needle)[1:-1]}
        for name, needle in NEEDLES.items()
    }
    return {name for name, ways in spellings.items() if any(way in text for way in ways)}


async def drive(client, key):
    """Ask every route, with needles everywhere; the answers that are errors, and all headers."""
    answers = []
    paths = sorted({route.resource.canonical for route in client.app.router.routes()})
    for path, method in itertools.product(paths, ("GET", "POST", "DELETE")):
        target = path.replace("{", "").replace("}", "") + f"?q={NEEDLES['query']}"
        for body, kind in bodies(key):
            headers = {
                "Content-Type": kind,
                "User-Agent": NEEDLES["agent"],
                "Authorization": f"Bearer {key}",
                "Referer": NEEDLES["referrer"],
                "X-Forwarded-For": NEEDLES["address"],
                "Cookie": f"session={NEEDLES['nonce']}",
            }
            async with client.request(method, target, data=body, headers=headers) as response:
                text = await response.text()
                answers.append(str(response.headers) + (text if response.status >= 400 else ""))
    return answers


def bodies(key):
    yield urlencode({**FORM, "api_key": key}).encode(), "application/x-www-form-urlencoded"
    yield urlencode({**FORM, "api_key": NEEDLES["nonce"]}).encode(), "text/needle; charset=nonsense"
    yield json.dumps(JSON).encode(), "application/json"
    yield json.dumps(JSON).encode()[:-9] + b"\xff\xfe", "application/json"
    yield b"\xff\x00" + NEEDLES["text"].encode(), "application/octet-stream"


async def test_no_answer_log_line_or_metric_quotes_what_a_client_sent(service, haystack):
    client, key = service

    answers = await drive(client, key)

    assert len(answers) > 100
    assert "request.answered" in haystack()
    for text in (haystack(), metrics.collect().decode(), *answers):
        assert not found_in(text)


class Crash(Exception):
    """An error whose words quote what it was about, as many libraries' do."""

    def __init__(self):
        super().__init__(" ".join(NEEDLES.values()))


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (fields, "blog_name"),  # while the form is read
        (batch.screening, "judge"),  # while the comment is judged
        (store, "look_up"),  # while the database is asked
        (store, "insert_comments"),  # while the comment is stored
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        Crash,
        lambda: asyncpg.UniqueViolationError(" ".join(NEEDLES.values())),
        lambda: asyncpg.DiskFullError(" ".join(NEEDLES.values())),
        lambda: UnicodeDecodeError("utf-8", NEEDLES["text"].encode(), 0, 1, NEEDLES["text"]),
    ],
    ids=["crash", "constraint", "disk-full", "broken-utf-8"],
)
async def test_a_crash_quotes_nobody(service, haystack, monkeypatch, place, name, error):
    client, key = service

    def crash(*_args, **_kwargs):
        raise error()

    monkeypatch.setattr(place, name, crash)
    body = urlencode({**FORM, "api_key": key})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    async with client.post("/1.1/comment-check", data=body, headers=kind) as response:
        answer = str(response.headers) + await response.text()

    assert response.status >= 400
    assert "X-akismet-guid" in response.headers
    for text in (haystack(), metrics.collect().decode(), answer):
        assert not found_in(text)
