"""Sets and written comments: read whole, or refused by file and line."""

import gzip
import json
from collections import Counter

import numpy as np
import pytest

from classifiers import written
from classifiers.folds import fold_of, folds_of
from classifiers.sets import UnreadableSet, read_sets
from classifiers.train import read_rows, thinned
from classifiers.written import CORPORA, read_held_out, read_written
from tests.classifiers.conftest import labelled

SAID_BY_ANYBODY = 20  # characters
LARGE, SMALL = ("de", "ru", "en"), ("fr", "es", "it", "pl", "tr")


def write(path, *rows):
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)


def spoken(text, label="ham", **fields):
    return {"text": text, "label": label, "lang": "en", "kind": "comment"} | fields


def test_a_set_is_read_with_the_weights_of_its_policy(tmp_path):
    write(tmp_path / "sms_uci.jsonl.gz", spoken("see you at nine"), spoken("you won", "spam"))
    write(tmp_path / "another.jsonl.gz", spoken("a remark on the article"))

    found = read_sets(tmp_path)

    assert [(row.source, row.is_spam, row.weight) for row in found] == [
        ("another", False, 1.0),
        ("sms_uci", False, 0.1),
        ("sms_uci", True, 0.3),
    ]


def test_the_name_of_an_author_is_never_learnt_from_a_set(tmp_path):
    write(tmp_path / "techblog_en.jsonl.gz", spoken("nice post", "spam", author="cheap watches"))

    (row,) = read_sets(tmp_path)

    assert row.example.author is None


def test_the_same_text_is_read_once(tmp_path):
    write(tmp_path / "a.jsonl.gz", spoken("Thank you, Sir!"), spoken("thank you sir"))

    assert len(read_sets(tmp_path)) == 1


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"text": "no label"}', '{"text": "a", "label": "maybe"}', '"text"']
)
def test_a_broken_line_is_named_by_file_and_line(tmp_path, line):
    write(tmp_path / "mine.jsonl.gz", spoken("well"), line)

    with pytest.raises(UnreadableSet, match=r"mine\.jsonl\.gz, line 2"):
        read_sets(tmp_path)


def test_a_large_set_is_thinned_and_counts_no_less():
    rows = [labelled(f"remark {i}", spam=False, source="sms_uci") for i in range(6000)]

    kept = thinned(rows, seed=0)

    assert len(kept) < 2500
    assert sum(row.weight for row in kept) == pytest.approx(6000, rel=0.1)


@pytest.mark.parametrize("kind", ["spam", "ham"])
@pytest.mark.parametrize("language", LARGE)
def test_there_are_many_groups_of_each_class_in_the_languages_that_count(kind, language):
    rows = lines(kind, language)

    assert len({row["group"] for row in rows}) == len(rows) >= 150
    assert len({row["genre"] for row in rows}) >= 20


@pytest.mark.parametrize("kind", ["spam", "ham"])
@pytest.mark.parametrize("language", SMALL)
def test_other_languages_have_some(kind, language):
    assert len(lines(kind, language)) >= 20


@pytest.mark.parametrize("path", sorted(CORPORA.glob("*/*.jsonl")), ids=lambda p: f"{p.parent}")
def test_every_written_line_has_only_known_keys(path):
    known = {"group", "genre", "label", "text", "author", "email", "url", "post", "type"}
    if path.parent.name == "posts":
        known = {"id", "permalink", "title", "tags"}

    strangers = {key for row in lines(path.parent.name, path.stem) for key in row} - known

    assert not strangers


def test_the_braces_of_every_template_are_balanced():
    for path in (CORPORA / "spam").glob("*.jsonl"):
        for row in lines("spam", path.stem):
            for field in ("text", "author", "email", "url"):
                value = row.get(field, "")
                assert value.count("{") == value.count("}"), row["group"]


def test_the_test_set_of_other_writers_shares_no_text_with_training():
    trained = {row.example.text for row in read_written(seed=0)}
    held_out = read_held_out(seed=0)

    shared = trained & {row.example.text for row in held_out}

    assert {row.language for row in held_out} == set(LARGE)
    assert all(len(text) < SAID_BY_ANYBODY for text in shared), shared


@pytest.mark.parametrize("field", ["author", "url", "mail_domain", "permalink", "language"])
def test_a_field_is_left_out_as_often_in_both_classes(field):
    rows = read_written(seed=3)

    missing = [
        np.mean([getattr(row.example, field) is None for row in rows if row.is_spam is is_spam])
        for is_spam in (True, False)
    ]

    assert missing[0] == pytest.approx(missing[1], abs=0.02)


def test_a_group_stands_on_one_side_of_a_split_only():
    rows = read_rows(None, seed=0)

    folds = {(row.group, fold) for row, fold in zip(rows, folds_of(rows), strict=True)}

    assert len(folds) == len({group for group, _ in folds})


def test_a_source_of_one_class_is_left_out_whole():
    counted = Counter(
        fold_of(labelled(f"{i}", spam=False, source="civil_toxic")) for i in range(50)
    )

    assert len(counted) == 1


def lines(kind, language):
    return list(written._lines(CORPORA / kind / f"{language}.jsonl"))
