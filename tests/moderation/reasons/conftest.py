import pytest

from service.settings import Settings
from tests import factories
from tests.moderation.review.desk import desk as make_desk
from tests.people import cheaply

FROM = "gatehouse@gate.example"


@pytest.fixture
def settings(tmp_path):
    """Mail is configured; what is to be sent waits in the database."""
    return Settings(
        data_dir=tmp_path,
        secret_key=factories.MASTER_KEY,
        base_url="https://gate.example",
        smtp_url="smtp+plain://127.0.0.1:1",
        mail_from=FROM,
    )


@pytest.fixture
async def desk(client, conn, monkeypatch):
    cheaply(monkeypatch)
    return await make_desk(client, conn)


@pytest.fixture
def mails(conn):
    """What waits to be sent, the oldest first."""

    async def mails():
        return await conn.fetch("SELECT * FROM mails WHERE state = 'waiting' ORDER BY id")

    return mails
