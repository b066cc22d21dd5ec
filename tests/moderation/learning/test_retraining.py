"""A site is retrained; the gate promotes or keeps; a rollback is one act; all is on record."""

import numpy as np
import pytest

from classifiers.artifacts import UnfitModel
from classifiers.corrections import Correction
from classifiers.features import FEATURES
from moderation.learning import retraining, sealed, store
from moderation.learning.applying import MODEL_TERM
from moderation.learning.models import store as models
from moderation.learning.promoting import NoSuchModel, promote, roll_back
from moderation.learning.retraining import retrain
from service import rotation
from service.audit import ActorKind
from service.secrets import Secrets
from service.settings import Settings
from tests import factories
from tests.moderation.learning.blogs import advertising, honest

ENOUGH = range(80)


@pytest.fixture
def train(conn, key, shipped, site):
    async def train_now():
        return await retrain(conn, site.id, key, shipped, ActorKind.OPERATOR, "test")

    return train_now


async def states(conn):
    return [(row.version, row.state) for row in await models.models(conn, 1)][::-1]


async def trail(conn):
    rows = await conn.fetch(
        "SELECT action FROM audit_trail WHERE action LIKE 'model.%' ORDER BY id"
    )
    return [row["action"] for row in rows]


async def insert(conn, key, shipped, site, version, *, intercept=-1.0, base=None):
    """A model of no words that adds the same to every comment, kept back."""
    correction = Correction(
        intercept, np.empty(0, np.int32), np.empty(0, np.float32), np.zeros(len(FEATURES)), 4.0
    )
    facts = {
        "labels": 1,
        "gate": [],
        "against": shipped.version,
        "seen_until": str(factories.uuid7_at(factories.NOW)),
        "fitted_until": str(factories.uuid7_at(factories.NOW)),
    }
    new = sealed.stored(
        correction,
        key,
        site_id=site.id,
        version=version,
        kind="model",
        base=base or shipped.version,
        facts=facts,
    )
    await models.insert_model(conn, new, "kept: of a test", factories.NOW)


async def test_a_better_candidate_is_promoted_and_judges_the_next_comment(taught, train, shipped):
    await taught.label_garden(ENOUGH)

    found = await train()

    assert found.outcome.promoted, found.outcome.reason
    await taught.learn()
    verdict = (await taught.check(advertising(97))).verdict
    assert verdict.model == f"{shipped.version}+1"
    assert any(f.name == MODEL_TERM and f.log_odds > 0 for f in verdict.findings)
    assert await states(taught.conn) == [(1, "current")]
    assert await trail(taught.conn) == ["model.promoted"]


async def test_labels_that_newer_ones_contradict_keep_the_candidate_back(taught, train, shipped):
    for n in range(160):
        is_spam = (n % 2 == 0) == (n < 100)
        await taught.label(
            advertising(n) if n % 2 == 0 else honest(n),
            "spam" if is_spam else "ham",
            permalink=f"/{n}",
            address=None,
        )

    found = await train()

    assert not found.outcome.promoted
    assert "kept" in found.outcome.reason
    assert await trail(taught.conn) == []


async def test_a_site_without_labels_is_not_enough_evidence(train, conn):
    found = await train()

    assert (found.version, found.outcome.promoted) == (0, False)
    assert "not enough evidence" in found.outcome.reason
    assert await states(conn) == []


async def test_the_same_labels_are_not_asked_twice(taught, train):
    await taught.label_garden(ENOUGH)
    await train()

    again = await train()

    assert again.version == 0
    assert "0 new labels" in again.outcome.reason


