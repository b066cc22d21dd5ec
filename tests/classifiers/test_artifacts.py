import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

from classifiers import artifacts, features
from classifiers.artifacts import UnfitModel, load, pack, save
from classifiers.train import UnfitRows, manifest_of, train

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(trained, tmp_path):
    save(trained.model, manifest_of(trained, seed=7), tmp_path)
    return tmp_path


def test_the_same_rows_and_seed_make_the_same_file(rows, trained):
    assert pack(train(rows, seed=7).model) == pack(trained.model)


def test_one_class_is_refused(rows):
    with pytest.raises(UnfitRows, match="both"):
        train([row for row in rows if row.is_spam], seed=7)


def test_what_is_saved_is_loaded_with_its_manifest(folder, trained):
    model, manifest = load(folder)

    assert (model.weights == trained.model.weights).all()
    assert manifest["sha256"].startswith(manifest["version"])


def test_a_changed_file_is_refused_before_anything_of_it_runs(folder, monkeypatch):
    path = folder / artifacts.MODEL_FILE
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(joblib, "load", lambda _: pytest.fail("it was opened"))

    with pytest.raises(UnfitModel, match="digests differ"):
        load(folder)


def test_a_model_of_other_features_is_refused(folder, monkeypatch):
    monkeypatch.setattr(features, "FEATURES", features.FEATURES[1:])

    with pytest.raises(UnfitModel, match="other features"):
        load(folder)


@pytest.mark.parametrize("text", ["", "{", '{"sha256": 1}'])
def test_a_broken_manifest_is_refused_in_a_sentence(folder, text):
    (folder / artifacts.MANIFEST_FILE).write_text(text)

    with pytest.raises(UnfitModel):
        load(folder)


def test_the_manifest_of_the_model_that_ships_names_its_training_and_its_measures():
    _, manifest = load()

    names = {part["name"] for part in manifest["measures"]}
    assert {"tubespam", "techblog_en", "tg_umputun"} <= names
    assert "datacamp" not in json.dumps(manifest["training"])


def test_it_is_imported_where_nothing_can_be_written(tmp_path):
    """A read-only tree and home: code is compiled for the process and not kept."""
    tree = tmp_path / "tree"
    shutil.copytree(
        ROOT / "classifiers",
        tree / "classifiers",
        ignore=shutil.ignore_patterns("__pycache__", "corpora"),
    )
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "import numba.core.caching as c\n"
        "def refuse(*_): raise RuntimeError('no locator')\n"
        "c.CacheImpl.__init__ = refuse\n"
        "from classifiers.scorer import load_default\n"
        "from classifiers.examples import Example\n"
        "print(len(load_default().score([Example(text='hello')])))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        cwd=tree,
        env={**os.environ, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout.strip(), done.returncode) == ("1", 0), done.stderr
