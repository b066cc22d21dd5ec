"""``gatehouse models``, as operators run it, and a running service that learns meanwhile."""

import asyncio
import json

import pytest

from moderation.learning.promoting import put_in_place
from service.app import create_app
from service.audit import ActorKind
from tests import factories
from tests.moderation.blog import Blog
from tests.moderation.learning.blogs import advertising, honest
from tests.moderation.learning.test_retraining import ENOUGH, insert
from tests.running import gatehouse
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture
def models(dsn, tmp_path):
    """Run the command, in a thread: what it answers and its exit code."""

    async def run(*arguments):
        done = await asyncio.to_thread(
            gatehouse,
            tmp_path,
            "models",
            *arguments,
            database_url=dsn,
            secret_key=factories.MASTER_KEY,
        )
        return done.returncode, done.stdout or done.stderr

    return run


async def test_models_are_listed_shown_and_rolled_back(models, conn, key, shipped, site):
    assert "the model that ships" in (await models("list"))[1]
    await insert(conn, key, shipped, site, 1)
    await put_in_place(conn, site.id, 1, "promoted: of a test", ActorKind.OPERATOR, "test")

    (listed,) = json.loads((await models("list", "--json"))[1])
    shown = json.loads((await models("show", "blatt", "1", "--json"))[1])
    back = await models("rollback", "blatt")
    again = await models("rollback", "blatt")

    assert (listed["site"], listed["version"], listed["state"]) == ("blatt", 1, "current")
    assert shown["manifest"]["base"] == shipped.version
    assert back == (0, "Model 1 is rolled back; the model that ships judges blatt now.\n")
    assert again == (1, "gatehouse: The model that ships is in place already.\n")
    code, text = await models("promote", "blatt", "1")
    assert (code, text) == (0, "Model 1 judges blatt now.\n")


async def test_a_retraining_says_what_came_of_it_and_labels_are_listed(models, taught):
    assert "not enough evidence, kept" in (await models("retrain", "blatt"))[1]
    await taught.label_garden(ENOUGH)
    await taught.label(honest(500), "ham", permalink="/a", address=None)
    await taught.label(honest(500), "spam", permalink="/b", address=None)

    code, said = await models("retrain", "blatt")
    labels = json.loads((await models("labels", "blatt", "--json"))[1])

    assert code == 0
    assert said.startswith("Model 1: promoted")
    doubted = [each for each in labels if "contradicted" in each["doubts"]]
    assert [each["weight"] for each in doubted] == [0, 0]
    assert len(labels) == 2 * len(ENOUGH) + 2
    assert "contradicted" in (await models("labels", "blatt"))[1]


async def test_what_is_not_there_is_one_sentence(models, site):
    for command, words in (
        (("show", "nobody", "1"), "no site named nobody"),
        (("list", "nobody"), "no site named nobody"),
        (("show", "blatt", "7"), "no model 7"),
        (("promote", "blatt", "7"), "no model 7"),
    ):
        code, text = await models(*command)
        assert code == 1
        assert words in text
        assert text.count("\n") == 1


async def test_a_running_service_learns_from_reports_without_being_restarted(
    dsn, settings, conn, shipped, aiohttp_client
):
    key = await factories.issue(conn, language="en")
    app = create_app(settings, dsn=dsn, secrets=factories.SECRETS, scorer=shipped, with_jobs=True)
    blog = Blog(await aiohttp_client(app), conn, app, key)
    for n in range(8):
        fields = {"permalink": f"https://blatt.example/{n}/", "user_ip": f"198.51.100.{n}"}
        await blog.report("ham", honest(n), **fields)
        await blog.report("spam", advertising(n), **fields)

    async with asyncio.timeout(PATIENCE_SECONDS):
        n = 100
        while not await conn.fetchval("SELECT max(adjustment) FROM comments"):
            await blog.check(advertising(n), user_ip="198.51.100.99")
            await asyncio.sleep(0.2)
            n += 1

    findings = await conn.fetchval("SELECT findings FROM comments WHERE adjustment > 0 LIMIT 1")
    assert "site_adjustment" in findings
