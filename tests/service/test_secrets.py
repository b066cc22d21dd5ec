import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import rotation, secrets, signing, store
from service.endpoints import administration as endpoints
from service.endpoints import store as endpoint_store
from service.endpoints.administration import Wish
from service.outbox import ENDPOINT_PURPOSE, EndpointKind
from service.secrets import BrokenSeal, Secrets, WrongSecretKey, open_secrets
from service.settings import Settings
from service.sites import administration
from service.sites.directory import SERVING_LOCK
from tests import factories

SEALS = Secrets("one master key that is long enough to be one")
WHSEC = "whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHRlc3RzIHVzZSwgMzI="
OTHERS = Secrets("another master key that is long enough too")


def test_sub_keys_are_those_of_hkdf():
    """A known answer: changing the derivation would orphan every seal and every look-up."""
    master = Secrets("0123456789abcdef0123456789abcdef")

    assert master.subkey("fingerprint").hex() == (
        "a14e37d9a5981cc370ab66cd0b2d98d95cbe8f4fa88ef0bf17342190e4cdc0fa"
    )
    assert master.lookup("site key", "0123456789ab").hex() == (
        "c8fb6bef9d5020bd7b23ee76d58696cad8e42e3864f316a7646af32f5032b115"
    )


@given(st.binary(), st.text())
def test_what_is_sealed_comes_back(content, purpose):
    assert SEALS.unseal(purpose, SEALS.seal(purpose, content)) == content


@given(st.binary(max_size=40), st.data())
def test_a_changed_byte_breaks_the_seal(content, data):
    sealed = bytearray(SEALS.seal("test", content))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(BrokenSeal):
        SEALS.unseal("test", bytes(sealed))


@given(st.binary(max_size=60))
def test_whatever_the_bytes_nothing_but_a_broken_seal_is_raised(sealed):
    with pytest.raises(BrokenSeal):
        SEALS.unseal("test", sealed)


def test_another_purpose_or_another_key_does_not_open_a_seal():
    sealed = SEALS.seal("pepper", b"hot")

    with pytest.raises(BrokenSeal):
        SEALS.unseal("key", sealed)
    with pytest.raises(BrokenSeal):
        OTHERS.unseal("pepper", sealed)


def test_nothing_of_the_key_is_in_its_text():
    assert "master" not in repr(SEALS)


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "secret.key"

    key = secrets.read_or_make(path)

    assert secrets.read_or_make(path) == key == path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.key"]


def test_many_who_start_at_once_get_the_same_key(tmp_path):
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as other:
        calls = [
            executor.submit(secrets.read_or_make, tmp_path / f"{n}.key")
            for n in range(50)
            for executor in (pool, other)
        ]
        keys = [call.result() for call in calls]

    assert keys[::2] == keys[1::2]


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40])
def test_a_damaged_key_file_is_said_and_never_replaced(tmp_path, content):
    path = tmp_path / "secret.key"
    path.write_bytes(content)

    with pytest.raises(WrongSecretKey, match=r"secret.key .* back-up"):
        secrets.read_or_make(path)

    assert path.read_bytes() == content


@pytest.fixture
async def empty(conn):
    """A database that no key belongs to yet."""
    await conn.execute("DELETE FROM deployment")
    return conn


async def test_a_new_database_takes_the_key_it_meets(empty, tmp_path):
    settings = Settings(data_dir=tmp_path)

    first = await open_secrets(empty, settings)

    assert (await open_secrets(empty, settings)).fingerprint == first.fingerprint
    assert await store.fingerprint(empty) == first.fingerprint


async def test_a_key_of_another_database_is_refused(conn, tmp_path):
    with pytest.raises(WrongSecretKey, match=r"sealed with another master key than .*secret\.key"):
        await open_secrets(conn, Settings(data_dir=tmp_path))


@pytest.fixture
async def sealed(empty, tmp_path):
    """A database with a site, a key and an endpoint, under a key in a file."""
    settings = Settings(data_dir=tmp_path)
    ours = await open_secrets(empty, settings)
    key = await administration.add(
        empty, ours, url="https://blatt.example", name="blatt", language="de"
    )
    hook = Wish(kind=EndpointKind.STANDARD_WEBHOOK, url="https://hook.example", secret=WHSEC)
    added = await endpoints.add(empty, ours, "blatt", hook)
    await endpoints.rotate(
        empty, ours, "blatt", added.endpoint, timedelta(days=1), given=WHSEC[:-4] + "AAA="
    )
    return empty, settings, ours, key.value


