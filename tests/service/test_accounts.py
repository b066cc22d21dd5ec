"""Accounts: how people come in, what keeps others out, and what the trail says of it."""

import asyncio
from datetime import timedelta

import argon2
import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.accounts import administration, passwords, second_factor, store
from service.accounts.administration import BadUser, UnknownUser, UserExists
from service.accounts.throttle import (
    ACCOUNT_FAILURES,
    ADDRESS_FAILURES,
    DEVICE_FAILURES,
    Throttle,
    TooManyTries,
    Try,
    device_cookie,
    known_device,
)
from service.accounts.values import Account, Grant, Role
from service.pages.sign_in import _next
from tests import factories
from tests.people import Browser, account, cheaply, signed_in

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    cheaply(monkeypatch)


async def actions(conn):
    rows = await conn.fetch("SELECT action FROM audit_trail WHERE site_id = 0 ORDER BY id")
    return [row["action"] for row in rows]


async def with_password(client, conn, name="mia"):
    browser = await signed_in(client, conn, name)
    answer = await browser.post("/account/password", {"new": PASSWORD, "again": PASSWORD})
    assert answer.status == 303
    return browser


async def test_a_link_opens_once_and_the_trail_says_so(client, conn):
    link = await account(conn)
    browser = Browser(client)

    shown = await browser.get(f"/sign-in/{link}")
    first = await browser.post(f"/sign-in/{link}")
    second = await Browser(client).post(f"/sign-in/{link}")

    assert "mia" in shown.page
    assert (first.status, first.headers["Location"]) == (303, "/review")
    assert second.status == 404
    assert await actions(conn) == ["user.added", "session.started"]


async def test_two_clicks_at_once_open_one_session(client, conn):
    link = await account(conn)

    answers = await asyncio.gather(*(Browser(client).post(f"/sign-in/{link}") for _ in range(2)))

    assert sorted(answer.status for answer in answers) == [303, 404]


async def test_who_comes_first_is_spoken_to_in_the_language_of_the_browser(client, conn):
    mia, kim = await account(conn, "mia"), await account(conn, "kim", language="ru")

    for link in (mia, kim):
        await Browser(client).post(f"/sign-in/{link}", Accept_Language="de-DE,de;q=0.9,en;q=0.8")

    languages = await conn.fetch("SELECT language FROM users ORDER BY name DESC")
    assert [row["language"] for row in languages] == ["de", "ru"]


async def test_looking_at_a_link_spends_nothing(client, conn):
    link = await account(conn)

    for _ in range(3):
        assert (await Browser(client).get(f"/sign-in/{link}")).status == 200

    assert (await Browser(client).post(f"/sign-in/{link}")).status == 303


async def test_an_old_link_and_one_that_was_replaced_open_nothing(client, conn, frozen_clock):
    old = await account(conn)
    replacing = (await administration.sign_in_link(conn, "mia", timedelta(hours=1))).link

    assert (await Browser(client).post(f"/sign-in/{old}")).status == 404
    frozen_clock.advance(timedelta(hours=1))
    assert (await Browser(client).post(f"/sign-in/{replacing}")).status == 404


async def test_a_password_opens_and_a_wrong_one_or_name_does_not(client, conn):
    await with_password(client, conn)

    right = await Browser(client).post("/sign-in", {"name": " Mia ", "password": PASSWORD})
    answers = [
        await Browser(client).post("/sign-in", form)
        for form in (
            {"name": "mia", "password": "wrong horse battery"},
            {"name": "nobody", "password": PASSWORD},
            {"name": "mia", "password": ""},
            {"name": "ma\0x'\"<b>", "password": "\N{PILE OF POO}" * 900},
            {},
        )
    ]

    assert right.status == 303
    assert [answer.status for answer in answers] == [401, 401, 401, 400, 401]
    assert len({answer.page.replace("nobody", "mia") for answer in answers[:2]}) == 1


async def test_a_password_is_kept_as_argon2id_at_the_strength_of_the_library(monkeypatch):
    monkeypatch.undo()
    kept = await passwords.Passwords().hash(PASSWORD)

    assert kept.startswith("$argon2id$")
    parameters = argon2.extract_parameters(kept)
    assert parameters.memory_cost >= 65536
    assert parameters.time_cost >= 3


async def test_a_short_password_or_two_that_differ_change_nothing(client, conn):
    browser = await signed_in(client, conn)

    short = await browser.post("/account/password", {"new": "short", "again": "short"})
    differ = await browser.post("/account/password", {"new": PASSWORD, "again": f"{PASSWORD}!"})

    assert (short.status, differ.status) == (422, 422)
    assert (await store.users(conn))[0].password_hash is None


