"""Every speed benchmark still runs: one short round each, on real services."""

import json
import sys

import pytest

from benchmarks.__main__ import main


@pytest.mark.skipif(sys.platform != "linux", reason="CPU is read from /proc")
@pytest.mark.parametrize("name", ["throughput", "latency", "growth"])
def test_a_quick_run_reports_its_figures(name, tmp_path, capsys):
    file = tmp_path / "figures.jsonl"

    code = main([name, "--quick", "--requests", "100", "--json", str(file)])

    assert code == 0
    (record,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert record["benchmark"].startswith(name)
    assert all(figure["median"] > 0 for figure in record["figures"])
    assert f"== {record['benchmark']} ==" in capsys.readouterr().out


def test_an_unknown_name_is_refused_with_the_names_there_are(capsys):
    code = main(["thoroughput"])

    assert code == 2
    assert "latency" in capsys.readouterr().out
