import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.features import FEATURES
from moderation import wording
from moderation.checks import CHECKS, QUOTABLE_FIELDS, RULES
from moderation.history import COUNTED_AT_MOST, SIGNALS
from moderation.verdicts import Finding
from moderation.wording import LANGUAGES, sentence, sentences
from service.sites import LISTED_FIELDS

# What a scorer adds to its features, and what screening rules by itself.
TERMS = ("prior", "words", "other", "site_model", "site_adjustment")
REASONS = sorted(
    {feature.name for feature in FEATURES}
    | {function.__name__ for function in (*CHECKS, *SIGNALS)}
    | set(TERMS)
)
RULINGS = sorted({rule.__name__ for rule in RULES} | {"decided_before"})
LISTS = ("allow_list", "block_list")

PARAMETERS = {
    "value": st.floats(0, 10_000),
    "comments": st.integers(1, COUNTED_AT_MOST),
    "seconds": st.floats(0, 3600),
    "role": st.just("editor"),
}


def everything(**changes):
    """One value for each parameter that any finding carries."""
    return {"value": 3.0, "comments": 3, "seconds": 1.0, "role": "editor"} | changes


def placeholders(clause):
    return {name for _, name, _, _ in string.Formatter().parse(clause) if name}


@pytest.fixture(params=sorted(LANGUAGES))
def language(request):
    return request.param


@pytest.mark.parametrize("name", REASONS)
def test_every_reason_has_a_sentence_in_every_language(name, language):
    general = LANGUAGES[language].unknown.format(name=name)

    for log_odds in (-2.0, -0.1, 0.1, 2.0):
        for value in (0.0, 0.5, 1.0, 7.0):
            said = sentence(Finding(name, log_odds, everything(value=value)), language)
            assert not said.startswith(general)


@pytest.mark.parametrize("name", [name for name in RULINGS if name not in LISTS])
def test_every_rule_has_a_sentence_that_says_it_settled_the_matter(name, language):
    said = sentence(Finding(name, 0.0, everything()), language)

    assert said.endswith(f"{LANGUAGES[language].settled}.")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("field", LISTED_FIELDS)
def test_every_kind_of_list_has_a_sentence_that_quotes_what_may_be_quoted(name, field, language):
    entry = {"entry": "casino"} if field in QUOTABLE_FIELDS else {}

    said = sentence(Finding(name, 0.0, {"field": field} | entry), language)

    assert said.endswith(f"{LANGUAGES[language].settled}.")
    assert said != sentence(Finding(name, 0.0, {"field": "another"}), language)
    assert ("casino" in said) == (field in QUOTABLE_FIELDS)


def test_no_sentence_is_kept_for_a_name_that_nothing_bears(language):
    spoken = LANGUAGES[language]

    assert {key.partition("/")[0] for key in spoken.reasons} == set(REASONS)
    assert {key.partition("/")[0] for key in spoken.rulings} == set(RULINGS)


def test_all_languages_narrow_down_the_same_sentences_and_name_the_same_parameters():
    german = LANGUAGES["de"]
    for spoken in LANGUAGES.values():
        assert spoken.rulings.keys() == german.rulings.keys()
        assert spoken.reasons.keys() == german.reasons.keys()
        for key, clause in (german.rulings | german.reasons).items():
            assert placeholders((spoken.rulings | spoken.reasons)[key]) == placeholders(clause)


def test_clauses_begin_like_sentences_and_leave_the_end_to_the_ending(language):
    spoken = LANGUAGES[language]
    for clause in (*spoken.rulings.values(), *spoken.reasons.values(), spoken.unknown):
        assert clause[0] in "„“«{" or clause[0].isupper()
        assert clause[-1] not in " .:;,–—"
        assert "  " not in clause


def forms(clause):
    """The forms in a clause, by what they count."""
    parsed = string.Formatter().parse(clause)
    return [(name, spec.rpartition(":")[2].split("|")) for _, name, spec, _ in parsed if spec]


def has_none(key, name, spoken):
    counted = [len(found) for other, found in forms(spoken.reasons[key]) if other == name]
    return any(count > spoken.forms for count in counted)


def test_a_counted_word_has_the_forms_of_its_language_and_perhaps_one_for_none(language):
    spoken = LANGUAGES[language]
    for key, clause in spoken.reasons.items():
        for name, found in forms(clause):
            if len(found) > 1:
                assert len(found) in (spoken.forms, spoken.forms + 1), clause
                assert has_none(key, name, spoken) == has_none(key, name, LANGUAGES["de"]), clause


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("de", 4, "kamen binnen weniger Minuten 4 weitere Kommentare"),
        ("de", 20, "mindestens 20 weitere Kommentare"),
        ("en", 4, "4 more comments"),
        ("de", 1, "kam binnen weniger Minuten 1 weiterer Kommentar"),
        ("en", 20, "at least 20 more comments"),
        ("ru", 4, "ещё 4 комментария"),
        ("ru", 5, "ещё 5 комментариев"),
        ("ru", 12, "ещё 12 комментариев"),
        ("ru", 20, "ещё не менее 20 комментариев"),
    ],
)
def test_a_count_takes_the_right_form(language, count, said):
    assert said in sentence(Finding("burst", 1.0, {"comments": count}), language)