async def test_a_new_password_needs_the_old_one_and_signs_out_elsewhere(client, conn):
    browser = await with_password(client, conn)
    other = Browser(client)
    await other.post("/sign-in", {"name": "mia", "password": PASSWORD})
    changed = {"new": f"{PASSWORD} 2", "again": f"{PASSWORD} 2"}

    refused = await browser.post("/account/password", {**changed, "old": "wrong wrong wrong"})
    accepted = await browser.post("/account/password", {**changed, "old": PASSWORD})

    assert (refused.status, accepted.status) == (422, 303)
    assert (await browser.get("/account")).status == 200
    assert (await other.get("/account")).status == 303


async def test_a_second_factor_is_asked_for_and_each_code_opens_once(client, conn, frozen_clock):
    browser = await with_password(client, conn)
    page = (await browser.get("/account")).page
    seed = page.split('class="seed">')[1].split("<")[0]
    sealed = page.split('name="seed" value="')[1].split('"')[0]
    code = pyotp.TOTP(seed).at(frozen_clock())
    assert (await browser.post("/account/code", {"seed": sealed, "code": "000000"})).status == 422
    assert (await browser.post("/account/code", {"seed": sealed, "code": code})).status == 303

    async def attempt(code):
        form = {"name": "mia", "password": PASSWORD, "code": code}
        return (await Browser(client).post("/sign-in", form)).status

    assert await attempt("") == 401
    assert await attempt(code) == 401  # it was used to set this up
    frozen_clock.advance(timedelta(seconds=30))
    code = pyotp.TOTP(seed).at(frozen_clock())
    assert await attempt(f"{code[:3]} {code[3:]}") == 303
    assert await attempt(code) == 401
    link = (await administration.sign_in_link(conn, "mia")).link
    assert (await Browser(client).post(f"/sign-in/{link}")).status == 401
    frozen_clock.advance(timedelta(seconds=30))
    code = pyotp.TOTP(seed).at(frozen_clock())
    assert (await Browser(client).post(f"/sign-in/{link}", {"code": code})).status == 303


async def test_a_seed_that_the_page_did_not_give_is_refused(client, conn):
    browser = await signed_in(client, conn)

    for seed in ("", "zz", "00" * 40, b"JBSWY3DPEHPK3PXP".hex()):
        assert (await browser.post("/account/code", {"seed": seed, "code": "1"})).status == 422


@settings(deadline=None)
@given(st.text())
def test_whatever_the_code_nothing_is_raised(code):
    step = second_factor.step_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", code, factories.NOW, None)

    assert step is None or len("".join(code.split())) == 6


async def test_forged_and_ended_sessions_open_nothing(client, conn):
    browser = await signed_in(client, conn)
    kept = dict(browser.cookies)
    await browser.post("/sign-out")

    assert (await browser.get("/account")).status == 303
    for cookie in (kept["gatehouse"], "", "x" * 43, kept["gatehouse"][:-1], "\N{SNOWMAN}"):
        answer = await Browser(client, {"gatehouse": cookie}).get("/account")
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/account")


async def test_a_disabled_account_is_out_at_once(client, conn):
    browser = await with_password(client, conn)
    await administration.disable(conn, "mia")

    assert (await browser.get("/account")).status == 303
    answer = await Browser(client).post("/sign-in", {"name": "mia", "password": PASSWORD})
    assert answer.status == 401
    with pytest.raises(UnknownUser):
        await administration.sign_in_link(conn, "mia")


async def test_a_session_ends_when_it_is_not_used_or_too_old(client, conn, frozen_clock):
    browser = await signed_in(client, conn)

    for _ in range(5):
        frozen_clock.advance(timedelta(days=6))
        status = (await browser.get("/account")).status
    assert status == 303

    browser = await Browser(client).sign_in((await administration.sign_in_link(conn, "mia")).link)
    frozen_clock.advance(timedelta(days=8))
    assert (await browser.get("/account")).status == 303


async def test_one_browser_can_sign_another_out_but_not_a_stranger(client, conn):
    browser, stranger = await signed_in(client, conn), await signed_in(client, conn, "ben")
    link = (await administration.sign_in_link(conn, "mia")).link
    other = await Browser(client).sign_in(link)
    number = await conn.fetchval("SELECT max(id) FROM user_sessions")

    await stranger.post("/account/sessions/end", {"session": number})
    assert (await other.get("/account")).status == 200
    await browser.post("/account/sessions/end", {"session": number})
    assert (await other.get("/account")).status == 303


