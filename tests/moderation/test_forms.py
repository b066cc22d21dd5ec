import re
from urllib.parse import parse_qsl, quote, quote_plus, unquote_to_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import forms
from moderation.comments import storable
from moderation.forms import UnreadableForm, decode, unescaped, wanted

UTF_8 = "application/x-www-form-urlencoded; charset=UTF-8"
ASKED = wanted("blog", "text", "author", lists=("context",), pointers=("honeypot",))


def text_of(body, content_type=UTF_8):
    return decode(body, content_type, ASKED).get("text")


@given(
    st.dictionaries(
        st.sampled_from(["blog", "text", "author", "other", "HTTP_AUTHORIZATION"]),
        st.text().filter(lambda text: text == storable(text)),
    ),
    st.sampled_from([quote, quote_plus]),
)
def test_well_formed_fields_are_read_as_the_standard_library_reads_them(fields, quote_via):
    body = urlencode(fields, quote_via=quote_via)
    expected = dict(parse_qsl(body, keep_blank_values=True))

    form = decode(body.encode(), UTF_8, ASKED)

    assert form.values == {
        name: expected[name] for name in ("blog", "text", "author") if name in expected
    }


FRAGMENTS = st.sampled_from(
    b"& = % + %4 %zz %00 \0 %=4 == \r\n %\n text text= context%5B context[0]= honeypot= \xc3 \xff "
    b"blog_charset= utf-16 %ED%A0%80 cp1251 %D0%BF".split(b" ")
)


@given(
    st.lists(FRAGMENTS | st.binary(max_size=8)).map(b"".join),
    st.text(max_size=40) | st.sampled_from([UTF_8, "x; charset=latin1", "x; charset=gbk", ""]),
)
def test_whatever_the_bytes_every_text_can_be_stored(body, content_type):
    try:
        form = decode(body, content_type, ASKED)
    except UnreadableForm:
        assert re.search("json|multipart", content_type, re.IGNORECASE)
        return
    for text in [*form.values.values(), *(item for items in form.lists.values() for item in items)]:
        assert text == storable(text)


@given(st.lists(FRAGMENTS | st.binary(max_size=8)).map(b"".join))
def test_escapes_are_resolved_as_the_standard_library_does_whatever_the_bytes(value):
    assert unescaped(value) == unquote_to_bytes(value.replace(b"+", b" "))


@pytest.mark.parametrize("value", [b"%\n41", b"%\r\n41", b"==", b"%%41", b"a=b%3Dc", b"%4", b"%"])
def test_what_quoted_printable_reads_differently_is_still_read_right(value):
    assert unescaped(value) == unquote_to_bytes(value)


ZHE = "\N{CYRILLIC SMALL LETTER ZHE}"


@given(st.binary(min_size=1, max_size=40), st.sampled_from([ZHE, "%", "a"]))
def test_a_long_value_is_read_like_a_short_one_wherever_it_is_sliced(begin, letter):
    value = begin + quote(letter * 20_000).encode()

    assert unescaped(value) == unquote_to_bytes(value.replace(b"+", b" "))


@given(st.binary(max_size=40))
def test_bytes_that_are_no_utf_8_are_windows_1252_wherever_they_stand_in_a_long_text(odd):
    text = ZHE * 33_000 + "ok"

    found = text_of(urlencode({"text": text.encode() + b"\xff" + odd}).encode())

    assert found.startswith(text + "\N{LATIN SMALL LETTER Y WITH DIAERESIS}")


def test_a_bare_name_is_an_empty_field():
    form = decode(b"author&text=hello", UTF_8, ASKED)

    assert form.values == {"author": "", "text": "hello"}


def test_an_absent_field_is_none():
    assert decode(b"author=x", UTF_8, ASKED).get("text") is None


def test_the_last_of_repeated_fields_counts():
    assert text_of(b"text=first&text=second") == "second"


@pytest.mark.parametrize(
    "body",
    [
        b"context[0]=a&context[1]=b",
        b"context%5B0%5D=a&context%5B1%5D=b",
        b"context[]=a&context[]=b",
        b"context=a&context=b",
    ],
)
def test_lists_come_in_every_spelling(body):
    assert decode(body, UTF_8, ASKED).lists == {"context": ["a", "b"]}


