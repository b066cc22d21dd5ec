"""Decisions: whole or not at all, taken back without a trace in what is learnt, never blind."""

import asyncio
import json

import pytest

from moderation.deliveries import store as deliveries
from moderation.deliveries.subjects import About
from moderation.feedback import Label, Labelling, Source, label_comment
from moderation.review.deciding import Choice, Decider, Seen, decide
from service import audit, clock
from service.db import POOL
from service.endpoints import administration as endpoints
from service.endpoints.administration import Wish
from service.outbox import EndpointKind, Event
from service.sites import DIRECTORY
from tests import factories
from tests.moderation.review.desk import distinct
from tests.people import Browser, account, signed_in

STATES = {"approve": "approve", "spam": "reject", "reject": "reject", "hold": "hold"}
LABELS = {"approve": ["ham"], "spam": ["spam"], "reject": [], "hold": []}


async def memory(conn):
    authors = await conn.fetch("SELECT author_hash, approved_at FROM approved_authors ORDER BY 1")
    addresses = await conn.fetch("SELECT address_hash, labelled_at FROM spam_addresses ORDER BY 1")
    counts = await conn.fetchrow(
        "SELECT sum(missed_spam)::int, sum(false_positives)::int FROM daily_counts"
    )
    return [tuple(row) for row in (*authors, *addresses)], tuple(counts)


async def audited(conn):
    rows = await conn.fetch(
        "SELECT action, actor_kind, details FROM audit_trail"
        " WHERE action IN ('comment.decided', 'comment.decision_undone') ORDER BY id"
    )
    return [(row["action"], row["actor_kind"], row["details"].get("choice")) for row in rows]


@pytest.mark.parametrize("choice", list(STATES))
async def test_a_decision_writes_everything_and_undoing_it_leaves_what_was(desk, choice):
    comment = await desk.comment()
    before = await memory(desk.conn)
    (ref,) = (await desk.refs()).values()

    status, told = await desk.decide(choice, ref)

    assert (status, told["decided"]) == (200, [str(comment)])
    assert await desk.state(comment) == STATES[choice]
    assert await desk.labels(comment) == LABELS[choice]
    assert await audited(desk.conn) == [("comment.decided", "user", choice)]

    status, undone = await desk.undo(told["batch"])

    assert (status, undone["decided"]) == (200, [str(comment)])
    assert await desk.state(comment) == "hold"
    assert await desk.labels(comment) == []
    assert await memory(desk.conn) == before
    assert (await audited(desk.conn))[-1] == ("comment.decision_undone", "user", "undo")
    assert list(await desk.refs()) == [comment.hex]


async def test_decisions_are_taken_back_one_after_the_other(desk):
    comment = await desk.comment()
    batches = []
    for choice in ("spam", "hold", "approve"):
        tab = "?tab=rejected" if batches and choice == "hold" else ""
        ref = (await desk.refs(tab))[comment.hex]
        batches.append((await desk.decide(choice, ref))[1]["batch"])
    assert await desk.labels(comment) == ["ham"]

    found = []
    for batch in reversed(batches):
        await desk.undo(batch)
        found.append((await desk.state(comment), await desk.labels(comment)))

    assert found == [("hold", []), ("reject", ["spam"]), ("hold", [])]


async def test_a_hundred_are_decided_in_as_many_statements_as_one(desk):
    for number in range(102):
        await desk.comment(distinct(number), author=f"author{number}")
    site = desk.app[DIRECTORY].site("blatt")
    by = Decider(audit.ActorKind.USER, "1")

    async def statements(items):
        spoken = []
        async with desk.app[POOL].acquire() as conn:
            with conn.query_logger(lambda record: spoken.append(record.query)):
                async with conn.transaction():
                    await decide(conn, site, items, Choice.SPAM, by)
        return len(spoken)

    async with desk.app[POOL].acquire() as conn:
        rows = await conn.fetch("SELECT id FROM comments ORDER BY id")
    seen = [Seen(row["id"]) for row in rows]
    await statements(seen[:1])  # the driver asks for types, once
    assert len(seen[2:]) == 100
    assert await statements(seen[1:2]) == await statements(seen[2:])


