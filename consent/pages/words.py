"""What pages call the things of the log."""

from datetime import date

from consent.export.sending import KINDS as FORMS
from consent.ledger.entries import Decision, Type
from consent.notices.document import ChangeClass, Consequence, Kind
from service.pages.frame import message

TYPES = {
    Type.GIVEN: message("consent given"),
    Type.RENEWED: message("consent confirmed"),
    Type.REFUSED: message("consent refused"),
    Type.WITHDRAWN: message("consent withdrawn"),
    Type.EXPIRED: message("consent ended"),
    Type.SIGNAL: message("browser’s signal"),
    Type.ACKNOWLEDGED: message("notice read"),
    Type.ERASED: message("data erased"),
    Type.NOTICE_PUBLISHED: message("notice published"),
    Type.EXPORT_MADE: message("log exported"),
    Type.KEY_ROTATED: message("key changed"),
    Type.EPOCH_OPENED: message("new log begun"),
}
STATES = {
    Decision.GRANTED: message("granted"),
    Decision.REFUSED: message("refused"),
    Decision.WITHDRAWN: message("withdrawn"),
}
KINDS = {
    Kind.COOKIE: message("cookies"),
    Kind.COMMENT_PROCESSING: message("comments"),
    Kind.PRIVACY_POLICY: message("privacy policy"),
    Kind.TERMS: message("terms of use"),
}
CHANGES = {
    ChangeClass.INITIAL: message("first version"),
    ChangeClass.EDITORIAL: message("only wording"),
    ChangeClass.MATERIAL: message("material change"),
    ChangeClass.NEW_PROCESSING: message("new processing"),
}
CONSEQUENCES = {
    Consequence.NOTHING: message(
        "Nobody is asked again, and consent that was given stands: only words and looks changed."
    ),
    Consequence.NOTIFY: message(
        "Consent that was given stands, and visitors are told of the change."
    ),
    Consequence.ASK_AGAIN: message(
        "Every visitor is asked. Consent given under an earlier version no longer counts."
    ),
}
FORM_NAMES = {
    "bundle": message("Bundle that proves itself (ZIP)"),
    "csv": message("Table (CSV)"),
    "jsonl": message("Entries, byte for byte (JSON lines)"),
}
assert FORM_NAMES.keys() == FORMS.keys()  # noqa: S101  (each is offered)

DAYS = {"de": "%d.%m.%Y", "en": "%d %b %Y", "ru": "%d.%m.%Y"}
# Under an axis, where there is little room.
SHORT = {
    "day": {"de": "%d.%m.", "en": "%d %b", "ru": "%d.%m"},
    "month": {"de": "%m/%y", "en": "%b %y", "ru": "%m/%y"},
}


def written_day(day: date, language: str) -> str:
    return day.strftime(DAYS[language])


def short_day(day: date, unit: str, language: str) -> str:
    return day.strftime(SHORT[unit][language])
