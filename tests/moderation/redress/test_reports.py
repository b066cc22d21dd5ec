"""A reader reports a comment; a person decides; the reader hears it."""

import asyncio
import io
from datetime import timedelta

import pytest

from moderation.feedback import Label
from moderation.redress import reporting
from service import logs
from tests.moderation.reasons.test_stating import label
from tests.people import signed_in

WORDS = "Das verletzt den Tierschutz, § 17."
SEND = """
    UPDATE mails
       SET state = 'sent', finished_at = created_at, recipient = NULL, subject = NULL, body = NULL
"""
WAITS = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
FORM = {"reason": "unlawful", "words": WORDS, "faith": "yes"}


async def reported(desk, visitor, text="a fine article", **form):
    """A comment that is shown and was reported; with the path."""
    comment = await desk.comment(text)
    path = await visitor.report_path(comment)
    status, _ = await visitor.post(path, **{**FORM, **form})
    assert status == 303
    return comment, path


async def test_a_report_stands_in_its_tab_with_what_the_reader_says(desk, visitor, conn):
    comment, path = await reported(desk, visitor, name="Kim", email="Kim@Reader.example")

    page = await desk.page("?tab=reported")

    assert list(await desk.refs("?tab=reported")) == [comment.hex]
    for part in ("It is unlawful", WORDS, "Kim", "Kim@reader.example"):
        assert part in page
    assert 'id="reported-count" title="waiting for a decision">1</span>' in page
    _, thanks = await visitor.get(f"{path}?sent", Accept_Language="de")
    assert "Danke, Ihre Meldung ist angekommen" in thanks
    (audited,) = await conn.fetch("SELECT * FROM audit_trail WHERE action = 'comment.reported'")
    assert (audited["actor_kind"], audited["actor"]) == ("visitor", "reader")


async def test_a_reader_who_leaves_an_address_gets_a_confirmation(desk, visitor, mails):
    await reported(desk, visitor, email="kim@reader.example")

    (mail,) = await mails()

    assert mail["recipient"] == "kim@reader.example"
    assert WORDS not in mail["body"]
    assert "fine article" not in mail["body"]


async def test_nobody_can_be_flooded_with_confirmations(desk, visitor, mails):
    for number in range(reporting.CONFIRMED_A_DAY + 3):
        await reported(desk, visitor, f"a fine article {number}", email="victim@reader.example")

    assert len(await mails()) == reporting.CONFIRMED_A_DAY


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": ""}, "choose what is wrong"),
        ({"reason": "<script>"}, "choose what is wrong"),
        ({"words": "   "}, "in a sentence or two"),
        ({"faith": None}, "confirm that you believe"),
        ({"email": "kim"}, "no e-mail address"),
        ({"email": "kim@reader.example\r\nBcc: all@reader.example"}, "no e-mail address"),
    ],
)
async def test_what_is_missing_is_named_and_what_was_written_is_kept(
    desk, visitor, conn, changes, sentence
):
    path = await visitor.report_path(await desk.comment("a fine article"))
    form = {name: text for name, text in {**FORM, **changes}.items() if text is not None}

    status, page = await visitor.ask("POST", path, form, Accept_Language="en")

    assert status == 422
    assert sentence in page
    assert form["words"].strip() in page
    assert await conn.fetchval("SELECT count(*) FROM reader_reports") == 0


@pytest.mark.parametrize("text", ["spam", "maybe"])
async def test_what_is_not_shown_is_shown_to_no_reader_either(desk, visitor, conn, text):
    path = await visitor.report_path(await desk.comment(f"{text} needle"))

    _, page = await visitor.get(path, Accept_Language="en")
    await visitor.post(path, **FORM)

    assert "This comment is not shown" in page
    assert "needle" not in page
    assert await conn.fetchval("SELECT count(*) FROM reader_reports") == 0


@pytest.mark.parametrize(
    ("choice", "outcome", "words"),
    [("approve", "kept", "may stay"), ("reject", "removed", "it was removed")],
)
async def test_the_reader_hears_what_came_of_it(desk, visitor, conn, mails, choice, outcome, words):
    comment, _ = await reported(desk, visitor, email="kim@reader.example")
    await conn.execute("DELETE FROM mails")

    await desk.decide(choice, (await desk.refs("?tab=reported"))[comment.hex])

    assert await conn.fetchval("SELECT outcome FROM reader_reports") == outcome
    told = {mail["recipient"]: mail["body"] for mail in await mails()}
    assert words in told["kim@reader.example"]
    assert await desk.refs("?tab=reported") == {}


