"""An author asks to look again; a person decides; the author hears it."""

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from consent import retention
from consent.data_map import Keep
from moderation.deliveries import store as deliveries
from moderation.deliveries.standard_webhook import render
from moderation.deliveries.subjects import About
from moderation.feedback import Label
from service import clock, logs
from service.endpoints import administration as endpoints
from service.endpoints.administration import Wish
from service.mail import sending
from service.outbox import EndpointKind, Event
from tests import factories
from tests.moderation.reasons.test_stating import label
from tests.service.mail.relay import listening

WORDS = "Ich habe nur nach der Uhrzeit gefragt."


async def appealed(desk, visitor, text="spam, and a needle", **fields):
    """A comment that the machine rejected and whose author appealed; with the path."""
    comment = await desk.comment(text, **fields)
    path = await visitor.appeal_path(comment)
    status, _ = await visitor.post(path, words=WORDS)
    assert status == 303
    return comment, path


async def test_the_blog_can_tell_an_author_why_and_gives_spammers_no_recipe(desk, visitor):
    comment = await desk.comment("spam", languages="de")

    status, told = await visitor.api(f"/v1/comments/{comment}/reason", "de-AT, en;q=0.5")

    assert status == 200
    assert (told["action"], told["decided_by"], told["language"]) == ("reject", "machine", "de")
    assert told["sentence"].startswith("Eine automatische Prüfung")
    assert told["statement"] is told["appeal"] is None
    assert "%" not in told["sentence"]
    assert told["appeal_url"].startswith("https://gate.example/appeal/")
    # No longer than it can be brought back.
    assert told["appeal_until"] <= (clock.now() + timedelta(days=30, minutes=1)).isoformat()


@pytest.mark.parametrize("text", ["maybe", "a fine article"])
async def test_there_is_nothing_to_appeal_where_nothing_is_rejected(desk, visitor, text):
    comment = await desk.comment(text)

    _, told = await visitor.api(f"/v1/comments/{comment}/reason")

    assert (told["appeal_url"], told["appeal_until"]) == (None, None)


async def test_what_a_person_removed_comes_with_its_statement(desk, visitor):
    comment = await desk.comment()
    await desk.decide("reject", *(await desk.refs()).values(), rule="attack", note="Nicht so.")

    _, told = await visitor.api(f"/v1/comments/{comment}/reason")

    assert told["decided_by"] == "person"
    assert "Persönliche Angriffe" in told["sentence"]
    assert told["statement"]["note"] == "Nicht so."
    assert told["statement"]["automated_decision"] is False


async def test_the_page_shows_what_was_written_as_text_and_why_it_is_gone(desk, visitor):
    comment = await desk.comment("spam <script>alert(1)</script> \u202e https://x.example")
    path = await visitor.appeal_path(comment)

    pages = {
        language: (await visitor.get(path, Accept_Language=language))[1]
        for language in ("de", "en", "ru")
    }

    assert "<script>alert" not in pages["en"]
    assert "&lt;script&gt;" in pages["en"]
    assert "hxxps://x[.]example" in pages["en"]
    assert "Ist das ein Irrtum?" in pages["de"]
    assert "Is that a mistake?" in pages["en"]
    assert "Это ошибка?" in pages["ru"]


async def test_an_appeal_stands_in_its_tab_with_words_and_a_day(desk, visitor, conn):
    comment, path = await appealed(desk, visitor)

    page = await desk.page("?tab=appeals")
    _, told = await visitor.get(path, Accept_Language="en")

    assert list(await desk.refs("?tab=appeals")) == [comment.hex]
    assert WORDS in page
    assert 'id="appeals-count" title="waiting for a decision">1</span>' in page
    assert "We look at it again" in told
    assert "Is that a mistake?" not in told
    (audited,) = await conn.fetch("SELECT * FROM audit_trail WHERE action = 'comment.appealed'")
    assert (audited["actor_kind"], audited["actor"]) == ("visitor", "author")
    assert WORDS not in json.dumps(dict(audited["details"]))


async def test_one_appeal_is_enough(desk, visitor, conn):
    _, path = await appealed(desk, visitor)

    status, _ = await visitor.post(path, words="noch einmal")

    assert status == 303
    assert await conn.fetchval("SELECT count(*) FROM appeals") == 1


