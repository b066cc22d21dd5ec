import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.examples import Example
from classifiers.facts import KNOWN
from classifiers.features import FEATURES, known, matrix
from classifiers.reading import read_examples
from tests.classifiers.strategies import EXAMPLES

NUMBER = {feature.name: number for number, feature in enumerate(FEATURES)}


def value(name, text="", **fields):
    facts = read_examples([Example(text=text, **fields)]).facts
    return matrix(facts)[0, NUMBER[name]]


@given(st.lists(EXAMPLES, max_size=5))
def test_whatever_the_comments_every_feature_is_a_finite_number(examples):
    values = matrix(read_examples(examples).facts)

    assert values.shape == (len(examples), len(FEATURES))
    assert np.isfinite(values).all()
    assert (np.abs(values) < 100).all()


def test_every_feature_has_a_name_of_its_own_a_unit_and_a_reason():
    assert len(NUMBER) == len(FEATURES)
    assert all(feature.unit and feature.needs in ("", *KNOWN) for feature in FEATURES)


@given(EXAMPLES)
def test_a_feature_is_known_exactly_where_its_field_is(example):
    facts = read_examples([example]).facts

    needs = {feature.name: feature.needs for feature in FEATURES}
    for name, is_known in zip(needs, known(facts)[0], strict=True):
        assert is_known == (not needs[name] or facts[0][f"known_{needs[name]}"] == 1)


@pytest.mark.parametrize(
    ("name", "more", "less"),
    [
        ("capitals", "FREE MONEY HERE", "Free money here"),
        ("capitals", "FREE MONEY HERE", "免费的钱在这里吗真的吗"),
        ("repeated_words", "buy " * 30, "one two three four five six seven eight"),
        ("link_at_end", "nice post here http://a.com", "http://a.com is a nice post, I would say"),
        ("praise", "Great post, nice blog", "The bridge is closed on Sundays"),
        ("other_script", "Купите у нас", "Buy it from us"),
        ("look_alikes", "саsinо online", "casino online"),
        ("unpronounceable_words", "xkcdqw rtzpls", "hello world"),
        ("home_page_link", "http://a.com", "http://a.com/some/page"),
        ("reference_links", "https://de.wikipedia.org/wiki/Spam", "https://facebook.com/me"),
        ("profile_links", "https://www.facebook.com/me", "https://de.wikipedia.org/wiki/Spam"),
        ("appeals", "please check out my new song", "my new song took a year"),
        ("appeals", "schaut doch mal auf meinem Kanal vorbei", "meinem Kanal geht es gut"),
        ("appeals", "подпишитесь на мой канал", "мой канал закрыт"),
        ("appeals", "follow me", "I follow the news, and nobody asked me"),
    ],
)
def test_a_feature_is_larger_where_there_is_more_of_it(name, more, less):
    assert value(name, more, language="en") > value(name, less, language="en")


def test_relevance_tells_a_comment_on_the_post_from_praise_of_any():
    post = {
        "title": "Baustelle am Holländischen Platz",
        "permalink": "https://b.de/baustelle-platz/",
    }
    praise = "Toller Beitrag, sehr interessante Seite, weiter so liebe Leute!"
    answer = "Die Baustelle am Platz nervt, meine Mutter kommt nicht zur Haltestelle."

    assert value("says_nothing_of_post", praise, **post) == 1
    assert value("words_of_post", answer, **post) > 0
    assert value("generic_praise", praise, **post) > value("generic_praise", answer, **post)
