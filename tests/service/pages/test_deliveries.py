"""Deliveries as people see them, look for them, and send them once more."""

import re
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from service import clock
from service.accounts.values import Role
from service.outbox import looking
from service.outbox.looking.store import Sought
from service.sites import DIRECTORY
from tests import factories
from tests.people import cheaply, signed_in
from tests.waiting import until

ROW = re.compile(r'name="delivery" value="blatt/([0-9a-f-]{36})"')


class Office:
    def __init__(self, client, conn):
        self.client, self.conn = client, conn

    async def site(self, name="blatt"):
        await factories.issue(self.conn, name=name, url=f"https://{name}.example")
        await until(lambda: self.client.app[DIRECTORY].site(name))

    async def endpoint(self, url="https://hooks.example/x", site=1):
        return await self.conn.fetchval(
            "INSERT INTO endpoints (site_id, kind, url, events) VALUES ($1, 'standard-webhook',"
            " $2, ARRAY['comment.held']) RETURNING id",
            *(site, url),
        )

    async def delivery(self, endpoint, state="given-up", *, error="HTTP 503", ago=0, **fields):
        delivery = factories.uuid7_at(clock.now() - timedelta(days=ago))
        finished = None if state == "waiting" else clock.now()
        values = {"event": "comment.held", "comment": uuid7(), "site": 1, **fields}
        await self.conn.execute(
            "INSERT INTO outbox (site_id, id, endpoint_id, comment_id, event, state, attempts,"
            " due_at, finished_at, last_error) VALUES ($1, $2, $3, $4, $5, $6, 3, now() +"
            " interval '1 hour', $7, $8)",
            *(values["site"], delivery, endpoint, values["comment"], values["event"], state),
            *(finished, None if state == "delivered" else error),
        )
        return delivery

    async def state(self, delivery):
        return await self.conn.fetchval("SELECT state FROM outbox WHERE id = $1", delivery)


@pytest.fixture
async def office(client, conn, monkeypatch):
    cheaply(monkeypatch)
    made = Office(client, conn)
    await made.site()
    made.kim = await signed_in(client, conn, "kim", Role.ADMINISTRATOR, sites=["blatt"])
    return made


def shown(page):
    return ROW.findall(page)


async def test_an_administrator_sees_the_deliveries_of_their_sites_and_no_other(office):
    await office.site("fremd")
    own = await office.delivery(await office.endpoint())
    foreign_endpoint = await office.endpoint("https://fremd.example/hook", site=2)
    foreign = await office.delivery(foreign_endpoint, site=2)

    page = (await office.kim.get("/deliveries")).page
    asked = (await office.kim.get("/deliveries?site=fremd")).page
    named = (await office.kim.get(f"/deliveries?guid={foreign}")).page

    assert shown(page) == [str(own)]
    assert "HTTP 503" in page
    assert shown(asked) == shown(named) == []
    assert "fremd" not in page + asked.replace('value="fremd"', "")
    assert (await office.kim.get(f"/deliveries/fremd/{foreign}")).status == 404
    assert (await office.kim.get(f"/deliveries/blatt/{foreign}")).status == 404


async def test_a_moderator_does_not_see_them(office):
    mia = await signed_in(office.client, office.conn, "mia", Role.MODERATOR)

    assert (await mia.get("/deliveries")).status == 403
    assert "/deliveries" not in (await mia.get("/review")).page


async def test_deliveries_are_found_by_what_is_known_of_them(office):
    first, second = await office.endpoint(), await office.endpoint("https://other.example")
    given_up = await office.delivery(first)
    delivered = await office.delivery(first, "delivered", event="comment.decided", ago=3)
    waiting = await office.delivery(second, "waiting", error="Timeout", ago=1)
    comment = await office.conn.fetchval("SELECT comment_id FROM outbox WHERE id = $1", waiting)
    day = f"{clock.now() - timedelta(days=3):%Y-%m-%d}"

    for query, found in {
        "": [given_up, waiting, delivered],
        "state=given-up": [given_up],
        "state=waiting": [waiting],
        "state=delivered": [delivered],
        f"endpoint={first}": [given_up, delivered],
        "event=comment.decided": [delivered],
        "error=time": [waiting],
        "error=503&state=given-up": [given_up],
        f"guid={comment}": [waiting],
        f"guid={given_up}": [given_up],
        f"guid={given_up}&state=waiting": [],
        "guid=nonsense": [],
        f"until={day}": [delivered],
        f"since={day}&until={day}": [delivered],
        f"since={day}": [given_up, waiting, delivered],
        "site=blatt&endpoint=x&state=y&since=z&below=%00": [],
        "state=y&since=z&below=%00&until=9999-12-31&event=": [given_up, waiting, delivered],
        "endpoint=99999999999999999999": [],
    }.items():
        answer = await office.kim.get(f"/deliveries?{query}")
        assert answer.status == 200, query
        assert shown(answer.page) == [str(each) for each in found], query


async def test_pages_miss_nothing_and_end(office):
    endpoint = await office.endpoint()
    made = [await office.delivery(endpoint, ago=100 - n) for n in range(60)]

    first = (await office.kim.get("/deliveries?state=given-up")).page
    older = re.search(r'class="button" href="(/deliveries[^"]*)"', first)[1].replace("&amp;", "&")
    second = (await office.kim.get(older)).page

    assert shown(first) + shown(second) == [str(each) for each in reversed(made)]
    assert "Older deliveries" not in second


