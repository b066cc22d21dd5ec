"""Allow and block lists on the page."""

import html

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from moderation.pages.settings.listed import Filled, _entries, _refused
from service.sites import DIRECTORY, ListEntry
from tests.waiting import until

PAGE = "/settings/blatt/lists"


async def add(desk, values, list_="block", field="word", browser=None):
    form = {"list": list_, "field": field, "values": values}
    await (browser or desk.kim).get(PAGE)
    return await (browser or desk.kim).post(PAGE, form)


async def listed(desk):
    rows = await desk.conn.fetch("SELECT list, field, value FROM site_lists ORDER BY field, value")
    return [tuple(row) for row in rows]


async def test_lines_are_added_and_taken_away_and_the_next_comment_obeys(desk):
    answer = await add(desk, "Sportwetten\n\n  best   casino \n")

    assert answer.status == 303
    assert await listed(desk) == [
        ("block", "word", "Sportwetten"),
        ("block", "word", "best casino"),
    ]
    await until(lambda: len(desk.app[DIRECTORY].site("blatt").lists) == 2)
    assert await desk.state(await desk.comment("Jetzt Sportwetten!")) == "reject"
    gone = {"list": "block", "field": "word", "value": "Sportwetten"}
    assert (await desk.kim.post(f"{PAGE}/remove", gone)).headers["Location"].endswith("=removed")
    assert (await desk.kim.post(f"{PAGE}/remove", gone)).headers["Location"].endswith("=gone")
    actions = await desk.conn.fetch(
        "SELECT action FROM audit_trail WHERE action LIKE 'list.%' AND actor_kind = 'user'"
    )
    assert len(actions) == 3


async def test_a_trusted_author_is_an_address_that_is_always_approved(desk):
    await add(desk, "Ada@Example.ORG", "allow", "email")

    page = (await desk.browser.get(PAGE)).page

    assert "trusted authors" in page
    assert "ada@example.org" in page
    assert "Remove" not in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("pattern", "(", "“(” is no regular expression of RE2"),
        ("pattern", "(a+)+$|", "would match every comment"),
        ("pattern", r"(a)\1", "no regular expression of RE2"),
        ("address", "0.0.0.0/0", "every address there is"),
        ("address", "localhost", "is no address"),
        ("domain", "two words", "is no domain"),
        ("email", "nobody", "is no e-mail address"),
        ("word", "!!", "has no word of letters"),
        ("word", "x" * 1001, "has 1 to 1000 characters"),
    ],
)
async def test_why_an_entry_cannot_stand_is_said_and_the_others_wait(desk, field, value, said):
    answer = await add(desk, f"203.0.113.7\n{value}", field=field)

    assert answer.status == 422
    assert said in html.unescape(answer.page)
    assert "203.0.113.7" in answer.page
    assert await listed(desk) == []


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"list": "grey", "field": "word", "values": "x"}, 400),
        ({"list": "block", "field": "colour", "values": "x"}, 400),
        ({"values": "x"}, 400),
        ({"list": "block", "field": "word", "values": "  \n "}, 422),
        ({"list": "block", "field": "word", "values": "\n".join(map(str, range(201)))}, 422),
    ],
)
async def test_a_form_that_nobody_filled_in_adds_nothing(desk, form, status):
    await desk.kim.get(PAGE)

    assert (await desk.kim.post(PAGE, form)).status == status
    assert await listed(desk) == []


async def test_a_moderator_cannot_change_a_list_nor_an_administrator_that_of_others(desk):
    await desk.site("fremd")

    assert (await add(desk, "word", browser=desk.browser)).status == 403
    form = {"list": "block", "field": "word", "value": "word", "values": "word"}
    for path in ("/settings/fremd/lists", "/settings/fremd/lists/remove"):
        assert (await desk.kim.post(path, form)).status == 404
    assert await listed(desk) == []


async def test_long_lists_are_searched(desk):
    await desk.conn.execute(
        "INSERT INTO site_lists (site_id, list, field, value)"
        " SELECT 1, 'block', 'word', 'word' || n FROM generate_series(1, 300) AS n"
    )

    page = (await desk.kim.get(PAGE)).page
    found = (await desk.kim.get(f"{PAGE}?q=WORD299")).page
    none = (await desk.kim.get(f"{PAGE}?q=%25%00")).page

    assert "There are more" in page
    assert "<code>word299</code>" not in page
    assert "<code>word299</code>" in found
    assert "Nothing fits" in none


async def test_entries_are_text_and_what_hides_in_them_is_seen(desk):
    await add(desk, "<b>casino</b>\u202egro.elpmaxe", field="pattern")

    page = (await desk.kim.get(PAGE)).page

    assert "<b>casino" not in page
    assert '<span class="odd">RLO</span>' in page


@given(st.sampled_from(["word", "domain", "email", "address", "pattern"]), st.text(max_size=60))
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_the_lines_each_is_taken_or_refused_in_a_sentence(field, text):
    class Reader:
        class account:  # noqa: N801
            language = "en"

    wanted = _entries(Filled("block", field, text))

    refusals = _refused(wanted, Reader)
    assert len(refusals) <= len(wanted)
    assert all(refusal.sentence for refusal in refusals)
    assert all(isinstance(entry, ListEntry) for entry in wanted)
