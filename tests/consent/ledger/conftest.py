"""A site with a cookie notice, and its log."""

import pytest

from consent.ledger.batching import Ledger
from consent.ledger.entries import Draft
from tests import factories
from tests.consent import notice_factory

BASE = "log.example"


@pytest.fixture
async def site(conn):
    return await factories.site(conn)


@pytest.fixture
async def edition(conn, site):
    return await notice_factory.publish(conn, site)


@pytest.fixture
async def ledger(pool):
    ledger = Ledger(pool, BASE)
    yield ledger
    await ledger.close()


@pytest.fixture
def choice(edition):
    """Makes the draft of a choice: these purposes granted, all others refused."""

    def make(*granted, subject="visitor-0001", **changes):
        decisions = {
            purpose: "granted" if purpose in granted else "refused"
            for purpose in edition.notice.optional_purposes
        }
        made = {
            "edition": edition,
            "language": "de",
            "action": "save",
            "layer": "banner",
            "decisions": decisions,
            "subject": subject,
        }
        return Draft(**{**made, **changes})

    return make
