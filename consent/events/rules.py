"""What an event may say of a notice: nothing implied, nothing left out, nothing outdated."""

from datetime import datetime

from consent.events.reading import Event
from consent.ledger.entries import Draft, Type
from consent.notices import tokens
from consent.notices.document import Kind
from consent.notices.shelf import Edition, Published
from service import errors
from service.sites import Site

ACTIONS = {"accept_all", "reject_all", "save", "withdraw_all", "dismiss", "acknowledge"}
GRANTING = {"accept_all", "save"}
# EDPB 05/2020, 84 to 86: none of this is a clear affirmative act.
IMPLYING = {"scroll", "swipe", "continue", "implied", "browse", "escape", "timeout"}


class UnknownAction(errors.Invalid):
    """action is accept_all, reject_all, save, withdraw_all, dismiss or acknowledge."""


class ImpliedConsentNotAccepted(errors.Unprocessable):
    """Scrolling, continuing or dismissing grants nothing."""


class PurposeMissing(errors.Unprocessable):
    """The decisions do not name exactly the purposes that the notice asks about."""


class Preticked(errors.Unprocessable):
    """The decisions are not those that the button stands for."""


class SubjectMissing(errors.Unprocessable):
    """Consent needs a subject: without one nobody can show or withdraw it."""


class TokenRefused(errors.Conflict):
    """Consent needs a valid token of this notice and language; fetch a new one."""


class NoticeOutdated(errors.Conflict):
    """This notice is unknown, or no longer the one in force."""

    def __init__(self, current: str | None) -> None:
        super().__init__()
        self.current = current


def checked(site: Site, published: Published, event: Event, now: datetime) -> Draft:
    """What is to be recorded.  Raises the errors above.

    Only grants need the notice in force and a token: nobody must be kept from refusing.
    """
    granted = "granted" in {*event.decisions.values(), *event.services.values()}
    _require_action(event, granted=granted)
    edition = published.get(event.notice)
    if edition is None:
        raise NoticeOutdated(_current(published, Kind.COOKIE, now))
    _require_complete(edition, event)
    if granted:
        _require_current(site, published, edition, event, now)
    return _draft(edition, event)


def _require_action(event: Event, *, granted: bool) -> None:
    if event.action in IMPLYING or (event.action == "dismiss" and granted):
        raise ImpliedConsentNotAccepted
    if event.action not in ACTIONS:
        raise UnknownAction
    refused = "refused" in event.decisions.values()
    if (granted and event.action not in GRANTING) or (refused and event.action == "accept_all"):
        raise Preticked


def _require_complete(edition: Edition, event: Event) -> None:
    notice = edition.notice
    wanted = frozenset() if event.action == "acknowledge" else notice.optional_purposes
    if event.decisions.keys() != wanted or not event.services.keys() <= notice.services:
        raise PurposeMissing
    for purpose in notice.purposes:
        for service in purpose.services:
            is_granted = event.services.get(service.id) == "granted"
            if is_granted and event.decisions.get(purpose.id) != "granted":
                raise PurposeMissing


def _require_current(
    site: Site, published: Published, edition: Edition, event: Event, now: datetime
) -> None:
    current = _current(published, edition.kind, now)
    if current != edition.sha256:
        raise NoticeOutdated(current)
    if event.subject is None:
        raise SubjectMissing
    token = tokens.read(site, event.token or "")
    if (
        token is None
        or token.expires_at <= now
        or (token.notice, token.language) != (edition.sha256, event.lang)
    ):
        raise TokenRefused


def _current(published: Published, kind: Kind, now: datetime) -> str | None:
    current = published.current(kind, now)
    return current.sha256 if current else None


def _draft(edition: Edition, event: Event) -> Draft:
    kind = Type.ACKNOWLEDGED if event.action == "acknowledge" else None
    return Draft(
        type=Type.SIGNAL if event.layer == "signal" else kind,
        edition=edition,
        language=edition.notice.language(event.lang),
        action=event.action,
        layer=event.layer,
        decisions=event.decisions,
        services=event.services,
        subject=event.subject,
        previous=event.previous,
        client_time=event.client_time,
        signals={"gpc": event.signals.gpc, "dnt": event.signals.dnt},
        event_id=event.event_id,
        request_hash=event.request_hash,
    )
