"""Publishing a notice on a page: written, checked, seen as visitors see it, and then for ever."""

import html
import json
import re

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.notices.document import Kind
from consent.notices.reading import MalformedNotice
from consent.pages import writing
from service.accounts.values import Role
from tests import factories
from tests.consent import notice_factory
from tests.people import signed_in

DOCUMENT = re.compile(r'<textarea[^>]* name="document"[^>]*>(.*?)</textarea>', re.DOTALL)
WHO = {
    "name": "Kasseler Blatt",
    "address": "Obere Königsstraße 1, 34117 Kassel",
    "email": "redaktion@blatt.example",
    "contact": "Ada Muster",
}


def document(answer):
    return html.unescape(DOCUMENT.search(answer.page)[1])


async def send(browser, step, **fields):
    return await browser.post(f"/notices/{step}", {"site": "blatt", "kind": "terms", **fields})


async def test_a_notice_is_published_from_a_draft_to_the_end(site, client, administrator, conn):
    start = await administrator.get("/notices/new?site=blatt&kind=terms")
    editor = await send(administrator, "draft", **WHO)
    preview = await administrator.post(
        "/notices/preview", {"site": "blatt", "kind": "terms", "document": document(editor)}
    )
    shown = json.loads(document(preview))
    published = await send(administrator, "publish", document=document(preview))

    assert 'name="email"' in start.page
    assert WHO["address"] in editor.page
    assert shown["texts"]["de"]["title"] in html.unescape(preview.page)
    assert published.status == 303
    location = published.headers["Location"]
    digest = location.rpartition("=")[2]
    stored = await conn.fetchrow("SELECT encode(sha256, 'hex') AS sha256, document FROM notices")
    assert (stored["sha256"], json.loads(stored["document"])) == (digest, shown)
    listing = await administrator.get(location)
    assert f"/notices/blatt/{digest}" in listing.page
    version = await administrator.get(f"/notices/blatt/{digest}")
    assert digest in version.page
    trail = await conn.fetchrow("SELECT * FROM audit_trail WHERE action = 'notice.published'")
    assert (trail["actor_kind"], trail["subject"]) == ("user", digest)


async def test_what_keeps_a_notice_from_being_published_is_said_in_sentences(site, administrator):
    await administrator.get("/account")
    wrong = notice_factory.notice(Kind.COOKIE)
    wrong["texts"]["de"]["body_html"] = "<p onclick='x()'>Hallo</p>"

    answer = await send(administrator, "preview", document=json.dumps(wrong))

    assert "texts.de.body_html holds markup that is not allowed" in answer.page
    assert json.loads(document(answer)) == wrong
    assert "<p onclick" not in answer.page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"kind": "terms",}', "Line 1, column 18"),
        ("", "The notice is no JSON object"),
        ("[1]", "The notice is no JSON object"),
        ("[" * 100_000, "The notice is no JSON object"),
    ],
)
async def test_what_is_no_json_is_said_to_be_none(site, administrator, text, said):
    await administrator.get("/account")

    for step in ("preview", "publish"):
        assert said in (await send(administrator, step, document=text)).page


async def test_a_file_counts_instead_of_the_text(site, administrator, client):
    await administrator.get("/account")
    form = aiohttp.FormData()
    for name, value in {
        "csrf": administrator.csrf,
        "site": "blatt",
        "kind": "terms",
        "document": "nonsense",
    }.items():
        form.add_field(name, value)
    form.add_field("file", notice_factory.raw(Kind.TERMS), filename="n.json")
    async with client.post("/notices/preview", data=form, cookies=administrator.cookies) as answer:
        page = await answer.text()

    assert answer.status == 200
    assert 'action="/notices/publish"' in page


async def test_a_change_says_what_it_does_to_whoever_agreed(
    conn, site, edition, ledger, choice, administrator
):
    await ledger.append(site, choice("statistics", subject="visitor-0001"))
    await ledger.append(site, choice("statistics", subject="visitor-0002"))
    await ledger.append(site, choice(subject=None))
    editor = await administrator.get("/notices/new?site=blatt&kind=cookie")
    value = json.loads(document(editor))

    said = {}
    for change in ("editorial", "material", "new_processing"):
        answer = await send(
            administrator, "preview", document=json.dumps({**value, "change_class": change})
        )
        said[change] = html.unescape(answer.page)

    assert "Nobody is asked again" in said["editorial"]
    assert "visitors are told of the change" in said["material"]
    assert "The consent of 2 visitors ends." in said["new_processing"]
    assert "visitors ends" not in said["editorial"]
    assert await conn.fetchval("SELECT count(*) FROM notices") == 1


async def test_of_two_who_publish_at_once_the_second_hears_of_the_first(
    conn, site, edition, administrator
):
    editor = await administrator.get("/notices/new?site=blatt&kind=cookie")
    preview = await send(administrator, "preview", document=document(editor))
    other = json.loads(document(editor))
    other["texts"]["de"]["title"] = "Ein anderer Titel"
    await notice_factory.publish_raw(conn, site, json.dumps(other).encode())

    answer = await send(administrator, "publish", document=document(preview))

    assert answer.status == 200
    assert "somebody published another one" in answer.page
    assert await conn.fetchval("SELECT count(*) FROM notices") == 2


async def test_changing_it_first_leads_back_with_the_text(site, administrator):
    await administrator.get("/account")

    answer = await send(administrator, "preview", document='{"a": "</textarea>"}', edit="yes")

    assert document(answer) == '{"a": "</textarea>"}'
    assert 'role="alert"' not in answer.page


async def test_only_administrators_of_the_site_publish(conn, site, edition, auditor, client):
    elsewhere = await factories.site(conn, name="other", url="https://other.example")
    stranger = await signed_in(client, conn, "eve", Role.ADMINISTRATOR, sites=[elsewhere.name])
    raw = notice_factory.raw(Kind.TERMS).decode()

    listing = await auditor.get("/notices?site=blatt")
    refused = [
        (await send(browser, step, document=raw)).status
        for browser in (auditor, stranger)
        for step in ("draft", "preview", "publish")
    ]
    hidden = await stranger.get(f"/notices/blatt/{edition.sha256}")

    assert edition.sha256 in listing.page
    assert "/notices/new" not in listing.page
    assert refused == [403, 403, 403, 404, 404, 404]
    assert hidden.status == 404
    assert await conn.fetchval("SELECT count(*) FROM notices") == 1


async def test_a_form_of_another_page_publishes_nothing(conn, site, administrator):
    raw = notice_factory.raw(Kind.TERMS).decode()

    answer = await send(administrator, "publish", document=raw, csrf="0" * 64)

    assert answer.status == 403
    assert await conn.fetchval("SELECT count(*) FROM notices") == 0


async def test_a_version_that_is_not_there_is_not_shown(site, edition, auditor):
    assert (await auditor.get(f"/notices/blatt/{'0' * 64}")).status == 404


@given(st.binary(max_size=200))
def test_whatever_was_written_there_is_a_sentence_about_it(raw):
    said = writing.sentences(MalformedNotice(), raw)

    assert said[0] == MalformedNotice().title
    assert "\0" not in writing.text_of(raw)
