"""What the text looks like, points to and is about."""

import math

from classifiers.compiled import inlined
from classifiers.features.registry import Facts, Tells, clip, feature, few, share, yes
from classifiers.lexicon import LANGUAGES

_CYRILLIC = sum(1 << i for i, language in enumerate(LANGUAGES) if language in ("ru", "uk"))


@inlined
def _expected_letters(f: Facts) -> float:
    slavic = int(f.languages) & _CYRILLIC
    western = int(f.languages) & ~_CYRILLIC
    # Latin words stand in Russian text as a matter of course; the other way round they do not.
    cyrillic = f.cyrillic if slavic else 0.0
    return cyrillic + (f.latin if western else f.latin * 0.5)


# How it looks.


@feature(unit="ln(1 + characters)", tells=Tells.EITHER)
def length(f: Facts) -> float:
    return math.log1p(f.raw_characters)


@feature(unit="share of letters, 0..1")
def capitals(f: Facts) -> float:
    """Shouting.  Scripts without case count as not shouting; under ten letters nobody shouts."""
    return share(f.upper, f.letters) if f.letters >= 10 else 0.0  # noqa: PLR2004


@feature(unit="share of words, 0..1")
def capital_words(f: Facts) -> float:
    return share(f.capital_words, f.words)


@feature(unit="share of characters, 0..1")
def digits(f: Facts) -> float:
    return share(f.digits, f.characters)


@feature(unit="ln(1 + signs)")
def exclamations(f: Facts) -> float:
    return few(f.exclamations)


@feature(unit="ln(1 + signs)", tells=Tells.EITHER)
def questions(f: Facts) -> float:
    return few(f.questions)


@feature(unit="ln(1 + signs)")
def money_signs(f: Facts) -> float:
    return few(f.money_signs)


@feature(unit="ln(1 + pictures)")
def pictures(f: Facts) -> float:
    """Emoji and other symbols."""
    return few(f.symbols)


@feature(unit="ln(1 + lines)", tells=Tells.NOTHING)
def lines(f: Facts) -> float:
    """Nearly all sets with spam came without line breaks, and many honest ones with them."""
    return few(f.lines)


@feature(unit="share of words, 0..1")
def repeated_words(f: Facts) -> float:
    """Words met before in the text, beyond what a text of its length repeats anyway."""
    repeated = 1 - share(f.unique_words, f.counted_words) if f.counted_words else 0.0
    return max(repeated - 0.05 * math.log1p(f.counted_words), 0.0)


@feature(unit="ln(characters beyond 3)")
def longest_run(f: Facts) -> float:
    return math.log1p(max(f.longest_run - 3, 0.0))


@feature(unit="share of words, 0..1")
def unpronounceable_words(f: Facts) -> float:
    """Five consonants in a row: random probes."""
    return share(f.clusters, f.words) if f.latin > f.cyrillic else 0.0


# Disguise.


@feature(unit="ln(1 + characters)")
def invisible_characters(f: Facts) -> float:
    """Zero-width characters after a letter of a script that has no use for them."""
    return few(f.invisible)


@feature(unit="ln(1 + marks)")
def stacked_marks(f: Facts) -> float:
    return few(f.marks)


@feature(unit="ln(1 + words)")
def look_alikes(f: Facts) -> float:
    """Words with letters of another script that look the same."""
    return few(f.twin_words)


@feature(unit="ln(1 + words)")
def mixed_scripts(f: Facts) -> float:
    """Words of two scripts whose letters do not look alike."""
    return few(f.mixed_words - f.twin_words)


# Links and contacts in the text.


@feature(unit="0 or 1")
def has_link(f: Facts) -> float:
    return yes(f.links > 0)


@feature(unit="ln(1 + links) by share of text, 0..3.5")
def links(f: Facts) -> float:
    """Links beyond two, as far as the text is made of them: a list with words is no dump."""
    return few(f.links - 2) * clip(share(f.link_characters + f.links, f.characters), 1.0)


@feature(unit="share of characters, 0..1")
def link_share(f: Facts) -> float:
    return clip(share(f.link_characters, f.characters), 1.0)


@feature(unit="0 or 1")
def link_at_end(f: Facts) -> float:
    """Words, and a link as their last."""
    last = f.links > 0 and f.characters - f.last_link_end < 8  # noqa: PLR2004
    return yes(last and f.words > 2)  # noqa: PLR2004