@pytest.mark.parametrize(
    ("language", "seconds", "said"),
    [
        ("de", 1.0, "nach 1 Sekunde abgeschickt"),
        ("de", 1.5, "nach 1,5 Sekunden abgeschickt"),
        ("de", 0.0, "nach 0 Sekunden abgeschickt"),
        ("en", 1.0, "after 1 second,"),
        ("en", 1.5, "after 1.5 seconds,"),
        ("ru", 1.0, "через 1 секунду"),
        ("ru", 1.5, "через 1,5 секунды"),
        ("ru", 0.0, "через 0 секунд"),
        ("ru", 2.0, "через 2 секунды"),
    ],
)
def test_a_measure_is_written_and_inflected_as_the_language_does(language, seconds, said):
    assert said in sentence(Finding("form_time", 1.0, {"seconds": seconds}), language)


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        (0, (1, 21, 101, 1001)),
        (1, (2, 3, 4, 22, 104, 1.5)),
        (2, (0, 5, 11, 12, 14, 15, 20, 25, 100, 111, 112)),
    ],
)
def test_russian_has_three_forms(form, numbers):
    assert {LANGUAGES["ru"].form(number) for number in numbers} == {form}


@pytest.mark.parametrize(
    ("language", "spec", "number", "written"),
    [
        ("de", "", 1234567.0, "1.234.567"),
        ("en", "", 1234567.0, "1,234,567"),
        ("ru", "", 1234567.0, "1\u00a0234\u00a0567"),
        ("de", "", 2.55, "2,5"),
        ("en", "", 9.96, "10"),
        ("en", "", 12.4, "12"),
        ("de", "%", 0.333, "33\u00a0%"),
        ("en", "%", 0.333, "33%"),
        ("de", "%", 0.001, "weniger als 1\u00a0%"),
        ("ru", "%", 0.0, "0\u00a0%"),
        ("en", "exp", math.log(302), "301"),
        ("en", "exp:# letter|# letters", math.log(2), "1 letter"),
        ("en", "exp:none|# letter|# letters", math.log(2), "1 letter"),
        ("en", "exp:none|# letter|# letters", 0.0, "none"),
        ("ru", "exp:# знак|# знака|# знаков", math.log(302), "301 знак"),
        ("ru", "few:# знак|# знака|# знаков", math.log(33), "не менее 32 знаков"),
        ("de", "few:# Link|# Links", math.log(32), "31 Links"),
    ],
)
def test_numbers_are_written_for_the_language(language, spec, number, written):
    assert format(wording.Number(number, LANGUAGES[language]), spec) == written


@pytest.mark.parametrize(
    ("log_odds", "ending"),
    [
        (3.0, "which points strongly to spam."),
        (1.0, "which points to spam."),
        (0.2, "which hints at spam."),
        (0.0, "which carries no weight."),
        (-0.2, "which speaks a little against spam."),
        (-1.0, "which speaks against spam."),
        (-3.0, "which speaks strongly against spam."),
    ],
)
def test_a_sentence_says_which_way_it_points_and_how_far(log_odds, ending):
    assert sentence(Finding("own_domain", log_odds), "en").endswith(ending)


def test_a_name_from_an_older_model_gets_a_general_sentence(language):
    said = sentence(Finding("moon_phase", 1.0, {"value": 0.5}), language)

    assert "moon_phase" in said
    assert said.endswith(f"{LANGUAGES[language].spam[1]}.")


def test_a_finding_without_the_number_its_words_need_gets_a_general_sentence():
    assert "form_time" in sentence(Finding("form_time", 1.0), "en")
    assert "form_time" in sentence(Finding("form_time", 1.0, {"seconds": float("nan")}), "en")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("ru", "ru"),
        ("fr, ru_ru", "ru"),
        ("fr", "en"),
        ("", "en"),
        ("debug", "en"),
    ],
)
def test_the_first_language_that_is_spoken_counts_else_english(tag, language):
    finding = Finding("own_domain", 1.0)

    assert sentence(finding, tag) == sentence(finding, language)


def test_what_decided_comes_first_then_the_strongest_and_what_is_no_reason_last():
    findings = [
        Finding("prior", -5.0),
        Finding("other", 4.0),
        Finding("spam_address", 1.5),
        Finding("approved_author", -2.0),
        Finding("honeypot", 0.0),
    ]

    order = [findings[i] for i in (4, 3, 2, 1, 0)]
    assert sentences(findings, "de") == [sentence(finding, "de") for finding in order]


@given(
    st.builds(
        Finding,
        st.sampled_from([*REASONS, *RULINGS]) | st.text(),
        st.floats(allow_nan=False),
        st.dictionaries(
            st.sampled_from(["value", "comments", "seconds", "field", "entry", "role"]),
            st.text() | st.integers() | st.floats(),
        ),
    ),
    st.sampled_from(sorted(LANGUAGES)) | st.text(),
)
def test_whatever_was_stored_there_is_a_sentence(finding, language):
    said = sentence(finding, language)

    assert len(said) > 10
    assert said.endswith(".")


@given(st.sampled_from(REASONS), st.floats(-5, 5), st.fixed_dictionaries(PARAMETERS))
def test_every_number_in_its_range_fits_the_words(name, log_odds, parameters):
    for language in LANGUAGES:
        said = sentence(Finding(name, log_odds or 1.0, parameters), language)

        assert LANGUAGES[language].unknown.partition("{")[0] not in said
