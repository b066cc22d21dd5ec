import asyncio
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import lists
from service import clock
from service.secrets import BrokenSeal, Secrets
from service.sites import Directory, ListEntry, SiteSettings, administration, store
from service.sites.administration import (
    BadSite,
    BadSiteSetting,
    SiteExists,
    UnknownKey,
    UnknownSite,
    registered_address,
)
from service.sites.directory import watch
from service.sites.entries import BadEntry, normal_entry
from tests import factories
from tests.waiting import until

WEEK = timedelta(days=7)


async def trail(conn):
    rows = await conn.fetch("SELECT action FROM audit_trail ORDER BY id")
    return [row["action"] for row in rows]


async def test_a_key_has_twelve_characters_that_every_client_takes(conn):
    raw = await factories.issue(conn)

    assert len(raw) == 12
    assert set(raw) <= set("0123456789abcdef")


async def test_a_key_names_its_site(conn):
    raw = await factories.issue(conn, name="blatt", url="https://blatt.example/", language="de")

    known = (await factories.loaded(conn)).key(raw)

    assert known.is_valid
    assert (known.site.name, known.site.url) == ("blatt", "https://blatt.example")
    assert len(known.site.pepper) == 32


async def test_the_database_holds_no_key_that_could_be_read(conn):
    raw = await factories.issue(conn)

    dump = await conn.fetch("SELECT k::text || s::text AS row FROM site_keys k, sites s")

    assert all(raw not in row["row"] and raw.encode().hex() not in row["row"] for row in dump)


@given(st.text(max_size=20))
def test_whatever_the_text_a_key_that_was_never_issued_is_unknown(raw):
    assert Directory(factories.SECRETS).key(raw) is None


async def test_an_old_key_works_until_its_grace_is_over(conn, frozen_clock):
    old = await factories.issue(conn)
    new = await administration.rotate_key(conn, factories.SECRETS, "blatt", WEEK)
    directory = await factories.loaded(conn)

    assert directory.key(old).is_valid
    frozen_clock.advance(WEEK)

    assert directory.key(old).expired
    assert directory.key(new.value).is_valid


async def test_a_second_rotation_does_not_lengthen_the_grace_of_the_first(conn, frozen_clock):
    oldest = await factories.issue(conn)
    await administration.rotate_key(conn, factories.SECRETS, "blatt", timedelta(hours=1))
    await administration.rotate_key(conn, factories.SECRETS, "blatt", WEEK)

    frozen_clock.advance(timedelta(hours=1))

    assert (await factories.loaded(conn)).key(oldest).expired


async def test_a_revoked_key_is_known_and_no_good(conn):
    raw = await factories.issue(conn)

    await administration.revoke_key(conn, factories.SECRETS, "blatt", raw)

    known = (await factories.loaded(conn)).key(raw)
    assert known.revoked
    assert not known.is_valid
    with pytest.raises(UnknownKey):
        await administration.revoke_key(conn, factories.SECRETS, "blatt", raw)


async def test_a_key_can_be_revoked_by_its_number(conn):
    raw = await factories.issue(conn)
    number = (await factories.loaded(conn)).key(raw).key_id

    await administration.revoke_key(conn, factories.SECRETS, "blatt", str(number))

    assert (await factories.loaded(conn)).key(raw).revoked


async def test_a_key_of_another_site_cannot_be_revoked(conn):
    raw = await factories.issue(conn, name="one")
    await factories.issue(conn, name="two")

    with pytest.raises(UnknownKey):
        await administration.revoke_key(conn, factories.SECRETS, "two", raw)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "Blatt"}, "part of addresses"),
        ({"name": "-blatt"}, "part of addresses"),
        ({"name": "b" * 64}, "part of addresses"),
        ({"url": "blatt.example"}, "address of a site is like"),
        ({"url": "ftp://blatt.example"}, "address of a site is like"),
        ({"url": "http://[::1"}, "address of a site is like"),
        ({"language": "German!"}, "languages of a blog are like"),
    ],
)
async def test_a_site_that_makes_no_sense_is_refused_in_a_sentence(conn, fields, message):
    with pytest.raises(BadSite, match=message):
        await factories.issue(conn, **fields)


