"""Which stored comment a report is about, when no identifier says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from moderation import history, screening
from moderation.comments import Comment
from moderation.feedback import store
from moderation.feedback.store import Candidate, Label
from moderation.screening import Scorer
from moderation.wordpress import same_name, same_text
from service.db import Connection
from service.sites import Site

LOOK_BACK = timedelta(days=90)  # moderators clear their spam folder within weeks
SAME_MOMENT = timedelta(minutes=5)  # between a blog's clock and ours
DATED_PERIODS = 1  # six-hour periods on each side of the date that a blog gives a comment


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody on a blog calls a comment spam, or not spam."""

    comment: Comment  # as reported; its origin is a submission
    label: Label
    reporter: str  # their name there; only a keyed hash of it is kept


async def find(
    conn: Connection, report: Report, site: Site, scorer: Scorer, now: datetime
) -> Candidate | None:
    """The stored comment that is meant: around its date first, then wherever else it may be."""
    comment = report.comment
    text_hash = scorer.score([screening.example(comment, site)])[0].fingerprints.text
    address_hash = history.address_hash(comment.address, site)
    for periods in _periods(comment.submitted_at, now):
        # Where a text was rewritten on its way, its author's address leads to it.
        for look_up in ({"text_hash": text_hash}, {"address_hash": address_hash}):
            if None in look_up.values():
                continue
            candidates = await store.find_candidates(
                conn, site.id, periods, post_id=comment.platform_post_id, **look_up
            )
            if found := choose(candidates, comment, report.label):
                return found
    return None


def _periods(submitted_at: datetime | None, now: datetime) -> list[list[int]]:
    """Where to look, one after the other, as numbers of six-hour periods."""
    newest = history.period(now)
    everywhere = [*range(history.period(now - LOOK_BACK), newest + 1)]
    if submitted_at is None or not timedelta(0) <= now - submitted_at + history.PERIOD:
        return [everywhere]
    middle = history.period(submitted_at)
    near = [*range(middle - DATED_PERIODS, middle + DATED_PERIODS + 1)]
    return [near, everywhere]


def choose(candidates: Sequence[Candidate], comment: Comment, label: Label) -> Candidate | None:
    """The one of ``candidates`` (newest first) that is meant.

    Nothing that both sides know may differ, the text and the author's name in their many spellings.
    A date decides between several; without one, the newest that does not bear this label yet.
    """
    fitting = [candidate for candidate in candidates if _fits(candidate, comment)]
    fitting = _prefer(fitting, [c for c in fitting if c.address == comment.address])
    fitting = _prefer(fitting, [c for c in fitting if not c.rechecked])
    if not fitting:
        return None
    if comment.submitted_at is not None:
        nearest = min(fitting, key=lambda c: _distance(c, comment.submitted_at))
        if _distance(nearest, comment.submitted_at) <= SAME_MOMENT:
            return nearest
    return _prefer(fitting, [c for c in fitting if c.label != label])[0]


def _fits(candidate: Candidate, comment: Comment) -> bool:
    if candidate.platform_post_id is None or comment.platform_post_id is None:
        same_post = same_name(candidate.permalink, comment.permalink)
    else:
        same_post = candidate.platform_post_id == comment.platform_post_id
    return (
        same_post
        and same_name(candidate.author, comment.author)
        and same_name(candidate.email, comment.email)
        and same_text(candidate.text, comment.text)
    )


def _prefer(all_of_them: list[Candidate], preferred: list[Candidate]) -> list[Candidate]:
    return preferred or all_of_them


def _distance(candidate: Candidate, moment: datetime | None) -> timedelta:
    if moment is None:
        return timedelta.max
    dates = (candidate.received_at, candidate.submitted_at)
    return min(abs(moment - date) for date in dates if date is not None)