async def works(conn, secrets_, raw):
    known = (await factories.loaded(conn, secrets_)).key(raw)
    ((_, _, expiring),) = await endpoint_store.sealed_expiring(conn)
    ((_, _, current),) = await endpoint_store.sealed_endpoints(conn)
    secrets_.unseal(ENDPOINT_PURPOSE, current)
    return bool(known) and secrets_.unseal(ENDPOINT_PURPOSE, expiring) == WHSEC.encode()


async def test_after_a_rotation_the_new_key_opens_everything_and_the_old_one_nothing(sealed):
    conn, settings, old, raw = sealed

    assert await rotation.rotate(conn, settings, old) == 4

    new = await open_secrets(conn, settings)
    assert new.fingerprint != old.fingerprint
    assert await works(conn, new, raw)
    with pytest.raises(BrokenSeal):
        await works(conn, old, raw)
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret.key"]


SEALED = """
    SELECT table_name || '.' || column_name AS name
      FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name LIKE '%sealed'
"""
SEALED_ANEW = {
    "model_key.sealed",
    "sites.pepper_sealed",
    "site_keys.sealed",
    "endpoints.secret_sealed",
    "expiring_endpoint_secrets.sealed",
    "token_key.sealed",
    "site_webhooks.sealed",
    "users.totp_sealed",
    "signing_keys.sealed",
}


async def test_a_new_column_of_sealed_content_needs_its_place_in_the_rotation(conn):
    """What a rotation forgets can never be opened again."""
    assert {row["name"] for row in await conn.fetch(SEALED)} == SEALED_ANEW


async def test_signing_keys_sign_as_before_after_a_rotation(sealed):
    conn, settings, old, _ = sealed
    before = await signing.in_use(conn, old, 1, "log.example")

    await rotation.rotate(conn, settings, old)

    new = await open_secrets(conn, settings)
    assert (await signing.in_use(conn, new, 1, "log.example")).public == before.public
    with pytest.raises(signing.NoSigningKey):
        await signing.in_use(conn, old, 1, "log.example")


async def test_the_peppers_survive_a_rotation(sealed):
    """They key the history look-ups: another pepper would forget every author."""
    conn, settings, old, _ = sealed
    before = (await factories.loaded(conn, old)).site("blatt").pepper

    await rotation.rotate(conn, settings, old)

    new = await open_secrets(conn, settings)
    assert (await factories.loaded(conn, new)).site("blatt").pepper == before


async def test_a_crash_between_database_and_file_is_mended_by_the_next_start(sealed, monkeypatch):
    conn, settings, old, raw = sealed
    monkeypatch.setattr("pathlib.Path.replace", crash)
    with pytest.raises(Crash):
        await rotation.rotate(conn, settings, old)
    monkeypatch.undo()

    assert await works(conn, await open_secrets(conn, settings), raw)
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret.key"]


async def test_a_crash_before_the_commit_leaves_the_old_key_in_force(sealed, monkeypatch):
    conn, settings, old, raw = sealed
    monkeypatch.setattr(store, "replace_fingerprint", crash)
    with pytest.raises(Crash):
        await rotation.rotate(conn, settings, old)
    monkeypatch.undo()

    assert await works(conn, await open_secrets(conn, settings), raw)
    await rotation.rotate(conn, settings, old)
    assert await works(conn, await open_secrets(conn, settings), raw)


async def test_no_rotation_while_somebody_serves(sealed, pool):
    conn, settings, old, raw = sealed
    async with pool.acquire() as serving:
        assert await store.try_shared_lock(serving, SERVING_LOCK)

        with pytest.raises(rotation.StillServing):
            await rotation.rotate(conn, settings, old)

    assert await works(conn, await open_secrets(conn, settings), raw)


async def test_a_key_of_the_environment_is_changed_with_a_file(conn, tmp_path, settings):
    raw = await factories.issue(conn)
    new_key = tmp_path / "new"
    new_key.write_text("n" * 64)

    with pytest.raises(rotation.NoNewKey, match="--new-key-file"):
        await rotation.rotate(conn, settings, factories.SECRETS)
    await rotation.rotate(conn, settings, factories.SECRETS, new_key)

    with pytest.raises(WrongSecretKey, match="GATEHOUSE_SECRET_KEY"):
        await open_secrets(conn, settings)
    new = await open_secrets(conn, Settings(data_dir=tmp_path, secret_key="n" * 64))
    assert (await factories.loaded(conn, new)).key(raw)


class Crash(Exception):
    pass


def crash(*_):
    raise Crash