async def test_two_sites_do_not_share_a_name(conn):
    await factories.issue(conn)

    with pytest.raises(SiteExists, match="blatt"):
        await factories.issue(conn)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://Blog.Example/", "https://blog.example"),
        ("http://localhost:8000/blog/?q=1#x", "http://localhost:8000/blog"),
        ("https://user:word@blog.example", "https://blog.example"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_the_registered_address_is_what_names_the_blog(url, address):
    assert registered_address(url) == address


async def test_settings_are_changed_together_or_not_at_all(conn):
    await factories.issue(conn)

    with pytest.raises(BadSiteSetting, match="ascending"):
        await administration.change_settings(
            conn, "blatt", {"hold_threshold": "0.7", "reject_threshold": "0.6"}
        )
    assert (await factories.loaded(conn)).site("blatt").settings == SiteSettings()
    changes = {"hold-threshold": "0.7", "discard": "yes", "hold_seconds": "60"}
    await administration.change_settings(conn, "blatt", changes)

    settings = (await factories.loaded(conn)).site("blatt").settings
    assert (settings.hold_threshold, settings.discard, settings.hold_seconds) == (0.7, True, 60)


async def test_a_setting_can_be_taken_back(conn):
    await factories.issue(conn)
    await administration.change_settings(conn, "blatt", {"discard": "on"})

    await administration.change_settings(conn, "blatt", {"discard": "default"})

    assert await conn.fetchval("SELECT settings FROM sites") == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hold_threshold", "nan"),
        ("hold_threshold", "-0.1"),
        ("discard_threshold", "1.1"),
        ("hold_threshold", "much"),
        ("discard", "perhaps"),
        ("hold_seconds", "0"),
        ("minimum_form_seconds", "inf"),
        ("colour", "red"),
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused_by_name(conn, name, text):
    await factories.issue(conn)

    with pytest.raises(BadSiteSetting, match=name):
        await administration.change_settings(conn, "blatt", {name: text})


async def test_a_setting_of_a_newer_version_does_no_harm(conn):
    await factories.issue(conn)

    await conn.execute("""UPDATE sites SET settings = '{"colour": "red", "discard": true}'""")

    assert (await factories.loaded(conn)).site("blatt").settings.discard


async def test_every_change_leaves_an_entry_in_the_trail(conn):
    raw = await factories.issue(conn)
    entry = ListEntry("block", "word", "casino")
    await administration.rotate_key(conn, factories.SECRETS, "blatt", WEEK)
    await administration.revoke_key(conn, factories.SECRETS, "blatt", raw)
    await administration.change_settings(conn, "blatt", {"discard": "on"})
    await administration.add_entry(conn, "blatt", entry, lists.validate)
    await administration.remove_entry(conn, "blatt", entry)

    assert await trail(conn) == [
        "site.added",
        "key.rotated",
        "key.revoked",
        "settings.changed",
        "list.extended",
        "list.shortened",
    ]


async def test_a_change_that_fails_leaves_no_entry(conn):
    with pytest.raises(UnknownSite):
        await administration.change_settings(conn, "nobody", {"discard": "on"})

    assert await trail(conn) == []


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("word", "  online   casino ", "online casino"),
        ("domain", "*.Casino.Example.", "casino.example"),
        ("address", "192.0.2.77/24", "192.0.2.0/24"),
        ("address", "192.0.2.7", "192.0.2.7"),
        ("address", "2001:DB8::1", "2001:db8::1"),
        ("email", "*@Casino.Example", "*@casino.example"),
        ("pattern", r"win \d+ (euro|dollar)s?", r"win \d+ (euro|dollar)s?"),
    ],
)
def test_an_entry_is_stored_in_one_spelling(field, value, stored):
    assert normal_entry(ListEntry("block", field, value)).value == stored


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("word", "   "),
        ("word", "x" * 1001),
        ("domain", "https://casino.example/"),
        ("address", "casino"),
        ("address", "192.0.2.0/99"),
        ("email", "casino.example"),
        ("email", "@casino.example"),
        ("colour", "red"),
    ],
)
def test_what_no_list_can_hold_is_refused(field, value):
    with pytest.raises(BadEntry):
        normal_entry(ListEntry("block", field, value))


@given(st.sampled_from(["word", "domain", "address", "email", "pattern"]), st.text(max_size=60))
def test_whatever_the_text_an_entry_is_stable_or_refused(field, value):
    try:
        entry = normal_entry(ListEntry("allow", field, value))
    except BadEntry:
        return
    assert normal_entry(entry) == entry


