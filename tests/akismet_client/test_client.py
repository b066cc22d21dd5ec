"""The PyPI package ``akismet`` as a blog would use it, against the running service."""

import asyncio

import akismet
import httpx
import pytest
from akismet import CheckResponse, _common

from service.http import BODY_LIMIT_BYTES
from tests.moderation.blog import DOUBT, HAM, SPAM

AUTHOR = {"user_ip": "203.0.113.7", "comment_author": "Erika", "comment_type": "comment"}


@pytest.fixture
def pointed_here(blog, monkeypatch):
    monkeypatch.setattr(_common, "_API_URL", str(blog.client.make_url("")).rstrip("/"))
    monkeypatch.setattr(_common, "_TIMEOUT", 30.0)


@pytest.fixture
async def client(blog, pointed_here):
    config = akismet.Config(blog.key, "https://blatt.example")
    async with akismet.AsyncClient(config=config) as client:
        yield client


async def test_comments_are_judged(client):
    assert await client.comment_check(comment_content=SPAM, **AUTHOR) == CheckResponse.SPAM
    assert await client.comment_check(comment_content=DOUBT, **AUTHOR) == CheckResponse.SPAM
    assert await client.comment_check(comment_content=HAM, **AUTHOR) == CheckResponse.HAM


async def test_a_discard_is_understood(client):
    answer = await client.comment_check(
        user_ip="203.0.113.7", comment_author="akismet-guaranteed-discard", is_test=True
    )

    assert answer == CheckResponse.DISCARD


async def test_reports_are_heard_and_counted(client, blog):
    await client.comment_check(comment_content=SPAM, **AUTHOR)

    assert await client.submit_ham(comment_content=SPAM, **AUTHOR)
    assert await client.submit_spam(comment_content=HAM, **AUTHOR)

    assert [row["label"] for row in await blog.rows("labels")] == ["ham", "spam"]
    assert (await client.usage_limit())["usage"] == 3


async def test_the_client_without_async_is_served_as_well(blog, pointed_here):
    config = akismet.Config(blog.key, "https://blatt.example")

    def use():
        with akismet.SyncClient(config=config) as client:
            return client.comment_check(comment_content=SPAM, **AUTHOR)

    assert await asyncio.to_thread(use) == CheckResponse.SPAM


async def test_a_wrong_key_is_an_error_of_the_key(blog, pointed_here):
    config = akismet.Config("0123456789ab", "https://blatt.example")

    # The constructor that raises closes no client of its own.
    async with httpx.AsyncClient() as http:
        with pytest.raises(akismet.APIKeyError):
            await akismet.AsyncClient.validated_client(config=config, http_client=http)


async def test_the_key_that_the_client_forgets_to_send_is_an_error_of_the_key(client):
    # Its key_sites() never sends api_key.
    with pytest.raises(akismet.APIKeyError):
        await client.key_sites()


async def test_a_comment_too_large_is_an_error_and_the_next_one_is_judged(client):
    with pytest.raises(akismet.RequestError):
        await client.comment_check(comment_content="x" * BODY_LIMIT_BYTES, **AUTHOR)

    # Its connection was closed under it; the next call opens another.
    assert await client.comment_check(comment_content=SPAM, **AUTHOR) == CheckResponse.SPAM
