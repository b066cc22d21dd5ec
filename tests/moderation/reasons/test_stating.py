"""Who removes a comment says why; its author hears it, unless it was taken back in time."""

import re
from datetime import timedelta

import pytest

from moderation import letters
from moderation.feedback import Label, Labelling, Source, label_comment
from moderation.reasons import administration
from moderation.reasons.rules import CATEGORIES, SHIPPED
from service import clock
from service.audit import ActorKind
from service.mail import sending
from service.sites import DIRECTORY
from tests.people import signed_in
from tests.waiting import until

SEND = """
    UPDATE mails
       SET state = 'sent', finished_at = created_at, recipient = NULL, subject = NULL, body = NULL
"""


async def label(desk, conn, comment, said):
    """The blog says something of a comment."""
    site = desk.app[DIRECTORY].site("blatt")
    labelling = Labelling(comment, said, Source.API, ActorKind.TOKEN, "1", from_blog=True)
    async with conn.transaction():
        return await label_comment(conn, site, labelling, clock.now())


async def statements(conn):
    return await conn.fetch("SELECT * FROM statements ORDER BY id")


async def reject(desk, comment, **fields):
    tabs = ("", "?tab=approved", "?tab=rejected")
    for tab in tabs:
        if ref := (await desk.refs(tab)).get(comment.hex):
            return (await desk.decide("reject", ref, **fields))[1]
    raise AssertionError


async def test_a_removal_fills_every_slot_of_a_statement(desk, conn):
    comment = await desk.comment(languages="de")

    told = await reject(desk, comment, rule="off-topic", note="Bitte beim Radweg bleiben.")

    (made,) = await statements(conn)
    assert (made["restriction"], made["scope"], made["ends_at"]) == ("removal", "everywhere", None)
    assert (made["source"], made["ground"], made["clause"]) == ("own_initiative", "terms", "4")
    assert (made["automated_detection"], made["automated_decision"]) == (True, False)
    assert made["title"] == "Am Thema vorbei"
    assert made["note"] == "Bitte beim Radweg bleiben."
    assert made["not_sent_reason"] is None
    assert "Off topic" in told["sentence"]


async def test_the_author_is_written_to_in_the_language_of_the_blog(desk, conn, mails):
    comment = await desk.comment("maybe a needle", languages="de", author="Needle")

    await reject(desk, comment, rule="attack", note="Ein Satz.")

    (mail,) = await mails()
    assert (mail["recipient"], mail["comment_id"]) == ("ada@example.org", comment)
    assert mail["due_at"] >= mail["created_at"] + timedelta(seconds=59)
    assert mail["subject"] == "Ihr Kommentar auf https://blatt.example wurde entfernt"
    for part in ("Persönliche Angriffe", "Ein Satz.", "automatischer Filter", "Gerichten"):
        assert part in mail["body"]
    assert re.search(r"https://gate\.example/appeal/[\w-]{76}\n", mail["body"])
    # Anybody's address can be named with a comment: they are not sent what a stranger wrote.
    assert "needle" not in mail["body"].lower()


async def test_what_the_moderators_came_across_themselves_was_found_by_no_machine(desk, conn):
    comment = await desk.comment("a fine article")

    await reject(desk, comment)

    assert (await statements(conn))[0]["automated_detection"] is False


@pytest.mark.parametrize("choice", ["spam", "approve", "hold"])
async def test_nothing_else_is_stated(desk, conn, mails, choice):
    await desk.comment()
    await desk.decide(choice, *(await desk.refs()).values())

    assert (await statements(conn), await mails()) == ([], [])


async def test_a_removal_that_is_taken_back_at_once_is_never_told(desk, conn, mails):
    comment = await desk.comment()
    told = await reject(desk, comment)

    await desk.undo(told["batch"])

    assert await mails() == []


async def test_an_author_who_was_told_hears_that_it_was_taken_back(desk, conn, mails):
    comment = await desk.comment("a fine article")
    told = await reject(desk, comment)
    await conn.execute(SEND)

    await desk.undo(told["batch"])

    (mail,) = await mails()
    assert "zurückgenommen" in mail["body"]


@pytest.mark.parametrize("way", ["undo", "hold"])
async def test_what_is_held_again_is_not_called_shown_until_it_is(desk, conn, mails, way):
    comment = await desk.comment()
    told = await reject(desk, comment)
    await conn.execute(SEND)
    if way == "undo":
        await desk.undo(told["batch"])
    else:
        await desk.decide("hold", (await desk.refs("?tab=rejected"))[comment.hex])

    meanwhile = await mails()
    await desk.decide("approve", (await desk.refs())[comment.hex])

    assert meanwhile == []
    (mail,) = await mails()
    assert "zurückgenommen" in mail["body"]