async def test_an_interruption_leaves_nothing_half_written(taught, train, conn, monkeypatch):
    await taught.label_garden(ENOUGH)

    async def crash(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr(retraining, "put_in_place", crash)
    with pytest.raises(RuntimeError):
        await train()

    assert await states(conn) == []
    assert await trail(conn) == []


async def test_the_nightly_job_retrains_every_site(taught, conn, settings):
    await taught.label_garden(ENOUGH)

    assert await retraining.retrain_all(conn, settings) == 1
    assert await states(conn) == [(1, "current")]


async def test_a_rollback_leads_to_the_model_before_and_then_to_the_one_that_ships(
    taught, conn, key, shipped, site
):
    for version in (1, 2):
        await insert(conn, key, shipped, site, version, intercept=-version)
        await promote(conn, site.id, version, key, shipped.version)

    assert await roll_back(conn, site.id) == (2, 1)
    assert await states(conn) == [(1, "current"), (2, "rolled back")]
    await taught.learning.reload(conn)
    assert (await taught.check("A word")).verdict.model == f"{shipped.version}+1"
    assert await roll_back(conn, site.id) == (1, 0)
    with pytest.raises(NoSuchModel):
        await roll_back(conn, site.id)
    await taught.learning.reload(conn)
    assert (await taught.check("Another word")).verdict.model == shipped.version
    assert await trail(conn) == [*["model.promoted"] * 2, *["model.rolled_back"] * 2]


async def test_a_model_that_does_not_fit_is_not_promoted_and_the_current_one_stays(
    conn, key, shipped, site
):
    await insert(conn, key, shipped, site, 1)
    await promote(conn, site.id, 1, key, shipped.version)
    await insert(conn, key, shipped, site, 2)
    await insert(conn, key, shipped, site, 3, base="another")
    await conn.execute("UPDATE models SET packed = 'gone' WHERE version = 2")

    for version, why in ((2, "digests differ"), (3, "corrects model another"), (4, "no model 4")):
        with pytest.raises(NoSuchModel, match=why):
            await promote(conn, site.id, version, key, shipped.version)

    assert (await states(conn))[0] == (1, "current")


async def test_a_model_made_for_other_features_is_refused(conn, key, shipped, site, monkeypatch):
    await insert(conn, key, shipped, site, 1)
    found = await models.model(conn, site.id, 1)
    monkeypatch.setattr("classifiers.artifacts.FORMAT", 99)
    monkeypatch.setattr("classifiers.artifacts.features.FEATURES", FEATURES[1:])

    with pytest.raises(UnfitModel, match="other features"):
        sealed.opened(found, key, kind="model", base=shipped.version)


async def test_models_that_learnt_from_an_erased_comment_are_emptied(taught, conn, key, shipped):
    label = await taught.label("A word", "ham")
    for version in (1, 2):
        await insert(conn, key, shipped, taught.site, version)
    await promote(conn, taught.site.id, 2, key, shipped.version)

    await conn.execute("DELETE FROM comments WHERE id = $1", label)
    await taught.learn()

    assert await states(conn) == [(1, "forgotten"), (2, "forgotten")]
    assert await conn.fetchval("SELECT count(*) FROM models WHERE packed IS NOT NULL") == 0
    assert "model.forgotten" in await trail(conn)
    with pytest.raises(NoSuchModel):
        await promote(conn, taught.site.id, 2, key, shipped.version)


async def test_after_an_upgrade_a_model_for_the_older_one_is_put_aside(
    taught, conn, key, shipped, settings
):
    await insert(conn, key, shipped, taught.site, 1, base="older")
    await models.promote(conn, taught.site.id, 1, "promoted before the upgrade")

    await taught.learn()

    assert await states(conn) == [(1, "earlier")]
    assert await trail(conn) == ["model.retired"]


async def test_models_outlive_a_change_of_the_master_key(conn, key, shipped, site, tmp_path):
    await insert(conn, key, shipped, site, 1)
    new = tmp_path / "new.key"
    new.write_text("another master key, long enough to be one\n")
    settings = Settings(data_dir=tmp_path, secret_key=factories.MASTER_KEY)

    await rotation.rotate(conn, settings, factories.SECRETS, new)

    again = await retraining.model_key(conn, Secrets(new.read_text().strip()))
    found = await models.model(conn, site.id, 1)
    assert sealed.opened(found, again, kind="model", base=shipped.version) is not None


async def test_no_two_models_of_a_site_are_current(conn, key, shipped, site):
    await insert(conn, key, shipped, site, 1)
    await insert(conn, key, shipped, site, 2)
    await models.promote(conn, site.id, 1, "")

    with pytest.raises(Exception, match="one_current_model"):
        await models.promote(conn, site.id, 2, "")

    assert (await store.versions_of(conn, site.id))[1:] == (1, 2)
