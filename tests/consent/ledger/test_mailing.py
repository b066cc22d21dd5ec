"""Checkpoints that lie in somebody else's mailbox."""

from dataclasses import replace

import pytest

from consent import checkpoints
from consent.ledger import mailing, signing
from service.sites import administration
from service.sites.administration import BadSiteSetting
from tests import factories


@pytest.fixture
def relayed(settings):
    return replace(settings, smtp_url="smtp+plain://127.0.0.1:9", mail_from="gate@blatt.example")


async def waiting(conn):
    return await conn.fetch("SELECT recipient, language, subject, body FROM mails")


@pytest.fixture
async def signed(conn, site, ledger, choice, tmp_path):
    await ledger.append(site, choice("statistics"))
    return await signing.checkpoint(conn, factories.SECRETS, tmp_path, site)


async def test_the_newest_checkpoint_is_mailed_with_its_key(conn, site, signed, relayed):
    await administration.change_settings(
        conn, site.name, {"checkpoint_mail": "auditor@example.org"}
    )

    assert await mailing.mail_checkpoints(conn, relayed) == 1

    [mail] = await waiting(conn)
    [verifier] = await signing.verifiers(conn, site.id)
    origin = checkpoints.parsed(signed.note).origin
    note = f"{origin}\n" + mail["body"].partition(f"\n{origin}\n")[2]
    assert (mail["recipient"], mail["language"]) == ("auditor@example.org", "de")
    assert note == signed.note
    assert verifier.vkey in mail["body"]
    assert checkpoints.parsed(note).size == 2


async def test_nobody_is_mailed_who_was_not_named_or_without_a_relay(
    conn, site, signed, settings, relayed
):
    assert await mailing.mail_checkpoints(conn, relayed) == 0
    await administration.change_settings(conn, site.name, {"checkpoint_mail": "a@example.org"})
    assert await mailing.mail_checkpoints(conn, settings) == 0

    assert await waiting(conn) == []


async def test_a_site_without_a_log_has_nothing_to_mail(conn, relayed):
    site = await factories.site(conn)
    await administration.change_settings(conn, site.name, {"checkpoint_mail": "a@example.org"})

    assert await mailing.mail_checkpoints(conn, relayed) == 0


async def test_the_address_is_one_and_stands_in_no_trail(conn, site):
    with pytest.raises(BadSiteSetting):
        await administration.change_settings(conn, site.name, {"checkpoint_mail": "nobody"})
    await administration.change_settings(conn, site.name, {"checkpoint_mail": "a@example.org"})
    await administration.change_settings(conn, site.name, {"checkpoint_mail": ""})

    trail = await conn.fetch("SELECT details::text AS said FROM audit_trail")
    assert any("checkpoint_mail" in row["said"] for row in trail)
    assert not any("example.org" in row["said"] for row in trail)
