"""A decision settles the appeal and the reports that were open on its comment.

Within the decision's transaction: whoever asked is written to a minute later, and a decision that
is taken back opens them again.  To hold a comment settles nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from moderation.letters import Letter, letter, spoken, written_clause, written_day
from moderation.reasons.stating import MAIL_WAITS
from moderation.redress import store
from moderation.redress.links import Office
from moderation.redress.store import SettledAppeal, SettledReport
from moderation.verdicts import Action
from service import clock, mail
from service.db import Connection
from service.mail import Mail
from service.sites import Site

APPEALS = {Action.APPROVE: "upheld", Action.REJECT: "dismissed"}
REPORTS = {Action.APPROVE: "kept", Action.REJECT: "removed"}


async def settle(
    conn: Connection,
    site: Site,
    decided: Mapping[UUID, UUID],
    action: Action,
    office: Office | None,
) -> None:
    """``decided`` is decision by comment."""
    if action not in APPEALS or not decided:
        return
    now = clock.now()
    appeals = await store.settle_appeals(conn, site.id, decided, APPEALS[action], now)
    reports = await store.settle_reports(conn, site.id, decided, REPORTS[action], now)
    if office is None or not office.sends:
        return
    mails = [*_to_authors(site, appeals), *_to_reporters(site, reports)]
    await mail.enqueue_all(conn, mails, now + MAIL_WAITS)


async def answer_before_erasure(
    conn: Connection, site: Site, comment_id: UUID, office: Office
) -> None:
    """Readers who wait for an answer hear it before their reports go with the comment."""
    if not office.sends:
        return
    mails = _to_reporters(site, await store.open_reports(conn, site.id, comment_id))
    await mail.enqueue_all(conn, [replace(each, comment_id=None, act=None) for each in mails])


async def overtake(conn: Connection, site: Site, decisions: Sequence[UUID], action: Action) -> None:
    """What decisions had settled that another one takes the place of, to be settled by that."""
    if decisions:
        appeal, report = APPEALS.get(action, ""), REPORTS.get(action, "")
        await store.overtake(conn, site.id, decisions, appeal, report)


async def reopen(conn: Connection, site_id: int, decisions: Sequence[UUID]) -> None:
    """What these decisions had settled is open again."""
    await store.reopen_appeals(conn, site_id, decisions)
    await store.reopen_reports(conn, site_id, decisions)


def _to_authors(site: Site, settled: Sequence[SettledAppeal]) -> list[Mail]:
    return [
        _mail(site, each, each.email, _to_author(site, each), spoken(each.language))
        for each in settled
        if mail.is_address(each.email)
    ]


def _to_author(site: Site, settled: SettledAppeal) -> Letter:
    language = spoken(settled.language)
    why = (f"removed.{settled.ground}", "removed.note") if settled.ground else ()
    closing = ("removed.court",) if settled.outcome == "dismissed" else ()
    return letter(
        settled.outcome,
        language,
        "hello",
        f"{settled.outcome}.what",
        *why,
        *closing,
        "bye",
        site=site.url,
        day=written_day(settled.received_at, language),
        clause=written_clause(settled.clause or "", language),
        title=settled.title,
        sentence=settled.sentence,
        note=settled.note,
    )


def _to_reporters(site: Site, settled: Sequence[SettledReport]) -> list[Mail]:
    return [
        _mail(site, each, each.email, _to_reporter(site, each), spoken(each.language))
        for each in settled
        if mail.is_address(each.email)
    ]


def _to_reporter(site: Site, settled: SettledReport) -> Letter:
    language = spoken(settled.language)
    return letter(
        "acted",
        language,
        "hello",
        f"acted.{settled.outcome}",
        "acted.court",
        "bye",
        site=site.url,
        day=written_day(settled.made_at, language),
    )


def _mail(
    site: Site,
    settled: SettledAppeal | SettledReport,
    to: str | None,
    written: Letter,
    language: str,
) -> Mail:
    return Mail(
        to=to or "",
        subject=written.subject,
        text=written.text,
        language=language,
        site_id=site.id,
        comment_id=settled.comment_id,
        act=settled.decision_id,
    )
