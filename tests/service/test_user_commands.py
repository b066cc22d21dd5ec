"""``gatehouse user ...`` and the link of the first start."""

import json
import re
import shutil

import pytest

from service import start
from service.accounts import administration
from service.accounts.values import Role
from service.commands import users
from service.settings import Settings
from tests.people import Browser, cheaply
from tests.running import gatehouse


@pytest.fixture(scope="module")
def folder(reachable):
    folder = reachable / "users"
    yield folder
    shutil.rmtree(folder)


def test_accounts_are_made_listed_and_disabled(folder):
    def run(*arguments):
        return gatehouse(folder, "user", *arguments, base_url="https://gate.example")

    empty = run("list")
    made = run("add", "mia", "--role", "moderator", "--days", "30", "--json")
    again = run("add", "mia", "--role", "auditor")
    nowhere = run("add", "ben", "--role", "auditor", "--site", "nowhere")
    disabled = run("disable", "mia")
    gone = run("sign-in-link", "mia")
    listed = run("list", "--json")

    assert "user add" in empty.stdout
    link = json.loads(made.stdout)["sign_in_link"]
    assert re.fullmatch(r"https://gate\.example/sign-in/[\w-]{43}", link)
    assert (again.returncode, nowhere.returncode, gone.returncode) == (1, 1, 1)
    assert disabled.returncode == 0
    (mia,) = json.loads(listed.stdout)
    assert (mia["name"], mia["state"], mia["roles"][0]["role"]) == ("mia", "disabled", "moderator")


@pytest.mark.parametrize("days", [0, -1, float("nan"), 4000])
def test_how_long_roles_last_is_checked(days):
    with pytest.raises(administration.BadUser):
        users._lifetime(days)


async def test_starts_give_links_until_somebody_has_signed_in(client, conn, monkeypatch):
    cheaply(monkeypatch)
    first = await start.first_link(conn)
    second = await start.first_link(conn)

    assert (await Browser(client).post(f"/sign-in/{first}")).status == 404
    browser = await Browser(client).sign_in(second)

    assert await start.first_link(conn) is None
    assert (await browser.get("/audit")).status == 200


def test_a_link_leads_to_the_public_address():
    settings = Settings(base_url="https://gate.example/")

    assert users.link_address(settings, "secret") == "https://gate.example/sign-in/secret"


async def test_a_start_leaves_the_links_of_other_accounts_alone(client, conn):
    link = (await administration.add(conn, name="mia", roles={Role.AUDITOR})).link

    assert await start.first_link(conn) is None
    assert (await Browser(client).post(f"/sign-in/{link}")).status == 303
