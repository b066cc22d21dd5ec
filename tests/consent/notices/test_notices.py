"""What may be published, and that it stays what it was."""

import copy
import json
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.banner import files
from consent.notices import canonical, drafts, durations, reading
from consent.notices.document import Kind
from consent.notices.markup import is_markup, is_plain
from consent.notices.publishing import all_of
from consent.notices.reading import MalformedNotice, RefusedNotice
from consent.notices.shelf import Published
from tests import factories
from tests.consent import notice_factory
from tests.consent.notice_factory import notice, publish

NOW = factories.NOW


def read(value, published=None):
    return reading.read(json.dumps(value).encode(), "blatt", published or Published(), NOW)


def sentences(value):
    with pytest.raises(RefusedNotice) as refused:
        read(value)
    return refused.value.sentences


def changed(value, path, new):
    """A copy of ``value`` with what stands at ``path`` replaced."""
    value = copy.deepcopy(value)
    *front, last = path
    place = value
    for step in front:
        place = place[step]
    place[last] = new
    return value


def test_the_canonical_form_is_that_of_rfc_8785():
    given_ = json.loads(
        r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r' "string": "\u20ac$\u000F\u000aA'
        r"'"
        r'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}'
    )

    assert canonical.canonical(given_).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_draft_may_be_published_once_its_controller_is_named(kind):
    assert read(notice(kind)).kind is kind


@pytest.mark.parametrize("kind", list(Kind))
def test_a_draft_without_its_controller_may_not_be_published(kind):
    assert "The party operator needs name, address and contact." in sentences(
        {**notice(kind), "controller": drafts.draft(kind)["controller"]}
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_draft_speaks_german_english_and_russian(kind):
    assert set(drafts.draft(kind)["texts"]) == {"de", "en", "ru"}


STATISTICS, NECESSARY = 1, 0
REFUSED = [
    (("purposes", STATISTICS, "preselected"), True, "pre-ticked"),
    (("ui", "mode"), "opt-out", "consent must come first"),
    (("ui", "equal_weight"), False, "Refusing must look like accepting"),
    (("ui",), None, "names the library"),
    (("art13", "2a"), {}, "Art. 13(2)(a) is not answered"),
    (("art13", "1f"), {"text": {"de": "a"}}, "every language"),
    (("art13", "9z"), {"text": {"de": "a"}}, "Art. 13 has no item 9z"),
    (("purposes", STATISTICS, "services", 0, "cookies", 0, "duration"), "", "has no duration"),
    (("purposes", STATISTICS, "services", 0, "cookies", 0, "purpose"), {}, "needs its purpose"),
    (("purposes", STATISTICS, "services", 0, "cookies", 0, "provider"), "", "name and a provider"),
    (("purposes", NECESSARY, "justification"), {}, "necessary without a justification"),
    (("purposes", NECESSARY, "tdddg"), None, "names its exemption"),
    (("purposes", NECESSARY, "legal_basis"), "gdpr.6.1.a", "cannot be necessary"),
    (("purposes", STATISTICS, "legal_basis"), "gdpr.6.1.f", "its legal basis is consent"),
    (("purposes", STATISTICS, "tdddg"), "25.2.2", "exempts nothing"),
    (("purposes", STATISTICS, "retention"), "long", "has no retention"),
    (("purposes", STATISTICS, "personal_data"), [], "no kind of personal data"),
    (("purposes", STATISTICS, "storage_locations"), [], "no storage location"),
    (("purposes", STATISTICS, "recipients"), ["nobody"], "none of the parties"),
    (("purposes", STATISTICS, "id"), "necessary", "stands there twice"),
    (("purposes",), [], "names no purpose"),
    (("parties", 0, "url"), None, "needs an e-mail address"),
    (("withdrawal", "method"), "none_needed", "way of withdrawing it is named"),
    (("withdrawal", "text"), {}, "way of withdrawing is not explained"),
    (("texts", "de", "reject"), "", "lack reject"),
    (("texts", "de", "purposes"), {}, "do not explain the purpose"),
    (("texts", "ru", "title"), "", "need a title and a body"),
    (("fallback_language",), "fr", "fallback language is none"),
    (("cooldown",), "P1M", "shorter than six months"),
    (("validity",), "P5Y", "longer than two years"),
    (("validity",), "a year", "is a duration"),
    (("site",), "other", "of the site other"),
    (("effective_from",), "2026-02-31T00:00:00Z", "is no time"),
    (("effective_from",), "2020-01-01T00:00:00Z", "before it is published"),
    (("supersedes",), "0" * 64, "not the newest"),
    (("change_class",), "editorial", "has the change class initial"),
    (("texts", "de", "body_html"), "<p onclick='x'>", "markup that is not allowed"),
    (("texts", "de", "title"), "<script>", "plain text"),
    (("ui", "bundle_sha256"), "short", "bundle_sha256"),
    (("ui", "css_sha256"), "0" * 64, "this service does not serve"),
    (("unknown",), 1, "unknown field"),
    (("kind",), "other", "kind"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), REFUSED)
def test_what_is_wrong_is_refused_in_a_sentence(path, value, sentence):
    said = sentences(changed(notice(), path, value))

    assert any(sentence in each for each in said), said


def test_legitimate_interests_need_the_separate_notice_of_the_right_to_object():
    value = changed(notice(Kind.COMMENT_PROCESSING), ("texts", "de", "objection_html"), "")

    assert any("right to object" in each for each in sentences(value))


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_whatever_the_bytes_they_are_refused_in_one_of_two_ways(content):
    with pytest.raises((MalformedNotice, RefusedNotice)):
        reading.read(content, "blatt", Published(), NOW)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"kind":"terms","kind":"cookie"}',
        b'{"kind":"\\ud800"}',
        b"1",
        b" " * 10**7,
    ],
)
def test_what_is_no_object_is_malformed(content):
    with pytest.raises(MalformedNotice):
        reading.read(content, "blatt", Published(), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="https://a" onclick="x">x</a>',
        "<a href='https://a'>x</a>",
        "<p>",
        "</p>",
        "<ul><li></ul></li>",
        "a & b < c",
        "&#x3c;script&#x3e;",
        "<p/>",
        "<P>x</P>",
        "<!-- x -->",
        "\x00",
        '<a href="data:text/html,x">x</a>',
        '<a href="//evil\\.example">x</a><p',
    ],
)
def test_markup_beyond_the_grammar_is_none(text):
    assert not is_markup(text)