async def test_entries_come_back_with_the_site(conn):
    await factories.issue(conn)
    entry = ListEntry("block", "domain", "casino.example")

    assert await administration.add_entry(conn, "blatt", entry, lists.validate)

    assert not await administration.add_entry(conn, "blatt", entry, lists.validate)
    assert (await factories.loaded(conn)).site("blatt").lists == (entry,)
    assert await administration.entries_of(conn, "blatt") == [entry]


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=a)", "((a{1,100}){1,100}){1,100}", "a*"])
async def test_a_pattern_that_cannot_be_looked_for_is_refused_by_its_name(conn, pattern):
    await factories.issue(conn)
    entry = ListEntry("block", "pattern", pattern)

    with pytest.raises(lists.InvalidEntry, match=re.escape(f"“{pattern}”")):
        await administration.add_entry(conn, "blatt", entry, lists.validate)

    assert await administration.entries_of(conn, "blatt") == []


async def test_what_could_not_be_added_today_can_be_removed(conn):
    await factories.issue(conn)
    insert = "INSERT INTO site_lists (site_id, list, field, value) SELECT id, $1, $2, $3 FROM sites"
    await conn.execute(insert, "block", "address", "Not an address")

    removed = ListEntry("block", "address", "Not an address")

    assert await administration.remove_entry(conn, "blatt", removed)


async def test_a_site_stays_the_same_object_until_something_about_it_changes(conn):
    """What is compiled for a site may be kept beside it."""
    await factories.issue(conn, name="one")
    await factories.issue(conn, name="two")
    directory = await factories.loaded(conn)
    one, two = directory.site("one"), directory.site("two")

    hello = ListEntry("allow", "word", "hello")
    await administration.add_entry(conn, "two", hello, lists.validate)
    await directory.reload(conn)

    assert directory.site("one") is one
    assert directory.site("two") is not two
    assert two.lists == ()


async def test_the_wrong_master_key_opens_no_site(conn):
    await factories.issue(conn)
    directory = Directory(Secrets("x" * 32))

    with pytest.raises(BrokenSeal):
        await directory.reload(conn)


@pytest.fixture
async def watched(conn, dsn):
    """A directory that is kept fresh as in a serving process."""
    directory = await factories.loaded(conn)
    task = asyncio.create_task(watch(directory, dsn, factories.SECRETS))
    yield directory
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_revocation_arrives(conn, watched):
    raw = await factories.issue(conn)
    await until(lambda: watched.key(raw))

    await administration.revoke_key(conn, factories.SECRETS, "blatt", raw)

    await until(lambda: watched.key(raw).revoked)


async def listeners(conn):
    rows = await conn.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    return {row["pid"] for row in rows}


async def test_a_change_arrives_although_the_connection_was_lost(conn, watched):
    await factories.issue(conn, name="one")
    await until(lambda: watched.site("one"))
    (pid,) = await listeners(conn)

    await conn.execute("SELECT pg_terminate_backend($1)", pid)
    await factories.issue(conn, name="two")

    await until(lambda: watched.site("two"))
    assert pid not in await listeners(conn)


async def test_a_change_arrives_although_nobody_was_told(conn, watched):
    """A pooler or a restored back-up may swallow the notice; the revision is polled behind it."""
    await conn.execute(
        "CREATE OR REPLACE FUNCTION announce_site_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN UPDATE site_revision SET revision = revision + 1; RETURN NULL; END$$"
    )

    await factories.issue(conn, name="silent")

    await until(lambda: watched.site("silent"))


async def test_the_directory_says_which_revision_it_holds(conn):
    directory = Directory(factories.SECRETS)
    assert directory.revision == 0

    await directory.reload(conn)

    assert directory.revision == await store.revision(conn) > 0


async def test_a_master_key_changed_behind_our_back_ends_the_process(conn, dsn, monkeypatch):
    """A fresh process reads the new key; this one could open nothing any more."""
    ended = []
    monkeypatch.setattr("service.sites.directory.os.kill", lambda *call: ended.append(call))
    await conn.execute("UPDATE deployment SET secret_fingerprint = $1", b"x" * 16)

    task = asyncio.create_task(watch(Directory(factories.SECRETS), dsn, factories.SECRETS))
    await until(lambda: ended)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_keys_keep_the_time_they_were_issued(conn):
    await factories.issue(conn)

    (row,) = await store.keys(conn)

    assert abs((clock.now() - row.created_at).total_seconds()) < 3600
    assert administration.readable_key(factories.SECRETS, row)
