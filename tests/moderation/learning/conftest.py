import pytest

from classifiers.scorer import load_default
from moderation.intake import Intake
from moderation.learning.applying import Learning
from moderation.learning.refreshing import refresh
from service.model_key import model_key
from tests import factories
from tests.moderation.learning import blogs


@pytest.fixture(scope="session")
def shipped():
    """The model that ships."""
    return load_default()


@pytest.fixture
async def site(conn):
    return await factories.site(conn, name="blatt", language="en")


@pytest.fixture
async def key(conn):
    return await model_key(conn, factories.SECRETS)


@pytest.fixture
async def taught(conn, pool, site, shipped, settings):
    """A site in front of the model that ships, that can be taught."""
    learning = Learning(factories.SECRETS, shipped.version)
    intake = Intake(pool, shipped)
    intake.follow(learning)

    async def learn():
        await refresh(conn, settings)
        await learning.reload(conn)

    yield blogs.Taught(conn, site, intake, learning, learn)
    await intake.close()
