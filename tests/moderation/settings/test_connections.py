"""Keys, endpoints and webhooks on the page: secrets are shown once, and to nobody else."""

import re

import pytest

from service.accounts.values import Role
from service.sites import DIRECTORY
from tests import factories
from tests.people import signed_in
from tests.waiting import until

PAGE = "/settings/blatt/connections"
SHOWN = re.compile(r"<code>([^<]+)</code>")
HOOK = {"kind": "standard-webhook", "url": "https://hooks.example/x", "event": "comment.held"}


async def actions(desk):
    rows = await desk.conn.fetch(
        "SELECT action, details::text AS details FROM audit_trail"
        " WHERE actor_kind = 'user' AND action NOT LIKE 'session.%' ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def endpoint(desk, **form):
    await desk.kim.get(PAGE)
    answer = await desk.kim.post("/settings/blatt/endpoints", {**HOOK, **form})
    number = await desk.conn.fetchval("SELECT max(id) FROM endpoints WHERE site_id = 1")
    return answer, number


async def row(desk, number):
    return await desk.conn.fetchrow("SELECT * FROM endpoints WHERE id = $1", number)


async def test_a_new_key_is_shown_once_and_the_old_one_works_on_for_a_while(desk):
    page = (await desk.kim.get(PAGE)).page
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]

    answer = await desk.kim.post("/settings/blatt/keys/rotate", {"grace_days": "2", "seen": seen})

    assert answer.status == 200
    key = SHOWN.search(answer.page)[1]
    await until(lambda: desk.app[DIRECTORY].key(key))
    assert desk.app[DIRECTORY].key(key).is_valid
    assert key not in (await desk.kim.get(PAGE)).page
    assert "runs out" in answer.page
    ((action, details),) = await actions(desk)
    assert action == "key.rotated"
    assert key not in details
    again = await desk.kim.post("/settings/blatt/keys/rotate", {"grace_days": "2", "seen": seen})
    assert again.status == 409
    assert "while you had it open" in again.page


async def test_a_revoked_key_opens_nothing_at_once(desk):
    raw = "".join(
        [
            factories.SECRETS.unseal(
                "site key", await desk.conn.fetchval("SELECT sealed FROM site_keys")
            ).decode()
        ]
    )
    number = await desk.conn.fetchval("SELECT id FROM site_keys")
    await desk.kim.get(PAGE)

    answer = await desk.kim.post("/settings/blatt/keys/revoke", {"key": str(number)})
    again = await desk.kim.post("/settings/blatt/keys/revoke", {"key": str(number)})

    assert (answer.status, again.status) == (303, 422)
    await until(lambda: not desk.app[DIRECTORY].key(raw).is_valid)
    assert "There is no key" in (await desk.kim.get(PAGE)).page


async def test_an_endpoint_is_added_changed_rotated_and_removed(desk):
    answer, number = await endpoint(desk)
    secret = SHOWN.search(answer.page)[1]

    assert secret.startswith("whsec_")
    assert secret not in (await desk.kim.get(PAGE)).page
    place = f"/settings/blatt/endpoints/{number}"
    stands = "True False comment.held"
    changed = await desk.kim.post(place, {"seen": stands, "event": "comment.decided"})
    twice = await desk.kim.post(place, {"seen": stands, "event": "comment.decided"})
    assert (changed.status, twice.status) == (303, 303)
    stored = await row(desk, number)
    assert (stored["enabled"], stored["events"]) == (False, ["comment.decided"])
    late = await desk.kim.post(place, {"seen": stands, "event": "comment.held", "enabled": "yes"})
    assert late.status == 409
    assert not (await row(desk, number))["enabled"]
    rotated = await desk.kim.post(f"{place}/rotate", {"grace_days": "0.5"})
    assert SHOWN.search(rotated.page)[1] not in {"", secret}
    assert (await desk.kim.post(f"{place}/remove")).status == 303
    assert await row(desk, number) is None
    done = await actions(desk)
    assert [action for action, _ in done] == [
        "endpoint.registered",
        "endpoint.changed",
        "endpoint.rotated",
        "endpoint.removed",
    ]
    assert '"from": {"events": ["comment.held"], "enabled": true' in done[1][1]
    assert "whsec_" not in str(done)


async def test_a_password_of_wordpress_is_taken_and_never_shown(desk):
    answer, number = await endpoint(
        desk,
        kind="wordpress-rest",
        url="https://blatt.example",
        user="bot",
        secret="abcd efgh ijkl",
        event="comment.decided",
    )

    assert answer.status == 303
    page = (await desk.kim.get(PAGE)).page
    assert "WordPress, by its REST interface" in page
    assert "abcd" not in page
    without = await desk.kim.post(f"/settings/blatt/endpoints/{number}/rotate", {"grace_days": "0"})
    assert without.status == 422


