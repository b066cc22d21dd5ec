import pytest

from service.settings import Settings
from service.sites import DIRECTORY
from service.tokens import administration as tokens
from tests import factories
from tests.moderation.review.desk import desk as make_desk
from tests.people import cheaply
from tests.waiting import until

FROM = "gatehouse@gate.example"


async def issued(desk, conn, *scopes):
    """A token for the site that the service knows by now."""
    new = await tokens.add(conn, factories.SECRETS, name="blog", scopes=scopes, site="blatt")
    revision = await conn.fetchval("SELECT revision FROM site_revision")
    await until(lambda: desk.app[DIRECTORY].revision >= revision)
    return new.value


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
