import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.api.languages import preferred
from moderation.wording import LANGUAGES


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.3, ru;q=0.7", "ru"),
        ("fr-FR, fr;q=0.9, ru;q=0.1", "ru"),
        ("de;q=0, en", "en"),
        ("RU", "ru"),
        ("*", "en"),
        ("de, ru", "de"),
        ("q=1", "en"),
        ("de;q=nonsense, ru;q=0.1", "ru"),
    ],
)
def test_the_heaviest_language_that_is_spoken_here_counts(header, language):
    assert preferred(header) == language


@given(st.text(max_size=600))
def test_whatever_the_header_the_language_is_one_that_is_spoken_here(header):
    assert preferred(header) in LANGUAGES
