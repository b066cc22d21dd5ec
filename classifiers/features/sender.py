"""Who sent it and how: the author's name, link and mail domain, and the form."""

from classifiers.features.registry import Facts, Tells, clip, feature, share, yes

# The author's name.


@feature(unit="0 or 1", needs="author", tells=Tells.EITHER)
def nameless(f: Facts) -> float:
    return yes(f.author_characters == 0)


@feature(unit="words", needs="author")
def author_words(f: Facts) -> float:
    """Words of the name beyond two, at most four."""
    return clip(f.author_words - 2, 4.0) if not f.pingback else 0.0


@feature(unit="digits", needs="author")
def author_digits(f: Facts) -> float:
    return clip(f.author_digits, 4.0)


@feature(unit="words", needs="author")
def author_commercial(f: Facts) -> float:
    """Commercial words in the name, at most three."""
    return clip(f.author_commercial, 3.0)


@feature(unit="letters", needs="author")
def author_camels(f: Facts) -> float:
    """Capital letters inside a word: "BestLoans"."""
    return clip(f.author_camels, 3.0)


@feature(unit="0 or 1", needs="author")
def author_is_address(f: Facts) -> float:
    """A dot between letters: a domain as a name."""
    return yes(f.author_dots > 0)


@feature(unit="words", needs="author")
def author_mixed_scripts(f: Facts) -> float:
    return clip(f.author_mixed, 2.0)


@feature(unit="0 or 1", needs="author")
def author_small(f: Facts) -> float:
    """Several words, none with a capital: a search phrase."""
    return yes(f.author_words > 1 and f.author_upper == 0)


@feature(unit="words", needs="author")
def author_in_text(f: Facts) -> float:
    return clip(f.author_in_text, 3.0)


# The author's link.


@feature(unit="0 or 1", needs="url", tells=Tells.EITHER)
def author_link(f: Facts) -> float:
    return yes(f.url_characters > 0)


@feature(unit="segments", needs="url")
def author_link_depth(f: Facts) -> float:
    return clip(f.url_depth, 4.0)


@feature(unit="words", needs="url")
def author_link_commercial(f: Facts) -> float:
    return clip(f.url_commercial, 4.0)


@feature(unit="hyphens", needs="url")
def author_link_hyphens(f: Facts) -> float:
    return clip(f.url_hyphens, 5.0)


@feature(unit="digits", needs="url")
def author_link_digits(f: Facts) -> float:
    """Digits in the host."""
    return clip(f.host_digits, 4.0)


@feature(unit="0 or 1", needs="url")
def author_link_cheap(f: Facts) -> float:
    return f.url_cheap


@feature(unit="0 or 1", needs="url", tells=Tells.HAM)
def author_link_reference(f: Facts) -> float:
    """A profile or a page on a well-known site, or on the blog itself."""
    return yes(f.url_social + f.url_site > 0)


@feature(unit="0 or 1", needs="url", tells=Tells.EITHER)
def author_link_free_host(f: Facts) -> float:
    return f.url_free


@feature(unit="0 or 1", needs="url")
def author_link_shortener(f: Facts) -> float:
    return yes(f.url_shortener + f.url_messenger > 0)


@feature(unit="0 or 1", needs="url")
def author_link_query(f: Facts) -> float:
    return yes(f.url_query > 0)


@feature(unit="0 or 1", needs="url")
def author_link_in_text(f: Facts) -> float:
    return yes(f.author_links > 0)


@feature(unit="words", needs="url", tells=Tells.EITHER)
def author_in_link(f: Facts) -> float:
    """Words of the name that the link holds: a person's own site, or a keyword's."""
    return clip(f.author_in_link, 3.0)


@feature(unit="words", needs="url")
def keyword_link(f: Facts) -> float:
    """A commercial name and a commercial link together."""
    return clip(min(f.author_commercial, f.url_commercial), 3.0)


@feature(unit="share of words, 0..1", needs="url")
def praise_with_link(f: Facts) -> float:
    if f.url_characters == 0:
        return 0.0
    return share(f.praise_words + f.blog_words, f.words + 3) / (1 + f.overlap_words)


# The author's mail domain.


@feature(unit="0 or 1", needs="mail")
def disposable_mail(f: Facts) -> float:
    return f.mail_disposable


@feature(unit="0 or 1", needs="mail", tells=Tells.EITHER)
def free_mail(f: Facts) -> float:
    return f.mail_freemail


@feature(unit="0 or 1", needs="mail", tells=Tells.EITHER)
def mail_of_link(f: Facts) -> float:
    """The mail address belongs to the author's own link."""
    return f.mail_of_link


# How it came.


@feature(unit="0 or 1", tells=Tells.EITHER)
def pingback(f: Facts) -> float:
    return f.pingback
