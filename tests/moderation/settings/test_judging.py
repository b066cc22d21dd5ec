"""Settings of a site as people see and change them."""

import html
import json
import re

import pytest

from moderation.pages.settings import fields
from service.accounts.values import Role
from service.sites import DIRECTORY, SiteSettings, administration
from tests.people import signed_in
from tests.waiting import until

PAGE = "/settings/blatt"
SEEN = re.compile(r'name="seen" value="([^"]*)"')
FIELDS = fields.shown(SiteSettings(), "de")


async def opened(browser):
    """What the form sends if nothing is touched."""
    page = (await browser.get(PAGE)).page
    seen = html.unescape(SEEN.search(page)[1])
    return {**json.loads(seen), "seen": seen}


async def trail(desk):
    rows = await desk.conn.fetch(
        "SELECT actor_kind, actor, details FROM audit_trail WHERE action = 'settings.changed'"
        " ORDER BY id"
    )
    return [dict(row) for row in rows]


async def settings(desk):
    return (await desk.conn.fetchrow("SELECT settings, language FROM sites"))[:]


async def test_what_is_saved_applies_and_stands_in_the_trail_with_what_was_before(desk):
    form = await opened(desk.kim) | {"hold_threshold": "40", "discard": "yes", "hold_hours": "2,5"}

    answer = await desk.kim.post(PAGE, form)

    assert answer.status == 303
    await until(lambda: desk.app[DIRECTORY].site("blatt").settings.hold_threshold == 0.4)
    site = desk.app[DIRECTORY].site("blatt")
    assert (site.settings.discard, site.settings.hold_seconds) == (True, 9000)
    (entry,) = await trail(desk)
    assert (entry["actor_kind"], entry["actor"].isdigit()) == ("user", True)
    assert entry["details"] == {
        "from": {"hold_threshold": 0.5, "discard": False, "hold_seconds": 86400},
        "to": {"hold_threshold": 0.4, "discard": True, "hold_seconds": 9000},
    }
    assert "Saved" in (await desk.kim.get(answer.headers["Location"])).page


async def test_nothing_changed_leaves_no_entry(desk):
    answer = await desk.kim.post(PAGE, await opened(desk.kim))

    assert answer.headers["Location"].endswith("done=same")
    assert await trail(desk) == []


async def test_the_later_of_two_is_told_and_overrules_only_knowingly(desk):
    ann = await signed_in(desk.client, desk.conn, "ann", Role.ADMINISTRATOR)
    form = await opened(desk.kim)
    await ann.post(PAGE, await opened(ann) | {"hold_threshold": "60", "languages": "de, en"})

    answer = await desk.kim.post(PAGE, form | {"hold_threshold": "30", "quarantine_days": "10"})

    assert answer.status == 409
    assert "ann changed these settings" in answer.page
    assert "Hold from: 50 → 60" in answer.page
    assert 'value="30"' in answer.page
    assert (await settings(desk))[0] == {"hold_threshold": 0.6}
    seen = html.unescape(SEEN.search(answer.page)[1])
    again = {**json.loads(seen), "seen": seen, "hold_threshold": "30", "quarantine_days": "10"}
    assert (await desk.kim.post(PAGE, again)).status == 303
    assert await settings(desk) == (
        {"hold_threshold": 0.3, "quarantine_days": 10},
        "de, en",
    )


async def test_who_clicks_twice_is_not_told_of_their_own_first_click(desk):
    form = await opened(desk.kim) | {"hold_threshold": "60"}

    answers = [await desk.kim.post(PAGE, form) for _ in range(2)]

    assert [answer.headers["Location"] for answer in answers] == [f"{PAGE}?done=saved"] * 2
    assert len(await trail(desk)) == 1


async def test_a_short_quarantine_is_mentioned_where_it_hides_comments(desk):
    await desk.comment()
    form = await opened(desk.kim) | {"quarantine_days": "7"}

    await desk.kim.post(PAGE, form)

    assert "only the last 7 days are known" in (await desk.kim.get(PAGE)).page


async def test_only_looking_changes_nothing_and_says_what_would_have_been(desk):
    for number in range(3):
        await desk.comment(f"maybe {number} " + "abcdefgh"[number] * 9)
    form = await opened(desk.kim) | {"hold_threshold": "90", "act": "preview"}

    page = (await desk.kim.post(PAGE, form)).page

    assert "This would have held 3 comments fewer." in page
    assert 'value="90"' in page
    assert "Not saved yet" in page
    assert (await settings(desk))[0] == {}


