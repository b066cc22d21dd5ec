"""What an operator does to the house rules of a site; each change is in the audit trail."""

import re
from collections.abc import Mapping, Sequence

from moderation.letters import TABLES
from moderation.reasons import store
from moderation.reasons.rules import (
    CATEGORIES,
    CODE,
    LONGEST_CLAUSE,
    LONGEST_SENTENCE,
    LONGEST_TITLE,
    MOST,
    SHIPPED,
    Ground,
    Rule,
    Words,
)
from service import audit, errors
from service.audit import ActorKind
from service.db import Connection
from service.sites import store as sites
from service.sites.administration import ACTOR, UnknownSite


class BadRule(errors.Invalid):
    """The rule cannot be like this."""


class UnknownRule(errors.NotFound):
    """The site has no rule of this code."""


async def site_id_of(conn: Connection, name: str) -> int:
    """Raises ``UnknownSite``."""
    site = await sites.find_site(conn, name)
    if site is None:
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    return site.id


async def rules_of(conn: Connection, site_id: int) -> Sequence[Rule]:
    return (await store.rules(conn, [site_id])).get(site_id, SHIPPED)


def rule(
    code: str, ground: str, clause: str, category: str, words: Mapping[str, Sequence[str]]
) -> Rule:
    """Raises ``BadRule``."""
    if not re.fullmatch(CODE, code):
        raise BadRule("A code is of a-z, 0-9 and hyphens, at most 40 characters.")
    if category not in CATEGORIES:
        raise BadRule(f"The categories are {', '.join(CATEGORIES)}.")
    if not 0 < len(clause.strip()) <= LONGEST_CLAUSE:
        raise BadRule(f"A clause has 1 to {LONGEST_CLAUSE} characters.")
    if not words or not set(words) <= set(TABLES):
        raise BadRule("Give the words in at least one language: --de, --en, --ru.")
    for title, sentence in words.values():
        if not (0 < len(title) <= LONGEST_TITLE and 0 < len(sentence) <= LONGEST_SENTENCE):
            raise BadRule(
                f"A title has 1 to {LONGEST_TITLE} characters, a sentence 1 to {LONGEST_SENTENCE}."
            )
    spoken = {language: Words(*each) for language, each in words.items()}
    return Rule(code, Ground(ground), clause.strip(), category, spoken)


async def put(conn: Connection, name: str, new: Rule, position: int | None = None) -> None:
    """Add or change a rule.  Raises ``UnknownSite`` or ``BadRule``."""
    async with conn.transaction():
        site_id = await site_id_of(conn, name)
        known = [each.code for each in await _own(conn, site_id)]
        if new.code not in known and len(known) >= MOST:
            raise BadRule(f"A site has at most {MOST} rules.")
        place = known.index(new.code) if new.code in known else len(known)
        await store.put_rule(conn, site_id, place if position is None else position, new)
        await _record(conn, site_id, "rule.put", name, new.code)


async def remove(conn: Connection, name: str, code: str) -> None:
    """Raises ``UnknownSite`` or ``UnknownRule``."""
    async with conn.transaction():
        site_id = await site_id_of(conn, name)
        await _own(conn, site_id)
        if not await store.remove_rule(conn, site_id, code):
            raise UnknownRule(f"The site {name} has no rule {code}: see gatehouse rule list.")
        await _record(conn, site_id, "rule.removed", name, code)


async def _own(conn: Connection, site_id: int) -> Sequence[Rule]:
    """The site's rules, which are its own from here on."""
    own = (await store.rules(conn, [site_id])).get(site_id)
    if own is None:
        for position, each in enumerate(SHIPPED):
            await store.put_rule(conn, site_id, position, each)
    return own or SHIPPED


async def _record(conn: Connection, site_id: int, action: str, name: str, code: str) -> None:
    details = {"rule": code}
    await audit.append(conn, site_id, ActorKind.OPERATOR, ACTOR, action, name, details)