async def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites(client, conn):
    link = await account(conn)
    answer = await Browser(client).post(f"/sign-in/{link}")

    for cookie in answer.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({"csrf": ""}, {}),
        ({"csrf": "0" * 64}, {}),
        ({"csrf": "\N{SNOWMAN}"}, {}),
        ({}, {"Origin": "https://elsewhere.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
async def test_a_forged_form_changes_nothing(client, conn, form, headers):
    browser = await signed_in(client, conn)

    answer = await browser.post("/account/language", {"language": "ru", **form}, **headers)

    assert answer.status == 403
    assert (await store.users(conn))[0].language == "en"


async def test_another_sessions_token_is_no_token(client, conn):
    browser, other = await signed_in(client, conn), await signed_in(client, conn, "ben")

    answer = await browser.post("/account/language", {"language": "ru", "csrf": other.csrf})

    assert answer.status == 403


async def test_signing_in_from_another_sites_form_is_refused(client, conn):
    link = await account(conn)
    answer = await Browser(client).post(f"/sign-in/{link}", Origin="https://elsewhere.example")

    assert answer.status == 403


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "a/b; charset=x"]
)
async def test_a_body_that_is_no_form_is_refused(client, kind):
    async with client.post("/sign-in", data=b"--x\r\n", headers={"Content-Type": kind}) as answer:
        assert answer.status == 400


@given(st.text())
def test_after_signing_in_nobody_is_sent_elsewhere(target):
    assert _next(target).startswith("/")
    assert not _next(target).startswith(("//", "/\\"))


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "/\n//e"])
def test_addresses_elsewhere_lead_to_the_start(target):
    assert _next(target) == "/review"


def test_guessing_is_slowed_down_and_the_owner_still_gets_in():
    throttle = Throttle()
    for n in range(ACCOUNT_FAILURES):
        attempt = Try(f"203.0.113.{n}", "mia")
        throttle.check(attempt, 0.0)
        throttle.failed(attempt, 0.0)

    with pytest.raises(TooManyTries):
        throttle.check(Try("192.0.2.9", "mia"), 1.0)
    throttle.check(Try("192.0.2.9", "mia", device="known"), 1.0)
    throttle.check(Try("192.0.2.9", "ben"), 1.0)
    throttle.check(Try("192.0.2.9", "mia"), 1000.0)


def test_one_address_tries_many_names_only_so_often():
    throttle = Throttle()
    for n in range(ADDRESS_FAILURES):
        throttle.failed(Try(f"2001:db8::{n:x}", f"name{n}"), 0.0)

    with pytest.raises(TooManyTries):
        throttle.check(Try("2001:db8::ffff", "another"), 1.0)


def test_a_stolen_browser_cookie_guesses_only_so_often():
    throttle = Throttle()
    for _ in range(DEVICE_FAILURES):
        throttle.failed(Try("192.0.2.1", "mia", "known"), 0.0)

    with pytest.raises(TooManyTries):
        throttle.check(Try("192.0.2.1", "mia", "known"), 1.0)


def test_a_browser_is_known_to_its_own_account_only():
    cookie = device_cookie(factories.SECRETS, "mia", "nonce")

    assert known_device(factories.SECRETS, "mia", cookie) == "nonce"
    assert known_device(factories.SECRETS, "ben", cookie) is None
    assert known_device(factories.SECRETS, "mia", f"{cookie}0") is None
    assert known_device(factories.SECRETS, "mia", None) is None


async def test_too_many_wrong_passwords_are_told_to_wait(client, conn):
    await with_password(client, conn)
    form = {"name": "mia", "password": "wrong horse battery"}

    answers = [(await Browser(client).post("/sign-in", form)).status for _ in range(22)]

    assert answers == [401] * ACCOUNT_FAILURES + [429] * 2


MODERATOR_HERE = Grant(Role.MODERATOR, 1)
AUDITOR_EVERYWHERE = Grant(Role.AUDITOR)


def test_a_role_opens_its_site_and_no_other():
    person = Account(1, "mia", "en", (MODERATOR_HERE, AUDITOR_EVERYWHERE))

    assert person.may(Role.MODERATOR, 1)
    assert not person.may(Role.MODERATOR, 2)
    assert not person.may(Role.MODERATOR, None)
    assert person.opened(Role.AUDITOR, [1, 2]) == [1, 2]
    assert not person.has(Role.ADMINISTRATOR)


async def test_a_role_ends_when_its_time_is_over(client, conn, frozen_clock):
    browser = await signed_in(client, conn, "kim", Role.AUDITOR, lifetime=timedelta(hours=1))

    assert (await browser.get("/audit")).status == 200
    frozen_clock.advance(timedelta(hours=1))
    assert (await browser.get("/audit")).status == 403


async def test_names_and_sites_are_checked(conn):
    for fields in ({"name": "no spaces"}, {"name": ""}, {"name": "x", "sites": ["nowhere"]}):
        with pytest.raises(BadUser):
            await administration.add(conn, roles={Role.AUDITOR}, **fields)
    await account(conn, "mia")
    with pytest.raises(UserExists):
        await account(conn, "MIA")
    assert len(await store.users(conn)) == 1
