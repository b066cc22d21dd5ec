from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.akismet import fields
from moderation.akismet.fields import ASKED, comment_of
from moderation.comments import Origin, storable
from moderation.forms import decode
from service.sites import Site

SITE = Site(id=1, name="blatt", url="https://blatt.example", language="de", pepper=b"p" * 32)


def read(origin=Origin.CHECK, **sent):
    return comment_of(decode(urlencode(sent).encode(), "", ASKED), SITE, origin)


def test_every_documented_field_finds_its_place():
    comment = read(
        blog="https://blatt.example/",
        user_ip="203.0.113.7",
        user_agent="Mozilla/5.0",
        referrer="https://search.example",
        permalink="https://blatt.example/2026/post/",
        comment_type="reply",
        comment_author="Erika",
        comment_author_email="erika@example.com",
        comment_author_url="https://erika.example",
        comment_content="Hello",
        comment_date_gmt="2026-03-01T12:00:00Z",
        blog_lang="de, en_us",
        user_role="editor",
        comment_parent="12",
        comment_ID="34",
        comment_post_ID="56",
    )

    assert (comment.blog, comment.address, comment.kind) == (
        "blatt.example",
        "203.0.113.7",
        "reply",
    )
    assert (comment.author, comment.email) == ("Erika", "erika@example.com")
    assert (comment.url, comment.text) == ("https://erika.example", "Hello")
    assert comment.permalink == "https://blatt.example/2026/post/"
    assert (comment.user_agent, comment.referrer) == ("Mozilla/5.0", "https://search.example")
    assert comment.submitted_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (comment.languages, comment.role) == ("de, en_us", "editor")
    assert (comment.parent_id, comment.platform_id, comment.platform_post_id) == ("12", "34", "56")


def test_nothing_at_all_is_an_empty_comment():
    comment = read()

    assert (comment.text, comment.kind, comment.blog) == ("", "comment", "blatt.example")
    assert (comment.author, comment.email, comment.url, comment.address) == (None,) * 4


@given(
    st.dictionaries(
        st.sampled_from(sorted(ASKED.names.values())) | st.just("comment_context[]"),
        st.text() | st.sampled_from(["1", "2026-03-01", "0000-00-00 00:00:00", "::1%eth0", "[::1"]),
    )
)
def test_whatever_the_fields_there_is_a_comment_that_can_be_stored(sent):
    body = urlencode(sent, errors="replace").encode()
    comment = comment_of(decode(body, "", ASKED), SITE)

    for name in comment.__slots__:
        value = getattr(comment, name)
        if isinstance(value, str):
            assert value == storable(value)
    assert comment.address is None or ip_address(comment.address)


def test_slashes_of_a_check_are_taken_out():
    comment = read(comment_content=r"it\'s \"so\"", comment_author=r"O\'Brien")

    assert (comment.text, comment.author) == ('it\'s "so"', "O'Brien")


def test_a_submission_is_taken_as_typed():
    assert read(Origin.SUBMISSION, comment_content=r"it\'s").text == r"it\'s"


def test_a_recheck_is_read_as_it_was_typed():
    comment = read(comment_content="Tom &amp; Jerry", recheck_reason="recheck_queue")

    assert (comment.text, comment.recheck_reason) == ("Tom & Jerry", "recheck_queue")


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("203.0.113.7:5123", "203.0.113.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", None),
        ("", None),
    ],
)
def test_addresses_come_in_many_spellings(sent, address):
    assert read(user_ip=sent).address == address


def test_the_authors_address_stands_in_for_one_that_cannot_be_read():
    assert read(user_ip="unknown", comment_author_IP="203.0.113.7").address == "203.0.113.7"


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-03-01 12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T13:00:00+01:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.000Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
    ],
)
def test_dates_come_as_iso_8601_or_from_mysql(sent, moment):
    assert read(comment_date_gmt=sent).submitted_at == moment


@pytest.mark.parametrize("sent", ["1", "true", "True", " TRUE ", "yes", "on"])
def test_a_test_is_a_test_in_every_spelling(sent):
    assert read(is_test=sent).is_test