async def test_that_a_comment_is_shown_again_is_told_once(desk, conn, mails):
    comment = await desk.comment()
    await reject(desk, comment)
    await conn.execute(SEND)
    await desk.decide("approve", (await desk.refs("?tab=rejected"))[comment.hex])
    await conn.execute(SEND)

    await desk.decide("hold", (await desk.refs("?tab=approved"))[comment.hex])
    await desk.decide("approve", (await desk.refs())[comment.hex])

    assert await mails() == []


async def test_a_removal_that_stands_again_is_told_to_who_heard_the_contrary(desk, conn, mails):
    comment = await desk.comment()
    await reject(desk, comment)
    await conn.execute(SEND)
    _, told = await desk.decide("approve", (await desk.refs("?tab=rejected"))[comment.hex])
    await conn.execute(SEND)

    await desk.undo(told["batch"])

    (mail,) = await mails()
    assert mail["subject"] == "Ihr Kommentar auf https://blatt.example wurde entfernt"


async def test_what_is_removed_again_in_time_was_never_called_shown(desk, conn, mails):
    comment = await desk.comment("a fine article")
    told = await reject(desk, comment)
    await conn.execute(SEND)
    await desk.undo(told["batch"])

    await desk.decide("spam", (await desk.refs("?tab=approved"))[comment.hex])

    assert await mails() == []


async def test_an_author_who_was_told_hears_that_the_blog_restored_it(desk, conn, mails):
    comment = await desk.comment()
    await reject(desk, comment)
    await conn.execute(SEND)

    await label(desk, conn, comment, Label.HAM)

    (mail,) = await mails()
    assert "zurückgenommen" in mail["body"]


async def test_a_mail_that_the_relay_did_not_take_is_withdrawn_with_its_decision(
    desk, conn, mails, settings
):
    told = await reject(desk, await desk.comment())
    await conn.execute("UPDATE mails SET due_at = created_at")
    await sending.run(conn, settings)  # there is no relay at its address
    ((attempts,),) = await conn.fetch("SELECT attempts FROM mails")

    await desk.undo(told["batch"])

    assert (attempts, await mails()) == (1, [])


async def test_another_decision_in_time_stops_the_mail_as_well(desk, conn, mails):
    comment = await desk.comment()
    await reject(desk, comment)

    ref = (await desk.refs("?tab=rejected"))[comment.hex]
    await desk.decide("approve", ref)

    assert await mails() == []


async def test_a_removal_that_stands_again_is_told_after_all(desk, conn, mails):
    comment = await desk.comment()
    await reject(desk, comment)
    _, told = await desk.decide("approve", (await desk.refs("?tab=rejected"))[comment.hex])

    await desk.undo(told["batch"])

    (mail,) = await mails()
    assert mail["subject"] == "Ihr Kommentar auf https://blatt.example wurde entfernt"
    assert (await statements(conn))[0]["mail_id"] == mail["id"]


async def test_without_an_address_nobody_is_written_to(desk, conn, mails):
    first, second = await desk.comment(email=None), await desk.comment("maybe 2", email="ada@x")

    for comment in (first, second):
        await reject(desk, comment)

    assert [row["not_sent_reason"] for row in await statements(conn)] == ["no_contact"] * 2
    assert await mails() == []


async def test_a_site_can_do_without_these_mails(desk, conn, mails):
    await conn.execute("UPDATE sites SET settings = settings || '{\"mail_reasons\": false}'::jsonb")
    directory = desk.app[DIRECTORY]
    await until(lambda: not directory.site("blatt").settings.mail_reasons)
    comment = await desk.comment()

    await reject(desk, comment)

    assert (await statements(conn))[0]["not_sent_reason"] == "switched_off"
    assert await mails() == []


async def test_the_rule_a_moderator_named_last_is_named_again(desk, conn, client):
    other = await signed_in(client, conn, "kim")
    for number in range(3):
        await desk.comment(f"maybe {number}")
    one, two, three = list((await desk.refs()).values())

    await desk.decide("reject", one, rule="privacy")
    await desk.decide("reject", two, rule="advertising", browser=other)
    await desk.decide("reject", three)

    cited = [row["code"] for row in await statements(conn)]
    assert cited == ["privacy", "advertising", "privacy"]
    assert '<option value="privacy" selected>' in await desk.page()


async def test_a_rule_that_the_site_has_not_decides_nothing(desk, conn, mails):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()

    status, told = await desk.decide("reject", ref, rule="insult")

    assert (status, told["type"]) == (422, "urn:gatehouse:foreign-rule")
    assert await desk.state(comment) == "hold"
    assert (await statements(conn), await mails()) == ([], [])


