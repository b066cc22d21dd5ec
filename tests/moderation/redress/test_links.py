"""A link opens one thing until a day, and nothing can be made of it."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.redress import links
from moderation.redress.links import DeadLink, LinkKind, Opened, token_of
from service.secrets import Secrets
from tests import factories

COMMENT = UUID("01a20ecb-49e2-7729-b39a-693641988601")
LATER = factories.NOW.replace(year=2100)


def test_a_link_opens_what_it_was_made_for():
    about = Opened(7, COMMENT, LATER)

    token = token_of(factories.SECRETS, LinkKind.APPEAL, about)

    assert links.read(factories.SECRETS, LinkKind.APPEAL, token) == about
    assert COMMENT.hex not in token
    assert len(token) == 76


def test_a_link_opens_nothing_else_and_nothing_with_another_key():
    token = token_of(factories.SECRETS, LinkKind.APPEAL, Opened(7, COMMENT, LATER))

    with pytest.raises(DeadLink):
        links.read(factories.SECRETS, LinkKind.REPORT, token)
    with pytest.raises(DeadLink):
        links.read(Secrets("another master key of the tests"), LinkKind.APPEAL, token)


def test_a_link_ends(frozen_clock):
    about = Opened(7, COMMENT, frozen_clock() + timedelta(days=1))
    token = token_of(factories.SECRETS, LinkKind.REPORT, about)

    links.read(factories.SECRETS, LinkKind.REPORT, token)
    frozen_clock.advance(timedelta(days=1))

    with pytest.raises(DeadLink):
        links.read(factories.SECRETS, LinkKind.REPORT, token)


@given(st.text() | st.text("AZaz09-_", min_size=70, max_size=80), st.integers(0, 75))
def test_whatever_the_text_and_whichever_the_letter_that_is_changed_it_opens_nothing(text, place):
    good = token_of(factories.SECRETS, LinkKind.APPEAL, Opened(7, COMMENT, LATER))
    other = "A" if good[place] != "A" else "B"

    for token in (text, good[:place] + other + good[place + 1 :], good[:place]):
        with pytest.raises(DeadLink):
            links.read(factories.SECRETS, LinkKind.APPEAL, token)
