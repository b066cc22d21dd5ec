import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation import lists
from moderation.comments import Comment
from moderation.lists import InvalidEntry, Match
from moderation.spelling import LISTED_CHARACTERS, host_of
from service.sites import LISTED_FIELDS, ListEntry, Site


def site(*entries):
    """A site with ``(field, value)`` on its block list, or ``(list, field, value)``."""
    listed = tuple(
        ListEntry(*(entry if len(entry) == 3 else ("block", *entry))) for entry in entries
    )
    return Site(
        id=1, name="blatt", url="https://blatt.example", language="de", pepper=b"", lists=listed
    )


def blocks(field, value, text="", **comment):
    return lists.blocked(Comment(text=text, **comment), site((field, value))) is not None


def allows(field, value, text="", **comment):
    return lists.allowed(Comment(text=text, **comment), site(("allow", field, value))) is not None


def test_every_field_that_a_site_can_list_is_matched():
    assert set(lists.FIELDS) == set(LISTED_FIELDS)


def test_a_match_names_the_field_and_the_entry_as_it_was_written():
    match = lists.blocked(Comment(text="das beste Casino"), site(("word", "CASINO")))

    assert match == Match("word", "CASINO")


def test_each_list_is_asked_by_itself():
    both = site(("allow", "word", "danke"), ("block", "word", "casino"))

    assert lists.allowed(Comment(text="danke"), both)
    assert not lists.blocked(Comment(text="danke"), both)
    assert lists.blocked(Comment(text="casino"), both)
    assert not lists.allowed(Comment(text="casino"), both)


def test_a_site_with_changed_lists_is_matched_by_the_new_ones():
    comment = Comment(text="casino")

    assert lists.blocked(comment, site(("word", "casino")))
    assert not lists.blocked(comment, site(("word", "poker")))
    assert lists.blocked(comment, site(("word", "casino")))


@pytest.mark.parametrize(
    "text",
    [
        "Spielt im Casino!",
        "CASINO",
        "casino-online",
        "https://www.best-casino.example/",
        "c\u200basi\u00adno",
        "сasinо",  # Cyrillic "с" and "о"
        "ＣＡＳＩＮＯ",
        "c\u0336a\u0336s\u0336i\u0336n\u0336o\u0336",
        "&#99;asino",
    ],
)
def test_a_word_is_found_however_it_is_dressed(text):
    assert blocks("word", "Casino", text)


@pytest.mark.parametrize("text", ["Casinos", "Spielcasino", "ca sino", "casi-no", "cas_ino"])
def test_a_word_is_found_only_whole(text):
    assert not blocks("word", "casino", text)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("казино", "лучшее КАЗИНО"),
        ("казино", "лучшее кaзинo"),  # Latin "a" and "o"
        ("самолет", "САМОЛЁТ"),
        ("Straße", "STRASSE"),
        ("Größe", "GRO\u0308ßE"),
    ],
)
def test_words_of_every_alphabet_are_found(entry, text):
    assert blocks("word", entry, text)


@pytest.mark.parametrize(
    ("entry", "text"), [("pot", "открой рот"), ("cop", "вынеси сор"), ("рот", "a pot of tea")]
)
def test_a_pure_word_of_another_alphabet_that_looks_alike_is_not_found(entry, text):
    assert not blocks("word", entry, text)


def test_a_word_is_looked_for_in_author_and_link_too():
    assert blocks("word", "casino", author="Best Casino")
    assert blocks("word", "casino", url="https://best-casino.example/")


@pytest.mark.parametrize("text", ["buy viagra", "Buy: VIAGRA!", "buy\nviаgra"])
def test_a_phrase_is_found_across_spaces_and_punctuation(text):
    assert blocks("word", "buy viagra", text)


@pytest.mark.parametrize("text", ["viagra buy", "buy cheap viagra", "buy", "buy viagras"])
def test_a_phrase_is_found_only_whole_and_in_order(text):
    assert not blocks("word", "buy viagra", text)


@pytest.mark.parametrize(
    "comment",
    [
        {"url": "https://casino.example/path"},
        {"url": "//www.casino.example"},
        {"email": "x@mail.casino.example"},
        {"text": "siehe http://a.b.casino.example/?x=1"},
        {"text": "siehe casino.example."},
        {"text": "[url=casino.example]hier[/url]"},
        {"text": "http://trusted.example@casino.example/"},
        {"text": "http://trusted.example/?to=casino.example"},
        {"text": "http&#58;//casino&#46;example"},
        {"text": "http://CASINO。example"},
    ],
)
def test_a_domain_and_all_below_it_are_found_in_every_link(comment):
    assert blocks("domain", "casino.example", **comment)


