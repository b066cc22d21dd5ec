"""A stored comment in the words and shapes of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from markupsafe import Markup

from consent.retention import comment_days, quarantine_days
from moderation import wording
from moderation.comments import Origin
from moderation.pages.display import defanged, revealed, shown
from moderation.review.cases import NONE, Case
from moderation.review.listing.store import SHOWN_CHARACTERS, Item
from moderation.review.live.store import Claim
from moderation.verdicts import Action, Finding
from service.accounts.values import Session
from service.pages.frame import message
from service.sites import Site

TOLD_FINDINGS = 3  # in a list; all of them stand on the comment's own page
TELLING_LOG_ODDS = 0.3
PREVIEW_CHARACTERS = 500

CHOICES = {
    "approve": message("approved"),
    "spam": message("called spam"),
    "reject": message("rejected"),
    "hold": message("put on hold"),
    "undo": message("taken back"),
}
STATES = {
    "approve": message("approved"),
    "hold": message("held"),
    "reject": message("rejected"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A finding in words; ``weight`` says which way it points."""

    sentence: Markup
    name: str
    log_odds: float

    @property
    def is_telling(self) -> bool:
        """Whether it stands in a list: what every comment starts from does not."""
        if self.name in wording.LAST:
            return False
        return not self.log_odds or abs(self.log_odds) >= TELLING_LOG_ODDS

    @property
    def side(self) -> str:
        return "spam" if self.log_odds > 0 else "ham" if self.log_odds < 0 else "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a template needs of a comment."""

    ref: str
    id: UUID
    site: Site
    author: Markup
    email: Markup
    url: Markup
    address: str
    title: Markup
    post: str  # where the post is, if that is on the site itself
    received_at: datetime
    text: Markup
    is_cut: bool
    percent: float
    reasons: Sequence[Reason]
    more_reasons: int
    item: Item
    decider: str
    claimed_by: str
    case: Case  # what its author and readers ask for
    until: datetime | None  # of what is rejected: when it is deleted, and cannot come back

    @property
    def page(self) -> str:
        return f"/review/{self.site.name}/{self.id}"


def reference(item: Item) -> str:
    """Names a comment and what was seen of it: which decision stood."""
    return f"{item.site_id}.{item.id.hex}.{item.decision_id.hex if item.decision_id else '-'}"


def reasons(item: Item, language: str) -> list[Reason]:
    """All findings: what decided alone first, then the strongest, then the small ones' sum."""
    findings = [Finding(*found) for found in orjson.loads(item.findings)]

    def order(finding: Finding) -> tuple[bool, int, float]:
        return (
            finding.name != item.decided_by,
            wording.LAST.get(finding.name, 0),
            -abs(finding.log_odds),
        )

    return [
        Reason(revealed(wording.sentence(each, language)), each.name, each.log_odds)
        for each in sorted(findings, key=order)
    ]


def show(  # noqa: PLR0913  (the comment, its reader, and what is known around it)
    item: Item,
    site: Site,
    session: Session,
    users: Mapping[int, str],
    claim: Claim | None = None,
    *,
    text: str | None = None,
    service_days: int | None = None,
    case: Case = NONE,
) -> Shown:
    """In the reader's language.  ``text`` is the whole text; without it, only the beginning.

    ``service_days`` is how long the service keeps comments.
    """
    told = reasons(item, session.account.language)
    most = len(told)
    if text is None:
        told = [each for each in told if each.is_telling][:TOLD_FINDINGS]
    other = claim is not None and claim.user_id != session.account.id
    return Shown(
        ref=reference(item),
        id=item.id,
        site=site,
        author=revealed(item.author or ""),
        email=revealed(item.email or ""),
        url=revealed(defanged(item.url)) if item.url else Markup(""),
        address=item.address or "",
        title=revealed((item.title or _last_part(item.permalink or ""))[:200]),
        post=_on_site(item.permalink, site),
        received_at=item.received_at,
        text=shown(item.text[:PREVIEW_CHARACTERS] if text is None else text),
        is_cut=text is None and item.length > PREVIEW_CHARACTERS,
        percent=item.probability * 100,
        reasons=told,
        more_reasons=most - len(told),
        item=item,
        decider=decider(item.actor_kind, item.actor, users),
        claimed_by=claim.name if claim and other else "",
        case=_revealed(case),
        until=_until(item, site, service_days),
    )


assert PREVIEW_CHARACTERS < SHOWN_CHARACTERS  # noqa: S101  (what is shown was read)


def decider(kind: str | None, actor: str | None, users: Mapping[int, str]) -> str:
    """The name of a person; "" for the platform or program that told us."""
    if kind == "user" and actor and actor.isdigit():
        return users.get(int(actor), actor)
    return ""


def _revealed(case: Case) -> Case:
    """What strangers wrote, as a page may show it."""
    return Case(
        tuple(replace(each, words=revealed(each.words)) for each in case.appeals),
        tuple(
            replace(each, words=revealed(each.words), name=revealed(each.name or ""))
            for each in case.reports
        ),
    )


def _until(item: Item, site: Site, service_days: int | None) -> datetime | None:
    if service_days is None or item.state != Action.REJECT or item.discarded:
        return None
    of_machine = item.decision_id is None and item.origin == Origin.CHECK and not item.observed
    days = quarantine_days if of_machine else comment_days
    return item.received_at + timedelta(days=days(site.settings, service_days))


def _on_site(permalink: str | None, site: Site) -> str:
    """A link that leads where the operator's own blog is, and nowhere else."""
    address = permalink or ""
    same = address.startswith((f"{site.url}/", f"{site.url}?")) or address == site.url
    return address if same and address.isascii() and address.isprintable() else ""


def _last_part(permalink: str) -> str:
    return defanged(permalink)