@given(st.text(alphabet='<>/&;"= apulihref:js\x00'))
def test_markup_never_holds_a_tag_or_attribute_of_another_kind(text):
    if is_markup(text):
        for tag in text.split("<")[1:]:
            assert tag.split(">")[0].split(" ")[0].lstrip("/") in {
                *("p", "ul", "ol", "li", "a", "br", "strong", "em", "h2", "h3", "h4"),
                *("dl", "dt", "dd"),
            }
    assert is_plain(text) == (not set(text) & set("<>\x00") and "&a" not in text) or "&" in text


def test_a_year_after_a_leap_day_is_the_last_of_february():
    leap_day = NOW.replace(year=2028, month=2, day=29)

    assert durations.after(leap_day, "P12M").date().isoformat() == "2029-02-28"
    assert durations.after(leap_day, "P1Y2M3D").date().isoformat() == "2029-05-02"


async def test_a_notice_is_found_by_the_digest_of_its_bytes(conn):
    site = await factories.site(conn)

    edition = await publish(conn, site)

    assert canonical.digest(edition.document) == edition.sha256
    assert json.loads(edition.document)["site"] == site.name
    assert edition.digests.bundle == files.library().sha256
    assert set(edition.digests.texts) == {"de", "en", "ru"}


async def test_publishing_again_changes_nothing(conn):
    site = await factories.site(conn)
    first = await publish(conn, site)

    again = await notice_factory.publish_raw(conn, site, first.document)

    assert again.sha256 == first.sha256
    assert len((await all_of(conn, site.id)).editions) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE notices SET version = 'x'", "DELETE FROM notices", "TRUNCATE notices"]
)
async def test_the_database_refuses_to_change_a_notice(conn, statement):
    await publish(conn, await factories.site(conn))

    with pytest.raises(asyncpg.RestrictViolationError):
        await conn.execute(statement)


async def test_a_wording_may_change_and_consent_stands(conn, frozen_clock):
    site = await factories.site(conn)
    first = await publish(conn, site)
    texts = changed(notice()["texts"], ("de", "title"), "Deine Entscheidung")

    second = await publish(conn, site, texts=texts, change_class="editorial")

    published = await all_of(conn, site.id)
    assert second.notice.supersedes == first.sha256
    assert second.notice.version == "2026-03-01.2"
    assert published.current(Kind.COOKIE, frozen_clock()) == second
    assert published.covers(first, frozen_clock())


async def test_new_processing_asks_again_from_the_time_it_holds(conn, frozen_clock):
    site = await factories.site(conn)
    first = await publish(conn, site)
    purposes = changed(notice()["purposes"], (1, "recipients"), ["google"])
    starts = (frozen_clock() + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
    change = {"purposes": purposes, "effective_from": starts}

    for too_little in ("editorial", "material"):
        with pytest.raises(RefusedNotice, match="new processing"):
            await publish(conn, site, **change, change_class=too_little)
    second = await publish(conn, site, **change, change_class="new_processing")

    published = await all_of(conn, site.id)
    assert published.current(Kind.COOKIE, frozen_clock()) == first
    assert published.covers(first, frozen_clock())
    frozen_clock.advance(timedelta(days=7))
    assert published.current(Kind.COOKIE, frozen_clock()) == second
    assert not published.covers(first, frozen_clock())
    assert published.covers(second, frozen_clock())


async def test_what_is_more_than_wording_is_no_editorial_change(conn):
    site = await factories.site(conn)
    await publish(conn, site)

    with pytest.raises(RefusedNotice, match="but validity changed as well"):
        await publish(conn, site, validity="P6M", change_class="editorial")
