"""Statements of reasons in the shape of the European transparency database (API of July 2025).

https://transparency.dsa.ec.europa.eu/page/api-documentation says what each field takes.  Nothing
personal goes along (Art. 24(5)): no word of the comment, nor of the moderator's note.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from moderation.letters import TABLES, spoken
from moderation.reasons import store
from moderation.reasons.rules import Ground
from moderation.reasons.store import Exported
from service import tables
from service.db import Connection

EVERYWHERE = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
    *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)
AT_ONCE = 500
LOWEST = UUID(int=0)
FACTS = {
    "notice16": "A reader reported the comment; a person looked at it and removed it.",
    "machine": "An automatic filter set the comment aside; a person looked at it and removed it.",
    "person": "A moderator came across the comment and removed it.",
}


class Entry(Struct, kw_only=True):
    """A statement of reasons as the EU's DSA Transparency Database takes it."""

    puid: str
    decision_visibility: list[str]
    end_date_visibility_restriction: str | None
    decision_ground: str
    illegal_content_legal_ground: str | None
    illegal_content_explanation: str | None
    incompatible_content_ground: str | None
    incompatible_content_explanation: str | None
    category: str
    content_type: list[str]
    content_language: str | None
    content_date: str
    territorial_scope: list[str]
    application_date: str
    decision_facts: str
    source_type: str
    automated_detection: str
    automated_decision: str


COLUMNS = Entry.__struct_fields__


def entry(made: Exported) -> Entry:
    is_law = made.ground == Ground.LAW
    ground = made.clause if is_law else f"{made.clause}: {made.title}"
    return Entry(
        puid=str(made.id),
        decision_visibility=["DECISION_VISIBILITY_CONTENT_REMOVED"],
        end_date_visibility_restriction=_day(made.ends_at) if made.ends_at else None,
        decision_ground=f"DECISION_GROUND_{'ILLEGAL' if is_law else 'INCOMPATIBLE'}_CONTENT",
        illegal_content_legal_ground=ground if is_law else None,
        illegal_content_explanation=made.sentence if is_law else None,
        incompatible_content_ground=None if is_law else ground,
        incompatible_content_explanation=None if is_law else made.sentence,
        category=f"STATEMENT_CATEGORY_{made.category}",
        content_type=["CONTENT_TYPE_TEXT"],
        content_language=_language(made.languages),
        content_date=_day(made.content_date),
        territorial_scope=list(EVERYWHERE),
        application_date=_day(made.made_at),
        decision_facts=_facts(made),
        source_type="SOURCE_ARTICLE_16" if made.source == "notice16" else "SOURCE_VOLUNTARY",
        automated_detection="Yes" if made.automated_detection else "No",
        automated_decision="AUTOMATED_DECISION_FULLY"
        if made.automated_decision
        else "AUTOMATED_DECISION_NOT_AUTOMATED",
    )


def _facts(made: Exported) -> str:
    if made.source == "notice16":
        return FACTS["notice16"]
    return FACTS["machine" if made.automated_detection else "person"]


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _language(languages: str | None) -> str | None:
    """Only where the blog named one that we know."""
    named = spoken(languages)
    known = any(part.startswith(tuple(TABLES)) for part in (languages or "").lower().split(","))
    return named.upper() if known else None


async def entries(
    conn: Connection, site_id: int, since: datetime, until: datetime
) -> AsyncIterator[Entry]:
    """The statements that stand, the oldest first."""
    above = LOWEST
    while found := await store.between(conn, site_id, above, since, until, AT_ONCE):
        for each in found:
            yield entry(each)
        above = found[-1].id


def csv_line(cells: Sequence[object]) -> str:
    """One line with its end; what is neither text nor missing is JSON."""
    return tables.lines([[_cell(cell) for cell in cells]])


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def as_csv(made: Entry) -> str:
    return csv_line([getattr(made, name) for name in COLUMNS])


def as_json(made: Entry) -> dict[str, Any]:
    """Without what does not apply: the database wants such fields left out."""
    fields: dict[str, Any] = msgspec.to_builtins(made)
    return {name: value for name, value in fields.items() if value is not None}
