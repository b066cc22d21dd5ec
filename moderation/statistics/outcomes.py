"""What people made of the machine's verdicts, counted as they decide: by day, language and verdict.

Rows are only ever added, one for each act and kind, and added up by a job.  A decision that is
changed or taken back adds a row of less than none, so that the sums are of decisions that stand.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from moderation.statistics import store
from moderation.statistics.languages import language_of
from service.db import Connection


@dataclass(frozen=True, slots=True)
class Judged:
    """A comment with its verdict, and the choice of people before and after an act."""

    counted: bool
    day: date  # on which it came in
    verdict: str
    text: str  # its beginning
    before: str | None
    after: str | None


async def count(conn: Connection, site_id: int, judged: Iterable[Judged]) -> None:
    """Within the caller's transaction, one statement for any number of comments."""
    sums: Counter[tuple[date, str, str, str]] = Counter()
    for each in judged:
        if not each.counted or each.before == each.after:
            continue
        language = language_of(each.text)
        for outcome, change in ((each.before, -1), (each.after, 1)):
            if outcome is not None:
                sums[each.day, language, each.verdict, outcome] += change
    rows = [(*key, number) for key, number in sorted(sums.items()) if number]
    if rows:
        await store.add_outcomes(conn, site_id, rows)