@pytest.mark.parametrize(
    "form",
    [
        {"url": "http://127.0.0.1/x"},
        {"url": "http://127.0.0.1/x", "private": "yes"},  # not for who has but one site
        {"url": "http://[::ffff:10.0.0.1]/x"},
        {"url": "ftp://hooks.example/"},
        {"url": "https://user:pass@hooks.example/"},
        {"url": "https://" + "x" * 3000},
        {"url": ""},
        {"kind": "pigeon"},
        {"kind": "akismet-callback"},
        {"event": "comment.eaten"},
        {"secret": "short"},
        {"kind": "wordpress-rest"},
    ],
)
async def test_an_endpoint_that_cannot_be_is_refused(desk, form):
    answer, _ = await endpoint(desk, **form)

    assert answer.status == 422
    assert 'role="alert"' in answer.page
    assert await desk.conn.fetchval("SELECT count(*) FROM endpoints") == 1


async def test_who_runs_the_service_may_let_it_reach_inside(desk):
    desk.kim = await signed_in(desk.client, desk.conn, "root", Role.ADMINISTRATOR)

    answer, number = await endpoint(desk, url="http://127.0.0.1:9/x", private="yes")

    assert answer.status == 200
    assert (await row(desk, number))["allow_private"]


async def test_an_administrator_of_one_site_cannot_open_the_inside_later(desk):
    _, number = await endpoint(desk)

    await desk.kim.post(
        f"/settings/blatt/endpoints/{number}",
        {
            "seen": "True False comment.held",
            "event": "comment.held",
            "enabled": "yes",
            "private": "yes",
        },
    )

    assert not (await row(desk, number))["allow_private"]


async def test_the_plugin_of_the_blog_is_switched_off_and_not_removed(desk):
    await desk.kim.get(PAGE)

    answer = await desk.kim.post("/settings/blatt/endpoints/1/remove")

    assert answer.status == 422
    assert await desk.conn.fetchval("SELECT count(*) FROM endpoints") == 1


async def test_a_platform_reports_with_a_secret_that_is_shown_once(desk):
    await desk.kim.get(PAGE)

    added = await desk.kim.post("/settings/blatt/webhooks", {"platform": "generic"})
    secret = SHOWN.search(added.page)[1]
    twice = await desk.kim.post("/settings/blatt/webhooks", {"platform": "generic"})
    rotated = await desk.kim.post(
        "/settings/blatt/webhooks/rotate", {"platform": "generic", "grace_days": "1"}
    )
    page = (await desk.kim.get(PAGE)).page
    removed = await desk.kim.post("/settings/blatt/webhooks/remove", {"platform": "generic"})

    assert [added.status, twice.status, rotated.status, removed.status] == [200, 409, 200, 303]
    assert SHOWN.search(rotated.page)[1] != secret
    assert secret not in page
    assert "runs out" in page
    assert await desk.conn.fetchval("SELECT count(*) FROM site_webhooks") == 0


@pytest.mark.parametrize("grace", ["", "-1", "9999", "nan", "soon"])
async def test_a_grace_period_that_makes_no_sense_is_refused(desk, grace):
    await desk.kim.get(PAGE)

    answer = await desk.kim.post("/settings/blatt/keys/rotate", {"grace_days": grace, "seen": "1"})

    assert answer.status == 422
    assert await desk.conn.fetchval("SELECT count(*) FROM site_keys") == 1


PATHS = ("keys/rotate", "keys/revoke", "endpoints", "endpoints/1", "endpoints/1/rotate")
MORE = ("endpoints/1/remove", "webhooks", "webhooks/rotate", "webhooks/remove")
ALL = {**HOOK, "grace_days": "1", "seen": "1", "key": "1", "platform": "generic"}


async def test_no_form_of_these_serves_a_moderator_a_stranger_or_a_forger(desk):
    await desk.site("fremd")
    before = await desk.conn.fetchval("SELECT revision FROM site_revision")
    await desk.browser.get("/review")
    await desk.kim.get(PAGE)

    for path in (*PATHS, *MORE):
        assert (await desk.browser.post(f"/settings/blatt/{path}", ALL)).status == 403, path
        assert (await desk.kim.post(f"/settings/fremd/{path}", ALL)).status == 404, path
        forged = {**ALL, "csrf": "0" * 64}
        assert (await desk.kim.post(f"/settings/blatt/{path}", forged)).status == 403, path
    assert (await desk.browser.get(PAGE)).status == 403
    assert await desk.conn.fetchval("SELECT revision FROM site_revision") == before


@pytest.mark.parametrize("number", ["0", "999999", "x", "1e3", "99999999999999"])
async def test_an_endpoint_that_is_not_there_is_not_changed(desk, number):
    await desk.kim.get(PAGE)

    for act in ("", "/rotate", "/remove"):
        answer = await desk.kim.post(f"/settings/blatt/endpoints/{number}{act}", ALL)
        assert answer.status == 422, act
