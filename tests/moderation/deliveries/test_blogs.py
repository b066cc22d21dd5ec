"""A blog follows decisions: by the Akismet plugin's webhook, and by WordPress's REST API."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from moderation.deliveries.akismet_callback import same_origin, was_taken
from moderation.deliveries.wordpress_rest import address, number
from service.endpoints import administration
from service.endpoints.administration import BadEndpoint, Wish
from service.outbox import EndpointKind
from service.sites import administration as sites
from tests import factories
from tests.moderation.deliveries.wordpress import PASSWORD, USER, serving
from tests.service.outbox.conftest import Office

TEXT = 'it\'s "so"'


@pytest.fixture
async def blog():
    async with serving() as blog:
        yield blog


@pytest.fixture
async def told(office, blog, conn, sender):
    """Enqueues a decision on a comment; the row once it was tried."""
    await conn.execute("UPDATE sites SET url = $1", blog.url)
    await conn.execute("UPDATE endpoints SET url = $1, allow_private = true", blog.url)
    (key,) = await sites.keys_of(conn, office.site.id)
    blog.key = sites.readable_key(factories.SECRETS, key)
    return Telling(office, conn)


class Telling:
    def __init__(self, office: Office, conn):
        self.office, self.conn = office, conn

    async def __call__(self, endpoint, comment, label="spam", event="comment.decided"):
        if label:
            await factories.label(self.conn, self.office.site, comment, label)
        return await self.office.settled(await self.office.enqueue(endpoint, comment, event))

    async def callback(self):
        return await self.conn.fetchval("SELECT id FROM endpoints WHERE kind = 'akismet-callback'")


class TestThePluginsWebhook:
    async def comment(self, office, blog, **fields):
        fields = {"callback": f"{blog.url}/wp-json/akismet/v1/webhook", **fields}
        comment = await office.comment(**fields)
        blog.add(7, "text")
        blog.guids[str(comment)] = 7
        return comment

    @pytest.mark.parametrize(("label", "status"), [("spam", "spam"), ("ham", "approved")])
    async def test_moves_the_comment(self, office, blog, told, label, status):
        comment = await self.comment(office, blog)

        row = await told(await told.callback(), comment, label)

        assert row["state"] == "delivered"
        assert blog.comments[7]["status"] == status

    async def test_works_without_pretty_addresses(self, office, blog, told):
        callback = f"{blog.url}/index.php?rest_route=/akismet/v1/webhook"
        comment = await self.comment(office, blog, callback=callback)

        row = await told(await told.callback(), comment)

        assert row["state"] == "delivered"

    async def test_hears_the_key_of_its_site_from_nobody_else(self, office, blog, told, conn):
        """The address came with a comment: whoever sends comments could name one of their own."""
        comment = await self.comment(
            office, blog, callback=f"{blog.url}/wp-json/akismet/v1/webhook"
        )
        await conn.execute("UPDATE sites SET url = 'https://other.example'")

        row = await told(await told.callback(), comment)

        assert (row["state"], row["last_error"]) == ("given-up", "ForeignCallback")
        assert blog.webhooks == []

    async def test_is_not_reached_inside_unless_the_operator_said_so(
        self, office, blog, told, conn
    ):
        await conn.execute("UPDATE endpoints SET allow_private = false")

        row = await told(await told.callback(), await self.comment(office, blog))

        assert row["last_error"] == "PrivateAddress"
        assert blog.webhooks == []

    async def test_hears_the_newest_key_once_its_own_is_revoked(self, office, blog, told, conn):
        comment = await self.comment(office, blog)
        new = await sites.rotate_key(conn, factories.SECRETS, "blatt", timedelta(0))
        blog.key = new.value

        row = await told(await told.callback(), comment)

        assert row["state"] == "delivered"

    async def test_may_know_the_comment_by_a_repeated_check(self, office, blog, told):
        comment = await self.comment(office, blog)
        again = await office.comment(callback=f"{blog.url}/wp-json/akismet/v1/webhook")
        assert again != comment
        blog.guids = {str(again): 7}

        row = await told(await told.callback(), comment)

        assert row["state"] == "delivered"

    async def test_that_does_not_know_the_comment_yet_is_asked_again(self, office, blog, told):
        comment = await self.comment(office, blog)
        blog.guids = {}

        row = await told(await told.callback(), comment)

        assert (row["state"], row["last_error"]) == ("waiting", "CommentUnknown")

    async def test_hears_nothing_of_a_decision_that_was_taken_back(
        self, office, blog, told, sink, conn
    ):
        comment = await self.comment(office, blog, text="maybe so")
        await office.enqueue(await told.callback(), comment, "comment.decided")

        # The sender goes in order, so behind this one nothing is left.
        await told(await office.endpoint(sink.url), comment, label=None)

        assert blog.webhooks == []


class TestWordPress:
    async def endpoint(self, office, url):
        return await office.endpoint(
            url, kind=EndpointKind.WORDPRESS_REST, secret=PASSWORD, user=USER
        )

    async def test_takes_the_decision_and_keeps_who_wrote_it(self, office, blog, told):
        blog.add(41, "text", status="hold")
        comment = await office.comment(platform_id="41")

        row = await told(await self.endpoint(office, blog.url), comment)

        assert row["state"] == "delivered"
        kept = blog.comments[41]
        assert (kept["status"], kept["author_ip"], kept["author_user_agent"]) == (
            *("spam", "192.0.2.1", "Browser"),
        )
        assert blog.changes[0][1] == "1"  # or the plugin would report the change back to us

    async def test_calls_spam_only_what_is_spam(self, office, blog, told, conn):
        blog.add(41, "text")
        comment = await office.comment(platform_id="41")
        await conn.execute("UPDATE comments SET decision = 'reject'")

        row = await told(await self.endpoint(office, blog.url), comment, label=None)

        assert (row["state"], blog.comments[41]["status"]) == ("delivered", "trash")

    async def test_that_has_the_status_already_is_left_alone(self, office, blog, told):
        blog.add(41, "text", status="spam")

        row = await told(
            await self.endpoint(office, blog.url), await office.comment(platform_id="41")
        )

        assert (row["state"], blog.changes) == ("delivered", [])

    async def test_of_an_author_without_agent_gets_none_from_us(self, office, blog, told):
        blog.add(41, "text", author_user_agent="")

        await told(await self.endpoint(office, blog.url), await office.comment(platform_id="41"))

        assert blog.comments[41]["author_user_agent"] == ""

    async def test_that_changes_nothing_is_not_believed(self, office, blog, told):
        blog.add(41, "text")
        blog.stubborn = True

        row = await told(
            await self.endpoint(office, blog.url), await office.comment(platform_id="41")
        )

        assert (row["state"], row["last_error"]) == ("waiting", "StatusUnchanged")

    @pytest.mark.parametrize("path", ["", "/wp-json/", "/index.php?rest_route=/"])
    async def test_is_searched_for_a_comment_whose_number_nobody_told(
        self, office, blog, told, path
    ):
        """A check by the Akismet protocol comes before the comment has a number."""
        for n in range(1, 30):
            blog.add(n, f"another, number {n}")
        blog.add(5, TEXT.replace('"', "&quot;"))
        blog.add(6, TEXT, author_name="Somebody Else")
        comment = await office.comment(text=TEXT, platform_post_id="3")

        row = await told(await self.endpoint(office, blog.url + path), comment)

        assert row["state"] == "delivered"
        assert [n for n, each in blog.comments.items() if each["status"] == "spam"] == [5]
        assert all(query["post"] == "3" for query in blog.queries)
        assert all("ada" not in value.lower() for query in blog.queries for value in query.values())

    async def test_that_does_not_have_it_yet_is_asked_again(self, office, blog, told):
        row = await told(await self.endpoint(office, blog.url), await office.comment())

        assert (row["state"], row["last_error"]) == ("waiting", "CommentUnknown")

    async def test_that_has_deleted_it_is_not_asked_again(self, office, blog, told):
        row = await told(
            await self.endpoint(office, blog.url), await office.comment(platform_id="41")
        )

        assert (row["state"], row["last_error"]) == ("given-up", "HTTP 404")

    async def test_that_refuses_the_password_is_spared(self, office, blog, told, conn):
        endpoint = await office.endpoint(
            blog.url, kind=EndpointKind.WORDPRESS_REST, secret="wrong", user=USER
        )

        row = await told(endpoint, await office.comment(platform_id="41"))

        assert (row["state"], row["last_error"]) == ("waiting", "HTTP 401")
        assert await conn.fetchval("SELECT failures FROM endpoint_breakers") == 1

    async def test_keeps_in_the_trash_what_a_person_put_there(self, office, blog, told):
        blog.add(41, "text", status="trash")

        await told(
            await self.endpoint(office, blog.url),
            await office.comment(platform_id="41"),
            label=None,
            event="comment.approved",
        )

        assert blog.comments[41]["status"] == "trash"

    async def test_is_not_sent_a_password_in_the_clear(self, conn, office):
        wish = Wish(
            kind=EndpointKind.WORDPRESS_REST, url="http://b.example", secret=PASSWORD, user=USER
        )

        with pytest.raises(BadEndpoint, match="https"):
            await administration.add(conn, factories.SECRETS, "blatt", wish)
        with pytest.raises(BadEndpoint, match="user"):
            await administration.add(
                conn, factories.SECRETS, "blatt", replace(wish, url="https://b.example", user="")
            )


@pytest.mark.parametrize(
    ("callback", "same"),
    [
        ("https://b.example/wp-json/akismet/v1/webhook", True),
        ("https://B.example:443/index.php?rest_route=/akismet/v1/webhook", True),
        ("http://b.example/", False),
        ("https://b.example:8443/", False),
        ("https://www.b.example/", False),
        ("https://b.example@evil.example/", False),
        ("https://user@b.example/", False),
        ("https://b.example.evil.example/", False),
        ("//b.example/", False),
        ("", False),
    ],
)
def test_a_callback_goes_to_the_registered_origin_and_no_other(callback, same):
    assert same_origin(callback, "https://b.example/blog") is same


@given(st.text())
def test_whatever_the_callback_there_is_an_answer(text):
    assert same_origin(text, "https://b.example") in {True, False}


@given(st.binary() | st.sampled_from([b"[]", b'{"comments":[]}', b'{"comments":{"a":1}}']))
def test_whatever_the_plugin_answers_it_is_read(body):
    assert not was_taken(body)


@pytest.mark.parametrize(
    ("blog", "found"),
    [
        ("https://b.example", "https://b.example/wp-json/wp/v2/comments/4?context=edit"),
        ("https://b.example/b/", "https://b.example/b/wp-json/wp/v2/comments/4?context=edit"),
        ("https://b.example/wp-json", "https://b.example/wp-json/wp/v2/comments/4?context=edit"),
        (
            "https://b.example/?rest_route=/",
            "https://b.example/?rest_route=/wp/v2/comments/4&context=edit",
        ),
    ],
)
def test_the_api_is_found_with_pretty_addresses_and_without(blog, found):
    assert address(URL(blog), "/4", {"context": "edit"}) == URL(found)


@given(st.none() | st.text() | st.integers(0, 10**19 - 1).map(str))
def test_only_numbers_are_numbers_of_comments(text):
    found = number(text)

    assert found is None or int(str(text)) == found


def test_a_guid_of_ours_is_no_number():
    assert number(str(uuid4())) is None
