"""Statements of reasons: written in the transaction of the decision, mailed a minute later.

Until then a decision that is taken back takes its mail along.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from consent.retention import comment_days
from moderation.letters import Letter, letter, spoken, written_clause, written_day
from moderation.reasons import store
from moderation.reasons.rules import SHIPPED, Rule, chosen
from moderation.reasons.store import Facts, Statement
from moderation.redress.links import APPEAL_LASTS, LinkKind, Office
from moderation.verdicts import Action
from service import clock, errors, mail
from service.db import Connection
from service.mail import Mail
from service.sites import Site

MAIL_WAITS = timedelta(seconds=60)  # the page offers to undo for 40
LONGEST_NOTE = 2000


class ForeignRule(errors.Unprocessable):
    """This is not a rule of the comment's site; nothing was decided."""


class NoSharedRule(errors.Unprocessable):
    """The sites of these comments have no rule in common: reject them site by site."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Which rule a moderator names; "" is the one they named last."""

    code: str = ""
    note: str = ""  # for the author


@dataclass(frozen=True, slots=True)
class Removal:
    """A comment and the decision that removes it."""

    comment_id: UUID
    decision_id: UUID


@dataclass(frozen=True, slots=True)
class Citable:
    """The rules of some sites, by code, and the code that is cited unless another is named."""

    rules: dict[str, Rule]
    usual: str
    only: Mapping[str, Collection[int]]  # the sites that have it, of a rule that not all have

    def shared(self) -> "Citable":
        """What can be cited on all of the sites.  Raises ``NoSharedRule``."""
        rules = {code: rule for code, rule in self.rules.items() if code not in self.only}
        if not rules:
            raise NoSharedRule
        return Citable(rules, chosen([*rules.values()], "", self.usual).code, {})


async def citable(conn: Connection, site_ids: Sequence[int], by: tuple[str, str]) -> Citable:
    """For a moderator of these sites; never empty."""
    own = await store.rules(conn, site_ids)
    found: dict[str, Rule] = {}
    having: defaultdict[str, set[int]] = defaultdict(set)
    for site_id in site_ids or [0]:
        for rule in own.get(site_id, SHIPPED):
            found.setdefault(rule.code, rule)
            having[rule.code].add(site_id)
    everywhere = set(site_ids or [0])
    only = {code: sites for code, sites in having.items() if sites != everywhere}
    usual = await store.last_cited(conn, site_ids, *by)
    return Citable(found, chosen([*found.values()], "", usual).code, only)


async def state(  # noqa: PLR0913, PLR0917  (what, by whom, why, how)
    conn: Connection,
    site: Site,
    removals: Sequence[Removal],
    by: tuple[str, str],
    cited: Citation,
    office: Office | None,
) -> Rule:
    """Write a statement for each removal and put the mails; which rule was cited.

    A constant number of statements of SQL.  Raises ``ForeignRule``.
    """
    known = await citable(conn, [site.id], by)
    rule = known.rules.get(cited.code or known.usual)
    if rule is None:
        raise ForeignRule
    facts = await store.facts(conn, site.id, [each.comment_id for each in removals])
    made = [
        _statement(facts[each.comment_id], each, rule, cited.note, site)
        for each in removals
        if each.comment_id in facts
    ]
    reasons = [_not_sent(facts[each.comment_id], site, office) for each in made]
    letters = [
        _mail(each, facts[each.comment_id], site, office)
        for each, reason in zip(made, reasons, strict=True)
        if reason is None and office is not None
    ]
    ids = iter(await mail.enqueue_all(conn, letters, clock.now() + MAIL_WAITS))
    stated = [
        replace(each, mail_id=None if reason else next(ids), not_sent_reason=reason)
        for each, reason in zip(made, reasons, strict=True)
    ]
    await store.insert_statements(conn, site.id, stated)
    return rule


async def tell_again(
    conn: Connection, site: Site, comments: Sequence[UUID], office: Office | None
) -> None:
    """Put the mails again of removals that stand again, and that nobody was told of in between."""
    if office is None or not office.sends:
        return
    untold = await store.untold(conn, site.id, comments)
    facts = await store.facts(conn, site.id, [each.comment_id for each in untold])
    told = [each for each in untold if mail.is_address(facts[each.comment_id].email)]
    letters = [_mail(each, facts[each.comment_id], site, office) for each in told]
    ids = await mail.enqueue_all(conn, letters, clock.now() + MAIL_WAITS)
    await store.set_mails(conn, site.id, [(each.id, i) for each, i in zip(told, ids, strict=True)])


def _statement(facts: Facts, removal: Removal, rule: Rule, note: str, site: Site) -> Statement:
    language = spoken(facts.languages, site.language)
    words = rule.spoken(language)
    return Statement(
        id=uuid7(),
        comment_id=facts.id,
        decision_id=removal.decision_id,
        made_at=clock.now(),
        restriction="removal",
        scope="everywhere",
        ends_at=None,
        source="notice16" if facts.reported else "own_initiative",
        automated_detection=facts.action != Action.APPROVE and not facts.reported,
        automated_decision=False,  # only a person's decision has a statement
        ground=rule.ground,
        code=rule.code,
        clause=rule.clause,
        category=rule.category,
        title=words.title,
        sentence=words.sentence,
        note=note.strip()[:LONGEST_NOTE],
        language=language,
        mail_id=None,
        not_sent_reason=None,
    )


def _not_sent(facts: Facts, site: Site, office: Office | None) -> str | None:
    if not site.settings.mail_reasons:
        return "switched_off"
    if office is None or not office.sends:
        return "no_relay"
    if facts.appealed:
        return "told_of_appeal"  # with its outcome
    return None if mail.is_address(facts.email) else "no_contact"


def _mail(statement: Statement, facts: Facts, site: Site, office: Office) -> Mail:
    written = written_letter(statement, facts, site, office)
    return Mail(
        to=facts.email or "",
        subject=written.subject,
        text=written.text,
        language=statement.language,
        site_id=site.id,
        comment_id=facts.id,
        act=statement.decision_id,
    )


def written_letter(statement: Statement, facts: Facts, site: Site, office: Office) -> Letter:
    kept = timedelta(days=comment_days(site.settings, office.service_days))
    until = min(statement.made_at + APPEAL_LASTS, facts.received_at + kept)
    if statement.source == "notice16":
        found = "removed.notice16.found"
    else:
        found = f"removed.own.{'machine' if statement.automated_detection else 'person'}"
    return letter(
        "removed",
        statement.language,
        "hello",
        "removed.what",
        "removed.where",
        f"removed.{statement.ground}",
        "removed.note",
        found,
        "removed.how_long",
        "removed.appeal",
        "removed.court",
        "bye",
        site=site.url,
        day=written_day(facts.received_at, statement.language),
        post=post_on(site, facts.permalink),
        clause=written_clause(statement.clause, statement.language),
        title=statement.title,
        sentence=statement.sentence,
        note=statement.note,
        until=written_day(until, statement.language),
        link=office.link(LinkKind.APPEAL, site.id, facts.id, until),
    )


def post_on(site: Site, permalink: str | None) -> str:
    """The address of a post that stands on the site itself; else ""."""
    address = permalink or ""
    same = address.startswith((f"{site.url}/", f"{site.url}?")) or address == site.url
    return address if same and address.isascii() and address.isprintable() else ""
