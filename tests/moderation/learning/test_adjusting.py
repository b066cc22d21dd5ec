"""Labels come in, and the next verdicts of that site change: no other's, and never too far."""

import math
from datetime import timedelta

import pytest

from classifiers.artifacts import UnfitModel
from moderation.feedback import Source
from moderation.learning import sealed, store
from moderation.learning.adjustment import ALIKE_MOST, BOUND, FULL, NEWEST
from moderation.learning.applying import ADJUSTMENT_TERM
from moderation.learning.reading import read
from moderation.learning.refreshing import refresh_site
from moderation.verdicts import total
from tests import factories
from tests.moderation.learning.blogs import advertising, honest

TAUGHT = range(15)
NEW_SPAM, NEW_HAM = advertising(97), honest(97)


def share(verdict):
    return math.fsum(f.log_odds for f in verdict.findings if f.name == ADJUSTMENT_TERM)


async def test_a_site_without_labels_is_judged_by_the_model_that_ships(taught, shipped):
    await taught.learn()

    verdict = (await taught.check(NEW_SPAM)).verdict

    assert (verdict.model, verdict.adjustment) == (shipped.version, 0)
    assert taught.learning.sites == {}


async def test_labels_move_what_is_like_them_and_the_sum_stays_exact(taught, shipped):
    before = await taught.log_odds(advertising(98))
    await taught.label_garden(TAUGHT)
    await taught.learn()

    receipt = await taught.check(NEW_SPAM, address=None)
    verdict = receipt.verdict

    assert share(verdict) > 0.5
    assert verdict.log_odds == total(verdict.findings) > before
    assert (verdict.model, verdict.adjustment) == (shipped.version, 1)
    stored = await taught.conn.fetchval("SELECT adjustment FROM comments WHERE id = $1", receipt.id)
    assert stored == 1
    assert share((await taught.check(NEW_HAM)).verdict) < share(verdict) / 2


async def test_no_comment_is_moved_beyond_the_bound(taught):
    await taught.label_garden(range(30))
    await taught.learn()

    shares = [share((await taught.check(advertising(n))).verdict) for n in range(40, 60)]

    assert max(shares) > 0
    assert all(abs(each) <= BOUND for each in shares)


async def test_one_site_never_changes_anothers_verdicts(taught, conn, shipped):
    other = await factories.site(conn, name="anzeiger", language="en")
    await taught.label_garden(TAUGHT)
    await taught.learn()

    receipt = await taught.intake.submit(factories.comment(text=NEW_SPAM), other, None)

    assert share(receipt.verdict) == 0
    assert (receipt.verdict.model, receipt.verdict.adjustment) == (shipped.version, 0)
    assert set(taught.learning.sites) == {taught.site.id}


async def test_the_same_labels_give_the_same_adjustment(taught, conn, key, shipped):
    await taught.label_garden(TAUGHT)
    await taught.learn()
    first = await store.adjustment(conn, taught.site.id)

    await refresh_site(conn, taught.site.id, key, shipped)

    second = await store.adjustment(conn, taught.site.id)
    assert second.version == first.version + 1
    assert second.packed == first.packed


async def test_an_erased_comment_is_forgotten_to_the_last_bit(taught, conn):
    await taught.label_garden(TAUGHT)
    await taught.learn()
    without = (await store.adjustment(conn, taught.site.id)).packed
    erased = await taught.label(advertising(70), "spam", permalink="/70", address=None)
    await taught.learn()
    assert (await store.adjustment(conn, taught.site.id)).packed != without

    await conn.execute("DELETE FROM comments WHERE id = $1", erased)
    await taught.learn()

    assert (await store.adjustment(conn, taught.site.id)).packed == without
    assert await conn.fetchval("SELECT count(*) FROM site_adjustments") == 1
    assert await conn.fetchval("SELECT count(*) FROM label_erasures") == 0


async def test_a_site_whose_labels_are_all_erased_is_as_it_was(taught, conn, shipped):
    await taught.label_garden(TAUGHT)
    await taught.learn()
    assert taught.learning.sites

    await conn.execute("DELETE FROM comments")
    await taught.learn()

    assert taught.learning.sites == {}
    assert (await taught.check(NEW_SPAM)).verdict.adjustment == 0


async def test_labels_of_one_class_teach_nothing(taught, conn):
    for n in range(10):
        await taught.label(advertising(n), "spam", permalink=f"/{n}", address=None)

    await taught.learn()

    assert taught.learning.sites == {}
    manifest = await conn.fetchval("SELECT manifest FROM site_adjustments")
    assert "not enough evidence" in manifest


async def test_nothing_is_done_where_nothing_is_new(taught, conn):
    await taught.label_garden(TAUGHT)
    await taught.learn()

    await taught.learn()

    assert await conn.fetchval("SELECT version FROM site_adjustments") == 1


async def test_a_reporter_who_calls_honest_texts_spam_does_not_turn_the_site(taught):
    await taught.label_garden(TAUGHT, source=Source.AKISMET, reporter="erika")
    await taught.learn()
    before = share((await taught.check(honest(96), address=None)).verdict)
    for n in range(100, 200):
        await taught.label(
            honest(n),
            "spam",
            source=Source.AKISMET,
            reporter="mallory",
            permalink=f"/{n}",
            address=None,
        )
    await taught.learn()

    verdict = (await taught.check(honest(96), permalink="/", address=None)).verdict

    assert share(verdict) < before + 0.5
    assert verdict.action == "approve"


