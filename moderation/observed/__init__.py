"""Sites that are only observed: judged and recorded, but nothing is kept from the blog.

Every door that tells a blog what to do asks ``answered``.  What would have happened is told by
``report``, of which each row stays true when the site is no longer observed: a comment remembers
how it was answered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from msgspec import structs

from consent.retention import oldest_uuid7
from moderation.comments import Comment
from moderation.observed import store
from moderation.observed.store import DayCount, FindingCount, ImportCount
from moderation.verdicts import Action, Verdict
from service import clock
from service.db import Connection
from service.sites import Site, SiteSettings

__all__ = ["Report", "answered", "discarded", "report"]

SPAM, HAM = "spam", "ham"


def answered(verdict: Verdict, settings: SiteSettings) -> Verdict:
    """What the blog hears of ``verdict``: an approval while its site is only observed."""
    if not settings.observe_only or verdict.action is Action.APPROVE:
        return verdict
    return structs.replace(verdict, action=Action.APPROVE, discardable=False)


def discarded(comment: Comment, verdict: Verdict, settings: SiteSettings) -> bool:
    """Whether the blog is advised to keep nothing of ``comment``, and follows that."""
    return (
        settings.discard
        and comment.can_be_discarded
        and answered(verdict, settings).action is Action.REJECT
        and verdict.probability >= settings.discard_threshold
    )


Actions = Mapping[str, int]  # by ``Action``; each is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What would have happened to a site's comments; repeats and rechecks aside."""

    site: str
    observe_only: bool  # now
    since: date
    comments: int
    actions: Actions
    by_day: Mapping[date, Actions]
    labelled: int  # of which a person on the blog has said what they are
    missed_spam: int  # would have been approved, and is spam to the blog
    false_positives: int  # would have been held or rejected, and is not
    findings: tuple[FindingCount, ...]  # what spoke for spam most often where there was no approval
    imported: Mapping[str, Actions]  # what the blog had done, and what would have been done here


async def report(conn: Connection, site: Site, days: int) -> Report:
    """The last ``days`` days, today among them; of imported comments all that are kept."""
    since = clock.now().date() - timedelta(days=days - 1)
    beginning = datetime.combine(since, time.min, UTC)
    oldest = oldest_uuid7(beginning)
    counts = await store.count_days(conn, site.id, oldest, beginning)
    settings = site.settings
    return Report(
        site=site.name,
        observe_only=settings.observe_only,
        since=since,
        comments=sum(count.comments for count in counts),
        actions=_actions((count.action, count.comments) for count in counts),
        by_day=_by_day(counts),
        labelled=sum(count.comments for count in counts if count.label),
        missed_spam=_disagreeing(counts, SPAM),
        false_positives=_disagreeing(counts, HAM),
        findings=tuple(await store.count_findings(conn, site.id, oldest, beginning)),
        imported=_imported(
            await store.count_imported(
                conn, site.id, settings.hold_threshold, settings.reject_threshold
            )
        ),
    )


def _actions(counts: Iterable[tuple[str, int]]) -> Actions:
    found: dict[str, int] = {action.value: 0 for action in Action}
    for action, comments in counts:
        found[action] += comments
    return found


def _by_day(counts: Iterable[DayCount]) -> Mapping[date, Actions]:
    days: dict[date, list[tuple[str, int]]] = defaultdict(list)
    for count in counts:
        days[count.day].append((count.action, count.comments))
    return {day: _actions(found) for day, found in sorted(days.items())}


def _disagreeing(counts: Iterable[DayCount], label: str) -> int:
    """Comments that bear ``label`` and would have been treated as the other."""
    return sum(
        count.comments
        for count in counts
        if count.label == label and (count.action == Action.APPROVE) == (label == SPAM)
    )


def _imported(counts: Iterable[ImportCount]) -> Mapping[str, Actions]:
    """By what the blog did, then by what the thresholds say; empty where nothing was imported."""
    blogs: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for count in counts:
        blogs[count.blog].append((count.ours, count.comments))
    return {action.value: _actions(blogs[action]) for action in Action if action in blogs}