@pytest.mark.parametrize("host", ["mycasino.example", "casino.example.org", "casino-example"])
def test_a_domain_is_not_found_in_a_name_that_only_contains_it(host):
    assert not blocks("domain", "casino.example", f"https://{host}/")


@pytest.mark.parametrize("host", ["сайт.рф", "xn--80aswg.xn--p1ai", "САЙТ.РФ"])
@pytest.mark.parametrize("entry", ["сайт.рф", "xn--80aswg.xn--p1ai"])
def test_a_domain_is_the_same_in_letters_and_in_punycode(entry, host):
    assert blocks("domain", entry, f"https://{host}/")


@pytest.mark.parametrize(
    "entry",
    ["https://www.casino.example/x?y", "*.casino.example", "Casino.Example:443", ".example"],
)
def test_a_domain_may_be_written_as_a_link_or_with_a_star(entry):
    assert blocks("domain", entry, "https://shop.casino.example/")


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "::ffff:192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.0/24", "192.0.2.255"),
        ("192.0.2.99/24", "192.0.2.1"),
        ("::ffff:192.0.2.0/120", "192.0.2.9"),
        ("2001:db8::/32", "2001:db8:1::1"),
        ("2001:DB8::1", "2001:db8:0:0::1"),
    ],
)
def test_an_address_is_found_in_every_notation(entry, address):
    assert blocks("address", entry, address=address)


@pytest.mark.parametrize(
    "address", ["192.0.3.1", "2001:db8::1", "::c000:207", None, "", "nonsense"]
)
def test_an_address_outside_the_range_is_not_found(address):
    assert not blocks("address", "192.0.2.0/24", address=address)


@pytest.mark.parametrize(
    ("entry", "email"),
    [
        ("Eva@Example.org", "eva@example.org"),
        ("eva@example.org", " EVA@EXAMPLE.ORG "),
        ("*@example.org", "anyone@example.org"),
        ("@example.org", "anyone@example.org"),
    ],
)
def test_an_email_address_is_found_exactly_or_by_its_domain(entry, email):
    assert blocks("email", entry, email=email)


@pytest.mark.parametrize("email", ["eva2@example.org", "eva@sub.example.org", "eva", "@", None])
def test_another_email_address_is_not_found(email):
    assert not blocks("email", "eva@example.org", email=email)


@pytest.mark.parametrize("field", ["text", "author", "url", "email"])
def test_a_pattern_is_looked_for_in_each_field_by_itself(field):
    comment = {"text": "", field: "x-CASINO-77"}

    assert blocks("pattern", r"^x-casino-\d+$", **comment)


def test_of_several_patterns_the_first_that_matches_is_named():
    several = site(("pattern", "nowhere"), ("pattern", "ставк[аи]"), ("pattern", "онлайн"))

    assert lists.blocked(Comment(text="онлайн СТАВКИ"), several) == Match("pattern", "ставк[аи]")


def test_a_pattern_that_backtracks_elsewhere_ends_here():
    assert not blocks("pattern", "(x+x+)+y", "x" * LISTED_CHARACTERS)


def test_a_domain_allows_a_comment_whose_links_all_lead_there():
    assert allows("domain", "trusted.example", "siehe https://www.trusted.example/a.html")
    assert allows("domain", "trusted.example", "siehe trusted.example", url="trusted.example/me")
    assert allows("domain", "trusted.example", "kein Link", email="eva@trusted.example")


