"""The protocol over real HTTP and a real database."""

import asyncio
import itertools
import json
import re
from uuid import UUID

import pytest

from moderation.akismet.access import WRONG_KEYS_AT_ONCE
from moderation.akismet.answers import THANKS
from service.db import POOL
from service.http import BODY_LIMIT_BYTES
from service.sites import DIRECTORY, administration
from tests import factories
from tests.moderation.blog import DOUBT, FORM, GUID, HAM, SPAM

PLAIN = "text/plain; charset=utf-8"
CALLBACK = "https://blatt.example/wp-json/akismet/v1/webhook"
WITH_KEY = [
    *("verify-key", "comment-check", "submit-spam", "submit-ham", "deactivate", "token"),
    *("get-stats", "get-key-stats", "get-subscription", "usage-limit", "key-sites"),
    "verify-wpcom-key",
]
WITHOUT_KEY = ["test", "compatible-plugins"]
BAD = "X-akismet-debug-help"


async def change(blog, **settings):
    await administration.change_settings(blog.conn, "blatt", settings)
    await blog.app[DIRECTORY].reload(blog.conn)


async def test_a_spam_comment_is_true_and_an_honest_one_false(blog):
    assert (await blog.check(SPAM)).body == "true"
    assert (await blog.check(HAM)).body == "false"


async def test_an_answer_is_plain_text_and_says_nothing_more(blog):
    answer = await blog.check(HAM)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == PLAIN
    assert {name for name in answer.headers if name.lower().startswith("x-akismet")} == {GUID}


async def test_the_guid_is_the_id_of_the_stored_comment(blog):
    answer = await blog.check(SPAM)

    (row,) = await blog.rows("comments")
    assert row["id"] == UUID(answer.headers[GUID])
    assert (row["text"], row["origin"], row["action"]) == (SPAM, "check", "reject")


async def test_every_check_has_a_guid_of_its_own_though_it_repeats_another(blog):
    first, second = await blog.check(SPAM), await blog.check(SPAM)

    assert second.body == first.body
    assert second.headers[GUID] != first.headers[GUID]


async def test_a_wrong_key_is_invalid_everywhere_and_the_reason_is_said(blog):
    for name, method in itertools.product(WITH_KEY, ("GET", "POST")):
        answer = await blog.call(f"/1.1/{name}", method, api_key="0123456789ab")

        assert (name, answer.status, answer.body) == (name, 200, "invalid")
        assert answer.headers[BAD]
        assert UUID(answer.headers[GUID])


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_endpoint_answers_by_both_methods_with_a_guid_and_no_help(
    blog, version, method
):
    for name in (*WITH_KEY, *WITHOUT_KEY):
        answer = await blog.call(f"/{version}/{name}", method, comment_content=HAM)

        assert (name, answer.status) == (name, 200)
        assert answer.body != "invalid"
        assert UUID(answer.headers[GUID])
        assert BAD not in answer.headers
        assert not answer.body.endswith("\n")


async def test_no_key_at_all_is_invalid(blog):
    answer = await blog.send("GET", "/1.2/key-sites?format=json")

    assert (answer.status, answer.body) == (200, "invalid")
    assert "no key" in answer.headers[BAD]


async def test_a_revoked_key_is_invalid(blog):
    await administration.revoke_key(blog.conn, factories.SECRETS, "blatt", blog.key)
    await blog.app[DIRECTORY].reload(blog.conn)

    answer = await blog.check(HAM)

    assert (answer.status, answer.body) == (200, "invalid")
    assert "revoked" in answer.headers[BAD]
    assert not await blog.rows("comments")


@pytest.mark.parametrize("name", ["key", "api_key"])
async def test_the_key_may_stand_in_the_body_under_both_names(blog, name):
    body = f"{name}={blog.key}&blog=x".encode()

    answer = await blog.send("POST", "/1.1/verify-key", body, {"Content-Type": FORM})

    assert answer.body == "valid"


async def test_a_new_key_is_verified_though_the_old_one_comes_along(blog):
    assert (await blog.call("/1.1/verify-key", key="0123456789ab")).body == "invalid"
    assert (await blog.call("/1.1/verify-key", key=blog.key, api_key="stale")).body == "valid"


async def test_the_key_may_stand_in_the_query_of_a_post(blog):
    path = f"/1.1/comment-check?api_key={blog.key}"

    answer = await blog.send("POST", path, b"comment_content=plain+spam", {"Content-Type": FORM})

    assert answer.body == "true"


@pytest.mark.parametrize(
    "host", ["{}.rest.akismet.com", "{}.REST.akismet.com:80", "{}.localhost:8080"]
)
async def test_the_key_may_stand_in_the_host(blog, host):
    headers = {"Host": host.format(blog.key), "Content-Type": FORM}

    answer = await blog.send("POST", "/1.1/comment-check", b"comment_content=plain+spam", headers)

    assert answer.body == "true"


