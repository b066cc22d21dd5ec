"""Rules that need no training; ``@rule`` decides alone, ``@check`` adds stated log-odds.

To add one: write a function from comment and site to a ``Ruling`` or ``Finding`` (or None), named
as what it finds, and decorate it.  Rules are asked in the order in which they stand here; the first
that answers rules.  Then give its name a sentence in ``words``.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from classifiers.lexicon import LISTS
from moderation import lists
from moderation.comments import Comment
from moderation.spelling import host_of
from moderation.verdicts import Action, Finding
from service.sites import Site


class Ruling(NamedTuple):
    """What a hard rule decides; ``name`` is its finding's."""

    action: Action
    name: str
    parameters: Mapping[str, str | int | float] = {}


Rule = Callable[[Comment, Site], Ruling | None]
Check = Callable[[Comment, Site], Finding | None]

RULES: list[Rule] = []
CHECKS: list[Check] = []


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


GUARANTEED_SPAM_AUTHORS = frozenset(
    {"akismet-guaranteed-spam", "akismet-guaranteed-discard", "viagra-test-123"}
)
GUARANTEED_SPAM_EMAIL = "akismet-guaranteed-spam@example.com"

FLOOD_LINKS = 20

# Who holds WordPress's capability ``moderate_comments``: their own comments need no moderator.
MODERATING_ROLES = frozenset({"administrator", "editor", "super_admin"})

# Whose entries may be repeated in a finding: an address or e-mail address outlives there what the
# privacy settings delete elsewhere, so of these only the kind of list is told.
QUOTABLE_FIELDS = frozenset({"word", "domain", "pattern"})
QUOTED_CHARACTERS = 60


@rule
def guaranteed_spam(comment: Comment, _site: Site) -> Ruling | None:
    """The protocol's test values.  They come first, before roles and lists.

    Owners try them while signed in as administrators, and nobody has such a name by accident:
    whoever sends it wants to see spam.
    """
    author, email = (comment.author or "").strip(), (comment.email or "").strip().lower()
    if author in GUARANTEED_SPAM_AUTHORS or email == GUARANTEED_SPAM_EMAIL:
        return Ruling(Action.REJECT, "guaranteed_spam")
    return None


@rule
def moderating_role(comment: Comment, _site: Site) -> Ruling | None:
    """The blog vouches for the role: only who holds its key can name one."""
    if not comment.role:
        return None
    for role in comment.role.lower().split(","):
        if role.strip() in MODERATING_ROLES:
            return Ruling(Action.APPROVE, "moderating_role", {"role": role.strip()})
    return None


@rule
def allow_list(comment: Comment, site: Site) -> Ruling | None:
    """Before the block list: an exception is written later than what it is an exception to."""
    match = lists.allowed(comment, site)
    return Ruling(Action.APPROVE, "allow_list", _listed(match)) if match else None


@rule
def block_list(comment: Comment, site: Site) -> Ruling | None:
    match = lists.blocked(comment, site)
    return Ruling(Action.REJECT, "block_list", _listed(match)) if match else None


@rule
def honeypot(comment: Comment, _site: Site) -> Ruling | None:
    """Text in a field that no person sees."""
    return Ruling(Action.REJECT, "honeypot") if comment.honeypot_filled else None


@rule
def link_flood(comment: Comment, _site: Site) -> Ruling | None:
    """So many links that a person has to look, however harmless the model finds their words.

    A list of sources in an honest comment has a handful; WordPress itself holds from the second.
    """
    text = comment.text
    links = max(text.count("://"), text.count("www."))
    return Ruling(Action.HOLD, "link_flood") if links >= FLOOD_LINKS else None


def _listed(match: lists.Match) -> Mapping[str, str | int | float]:
    if match.field not in QUOTABLE_FIELDS:
        return {"field": match.field}
    return {"field": match.field, "entry": match.entry[:QUOTED_CHARACTERS]}


# Checks.  No training data holds these facts, so each says by itself how much it weighs, and why.


@check
def form_time(comment: Comment, site: Site) -> Finding | None:
    """Sent sooner than a person can write: 1.0 just under the site's minimum, 3.0 in no time.

    Not more, because a browser that fills in a prepared text is quick too.
    """
    seconds, minimum = comment.form_seconds, site.settings.minimum_form_seconds
    if seconds is None or not 0 <= seconds < minimum:
        return None
    return Finding(
        "form_time", round(1.0 + 2.0 * (1 - seconds / minimum), 4), {"seconds": round(seconds, 1)}
    )


@check
def script_missing(comment: Comment, _site: Site) -> Finding | None:
    """The form was the plugin's, its script never ran: 1.2, for few readers switch scripts off."""
    return Finding("script_missing", 1.2) if comment.script_ran is False else None


@check
def referrer_spam(comment: Comment, _site: Site) -> Finding | None:
    """The author's link or the page they say they came from is a known referrer spammer's: 2.5.

    These domains belong to spammers, but change hands when they are let go; so a hold, not a rule.
    """
    for link in (comment.url, comment.referrer):
        if link and _is_spammer(host_of(link)):
            return Finding("referrer_spam", 2.5)
    return None


@check
def own_domain(comment: Comment, site: Site) -> Finding | None:
    """An e-mail address of the site's own domain, and not signed in: a forged colleague.  1.5.

    A real colleague who forgot to sign in is held at worst.
    """
    if comment.role or not comment.email or "@" not in comment.email:
        return None
    own = _own_host(site.url)
    domain = host_of(comment.email.rpartition("@")[2])
    return Finding("own_domain", 1.5) if own and f".{domain}".endswith(f".{own}") else None


@cache
def _own_host(url: str) -> str:
    return host_of(url).removeprefix("www.")


def _is_spammer(host: str) -> bool:
    while host:
        if host in _spammers():
            return True
        host = host.partition(".")[2]
    return False


@cache
def _spammers() -> frozenset[str]:
    """Hosts of Matomo's list of referrer spammers (public domain)."""
    text = (LISTS / "hosts" / "referrer_spam.txt").read_text(encoding="utf-8")
    return frozenset(host_of(line) for line in text.split() if not line.startswith("#"))
