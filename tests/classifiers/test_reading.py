"""The facts of one pass: each told apart from what looks like it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.examples import Example
from classifiers.facts import FACTS, NAMES
from classifiers.reading import language_bits, read_examples
from tests.classifiers.strategies import EXAMPLES


def facts_of(text="", **fields):
    return read_examples([Example(text=text, **fields)]).facts[0]


def folded(text):
    reading = read_examples([Example(text=text)])
    first, last = reading.page.bounds[0]
    return "".join(map(chr, reading.page.points[first:last]))


@given(st.lists(EXAMPLES, max_size=5))
def test_whatever_the_comments_every_fact_is_a_finite_number(examples):
    facts = read_examples(examples).facts

    numbers = facts.view(np.float64).reshape(len(facts), len(FACTS))
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()


@given(st.lists(EXAMPLES, min_size=2, max_size=5))
def test_a_comment_is_read_the_same_in_any_company(examples):
    together = read_examples(examples)
    alone = [read_examples([example]) for example in examples]

    assert together.facts.tobytes() == b"".join(each.facts.tobytes() for each in alone)
    assert together.prints.tolist() == [each.prints[0].tolist() for each in alone]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "http://a.b/c " * 10_000,
        "http://" * 10_000,
        "." * 100_000,
        "@" * 100_000,
        "&lt;" * 100_000,
        "\u200b" * 100_000,
        "a\u0300" * 100_000,
        "\ud800" * 100_000,
        "\0" * 100_000,
        "кa" * 100_000,
        "1 " * 100_000,
        "<a href=”x" * 10_000,
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_long_and_broken_texts_are_read_like_any_other(text):
    example = Example(text=text, author=text, url=text, permalink=text, title=text, context=text)

    facts = read_examples([example]).facts

    assert facts["raw_characters"] == len(text)
    assert facts["characters"] <= 4001


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("see http://a.com/x and https://b.de", "links", 2),
        ("see www.example.com/page", "links", 1),
        ("buy at shop.example.com/cart now", "bare_domains", 1),
        ("fertig.Und weiter, version 2.5, z.B. so", "links", 0),
        ("done.it was", "bare_domains", 0),
        ("look: amzn.it/deal", "bare_domains", 1),
        ("http://bit.ly/abc", "shorteners", 1),
        ("https://wa.me/49171", "messenger_links", 1),
        ("https://en.wikipedia.org/wiki/Spam", "reference_links", 1),
        ("try a.com and b.com", "bare_domains", 2),
        ("it is at a.com http://a.com", "bare_domains", 0),
        ("it is at a.com http://a.com", "links", 1),
        ("a.com http://b.com", "links", 2),
        ('<a href="http://www.a.com/b" rel="x">a.com</a>', "links", 1),
        ("http://best-casino24.com/", "commercial_links", 1),
        ("http://buy.xyz", "cheap_links", 1),
        ("http://a.com/", "deep_links", 0),
        ("http://a.com/b", "deep_links", 1),
        ('<a href="http://a.com">x</a>', "tags", 2),
        ("1 < 2 and 3 <4", "tags", 0),
        ("[url=http://a.com]x[/url]", "bbcode", 1),
        ("[…] as they say [1] [lol]", "bbcode", 0),
        ("<a href=”http://a.com”>x", "curly_links", 1),
        ("write to a.b@c.de please", "emails", 1),
        ("@karl are you there", "handles", 1),
        ("call +49 171 1234567 or 0561/123456-78", "phones", 2),
        ("on 2010-06-06 20:44:47 for 3500000", "phones", 0),
        ("!!! what?", "exclamations", 3),
        ("5 € or $6", "money_signs", 2),
        ("NASA and WE", "capital_words", 1),
        ("the bеst onlinе саsinо", "twin_words", 3),
        ("IT-отдел, 3D-печать", "mixed_words", 0),
        ("vi\u200bag\u200bra", "invisible", 2),
        ("👨\u200d👩\u200d👧 ❤\ufe0f", "invisible", 0),
        ("aaaaaaa", "longest_run", 7),
        ("qwrtpsd fghjkl", "clusters", 2),
        ("Kreditvergabe und Kredite", "commercial_words", 2),
        ("die Leute und ich", "words", 4),
        ("спасибо за статью", "praise_words", 1),
    ],
)
def test_a_fact_is_counted_and_its_likeness_is_not(text, name, count):
    assert facts_of(text)[name] == count


def test_what_hides_letters_is_folded_away():
    assert folded("The ＢЕST c\u0430sin\u043e vi\u200bagra") == "the best casino viagra"


def test_pure_words_of_any_script_stay_what_they_are():
    assert folded("Рот, СОР, Πότε") == "рот, сор, πότε"


def test_links_are_compared_with_the_post_and_with_the_author():
    facts = facts_of(
        "http://www.blog.de/a https://shop.com/b",
        permalink="https://blog.de/2024/01/post/",
        url="http://shop.com/",
    )

    assert (facts["site_links"], facts["author_links"]) == (1, 1)


def test_words_of_the_post_are_found_in_their_inflections():
    facts = facts_of(
        "Die Baustellen in der Nordstadt nerven alle", title="Baustelle in der Nordstadt"
    )

    assert facts["overlap_words"] == 2


def test_the_languages_of_text_and_blog_are_compared():
    facts = facts_of("this is not the language of the blog", language="de")

    assert facts["other_common"] > facts["expected_common"]


@pytest.mark.parametrize(
    ("language", "known"), [("de, en_us", 1), ("RU", 1), ("ja", 0), ("de, ja", 0), ("", 0)]
)
def test_a_blog_in_a_language_without_a_list_has_no_known_language(language, known):
    assert (language_bits(language) != 0) == known


def test_the_authors_name_is_read_as_a_name_or_as_a_keyword():
    person = facts_of(author="Gisela Umbach", url="https://umbach.example/")
    keyword = facts_of(author="BestCasino24.com", url="https://bestcasino24.com/slots/free?a=1")

    assert (person["author_words"], person["author_commercial"]) == (2, 0)
    assert person["author_in_link"] == 1
    assert keyword["author_commercial"] >= 1
    assert (keyword["author_camels"], keyword["author_digits"], keyword["author_dots"]) == (1, 2, 1)
    assert (keyword["url_depth"], keyword["url_query"], keyword["host_digits"]) == (2, 1, 2)


def test_an_empty_field_is_known_and_a_missing_one_is_not():
    empty, missing = facts_of(author="", url=""), facts_of()

    assert (empty["known_author"], empty["known_url"]) == (1, 1)
    assert (missing["known_author"], missing["known_url"]) == (0, 0)


def test_a_mail_domain_is_disposable_free_or_the_authors_own():
    facts = [
        facts_of(mail_domain=domain, url="https://www.shop-meier.co.uk/x")
        for domain in ("mailinator.com", "gmail.com", "shop-meier.co.uk")
    ]

    assert [each["mail_disposable"] for each in facts] == [1, 0, 0]
    assert [each["mail_freemail"] for each in facts] == [0, 1, 0]
    assert [each["mail_of_link"] for each in facts] == [0, 0, 1]


def test_names_of_facts_are_told_once():
    assert len(set(NAMES)) == len(NAMES)
