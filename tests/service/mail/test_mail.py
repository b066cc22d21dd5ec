"""Mails wait in the database, go out once the relay takes them, and say nothing to the log."""

import io
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.intake import Intake
from service import clock, logs, mail
from service.mail import BadAddress, Mail, addresses, sending
from service.mail.relay import Relay, read
from service.mail.store import Claimed
from service.outbox.retries import ATTEMPTS, SCHEDULE
from service.settings import Settings
from tests import factories
from tests.service.mail import certificates
from tests.service.mail.relay import listening

FROM = "gatehouse@blatt.example"
LONGEST_PAUSE = timedelta(days=2)


def settings_of(relay, scheme="smtp+plain", user=""):
    return Settings(smtp_url=f"{scheme}://{user}127.0.0.1:{relay.port}", mail_from=FROM)


def a_mail(**changes):
    fields = {"to": "ada@example.org", "subject": "Grüße", "text": "Wörter.\n", "language": "de"}
    return Mail(**{**fields, **changes})


async def put(conn, **changes):
    async with conn.transaction():
        return await mail.enqueue(conn, a_mail(**changes))


async def rows(conn):
    return await conn.fetch("SELECT * FROM mails ORDER BY id")


async def test_a_mail_is_sent_once_and_forgotten(conn):
    site = await factories.site(conn)
    await put(conn, site_id=site.id)

    async with listening() as relay:
        sent = [await sending.run(conn, settings_of(relay)) for _ in range(2)]

    ((recipient, message),) = relay.taken
    assert sent == [1, 0]
    assert recipient == "ada@example.org"
    assert (message["Subject"], message["From"]) == ("Grüße", f"blatt <{FROM}>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == "Wörter."
    (row,) = await rows(conn)
    assert (row["state"], row["recipient"], row["subject"], row["body"]) == ("sent", *[None] * 3)


async def test_mails_of_one_batch_share_a_connection(conn):
    for number in range(3):
        await put(conn, to=f"{number}@example.org")

    async with listening() as relay:
        await sending.run(conn, settings_of(relay))

    assert [to for to, _ in relay.taken] == [f"{number}@example.org" for number in range(3)]
    assert relay.connections == 1


async def test_a_mail_waits_until_it_is_due_and_can_be_taken_back_till_then(conn, frozen_clock):
    due_at = clock.now() + timedelta(seconds=30)
    kept, taken_back = [await mail.enqueue(conn, a_mail(), due_at) for _ in range(2)]

    async with listening() as relay:
        early = await sending.run(conn, settings_of(relay))
        withdrawn = await mail.withdraw(conn, 0, [taken_back])
        frozen_clock.advance(timedelta(seconds=30))
        late = await sending.run(conn, settings_of(relay))
        too_late = await mail.withdraw(conn, 0, [kept])

    assert (early, late) == (0, 1)
    assert (withdrawn, too_late) == ([taken_back], [])


async def test_what_the_relay_refuses_for_now_is_tried_again(conn, frozen_clock):
    await put(conn)

    async with listening(refusals={"RCPT": "451 later, ada@example.org"}) as relay:
        first = await sending.run(conn, settings_of(relay))
        (row,) = await rows(conn)
        frozen_clock.advance(SCHEDULE[0] * 2)
        second = await sending.run(conn, settings_of(relay))

    assert (first, second) == (0, 1)
    assert (row["state"], row["last_error"]) == ("waiting", "SMTP 451")


async def test_what_the_relay_refuses_for_good_is_given_up_and_others_are_sent(conn):
    await put(conn, to="nobody@example.org")
    await put(conn)

    async with listening(refusals={"RCPT": "550 no nobody@example.org here"}) as relay:
        sent = await sending.run(conn, settings_of(relay))

    assert sent == 1
    refused, taken = await rows(conn)
    assert (refused["state"], refused["last_error"], refused["recipient"]) == (
        "given-up",
        "SMTP 550",
        None,
    )
    assert taken["state"] == "sent"


async def test_a_relay_that_is_away_is_asked_once_for_all_that_waits(conn, frozen_clock):
    for _ in range(3):
        await put(conn)

    async with listening(refusals={"EHLO": "hang up", "HELO": "hang up"}) as relay:
        sent = await sending.run(conn, settings_of(relay))

    assert (sent, relay.connections) == (0, 1)
    assert {(row["state"], row["attempts"]) for row in await rows(conn)} == {("waiting", 1)}


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("refusal", ["421 too many for now", "hang up"])
async def test_a_connection_that_is_lost_is_opened_anew_and_no_mail_suffers(conn, verb, refusal):
    for number in range(3):
        await put(conn, to=f"{number}@example.org")

    async with listening(refusals={verb: refusal}) as relay:
        sent = await sending.run(conn, settings_of(relay))

    assert (sent, relay.connections) == (3, 2)
    assert [to for to, _ in relay.taken] == [f"{number}@example.org" for number in range(3)]
    assert {(row["state"], row["attempts"]) for row in await rows(conn)} == {("sent", 1)}


async def test_a_relay_that_hangs_up_after_a_refusal_is_called_again(conn):
    await put(conn, to="nobody@example.org")
    await put(conn)

    async with listening(refusals={"RCPT": "550 nobody here", "RSET": "hang up"}) as relay:
        sent = await sending.run(conn, settings_of(relay))

    assert (sent, relay.connections) == (1, 2)


async def test_a_mail_that_was_not_taken_can_be_taken_back(conn):
    act = uuid4()
    for number in range(2):
        await put(conn, act=act if number else None)
    kept, told = [row["id"] for row in await rows(conn)]

    async with listening(refusals={"EHLO": "hang up"}) as relay:
        await sending.run(conn, settings_of(relay))
    await mail.withdraw_acts(conn, 0, [act])
    withdrawn = await mail.withdraw(conn, 0, [kept])

    assert told not in {row["id"] for row in await rows(conn)}
    assert withdrawn == [kept]


async def test_a_mail_that_waits_for_its_turn_in_a_batch_can_be_taken_back(conn, monkeypatch):
    act, begin = uuid4(), sending.store.begin
    await put(conn, to="first@example.org")
    await put(conn, act=act)

    async def begin_and_think_better(*args):
        begun = await begin(*args)
        await mail.withdraw_acts(conn, 0, [act])
        return begun

    monkeypatch.setattr(sending.store, "begin", begin_and_think_better)
    async with listening() as relay:
        sent = await sending.run(conn, settings_of(relay))

    assert sent == 1
    assert [to for to, _ in relay.taken] == ["first@example.org"]


async def test_what_the_relay_may_have_taken_is_not_sent_again_once_it_is_taken_back(
    conn, frozen_clock
):
    act = uuid4()
    await put(conn, act=act)

    async with listening(silent=2) as relay:
        await sending.run(conn, settings_of(relay))
        (unsure,) = await rows(conn)
        await mail.withdraw_acts(conn, 0, [act])
        frozen_clock.advance(LONGEST_PAUSE)
        later = await sending.run(conn, settings_of(relay))

    assert (unsure["state"], unsure["perhaps_taken"]) == ("waiting", True)
    (row,) = await rows(conn)
    assert (row["state"], row["perhaps_taken"], row["last_error"]) == (
        "given-up",
        True,
        "Withdrawn",
    )
    assert (later, len(relay.taken)) == (0, 2)


async def test_nothing_is_tried_for_ever(conn, frozen_clock):
    await put(conn)

    for _ in range(ATTEMPTS):
        await sending.run(conn, Settings())
        frozen_clock.advance(LONGEST_PAUSE)
    (row,) = await rows(conn)

    assert (row["state"], row["attempts"], row["last_error"]) == ("given-up", ATTEMPTS, "NoRelay")


async def test_a_mail_whose_sender_was_lost_is_due_again(conn, frozen_clock):
    await put(conn)
    await sending.store.claim(conn, clock.now(), clock.now() + sending.OURS, 1)

    async with listening() as relay:
        meanwhile = await sending.run(conn, settings_of(relay))
        frozen_clock.advance(sending.OURS)
        later = await sending.run(conn, settings_of(relay))

    assert (meanwhile, later) == (0, 1)


async def test_a_mail_is_erased_with_the_comment_that_it_is_about(conn, pool, scorer):
    site, intake = await factories.site(conn), Intake(pool, scorer)
    comment_id = (await intake.submit(factories.comment(), site, None)).id
    await intake.close()
    await put(conn, site_id=site.id, comment_id=comment_id)

    await conn.execute("DELETE FROM comments WHERE id = $1", comment_id)

    assert await rows(conn) == []


async def test_the_connection_is_encrypted_before_the_password_is_said(conn, tmp_path, monkeypatch):
    tls, trusted = certificates.made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    await put(conn)

    async with listening(tls=tls, credentials="blatt\0hush hush") as relay:
        sent = await sending.run(conn, settings_of(relay, "smtp", "blatt:hush%20hush@"))

    assert sent == 1


@pytest.mark.parametrize("trusted", [True, False], ids=["no-starttls", "unknown-certificate"])
async def test_what_cannot_be_encrypted_is_not_sent(conn, tmp_path, trusted):
    tls = None if trusted else certificates.made(tmp_path)[0]
    await put(conn)

    async with listening(tls=tls) as relay:
        sent = await sending.run(conn, settings_of(relay, "smtp", "blatt:hush@"))

    assert (sent, relay.taken) == (0, [])
    (row,) = await rows(conn)
    assert row["last_error"] in {"SMTPNotSupportedError", "SSLCertVerificationError"}


async def test_the_log_names_neither_people_nor_words(conn):
    file = io.BytesIO()
    output = logs.configure("debug", file)
    await put(conn, to="needle@haystack.example", subject="needle", text="needle")

    async with listening(refusals={"RCPT": "550 needle@haystack.example is nobody"}) as relay:
        await sending.run(conn, settings_of(relay))
    output.flush()

    assert b"mail.given_up" in file.getvalue()
    assert b"needle" not in file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@localhost",
        "ada@192.0.2.1",
        "ada@example.org, eve@example.org",
        "ada@example.org\nBcc: eve@example.org",
        "ada <ada@example.org>",
        '"a b"@example.org',
        "a..b@example.org",
        "ädä@example.org",
        "ada@-example.org",
        f"{'a' * 65}@example.org",
        f"ada@{'a.' * 130}org",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadAddress):
        mail.normal_address(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ada@Example.ORG ", "Ada@example.org"),
        ("ada+comments@käse.example", "ada+comments@xn--kse-qla.example"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_an_address_is_written_in_one_way(text, address):
    assert mail.normal_address(text) == address


@given(st.text() | st.from_regex(r"[^@]{1,5}@[^@]{1,9}", fullmatch=True))
def test_whatever_the_text_an_address_is_plain_ascii(text):
    if mail.is_address(text):
        address = mail.normal_address(text)
        assert address.isascii()
        assert not set(address) & set(' \r\n\t,;<>"()')
        assert len(address) <= addresses.LONGEST


@given(st.text(), st.text())
def test_whatever_the_words_a_mail_has_one_recipient_and_one_body(subject, body):
    subject = " ".join(subject.split())
    claimed = Claimed(
        0, factories.uuid7_at(factories.NOW), 1, factories.NOW, None, "en", "a@b.example",
        subject, body.encode("utf-8", "replace").decode(),
    )  # fmt: skip

    message = sending.written(claimed, FROM)
    raw = message.as_bytes()

    assert message.get_all("To") == ["a@b.example"]
    assert message.get_all("Bcc") is None
    head = raw.split(b"\r\n\r\n")[0]
    assert head.count(b"\r\nTo:") == 1
    assert b"\r\nBcc:" not in head


def test_the_relay_is_read_from_its_address():
    assert read("smtps://u%40x:p%3A@mail.example") == Relay(
        "smtps", "mail.example", 465, "u@x", "p:"
    )
    assert read("smtp+plain://[::1]:2525/") == Relay("smtp+plain", "::1", 2525)
    assert replace(read("smtp://mail.example"), port=1).password == ""
