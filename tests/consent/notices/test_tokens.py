"""A token proves what was shown on which site, and lately; nobody makes one."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from consent.notices import tokens
from tests import factories

SITE = factories.unsaved_site(name="blatt")
OTHER = factories.unsaved_site(name="other", number=2)
TOKEN = tokens.issue(SITE, "0" * 64, "de", factories.NOW)


def test_a_token_says_what_was_shown():
    read = tokens.read(SITE, TOKEN)

    assert (read.notice, read.language) == ("0" * 64, "de")
    assert read.expires_at == factories.NOW + timedelta(minutes=30)


def test_another_site_does_not_believe_it():
    assert tokens.read(OTHER, TOKEN) is None


@given(st.data())
def test_a_changed_character_is_noticed(data):
    place = data.draw(st.integers(0, len(TOKEN) - 1))
    character = data.draw(st.characters(codec="utf-8").filter(lambda c: c != TOKEN[place]))

    assert tokens.read(SITE, TOKEN[:place] + character + TOKEN[place + 1 :]) is None


@given(st.text())
def test_whatever_the_text_it_is_no_token(text):
    assert tokens.read(SITE, text) is None
