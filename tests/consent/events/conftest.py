"""A page of a site that has a notice, and posts choices."""

import json
from uuid import uuid4

import pytest

from consent.notices import tokens
from service import clock
from tests import factories
from tests.consent import notice_factory

ORIGIN = "https://blatt.example"


@pytest.fixture
async def site(conn):
    return await factories.site(conn)


@pytest.fixture
async def edition(conn, site):
    return await notice_factory.publish(conn, site)


@pytest.fixture
def event(site, edition):
    """Makes an event: these purposes granted, all others refused."""

    def make(*granted, **changes):
        made = {
            "event_id": str(uuid4()),
            "notice": edition.sha256,
            "lang": "de",
            "token": tokens.issue(site, edition.sha256, "de", clock.now()),
            "action": "save",
            "layer": "banner",
            "decisions": {
                purpose: "granted" if purpose in granted else "refused"
                for purpose in edition.notice.optional_purposes
            },
            "subject": "visitor-0001" if granted else None,
            "client_time": "2026-11-24T00:55:58.151Z",
            "signals": {"gpc": False, "dnt": False},
            "viewport": "390x844",
        }
        return {**made, **changes}

    return make


@pytest.fixture
def post(edition, client):
    """Posts an event as a page does; the answer with its JSON."""

    async def send(body, *, origin=ORIGIN, name="blatt", **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "text/plain", **headers}
        if origin:
            sent["Origin"] = origin
        async with client.post(f"/consent/{name}/events", data=content, headers=sent) as response:
            response.said = await response.json()
            return response

    return send
