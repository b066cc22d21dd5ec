"""A site's allow and block lists: words, domains, addresses, e-mail addresses and patterns.

``allowed`` and ``blocked`` ask, ``validate`` says in a sentence why an entry is refused.  To add a
field, write the class that compiles its entries and name it in ``FIELDS``.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import NamedTuple, Protocol

import re2

from moderation.comments import Comment
from moderation.spelling import (
    WORD,
    Spelled,
    entry_text,
    host_name,
    host_of,
    is_mixed,
    respelled,
    unmapped,
)
from service.errors import Invalid
from service.sites import ListEntry, Site

PATTERN_MEMORY_BYTES = 4 << 20  # for one pattern; without it RE2 is slower, but as linear


class InvalidEntry(Invalid):
    """This entry cannot be put on a list."""

    @property
    def title(self) -> str:
        return str(self)


class Match(NamedTuple):
    """The entry that a comment matched, as the operator wrote it."""

    field: str
    entry: str


def allowed(comment: Comment, site: Site) -> Match | None:
    """What puts ``comment`` on the allow list; looked up in the order of ``FIELDS``.

    A domain allows only where every link of the comment, the author's included, leads to allowed
    domains: otherwise any spam could carry one allowed link as its ticket.
    """
    return _find(comment, site, "allow")


def blocked(comment: Comment, site: Site) -> Match | None:
    """What puts ``comment`` on the block list; looked up in the order of ``FIELDS``."""
    return _find(comment, site, "block")


def validate(entry: ListEntry) -> None:
    """Raises ``InvalidEntry``, a sentence that says what to do, if ``entry`` cannot be compiled."""
    if entry.list not in ("allow", "block"):
        raise InvalidEntry(f"There is no list “{entry.list}”, only “allow” and “block”.")
    if entry.field not in FIELDS:
        raise InvalidEntry(f"A list knows {', '.join(FIELDS)}, but not “{entry.field}”.")
    FIELDS[entry.field](entry.list, (entry.value,))


class Matcher(Protocol):
    """All entries of one list and field."""

    def find(self, comment: Spelled) -> str | None:
        """The first entry that matches, as it was written."""
        ...


class Addresses:
    """Single addresses and ranges; an IPv4 address is the same when mapped into IPv6."""

    def __init__(self, _list: str, values: Sequence[str]) -> None:
        self._ranges: dict[tuple[int, int], dict[int, str]] = {}  # by version and host bits
        for value in values:
            version, host_bits, prefix = _range(value)
            self._ranges.setdefault((version, host_bits), {})[prefix] = value

    def find(self, comment: Spelled) -> str | None:
        address = comment.address
        if address is None:
            return None
        for (version, host_bits), entries in self._ranges.items():
            if version == address.version and (entry := entries.get(int(address) >> host_bits)):
                return entry
        return None


def _range(value: str) -> tuple[int, int, int]:
    """Version, number of host bits and the bits before them."""
    try:
        network = ip_network(value.strip(), strict=False)
    except ValueError:
        raise InvalidEntry(
            "“%(value)s” is no IP address and no range: write 192.0.2.7 or 2001:db8::/48.",
            value=value,
        ) from None
    if not network.prefixlen:
        raise InvalidEntry("“%(value)s” is every address there is.", value=value)
    host_bits = network.max_prefixlen - network.prefixlen
    first = unmapped(network.network_address)
    if first.version != network.version and host_bits > 32:  # noqa: PLR2004  (bits of IPv4)
        first = network.network_address
    return first.version, host_bits, int(first) >> host_bits


class Emails:
    """Exact addresses, and ``*@domain`` for all of one domain."""

    def __init__(self, _list: str, values: Sequence[str]) -> None:
        self._entries: dict[str, str] = {}
        for value in values:
            person, at, domain = entry_text(value).rpartition("@")
            if not at or not domain:
                raise InvalidEntry(
                    "“%(value)s” is no e-mail address: write name@example.org or *@example.org.",
                    value=value,
                )
            self._entries[f"{person or '*'}@{host_name(domain)}"] = value

    def find(self, comment: Spelled) -> str | None:
        person, _, domain = comment.email.rpartition("@")
        domain = host_name(domain)
        return self._entries.get(f"{person}@{domain}") or self._entries.get(f"*@{domain}")


_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*")


class Domains:
    """Hosts with all their subdomains, in links, bare in the text, and of e-mail addresses."""

    def __init__(self, list_: str, values: Sequence[str]) -> None:
        self._is_allowing = list_ == "allow"
        self._entries = {_domain(value): value for value in values}

    def find(self, comment: Spelled) -> str | None:
        hosts: Iterable[str] = comment.hosts
        if self._is_allowing:
            if comment.leads_only_to is None or not all(map(self._listed, comment.leads_only_to)):
                return None
            hosts = comment.leads_only_to
        return next(filter(None, map(self._listed, (*hosts, comment.mail_domain))), None)

    def _listed(self, host: str) -> str | None:
        while host:
            if entry := self._entries.get(host):
                return entry
            host = host.partition(".")[2]
        return None


def _domain(value: str) -> str:
    domain = host_of(value).removeprefix("www.")
    if not _DOMAIN.fullmatch(domain):
        raise InvalidEntry(
            "“%(value)s” is no domain: write example.org, which covers all below it.", value=value
        )
    return domain


class Words:
    """Whole words and phrases in text, author and author's link, whatever letters they borrow.

    Punctuation parts words, so "best casino" is also found in "best-casino".  The cost is that of
    the comment's words, not of the entries.
    """

    def __init__(self, _list: str, values: Sequence[str]) -> None:
        self._words: dict[str, str] = {}
        self._phrases: dict[str, list[tuple[str, str]]] = {}  # by their first word
        self._undisguised: dict[str, str] = {}
        for value in values:
            self._add(value, WORD.findall(entry_text(value)))

    def _add(self, value: str, words: list[str]) -> None:
        if sum(map(len, words)) < min(2, len(value.strip())) or not words:
            raise InvalidEntry(
                "“%(value)s” has no word of letters or digits: use a pattern.", value=value
            )
        self._undisguised.update({respelled(word): word for word in words})
        if len(words) == 1:
            self._words[words[0]] = value
        else:
            self._phrases.setdefault(words[0], []).append((f" {' '.join(words)} ", value))

    def find(self, comment: Spelled) -> str | None:
        words = self._seen_through(comment.words) if comment.is_mixed else comment.words
        if not self._words.keys().isdisjoint(words):
            return next(self._words[word] for word in words if word in self._words)
        if not self._phrases.keys().isdisjoint(words):
            return self._find_phrase(words)
        return None

    def _seen_through(self, words: Iterable[str]) -> list[str]:
        known = self._undisguised
        return [known.get(respelled(word), word) if is_mixed(word) else word for word in words]

    def _find_phrase(self, words: Sequence[str]) -> str | None:
        text = f" {' '.join(words)} "
        for first in dict.fromkeys(words):
            for phrase, value in self._phrases.get(first, ()):
                if phrase in text:
                    return value
        return None


class Patterns:
    r"""Regular expressions of RE2, in text, author, author's link and e-mail, each by itself.

    They are linear in the text whatever the expression, and case does not count.  As RE2 has it,
    ``\b``, ``\w`` and ``\d`` know ASCII only: write ``\pL`` for a letter of any script.
    """

    def __init__(self, _list: str, values: Sequence[str]) -> None:
        self._values = values
        self._filter = re2.Filter()
        for value in values:
            _try(value)
            self._filter.Add(value.encode(errors="replace"), _options())
        self._filter.Compile()

    def find(self, comment: Spelled) -> str | None:
        for field in comment.fields:
            found: list[int] | None = self._filter.Match(field)
            if found:
                return self._values[min(found)]
        return None


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False  # they would be printed
    options.max_mem = PATTERN_MEMORY_BYTES
    return options


def _try(value: str) -> None:
    try:
        pattern = re2.compile(value.encode(errors="replace"), _options())
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        raise InvalidEntry(
            "“%(value)s” is no regular expression of RE2: %(reason)s.", value=value, reason=reason
        ) from None
    if pattern.search(b"") is not None:
        raise InvalidEntry("“%(value)s” would match every comment.", value=value)


FIELDS: Mapping[str, Callable[[str, Sequence[str]], Matcher]] = {
    "address": Addresses,
    "email": Emails,
    "domain": Domains,
    "word": Words,
    "pattern": Patterns,
}

# By the site's id, and good only while its lists are the very same object: a site that changes
# brings new ones.  So the cache holds as many entries as there are sites, and never an old answer.
_compiled: dict[int, tuple[tuple[ListEntry, ...], dict[str, dict[str, Matcher]]]] = {}


def _find(comment: Comment, site: Site, list_: str) -> Match | None:
    if not site.lists:
        return None
    spelled = Spelled(comment)
    for field, matcher in _matchers(site)[list_].items():
        if (entry := matcher.find(spelled)) is not None:
            return Match(field, entry)
    return None


def _matchers(site: Site) -> dict[str, dict[str, Matcher]]:
    known = _compiled.get(site.id)
    if known is None or known[0] is not site.lists:
        known = site.lists, {list_: _compile(site.lists, list_) for list_ in ("allow", "block")}
        _compiled[site.id] = known
    return known[1]


def _compile(entries: Iterable[ListEntry], list_: str) -> dict[str, Matcher]:
    """What ``validate`` would refuse is passed over: one bad row must not stop every comment."""
    valid = [entry for entry in entries if entry.list == list_ and _is_valid(entry)]
    values = {field: [entry.value for entry in valid if entry.field == field] for field in FIELDS}
    return {field: FIELDS[field](list_, found) for field, found in values.items() if found}


def _is_valid(entry: ListEntry) -> bool:
    try:
        validate(entry)
    except InvalidEntry:
        return False
    return True
