"""What is appended stays, in order and without gaps, whoever appends and whatever dies."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from consent import merkle
from consent.checkpoints import checkpoint_from
from consent.deliveries import render
from consent.ledger import (
    entries,
    erasing,
    jobs,
    proofs,
    signing,
    states,
    store,
    verifying,
    writing,
)
from consent.ledger.deciding import Before, decide
from consent.ledger.entries import Draft, Type
from consent.ledger.writing import LedgerClosed, ReplayAltered
from consent.notices.document import Kind
from consent.notices.publishing import all_of
from consent.store import announced
from service.signing import NoSigningKey
from tests import factories

NAMES = st.text(alphabet="abcdefgh_-", min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_we_write_is_canonical(value):
    assert entries.canonical(value) == rfc8785.dumps(value)


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_a_commitment_is_to_one_value_under_one_salt(salt, value, other):
    made = entries.commitment(salt, "subject", value)

    assert (made == entries.commitment(salt, "subject", other)) == (value == other)
    assert made != entries.commitment(salt, "exporter", value)
    assert made != entries.commitment(bytes(32 * [salt[0] ^ 1]), "subject", value)


DECISIONS = [
    ({}, {"a": "refused"}, Type.REFUSED),
    ({}, {"a": "granted"}, Type.GIVEN),
    ({"a": "granted"}, {"a": "granted"}, Type.RENEWED),
    ({"a": "granted"}, {"a": "granted", "b": "granted"}, Type.GIVEN),
    ({"a": "granted", "b": "granted"}, {"a": "granted", "b": "refused"}, Type.WITHDRAWN),
    ({"a": "granted"}, {"a": "refused", "b": "granted"}, Type.WITHDRAWN),
    ({"a": "granted"}, {"a": "refused"}, Type.WITHDRAWN),
]


@pytest.mark.parametrize(("before", "now", "kind"), DECISIONS)
def test_what_a_choice_is_depends_on_what_stood_before(before, now, kind):
    assert decide(Draft(decisions=now), Before(before))[0] is kind


async def stored(conn, site):
    rows = await conn.fetch(store.ENTRIES_IN_ORDER, site.id, 1)
    return [store.Entry(**row) for row in rows]


async def assert_whole(conn, site):
    """The invariant: whatever happened, the log is right from its leaves to its head."""
    verified = await verifying.verify(conn, site.id)
    assert not verified.faults
    return verified.entries


async def test_a_choice_is_an_entry_without_personal_data(conn, site, ledger, choice, edition):
    entry = await ledger.append(site, choice("statistics"))

    leaf = json.loads(entry.leaf)
    assert leaf["type"] == "given"
    assert leaf["notice"]["sha256"] == edition.sha256
    assert leaf["notice"]["text_sha256"] == edition.digests.texts["de"]
    assert leaf["decisions"]["statistics"] == "granted"
    assert leaf["valid_until"][:4] == str(entry.recorded_at.year + 1)
    assert "visitor-0001" not in entry.leaf
    assert leaf["seq"] == entry.index == 1  # the notice itself is entry 0
    salt, _ = await store.opening(conn, site.id, 1, entry.index)
    assert leaf["subject_commitment"] == entries.commitment(salt, "subject", "visitor-0001")
    await assert_whole(conn, site)


async def test_a_refusal_leaves_no_identifier(conn, site, ledger, choice):
    entry = await ledger.append(site, choice(previous=uuid4()))

    leaf = json.loads(entry.leaf)
    assert leaf["type"] == "refused"
    assert leaf["previous"] is None
    assert "subject_commitment" not in leaf
    assert await conn.fetchval("SELECT count(*) FROM consent_openings") == 0


async def test_a_withdrawal_is_appended_and_the_consent_stays(conn, site, ledger, choice):
    given_ = await ledger.append(site, choice("statistics", "external"))
    withdrawn = await ledger.append(site, choice("external", previous=given_.receipt_id))

    leaf = json.loads(withdrawn.leaf)
    assert leaf["type"] == "withdrawn"
    assert leaf["withdrawn"] == ["statistics"]
    assert leaf["previous"] == str(given_.receipt_id)
    assert given_ in await stored(conn, site)


async def test_one_batch_sees_its_own_earlier_choices(conn, site, ledger, choice):
    drafts = [choice("statistics"), choice("statistics"), choice(), choice()]

    written = await asyncio.gather(*(ledger.append(site, draft) for draft in drafts))

    assert [each.type for each in written] == ["given", "renewed", "withdrawn", "refused"]
    assert await conn.fetchval("SELECT count(*) FROM consent_openings WHERE in_force") == 0


async def test_an_event_that_comes_again_gets_its_first_entry(site, ledger, choice):
    event = {"event_id": uuid4(), "request_hash": b"one"}
    first = await ledger.append(site, choice("statistics", **event))

    assert await ledger.append(site, choice("statistics", **event)) == first
    with pytest.raises(ReplayAltered):
        await ledger.append(site, choice("statistics", **{**event, "request_hash": b"two"}))


async def test_ten_thousand_choices_at_once_make_one_gapless_log(conn, site, ledger, choice):
    drafts = [choice("statistics", subject=f"visitor-{n:05}") for n in range(10_000)]

    written = await asyncio.gather(*(ledger.append(site, draft) for draft in drafts))

    assert sorted(each.index for each in written) == list(range(1, 10_001))
    assert await assert_whole(conn, site) == 10_001


async def test_time_never_goes_backwards_within_a_log(conn, site, ledger, choice, frozen_clock):
    first = await ledger.append(site, choice("statistics"))
    frozen_clock.advance(timedelta(days=-400))
    second = await ledger.append(site, choice("external"))

    assert second.recorded_at >= first.recorded_at
    await assert_whole(conn, site)


WRITER = """
import asyncio, sys
from consent.ledger.batching import Ledger
from consent.ledger.entries import Draft
from service import db
from service.secrets import Secrets
from service.sites import Directory

