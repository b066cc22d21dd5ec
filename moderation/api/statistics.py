"""A site's statistics in the JSON API."""

from collections.abc import Sequence

from aiohttp import web

from moderation import statistics
from moderation.api.answers import say
from moderation.api.operations import Call, operation
from moderation.api.types import DatedCounts, Statistics, StatisticsQuery
from moderation.statistics import Span
from moderation.statistics.store import TimeCounts, counts_by_time
from service import clock
from service.db import POOL, connection
from service.tokens import Scope


@operation(
    "GET",
    "/v1/statistics",
    Scope.STATISTICS_READ,
    Statistics,
    query=StatisticsQuery,
    refusals=(404,),
)
async def read_statistics(call: Call) -> web.Response:
    """Comments by verdict and what people put right, in all and by month or day."""
    span: Span = call.query.period
    unit = "YYYY-MM-DD" if span is Span.SIXTY_DAYS else "YYYY-MM"
    since = statistics.since(span, clock.now().date())
    async with connection(call.request.app[POOL]) as conn:
        rows = await counts_by_time(conn, call.caller.site.id, since, unit)
    return say(_summed(call.caller.site.name, span, rows))


def _summed(site: str, span: Span, rows: Sequence[TimeCounts]) -> Statistics:
    spam, ham = sum(row.spam for row in rows), sum(row.ham for row in rows)
    missed = sum(row.missed_spam for row in rows)
    wrong = sum(row.false_positives for row in rows)
    judged = spam + ham
    return Statistics(
        site=site,
        period=span,
        spam=spam,
        ham=ham,
        missed_spam=missed,
        false_positives=wrong,
        accuracy=max(0.0, 1 - (missed + wrong) / judged) if judged else 1.0,
        parts=[_part(row, span) for row in rows],
    )


def _part(row: TimeCounts, span: Span) -> DatedCounts:
    return DatedCounts(
        first_day=row.first_day if span is Span.SIXTY_DAYS else row.first_day.replace(day=1),
        spam=row.spam,
        ham=row.ham,
        missed_spam=row.missed_spam,
        false_positives=row.false_positives,
    )
