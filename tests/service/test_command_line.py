"""The command line as scripts and people use it."""

import asyncio
import json
import re
import shutil
import subprocess
import sys

import pytest

from service.__main__ import main
from service.settings import RULES
from tests.running import ROOT, environment, gatehouse


@pytest.fixture(scope="module")
def folder(reachable):
    folder = reachable / "commands"
    gatehouse(folder, "migrate")
    yield folder
    shutil.rmtree(folder)


def answer(folder, *arguments):
    done = gatehouse(folder, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def helped(*arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_help_names_every_command_and_every_setting(capsys):
    text = helped(capsys=capsys)

    for name in ("serve", "worker", "migrate", "doctor", "site", "secret", "train", "score"):
        assert re.search(rf"^ +{name} ", text, re.MULTILINE), name
    assert all(name in text for name in RULES)
    assert "serve-process" not in text


@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["worker"],
        ["migrate"],
        ["doctor"],
        ["site"],
        ["site", "add"],
        ["site", "list"],
        ["site", "rotate-key"],
        ["site", "revoke-key"],
        ["site", "set"],
        ["site", "allow"],
        ["site", "block", "add"],
        ["secret", "rotate"],
    ],
)
def test_every_command_has_help(command, capsys):
    assert " ".join(command) in helped(*command, capsys=capsys)


@pytest.mark.parametrize("command", [[], ["nonsense"], ["site"], ["site", "add"], ["site", "nix"]])
def test_a_wrong_command_is_a_usage_error(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main(command)

    assert ended.value.code == 2


def test_ordinary_commands_import_no_machine_learning():
    program = (
        "import sys\n"
        "from service.__main__ import main\n"
        "try:\n"
        "    main(['site', '--help'])\n"
        "except SystemExit:\n"
        "    pass\n"
        "print(sorted({'sklearn', 'numba', 'scipy', 'classifiers'} & sys.modules.keys()))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_site_is_added_listed_rotated_and_revoked(folder):
    key = answer(folder, "site", "add", "https://a.example", "--name", "a", "--language", "de")
    assert re.fullmatch(r"[0-9a-f]{12}\n", key)

    new = json.loads(answer(folder, "site", "rotate-key", "a", "--grace-days", "1", "--json"))
    answer(folder, "site", "revoke-key", "a", new["key"])

    (site,) = json.loads(answer(folder, "site", "list", "--keys", "--json"))
    assert (site["name"], site["language"]) == ("a", "de")
    assert [(each["key"], each["state"]) for each in site["keys"]] == [
        (key.strip(), "running out"),
        (new["key"], "revoked"),
    ]
    assert "running out" in answer(folder, "site", "list", "--keys")
    assert key.strip() not in answer(folder, "site", "list")


def test_settings_are_shown_and_changed(folder):
    answer(folder, "site", "add", "https://b.example", "--name", "b")

    changed = json.loads(answer(folder, "site", "set", "b", "reject_threshold=0.99", "--json"))

    assert changed["reject_threshold"] == 0.99
    assert json.loads(answer(folder, "site", "set", "b", "--json")) == changed


def test_lists_are_filled_and_emptied(folder):
    answer(folder, "site", "add", "https://c.example", "--name", "c")

    answer(folder, "site", "block", "add", "c", "domain", "Casino.example")
    assert answer(folder, "site", "block", "list", "c") == "domain  casino.example\n"
    assert json.loads(answer(folder, "site", "allow", "list", "c", "--json")) == []
    answer(folder, "site", "block", "remove", "c", "domain", "casino.example")

    assert answer(folder, "site", "block", "list", "c") == ""
    assert gatehouse(folder, "site", "block", "remove", "c", "word", "x").returncode == 1


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["site", "rotate-key", "nobody"], "There is no site named nobody"),
        (["site", "revoke-key", "nobody", "0123456789ab"], "There is no site named nobody"),
        (["site", "add", "x", "--name", "x"], "The address of a site is like"),
        (["site", "add", "https://x.example", "--name", "X"], "The name of a site"),
        (["site", "set", "x", "colour"], "colour is no change"),
        (["site", "block", "add", "x", "pattern", "("], "“(” is no regular expression of RE2"),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_a_traceback(folder, command, sentence):
    done = gatehouse(folder, *command)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"gatehouse: {sentence}")
    assert done.stderr.count("\n") == 1


def test_a_bad_setting_is_a_usage_error(folder):
    done = gatehouse(folder, "site", "list", colour="red")

    assert done.returncode == 2
    assert done.stderr.startswith("gatehouse: GATEHOUSE_COLOUR is no setting")


def test_migrating_says_what_it_did(reachable):
    first = gatehouse(reachable / "new", "migrate", "--json")
    second = gatehouse(reachable / "new", "migrate")

    assert "0001_sites.sql" in json.loads(first.stdout)
    assert second.stdout == "The database is up to date.\n"
    shutil.rmtree(reachable / "new")


def test_a_reader_that_has_seen_enough_is_no_error(folder):
    command = f"{sys.executable} -m service site list --json | true; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == ("0\n", "")


def found(done):
    return {finding["check"]: finding for finding in json.loads(done.stdout)}


def test_the_doctor_finds_nothing_wrong_here(folder):
    findings = found(gatehouse(folder, "doctor", "--json", port=18_234))

    for check in ("settings", "data folder", "disk", "database", "migrations", "clock"):
        assert findings[check]["ok"], findings[check]
    assert "PostgreSQL 1" in findings["database"]["text"]


def test_the_doctor_says_which_key_is_wrong(folder):
    gatehouse(folder, "site", "list")

    done = gatehouse(folder, "doctor", "--json", secret_key="k" * 40)

    assert done.returncode == 1
    assert not found(done)["master key"]["ok"]


def test_the_doctor_knows_a_bad_setting(folder):
    done = gatehouse(folder, "doctor", port="zero")

    assert done.returncode == 1
    assert re.match(r"problem +settings +GATEHOUSE_PORT", done.stdout)


def test_the_doctor_names_a_database_that_is_not_there(folder):
    done = gatehouse(folder, "doctor", "--json", database_url="postgresql://x@127.0.0.1:1/x")

    assert done.returncode == 1
    assert "cannot be reached" in found(done)["database"]["text"]


async def test_the_doctor_sees_migrations_that_wait(conn, dsn, tmp_path):
    await conn.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    done = await asyncio.to_thread(gatehouse, tmp_path, "doctor", "--json", database_url=dsn)

    assert done.returncode == 1
    assert "run gatehouse migrate" in found(done)["migrations"]["text"]