@pytest.mark.parametrize("sent", ["0", "false", "", "no"])
def test_no_test_is_none(sent):
    assert not read(is_test=sent).is_test


@pytest.mark.parametrize(
    "sent",
    [
        {"honeypot_field_name": "website2", "website2": "http://spam.example"},
        {"hidden_honeypot_field_name": "website2", "website2": "x"},
        {"POST_ak_hp_textarea": "x"},
    ],
)
def test_a_filled_honeypot_is_seen_under_each_of_its_names(sent):
    assert read(**sent).honeypot_filled


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"honeypot_field_name": "website2", "website2": ""},
        {"honeypot_field_name": "website2"},
        {"POST_ak_hp_textarea": ""},
    ],
)
def test_an_empty_honeypot_is_empty(sent):
    assert not read(**sent).honeypot_filled


def test_the_plugins_script_tells_how_long_the_form_was_open():
    comment = read(POST_ak_js="1772366400000", POST_ak_bfs="1772366412500")

    assert (comment.script_ran, comment.form_seconds) == (True, 12.5)


@pytest.mark.parametrize(
    ("sent", "ran"),
    [
        ({}, None),  # no form of the plugin's, so nobody knows
        ({"POST_ak_js": "42"}, False),  # the number of the page as it was served
        ({"POST_ak_js": ""}, False),
        ({"POST_ak_js": "1772366400000"}, True),
        ({"POST_ak_js": "42", "POST_ak_bkpc": "17"}, True),
    ],
)
def test_without_a_script_there_are_no_marks(sent, ran):
    assert read(**sent).script_ran is ran


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ("1772366412500", "1772366400000"),
        ("1772366400000", "1972366400000"),
        ("1772366400000", "²"),
        ("1772366400000", "9" * 5000),
        ("1772366400000", ""),
    ],
)
def test_clocks_that_make_no_sense_tell_nothing(shown, sent):
    assert read(POST_ak_js=shown, POST_ak_bfs=sent).form_seconds is None


def test_the_context_is_read_without_its_entities():
    body = b"comment_context%5B0%5D=Gardening+%26amp%3B+tools&comment_context%5B1%5D=Spring"

    assert comment_of(decode(body, "", ASKED), SITE).context == ("Gardening & tools", "Spring")


@pytest.mark.parametrize(
    ("callback", "kept"),
    [
        ("https://blatt.example/wp-json/akismet/v1/webhook", True),
        ("https://BLATT.example:443/hook", True),
        ("http://blatt.example/hook", False),
        ("https://www.blatt.example/hook", False),
        ("https://blatt.example:8443/hook", False),
        ("https://blatt.example@evil.example/hook", False),
        ("https://[blatt.example/hook", False),
        ("https://blatt.example:x/hook", False),
        ("file:///etc/passwd", False),
        ("//blatt.example/hook", False),
        ("", False),
    ],
)
def test_a_callback_is_kept_only_if_it_leads_to_the_blog_itself(callback, kept):
    assert read(callback=callback).callback == (callback if kept else None)


@pytest.mark.parametrize(
    ("blog", "name"),
    [
        ("https://Blatt.example/", "blatt.example"),
        ("http://www.blatt.example/Sub/", "www.blatt.example/Sub"),
        ("blatt.example:8080", "blatt.example:8080"),
        ("", "blatt.example"),
    ],
)
def test_a_blog_is_counted_under_its_address_without_the_scheme(blog, name):
    assert read(blog=blog).blog == name


def test_forwarded_headers_are_read_for_the_referrer_alone():
    assert "HTTP_AUTHORIZATION" not in ASKED.names.values()
    assert read(HTTP_REFERER="https://search.example").referrer == "https://search.example"


def test_a_name_is_cut_where_no_name_is_as_long():
    assert len(read(comment_author="x" * 1_000_000).author) == fields.NAME_CHARACTERS


def test_a_first_look_at_a_pingback_is_known_as_such():
    assert read(akismet_pre_check="1", comment_type="pingback").is_precheck
