"""What every page has: its policy, its language, its files; and catalogues that are complete."""

import re

import pytest

from service.accounts.values import Role
from service.pages import catalogue, files, frame
from tests.people import cheaply, signed_in

OPEN = ("/sign-in", "/sign-in/nonsense", "/review", "/nothing", "/account/nothing")


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    cheaply(monkeypatch)


@pytest.mark.parametrize("language", catalogue.translated_languages())
def test_the_catalogues_are_complete_and_built(language):
    """If this fails: make translations, and fill in what is new."""
    path = catalogue.po_file(language)
    current = catalogue.updated(language)

    assert catalogue.missing(current) == []
    assert path.read_bytes() == catalogue.written(current)
    assert path.with_suffix(".mo").read_bytes() == catalogue.built(path.read_bytes(), language)


@pytest.mark.parametrize("language", catalogue.translated_languages())
def test_a_translation_has_the_placeholders_of_its_sentence(language):
    for message in catalogue.read(language):
        if message.id:
            wanted = set(re.findall(r"%\(\w+\)s", str(message.id)))
            strings = [message.string] if isinstance(message.string, str) else message.string
            for string in strings:
                found = set(re.findall(r"%\(\w+\)s", string))
                assert found <= wanted, message.id
                assert isinstance(message.id, tuple) or found == wanted, message.id


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de-AT,de;q=0.9", "de"), ("fr, ru;q=0.5", "ru"), ("", "en"), (";;,=", "en")],
)
async def test_who_is_not_signed_in_reads_the_language_of_their_browser(client, asked, language):
    headers = {"Accept-Language": asked}
    async with client.get("/sign-in", headers=headers) as answer:
        assert f'<html lang="{language}">' in await answer.text()


async def test_an_account_reads_its_own_language(client, conn):
    browser = await signed_in(client, conn, "kim", language="de")

    assert "Abmelden" in (await browser.get("/account", Accept_Language="ru")).page
    await browser.post("/account/language", {"language": "ru"})
    assert "Выйти" in (await browser.get("/account")).page


async def test_every_page_has_a_policy_without_inline_code_and_stays_in_no_cache(client, conn):
    browser = await signed_in(client, conn, "kim", Role.ADMINISTRATOR)
    for path in (*OPEN[:2], "/account", "/audit", "/account/nothing"):
        answer = await browser.get(path)
        policy = answer.headers["Content-Security-Policy"]

        assert answer.content_type == "text/html", path
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=", answer.page)
        assert not re.findall(r'(?:src|href|action)="(?!/|#)[^"]*"', answer.page)


async def test_files_live_at_the_address_of_their_content(client):
    for name in ("gatehouse.css", "mark.svg"):
        async with client.get(files.address_of(name)) as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
    for path in ("/pages/000000000000/gatehouse.css", "/pages/x/..%2fframe.py", "/pages/x/y.css"):
        async with client.get(path) as answer:
            assert answer.status == 404


async def test_a_script_hears_a_problem_document(client):
    async with client.get("/account", headers={"Accept": "application/json"}) as answer:
        assert answer.status == 401
        assert (await answer.json(content_type=None))["type"] == "urn:gatehouse:not-signed-in"


async def test_the_first_link_of_a_page_leads_to_its_content(client):
    async with client.get("/sign-in") as answer:
        assert re.search(r'<body[^>]*>\s*<a class="skip" href="#main">', await answer.text())


def test_moments_are_written_in_every_language():
    for language in frame.OWN_NAMES:
        assert language in frame.MOMENTS