async def test_an_appeal_that_is_upheld_restores_the_comment_and_teaches(
    desk, visitor, conn, mails
):
    comment, path = await appealed(desk, visitor, languages="ru")
    ref = (await desk.refs("?tab=appeals"))[comment.hex]

    await desk.decide("approve", ref)

    (label,) = await conn.fetch("SELECT label, source FROM labels")
    assert tuple(label) == ("ham", "appeal")
    assert await conn.fetchval("SELECT outcome FROM appeals") == "upheld"
    (mail,) = await mails()
    assert "restored it" in mail["body"]
    _, page = await visitor.get(path, Accept_Language="en")
    assert "It is shown again" in page
    assert await desk.refs("?tab=appeals") == {}


@pytest.mark.parametrize("choice", ["spam", "reject"])
async def test_an_appeal_that_is_dismissed_is_the_last_one(desk, visitor, conn, mails, choice):
    comment, path = await appealed(desk, visitor)

    ref = (await desk.refs("?tab=appeals"))[comment.hex]
    await desk.decide(choice, ref, rule="advertising")
    await visitor.post(path, words="und noch einmal")

    assert await conn.fetchval("SELECT array_agg(outcome) FROM appeals") == ["dismissed"]
    (mail,) = await mails()
    assert mail["subject"] == "Your comment on https://blatt.example stays removed"
    assert ("Werbung" in mail["body"]) == (choice == "reject")
    _, told = await visitor.api(f"/v1/comments/{comment}/reason")
    assert (told["appeal"]["outcome"], told["appeal_url"]) == ("dismissed", None)
    _, page = await visitor.get(path, Accept_Language="en")
    assert "It stays removed" in page


async def test_who_decided_before_can_stand_by_it(desk, visitor, conn, mails):
    comment = await desk.comment()
    await desk.decide("reject", *(await desk.refs()).values())
    await visitor.post(await visitor.appeal_path(comment), words=WORDS)

    _, told = await desk.decide("reject", (await desk.refs("?tab=appeals"))[comment.hex])

    assert told["decided"] == [str(comment)]
    assert await conn.fetchval("SELECT outcome FROM appeals") == "dismissed"
    reasons = await conn.fetch("SELECT not_sent_reason FROM statements ORDER BY id")
    assert [row["not_sent_reason"] for row in reasons] == [None, "told_of_appeal"]
    assert len(await mails()) == 1


async def test_holding_a_comment_answers_nobody(desk, visitor, conn):
    comment, _ = await appealed(desk, visitor)

    await desk.decide("hold", (await desk.refs("?tab=appeals"))[comment.hex])

    assert list(await desk.refs("?tab=appeals")) == [comment.hex]


async def test_taking_the_decision_back_opens_the_appeal_again_and_tells_nothing(
    desk, visitor, conn, mails
):
    comment, _ = await appealed(desk, visitor)
    _, told = await desk.decide("approve", (await desk.refs("?tab=appeals"))[comment.hex])

    await desk.undo(told["batch"])

    assert list(await desk.refs("?tab=appeals")) == [comment.hex]
    assert (await mails(), await desk.labels(comment)) == ([], [])


async def test_what_the_blog_decides_before_the_author_heard_opens_the_appeal_again(
    desk, visitor, conn, mails
):
    comment, _ = await appealed(desk, visitor)
    await desk.decide("reject", (await desk.refs("?tab=appeals"))[comment.hex])

    await label(desk, conn, comment, Label.HAM)

    assert list(await desk.refs("?tab=appeals")) == [comment.hex]
    assert await mails() == []


async def test_the_blog_hears_how_an_appeal_ended(desk, visitor, conn):
    wish = Wish(
        kind=EndpointKind.STANDARD_WEBHOOK,
        url="https://blatt.example/hook",
        events=(Event.DECIDED,),
    )
    await endpoints.add(conn, factories.SECRETS, "blatt", wish)
    comment, _ = await appealed(desk, visitor)

    await desk.decide("approve", (await desk.refs("?tab=appeals"))[comment.hex])

    queued = await conn.fetchrow("SELECT * FROM outbox WHERE comment_id = $1", comment)
    claimed = SimpleNamespace(**queued)
    subjects = await deliveries.subjects(conn, [claimed])
    body = json.loads(render(About(claimed, subjects[claimed.site_id, comment])))
    assert body["type"] == "comment.decided"
    assert body["data"]["action"] == "approve"
    assert body["data"]["appeal"]["outcome"] == "upheld"


