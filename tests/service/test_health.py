import asyncio

from aiohttp import web

from service import db, health, metrics
from service.health import DRAINING
from tests.waiting import until


async def test_it_is_alive_and_ready(client):
    alive = await client.get("/livez")
    ready = await client.get("/readyz")

    assert alive.status == 200
    assert (ready.status, "database: ok" in await ready.text()) == (200, True)


async def test_without_its_database_it_is_alive_and_not_ready(client, conn, server):
    name = await conn.fetchval("SELECT current_database()")
    async with db.connected(server) as other:
        await other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )

    response = await client.get("/readyz")

    assert response.status == 503
    assert "database: the database does not answer" in await response.text()
    assert (await client.get("/livez")).status == 200


async def test_while_it_ends_it_wants_no_more(client, app):
    app[DRAINING].started = True

    response = await client.get("/readyz")

    assert response.status == 503
    assert "draining" in await response.text()


async def test_a_package_can_object(client, app):
    async def model(_app):
        return "there is no model"

    app[health.CHECKS]["model"] = model

    response = await client.get("/readyz")

    assert (response.status, "model: there is no model" in await response.text()) == (503, True)


async def test_requests_are_counted_by_route_and_status(client):
    await client.get("/livez")
    await client.get("/livez/nothing")

    text = await (await client.get("/metrics")).text()

    assert 'gatehouse_requests_total{method="GET",route="/livez",status="200"}' in text
    assert 'gatehouse_requests_total{method="GET",route="unmatched",status="404"}' in text
    assert 'gatehouse_request_seconds_bucket{le="0.001",route="/livez"}' in text


async def test_every_kind_of_count_is_exposed(client):
    metrics.VERDICTS["hold"].inc()
    metrics.BATCH_SIZE.observe(3)
    metrics.QUEUE_LENGTH.set(0)
    metrics.DATABASE_ERRORS.labels("TimeoutError").inc()

    text = await (await client.get("/metrics")).text()

    for name in (
        'gatehouse_verdicts_total{action="hold"}',
        "gatehouse_batch_comments_sum",
        "gatehouse_queue_comments",
        'gatehouse_database_errors_total{error="TimeoutError"}',
    ):
        assert name in text


async def test_ending_waits_for_what_is_in_flight(app, aiohttp_client):
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_request):
        begun.set()
        await may_end.wait()
        return web.Response(text="at last")

    app.router.add_get("/slow", slow)
    client = await aiohttp_client(app)
    asking = asyncio.create_task(client.get("/slow"))
    await begun.wait()

    ending = asyncio.create_task(client.server.close())
    await until(lambda: app[DRAINING].started)
    may_end.set()

    assert (await asking).status == 200
    await ending