async def test_what_is_rare_is_found_page_by_page_at_a_bounded_cost(office, monkeypatch):
    monkeypatch.setattr(looking, "LOOKED_THROUGH", 10)
    endpoint = await office.endpoint()
    rare = await office.delivery(endpoint, error="Timeout", ago=90)
    for n in range(25):
        await office.delivery(endpoint, ago=n)
    sought = Sought(site_ids=[1], below=looking.HIGHEST, floor=looking.LOWEST, error="Timeout")

    pages = 0
    while True:
        page = await looking.page(office.conn, sought)
        pages += 1
        if page.next is None:
            break
        assert page.deliveries == ()
        sought = Sought(site_ids=[1], below=page.next, floor=looking.LOWEST, error="Timeout")

    assert [each.id for each in page.deliveries] == [rare]
    assert pages == 3


async def test_chosen_deliveries_are_sent_once_more_and_the_trail_knows(office):
    endpoint = await office.endpoint()
    chosen, other = await office.delivery(endpoint), await office.delivery(endpoint)
    await office.kim.get("/deliveries")

    answer = await office.kim.post(
        "/deliveries/replay", {"delivery": f"blatt/{chosen}", "back": "/deliveries?state=given-up"}
    )

    assert answer.status == 303
    assert await office.state(chosen) == "waiting"
    assert await office.state(other) == "given-up"
    page = (await office.kim.get(answer.headers["Location"])).page
    assert "1 delivery is sent once more." in page
    entry = await office.conn.fetchrow(
        "SELECT actor_kind, details FROM audit_trail WHERE action = 'deliveries.replayed'"
    )
    assert tuple(entry) == ("user", {"deliveries": 1})


async def test_all_that_was_given_up_for_an_endpoint_is_sent_once_more(office):
    first, second = await office.endpoint(), await office.endpoint("https://other.example")
    own = [await office.delivery(first) for _ in range(5)]
    other = await office.delivery(second)
    await office.kim.get("/deliveries")

    answer = await office.kim.post(f"/deliveries/blatt/endpoints/{first}/replay")

    assert answer.headers["Location"] == "/deliveries?done=replayed&count=5"
    assert {await office.state(each) for each in own} == {"waiting"}
    assert await office.state(other) == "given-up"


async def test_an_endpoint_that_was_switched_off_or_spared_is_told_again(office):
    endpoint = await office.endpoint()
    await office.conn.execute(
        "UPDATE endpoints SET enabled = false, switched_off = 'HTTP 410' WHERE id = $1", endpoint
    )
    await office.conn.execute(
        "INSERT INTO endpoint_breakers VALUES (1, $1, 9, now() + interval '1 day')", endpoint
    )

    page = (await office.kim.get("/deliveries")).page
    answer = await office.kim.post(f"/deliveries/blatt/endpoints/{endpoint}/enable")

    assert "HTTP 410" in page
    assert "Switch on again" in page
    assert answer.status == 303
    assert await office.conn.fetchval("SELECT enabled FROM endpoints WHERE id = $1", endpoint)
    assert await office.conn.fetchval("SELECT count(*) FROM endpoint_breakers") == 0


async def test_each_attempt_stands_on_the_page_of_a_delivery(office):
    endpoint = await office.endpoint()
    delivery = await office.delivery(endpoint, error="Timeout")
    await office.conn.executemany(
        "INSERT INTO delivery_attempts VALUES (1, $1, now() - $2::int * interval '1 h', $3, $4)",
        [(delivery, 2, 1, "HTTP 500"), (delivery, 1, 2, "Timeout")],
    )

    page = (await office.kim.get(f"/deliveries/blatt/{delivery}")).page

    assert page.index("Attempt 1 failed: HTTP 500") < page.index("Attempt 2 failed: Timeout")
    assert "no answer in time" in page
    assert "Send it once more" in page


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        ({"delivery": "blatt"}, 404),
        ({"delivery": "blatt/nonsense"}, 404),
        ({"delivery": "fremd/{}"}, 404),
        ({"delivery": "blatt/{}", "csrf": "0" * 64}, 403),
    ],
)
async def test_what_is_not_theirs_is_not_sent(office, form, status):
    await office.site("fremd")
    delivery = await office.delivery(await office.endpoint(site=2), site=2)
    await office.kim.get("/deliveries")

    form = {name: value.format(delivery) for name, value in form.items()}
    answer = await office.kim.post("/deliveries/replay", form)

    assert answer.status == status
    assert await office.state(delivery) == "given-up"


async def test_endpoints_of_others_are_left_alone(office):
    await office.site("fremd")
    endpoint = await office.endpoint(site=2)
    delivery = await office.delivery(endpoint, site=2)
    await office.conn.execute(
        "UPDATE endpoints SET enabled = false, switched_off = 'operator' WHERE id = $1", endpoint
    )
    await office.kim.get("/deliveries")

    for act in ("enable", "replay"):
        for site in ("fremd", "blatt"):
            await office.kim.post(f"/deliveries/{site}/endpoints/{endpoint}/{act}")

    assert not await office.conn.fetchval("SELECT enabled FROM endpoints WHERE id = $1", endpoint)
    assert await office.state(delivery) == "given-up"


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/deliveriesevil", "/deliveries?\r\nX: y"]
)
async def test_nobody_is_led_elsewhere(office, back):
    delivery = await office.delivery(await office.endpoint())
    await office.kim.get("/deliveries")

    answer = await office.kim.post(
        "/deliveries/replay", {"delivery": f"blatt/{delivery}", "back": back}
    )

    assert answer.headers["Location"] == "/deliveries?done=replayed&count=1"


async def test_what_an_endpoint_is_called_is_text_and_never_markup(office):
    await office.delivery(await office.endpoint("https://x.example/<script>alert(1)</script>"))

    page = (await office.kim.get("/deliveries")).page

    assert "<script>alert" not in page


async def test_nothing_at_all_is_a_page_too(office):
    page = (await office.kim.get("/deliveries")).page

    assert "Nothing was delivered yet" in page