async def raw(blog, request):
    """The answer to ``request``, byte for byte, on a connection of its own."""
    server = blog.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_a_request_that_came_through_a_proxy_names_its_host_in_the_target(blog):
    answer = await raw(
        blog,
        b"POST http://%b.rest.akismet.com/1.1/comment-check HTTP/1.1\r\n"
        b"Host: proxy.example\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\n"
        b"comment_content=plain+spam" % blog.key.encode(),
    )

    assert answer.startswith("HTTP/1.1 200")
    assert answer.endswith("\r\n\r\ntrue")


async def test_a_client_of_the_last_century_is_answered(blog):
    answer = await raw(
        blog,
        b"POST /1.1/comment-check HTTP/1.0\r\nContent-Length: 47\r\n\r\n"
        b"comment_content=plain+spam&api_key=%b" % blog.key.encode().ljust(12),
    )

    assert "200 OK" in answer
    assert answer.endswith("\r\n\r\ntrue")


async def test_many_wrong_keys_make_an_address_wait_but_never_a_right_one(blog):
    for _ in range(WRONG_KEYS_AT_ONCE):
        assert (await blog.call("/1.1/verify-key", api_key="0123456789ab")).status == 200

    answer = await blog.call("/1.1/verify-key", api_key="0123456789ab")

    assert (answer.status, answer.body) == (429, "error")
    assert int(answer.headers["Retry-After"]) > 0
    assert UUID(answer.headers[GUID])
    assert (await blog.call("/1.1/verify-key")).body == "valid"


@pytest.mark.parametrize("declared", [True, False], ids=["by its length", "by what arrives"])
async def test_a_body_over_the_limit_is_refused_with_a_guid(blog, declared):
    body = b"x" * (BODY_LIMIT_BYTES + 1)

    async def pieces():
        yield body

    answer = await blog.send("POST", "/1.1/comment-check", body if declared else pieces())

    assert (answer.status, answer.body) == (413, "error")
    assert UUID(answer.headers[GUID])
    assert (await blog.check(HAM)).body == "false"


async def test_a_body_of_the_greatest_size_is_judged(blog):
    head = f"api_key={blog.key}&comment_content=".encode()
    body = head + b"x" * (BODY_LIMIT_BYTES - len(head))

    answer = await blog.send("POST", "/1.1/comment-check", body, {"Content-Type": FORM})

    assert (answer.status, answer.body) == (200, "false")


@pytest.mark.parametrize(
    "body",
    [
        b"comment_content=%FF%FE%00\xff\0&comment_author=%ED%A0%80",
        b"comment_content=" + b"a" * 1_000_000,
        b"comment_content",
        b"",
        b"&&&===&%&%zz",
        b"comment_date_gmt=9999-99-99&user_ip=::::&comment_parent=%00&blog=%00&callback=%00",
    ],
    ids=["broken", "one letter", "bare", "nothing", "signs", "nonsense"],
)
async def test_a_broken_request_is_judged_by_what_can_be_read(blog, body):
    path = f"/1.1/comment-check?api_key={blog.key}"

    answer = await blog.send("POST", path, body, {"Content-Type": FORM})

    assert (answer.status, answer.body) == (200, "false")
    assert len(await blog.rows("comments")) == 1


async def test_ten_thousand_links_are_held_and_so_spam_to_a_client_without_a_callback(blog):
    body = b"comment_content=" + b"<a href=http://a.example/x>x</a> " * 10_000

    answer = await blog.send(
        "POST", f"/1.1/comment-check?api_key={blog.key}", body, {"Content-Type": FORM}
    )

    assert (answer.status, answer.body) == (200, "true")
    (row,) = await blog.rows("comments")
    assert (row["action"], row["decided_by"]) == ("hold", "link_flood")


async def test_a_comment_in_the_blogs_own_charset_is_stored_as_it_was_meant(blog):
    body = f"api_key={blog.key}&comment_content=Gr%FC%DFe".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=ISO-8859-1"}

    await blog.send("POST", "/1.1/comment-check", body, headers)

    assert [row["text"] for row in await blog.rows("comments")] == ["Grüße"]


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
async def test_a_body_that_is_no_form_is_an_error_that_says_what_to_send(blog, kind):
    answer = await blog.send("POST", "/1.1/comment-check", b"{}", {"Content-Type": kind})

    assert (answer.status, answer.body) == (400, "error")
    assert "application/x-www-form-urlencoded" in answer.headers[BAD]


async def test_a_method_that_fits_no_endpoint_says_so(blog):
    answer = await blog.call("/1.1/comment-check", "DELETE")

    assert answer.status in {400, 405}
    assert answer.body == "error"
    assert UUID(answer.headers[GUID])


async def test_a_fault_of_ours_is_an_error_and_no_word_on_the_key(blog):
    blog.app[DIRECTORY]._seen = None

    answer = await blog.call("/1.1/verify-key")

    assert (answer.status, answer.body) == (500, "error")
    assert UUID(answer.headers[GUID])


