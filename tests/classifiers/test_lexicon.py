import hashlib

import pytest

from classifiers import lexicon
from classifiers.lexicon import LISTS, hashed, stem_hash, table


def flags_of(key):
    keys, flags, _ = table()
    return int(flags[keys == key][0]) if (keys == key).any() else 0


@pytest.mark.parametrize(
    ("word", "bit"),
    [
        ("seo", lexicon.COMMERCIAL),
        ("merci", lexicon.PRAISE),
        ("bit.ly", lexicon.SHORTENER),
        ("mailinator.com", lexicon.DISPOSABLE),
        ("gmail.com", lexicon.FREEMAIL),
        (".xyz", lexicon.CHEAP),
        (".de", lexicon.ENDING),
        (".it", lexicon.WORD_ENDING),
        ("der", 1 << lexicon.FIRST_LANGUAGE_BIT),
    ],
)
def test_an_entry_is_found_with_the_bit_of_its_list(word, bit):
    assert flags_of(hashed(word)) & bit


def test_a_stem_is_kept_apart_from_the_word_that_it_is():
    assert flags_of(stem_hash("casino")) & lexicon.COMMERCIAL
    assert not flags_of(hashed("casino"))


def test_the_hash_is_fnv_1a():
    assert hashed("") == 0xCBF29CE484222325
    assert hashed("foobar") == 0x85944171F73967E8  # from the authors' test vectors


def test_the_table_leaves_room_to_miss_quickly():
    keys, _, _ = table()

    assert (keys != 0).mean() < 0.5


def test_every_list_is_read_or_says_that_it_is_read_elsewhere():
    read = {*lexicon.WORD_LISTS, *lexicon.HOST_LISTS, *lexicon.ENDING_LISTS, *lexicon.LANGUAGES}
    elsewhere = {"referrer_spam", "unmarked_spam"}  # by the rules of moderation, by reports

    assert {path.stem for path in LISTS.rglob("*.txt")} - {"LICENSE", "ORIGIN"} == read | elsewhere


def test_stems_are_no_shorter_than_what_is_looked_up():
    stems = [
        entry.rstrip("*")
        for path in (LISTS / "words").glob("*.txt")
        for line in path.read_text("utf-8").splitlines()
        if not line.startswith("#")
        for entry in line.split()
        if entry.endswith("*")
    ]

    assert [stem for stem in stems if len(stem) < lexicon.STEM_SHORTEST] == []


def test_every_entry_is_written_in_small_letters():
    for path in LISTS.rglob("*.txt"):
        if path.stem not in {"LICENSE", "ORIGIN", "referrer_spam"}:
            lines = [line for line in path.read_text("utf-8").splitlines() if line[:1] != "#"]
            assert [line for line in lines if line != line.lower()] == [], path


def test_the_lists_of_others_are_unchanged_and_beside_their_licences():
    hosts = LISTS / "hosts"
    noted = [line.split() for line in (hosts / "SHA256SUMS").read_text("ascii").splitlines()]
    said = (LISTS / "VENDORED.md").read_text("utf-8")

    for digest, name in noted:
        assert hashlib.sha256((hosts / name).read_bytes()).hexdigest() == digest
        assert f"`{name}`" in said
    theirs = {path for path in hosts.glob("*.txt") if "Ours." not in path.read_text("utf-8")}
    assert {path.name for path in theirs} == {name for _, name in noted if name.endswith(".txt")}
