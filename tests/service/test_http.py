import asyncio
import io
import json

import pytest
import structlog
from aiohttp import web
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service import errors, http
from service.db import DatabaseUnavailable
from service.http import DRAINING, ERROR_ANSWERS, SITE_ID, Draining, client_address, client_scheme
from service.settings import SETTINGS, Settings

NEEDLE = "needle@personal.example"


class TooManyPens(errors.Conflict):
    """There are too many pens on the table."""


class Kettle(errors.ServiceError):
    """The kettle is broken."""


RAISED = {
    "refused": lambda: TooManyPens("five of them"),
    "outage": DatabaseUnavailable,
    "crash": lambda: RuntimeError(NEEDLE),
    "decoding": lambda: UnicodeDecodeError("utf-8", NEEDLE.encode(), 0, 1, NEEDLE),
    "too-large": lambda: web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2),
    "redirect": lambda: web.HTTPFound("/elsewhere"),
}

routes = web.RouteTableDef()


@routes.get("/raise/{what}")
@routes.get("/plain/{what}")
async def raise_it(request):
    error = RAISED[request.match_info["what"]]()
    raise error


@routes.get("/hello/{token}")
async def hello(request):
    request[SITE_ID] = 7
    return web.Response(text="hello")


@routes.get("/page")
async def page(_request):
    return web.Response(headers={"Content-Security-Policy": "default-src 'self'"})


@routes.post("/read")
async def read(request):
    return web.Response(text=str(len(await request.read())))


@routes.get("/stream")
async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"streamed")
    return response


@routes.get("/who")
async def who(request):
    return web.json_response([client_address(request), client_scheme(request)])


def in_own_words(error):
    return web.Response(text=f"own words: {error.code}", status=200)


@pytest.fixture
async def edge(aiohttp_client):
    app = web.Application(middlewares=[http.edge], client_max_size=http.BODY_LIMIT_BYTES)
    app[SETTINGS] = Settings()
    app[DRAINING] = Draining()
    app[ERROR_ANSWERS] = {"/plain/": in_own_words}
    app.add_routes(routes)
    return await aiohttp_client(app)


async def test_an_error_becomes_a_problem_document(edge):
    response = await edge.get("/raise/refused")

    assert response.status == 409
    assert response.content_type == "application/problem+json"
    assert json.loads(await response.read()) == {
        "type": "urn:gatehouse:too-many-pens",
        "title": "There are too many pens on the table.",
        "status": 409,
        "detail": "five of them",
    }


@pytest.mark.parametrize("kind", list(http.STATUS_OF_KIND))
def test_every_kind_of_error_has_its_status(kind):
    class Some(kind):
        """Some error."""

    assert http.status_of(Some()) == http.STATUS_OF_KIND[kind]


def test_an_error_of_no_kind_is_our_fault():
    assert http.status_of(Kettle()) == 500


async def test_an_outage_says_when_to_come_back(edge):
    response = await edge.get("/raise/outage")

    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("what", ["crash", "decoding"])
async def test_a_crash_tells_the_client_nothing_and_the_log_where(edge, what):
    with structlog.testing.capture_logs() as events:
        response = await edge.get(f"/raise/{what}")

    assert response.status == 500
    assert NEEDLE not in await response.text()
    (crash,) = [event for event in events if event["event"] == "request.crashed"]
    assert crash["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("refused", "too-many-pens"),
        ("outage", "database-unavailable"),
        ("crash", "internal-error"),
        ("too-large", "body-too-large"),
    ],
)
async def test_a_protocol_hears_of_every_error_in_its_own_words(edge, what, code):
    response = await edge.get(f"/plain/{what}")

    assert (response.status, await response.text()) == (200, f"own words: {code}")


async def test_an_unknown_path_and_a_wrong_method_are_problems_too(edge):
    unknown = await edge.get("/nowhere")
    wrong = await edge.delete("/page")

    assert (unknown.status, (await unknown.json(content_type=None))["status"]) == (404, 404)
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")
    assert (await wrong.json(content_type=None))["status"] == 405


