"""Every speed benchmark still runs: one short round each, on real services that they share."""

import json
import sys
from contextlib import ExitStack, nullcontext
from dataclasses import replace

import pytest

from benchmarks import load, service, throughput
from benchmarks.__main__ import main

linux = pytest.mark.skipif(sys.platform != "linux", reason="CPU is read from /proc")


@pytest.fixture(scope="module")
def servers():
    """One of each; starting them takes longer than measuring."""
    with ExitStack() as stack:
        place = stack.enter_context(service.folder())
        yield [
            stack.enter_context(start(place))
            for start in (service.bare, service.naive, service.ours)
        ]


@pytest.fixture
def shared(servers, monkeypatch):
    bare, naive, ours = servers
    monkeypatch.setattr(service, "bare", lambda place: nullcontext(bare))
    monkeypatch.setattr(service, "naive", lambda place: nullcontext(naive))
    monkeypatch.setattr(
        service,
        "ours",
        lambda place, processes=1, name="ours": nullcontext(replace(ours, name=name)),
    )
    monkeypatch.setattr(service, "SETTLE_SECONDS", 0.1)


@linux
@pytest.mark.parametrize(
    "name", ["throughput", "latency", "growth", "imports", "webhook", "batch_api"]
)
def test_a_quick_run_reports_its_figures(name, shared, tmp_path, capsys):
    file = tmp_path / "figures.jsonl"

    code = main([name, "--quick", "--requests", "100", "--json", str(file)])

    assert code == 0
    (record,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert record["benchmark"].startswith(name)
    speeds = [figure for figure in record["figures"] if figure["unit"] in {"1/s", "ms"}]
    assert speeds
    assert all(0 < figure["min"] <= figure["median"] <= figure["max"] for figure in speeds)
    assert f"== {record['benchmark']} ==" in capsys.readouterr().out


@linux
def test_a_service_that_forgets_what_it_answered_is_found_out(servers):
    ours = servers[-1]

    with pytest.raises(load.WrongAnswer):
        throughput.require_stored(ours, answered=10**9)


def test_an_unknown_name_is_refused_with_the_names_there_are(capsys):
    code = main(["thoroughput"])

    assert code == 2
    assert "latency" in capsys.readouterr().out