async def test_an_endpoint_that_does_not_exist_says_so(blog):
    answer = await blog.call("/1.1/comment-chek")

    assert (answer.status, answer.body) == (404, "error")
    assert UUID(answer.headers[GUID])


async def test_a_held_comment_waits_for_the_webhook_where_there_is_one(blog):
    answer = await blog.check(DOUBT, callback=CALLBACK)

    assert answer.body == "false"
    assert answer.headers["X-akismet-recheck-after"] == "86400"


async def test_a_held_comment_goes_to_the_spam_folder_where_there_is_no_webhook(blog):
    answer = await blog.check(DOUBT)

    assert answer.body == "true"
    assert "X-akismet-recheck-after" not in answer.headers


async def test_a_callback_to_somebody_else_is_none(blog):
    answer = await blog.check(DOUBT, callback="https://elsewhere.example/hook")

    assert answer.body == "true"
    assert [row["callback"] for row in await blog.rows("comments")] == [None]


async def test_a_site_may_publish_what_is_held(blog):
    await change(blog, hold_answer="no")

    assert (await blog.check(DOUBT)).body == "false"


async def test_discarding_is_advised_only_where_the_site_wants_it(blog):
    assert "X-akismet-pro-tip" not in (await blog.check(SPAM)).headers

    await change(blog, discard="yes")
    spam, doubt = await blog.check(SPAM), await blog.check(DOUBT)

    assert (spam.body, spam.headers["X-akismet-pro-tip"]) == ("true", "discard")
    assert (doubt.body, doubt.headers.get("X-akismet-pro-tip")) == ("true", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"comment_author": "akismet-guaranteed-discard"},
        {"comment_author": "akismet-guaranteed-spam", "test_discard": "1"},
        {"comment_author_email": "akismet-guaranteed-spam@example.com", "test_discard": "true"},
    ],
)
async def test_a_client_can_try_what_it_does_with_a_discard(blog, fields):
    answer = await blog.check(HAM, is_test="1", **fields)

    assert (answer.body, answer.headers["X-akismet-pro-tip"]) == ("true", "discard")


async def test_nobody_is_discarded_for_a_flag_alone(blog):
    answer = await blog.check(SPAM, test_discard="1")

    assert (answer.body, answer.headers.get("X-akismet-pro-tip")) == ("true", None)


@pytest.mark.parametrize("is_test", [{}, {"is_test": "1"}])
@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"comment_author": "akismet-guaranteed-spam"}, "true"),
        ({"comment_author": "viagra-test-123"}, "true"),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, "true"),
        ({"comment_content": SPAM, "user_role": "administrator"}, "false"),
    ],
)
async def test_magic_values_are_answered_as_promised(blog, fields, body, is_test):
    assert (await blog.check(**{"text": HAM, **fields, **is_test})).body == body


async def test_forwarded_secrets_are_stored_nowhere(blog):
    needle = "Basic bmVlZGxlOm5lZWRsZQ=="

    await blog.check(SPAM, HTTP_AUTHORIZATION=needle, POST_email=needle, POST__wpnonce=needle)
    await blog.report("ham", SPAM, HTTP_AUTHORIZATION=needle)

    for table in ("comments", "labels", "audit_trail", "outbox", "daily_counts"):
        assert needle not in repr([dict(row) for row in await blog.rows(table, "1")])


async def test_a_database_that_went_away_is_an_error_with_a_guid(blog):
    await blog.app[POOL].close()

    check, report = await blog.check(HAM), await blog.report("spam", HAM)
    verified = await blog.call("/1.1/verify-key")

    for answer in (check, report):
        assert (answer.status, answer.body) == (503, "error")
        assert int(answer.headers["Retry-After"]) > 0
        assert UUID(answer.headers[GUID])
    assert verified.body == "valid"


async def test_a_client_learns_that_its_words_were_heard(blog):
    answer = await blog.report("spam", HAM)

    assert answer.body == THANKS == "Thanks for making the web a better place."
    assert answer.headers["Content-Type"] == PLAIN


async def test_the_plugin_stores_a_key_because_its_subscription_is_active(blog):
    subscription = json.loads((await blog.call("/1.1/get-subscription")).body)

    assert subscription["status"] == "active"
    assert {"account_id", "account_name", "account_type"} <= set(subscription)
    assert subscription["next_billing_date"] is subscription["limit_reached"] is False


async def test_the_settings_page_finds_the_service_connected(blog):
    assert (await blog.send("GET", "/1.1/test")).body == "connected"
    assert (await blog.send("GET", "/1.2/compatible-plugins")).body == "[]"
    assert (await blog.call("/1.1/deactivate")).body == "deactivated"


async def test_a_token_is_opaque_and_says_nothing_of_the_key(blog):
    token = (await blog.call("/1.1/token")).body

    assert re.fullmatch("[0-9a-f]{64}", token)
    assert blog.key not in token
    assert (await blog.call("/1.1/token")).body == token
