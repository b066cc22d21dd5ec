import pytest

from tests.moderation.review.desk import desk as make_desk
from tests.people import cheaply


@pytest.fixture
async def desk(client, conn, monkeypatch):
    cheaply(monkeypatch)
    return await make_desk(client, conn)