@feature(unit="ln(1 + links)")
def shorteners(f: Facts) -> float:
    return few(f.shorteners - f.messenger_links if f.shorteners > f.messenger_links else 0.0)


@feature(unit="ln(1 + links)")
def messenger_links(f: Facts) -> float:
    return few(f.messenger_links)


@feature(unit="links, at most 2", tells=Tells.HAM)
def reference_links(f: Facts) -> float:
    """Links to encyclopaedias, newspapers, code hosts, the post's own site."""
    return clip(f.reference_links + f.site_links, 2.0)


@feature(unit="ln(1 + links)")
def profile_links(f: Facts) -> float:
    """Links to where anybody has a page, a channel or a shop."""
    return few(f.profile_links)


@feature(unit="ln(1 + links)")
def free_host_links(f: Facts) -> float:
    return few(f.free_links)


@feature(unit="ln(1 + links)")
def cheap_domain_links(f: Facts) -> float:
    return few(f.cheap_links)


@feature(unit="ln(1 + links)")
def commercial_links(f: Facts) -> float:
    """Links whose address holds a commercial word."""
    return few(f.commercial_links)


@feature(unit="0 or 1")
def home_page_link(f: Facts) -> float:
    """A link in the text that points to a site, not to a page of it."""
    return yes(f.links > f.deep_links)


@feature(unit="ln(1 + names)")
def bare_domains(f: Facts) -> float:
    return few(f.bare_domains)


@feature(unit="ln(1 + tags)")
def html_tags(f: Facts) -> float:
    return few(f.tags)


@feature(unit="ln(1 + tags)")
def bbcode(f: Facts) -> float:
    return few(f.bbcode)


@feature(unit="ln(1 + links)")
def typographic_quotes(f: Facts) -> float:
    """Links between quotation marks that no HTML has: pasted from a word processor."""
    return few(f.curly_links)


@feature(unit="ln(1 + tags)")
def escaped_html(f: Facts) -> float:
    return few(f.escaped)


@feature(unit="ln(1 + addresses)")
def mail_addresses(f: Facts) -> float:
    return few(f.emails)


@feature(unit="ln(1 + numbers)")
def phone_numbers(f: Facts) -> float:
    return few(f.phones)


@feature(unit="ln(1 + names)", tells=Tells.EITHER)
def handles(f: Facts) -> float:
    return few(f.handles)


# What the text is about.


@feature(unit="ln(1 + words)")
def commercial_words(f: Facts) -> float:
    return few(f.commercial_words)


@feature(unit="share of words, 0..1")
def commercial_density(f: Facts) -> float:
    return share(f.commercial_words, f.words + 3)


@feature(unit="ln(1 + words)")
def money_words(f: Facts) -> float:
    return few(f.money_words)


@feature(unit="ln(1 + words)")
def contact_words(f: Facts) -> float:
    return few(f.contact_words)


@feature(unit="ln(1 + times)")
def appeals(f: Facts) -> float:
    """Readers are asked to do something for the writer: "check out my", "подпишитесь на мой"."""
    return few(f.appeals)


@feature(unit="share of words, 0..1")
def praise(f: Facts) -> float:
    """Praise and words for the page itself: what fits under any post."""
    return share(f.praise_words + f.blog_words, f.words + 3)


@feature(unit="0 or 1", needs="post")
def says_nothing_of_post(f: Facts) -> float:
    """Content words enough, and none that the post's title, address or tags hold."""
    return yes(f.content_words >= 4 and f.overlap_words == 0)  # noqa: PLR2004


@feature(unit="ln(1 + words)", needs="post", tells=Tells.HAM)
def words_of_post(f: Facts) -> float:
    return few(f.overlap_words)


@feature(unit="share of words, 0..1", needs="post")
def generic_praise(f: Facts) -> float:
    """Praise without a word of the post."""
    density = share(f.praise_words + f.blog_words, f.words + 3)
    return density / (1 + 2 * f.overlap_words)


@feature(unit="share of common words, 0..1", needs="language")
def other_language(f: Facts) -> float:
    """Common words of a language the blog does not speak, where its own are fewer."""
    both = f.expected_common + f.other_common
    other = f.other_common - f.expected_common
    return share(max(other, 0.0), both) if both >= 3 else 0.0  # noqa: PLR2004


@feature(unit="share of letters, 0..1", needs="language")
def other_script(f: Facts) -> float:
    """Letters of a script that no language of the blog is written in."""
    expected = _expected_letters(f)
    return 1 - share(expected, f.letters) if f.letters > 0 else 0.0