@pytest.mark.parametrize(
    "comment",
    [
        {"text": "https://trusted.example/ https://casino.example/"},
        {"text": "https://trusted.example/", "url": "https://casino.example/"},
        {"text": "https://trusted.example@casino.example/"},
        {"text": "https://trusted.example/ casino.example"},
        {"text": r"https://trusted.example/ https:\\casino.example"},
        {"text": "https://trusted.example.casino.example/"},
        {"text": "https://trusted.example/ //casino&#46;example"},
        {"text": "https://casino.example/", "email": "eva@trusted.example"},
        {"text": f"https://trusted.example/ https://casino.example/{' x' * LISTED_CHARACTERS}"},
        {"text": "kein Link", "author": "trusted.example"},
    ],
)
def test_an_allowed_link_is_no_ticket_for_another_link(comment):
    assert not allows("domain", "trusted.example", **comment)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (ListEntry("grey", "word", "x"), "list"),
        (ListEntry("block", "colour", "x"), "colour"),
        (ListEntry("block", "word", "!!!"), "pattern"),
        (ListEntry("block", "word", "C++"), "pattern"),
        (ListEntry("block", "word", " "), "pattern"),
        (ListEntry("block", "domain", "not a domain"), "domain"),
        (ListEntry("block", "domain", "https://"), "domain"),
        (ListEntry("block", "address", "300.1.1.1"), "address"),
        (ListEntry("block", "address", "0.0.0.0/0"), "every"),
        (ListEntry("block", "email", "eva"), "e-mail"),
        (ListEntry("block", "email", "*"), "e-mail"),
        (ListEntry("block", "pattern", "("), "missing )"),
        (ListEntry("block", "pattern", r"(a)\1"), "expression"),
        (ListEntry("block", "pattern", "casino|"), "every"),
        (ListEntry("block", "pattern", r"[\pL]{900}"), "too large"),
    ],
)
def test_an_entry_that_cannot_match_sensibly_is_refused_in_a_sentence(entry, reason):
    with pytest.raises(InvalidEntry, match=r"\w") as refused:
        lists.validate(entry)

    assert reason in refused.value.title
    assert refused.value.title.endswith(".")


def test_a_refused_entry_that_is_stored_all_the_same_stops_no_other():
    broken = site(("pattern", "("), ("address", "x"), ("word", "!"), ("word", "casino"))

    assert lists.blocked(Comment(text="casino"), broken) == Match("word", "casino")


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://example.org", "example.org"),
        ("http://www.example.org/a?b#c", "www.example.org"),
        ("example.org", "example.org"),
        ("*.Example.org", "example.org"),
        ("//example.org:443/", "example.org"),
        ("https://user:secret@example.org/@x", "example.org"),
        ("https://example.net:x@example.org/", "example.org"),
        (r"https:\\example.org\path", "example.org"),
        ("https://xn--80aswg.xn--p1ai/", "сайт.рф"),
        ("", ""),
        ("https://", ""),
    ],
)
def test_a_link_has_one_host(link, host):
    assert host_of(link) == host


@given(st.from_regex(r"\A(https?://)?[a-z0-9.-]{1,20}([/?#][a-z0-9@:/.]{0,9})?\Z"))
def test_a_plain_link_has_the_same_host_by_the_short_way_and_the_long(link):
    assert host_of(link) == host_of(f" {link}")


ENTRIES = st.builds(
    ListEntry,
    st.sampled_from(["allow", "block"]),
    st.sampled_from(LISTED_FIELDS),
    st.text(max_size=30) | st.from_regex(r"\A[(\[\\^$*+?|.)\]a]{1,9}\Z"),
)
ANY = st.text() | st.text(alphabet="xn--./:@аa&#;\u200bﷺ ", max_size=60)
COMMENTS = st.builds(
    Comment, text=ANY, author=st.none() | ANY, url=st.none() | ANY, email=ANY, address=ANY
)


@given(COMMENTS, st.lists(ENTRIES, max_size=6))
@example(Comment(text="xn--\ud800.xn--99999999999"), [ListEntry("block", "domain", "x.example")])
def test_whatever_the_comment_and_the_entries_a_list_answers(comment, entries):
    listed = site(*((entry.list, entry.field, entry.value) for entry in entries))
    given_entries = {(entry.field, entry.value) for entry in entries}

    for match in (lists.allowed(comment, listed), lists.blocked(comment, listed)):
        assert match is None or match in given_entries


@given(st.text(alphabet="abcdeäößжщё", min_size=1, max_size=12), st.text(), st.text())
def test_a_listed_word_is_found_in_any_surroundings(word, before, after):
    assert blocks("word", word, f"{before[:500]} {word.upper()} {after[:500]}")


@given(ENTRIES)
def test_an_entry_is_accepted_or_refused_in_one_sentence(entry):
    try:
        lists.validate(entry)
    except InvalidEntry as refused:
        assert refused.title.endswith(".")  # noqa: PT017  (both are right)


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "http://a.example " * 10_000, "\ufdfa" * 100_000, "." * 100_000]
)
def test_what_is_read_of_a_long_text_is_bounded(text):
    full = site(*((field, "zebra.example") for field in ("word", "domain", "pattern")))

    assert lists.blocked(Comment(text=f"{text} zebra.example"), full)
    assert not lists.blocked(Comment(text=f"{text} zebra.example {text}"), full)
