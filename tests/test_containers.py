"""The files that containers and systemd are made from: what can be checked without an engine."""

import re
import shlex
import shutil
import subprocess
import tempfile
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import numba
import pytest
import yaml

from classifiers.prefilled import PrefilledCacheLocator
from service.settings import FILE_SUFFIX, FROM_FILES, RULES, Settings

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
MAIL = yaml.safe_load((ROOT / "deploy" / "compose.mail.yaml").read_text())
OURS = ("service", "worker")


def instructions():
    """(name, arguments) of each instruction, comments left out and lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, " ".join(rest.split())


STAGES = []
for each in instructions():
    if each[0] == "FROM":
        STAGES.append([])
    STAGES[-1].append(each)
BUILD, FINAL = STAGES


def arguments(stage, name):
    return [rest for instruction, rest in stage if instruction == name]


def variables(stage):
    return dict(
        word.split("=", 1) for rest in arguments(stage, "ENV") for word in shlex.split(rest)
    )


def copied():
    return [
        source
        for rest in arguments(BUILD, "COPY")
        for source in rest.split()[:-1]
        if not source.startswith("--")
    ]


def test_the_image_holds_every_package_and_nothing_else():
    packages = [pattern.rstrip("*") for pattern in _included()]
    files = [name for name in copied() if name not in packages]

    assert sorted(set(copied()) - set(files)) == sorted(packages)
    assert files == ["requirements.lock", "pyproject.toml", "README.md", "LICENSE"]
    assert all((ROOT / name).exists() for name in copied())


def _included():
    return PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]


def test_the_engine_is_sent_what_the_image_copies_and_no_data():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in lines if line.startswith("!")]

    assert lines[1] == "*"
    assert sorted(let_in) == sorted(copied())


def test_both_stages_begin_from_the_same_image_of_a_fixed_version():
    images = [arguments(stage, "FROM")[0].split()[0] for stage in STAGES]

    assert len(set(images)) == 1
    assert re.fullmatch(r"docker\.io/library/python:3\.1[123]-slim-bookworm", images[0])


def test_dependencies_are_installed_by_their_digests():
    installs = [rest for rest in arguments(BUILD, "RUN") if "pip install" in rest]

    assert "--require-hashes --only-binary=:all: -r requirements.lock" in installs[0]
    assert all("--no-index --no-deps" in rest for rest in installs[1:])
    assert not [rest for rest in arguments(FINAL, "RUN") if "pip" in rest]


def test_the_image_runs_as_nobody_in_particular():
    (user,) = arguments(FINAL, "USER")

    assert user == "10001:10001"
    assert "useradd --system --uid 10001" in " ".join(arguments(FINAL, "RUN"))


def test_the_image_is_healthy_if_python_says_so():
    """The image has no curl, and needs none."""
    (check,) = arguments(FINAL, "HEALTHCHECK")

    assert '["python", "-c",' in check
    assert "/readyz" in check


def test_compiled_code_is_looked_for_as_it_was_made():
    names = ("NUMBA_CACHE_LOCATOR_CLASSES", "NUMBA_CPU_NAME")

    assert [variables(BUILD)[name] for name in names] == [variables(FINAL)[name] for name in names]
    assert variables(FINAL)[names[0]] == (
        f"{PrefilledCacheLocator.__module__}.{PrefilledCacheLocator.__qualname__}"
    )


def test_the_settings_of_the_image_are_settings():
    ours = {name: value for name, value in variables(FINAL).items() if name in RULES}

    assert len(ours) == len([name for name in variables(FINAL) if name.startswith("GATEHOUSE_")])
    assert Settings.from_env(ours).data_dir == Path("/data")


def test_compiled_code_is_read_where_nothing_can_be_written(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    function = numba.njit(lambda: 1).py_func
    source = tmp_path / "source.py"
    source.touch()

    locator = PrefilledCacheLocator.from_function(function, str(source))

    assert locator.get_cache_path() == str(tmp_path / "__pycache__")


def test_what_is_not_python_is_installed_with_its_package():
    listed = subprocess.run(
        ["git", "ls-files", "-z", *[name.rstrip("*") for name in _included()]],
        cwd=ROOT, capture_output=True, check=False, text=True,
    ).stdout.split("\0")  # fmt: skip
    if listed == [""]:
        pytest.skip("this is no clone")
    data = PROJECT["tool"]["setuptools"]["package-data"]
    forgotten = [
        name
        for name in listed
        if name and not name.endswith(".py")
        and not any(
            fnmatch(name, f"{package}/{pattern.replace('**/', '*')}")
            for package, patterns in data.items()
            for pattern in patterns
        )
    ]  # fmt: skip

    assert forgotten == []


# compose.yaml


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_change_nothing_but_its_data(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert {"mem_limit", "pids_limit"} <= service.keys()
    assert not {"privileged", "devices", "network_mode", "pid"} & service.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_is_declared_and_of_a_fixed_version(name):
    service = SERVICES[name]
    volumes = [volume.split(":")[0] for volume in service.get("volumes", [])]

    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
    assert set(service.get("depends_on", {})) <= SERVICES.keys()
    for volume in volumes:
        assert volume in COMPOSE["volumes"] or (ROOT / volume).exists()
    assert re.search(r":\d", service["image"])


def test_only_the_front_is_reached_from_outside_and_the_database_reaches_nobody():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["front"]
    assert SERVICES["database"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"]
    assert "front" not in [name for name, s in SERVICES.items() if "back" in s["networks"]]


@pytest.mark.parametrize("name", OURS)
def test_secrets_stand_in_files(name):
    given = SERVICES[name]["environment"] | MAIL["services"][name]["environment"]
    secrets = SERVICES[name]["secrets"] + MAIL["services"][name]["secrets"]
    files = {f"{variable}{FILE_SUFFIX}" for variable in FROM_FILES}

    assert files <= given.keys()
    assert given.keys() <= files | RULES.keys()
    for variable in files:
        assert given[variable].removeprefix("/run/secrets/") in secrets
    assert set(secrets) <= (COMPOSE["secrets"] | MAIL["secrets"]).keys()


def test_the_front_is_believed_and_nobody_else():
    (subnet,) = [each["subnet"] for each in COMPOSE["networks"]["front"]["ipam"]["config"]]

    assert SERVICES["service"]["environment"]["GATEHOUSE_TRUSTED_PROXIES"] == subnet


def test_every_service_that_listens_says_whether_it_is_well():
    checked = [
        name for name, service in SERVICES.items() if "test" in service.get("healthcheck", {})
    ]

    assert checked == ["front", "database"]  # the service's check comes with its image
    assert SERVICES["worker"]["healthcheck"] == {"disable": True}


def test_the_front_passes_on_lines_as_they_come_and_keeps_counts_to_itself():
    text = (ROOT / "deploy/Caddyfile").read_text()

    assert "reverse_proxy service:8080" in text
    assert "flush_interval -1" in text
    assert "path /metrics" in text


def test_secrets_are_no_part_of_the_repository():
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text()


# systemd


def test_systemd_takes_the_unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    unit = (ROOT / "deploy/gatehouse.service").read_text()
    executable = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE)
    (tmp_path / "gatehouse.service").write_text(executable)

    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "gatehouse.service"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
