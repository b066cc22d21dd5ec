"""The public write endpoint: every control, over real HTTP."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.events import limits, reading
from consent.events.limits import LIMIT, TooManyEvents
from consent.events.reading import MalformedEvent
from consent.notices import tokens
from service import clock
from service.tokens import Scope
from service.tokens import administration as token_administration
from tests import factories
from tests.consent import notice_factory
from tests.consent.events.conftest import ORIGIN


async def test_a_choice_is_answered_with_its_receipt(post, event):
    response = await post(event("statistics"))

    said = response.said
    assert response.status == 201
    assert (said["state"], said["type"], said["index"]) == ("granted", "given", 1)
    assert said["receipt_url"] == f"/consent/blatt/receipts/{said['receipt_id']}"
    assert said["checkpoint_pending"] is True
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_the_same_event_again_hears_the_same_answer_however_late(
    post, event, edition, site, monkeypatch
):
    sent = event("statistics")
    first = await post(sent)
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)

    again = await post(sent)
    fresh = await post({**sent, "token": tokens.issue(site, edition.sha256, "de", later)})

    assert again.said == fresh.said == first.said
    altered = await post({**sent, "decisions": {**sent["decisions"], "external": "granted"}})
    assert altered.status == 409


async def test_an_altered_replay_is_refused(post, event):
    sent = event("statistics")
    await post(sent)

    altered = await post(
        {**sent, "lang": "en", "subject": "visitor-0002", "decisions": event()["decisions"]}
    )

    assert (altered.status, altered.said["type"]) == (409, "urn:gatehouse:replay-altered")


OTHER_SITE = factories.unsaved_site(name="other", number=99)
REFUSED = [
    ({"action": "scroll"}, 422, "implied-consent-not-accepted"),
    ({"action": "continue"}, 422, "implied-consent-not-accepted"),
    ({"action": "implied"}, 422, "implied-consent-not-accepted"),
    ({"action": "dismiss"}, 422, "implied-consent-not-accepted"),
    ({"action": "accept_all"}, 422, "preticked"),
    ({"action": "reject_all"}, 422, "preticked"),
    ({"action": "withdraw_all"}, 422, "preticked"),
    ({"action": "other"}, 400, "unknown-action"),
    ({"decisions": {}}, 422, "purpose-missing"),
    ({"decisions": {"statistics": "granted"}}, 422, "purpose-missing"),
    ({"services": {"nothing": "granted"}}, 422, "purpose-missing"),
    ({"services": {"youtube": "granted"}}, 422, "purpose-missing"),
    ({"subject": None}, 422, "subject-missing"),
    ({"token": None}, 409, "token-refused"),
    ({"token": "x.y"}, 409, "token-refused"),
    ({"token": tokens.issue(OTHER_SITE, "0" * 64, "de", factories.NOW)}, 409, "token-refused"),
    ({"lang": "en"}, 409, "token-refused"),
    ({"notice": "0" * 64}, 409, "notice-outdated"),
    ({"event_id": "1"}, 400, "malformed-event"),
    ({"layer": "popup"}, 400, "malformed-event"),
    ({"subject": "a b"}, 400, "malformed-event"),
    ({"client_time": "yesterday"}, 400, "malformed-event"),
    ({"decisions": {"statistics": "yes"}}, 400, "malformed-event"),
    ({"unknown": 1}, 400, "malformed-event"),
    ({"viewport": "x" * 9000}, 413, "event-too-large"),
]


@pytest.mark.parametrize(("change", "status", "code"), REFUSED)
async def test_what_is_no_consent_is_refused_and_leaves_nothing(
    post, event, conn, change, status, code
):
    response = await post(event("statistics", **change))

    assert (response.status, response.said["type"]) == (status, f"urn:gatehouse:{code}")
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert await conn.fetchval("SELECT count(*) FROM consent_entries") == 1


async def test_an_unknown_notice_hears_the_current_one(post, event, edition):
    response = await post(event("statistics", notice="0" * 64))

    assert response.said["current"] == edition.sha256


async def test_refusing_needs_neither_token_nor_the_newest_notice(conn, site, post, event):
    outdated = event(token=None, action="reject_all")
    texts = {**notice_factory.notice()["texts"]}
    texts["de"] = {**texts["de"], "title": "Neue Worte"}
    await notice_factory.publish(conn, site, texts=texts, change_class="editorial")

    response = await post(outdated)

    assert (response.status, response.said["state"]) == (201, "refused")


async def test_dismissing_is_a_refusal_when_it_grants_nothing(post, event):
    assert (await post(event(action="dismiss"))).said["type"] == "refused"


async def test_withdrawing_carries_the_old_id_once(post, event):
    given_ = (await post(event("statistics"))).said

    response = await post(
        event(action="withdraw_all", subject="visitor-0001", previous=given_["receipt_id"])
    )

    assert response.said["state"] == "withdrawn"


async def test_reading_a_notice_is_no_consent(post, event):
    response = await post(
        event(action="acknowledge", layer="comment_form", decisions={}, token=None)
    )

    assert (response.said["type"], response.said["state"]) == (
        "notice_acknowledged",
        "acknowledged",
    )


async def test_a_clock_that_is_off_by_years_is_a_claim_and_no_more(post, event, conn):
    response = await post(event("statistics", client_time="1970-01-01T00:00:00Z"))

    leaf = json.loads(await conn.fetchval("SELECT leaf FROM consent_entries WHERE index = 1"))
    assert response.status == 201
    assert leaf["client_time"] == "1970-01-01T00:00:00Z"
    assert leaf["time"] == response.said["time"] > "2026"


@pytest.mark.parametrize(("header", "noted"), [("1", True), ("0", False), ("true", False)])
async def test_only_one_is_a_signal_of_global_privacy_control(post, event, conn, header, noted):
    await post(event("statistics"), **{"Sec-GPC": header})

    leaf = json.loads(await conn.fetchval("SELECT leaf FROM consent_entries WHERE index = 1"))
    assert leaf["signals"]["gpc"] is noted


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://blatt.example:444"])
async def test_pages_of_others_are_refused(post, event, origin):
    response = await post(event("statistics"), origin=origin)

    assert response.status == 403
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_body_of_another_kind_is_refused(post, event):
    response = await post(event("statistics"), **{"Content-Type": "text/html"})

    assert response.status == 415


async def test_json_needs_a_preflight_and_gets_it(client, edition):
    async with client.options(
        "/consent/blatt/events", headers={"Origin": "http://www.blatt.example"}
    ) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == "http://www.blatt.example"


async def test_too_many_from_one_network_are_slowed_down(post, event, client, monkeypatch):
    monkeypatch.setattr(client.app[LIMIT], "most", 2)
    statuses = [(await post(event("statistics"))).status for _ in range(4)]

    assert statuses == [201, 201, 429, 429]


def test_a_network_is_limited_and_no_other():
    limit = limits.limit()
    for _ in range(limits.PER_MINUTE):
        limit.require("192.0.2.1", 0.0)
    with pytest.raises(TooManyEvents):
        limit.require("192.0.2.200", 1.0)
    limit.require("192.0.3.1", 1.0)
    limit.require("2001:db8::1", 1.0)
    limit.require("", 1.0)
    limit.require("192.0.2.1", 61.0)


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_whatever_the_bytes_they_are_refused_in_one_way(body):
    with pytest.raises(MalformedEvent):
        reading.decode(body)


def test_deep_nesting_is_refused():
    with pytest.raises(MalformedEvent):
        reading.decode(b'{"decisions":' + b"[" * 5000)


@pytest.fixture
async def reader(conn, site):
    token = await token_administration.add(
        conn, factories.SECRETS, name="blog", scopes={Scope.CONSENT_READ}, site=site.name
    )
    return {"Authorization": f"Bearer {token.value}"}


async def test_the_blog_asks_for_the_state_of_a_subject(post, event, reader, client):
    said = (await post(event("statistics"))).said

    async def ask(subject):
        async with client.post(
            "/v1/consent/state", json={"subject": subject}, headers=reader
        ) as response:
            return await response.json()

    known, unknown = await ask("visitor-0001"), await ask("visitor-0002")
    assert (known["state"], known["permits"]) == ("granted", ["statistics"])
    assert (known["receipt_id"], known["ask_again"]) == (said["receipt_id"], False)
    assert (unknown["state"], unknown["permits"], unknown["ask_again"]) == ("unknown", [], True)
    await post(event(action="withdraw_all", subject="visitor-0001"))
    assert (await ask("visitor-0001"))["state"] == "withdrawn"


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"subject":"x","more":1}', b"\xff"])
async def test_a_question_that_is_none_is_refused(reader, client, body):
    async with client.post("/v1/consent/state", data=body, headers=reader) as response:
        assert response.status == 400


async def test_an_event_of_a_site_that_is_not_there(post, event):
    assert (await post(event("statistics", event_id=str(uuid4())), name="nobody")).status == 404
