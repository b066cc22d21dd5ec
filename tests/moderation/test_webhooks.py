"""Webhooks over real HTTP and a real database."""

import asyncio
import io
import json
from datetime import timedelta
from uuid import UUID

import pytest
import structlog
from multidict import CIMultiDict
from standardwebhooks import Webhook as Signer

from moderation.platforms import PLATFORMS, kinds
from service import clock, metrics
from service.app import create_app
from service.http import BODY_LIMIT_BYTES
from service.sites import DIRECTORY
from service.sites.administration import change_settings
from service.webhooks import administration
from service.webhooks.administration import Proof
from tests import factories
from tests.moderation.platforms.recorded import SECRETS, cases, one, resigned, sign

HAM, DOUBT, SPAM = "a fine article", "maybe so", "spam, surely"
SIGNING = sorted(name for name, kind in kinds().items() if kind.proof is not Proof.PATH)
BY_PATH = sorted(set(PLATFORMS) - set(SIGNING))


@pytest.fixture(autouse=True)
def recorded_now(frozen_clock):
    """The moment at which deliveries were recorded."""


class Hooked:
    """A blog to which every platform reports, in front of the routes and a real database."""

    def __init__(self, client, conn, app, paths):
        self.client = client
        self.conn = conn
        self.app = app
        self.paths = paths

    async def deliver(self, platform, body, headers=None, path=None):
        """A rightly signed delivery, unless ``headers`` say else; status and answer."""
        if headers is None:
            headers = resigned(one(platform), body, moment=clock.now())
        async with self.client.post(
            path or self.paths[platform], data=io.BytesIO(body), headers=headers
        ) as response:
            content = await response.read()
            return response, json.loads(content) if content else None

    async def replay(self, recorded):
        return await self.deliver(recorded.platform, recorded.body, recorded.headers)

    async def comments(self):
        return await self.conn.fetch("SELECT * FROM comments ORDER BY id")

    async def labels(self):
        rows = await self.conn.fetch("SELECT label, source, comment_id FROM labels ORDER BY id")
        return [(row["label"], row["source"]) for row in rows]

    async def reload(self):
        await self.app[DIRECTORY].reload(self.conn)


@pytest.fixture
async def paths(conn):
    """Where each platform delivers to."""
    await factories.issue(conn)
    paths = {}
    for name, kind in kinds().items():
        given = "" if kind.proof is Proof.PATH else SECRETS[kind.proof]
        new = await administration.add(conn, factories.SECRETS, "blatt", kind, given)
        paths[name] = "/webhooks/blatt" + (f"/{new.secret}" if kind.proof is Proof.PATH else "")
    return paths


@pytest.fixture
async def hooked(paths, conn, dsn, settings, aiohttp_client):
    app = create_app(settings, dsn=dsn, secrets=factories.SECRETS, scorer=factories.FakeScorer())
    return Hooked(await aiohttp_client(app), conn, app, paths)


def saying(text, event="comment.created", **data):
    return json.dumps({"type": event, "data": {"text": text, **data}}).encode()


def signed(body, delivery_id="msg_1", platform="generic"):
    return CIMultiDict(sign(platform, body, delivery_id=delivery_id, moment=clock.now()))


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_comment_is_judged_stored_and_answered(hooked, platform):
    recorded = one(platform)

    response, answer = await hooked.replay(recorded)

    assert response.status == 200
    assert response.content_type == "application/json"
    (row,) = await hooked.comments()
    assert row["text"] == recorded.proven().delivered.text
    assert (row["origin"], row["key_id"], row["blog"]) == ("check", None, "blatt.example")
    assert row["delivery_id"].startswith(f"{platform}:")
    if platform != "coral":
        assert (UUID(answer["id"]), answer["action"]) == (row["id"], row["action"])
        assert answer["probability"] == row["probability"]


@pytest.mark.parametrize(("text", "action"), [(HAM, "approve"), (DOUBT, "hold"), (SPAM, "reject")])
async def test_the_answer_names_the_action_and_what_was_found(hooked, text, action):
    _, answer = await hooked.deliver("generic", saying(text))

    assert answer["action"] == action
    assert answer["findings"][0] == "words"
    assert 0 <= answer["probability"] <= 1


async def test_coral_hears_its_own_words(hooked):
    body = one("coral").body.replace(b"Here's a comment!", SPAM.encode())

    _, answer = await hooked.deliver("coral", body)

    assert answer["status"] == "REJECTED"
    assert answer["actions"] == [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=75)])
async def test_a_redelivery_hears_the_first_verdict_whenever_it_comes(
    hooked, frozen_clock, platform, later
):
    recorded = one(platform)
    _, first = await hooked.replay(recorded)
    frozen_clock.advance(later)
    # Senders sign anew when they deliver again, under the same id.
    headers = CIMultiDict(recorded.headers)
    delivery_id = headers.get("webhook-id", "")
    headers.update(sign(platform, recorded.body, delivery_id=delivery_id, moment=clock.now()))

    response, second = await hooked.deliver(platform, recorded.body, headers)

    assert (response.status, second) == (200, first)
    assert len(await hooked.comments()) == 1