async def test_a_redirect_passes(edge):
    response = await edge.get("/raise/redirect", allow_redirects=False)

    assert (response.status, response.headers["Location"]) == (302, "/elsewhere")


@pytest.mark.parametrize(("excess", "status"), [(0, 200), (1, 413)])
async def test_a_body_may_have_two_mebibytes_and_no_more(edge, excess, status):
    response = await edge.post("/read", data=io.BytesIO(b"x" * (http.BODY_LIMIT_BYTES + excess)))

    assert response.status == status


async def test_every_answer_is_guarded_unless_it_guards_itself(edge):
    plain = await edge.get("/hello/x")
    page = await edge.get("/page")

    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert plain.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Content-Security-Policy"] == "default-src 'self'"
    assert "aiohttp" not in plain.headers["Server"]


async def test_an_answer_that_is_already_on_its_way_is_left_alone(edge):
    assert await (await edge.get("/stream")).text() == "streamed"


async def test_each_request_leaves_one_line_without_its_path_or_query(edge):
    with structlog.testing.capture_logs() as events:
        response = await edge.get("/hello/secret-token?q=secret-query")

    (line,) = events
    assert line.pop("duration_us") > 0
    assert line == {
        "event": "request.answered",
        "log_level": "info",
        "method": "GET",
        "route": "/hello/{token}",
        "status": 200,
        "request_id": response.headers["X-Request-Id"],
        "site_id": 7,
    }


async def test_a_path_that_nobody_serves_is_not_logged_either(edge):
    with structlog.testing.capture_logs() as events:
        await edge.get("/secret-token")

    assert events[0]["route"] == "unmatched"
    assert "secret" not in str(events)


async def test_requests_have_different_ids(edge):
    ids = {(await edge.get("/page")).headers["X-Request-Id"] for _ in range(5)}

    assert len(ids) == 5


async def test_while_it_ends_each_answer_closes_its_connection(edge):
    edge.app[DRAINING].started = True

    response = await edge.get("/page")

    assert response.headers["Connection"] == "close"


async def test_what_is_in_flight_is_counted_whatever_becomes_of_it(edge):
    for path in ("/page", "/raise/crash", "/raise/refused", "/nowhere"):
        await edge.get(path)

    assert edge.app[DRAINING].in_flight == 0


async def asked(edge, proxies, **headers):
    edge.app._state[SETTINGS] = Settings.from_env({"GATEHOUSE_TRUSTED_PROXIES": proxies})
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await (await edge.get("/who", headers=names)).json()


async def test_without_trusted_proxies_the_peer_is_the_client(edge):
    claimed = {"X_Forwarded_For": "192.0.2.1", "X_Forwarded_Proto": "https"}

    assert await asked(edge, "", **claimed) == ["127.0.0.1", "http"]
    assert await asked(edge, "10.0.0.0/8", **claimed) == ["127.0.0.1", "http"]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("198.51.100.9, 192.0.2.1", "192.0.2.1"),
        ("192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::0001", "2001:db8::1"),
        ("192.0.2.1, nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_is_believed_as_far_as_it_wrote_itself(edge, forwarded, client):
    found = await asked(edge, "127.0.0.0/8, 10.0.0.0/8", X_Forwarded_For=forwarded)

    assert found[0] == client


async def test_a_trusted_proxy_says_whether_the_client_came_by_tls(edge):
    proxies = "127.0.0.1"

    assert (await asked(edge, proxies, X_Forwarded_Proto="https"))[1] == "https"
    assert (await asked(edge, proxies, X_Forwarded_Proto="gopher"))[1] == "http"


@hypothesis_settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
async def test_whatever_a_proxy_forwards_there_is_an_address(edge, forwarded):
    found = await asked(edge, "127.0.0.1", X_Forwarded_For=forwarded)

    assert found[0]


@hypothesis_settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.binary(max_size=200))
async def test_whatever_the_bytes_the_service_goes_on(edge, sent):
    reader, writer = await asyncio.open_connection(edge.host, edge.port)
    writer.write(sent + b"\r\n\r\n")
    writer.write_eof()
    await reader.read()
    writer.close()
    await writer.wait_closed()

    assert (await edge.get("/page")).status == 200
