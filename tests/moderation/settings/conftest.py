import pytest

from service.accounts.values import Role
from tests.moderation.review.desk import desk as make_desk
from tests.people import cheaply, signed_in


@pytest.fixture
async def desk(client, conn, monkeypatch):
    """A site, its moderator, and ``kim``, who administers it and nothing else."""
    cheaply(monkeypatch)
    made = await make_desk(client, conn)
    made.kim = await signed_in(client, conn, "kim", Role.ADMINISTRATOR, sites=["blatt"])
    return made
