import unicodedata

import pytest
from hypothesis import given

from classifiers.text import SCORED_CHARACTERS, prepare, scored, tables, twins
from tests.classifiers.strategies import TEXTS


@given(TEXTS)
def test_whatever_the_text_what_is_scored_is_bounded(text):
    assert len(prepare(text * 200)) <= SCORED_CHARACTERS + 1


def test_both_ends_of_a_long_text_are_scored():
    text = "a" * 3000 + "b" * 3000

    assert scored(text) == f"{'a' * 2000}\n{'b' * 2000}"


def test_a_text_that_grows_in_nfkc_stays_bounded():
    assert len(prepare("ﷺ" * 4000)) <= SCORED_CHARACTERS + 1


def test_html_entities_and_compatibility_forms_are_read_as_what_they_show():
    assert prepare("&lt;a&gt; ｃａｓｉｎｏ ﬁne") == "<a> casino fine"


@pytest.mark.parametrize("text", ["plain", "", "ä", "\ud800", "\0"])
def test_ordinary_text_stays_as_it_is(text):
    assert prepare(text) == text


def test_every_letter_below_the_scripts_without_case_has_its_small_form():
    small, _ = tables()
    wrong = [
        chr(code)
        for code in range(0x3040)
        if unicodedata.category(chr(code)) == "Lu" and small[code] != ord(chr(code).lower()[0])
    ]

    assert wrong == []


def test_look_alikes_lead_to_latin_and_back_to_cyrillic():
    latin, cyrillic = twins()

    assert "".join(chr(latin[ord(letter)]) for letter in "саѕіnо") == "casino"
    assert "".join(chr(cyrillic[ord(letter)]) for letter in "кaзинo") == "казино"
