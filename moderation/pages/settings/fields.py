"""Settings as a form has them: percentages and hours, as text, in both directions."""

import re
from collections.abc import Mapping
from decimal import Decimal

import orjson

from moderation.verdicts import Thresholds
from service.pages.frame import message
from service.sites import SiteSettings
from service.sites.administration import LONGEST_HOLD_SECONDS, BadSiteSetting

PERCENTAGES = ("hold_threshold", "reject_threshold", "discard_threshold")
SWITCHES = ("discard", "hold_answer", "observe_only", "mail_reasons")
HOURS = "hold_hours"
LANGUAGES = "languages"
LONGEST = 100
NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,10})?", re.ASCII)

# What each field is called, on the page and where somebody is told that it changed.
TITLES: Mapping[str, str] = {
    "hold_threshold": message("Hold from"),
    "reject_threshold": message("Reject from"),
    "discard_threshold": message("Discard from"),
    "discard": message("Discard what is beyond doubt"),
    "hold_answer": message("Blogs that cannot wait hear of a held comment"),
    HOURS: message("Hours a blog waits for a decision"),
    "minimum_form_seconds": message("Seconds that writing takes at least"),
    "observe_only": message("Observe only"),
    "mail_reasons": message("Tell authors by mail why a person removed their comment"),
    "comment_retention_days": message("Days after which comments are deleted"),
    "quarantine_days": message("Days in which a rejected comment can be brought back"),
    LANGUAGES: message("Languages of the blog"),
}


def shown(settings: SiteSettings, languages: str) -> dict[str, str]:
    """The text of each field.  Equal settings have equal texts, and only these."""
    fields = {name: _percent(getattr(settings, name)) for name in PERCENTAGES}
    fields |= {name: "yes" if getattr(settings, name) else "no" for name in SWITCHES}
    return fields | {
        HOURS: _plain(Decimal(settings.hold_seconds) / 3600),
        "minimum_form_seconds": _plain(Decimal(repr(settings.minimum_form_seconds))),
        "comment_retention_days": str(settings.comment_retention_days),
        "quarantine_days": str(settings.quarantine_days),
        LANGUAGES: languages,
    }


def given(form: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What was filled in; a field that was not sent stays as it was."""
    fields = {
        name: form[name].strip()[:LONGEST] if name in form else text
        for name, text in before.items()
    }
    return fields | {name: "yes" if fields[name] == "yes" else "no" for name in SWITCHES}


def seen(text: str) -> dict[str, str]:
    """What stood in the form when it was opened; nothing, if that cannot be read."""
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(read, dict):
        return {}
    return {name: value for name, value in read.items() if isinstance(value, str)}


def as_changes(fields: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What ``administration.change_settings`` is told.  Raises ``BadSiteSetting``."""
    changes = {}
    for name, text in fields.items():
        if text == before[name] or name == LANGUAGES:
            continue
        if name in PERCENTAGES:
            changes[name] = str(_share(text))
        elif name == HOURS:
            changes["hold_seconds"] = str(_seconds(text))
        elif name == "minimum_form_seconds":
            changes[name] = str(number(text))
        elif name in SWITCHES:
            changes[name] = text
        else:
            changes[name] = str(_whole(text))
    return changes


def thresholds(fields: Mapping[str, str]) -> Thresholds:
    """Raises ``BadSiteSetting``."""
    hold, reject, discard = (float(_share(fields[name])) for name in PERCENTAGES)
    if not 0 <= hold <= reject <= discard <= 1:
        raise BadSiteSetting(
            "Comments are held from a lower percentage than they are rejected from,"
            " and rejected from a lower one than they are discarded from."
        )
    return Thresholds(hold, reject, discard)


def number(text: str) -> Decimal:
    """Raises ``BadSiteSetting``."""
    if not NUMBER.fullmatch(text):
        raise BadSiteSetting("“%(text)s” is no number.", text=text)
    return Decimal(text.replace(",", "."))


def _seconds(hours: str) -> int:
    seconds = round(number(hours) * 3600)
    if not 1 <= seconds <= LONGEST_HOLD_SECONDS:
        raise BadSiteSetting(
            "%(name)s must lie between %(least)s and %(most)s.",
            name=HOURS,
            least=0.001,
            most=LONGEST_HOLD_SECONDS // 3600,
        )
    return seconds


def _whole(text: str) -> int:
    found = number(text)
    if found != int(found):
        raise BadSiteSetting("“%(text)s” is no whole number.", text=text)
    return int(found)


def _share(percent: str) -> Decimal:
    found = number(percent)
    if not 0 <= found <= 100:  # noqa: PLR2004  (per cent)
        raise BadSiteSetting("“%(text)s” is no percentage.", text=percent)
    return found / 100


def _percent(share: float) -> str:
    return _plain(Decimal(repr(share)) * 100)


def _plain(value: Decimal) -> str:
    """Without exponents and needless zeros; ten digits behind the point are enough to come back."""
    text = f"{value:.10f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