async def test_the_script_is_told_the_same(desk):
    await desk.comment("maybe so")

    page = (await desk.browser.get(f"{PAGE}/preview?hold_threshold=90&reject_threshold=99")).page

    assert "This would have held 1 comment fewer." in page
    assert "<html" not in page


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("hold_threshold", "much", "“much” is no number"),
        ("hold_threshold", "101", "no percentage"),
        ("hold_threshold", "99.5", "held from a lower percentage"),
        ("reject_threshold", "NaN", "no number"),
        ("discard_threshold", "1e9999999", "no number"),
        ("hold_hours", "0", "“Hours a blog waits for a decision” must lie between"),
        ("hold_hours", "-3", "between 0.001 and 720"),
        ("minimum_form_seconds", "90", "“Seconds that writing takes at least”"),
        ("quarantine_days", "0", "must lie between 1 and 36500"),
        ("quarantine_days", "1.5", "no whole number"),
        ("comment_retention_days", "99999999", "must lie between 0 and"),
        ("languages", "Plattdeutsch!", "languages of a blog"),
        ("languages", "<script>", "languages of a blog"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_a_sentence(desk, name, text, said):
    form = await opened(desk.kim) | {name: text, "observe_only": "yes"}

    answer = await desk.kim.post(PAGE, form)

    assert answer.status == 422
    assert said in html.unescape(answer.page)
    assert f'value="{html.escape(text)}"' in answer.page
    assert (await settings(desk))[0] == {}


async def test_a_moderator_sees_what_applies_and_changes_nothing(desk):
    page = (await desk.browser.get(PAGE)).page

    refused = await desk.browser.post(PAGE, {**FIELDS, "hold_threshold": "10"})

    assert "disabled" in page
    assert ">Save<" not in page
    assert refused.status == 403
    assert (await settings(desk))[0] == {}


async def test_settings_of_other_sites_are_not_there(desk):
    await desk.site("fremd")

    for path in ("/settings/fremd", "/settings/fremd/preview", "/settings/nichts"):
        assert (await desk.kim.get(path)).status == 404
    assert (await desk.kim.post("/settings/fremd", FIELDS)).status == 404
    assert "fremd" not in (await desk.kim.get(PAGE)).page


async def test_who_has_several_sites_chooses(desk):
    await desk.site("zweites")

    one = await desk.kim.get("/settings")
    page = (await desk.browser.get("/settings")).page

    assert one.headers["Location"] == PAGE
    assert "/settings/blatt" in page
    assert "/settings/zweites" in page


@pytest.mark.parametrize(
    "forged",
    [{"csrf": "0" * 64}, {"csrf": ""}],
)
async def test_a_forged_form_changes_nothing(desk, forged):
    form = await opened(desk.kim)

    answer = await desk.kim.post(PAGE, {**form, "hold_threshold": "1", **forged})
    abroad = await desk.kim.post(
        PAGE, {**form, "hold_threshold": "1"}, Origin="https://evil.example"
    )

    assert (answer.status, abroad.status) == (403, 403)
    assert (await settings(desk))[0] == {}


@pytest.mark.parametrize("seen", ["", "[]", "{", '{"hold_threshold": 5}', "null", "7" * 5000])
async def test_whatever_stands_in_the_hidden_field_nothing_breaks(desk, seen):
    form = await opened(desk.kim) | {"hold_threshold": "45", "seen": seen}

    assert (await desk.kim.post(PAGE, form)).status == 303


async def test_what_is_too_large_is_refused(desk):
    form = await opened(desk.kim) | {"languages": "x" * 300_000}

    assert (await desk.kim.post(PAGE, form)).status == 400


def test_fields_come_back_as_they_were():
    odd = SiteSettings(
        hold_threshold=0.123456,
        discard_threshold=0.99995,
        hold_seconds=100,
        minimum_form_seconds=0.1,
        hold_answer=False,
    )

    text = fields.shown(odd, "de")

    assert text["hold_threshold"] == "12.3456"
    assert text["discard_threshold"] == "99.995"
    changes = fields.as_changes(text, dict.fromkeys(text, ""))
    values = {name: administration._read(name, value) for name, value in changes.items()}
    assert SiteSettings(**values) == odd