async def test_copies_of_an_approved_comment_reported_as_spam_are_noticed(taught, conn):
    original = honest(5)
    await taught.check(original, author="Erika", email="erika@example.org", permalink="/1")
    copy = await taught.label(
        original, "spam", author="Mallory", email="m@example.org", permalink="/2"
    )

    assert await store.copies(conn, taught.site.id, [copy]) == {copy}


async def test_a_report_of_a_comment_that_nobody_copied_is_no_copy(taught, conn):
    own = await taught.label(honest(5), "spam")

    assert await store.copies(conn, taught.site.id, [own]) == set()


@pytest.fixture
async def adjusted(taught, conn):
    await taught.label_garden(TAUGHT)
    await taught.learn()
    return await store.adjustment(conn, taught.site.id)


BROKEN = {
    "digest": "UPDATE site_adjustments SET packed = packed || 'x'::bytea",
    "manifest": "UPDATE site_adjustments SET manifest = replace(manifest, 'labels', 'lebals')",
    "code": "UPDATE site_adjustments SET code = sha256(code)",
}


@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN)
async def test_what_was_changed_in_the_database_is_refused_and_what_ran_goes_on(
    taught, conn, adjusted, statement
):
    await conn.execute(statement)
    await conn.execute("UPDATE site_adjustments SET version = version + 1")
    running = taught.learning.sites

    await taught.learning.reload(conn)

    assert taught.learning.sites == running
    assert share((await taught.check(NEW_SPAM)).verdict) > 0


@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN)
async def test_nothing_is_unpacked_before_code_and_digest_fit(
    taught, conn, adjusted, key, shipped, statement, monkeypatch
):
    await conn.execute(statement)
    changed = await store.adjustment(conn, taught.site.id)
    monkeypatch.setattr("joblib.load", pytest.fail)

    with pytest.raises(UnfitModel):
        sealed.opened(changed, key, kind="adjustment", base=shipped.version)


async def test_what_is_of_another_site_kind_or_model_is_refused(adjusted, key, shipped):
    def opened(found, kind="adjustment", base=shipped.version, key=key):
        return sealed.opened(found, key, kind=kind, base=base)

    other = store.Stored(
        adjusted.site_id + 1, adjusted.version, adjusted.manifest, adjusted.code, adjusted.packed
    )
    with pytest.raises(UnfitModel, match="another site"):
        opened(other)
    with pytest.raises(UnfitModel, match="another site or version"):
        opened(adjusted, kind="model")
    with pytest.raises(sealed.OtherBase):
        opened(adjusted, base="another")
    with pytest.raises(UnfitModel, match="master key"):
        opened(adjusted, key=bytes(32))
    assert opened(adjusted) is not None


async def test_few_labels_move_little(taught):
    await taught.label_garden(range(2))
    await taught.learn()

    shares = [share((await taught.check(advertising(n))).verdict) for n in range(2)]

    assert all(0 < abs(each) <= BOUND * 4 / FULL for each in shares)


async def test_labels_that_are_older_than_what_was_learnt_last_are_learnt(taught, conn):
    """As imported ones are, which are as old as their comments."""
    await taught.label_garden(TAUGHT)
    await taught.learn()
    before = await store.adjustment(conn, taught.site.id)
    late = await taught.label(advertising(70), "spam", permalink="/70", address=None)
    await taught.label(honest(70), "ham", permalink="/71", address=None)
    await taught.learn()
    with_both = await store.adjustment(conn, taught.site.id)

    await conn.execute("DELETE FROM labels WHERE comment_id = $1", late)
    await taught.learn()
    await conn.execute(
        """INSERT INTO labels (site_id, id, comment_id, label, source, created_at)
           VALUES ($1, $2, $3, 'spam', 'moderator', $4)""",
        taught.site.id,
        factories.uuid7_at(factories.NOW - timedelta(days=1)),
        late,
        factories.NOW,
    )
    await taught.learn()

    again = await store.adjustment(conn, taught.site.id)
    assert again.version == before.version + 3
    assert with_both.packed != before.packed
    assert await conn.fetchval("SELECT count(*) FROM label_changes") == 0


async def test_a_flood_of_one_text_hides_none_of_the_labels_before_it(taught, conn, monkeypatch):
    await taught.label_garden(TAUGHT)
    for n in range(8):
        await taught.label("Buy my pellets now", "spam", permalink=f"/f{n}", address=None)
    async with conn.transaction():
        expected = (await read(conn, taught.site.id, NEWEST)).labels

    monkeypatch.setattr(store, "SCANNED_AT_MOST", 5)
    async with conn.transaction():
        flooded = [label async for label in store.newest_labels(conn, taught.site.id)]
        monkeypatch.setattr(store, "SCANNED_AT_MOST", 35)
        found = (await read(conn, taught.site.id, NEWEST)).labels

    assert len({label.text for label in flooded}) == 1
    assert len(expected) == 2 * len(TAUGHT) + ALIKE_MOST
    assert found == expected