async def test_a_removal_after_a_report_says_so_to_the_author(desk, visitor, conn, mails):
    comment, _ = await reported(desk, visitor, email="kim@reader.example")

    await desk.decide("reject", (await desk.refs("?tab=reported"))[comment.hex])

    (made,) = await conn.fetch("SELECT source, automated_detection FROM statements")
    assert tuple(made) == ("notice16", False)
    told = {mail["recipient"]: mail["body"] for mail in await mails()}
    assert "Jemand hatte ihn uns gemeldet" in told["ada@example.org"]
    assert "kim" not in told["ada@example.org"].lower()


async def test_taking_the_decision_back_opens_the_report_again(desk, visitor, mails):
    comment, _ = await reported(desk, visitor)
    _, told = await desk.decide("approve", (await desk.refs("?tab=reported"))[comment.hex])

    await desk.undo(told["batch"])

    assert list(await desk.refs("?tab=reported")) == [comment.hex]
    assert await mails() == []


@pytest.mark.parametrize("sent", [False, True])
async def test_who_decides_otherwise_answers_the_reader_anew(desk, visitor, conn, mails, sent):
    comment, _ = await reported(desk, visitor, email="kim@reader.example")
    await conn.execute("DELETE FROM mails")
    await desk.decide("approve", (await desk.refs("?tab=reported"))[comment.hex])
    if sent:
        await conn.execute(SEND)

    await desk.decide("spam", (await desk.refs("?tab=approved"))[comment.hex])

    assert await conn.fetchval("SELECT outcome FROM reader_reports") == "removed"
    (mail,) = await mails()
    assert "it was removed" in mail["body"]


@pytest.mark.parametrize(("sent", "mailed"), [(False, 1), (True, 0)])
async def test_who_removes_it_for_another_reason_tells_the_reader_once(
    desk, visitor, conn, mails, sent, mailed
):
    comment, _ = await reported(desk, visitor, email="kim@reader.example")
    await conn.execute("DELETE FROM mails")
    await desk.decide("spam", (await desk.refs("?tab=reported"))[comment.hex])
    if sent:
        await conn.execute(SEND)

    await desk.decide("reject", (await desk.refs("?tab=rejected"))[comment.hex])

    told = [mail for mail in await mails() if mail["recipient"] == "kim@reader.example"]
    assert len(told) == mailed


async def test_what_the_blog_decides_before_the_reader_heard_leaves_the_report_open(
    desk, visitor, conn, mails
):
    comment, _ = await reported(desk, visitor, email="kim@reader.example")
    await conn.execute("DELETE FROM mails")
    await desk.decide("spam", (await desk.refs("?tab=reported"))[comment.hex])

    await label(desk, conn, comment, Label.HAM)

    assert await mails() == []
    await desk.decide("approve", (await desk.refs("?tab=reported"))[comment.hex])
    (mail,) = await mails()
    assert (mail["recipient"], "may stay" in mail["body"]) == ("kim@reader.example", True)


async def test_the_same_reader_adds_to_their_report_and_another_stands_beside_it(
    desk, visitor, conn
):
    _, path = await reported(desk, visitor, email="kim@reader.example")
    for form in (
        {"email": "kim@reader.example", "words": "noch einmal"},
        {"email": "bo@reader.example"},
        {},
        {},
        {"words": "etwas anderes"},
    ):
        await visitor.post(path, **{**FORM, **form})

    rows = await conn.fetch("SELECT email, times, words FROM reader_reports ORDER BY id")
    assert [(row["email"], row["times"]) for row in rows] == [
        ("kim@reader.example", 2),
        ("bo@reader.example", 1),
        (None, 2),
        (None, 1),
    ]
    assert len(await desk.refs("?tab=reported")) == 1


async def test_of_a_comment_only_so_many_reports_are_kept(desk, visitor, conn, monkeypatch):
    monkeypatch.setattr(reporting, "OF_A_COMMENT", 2)
    _, path = await reported(desk, visitor)
    for number in range(3):
        await visitor.post(path, **{**FORM, "words": f"anders {number}"})

    times = await conn.fetch("SELECT times FROM reader_reports ORDER BY id")
    assert [row["times"] for row in times] == [3, 1]


async def test_who_left_an_address_has_a_report_of_their_own_however_many_came_before(
    desk, visitor, conn, monkeypatch
):
    monkeypatch.setattr(reporting, "OF_A_COMMENT", 1)
    monkeypatch.setattr(reporting, "ANSWERED_OF_A_COMMENT", 2)
    _, path = await reported(desk, visitor)
    await visitor.post(path, **{**FORM, "words": "etwas anderes"})
    for name in ("kim", "bo", "eve", "bo"):
        await visitor.post(path, **FORM, email=f"{name}@reader.example")

    rows = await conn.fetch("SELECT email, times FROM reader_reports ORDER BY id")
    assert [(row["email"], row["times"]) for row in rows] == [
        (None, 2),
        ("kim@reader.example", 2),
        ("bo@reader.example", 2),
    ]