async def test_a_redelivery_of_a_signed_id_hears_the_first_verdict_whatever_its_body(hooked):
    _, first = await hooked.deliver("generic", saying(SPAM), signed(saying(SPAM)))

    _, second = await hooked.deliver("generic", saying(HAM), signed(saying(HAM)))

    assert second == first


async def test_deliveries_of_one_moment_share_one_row(hooked):
    recorded = one("discourse")

    answers = await asyncio.gather(*(hooked.replay(recorded) for _ in range(8)))

    assert len({answer["id"] for _, answer in answers}) == 1
    assert len(await hooked.comments()) == 1


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_means_nothing_is_answered_with_nothing(hooked, platform):
    for recorded in cases(platform):
        if recorded.expected["means"] == "nothing":
            response, answer = await hooked.replay(recorded)

            assert (response.status, answer) == (204, None)
    assert await hooked.comments() == []


async def test_what_a_person_decided_there_is_a_label_here(hooked):
    body = saying(HAM, author="Erika", platform_post_id="7")
    _, judged = await hooked.deliver("generic", body, signed(body))
    report = saying(HAM, "comment.spammed", author="Erika", platform_post_id="7", reporter="kai")

    response, answer = await hooked.deliver("generic", report, signed(report, "msg_2"))

    assert (response.status, answer) == (200, {"id": judged["id"], "label": "spam"})
    assert await hooked.labels() == [("spam", "webhook")]
    (entry,) = await hooked.conn.fetch("SELECT * FROM audit_trail WHERE actor_kind = 'webhook'")
    assert (entry["actor"], entry["action"]) == ("generic", "comment.labelled")
    assert len(await hooked.comments()) == 1


async def test_a_moderator_of_discourse_is_understood(hooked):
    reports = {each.case: each for each in cases("discourse")}
    _, judged = await hooked.replay(reports["post_created"])

    _, answer = await hooked.replay(reports["flag_agreed"])

    assert answer == {"id": judged["id"], "label": "spam"}


async def test_what_was_never_checked_is_taken_in_with_its_label(hooked):
    report = saying(SPAM, "comment.spammed")

    _, answer = await hooked.deliver("generic", report, signed(report))

    (row,) = await hooked.comments()
    assert (str(row["id"]), row["origin"]) == (answer["id"], "submission")
    assert await hooked.labels() == [("spam", "webhook")]


async def test_a_label_that_is_delivered_again_does_not_overrule_a_later_one(hooked):
    spam, ham = saying(HAM, "comment.spammed"), saying(HAM, "comment.approved")
    _, first = await hooked.deliver("generic", spam, signed(spam, "msg_1"))
    await hooked.deliver("generic", ham, signed(ham, "msg_2"))

    _, again = await hooked.deliver("generic", spam, signed(spam, "msg_1"))

    assert again == first
    assert await hooked.labels() == [("spam", "webhook"), ("ham", "webhook")]


async def test_a_deleted_comment_takes_what_labelled_it_along(hooked):
    report = saying(SPAM, "comment.spammed")
    await hooked.deliver("generic", report, signed(report))

    await hooked.conn.execute("DELETE FROM comments")

    assert await hooked.conn.fetchval("SELECT count(*) FROM webhook_reports") == 0


@pytest.mark.parametrize("platform", SIGNING)
async def test_a_bad_signature_leaves_no_trace(hooked, platform):
    recorded = one(platform)

    response, problem = await hooked.deliver(platform, recorded.body + b" ", recorded.headers)

    assert response.status == 401
    assert response.content_type == "application/problem+json"
    assert problem["type"] == "urn:gatehouse:bad-signature"
    assert await hooked.comments() == []


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_nobody_is_believed_at_another_site(hooked, platform):
    await factories.issue(hooked.conn, name="andere", url="https://andere.example")
    await hooked.reload()
    recorded = one(platform)
    path = hooked.paths[platform].replace("blatt", "andere")

    response, _ = await hooked.deliver(platform, recorded.body, recorded.headers, path)

    assert response.status == 401


async def test_a_delivery_that_is_late_says_so(hooked, frozen_clock):
    recorded = one("generic")
    frozen_clock.advance(timedelta(minutes=6))

    response, problem = await hooked.replay(recorded)

    assert response.status == 401
    assert problem["type"] == "urn:gatehouse:stale-delivery"
    assert "five minutes" in problem["title"]


