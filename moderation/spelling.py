"""A comment in one spelling, so that what is listed is found however it is written.

Case, invisible characters, HTML entities, look-alikes from other alphabets and Punycode do not hide
a word or a host from ``lists``.
"""

import re
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address

from classifiers.text import prepare, twins
from moderation.comments import Comment

LISTED_CHARACTERS = 10_000  # both ends of what is longer; a comment beyond it is no comment
HOST_CHARACTERS = 253  # RFC 1035

WORD = re.compile(r"\w+")
_HOST = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]++)++")
_BARE_HOST = re.compile(r"(?<![\w.\-/@=?&%#])[\w-]++(?:\.[\w-]++)++")
_NAME_ENDS = re.compile(r"\.(?:[^\W\d_]{2,}|xn--[\w-]+)$")
_AUTHORITY = re.compile(r"//([^\s/?#\\\"'<>()\[\]]*)")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\u0300-\u036f]"
)
# Most links there are; whatever else is in one (":", "@", capitals, ...) takes the long way.
_PLAIN_LINK = re.compile(r"(?:https?://)?([a-z0-9][a-z0-9.-]{0,250}[a-z0-9])(?:[/?#]|\Z)")
_SCHEME = re.compile(r"^[\w+.-]*:?[/\\]{2,}")  # browsers take either slash
_LATIN = re.compile("[a-z]")
_LIKE_LATIN = re.compile("[\u0370-\u052f]")
_TWINS = {code: int(twin) for code, twin in enumerate(twins()[0]) if code != twin}


class Spelled:
    """A comment in the forms that entries are compared with, each made when it is first needed."""

    def __init__(self, comment: Comment) -> None:
        self.comment = comment

    @cached_property
    def address(self) -> IPv4Address | IPv6Address | None:
        try:
            return unmapped(ip_address(self.comment.address or ""))
        except ValueError:
            return None

    @cached_property
    def email(self) -> str:
        return spelled((self.comment.email or "").strip()[:LISTED_CHARACTERS])

    @cached_property
    def spelled(self) -> str:
        """Author, author's link and text, bounded."""
        comment = self.comment
        joined = "\n".join((comment.author or "", comment.url or "", comment.text))
        return spelled(prepare(joined, LISTED_CHARACTERS))

    @cached_property
    def words(self) -> list[str]:
        return WORD.findall(self.spelled)

    @cached_property
    def is_mixed(self) -> bool:
        return is_mixed(self.spelled)

    @cached_property
    def mail_domain(self) -> str:
        return host_name(self.email.rpartition("@")[2])

    @cached_property
    def hosts(self) -> list[str]:
        """Whatever looks like a host in author, author's link and text; much of it is none."""
        return [*map(host_name, _HOST.findall(self.spelled))] if "." in self.spelled else []

    @cached_property
    def leads_only_to(self) -> frozenset[str] | None:
        """Every host that the author's link or one in the text may lead to.

        None if not all of it was read, so that nothing can hide in the middle of a long text.
        """
        comment = self.comment
        raw = f"{comment.url or ''}\n{comment.text}"
        text = prepare(raw, LISTED_CHARACTERS)
        if len(raw) > LISTED_CHARACTERS or len(text) > LISTED_CHARACTERS:
            return None
        text = spelled(text)
        linked = (found.rpartition("@")[2].partition(":")[0] for found in _AUTHORITY.findall(text))
        bare = (found for found in _BARE_HOST.findall(text) if _NAME_ENDS.search(found))
        return frozenset(filter(None, map(host_name, (*linked, *bare))))

    @cached_property
    def fields(self) -> list[bytes]:
        """Text, author, author's link and e-mail address as written, those that are there."""
        comment = self.comment
        every = comment.text, comment.author, comment.url, comment.email
        return [_ends(value).encode(errors="replace") for value in every if value]


def _ends(text: str) -> str:
    if len(text) <= LISTED_CHARACTERS:
        return text
    return f"{text[: LISTED_CHARACTERS // 2]}\n{text[-LISTED_CHARACTERS // 2 :]}"


def spelled(text: str) -> str:
    """``text`` without case, invisible characters and combining marks; "ё" is "е"."""
    if text.isascii():
        return text.lower()
    text = _UNSEEN.sub("", text).casefold()
    return text.replace("ё", "е").replace("\N{IDEOGRAPHIC FULL STOP}", ".")


def is_mixed(text: str) -> bool:
    """Latin letters beside Cyrillic or Greek ones, which in one word is a disguise."""
    return not text.isascii() and bool(_LATIN.search(text) and _LIKE_LATIN.search(text))


def respelled(word: str) -> str:
    """``word`` with Latin twins for look-alikes: the same for all disguises of a word.

    Never compare pure words by it: Russian "рот" (mouth) would be English "pot".
    """
    return word.translate(_TWINS)


def host_of(link: str) -> str:
    """The host of a link, with or without a scheme, or of ``*.example.org``; "" if none."""
    plain = _PLAIN_LINK.match(link)
    if plain and "xn--" not in plain[1]:
        return plain[1]
    text = _SCHEME.sub("", entry_text(link[:LISTED_CHARACTERS]))
    authority = re.split(r"[/?#\\]", text, maxsplit=1)[0]
    return host_name(authority.rpartition("@")[2].partition(":")[0])


def entry_text(value: str) -> str:
    return spelled(prepare(value.strip(), LISTED_CHARACTERS))


def host_name(host: str) -> str:
    """``host`` in letters where it is in Punycode, so that a domain has one spelling."""
    host = host.strip(".,;!-*_")[-HOST_CHARACTERS:]
    if "xn--" not in host:
        return host
    return ".".join(map(_label, host.split(".")))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return spelled(label[4:].encode("ascii").decode("punycode"))
    except UnicodeError:
        return label


def unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return getattr(address, "ipv4_mapped", None) or address
