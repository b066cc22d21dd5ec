"""The queue: what it lists, how it is filtered and searched, and what a comment may do to it."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.pages.asking import FILTERS
from moderation.pages.display import defanged, shown
from moderation.review import listing, searching
from moderation.review.listing import Tab
from service.db import POOL
from tests import factories
from tests.moderation.review.desk import distinct

NONSENSE = [
    "%00",
    "%ff%fe",
    "%27",
    "((((((",
    "a" * 3000,
    "-1",
    "1e999",
    "!!&|:*",
    "-word",
    "9" * 40,
]
TRICKS = "<script>alert(1)</script>\u202egnp.exe\u200b <img src=x onerror=alert(1)> &amp; \x07"


@pytest.mark.parametrize(
    ("tab", "text"), [("held", "maybe"), ("rejected", "spam"), ("approved", "x")]
)
async def test_each_tab_lists_what_is_in_that_state(desk, tab, text):
    comments = {word: await desk.comment(f"{word} words") for word in ("maybe", "spam", "x")}

    assert list(await desk.refs(f"?tab={tab}")) == [comments[text].hex]


async def test_repeats_and_tests_are_not_listed(desk):
    first = await desk.comment("maybe once", address="192.0.2.1")
    await desk.comment("maybe once", address="192.0.2.1")
    await desk.comment("maybe a test", is_test=True)

    assert list(await desk.refs()) == [first.hex]


async def test_one_list_has_all_sites_and_a_filter_for_each(desk):
    await desk.site("other")
    here, there = await desk.comment(), await desk.comment(site="other")

    assert list(await desk.refs()) == [there.hex, here.hex]
    assert list(await desk.refs("?site=other")) == [there.hex]
    assert list(await desk.refs("?site=nowhere")) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("author=ERIKA", ["b"]),
        ("author=b@example.org", ["b"]),
        ("language=de", ["a"]),
        ("least=80&most=90", ["a", "b", "c"]),
        ("least=95", []),
        ("most=50,5", []),
        ("since=2100-01-01", []),
        ("since=2000-01-01&until=2100-01-01", ["a", "b", "c"]),
        ("finding=words", ["a", "b", "c"]),
        ("finding=nothing", []),
        ("by=machine", ["a", "b"]),
        ("by=user", ["c"]),
        ("by=user:999", []),
        ("q=walrus", ["c"]),
        ('q="a walrus" -penguin', ["c"]),
        ("q=penguin or walrus", ["b", "c"]),
    ],
)
async def test_the_list_is_filtered(desk, query, expected):
    comments = {
        "a": await desk.comment("maybe a zebra", languages="de, en_us"),
        "b": await desk.comment("maybe a penguin", author="Erika", email="b@example.org"),
        "c": await desk.comment("maybe a walrus", languages="ru"),
    }
    await desk.decide("hold", (await desk.refs())[comments["c"].hex])

    found = await desk.refs(f"?{quote(query, safe='=&')}")

    assert set(found) == {comments[name].hex for name in expected}


@pytest.mark.parametrize("name", [*FILTERS, "tab", "below", "done"])
async def test_whatever_is_asked_the_queue_answers(desk, name):
    for value in NONSENSE:
        answer = await desk.browser.get(f"/review?{name}={value}")

        assert answer.status == 200, value


async def test_pages_miss_nothing_and_repeat_nothing(desk, monkeypatch):
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 10)
    ids = [(await desk.comment(distinct(n), author=f"a{n}")).hex for n in range(33)]
    for n in range(12):
        await desk.comment(f"fine {n}")

    for tab in ("held", "approved"):
        found, query = [], f"?tab={tab}"
        for _ in range(12):
            page = await desk.page(query)
            found += re.findall(r'<li class="item" id="c([0-9a-f]{32})"', page)
            more = re.search(r'data-more="([^"]*)"', page)[1].replace("&amp;", "&")
            if not more:
                break
            query = more.removeprefix("/review")
        if tab == "held":
            assert found == ids[::-1]
        assert len(found) == len(set(found)) == {"held": 33, "approved": 12}[tab]


def found(page):
    return re.findall(r'<li class="item" id="c([0-9a-f]{32})"', page)


def further(page):
    more = re.search(r'data-more="([^"]*)"', page)[1].replace("&amp;", "&")
    return more.removeprefix("/review")


async def test_old_comments_are_found_by_their_words(desk, settings, monkeypatch):
    wanted = await desk.comment("maybe a rare zeugma")
    for n in range(8):
        await desk.comment(distinct(n))
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)
    monkeypatch.setattr(searching, "LATECOMERS", timedelta(0))
    assert list(await desk.refs("?q=zeugma")) == []

    assert await searching.run(desk.conn, settings) == 9
    assert await searching.run(desk.conn, settings) == 0

    assert list(await desk.refs("?q=zeugma")) == [wanted.hex]
    assert list(await desk.refs("?q=zeugma&tab=approved")) == []
    await desk.conn.execute("DELETE FROM comments WHERE id = $1", wanted)
    assert list(await desk.refs("?q=zeugma")) == []


async def test_a_page_ends_where_the_index_of_words_does(desk, settings, monkeypatch):
    first = await desk.comment("maybe a rare zeugma")
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)
    monkeypatch.setattr(searching, "LATECOMERS", timedelta(0))
    await searching.run(desk.conn, settings)
    later = [await desk.comment(f"{distinct(n)} zeugma") for n in range(5)]

    page = await desk.page("?q=zeugma")

    assert found(page) == [each.hex for each in later[:1:-1]]
    assert found(await desk.page(further(page))) == [later[1].hex, later[0].hex, first.hex]


async def test_an_author_is_found_however_old_their_comments_are(desk, settings, monkeypatch):
    wanted = await desk.comment("maybe a word", author="Erika Muster")
    for n in range(8):
        await desk.comment(distinct(n), author=f"Erika the {n}th and Muster")
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)
    monkeypatch.setattr(searching, "LATECOMERS", timedelta(0))
    await searching.run(desk.conn, settings)

    assert found(await desk.page("?author=erika+muster")) == [wanted.hex]


async def test_a_period_long_ago_is_found_at_once(desk, monkeypatch):
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)
    old = factories.uuid7_at(factories.NOW)
    await desk.conn.execute(
        "UPDATE comments SET id = $1, received_at = $2 WHERE id = $3",
        *(old, factories.NOW, await desk.comment(distinct(0))),
    )
    for n in range(8):
        await desk.comment(distinct(n + 1))
    day = f"{factories.NOW:%Y-%m-%d}"

    page = await desk.page(f"?since={day}&until={day}")

    assert found(page) == [old.hex]
    assert 'data-more=""' in page


async def test_too_many_hits_are_looked_through_instead(desk, settings, monkeypatch):
    ids = [(await desk.comment(f"{distinct(n)} common")).hex for n in range(9)]
    await searching.run(desk.conn, settings)
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 3)
    monkeypatch.setattr(listing, "HITS_AT_MOST", 4)

    first = await desk.page("?q=common")

    assert re.findall(r'<li class="item" id="c([0-9a-f]{32})"', first) == ids[:5:-1]
    assert 'data-more="/review?q=common' in first


async def test_words_of_another_site_are_not_found(desk, settings):
    await desk.site("other")
    await desk.comment("maybe zeugma", site="other")
    await searching.run(desk.conn, settings)

    assert list(await desk.refs("?q=zeugma&site=blatt")) == []


async def test_a_comment_does_nothing_but_be_read(desk):
    comment = await desk.comment(
        f"maybe {TRICKS} http://evil.example/a.b www.evil.example",
        author=TRICKS,
        url="javascript:alert(1)",
        title=TRICKS,
        permalink="javascript:alert(1)",
    )
    for path in ("/review", f"/review/blatt/{comment}"):
        page = (await desk.browser.get(path)).page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert "evil.example" not in page
        assert "hxxp://evil[.]example/a.b" in page
        assert "\u202e" not in page.split("<main")[1].split('aria-label="Comment')[0]
        assert ">RLO<" in page
        assert ">ZWSP<" in page


@pytest.mark.parametrize(
    "text", ["\N{PILE OF POO}" * 3000, "maybe " + "я" * 500_000, "maybe \u200b\u200d" * 4000]
)
async def test_large_and_odd_texts_make_no_large_page(desk, text):
    comment = await desk.comment(f"maybe {text}")

    assert len((await desk.page()).encode()) < 100_000
    assert (await desk.browser.get(f"/review/blatt/{comment}")).status == 200


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=200))
def test_whatever_the_text_no_markup_of_its_own_is_left(text):
    html = str(shown(text))

    assert set(re.findall(r"<[^>]*>", html)) <= {
        '<span class="link">',
        '<span class="odd">',
        "</span>",
    }
    assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069]", html)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://spam.example/x.y", "hxxps://spam[.]example/x.y"),
        ("www.spam.example", "www[.]spam[.]example"),
        ("ftp://a.b", "ftp://a[.]b"),
    ],
)
def test_addresses_are_defanged(address, expected):
    assert defanged(address) == expected


def test_families_stay_together_and_lonely_joiners_are_shown():
    family = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"

    assert str(shown(family)) == family
    assert "ZWJ" in str(shown("ca\u200dsino"))


async def test_a_full_page_weighs_less_than_100_kb(desk):
    for n in range(30):
        await desk.comment(distinct(n) + " длинный текст о статье" * 60, author=f"Автор {n}")

    assert len((await desk.page()).encode()) < 100_000


async def test_the_page_of_a_comment_tells_its_story(desk, settings):
    earlier = await desk.comment("a fine article")
    await searching.run(desk.conn, settings)
    comment = await desk.comment("maybe this")
    _, told = await desk.decide("spam", (await desk.refs())[comment.hex])
    await desk.undo(told["batch"])

    page = (await desk.browser.get(f"/review/blatt/{comment}")).page

    for words in ("came in", "called spam", "taken back", "mia", str(earlier), "a fine article"):
        assert words in page


async def test_reasons_are_in_the_language_of_the_moderator(desk):
    await desk.comment()
    await desk.browser.post("/account/language", {"language": "de"})

    page = await desk.page()

    assert "spricht" in page
    assert "Freigeben" in page


async def test_the_plain_queue_asks_its_own_index(desk):
    site = await desk.site("other")
    for tab in Tab:
        wanted = listing.Wanted(site_ids=[site.id], below=listing.HIGHEST, grouped=tab is Tab.HELD)
        async with desk.app[POOL].acquire() as conn:
            assert (await listing.page(conn, tab, wanted)).ended
    plan = await desk.conn.fetch(f"EXPLAIN {listing.store.COUNT_HELD}", [site.id])
    assert any("comments_held" in row[0] for row in plan)
