"""The demonstration blog: in three languages, judging for real, and only with its own site."""

import json
import re

import pytest

from consent.notices import demonstration
from consent.notices.document import Kind
from consent.notices.publishing import all_of
from moderation.demo import page
from service import start
from tests import factories


@pytest.fixture
async def demo(conn, settings):
    await start.demonstration(conn, factories.SECRETS)
    await demonstration.furnish(conn, factories.SECRETS, settings)
    return (await factories.loaded(conn)).site("demo")


@pytest.fixture
def open_demo(demo, client):
    async def show(path="/demo", form=None, **headers):
        method = "GET" if form is None else "POST"
        async with client.request(method, path, data=form, headers=headers) as response:
            response.page = await response.text()
            return response

    return show


@pytest.mark.parametrize(
    ("language", "title"), [("de", "Brücke"), ("en", "bridge"), ("ru", "мост")]
)
async def test_the_blog_speaks_the_readers_language(open_demo, language, title):
    by_link = await open_demo(f"/demo?lang={language}")
    by_browser = await open_demo(**{"Accept-Language": language})

    assert by_link.status == 200
    assert title in by_link.page
    assert by_link.page.partition("<body>")[2] == by_browser.page.partition("<body>")[2]
    assert "/consent/demo/banner.js" in by_link.page


async def test_nothing_on_it_is_inline_and_others_stand_as_data(open_demo):
    shown = await open_demo()

    policy = shown.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=", shown.page)
    assert not re.findall(r'<(?:iframe|img|script)[^>]*\ssrc="(?!/)', shown.page)
    assert "Without JavaScript" in shown.page


async def test_a_comment_is_judged_stored_and_explained(open_demo, conn):
    good = await open_demo("/demo?lang=en", {"text": "What a lovely bridge.", "author": "Ada"})
    spam = await open_demo("/demo?lang=en", {"text": "spam <b>spam</b>"})

    assert 'class="verdict approve"' in good.page
    assert 'class="verdict reject"' in spam.page
    assert "<b>spam" not in spam.page
    actions = await conn.fetch("SELECT action FROM comments ORDER BY id")
    assert [row["action"] for row in actions] == ["approve", "reject"]


async def test_what_waits_for_a_person_says_so(open_demo):
    held = await open_demo("/demo?lang=de", {"text": "maybe so"})

    assert "Ein Mensch sieht ihn sich an" in held.page


async def test_an_empty_comment_is_given_back_with_the_rest_of_the_form(open_demo, conn):
    answer = await open_demo("/demo?lang=en", {"text": " ", "author": "Ada"})

    assert answer.status == 422
    assert 'value="Ada"' in answer.page
    assert 'role="alert"' in answer.page
    assert await conn.fetchval("SELECT count(*) FROM comments") == 0


async def test_reading_the_notice_is_recorded_as_information(open_demo, demo, conn):
    notice = (await all_of(conn, demo.id)).newest(Kind.COMMENT_PROCESSING)

    read = await open_demo("/demo?lang=ru", {"text": "Hello there.", "read": notice.sha256})
    unread = await open_demo("/demo?lang=en", {"text": "Hello again.", "read": "0" * 64})

    assert "/consent/demo/receipts/" in read.page
    assert "/receipts/" not in unread.page
    rows = await conn.fetch("SELECT leaf FROM consent_entries WHERE type = 'notice_acknowledged'")
    [leaf] = [json.loads(row["leaf"]) for row in rows]
    assert leaf["layer"] == "comment_form"
    assert leaf["decisions"] == {}
    assert leaf["notice"]["sha256"] == notice.sha256
    assert leaf["notice"]["lang"] == "ru"


async def test_a_form_of_another_site_is_refused(open_demo, conn):
    answer = await open_demo("/demo", {"text": "Hello"}, Origin="https://evil.example")

    assert answer.status == 403
    assert await conn.fetchval("SELECT count(*) FROM comments") == 0


async def test_who_writes_without_end_is_asked_to_wait(open_demo, client):
    client.app[page.LIMIT]._windows["127.0.0.0/24"] = (float("inf"), 10_000)

    assert (await open_demo("/demo", {"text": "Hello"})).status == 429


async def test_without_its_site_there_is_no_demonstration(client):
    async with client.get("/demo") as response:
        assert response.status == 404


@pytest.fixture
async def own(conn):
    return await factories.site(conn, name="demo", url="https://demo.example")


async def test_a_site_of_that_name_is_no_demonstration(own, client):
    async with client.get("/demo") as response:
        assert response.status == 404


async def test_furnishing_again_publishes_nothing(demo, conn, settings):
    before = await all_of(conn, demo.id)

    await demonstration.furnish(conn, factories.SECRETS, settings)

    assert len((await all_of(conn, demo.id)).editions) == len(before.editions) == len(Kind)


async def test_the_demonstration_may_send_choices_from_our_own_origin(open_demo, client):
    own = str(client.make_url("")).rstrip("/")
    path = "/consent/demo/current?document=none"
    async with client.get(path, headers={"Origin": own}) as response:
        assert response.status == 200


async def test_global_privacy_control_is_declared(client):
    async with client.get("/.well-known/gpc.json") as response:
        assert await response.json() == {"gpc": True, "lastUpdate": "2026-11-24"}


def test_the_blog_says_the_same_in_every_language():
    said = page.texts()

    assert set(said) == {"de", "en", "ru"}
    assert len({frozenset(each) for each in said.values()}) == 1
    assert len({(len(each["comments"]), len(each["paragraphs"])) for each in said.values()}) == 1
