"""Each checked comment says which notice about comments was in force."""

import pytest

from consent.notices.document import Kind
from moderation.intake import Intake
from tests import factories
from tests.consent.notice_factory import publish


@pytest.fixture
async def intake(pool, scorer):
    intake = Intake(pool, scorer)
    yield intake
    await intake.close()


async def test_a_comment_carries_the_notice_in_force(conn, intake):
    site = await factories.site(conn)
    before = await intake.submit(factories.comment(text="before"), site, None)
    edition = await publish(conn, site, Kind.COMMENT_PROCESSING)
    await publish(conn, site, Kind.COOKIE)
    after = await intake.submit(factories.comment(text="after"), site, None)

    rows = dict(await conn.fetch("SELECT id, notice FROM comments"))

    assert rows[before.id] is None
    assert rows[after.id].hex() == edition.sha256
