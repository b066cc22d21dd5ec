"""The secrets of webhooks: how they are kept, changed and taken back."""

import json
from datetime import timedelta

import pytest

from moderation.platforms import kinds
from service import rotation
from service.secrets import Secrets
from service.sites.administration import UnknownSite
from service.webhooks import administration
from service.webhooks.administration import (
    BadSecret,
    Kind,
    NoWebhook,
    Proof,
    WebhookExists,
    standard_key,
)
from service.webhooks.values import path_hash
from tests import factories
from tests.running import gatehouse

STANDARD = Kind("generic", "Standard Webhooks", Proof.STANDARD)
SIGNED = Kind("coral", "Coral", Proof.SIGNED)
IN_PATH = Kind("waline", "Waline", Proof.PATH)
EVERY = pytest.mark.parametrize("kind", [STANDARD, SIGNED, IN_PATH], ids=lambda kind: kind.proof)
WEEK = timedelta(days=7)


@pytest.fixture
async def conn(conn):
    await factories.issue(conn)
    return conn


async def add(conn, kind, given=""):
    return await administration.add(conn, factories.SECRETS, "blatt", kind, given)


async def rotate(conn, kind, grace=WEEK, **more):
    return await administration.rotate(conn, factories.SECRETS, "blatt", kind, grace, **more)


async def known(conn, secrets=factories.SECRETS):
    return (await factories.loaded(conn, secrets)).site("blatt")


def as_kept(site, new):
    """What the directory holds of a secret."""
    in_path = new.kind.proof is Proof.PATH
    return path_hash(site.pepper, new.secret) if in_path else new.secret.encode()


@EVERY
async def test_every_process_knows_what_was_added(conn, kind):
    new = await add(conn, kind)

    site = await known(conn)
    (webhook,) = site.webhooks
    assert (webhook.platform, webhook.secret) == (kind.platform, as_kept(site, new))
    assert webhook.in_path == (kind.proof is Proof.PATH)


async def test_a_secret_that_signs_is_one_that_every_library_takes(conn):
    for kind in (STANDARD, SIGNED):
        new = await add(conn, kind)

        assert new.secret.startswith("whsec_")
        assert len(standard_key(new.secret)) == 32


async def test_a_secret_in_the_path_needs_no_escapes_there(conn):
    new = await add(conn, IN_PATH)

    assert len(new.secret) == 43
    assert new.secret.replace("-", "").replace("_", "").isalnum()


@EVERY
async def test_the_database_holds_no_secret_that_could_be_read(conn, kind):
    new = await add(conn, kind)

    (dump,) = await conn.fetch("SELECT w::text AS row FROM site_webhooks AS w")

    assert new.secret not in dump["row"]
    assert new.secret.encode().hex() not in dump["row"]


@EVERY
async def test_a_change_tells_every_process(conn, kind):
    revisions = [(await factories.loaded(conn)).revision]
    for change in (
        add(conn, kind),
        rotate(conn, kind),
        administration.remove(conn, "blatt", kind.platform),
    ):
        await change
        revisions.append((await factories.loaded(conn)).revision)

    assert revisions == sorted(set(revisions))


@EVERY
async def test_after_a_rotation_the_old_secret_has_an_end_and_the_new_one_none(
    conn, kind, frozen_clock
):
    await add(conn, kind)
    new = await rotate(conn, kind)

    site = await known(conn)
    old, current = site.webhooks
    assert old.expires_at == frozen_clock() + WEEK
    assert (current.expires_at, current.secret) == (None, as_kept(site, new))


async def test_a_second_rotation_does_not_lengthen_the_grace_of_the_first(conn, frozen_clock):
    await add(conn, STANDARD)
    await rotate(conn, STANDARD, timedelta(hours=1))
    await rotate(conn, STANDARD)

    assert (await known(conn)).webhooks[0].expires_at == frozen_clock() + timedelta(hours=1)


async def test_a_rotation_forgets_what_has_run_out(conn, frozen_clock):
    await add(conn, STANDARD)
    await rotate(conn, STANDARD, timedelta(0))
    await rotate(conn, STANDARD)

    assert len((await known(conn)).webhooks) == 2