async def test_a_campaign_is_decided_at_once_and_taken_back_at_once(desk):
    text = "maybe you want to see this wonderful offer of ours, it is on our page today"
    comments = [
        await desk.comment(text, author=f"friend{n}", permalink=f"https://blatt.example/{n}")
        for n in range(3)
    ]
    other = await desk.comment("maybe something else entirely")
    refs = await desk.refs()
    assert list(refs) == [other.hex, comments[-1].hex]
    assert "and 2 like it" in await desk.page()

    _, told = await desk.decide("spam", refs[comments[-1].hex], alike="yes")

    assert sorted(told["decided"]) == sorted(map(str, comments))
    assert list(await desk.refs()) == [other.hex]
    await desk.undo(told["batch"])
    assert [await desk.state(each) for each in comments] == ["hold"] * 3


async def test_who_saw_less_than_there_is_is_told(desk, client, conn):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()
    ben = await signed_in(client, conn, "ben")
    await desk.decide("approve", ref, browser=ben)

    status, told = await desk.decide("spam", ref)

    assert (status, told["decided"], told["batch"]) == (200, [], "")
    assert told["contested"][0]["id"] == str(comment)
    assert "ben" in told["contested"][0]["sentence"]
    assert await desk.labels(comment) == ["ham"]


async def test_who_thinks_better_of_it_at_once_is_not_told_of_themselves(desk):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()
    await desk.decide("hold", ref)

    _, told = await desk.decide("approve", ref)

    assert (told["decided"], told["contested"]) == ([str(comment)], [])


async def test_two_clicks_at_once_decide_once(desk):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()

    answers = await asyncio.gather(*(desk.decide("spam", ref) for _ in range(3)))

    assert sorted(len(told["decided"]) for _, told in answers) == [0, 0, 1]
    assert all(told["contested"] == [] for _, told in answers)
    assert await desk.labels(comment) == ["spam"]


async def test_what_was_decided_since_is_not_taken_back(desk):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()
    _, first = await desk.decide("approve", ref)
    ref = (await desk.refs("?tab=approved"))[comment.hex]
    await desk.decide("spam", ref)

    _, told = await desk.undo(first["batch"])

    assert told["decided"] == []
    assert len(told["contested"]) == 1
    assert await desk.state(comment) == "reject"


async def test_an_erased_comment_is_said_to_be_gone(desk):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()
    await desk.conn.execute("DELETE FROM comments WHERE id = $1", comment)

    status, told = await desk.decide("spam", ref)

    assert (status, told["decided"], told["gone"]) == (200, [], [str(comment)])


async def test_the_site_of_others_is_out_of_reach(desk, client, conn):
    await desk.comment()
    (ref,) = (await desk.refs()).values()
    await desk.site("other")
    link = await account(conn, "ben", sites=["other"])
    ben = await Browser(client).sign_in(link)
    comment = ref.split(".")[1]

    assert (await desk.decide("spam", ref, browser=ben))[0] == 404
    assert (await desk.send("/review/claim", [("item", ref)], ben))[0] == 404
    assert (await ben.get(f"/review/blatt/{comment}")).status == 404
    assert comment not in (await ben.get("/review")).page
    assert comment not in (await ben.get("/review?site=blatt")).page
    other = desk.app[DIRECTORY].site("other").id
    assert (await desk.decide("spam", f"{other}.{comment}.-", browser=ben))[1]["decided"] == []


async def test_an_auditor_decides_nothing(desk, client, conn):
    await desk.comment()
    (ref,) = (await desk.refs()).values()
    kim = await signed_in(client, conn, "kim", "auditor")

    assert (await kim.get("/review")).status == 403
    assert (await desk.decide("spam", ref, browser=kim))[0] == 403


