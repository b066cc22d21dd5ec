"""What is counted in a comment before any feature is computed: one record of numbers each.

To add a fact, add its name here and count it in ``fold``, ``scan`` or ``sender``.
"""

import numpy as np

# The fields of an example that are read as characters, in this order, and how much of each.
FIELDS = ("text", "author", "url", "mail_domain", "permalink", "title", "context")
TEXT, AUTHOR, URL, MAIL, PERMALINK, TITLE, CONTEXT = range(len(FIELDS))
# What may be missing; fact ``known_<group>`` is 1 where it is there.
KNOWN = ("author", "url", "mail", "post", "language")
# What comes as a number, in this order.
GIVEN = (
    *(f"known_{group}" for group in KNOWN),
    "languages",  # a bit for each language of the blog, in the order of ``lexicon.LANGUAGES``
    "escaped",  # HTML tags that came escaped ("&lt;a")
    "raw_characters",  # of the whole text
    "pingback",  # 1 for pingbacks and trackbacks
)
_CHARACTERS = (
    *("characters", "letters", "latin", "cyrillic", "greek", "upper", "digits", "lines"),
    *("symbols", "exclamations", "questions", "money_signs", "invisible", "marks", "longest_run"),
)
_WORDS = (
    *("words", "unique_words", "counted_words", "capital_words", "mixed_words", "twin_words"),
    *("clusters", "content_words", "overlap_words", "commercial_words", "money_words"),
    *("contact_words", "praise_words", "blog_words", "expected_common", "other_common"),
    *("appeals", "last_appeal"),
)
_LINKS = (
    *("links", "link_characters", "last_link_end", "shorteners", "messenger_links"),
    *(
        "reference_links",
        "profile_links",
        "free_links",
        "cheap_links",
        "commercial_links",
        "deep_links",
    ),
    *("site_links", "author_links", "bare_domains", "tags", "bbcode", "curly_links"),
    *("emails", "phones", "handles"),
)
_AUTHOR = (
    *("author_characters", "author_words", "author_letters", "author_digits", "author_upper"),
    *("author_commercial", "author_camels", "author_dots", "author_mixed"),
    *("author_in_link", "author_in_text", "author_in_post"),
)
_URL = (
    *("url_characters", "url_depth", "url_query", "url_hyphens", "url_commercial", "url_cheap"),
    *("url_social", "url_free", "url_shortener", "url_messenger", "url_site"),
    *("host_characters", "host_digits", "host_labels"),
)
_MAIL = ("mail_disposable", "mail_freemail", "mail_of_link")
NAMES = (*GIVEN, *_CHARACTERS, *_WORDS, *_LINKS, *_AUTHOR, *_URL, *_MAIL)

FACTS = np.dtype([(name, np.float64) for name in NAMES])