async def two_sites(desk, conn, *codes):
    """A held comment on each, and the references of both; the second has rules of its own."""
    await desk.site("other")
    for code in codes:
        words = {"en": (f"The {code} rule", "The comment breaks it.")}
        rule = administration.rule(code, "terms", "7", "OTHER_VIOLATION_TC", words)
        await administration.put(conn, "other", rule)
    for name in await conn.fetch("SELECT code FROM house_rules"):
        if name["code"] not in codes:
            await administration.remove(conn, "other", name["code"])
    for site in ("blatt", "other"):
        await desk.comment(site=site)
    return list((await desk.refs()).values())


async def asked_why(desk, refs):
    """What answers who rejects without script."""
    form = [("csrf", desk.browser.csrf), ("decision", "reject"), *(("item", ref) for ref in refs)]
    desk.client.session.cookie_jar.clear()
    cookies = desk.browser.cookies
    async with desk.client.post("/review/decide", data=form, cookies=cookies) as answer:
        return answer.status, await answer.text()


async def test_of_two_sites_each_rule_says_whose_it_is(desk, conn):
    await two_sites(desk, conn, "attack", "insult")

    page = await desk.page()
    of_one = await desk.page("?site=blatt")

    assert re.search(
        r'<option value="insult" data-sites="\d+"[^>]*>The insult rule \(other\)<', page
    )
    assert re.search(r'<option value="off-topic" data-sites="\d+"', page)
    assert '<option value="attack" data-sites' not in page
    assert 'value="insult"' not in of_one
    assert "data-sites" not in of_one


@pytest.mark.parametrize(("code", "decided"), [("attack", 2), ("insult", 0), ("", 2)])
async def test_comments_of_two_sites_are_rejected_together_by_a_rule_of_both(
    desk, conn, code, decided
):
    refs = await two_sites(desk, conn, "attack", "insult")

    status, _ = await desk.decide("reject", *refs, rule=code)

    assert status == (200 if decided else 422)
    assert len(await statements(conn)) == decided


async def test_without_script_only_rules_of_all_chosen_sites_are_offered(desk, conn):
    refs = await two_sites(desk, conn, "attack", "insult")

    _, page = await asked_why(desk, refs)

    assert re.findall(r'name="rule" value="([^"]+)"', page) == ["attack"]


async def test_without_script_sites_that_share_no_rule_are_decided_one_by_one(desk, conn):
    refs = await two_sites(desk, conn, "insult")

    status, page = await asked_why(desk, refs)

    assert status == 422
    assert "no rule in common" in page
    assert await statements(conn) == []


async def test_many_removals_take_as_many_statements_of_sql_as_one(desk, conn, mails):
    for number in range(5):
        await desk.comment(f"maybe {number}")

    _, told = await desk.decide("reject", *(await desk.refs()).values(), rule="off-topic")

    assert len(told["decided"]) == len(await statements(conn)) == len(await mails()) == 5


async def test_without_script_the_rule_is_asked_for_on_a_page(desk, conn):
    await desk.comment()
    (ref,) = (await desk.refs()).values()

    asked = await desk.browser.post("/review/decide", {"decision": "reject", "item": ref})
    form = {"decision": "reject", "item": ref, "rule": "hate", "note": "", "back": "/review"}
    done = await desk.browser.post("/review/decide", form)

    assert (asked.status, done.status) == (200, 303)
    assert f'value="{ref}"' in asked.page
    assert 'type="radio" name="rule" value="hate"' in asked.page
    assert [row["code"] for row in await statements(conn)] == ["hate"]


def test_letters_say_the_same_in_every_language():
    keys = {language: set(table) for language, table in letters.TABLES.items()}

    assert keys["de"] == keys["en"] == keys["ru"]
    for name in keys["en"]:
        asked = {language: set(re.findall(r"{(\w+)}", t[name])) for language, t in TABLES.items()}
        assert asked["de"] == asked["en"] == asked["ru"], name


TABLES = letters.TABLES


def test_the_rules_that_ship_speak_every_language_and_have_a_category():
    for rule in SHIPPED:
        assert set(rule.words) == set(TABLES)
        assert rule.category in CATEGORIES


def test_a_paragraph_without_what_it_is_about_is_left_out():
    told = letters.letter("removed", "en", "hello", "removed.note", site="s", note="")

    assert told.text == "Hello,\n"


@pytest.mark.parametrize(
    ("languages", "language"),
    [(("de, en_us",), "de"), ((None, "ru-RU"), "ru"), (("fr", "it"), "en"), (("",), "en")],
)
def test_a_letter_is_in_the_first_language_that_we_write(languages, language):
    assert letters.spoken(*languages) == language


def test_a_day_is_written_as_is_usual():
    moment = clock.now().replace(year=2026, month=3, day=9)

    assert letters.written_day(moment, "de") == "09.03.2026"
    assert letters.written_day(moment, "en") == "2026-03-09"