def test_a_longer_name_is_no_list_item():
    assert decode(b"contextual=a", UTF_8, ASKED).lists == {"context": []}


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("application/x-www-form-urlencoded; charset=ISO-8859-1", "latin-1"),
        ('application/x-www-form-urlencoded;charset="windows-1252"', "cp1252"),
        ("application/x-www-form-urlencoded;charset=UTF-8", "utf-8"),
        ("", "utf-8"),
    ],
)
def test_the_declared_charset_is_read(content_type, charset):
    assert text_of(b"text=" + quote("Grüße", encoding=charset).encode(), content_type) == "Grüße"


def test_russian_is_read_in_its_old_charsets():
    for charset in ("windows-1251", "koi8-r", "cp866"):
        body = b"text=" + quote("Съешь ещё булок", encoding=charset).encode()
        assert text_of(body, f"x; charset={charset}") == "Съешь ещё булок"


def test_the_blogs_charset_counts_where_the_header_names_none():
    body = b"blog_charset=ISO-8859-1&text=Gr%FC%DFe"

    assert text_of(body, "application/x-www-form-urlencoded") == "Grüße"


def test_the_headers_charset_comes_before_the_blogs():
    assert text_of("blog_charset=ISO-8859-1&text=Grüße".encode(), UTF_8) == "Grüße"


@pytest.mark.parametrize("charset", ["bogus", "utf-16", "utf-7", "idna", "zip", "rot13", "\0", ""])
def test_an_unknown_charset_is_taken_for_utf_8(charset):
    assert text_of("text=Grüße".encode(), f"x; charset={charset}") == "Grüße"


def test_utf_8_declared_as_latin_1_is_read_as_utf_8():
    assert text_of("text=Grüße".encode(), "x; charset=iso-8859-1") == "Grüße"


def test_latin_1_declared_as_utf_8_is_read_as_latin_1():
    assert text_of(b"text=Gr%FC%DFe", UTF_8) == "Grüße"


def test_one_broken_byte_leaves_the_rest_as_it_is():
    assert text_of("text=Привет".encode() + b"\xff!", UTF_8) == "Приветÿ!"


def test_two_bytes_of_chinese_are_not_mistaken_for_utf_8():
    # The famous case: these four bytes are valid in both charsets.
    assert text_of(b"text=" + "联通".encode("gbk"), "x; charset=gbk") == "联通"


def test_nul_becomes_a_replacement_character():
    assert text_of(b"text=a%00b\0c") == "a\ufffdb\ufffdc"


def test_an_encoded_lone_surrogate_is_stored_as_something_else():
    assert text_of(b"text=%ED%A0%80") == storable(text_of(b"text=%ED%A0%80"))


def test_a_byte_order_mark_belongs_to_no_name():
    assert text_of(b"\xef\xbb\xbftext=hello") == "hello"


@pytest.mark.parametrize(
    ("body", "filled"),
    [
        (b"honeypot=website2&website2=x", True),
        (b"website2=x&honeypot=website2", True),
        (b"honeypot=website2&website2=+%20", False),
        (b"honeypot=website2&website2", False),
        (b"honeypot=website2", False),
        (b"honeypot=my+field%5B%5D&my%20field[]=x", True),
        (b"honeypot&=x", False),
    ],
)
def test_of_a_field_that_is_pointed_at_only_its_fullness_is_known(body, filled):
    form = decode(body, UTF_8, ASKED)

    assert form.pointed_at_filled is filled
    assert "website2" not in form.values


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "application/json", "APPLICATION/ld+json"]
)
def test_a_body_that_is_no_form_is_refused(content_type):
    with pytest.raises(UnreadableForm):
        decode(b"{}", content_type, ASKED)


def test_fields_beyond_the_limit_are_left_out():
    body = b"&" * forms.FIELDS_AT_MOST + b"text=late"

    assert decode(b"author=early&" + body, UTF_8, ASKED).values == {"author": "early"}


def test_a_megabyte_in_the_wrong_charset_is_read_whole():
    text = text_of(b"text=" + bytes(range(128, 256)) * 8000, UTF_8)

    assert len(text) == 128 * 8000
    assert text == storable(text)