async def main(dsn, key, number):
    async with db.create_pool(dsn, 2) as pool:
        async with pool.acquire() as conn:
            directory = Directory(Secrets(key))
            await directory.reload(conn)
            site = directory.site("blatt")
        ledger = Ledger(pool, "log.example")
        print("ready", flush=True)
        for _ in range(number):
            await asyncio.gather(*(ledger.append(site, Draft(decisions={})) for _ in range(7)))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def writer(dsn, rounds):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, dsn, factories.MASTER_KEY, str(rounds)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": "."},
        stdout=subprocess.PIPE,
    )


async def test_several_processes_append_to_one_log(dsn, conn, site, edition):
    writers = [writer(dsn, 30) for _ in range(3)]
    codes = [await asyncio.to_thread(each.wait) for each in writers]
    for each in writers:
        each.stdout.close()

    assert codes == [0, 0, 0]
    assert await assert_whole(conn, site) == 1 + 3 * 30 * 7


async def test_a_process_that_is_killed_leaves_a_whole_log(
    dsn, conn, site, edition, ledger, choice
):
    process = writer(dsn, 100_000)
    await asyncio.to_thread(process.stdout.readline)
    before = await conn.fetchval("SELECT max(index) FROM consent_entries")
    async with asyncio.timeout(60):
        while await conn.fetchval("SELECT max(index) FROM consent_entries") <= before + 20:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    entry = await ledger.append(site, choice("statistics"))

    assert await assert_whole(conn, site) == entry.index + 1


