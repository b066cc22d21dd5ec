"""What hypothesis draws: any text, and texts of the kind that filters trip over."""

from hypothesis import strategies as st

from classifiers.examples import Example

ANY_CHARACTER = st.characters(codec=None, exclude_categories=())  # lone surrogates and NUL as well
NASTY = st.sampled_from(
    [
        "http://", "https://a.b/c?d=e#f", "www.", "://", "a@b.de", "@", "t.me/x", "<a href=”",
        "[url=", "&lt;a&gt;", "&#0;", "&#xD800;", "казинo", "сasino", "\u200b", "\u0300", "+49 ",
        "0171 1234567", "ﷺ", "İ", "ß", "\0", "\ud800", "👍🏽", "\n", " ", ".", "..", "a.de",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.text(ANY_CHARACTER, max_size=40), NASTY), max_size=12).map("".join)
FIELDS = st.none() | TEXTS

EXAMPLES = st.builds(
    Example,
    text=TEXTS,
    author=FIELDS,
    url=FIELDS,
    mail_domain=FIELDS,
    permalink=FIELDS,
    title=FIELDS,
    context=FIELDS,
    language=FIELDS | st.sampled_from(["de", "de, en_us", "ru", "ja", "xx", "en-GB"]),
    kind=st.none() | st.sampled_from(["comment", "pingback", "trackback", "contact-form"]),
)
