"""The same work in processes, in threads and on a Dask cluster."""

import builtins
import io
import json
import signal
import subprocess
import sys
from threading import Event

import numpy as np
import pytest
from distributed import LocalCluster

from classifiers import backends, floor
from classifiers.artifacts import pack
from classifiers.backends import Backend, Place, Unreachable, working
from classifiers.scorer import load_default
from classifiers.scoring import Thresholds, score_lines, score_parcels
from classifiers.train import FITS, train

THRESHOLDS = Thresholds(0.5, 0.98)


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=2, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def places(cluster):
    return {
        Backend.LOKY: Place(Backend.LOKY, jobs=2),
        Backend.THREADING: Place(Backend.THREADING, jobs=3),
        Backend.DASK: Place(Backend.DASK, scheduler=cluster),
    }


@pytest.mark.parametrize("backend", Backend)
def test_the_same_model_is_made_everywhere_bit_for_bit(rows, trained, places, backend):
    steps = []

    with working(places[backend]):
        found = train(rows, seed=7, progress=lambda: steps.append(1))

    assert pack(found.model) == pack(trained.model)
    assert np.array_equal(found.left_out, trained.left_out, equal_nan=True)
    assert len(steps) == FITS


@pytest.mark.parametrize("backend", Backend)
def test_the_floor_is_the_same_everywhere(rows, places, backend):
    here = floor.left_out(rows, seed=7, progress=lambda: None)

    with working(places[backend]):
        found = floor.left_out(rows, seed=7, progress=lambda: None)

    assert np.array_equal(found, here, equal_nan=True)
    assert not np.isnan(found).all()


@pytest.mark.parametrize("backend", Backend)
def test_scored_in_parcels_every_line_has_the_same_answer_in_its_place(
    places, backend, monkeypatch
):
    monkeypatch.setattr("classifiers.scoring.PARCEL_LINES", 7)
    lines = [json.dumps({"text": f"Visit my casino {n}"}).encode() for n in range(100)]
    lines[41] = b"{"
    here, there, complaints = io.BytesIO(), io.BytesIO(), io.StringIO()
    score_lines(lines, load_default(), THRESHOLDS, here, io.StringIO())

    with working(places[backend]) as workers:
        refused = score_parcels(lines, workers, THRESHOLDS, there, complaints)

    assert there.getvalue() == here.getvalue()
    assert (refused, complaints.getvalue()) == (1, "line 42: not JSON\n")


def test_where_no_scheduler_answers_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(backends, "CONNECT_SECONDS", 0.2)
    place = Place(Backend.DASK, scheduler="tcp://127.0.0.1:1")

    with pytest.raises(Unreachable, match="reached by tcp"), working(place):
        pytest.fail("it ran")


@pytest.mark.parametrize("address", ["nonsense://127.0.0.1:1", "127.0.0.1", "a b"])
def test_an_address_that_is_none_is_refused_in_a_sentence(address):
    with pytest.raises(Unreachable), working(Place(Backend.DASK, scheduler=address)):
        pytest.fail("it ran")


def test_a_worker_of_another_version_is_refused_by_name():
    found = {"tcp://10.0.0.7:4711": {"numpy": "2.4", "scipy": "1.17"}}

    with pytest.raises(Unreachable, match=r"10\.0\.0\.7:4711 has scipy 1\.17"):
        backends.compare({"numpy": "2.4", "scipy": "1.18"}, found)


def test_a_cluster_that_goes_away_ends_the_work_in_a_sentence(monkeypatch, request):
    monkeypatch.setattr(backends, "CONNECT_SECONDS", 2)
    monkeypatch.setattr(backends, "WATCH_SECONDS", 0.1)
    # Where tests run in several processes, they are deaf to interrupts.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, heard))
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as going,
        pytest.raises(Unreachable, match="went away"),
        working(Place(Backend.DASK, scheduler=going.scheduler_address)),
    ):
        going.close()
        Event().wait(60)


def test_the_command_runs_on_a_cluster_and_says_nothing_else(cluster):
    command = [sys.executable, "-m", "service", "score", "--backend", "dask"]

    done = subprocess.run(
        [*command, "--scheduler", cluster],
        input=b'{"text": "hello"}\n{\n',
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout.startswith(b'{"probability":')
    assert done.stderr == b"line 2: not JSON\n"


def test_the_command_refuses_jobs_that_are_none():
    command = [sys.executable, "-m", "service", "score", "--jobs", "0"]

    done = subprocess.run(command, input=b"", capture_output=True, check=False)

    assert done.returncode == 2
    assert b"a number from 1 on" in done.stderr


def test_a_scheduler_without_dask_is_a_mistake():
    place = Place(scheduler="tcp://127.0.0.1:8786")

    with pytest.raises(Unreachable, match="--backend dask"), working(place):
        pytest.fail("it ran")


def test_without_dask_one_sentence_says_what_to_install(monkeypatch):
    load = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith(("dask", "distributed")):
            raise ModuleNotFoundError(name=name)
        return load(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)

    with pytest.raises(Unreachable, match='extra "dask"'), working(Place(Backend.DASK)):
        pytest.fail("it ran")