async def test_who_goes_away_cancels_nothing(conn, site, ledger, choice):
    task = asyncio.create_task(ledger.append(site, choice("statistics")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ledger.close()

    assert await assert_whole(conn, site) == 2


async def test_after_a_failure_the_next_choice_is_taken(pool, conn, site, ledger, choice):
    await conn.execute("ALTER TABLE consent_entries RENAME TO hidden")
    with pytest.raises(asyncpg.UndefinedTableError):
        await ledger.append(site, choice("statistics"))
    await conn.execute("ALTER TABLE hidden RENAME TO consent_entries")

    await ledger.append(site, choice("statistics"))

    assert await assert_whole(conn, site) == 2


@pytest.mark.parametrize("table", ["consent_entries", "consent_checkpoints"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET epoch = 2", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_to_change_what_is_recorded(conn, table, statement):
    with pytest.raises(asyncpg.RestrictViolationError):
        await conn.execute(statement.format(table))


async def test_a_proof_of_any_entry_leads_to_the_signed_root(conn, site, ledger, choice, tmp_path):
    await asyncio.gather(*(ledger.append(site, choice("statistics")) for _ in range(40)))
    row = await signing.checkpoint(conn, factories.SECRETS, tmp_path, site)

    for entry in await stored(conn, site):
        path = await proofs.inclusion(conn, site.id, 1, entry.index, row.size)
        leaf = merkle.leaf_hash(entry.leaf.encode())
        merkle.verify_inclusion(leaf, entry.index, row.size, path, row.root)
    for old in range(row.size):
        path = await proofs.consistency(conn, site.id, 1, old, row.size)
        old_root = await proofs.root(conn, site.id, 1, old)
        merkle.verify_consistency(old, old_root, row.size, row.root, path)


async def test_consent_ends_in_the_log_too(frozen_clock, conn, site, ledger, choice, settings):
    entry = await ledger.append(site, choice("statistics"))
    published = await all_of(conn, site.id)
    before = await states.state(conn, site, published, "visitor-0001", Kind.COOKIE)
    frozen_clock.advance(timedelta(days=366))

    assert await jobs.expire(conn, settings) == 1
    assert await jobs.expire(conn, settings) == 0

    after = await states.state(conn, site, published, "visitor-0001", Kind.COOKIE)
    last = (await stored(conn, site))[-1]
    assert states.permits(before, "statistics")
    assert not states.permits(before, "external")
    assert (after.state, after.ask_again) == ("expired", True)
    assert json.loads(last.leaf)["previous"] == str(entry.receipt_id)
    await assert_whole(conn, site)


async def test_an_expiry_that_a_new_choice_overtook_is_not_written(
    frozen_clock, conn, site, ledger, choice, edition
):
    await ledger.append(site, choice("statistics"))
    frozen_clock.advance(timedelta(days=366))
    await ledger.append(site, choice("statistics"))

    late = Draft(type=Type.EXPIRED, edition=edition, language="de", subject="visitor-0001")
    async with conn.transaction():
        assert await writing.append(conn, site, "log", [late]) == [None]

    published = await all_of(conn, site.id)
    found = await states.state(conn, site, published, "visitor-0001", Kind.COOKIE)
    assert found.state == "granted"


async def test_nobody_is_permitted_anything_by_default(conn, site, edition):
    found = await states.state(
        conn, site, await all_of(conn, site.id), "somebody-else", Kind.COOKIE
    )

    assert found.state == "unknown"
    assert not states.permits(found, "statistics")


async def test_erasure_deletes_what_commitments_open_to_and_no_proof(
    conn, site, ledger, choice, tmp_path
):
    entry = await ledger.append(site, choice("statistics"))
    row = await signing.checkpoint(conn, factories.SECRETS, tmp_path, site)
    path = await proofs.inclusion(conn, site.id, 1, entry.index, row.size)

    async with conn.transaction():
        assert await erasing.erase(conn, site, "log", "visitor-0001", "gdpr.17.1.b") == 1

    assert await store.opening(conn, site.id, 1, entry.index) is None
    merkle.verify_inclusion(
        merkle.leaf_hash(entry.leaf.encode()), entry.index, row.size, path, row.root
    )
    last = json.loads((await stored(conn, site))[-1].leaf)
    assert last["detail"]["targets"] == [{"epoch": 1, "index": entry.index}]
    await assert_whole(conn, site)


async def test_a_database_from_last_week_takes_nothing_until_a_new_log_is_begun(
    conn, site, ledger, choice, settings
):
    data_dir = settings.data_dir
    await ledger.append(site, choice("statistics"))
    week_ago = await store.head(conn, site.id)
    await ledger.append(site, choice("external"))
    published = await signing.checkpoint(conn, factories.SECRETS, data_dir, site)
    await _restore(conn, week_ago)

    await jobs.known_outside(conn, settings, site)

    with pytest.raises(LedgerClosed):
        await ledger.append(site, choice("statistics"))
    with pytest.raises(LedgerClosed):
        await signing.checkpoint(conn, factories.SECRETS, data_dir, site)
    origin = await signing.open_epoch(conn, factories.SECRETS, data_dir, site)
    entry = await ledger.append(site, choice("statistics"))
    first = json.loads(await conn.fetchval("SELECT leaf FROM consent_entries WHERE epoch = 2"))
    assert origin == "log.example/consent/blatt/epochs/2"
    assert first["detail"]["known_size"] == published.size
    assert first["detail"]["known_root"] == published.root.hex()
    assert (entry.epoch, entry.index) == (2, 1)


async def _restore(conn, head):
    """As a back-up of that time would have it."""
    async with conn.transaction():
        await conn.execute("SELECT set_config('gatehouse.retention', 'on', true)")
        await conn.execute("DELETE FROM consent_entries WHERE index >= $1", head.size)
        await conn.execute("DELETE FROM consent_checkpoints")
        await conn.execute("DELETE FROM consent_openings WHERE index >= $1", head.size)
    await conn.execute(
        "UPDATE consent_logs SET size = $1, frontier = $2, last_time = $3",
        head.size,
        head.frontier,
        head.last_time,
    )


async def test_a_log_that_was_rewritten_is_not_signed(conn, site, ledger, choice, settings):
    await ledger.append(site, choice("statistics"))
    await signing.checkpoint(conn, factories.SECRETS, settings.data_dir, site)
    await conn.execute("ALTER TABLE consent_entries DISABLE TRIGGER append_only")
    await conn.execute("UPDATE consent_entries SET hashes = sha256('x') WHERE index = 0")
    await conn.execute(
        "UPDATE consent_entries SET hashes = substr(hashes, 1, 32) || sha256('y') WHERE index = 1"
    )
    await ledger.append(site, choice("external"))

    with pytest.raises(LedgerClosed):
        await signing.checkpoint(conn, factories.SECRETS, settings.data_dir, site)


DAMAGES = [
    (
        "UPDATE consent_entries SET leaf = replace(leaf, 'granted', 'refused') WHERE index = 1",
        "leaf_changed",
    ),
    ("UPDATE consent_entries SET type = 'refused' WHERE index = 1", "column_differs_from_leaf"),
    (
        "UPDATE consent_entries SET receipt_id = gen_random_uuid() WHERE index = 1",
        "column_differs_from_leaf",
    ),
    ("DELETE FROM consent_entries WHERE index = 2", "head_differs"),
    ("DELETE FROM consent_entries WHERE index = 1", "index_missing"),
    ("UPDATE consent_checkpoints SET note = replace(note, '3', '2')", "checkpoint_signature"),
    ("UPDATE consent_checkpoints SET size = 2", "checkpoint_differs"),
    ("UPDATE consent_logs SET frontier = sha256('x') || sha256('y')", "head_differs"),
    ("UPDATE signing_keys SET public = sha256('x')", "checkpoint_signature"),
]


@pytest.mark.parametrize(("damage", "fault"), DAMAGES)
async def test_the_background_check_finds_what_was_changed(
    conn, site, ledger, choice, settings, damage, fault
):
    await ledger.append(site, choice("statistics"))
    await ledger.append(site, choice("external"))
    await signing.checkpoint(conn, factories.SECRETS, settings.data_dir, site)
    assert await jobs.verify(conn, settings) == 3
    for table in ("consent_entries", "consent_checkpoints"):
        await conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")

    await conn.execute(damage)

    assert fault in (await verifying.verify_logged(conn, site.id)).faults


async def test_a_new_key_is_learnt_from_a_checkpoint_that_both_signed(
    conn, site, ledger, choice, tmp_path
):
    await ledger.append(site, choice("statistics"))
    old = await signing.checkpoint(conn, factories.SECRETS, tmp_path, site)
    [before] = await signing.verifiers(conn, site.id)

    after = await signing.rotate(conn, factories.SECRETS, tmp_path, site)

    both = await signing.checkpoint(conn, factories.SECRETS, tmp_path, site)
    await ledger.append(site, choice("statistics"))
    new = await signing.checkpoint(conn, factories.SECRETS, tmp_path, site)
    assert checkpoint_from(both.note, [before]) == checkpoint_from(both.note, [after])
    assert checkpoint_from(old.note, [before]).size == old.size
    assert checkpoint_from(new.note, [after]).size == new.size
    leaf = json.loads((await stored(conn, site))[both.size - 1].leaf)
    assert leaf["detail"]["vkey"] == after.vkey
    await assert_whole(conn, site)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE signing_keys SET sealed = sha256('x')",
        "UPDATE signing_keys SET public = sha256('x')",
    ],
)
async def test_without_a_usable_key_entries_are_taken_and_nothing_is_signed(
    conn, site, ledger, choice, settings, damage
):
    await signing.checkpoint(conn, factories.SECRETS, settings.data_dir, site)
    await conn.execute(damage)

    await ledger.append(site, choice("statistics"))

    with pytest.raises(NoSigningKey):
        await signing.checkpoint(conn, factories.SECRETS, settings.data_dir, site)
    assert await jobs.sign(conn, settings) == 0


async def test_a_site_that_grew_is_signed_by_the_job(conn, site, ledger, choice, settings):
    await ledger.append(site, choice("statistics"))

    assert await jobs.sign(conn, settings) == 1
    assert await jobs.sign(conn, settings) == 0


async def test_endpoints_that_want_to_know_are_told(conn, site, ledger, choice):
    await conn.execute(
        "INSERT INTO endpoints (site_id, kind, url, events) VALUES"
        " ($1, 'standard-webhook', 'https://hook.example', ARRAY['consent.withdrawn'])",
        site.id,
    )
    await ledger.append(site, choice("statistics"))
    withdrawn = await ledger.append(site, choice())

    rows = await conn.fetch("SELECT event, comment_id FROM outbox")

    assert [tuple(row) for row in rows] == [("consent.withdrawn", withdrawn.receipt_id)]
    [told] = await announced(conn, [(site.id, withdrawn.receipt_id)])
    said = json.loads(render("consent.withdrawn", told))
    assert said["data"]["state"] == "withdrawn"
    assert "visitor" not in str(said)
