"""What a notice must say before it may be published; one sentence for each refusal.

To add a rule, decorate a function that yields sentences.  Sources: L1 to L21 of the requirements,
GDPR Art. 7 and 13, TDDDG 25, the CJEU in C-673/17 (Planet49), ISO/IEC TS 27560.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import msgspec

from consent.notices import durations
from consent.notices.document import (
    Kind,
    LegalBasis,
    Notice,
    Party,
    PartyType,
    Purpose,
    Slot,
    Texts,
)
from consent.notices.markup import is_markup, is_plain

Rule: TypeAlias = Callable[[Notice], Iterable[str]]

RULES: list[Rule] = []

SLOTS = ("1a", "1b", "1c", "1d", "1e", "1f", "2a", "2b", "2c", "2d", "2e", "2f")
INFORMING = {Kind.COOKIE, Kind.COMMENT_PROCESSING, Kind.PRIVACY_POLICY}  # GDPR Art. 13 applies
SHORTEST_COOLDOWN_DAYS = 180  # CNIL 2020-092 39 and the Garante: not asked again before 6 months
LONGEST_VALIDITY_DAYS = 730
BUTTONS = ("accept", "reject", "settings", "save", "close", "withdraw", "withdrawn", "changed")
BANNER_TEXTS = (*BUTTONS, "placeholder", "load_once", "no_script")


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def refusals(notice: Notice) -> list[str]:
    """Why ``notice`` may not be published; empty if it may."""
    return [sentence for check in RULES for sentence in check(notice)]


@rule
def texts_are_safe(notice: Notice) -> Iterator[str]:
    """They are put into pages as HTML."""
    for path, text in _strings(msgspec.to_builtins(notice)):
        if path.endswith("_html"):
            if not is_markup(text):
                yield (
                    f"{path} holds markup that is not allowed: plain tags without attributes, and"
                    " links to https, http, mailto or within the blog."
                )
        elif not is_plain(text):
            yield f"{path} is plain text and must hold no markup or control characters."


def _strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _strings(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _strings(part, f"{path}.{number}")


@rule
def nothing_is_chosen_beforehand(notice: Notice) -> Iterator[str]:
    for purpose in notice.purposes:
        if purpose.preselected:
            yield (
                f"The purpose {purpose.id} is pre-ticked: a choice made beforehand is no consent"
                " (CJEU C-673/17)."
            )
    if notice.ui and notice.ui.mode == "opt-out":
        yield "The banner runs before consent (opt-out): consent must come first (TDDDG 25(1))."
    if notice.ui and not notice.ui.equal_weight:
        yield "Refusing must look like accepting, on the first layer."


@rule
def a_choice_has_a_ground(notice: Notice) -> Iterator[str]:
    for purpose in notice.purposes:
        if not purpose.necessary and purpose.legal_basis is not LegalBasis.CONSENT:
            yield f"The purpose {purpose.id} can be refused, so its legal basis is consent."
        if purpose.necessary and purpose.legal_basis is LegalBasis.CONSENT:
            yield f"The purpose {purpose.id} rests on consent, so it cannot be necessary."
        if purpose.necessary:
            yield from _justified(notice, purpose)
        elif _cookies(purpose) and purpose.tdddg not in {None, "25.1"}:
            yield f"The purpose {purpose.id} can be refused, so TDDDG 25(2) exempts nothing."


def _justified(notice: Notice, purpose: Purpose) -> Iterator[str]:
    if not _said_in_all(notice, purpose.justification):
        yield (
            f"The purpose {purpose.id} is necessary without a justification in every language of"
            " the notice."
        )
    if _cookies(purpose) and purpose.tdddg not in {"25.2.1", "25.2.2"}:
        yield (
            f"The purpose {purpose.id} stores without consent, so it names its exemption:"
            " tdddg 25.2.1 or 25.2.2."
        )


@rule
def cookies_are_explained(notice: Notice) -> Iterator[str]:
    for purpose in notice.purposes:
        for cookie in _cookies(purpose):
            name = f"The cookie {cookie.name} of {purpose.id}"
            if cookie.duration != durations.SESSION and not durations.is_duration(cookie.duration):
                yield f"{name} has no duration: say session, or one like P13M."
            if not cookie.name or not cookie.provider:
                yield f"{name} needs a name and a provider."
            if not _said_in_all(notice, cookie.purpose):
                yield f"{name} needs its purpose in every language of the notice."


@rule
def purposes_are_complete(notice: Notice) -> Iterator[str]:
    ids = [purpose.id for purpose in notice.purposes]
    services = [service.id for purpose in notice.purposes for service in purpose.services]
    for found in (ids, services):
        for twice in sorted({each for each in found if found.count(each) > 1}):
            yield f"The id {twice} stands there twice."
    for purpose in notice.purposes:
        if not _is_retention(purpose.retention):
            yield f"The purpose {purpose.id} has no retention: one like P90D, or until_deleted."
        if not purpose.personal_data:
            yield f"The purpose {purpose.id} names no kind of personal data, as in pd:IPAddress."
        if not purpose.storage_locations:
            yield f"The purpose {purpose.id} names no storage location, as in DE."
    if notice.kind in {Kind.COOKIE, Kind.COMMENT_PROCESSING} and not notice.purposes:
        yield "The notice names no purpose."


@rule
def parties_are_known(notice: Notice) -> Iterator[str]:
    known = {party.id for party in (notice.controller, *notice.parties)}
    if len(known) != 1 + len(notice.parties):
        yield "Two parties have one id."
    if notice.controller.type is not PartyType.CONTROLLER:
        yield "The controller's type is controller."
    for party in (notice.controller, *notice.parties):
        yield from _reachable(party)
    for purpose in notice.purposes:
        named = {*purpose.recipients, *(service.provider for service in purpose.services)}
        for unknown in sorted(named - known):
            yield f"The purpose {purpose.id} names {unknown}, which is none of the parties."
        if purpose.third_country and not purpose.third_country.safeguard:
            yield f"The purpose {purpose.id} sends data abroad without naming the safeguard."


def _reachable(party: Party) -> Iterator[str]:
    if not (party.name and party.address and party.contact):
        yield f"The party {party.id} needs name, address and contact."
    if not (party.email or party.phone or party.url):
        yield f"The party {party.id} needs an e-mail address, a telephone number or a web page."


@rule
def article_13_is_answered(notice: Notice) -> Iterator[str]:
    if notice.kind not in INFORMING:
        return
    for name in SLOTS:
        slot = notice.art13.get(name, Slot())
        if bool(slot.text) == bool(slot.not_applicable):
            yield (
                f"Art. 13({name[0]})({name[1]}) is not answered: give its text, or say why it does"
                " not apply."
            )
        elif not _said_in_all(notice, slot.text or slot.not_applicable):
            yield f"Art. 13({name[0]})({name[1]}) is not answered in every language of the notice."
    for unknown in sorted(notice.art13.keys() - set(SLOTS)):
        yield f"Art. 13 has no item {unknown[:10]}."
    if not notice.art13.get("1a", Slot()).text:
        yield "Art. 13(1)(a), who is responsible, always applies."


@rule
def objecting_is_explained_apart(notice: Notice) -> Iterator[str]:
    """GDPR Art. 21(4): explicitly, clearly and separately from any other information."""
    bases = {purpose.legal_basis for purpose in notice.purposes}
    if LegalBasis.LEGITIMATE_INTERESTS in bases:
        for language, texts in notice.texts.items():
            if not texts.objection_html:
                yield (
                    f"A purpose rests on legitimate interests, so objection_html in {language}"
                    " explains the right to object (Art. 21(4))."
                )


@rule
def every_language_is_complete(notice: Notice) -> Iterator[str]:
    if notice.fallback_language not in notice.texts:
        yield "The fallback language is none of the texts' languages."
    for language, texts in notice.texts.items():
        if not texts.title or not texts.body_html:
            yield f"The texts in {language} need a title and a body."
        if notice.kind is Kind.COOKIE:
            missing = [name for name in BANNER_TEXTS if not getattr(texts, name)]
            if missing:
                yield f"The texts in {language} lack {', '.join(missing)}."
        yield from _purposes_are_said(notice, language, texts)


def _purposes_are_said(notice: Notice, language: str, texts: Texts) -> Iterator[str]:
    for purpose in notice.purposes:
        said = texts.purposes.get(purpose.id)
        if said is None or not said.title or not said.description:
            yield f"The texts in {language} do not explain the purpose {purpose.id}."


@rule
def withdrawing_is_explained(notice: Notice) -> Iterator[str]:
    if not notice.optional_purposes:
        return
    if notice.withdrawal.method == "none_needed":
        yield "Consent is asked for, so the way of withdrawing it is named."
    elif not _said_in_all(notice, notice.withdrawal.text):
        yield "The way of withdrawing is not explained in every language of the notice."


@rule
def terms_are_bounded(notice: Notice) -> Iterator[str]:
    if notice.kind is Kind.COOKIE and notice.ui is None:
        yield "A cookie notice names the library that draws it, with its digests (ui)."
    for name in ("validity", "cooldown"):
        if not durations.is_duration(getattr(notice, name)):
            yield f"{name} is a duration like P12M."
            return
    if durations.roughly_days(notice.cooldown) < SHORTEST_COOLDOWN_DAYS:
        yield "The cool-down is shorter than six months: a refusal is not asked about again before."
    if not 0 < durations.roughly_days(notice.validity) <= LONGEST_VALIDITY_DAYS:
        yield "The validity is longer than two years: consent must be refreshed."


def _is_retention(text: str) -> bool:
    return text == durations.UNTIL_DELETED or durations.is_duration(text)


def _cookies(purpose: Purpose) -> list[Any]:
    return [cookie for service in purpose.services for cookie in service.cookies]


def _said_in_all(notice: Notice, texts: dict[str, str]) -> bool:
    return all(texts.get(language) for language in notice.texts)
