"""What pages load: by digest, for ever, for anyone, and little of it."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.banner import files, store, words
from consent.banner.view import view
from consent.notices.document import Kind
from consent.notices.publishing import all_of
from tests import factories
from tests.consent import notice_factory

VENDORED = files.FOLDER / "vendored"
SETTINGS = re.compile(r"\((\{.*\})\);\s*$", re.DOTALL)


@pytest.fixture
async def site(conn):
    return await factories.site(conn)


@pytest.fixture
async def edition(conn, site):
    return await notice_factory.publish(conn, site)


@pytest.fixture
def fetch(edition, client):
    """The answer to a page of the blog, with what it holds; uncompressed by the client."""

    async def get(path, **headers):
        async with client.get(f"/consent/blatt/{path}", headers=headers) as response:
            response.held = await response.read()
            return response

    return get


async def settings(fetch):
    response = await fetch("banner.js")
    return json.loads(SETTINGS.search(response.held.decode())[1])


def test_the_library_is_what_was_published():
    noted = re.findall(
        r"^([0-9a-f]{64})  (\S+)$", (VENDORED / "VENDORED.md").read_text("utf-8"), re.MULTILINE
    )

    assert {name for _, name in noted} == {
        each.name for each in VENDORED.iterdir() if each.suffix != ".md"
    }
    for digest, name in noted:
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == digest


async def test_whatever_the_loader_names_is_there_as_it_is_named(fetch, edition):
    named = await settings(fetch)

    assert named["notice"] == edition.sha256
    for each in (named["library"], named["style"], named["adapter"], *named["parts"].values()):
        response = await fetch(f"banner/{each['name']}")
        digest = base64.b64encode(hashlib.sha256(response.held).digest()).decode()
        assert each["integrity"] == f"sha256-{digest}"
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


async def test_the_loader_is_kept_for_minutes_only(fetch):
    response = await fetch("banner.js")

    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.content_type == "text/javascript"


async def test_a_first_visit_weighs_less_than_30_kb_and_the_adapter_less_than_6(fetch, edition):
    named = await settings(fetch)
    paths = [f"banner/{named[each]['name']}" for each in ("library", "style", "adapter")]
    paths += ["banner.js", f"notices/{edition.sha256}/banner?lang=ru", "current?document=none"]

    weights = [len(gzip.compress((await fetch(path)).held, 9, mtime=0)) for path in paths]

    assert weights[2] < 6_000
    assert sum(weights) < 30_000


async def test_who_takes_gzip_gets_it(edition, client, fetch):
    name = (await settings(fetch))["adapter"]["name"]

    async with client.get(
        f"/consent/blatt/banner/{name}", headers={"Accept-Encoding": "gzip"}
    ) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert await response.read() == files.adapter().content


@pytest.mark.parametrize(
    "path",
    [
        f"banner/{'0' * 64}.js",
        f"banner/{files.style().sha256}.js",
        f"notices/{'0' * 64}/banner",
        "banner/loader.js",
    ],
)
async def test_what_is_not_there_is_missing(fetch, path):
    assert (await fetch(path)).status == 404


async def test_a_site_without_a_notice_has_no_banner(site, client):
    async with client.get("/consent/blatt/banner.js") as response:
        assert response.status == 404


async def test_a_notice_that_an_own_banner_draws_is_no_notice_for_ours(conn, site, client):
    ui = {**notice_factory.notice()["ui"], "lib": "klaro@0.7.21"}
    ui.update(bundle_sha256="a" * 64, css_sha256="b" * 64)
    await notice_factory.publish(conn, site, ui=ui)

    async with client.get("/consent/blatt/banner.js") as response:
        assert response.status == 404


async def test_what_drew_an_older_question_is_served_after_an_update(
    conn, site, fetch, monkeypatch
):
    first = await settings(fetch)
    newer = files.File("css", b"a {}")
    monkeypatch.setattr(files, "style", lambda: newer)
    monkeypatch.setattr(files, "built_in", {newer.sha256: newer}.get)

    again = await fetch(f"banner/{first['style']['name']}")

    assert again.status == 200
    assert hashlib.sha256(again.held).hexdigest() in first["style"]["name"]


async def test_a_draft_published_again_is_the_notice_that_it_became(conn, site, edition):
    again = await notice_factory.publish(conn, site)

    assert again.sha256 == edition.sha256
    assert len((await all_of(conn, site.id)).editions) == 1


async def test_the_database_keeps_what_a_notice_names(conn, edition):
    kind, content = await store.kept_file(conn, bytes.fromhex(edition.digests.css))

    assert (kind, content) == ("css", files.style().content)


@pytest.mark.parametrize("language", ["de", "en", "ru"])
async def test_a_page_is_told_what_the_notice_says_in_one_language(edition, language):
    shown = view(edition, language)
    document = json.loads(edition.document)

    assert shown["language"] == language
    assert shown["texts"]["body_html"] == document["texts"][language]["body_html"]
    assert document["controller"]["name"] in shown["consentModal"]["footer"]
    sections = shown["preferencesModal"]["sections"]
    asked = [each["linkedCategory"] for each in sections if "linkedCategory" in each]
    assert asked == [each["id"] for each in document["purposes"]]
    rows = [row["name"] for each in sections for row in each.get("cookieTable", {}).get("body", [])]
    named = [
        cookie["name"]
        for purpose in document["purposes"]
        for service in purpose["services"]
        for cookie in service["cookies"]
    ]
    assert rows == named


async def test_a_page_may_show_a_notices_texts_in_one_language(conn, site, fetch):
    notice = await notice_factory.publish(conn, site, Kind.COMMENT_PROCESSING)

    shown = json.loads((await fetch(f"notices/{notice.sha256}/texts?lang=ru-RU")).held)

    assert shown["language"] == "ru"
    assert shown["title"] == notice.notice.texts["ru"].title
    assert (await fetch(f"notices/{'0' * 64}/texts")).status == 404


async def test_texts_of_a_notice_become_no_markup(conn, site):
    controller = {**notice_factory.notice()["controller"], "name": 'A & "B"'}
    edition = await notice_factory.publish(conn, site, controller=controller)

    assert "A &amp; &#34;B&#34;" in view(edition, "de")["consentModal"]["footer"]


@pytest.mark.parametrize(
    ("duration", "language", "said"),
    [
        ("P13M", "de", "13 Monate"),
        ("P1Y", "de", "1 Jahr"),
        ("P1Y6M", "en", "1 year 6 months"),
        ("P1D", "en", "1 day"),
        ("P21D", "ru", "21 день"),
        ("P3Y", "ru", "3 года"),
        ("P12M", "ru", "12 месяцев"),
        ("P90D", "fr", "90 days"),
        ("session", "de", "bis du den Browser schließt"),
    ],
)
def test_spans_are_said_as_people_say_them(duration, language, said):
    assert words.span(duration, language) == said


@given(
    st.from_regex(r"P(?=[0-9])([0-9]{1,3}Y)?([0-9]{1,4}M)?([0-9]{1,5}D)?", fullmatch=True),
    st.sampled_from(["de", "en", "ru", "fr", "de-AT"]),
)
def test_whatever_the_span_its_numbers_are_said_in_their_order(duration, language):
    said = words.span(duration, language)

    assert re.findall("[0-9]+", said) == re.findall("[0-9]+", duration)
    assert not re.search("[0-9]$", said)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_whatever_the_loader_is_told_it_stays_one_value(text):
    told = SETTINGS.search(files.loader({"notice": text}))[1]

    assert json.loads(told) == {"notice": text}


def test_we_say_the_same_in_every_language():
    said = words.words()

    assert {frozenset(each) for each in said.values()} == {frozenset(said["en"])}
    assert all(text.strip() for each in said.values() for text in each.values())


def test_every_word_of_ours_is_said_somewhere():
    source = "".join(
        path.read_text("utf-8")
        for path in Path(files.FOLDER).rglob("*")
        if path.suffix in {".js", ".py"}
    )
    computed = {"session", "until_deleted", "name", "purpose", "access", "duration"}

    unsaid = [
        name
        for name in words.words()["en"]
        if f"words.{name}" not in source and f'own["{name}"]' not in source
    ]
    assert set(unsaid) <= computed | {"others", "own"}
