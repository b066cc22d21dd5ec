"""Whoever decides, whoever wants to hear of it does; except the blog that told us."""

import pytest

from moderation.feedback import Label, Labelling, Source, label_comment
from service import clock
from service.audit import ActorKind
from service.endpoints import administration
from service.outbox import EndpointKind
from tests import factories
from tests.moderation.blog import HAM
from tests.moderation.deliveries.wordpress import PASSWORD, USER

CALLBACK = "https://blatt.example/wp-json/akismet/v1/webhook"


@pytest.fixture
async def endpoints(office):
    """One of each kind that can be added, beside the one for the plugin."""
    return [
        await office.endpoint("https://hook.example/"),
        await office.endpoint(
            "https://blatt.example", kind=EndpointKind.WORDPRESS_REST, secret=PASSWORD, user=USER
        ),
    ]


async def decide(office, comment, label=Label.SPAM, **said):
    labelling = Labelling(comment, label, Source.MODERATOR, ActorKind.USER, "1", **said)
    async with office.conn.transaction():
        return await label_comment(office.conn, office.site, labelling, clock.now())


async def kinds(conn):
    rows = await conn.fetch(
        "SELECT e.kind FROM outbox AS o JOIN endpoints AS e ON e.id = o.endpoint_id"
        " WHERE o.event = 'comment.decided' ORDER BY e.kind"
    )
    return [row["kind"] for row in rows]


async def test_a_decision_goes_to_everybody(office, endpoints, conn):
    comment = await office.comment(callback=CALLBACK)

    await decide(office, comment)

    assert await kinds(conn) == ["akismet-callback", "standard-webhook", "wordpress-rest"]


async def test_a_plugin_that_named_no_address_is_not_called_back(office, endpoints, conn):
    await decide(office, await office.comment())

    assert await kinds(conn) == ["standard-webhook", "wordpress-rest"]


async def test_what_the_blog_told_us_it_is_not_told_again(office, endpoints, conn):
    await decide(office, await office.comment(callback=CALLBACK), from_blog=True)

    assert await kinds(conn) == ["standard-webhook"]


async def test_a_decision_that_changes_nothing_is_no_news(office, endpoints, conn):
    comment = await office.comment()
    await decide(office, comment)

    assert not await decide(office, comment)

    assert len(await kinds(conn)) == 2


async def test_a_decision_that_is_undone_by_an_error_is_not_told(office, endpoints, conn):
    comment = await office.comment()
    labelling = Labelling(comment, Label.SPAM, Source.MODERATOR, ActorKind.USER, "1")

    with pytest.raises(ZeroDivisionError):
        async with conn.transaction():
            await label_comment(conn, office.site, labelling, clock.now())
            raise ZeroDivisionError

    assert await kinds(conn) == []


async def test_who_is_switched_off_or_wants_other_events_hears_nothing(office, endpoints, conn):
    webhook, wordpress = endpoints
    await administration.change(conn, "blatt", webhook, enabled=False)
    held = administration.events_named(["held"])
    await administration.change(conn, "blatt", wordpress, events=held)

    await decide(office, await office.comment())

    assert await kinds(conn) == []


async def test_tests_of_a_client_are_told_to_nobody(office, endpoints, conn):
    await decide(office, await office.comment(is_test=True))

    assert await kinds(conn) == []


async def test_a_submission_by_the_protocol_goes_out_to_others(blog):
    await blog.conn.execute(
        "INSERT INTO endpoints (site_id, kind, url, events)"
        " SELECT id, 'standard-webhook', 'https://hook.example', '{comment.decided}' FROM sites"
    )
    await blog.check(HAM, callback=CALLBACK)

    await blog.report("spam", HAM)

    assert await kinds(blog.conn) == ["standard-webhook"]


@pytest.fixture
async def client(conn, app, aiohttp_client):
    """The whole service, started once its site is there."""
    return lambda: aiohttp_client(app)


@pytest.mark.parametrize(
    ("method", "path", "body", "heard"),
    [
        ("POST", "/feedback", {"label": "spam"}, ["akismet-callback"]),
        ("PATCH", "", {"status": "spam"}, []),  # what became of it on the blog
    ],
)
async def test_a_word_by_the_api_goes_to_the_blog_unless_it_came_from_there(
    conn, client, method, path, body, heard
):
    key = await factories.issue(conn)
    client = await client()
    async with client.post(
        "/v1/comments",
        json={"text": HAM, "address": "203.0.113.7"},
        headers={"Authorization": f"Bearer {key}"},
    ) as response:
        guid = (await response.json())["id"]
    await conn.execute("UPDATE comments SET callback = $1", CALLBACK)

    async with client.request(
        method,
        f"/v1/comments/{guid}{path}",
        json=body,
        headers={"Authorization": f"Bearer {key}"},
    ) as response:
        assert response.status == 200

    assert await kinds(conn) == heard
