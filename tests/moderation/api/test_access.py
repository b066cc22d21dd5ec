"""Who may do what: site keys write, tokens open what their scopes name."""

import base64

import pytest

from moderation.akismet.access import WRONG_KEYS_AT_ONCE
from service.sites import DIRECTORY
from service.tokens import Scope, administration
from tests import factories
from tests.moderation.api.conftest import token

SOME_ID = "01a20d32-58fc-739c-9222-26024d0269ce"
READS = ["/v1/comments", f"/v1/comments/{SOME_ID}", "/v1/statistics"]


async def known(caller):
    """Let the running application know of what changed."""
    await caller.app[DIRECTORY].reload(caller.conn)


@pytest.mark.parametrize("path", READS)
async def test_a_site_key_reads_nothing(caller, path):
    answer = await caller.call("GET", path, credential=caller.key)

    assert (answer.status, answer.code) == (403, "not-allowed")


@pytest.mark.parametrize("path", READS)
async def test_a_token_without_the_scope_reads_nothing(caller, path):
    writer = await token(caller.conn, Scope.COMMENTS_WRITE)
    await known(caller)

    answer = await caller.call("GET", path, credential=writer)

    assert (answer.status, answer.code) == (403, "not-allowed")


async def test_a_token_that_only_reads_writes_nothing(caller):
    reader = await token(caller.conn, Scope.COMMENTS_READ, Scope.STATISTICS_READ)
    await known(caller)

    answers = [
        await caller.call("POST", "/v1/comments", {"text": "x"}, credential=reader),
        await caller.call("POST", "/v1/comments:batch", b'{"text":"x"}', credential=reader),
        await caller.call("DELETE", f"/v1/comments/{SOME_ID}", credential=reader),
        await caller.call(
            "PATCH", f"/v1/comments/{SOME_ID}", {"status": "spam"}, credential=reader
        ),
        await caller.call(
            "POST", f"/v1/comments/{SOME_ID}/feedback", {"label": "ham"}, credential=reader
        ),
    ]

    assert [answer.status for answer in answers] == [403] * 5
    assert await caller.rows("comments") == []


@pytest.mark.parametrize("wrong", ["", "gh_nothing", "0123456789ab"])
async def test_without_a_valid_credential_the_answer_says_how_to_send_one(caller, wrong):
    answer = await caller.call("GET", "/v1/statistics", credential=wrong)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_key_is_taken_as_the_user_of_basic_authentication(caller):
    pair = base64.b64encode(f"{caller.key}:".encode()).decode()

    answer = await caller.call(
        "POST", "/v1/comments", {"text": "x"}, headers={"Authorization": f"Basic {pair}"}
    )

    assert answer.status == 201


@pytest.mark.parametrize("header", ["Basic !", "Basic /w==", "Bearer", "Digest x", "x" * 5000])
async def test_a_broken_authorization_is_none(caller, header):
    answer = await caller.call("GET", "/v1/statistics", headers={"Authorization": header})

    assert answer.status == 401


async def test_a_key_in_the_address_is_refused_as_an_unknown_parameter(caller):
    answer = await caller.call("GET", "/v1/statistics", credential="", api_key=caller.reader)

    assert (answer.status, answer.code) == (400, "invalid-query")


async def test_a_revoked_token_opens_nothing(caller):
    new = await administration.add(
        caller.conn, factories.SECRETS, name="x", scopes=[Scope.STATISTICS_READ], site="blatt"
    )
    await known(caller)
    before = await caller.call("GET", "/v1/statistics", credential=new.value)
    await administration.revoke(caller.conn, new.id)
    await known(caller)

    after = await caller.call("GET", "/v1/statistics", credential=new.value)

    assert (before.status, after.status) == (200, 401)


async def test_a_token_of_one_site_does_not_open_another(caller):
    await factories.issue(caller.conn, name="other", url="https://other.example")
    await known(caller)

    answer = await caller.call("GET", "/v1/statistics", site="other")

    assert (answer.status, answer.code) == (404, "unknown-site")


async def test_a_token_of_every_site_names_one(caller):
    await factories.issue(caller.conn, name="other", url="https://other.example")
    everything = await token(caller.conn, site=None)
    await known(caller)

    unnamed = await caller.call("GET", "/v1/statistics", credential=everything)
    named = await caller.call("GET", "/v1/statistics", credential=everything, site="other")

    assert (unnamed.status, unnamed.code) == (400, "site-not-named")
    assert named.body["site"] == "other"


async def test_a_comment_of_another_site_is_not_there(caller):
    other = await factories.issue(caller.conn, name="other", url="https://other.example")
    await known(caller)
    foreign = await caller.call("POST", "/v1/comments", {"text": "x"}, credential=other)
    path = f"/v1/comments/{foreign.body['id']}"

    answers = [
        await caller.call("GET", path),
        await caller.call("DELETE", path),
        await caller.call("PATCH", path, {"status": "spam"}),
        await caller.call("POST", f"{path}/feedback", {"label": "spam"}),
    ]

    assert [answer.code for answer in answers] == ["unknown-comment"] * 4
    assert len(await caller.rows("comments")) == 1


async def test_many_wrong_keys_make_their_address_wait_and_a_right_one_never_does(caller):
    for _ in range(WRONG_KEYS_AT_ONCE):
        await caller.call("GET", "/v1/statistics", credential="gh_guess")

    wrong = await caller.call("GET", "/v1/statistics", credential="gh_guess")
    right = await caller.call("GET", "/v1/statistics")

    assert (wrong.status, wrong.code) == (429, "too-many-wrong-keys")
    assert right.status == 200