async def test_what_is_shown_can_be_reported_whatever_its_author_asked_for(desk, visitor, conn):
    comment = await desk.comment("spam")
    await visitor.post(await visitor.appeal_path(comment), words="bitte")
    await label(desk, conn, comment, Label.HAM)
    path = await visitor.report_path(comment)

    _, page = await visitor.get(path, Accept_Language="en")
    await visitor.post(path, **FORM)

    assert "Send the report" in page
    assert await conn.fetchval("SELECT count(*) FROM reader_reports") == 1


async def test_a_report_that_comes_too_late_is_not_said_to_have_reached_us(desk, visitor, conn):
    comment = await desk.comment("a fine article")
    path = await visitor.report_path(comment)
    await desk.decide("hold", (await desk.refs("?tab=approved"))[comment.hex])

    async with desk.client.post(path, data=FORM, allow_redirects=False) as answer:
        target = answer.headers["Location"]

    assert target == path
    assert await conn.fetchval("SELECT count(*) FROM reader_reports") == 0


@pytest.mark.parametrize("kind", ["appeal", "report"])
async def test_a_form_that_comes_while_a_person_decides_waits_for_that(
    desk, visitor, conn, pool, kind
):
    comment = await desk.comment("spam" if kind == "appeal" else "a fine article")
    path = await getattr(visitor, f"{kind}_path")(comment)
    new = {"appeal": "approve", "report": "hold"}[kind]

    async with conn.transaction():
        await conn.execute("SELECT FROM comments WHERE id = $1 FOR UPDATE", comment)
        sent = asyncio.create_task(visitor.post(path, **FORM))
        while not (sent.done() or await pool.fetchval(WAITS)):  # noqa: ASYNC110  (nothing tells of it)
            await asyncio.sleep(0.01)
        await conn.execute("UPDATE comments SET decision = $2 WHERE id = $1", comment, new)
    await sent

    counts = "SELECT (SELECT count(*) FROM appeals) + (SELECT count(*) FROM reader_reports)"
    assert await conn.fetchval(counts) == 0


async def test_who_reports_in_vain_again_and_again_is_seen_to_do_so(desk, visitor):
    for number in range(3):
        comment, _ = await reported(
            desk, visitor, f"a fine article {number}", email="kim@reader.example"
        )
        await desk.decide("approve", (await desk.refs("?tab=reported"))[comment.hex])
    await reported(desk, visitor, "a fine article, again", email="kim@reader.example")

    assert "3 of 3 earlier reports were unfounded" in await desk.page("?tab=reported")


async def test_a_report_goes_with_its_comment(desk, visitor, conn, mails):
    comment, path = await reported(desk, visitor, email="kim@reader.example")

    await conn.execute("DELETE FROM comments WHERE id = $1", comment)

    assert await conn.fetchval("SELECT count(*) FROM reader_reports") == 0
    assert await mails() == []
    assert (await visitor.get(path))[0] == 404


async def test_a_reader_hears_that_the_blog_deleted_the_comment(desk, visitor, conn, mails):
    comment, _ = await reported(desk, visitor, email="kim@reader.example")
    await reported(desk, visitor, "another fine article", email="bo@reader.example")
    await conn.execute("DELETE FROM mails")
    headers = {"Authorization": f"Bearer {visitor.token}"}
    async with desk.client.delete(f"/v1/comments/{comment}", headers=headers) as answer:
        assert answer.status == 204

    (mail,) = await mails()
    assert mail["recipient"] == "kim@reader.example"
    assert "it was removed" in mail["body"]


async def test_moderators_of_other_sites_see_nothing_of_it(desk, visitor, client, conn):
    await desk.site("other")
    comment, _ = await reported(desk, visitor)
    stranger = await signed_in(client, conn, "kim", sites=("other",))

    page = (await stranger.get("/review?tab=reported")).page

    assert list(await desk.refs("?tab=reported")) == [comment.hex]
    assert WORDS not in page
    assert 'id="reported-count" title="waiting for a decision">0</span>' in page


async def test_the_link_under_a_comment_lasts_a_year(desk, visitor, frozen_clock):
    comment = await desk.comment("a fine article")

    _, told = await visitor.api(f"/v1/comments/{comment}/report-link")

    assert told["expires_at"] == (frozen_clock() + timedelta(days=365)).isoformat().replace(
        "+00:00", "Z"
    )


async def test_the_log_does_not_quote_a_reader(desk, visitor):
    file = io.BytesIO()
    output = logs.configure("debug", file)

    await reported(desk, visitor, name="Needle", email="needle@reader.example")
    output.flush()

    assert b"comment.reported" in file.getvalue()
    for needle in (WORDS, "eedle"):
        assert needle.encode() not in file.getvalue()