async def test_one_platform_has_one_webhook_at_a_site(conn):
    await add(conn, STANDARD)

    with pytest.raises(WebhookExists, match="rotate"):
        await add(conn, STANDARD)
    await add(conn, IN_PATH)


async def test_what_is_not_there_is_neither_rotated_nor_removed(conn):
    with pytest.raises(NoWebhook, match="add one first"):
        await rotate(conn, STANDARD)
    with pytest.raises(NoWebhook):
        await administration.remove(conn, "blatt", "generic")
    with pytest.raises(UnknownSite):
        await administration.listed(conn, "nobody")


async def test_every_change_is_in_the_audit_trail_and_no_secret(conn):
    new = await add(conn, STANDARD)
    renewed = await rotate(conn, STANDARD)
    await administration.remove(conn, "blatt", "generic")

    rows = await conn.fetch("SELECT action, details FROM audit_trail ORDER BY id")
    assert [row["action"] for row in rows][1:] == [
        "webhook.added",
        "webhook.rotated",
        "webhook.removed",
    ]
    told = str([row["details"] for row in rows])
    assert new.secret not in told
    assert renewed.secret not in told


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (STANDARD, "whsec_c2hvcnQ="),
        (STANDARD, "whsec_" + "A" * 200),
        (STANDARD, "whsec_!!!!"),
        (STANDARD, "not base64 at all"),
        (SIGNED, "too short"),
        (SIGNED, "x" * 501),
        (SIGNED, "with a \x07 bell in it"),
        (IN_PATH, "chosen by somebody else"),
    ],
)
async def test_a_secret_that_cannot_be_used_is_refused(conn, kind, given):
    with pytest.raises(BadSecret):
        await add(conn, kind, given)

    assert (await known(conn)).webhooks == ()


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (STANDARD, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (STANDARD, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (SIGNED, "chosen by the platform"),
    ],
)
async def test_a_secret_that_the_platform_made_is_taken(conn, kind, given):
    await add(conn, kind, given)

    assert (await known(conn)).webhooks[0].secret == given.encode()


async def test_secrets_survive_a_change_of_the_master_key(conn, settings, tmp_path):
    added = [await add(conn, kind) for kind in (STANDARD, SIGNED, IN_PATH)]
    new_key = tmp_path / "new.key"
    new_key.write_text("another master key, which guards nothing either")

    await rotation.rotate(conn, settings, factories.SECRETS, new_key)

    site = await known(conn, Secrets(new_key.read_text()))
    assert [webhook.secret for webhook in site.webhooks] == [as_kept(site, new) for new in added]


async def test_the_commands_print_what_the_platform_must_be_told(conn, dsn, tmp_path):
    where = {
        "base_url": "https://comments.example",
        "database_url": dsn,
        "secret_key": factories.MASTER_KEY,
    }

    def run(*arguments, text=""):
        done = gatehouse(tmp_path, "site", "webhook", *arguments, text=text, **where)
        return done.returncode, done.stdout, done.stderr

    code, said, _ = run("add", "blatt", "--platform", "generic")
    address, secret = said.split()
    assert (code, address) == (0, "https://comments.example/webhooks/blatt")
    assert secret.startswith("whsec_")

    code, said, _ = run("add", "blatt", "--platform", "waline", "--json")
    told = json.loads(said)
    assert told["url"].startswith("https://comments.example/webhooks/blatt/")
    assert "secret" not in told

    own = "made by Coral itself"
    code, said, _ = run("add", "blatt", "--platform", "coral", "--secret-file", "-", text=own)
    assert (code, own in said) == (0, False)

    code, said, _ = run("rotate", "blatt", "--platform", "generic", "--grace-days", "1")
    assert secret not in said

    code, said, _ = run("list", "blatt")
    assert code == 0
    assert [line.split()[1] for line in said.splitlines()] == [
        *("PLATFORM", "generic", "waline", "coral", "generic"),
    ]

    assert run("remove", "blatt", "--platform", "waline")[0] == 0
    code, _, complaint = run("remove", "blatt", "--platform", "waline")
    assert (code, "no webhook" in complaint) == (1, True)
    code, _, complaint = run("add", "blatt", "--platform", "myspace")
    assert code == 2
    assert all(name in complaint for name in kinds())