async def test_the_way_of_an_appeal_stands_on_the_comments_page(desk, visitor):
    comment, _ = await appealed(desk, visitor)
    await desk.decide("reject", (await desk.refs("?tab=appeals"))[comment.hex])

    page = await desk.page(f"/blatt/{comment}")

    for part in ("the author asked to look again", "reasons stated:", "dismissed", WORDS):
        assert part in page


async def test_an_author_follows_the_link_in_the_mail(desk, visitor, conn, settings):
    await desk.comment()
    await desk.decide("reject", *(await desk.refs()).values(), rule="off-topic")
    await conn.execute("UPDATE mails SET due_at = created_at")

    async with listening() as relay:
        url = f"smtp+plain://127.0.0.1:{relay.port}"
        await sending.run(conn, replace(settings, smtp_url=url))
    ((recipient, message),) = relay.taken
    path = re.search(r"https://gate\.example(/appeal/\S+)", message.get_content())[1]
    status, page = await visitor.get(path, Accept_Language="de")
    await visitor.post(path, words=WORDS)

    assert recipient == "ada@example.org"
    assert status == 200
    assert "Am Thema vorbei (Hausregeln, Punkt 4)" in page
    assert WORDS in await desk.page("?tab=appeals")


async def test_what_is_appealed_outlives_its_quarantine_until_it_is_decided(
    desk, visitor, conn, frozen_clock
):
    kept, _ = await appealed(desk, visitor)
    gone = await desk.comment("spam without an appeal")
    days = dict.fromkeys(Keep, 365)

    # Ids bear the time of the machine, which stands still for nobody.
    frozen_clock.time = max(frozen_clock.time, clock.now()) + timedelta(days=60)
    frozen_clock.time = frozen_clock.time.replace(year=frozen_clock.time.year + 1)
    await retention.enforce(conn, frozen_clock.time, days | {Keep.COMMENTS: 3650})

    rows = {row["id"] for row in await conn.fetch("SELECT id FROM comments")}
    assert kept in rows
    assert gone not in rows


@pytest.mark.parametrize("way", ["erased", "expired", "foreign", "nonsense"])
async def test_a_dead_link_says_so(desk, visitor, conn, link, way):
    comment = await desk.comment("spam")
    site_id = await conn.fetchval("SELECT id FROM sites")
    path = link(
        "appeal", comment, site_id=site_id, lasts=timedelta(days=-1 if way == "expired" else 1)
    )
    if way == "erased":
        await conn.execute("DELETE FROM comments")
    if way == "foreign":
        path = link("appeal", comment, site_id=site_id + 1, lasts=timedelta(days=1))
    if way == "nonsense":
        path = "/appeal/nonsense"

    status, page = await visitor.get(path, Accept_Language="en")

    assert status == 404
    assert "This link does not lead anywhere, or no longer." in page
    assert "/sign-in" not in page


async def test_forms_from_one_network_are_bounded(desk, visitor):
    comment = await desk.comment("spam")
    path = await visitor.appeal_path(comment)

    statuses = [(await visitor.post(path))[0] for _ in range(21)]

    assert statuses == [303] * 20 + [429]


async def test_a_form_from_another_site_is_refused(desk, visitor, conn):
    path = await visitor.appeal_path(await desk.comment("spam"))

    status, _ = await visitor.ask("POST", path, {"words": ""}, Origin="https://evil.example")

    assert status == 403
    assert await conn.fetchval("SELECT count(*) FROM appeals") == 0


async def test_what_was_discarded_or_only_observed_is_not_appealed(desk, visitor, conn):
    discarded, observed = await desk.comment("spam"), await desk.comment("spam 2")
    await conn.execute("UPDATE comments SET discarded = true WHERE id = $1", discarded)
    await conn.execute("UPDATE comments SET observed = true WHERE id = $1", observed)

    told = [
        (await visitor.api(f"/v1/comments/{comment}/reason"))[1]
        for comment in (discarded, observed)
    ]

    assert [each["appeal_url"] for each in told] == [None, None]
    assert [each["action"] for each in told] == ["reject", "approve"]


async def test_the_log_does_not_quote_an_author(desk, visitor):
    file = io.BytesIO()
    output = logs.configure("debug", file)

    _, path = await appealed(desk, visitor)
    output.flush()

    assert b"comment.appealed" in file.getvalue()
    for needle in (WORDS, "needle", path):
        assert needle.encode() not in file.getvalue()