@pytest.mark.parametrize("platform", BY_PATH)
@pytest.mark.parametrize("wrong", ["", "/", "/x", "/%00", "/%ff", "/" + "x" * 5000])
async def test_without_the_right_secret_in_the_path_nothing_is_stored(hooked, platform, wrong):
    recorded = one(platform)

    response, problem = await hooked.deliver(
        platform, recorded.body, recorded.headers, f"/webhooks/blatt{wrong}"
    )

    assert response.status in {401, 404}
    assert problem["type"].startswith("urn:gatehouse:")
    assert await hooked.comments() == []


async def test_an_unknown_site_is_not_found(hooked):
    for name in ("nobody", "Blatt", "%00", "%ff", "x" * 3000):
        response, _ = await hooked.deliver("generic", b"{}", {}, f"/webhooks/{name}")

        assert response.status == 404


async def test_only_post_is_taken(hooked):
    response = await hooked.client.get("/webhooks/blatt")

    assert (response.status, response.headers["Allow"]) == (405, "POST")


BAD = {
    "empty": b"",
    "deep": b'{"type":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "types": b'{"type":"comment.created","data":{"text":[]}}',
    "no text": b'{"type":"comment.created","data":{}}',
    "UTF-8": b'{"type":"comment.created","data":{"text":"\xff"}}',
    "no data": b'{"type":"comment.created","data":7}',
    "cut": b'{"type":"comment.cre',
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_what_cannot_be_read_is_refused_in_a_problem_document(hooked, body):
    response, problem = await hooked.deliver("generic", body)

    assert response.status == 400
    assert problem["type"] == "urn:gatehouse:malformed-delivery"
    assert await hooked.comments() == []


@pytest.mark.parametrize("text", ["", "\0", "\ud83d", "👍🏽", "\u202e gnirts", "x" * 60_000])
async def test_any_text_that_a_platform_may_send_is_stored(hooked, text):
    response, _ = await hooked.deliver("generic", saying(text))

    assert response.status == 200
    (row,) = await hooked.comments()
    assert row["text"] in {text, "\N{REPLACEMENT CHARACTER}"}


@pytest.mark.parametrize(("excess", "status"), [(0, 200), (1, 413)])
async def test_a_body_may_have_two_mebibytes_and_no_more(hooked, excess, status):
    body = saying("").replace(b'""', b'"%s"')
    body = body % (b"x" * (BODY_LIMIT_BYTES - len(body) + 2 + excess))
    assert len(body) == BODY_LIMIT_BYTES + excess

    response, _ = await hooked.deliver("generic", body)

    assert response.status == status


async def test_a_body_without_a_length_is_read_no_further_than_that(hooked):
    async def pieces():
        for _ in range(33):
            yield b" " * 65_536

    async with hooked.client.post("/webhooks/blatt", data=pieces()) as response:
        assert response.status == 413


@pytest.mark.parametrize("platform", BY_PATH)
async def test_the_secret_in_the_path_reaches_neither_log_nor_metrics(hooked, platform):
    recorded = one(platform)
    secret = hooked.paths[platform].rpartition("/")[2]

    with structlog.testing.capture_logs() as events:
        await hooked.replay(recorded)
        await hooked.deliver(platform, b"{", recorded.headers)

    assert secret not in repr(events)
    assert {event["route"] for event in events if "route" in event} == {"/webhooks/{site}/{secret}"}
    assert secret.encode() not in metrics.collect()


async def test_no_secret_is_in_what_a_site_looks_like(hooked):
    site = hooked.app[DIRECTORY].site("blatt")

    assert all(secret not in repr(site) for secret in SECRETS.values())


async def test_what_is_refused_is_noted_with_its_reason(hooked):
    with structlog.testing.capture_logs() as events:
        await hooked.deliver("generic", b"{}", {"webhook-signature": "v1,x"})

    refused = [event for event in events if event["event"] == "webhook.refused"]
    assert [event["reason"] for event in refused] == ["missing-signature"]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_removed_platform_is_believed_no_more(hooked, platform):
    await administration.remove(hooked.conn, "blatt", platform)
    await hooked.reload()

    response, _ = await hooked.replay(one(platform))

    assert response.status == 401


async def test_an_observed_site_hears_that_everything_is_approved(hooked):
    await change_settings(hooked.conn, "blatt", {"observe_only": "yes"})
    await hooked.reload()

    _, answer = await hooked.deliver("generic", saying(SPAM))

    (row,) = await hooked.comments()
    assert (answer["action"], row["action"]) == ("approve", "reject")


async def test_what_the_reference_library_signs_is_taken(hooked):
    body = saying(HAM).decode()
    signer = Signer(SECRETS[Proof.STANDARD])
    headers = {
        "webhook-id": "msg_ref",
        "webhook-timestamp": str(int(clock.now().timestamp())),
        "webhook-signature": signer.sign("msg_ref", clock.now(), body),
    }

    response, answer = await hooked.deliver("generic", body.encode(), headers)

    assert (response.status, answer["action"]) == (200, "approve")