@pytest.mark.parametrize(
    "refs",
    [[], ["x"], ["1.2.3"], ["1." + "0" * 32 + ".-\n"], ["1." + "0" * 32 + ".-"] * 201],
)
async def test_references_that_are_none_are_refused(desk, refs):
    status, _ = await desk.decide("spam", *refs)

    assert status in {404, 422}


@pytest.mark.parametrize("choice", ["", "delete", "undo"])
async def test_other_choices_are_refused(desk, choice):
    assert (await desk.decide(choice, "1." + "0" * 32 + ".-"))[0] == 400


async def test_what_the_blog_says_counts_as_a_decision_and_can_be_taken_back(desk):
    comment = await desk.comment()
    site = desk.app[DIRECTORY].site("blatt")
    said = Labelling(comment, Label.SPAM, Source.AKISMET, audit.ActorKind.SITE_KEY, "1")
    before = await memory(desk.conn)
    async with desk.conn.transaction():
        await label_comment(desk.conn, site, said, clock.now())

    assert await desk.state(comment) == "reject"
    assert list(await desk.refs()) == []
    page = (await desk.browser.get(f"/review/blatt/{comment}")).page
    batch = page.split('name="batch" value="')[1].split('"')[0]
    await desk.undo(batch, comment=str(comment), site="blatt")
    assert await desk.labels(comment) == []
    assert await memory(desk.conn) == before


async def test_endpoints_are_told_of_decisions(desk):
    wish = Wish(
        kind=EndpointKind.STANDARD_WEBHOOK, url="https://hook.example/", events={Event.DECIDED}
    )
    await endpoints.add(desk.conn, factories.SECRETS, "blatt", wish)
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()

    _, told = await desk.decide("approve", ref)
    await desk.undo(told["batch"])

    rows = await desk.conn.fetch("SELECT comment_id, event FROM outbox")
    assert [tuple(row) for row in rows] == [(comment, "comment.decided")] * 2


async def test_without_script_a_form_does_the_same_and_offers_to_undo(desk):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()

    answer = await desk.browser.post(
        "/review/decide", {"item": ref, "decision": "approve", "back": "/review?tab=held"}
    )
    page = (await desk.browser.get(answer.headers["Location"])).page
    batch = page.split('name="batch" value="')[1].split('"')[0]
    await desk.browser.post("/review/undo", {"batch": batch, "back": "//evil.example"})

    assert answer.status == 303
    assert await desk.state(comment) == "hold"


async def test_answers_to_scripts_are_json_and_hold_no_text_of_comments(desk):
    await desk.comment("maybe a secret")
    (ref,) = (await desk.refs()).values()

    _, told = await desk.decide("spam", ref)

    assert "secret" not in json.dumps(told)


async def test_what_was_rejected_without_being_spam_is_delivered_as_rejected(desk):
    comment = await desk.comment()
    (ref,) = (await desk.refs()).values()
    await desk.decide("reject", ref)

    row = await desk.conn.fetchrow(
        deliveries.SUBJECTS, [desk.app[DIRECTORY].site("blatt").id], [comment]
    )
    about = About(Claimed, deliveries.Subject(**row))

    assert about.action == "reject"
    assert about.subject.label is None


class Claimed:
    event = "comment.decided"


@pytest.mark.parametrize(
    ("text", "choice", "action"),
    [
        ("maybe", "reject", "reject"),
        ("maybe", "approve", "approve"),
        ("spam spam", "hold", "hold"),
        ("a fine word", "hold", "hold"),
    ],
)
async def test_no_recheck_overrules_a_person(desk, text, choice, action):
    comment = await desk.comment(text, address="192.0.2.1")
    tab = {"maybe": "held", "spam spam": "rejected"}.get(text, "approved")
    await desk.decide(choice, (await desk.refs(f"?tab={tab}"))[comment.hex])

    again = await desk.comment(text, address="192.0.2.1", recheck_reason="recheck_queue")

    row = await desk.conn.fetchrow("SELECT action, decided_by FROM comments WHERE id = $1", again)
    assert tuple(row) == (action, "decided_before")
