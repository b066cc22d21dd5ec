"""Decisions, undoing them, and saying what one looks at: forms, and the same for the script."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeAlias
from uuid import UUID

import structlog
from aiohttp import web
from uuid_utils.compat import uuid7

from moderation.pages.asking import moderated, read_id
from moderation.pages.showing import CHOICES, decider
from moderation.reasons.rules import Rule
from moderation.reasons.stating import LONGEST_NOTE, Citation, citable
from moderation.redress.offices import office_of
from moderation.review import live
from moderation.review.deciding import (
    AT_MOST,
    Choice,
    Decider,
    Outcome,
    Seen,
    decide,
    undo,
)
from service import errors
from service.accounts import store as accounts
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, connection
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM, page, wants_json
from service.sites import Site

log = structlog.get_logger()

REFERENCE = re.compile(r"(\d{1,9})\.([0-9a-f]{32})\.([0-9a-f]{32}|-)")
QUEUE = "/review"

Say: TypeAlias = Callable[[str, int], str]  # language, number -> sentence

MEANWHILE = message("Meanwhile %(name)s decided otherwise: %(choice)s.")
THE_BLOG = message("the blog")

routes = web.RouteTableDef()


class NothingChosen(errors.Unprocessable):
    """No comment was chosen, or too many at once."""


class UnknownChoice(errors.Invalid):
    """A comment is approved, called spam, rejected or held."""


class NoSuchComment(errors.NotFound):
    """There is no such comment, or it is not yours to decide."""


@routes.post(f"{QUEUE}/decide")
@page(Role.MODERATOR)
async def decide_items(request: web.Request, session: Session) -> web.StreamResponse:
    form = request[FORM]
    choice = _choice(form.get("decision", ""))
    seen = _seen(request, session, form.getall("item", []))
    if choice is Choice.REJECT and "rule" not in form and not wants_json(request):
        return await _ask_why(request, session, seen)
    by, batch = Decider(ActorKind.USER, str(session.account.id)), uuid7()
    cited, office = Citation(form.get("rule", ""), form.get("note", "")), office_of(request.app)
    outcomes = []
    async with connection(request.app[POOL]) as conn, conn.transaction():
        for site, items in sorted(seen.items(), key=lambda pair: pair[0].id):
            outcomes.append(
                await decide(
                    conn,
                    site,
                    items,
                    choice,
                    by,
                    alike=form.get("alike") == "yes",
                    batch=batch,
                    cited=cited,
                    office=office,
                )
            )
    _note("review.decided", session, outcomes, choice)
    rule = next((outcome.cited for outcome in outcomes if outcome.cited), None)
    return await _answer(request, session, batch, outcomes, _decided(choice, rule))


async def _ask_why(
    request: web.Request, session: Session, seen: Mapping[Site, Sequence[Seen]]
) -> web.StreamResponse:
    """For who has no script: the form once more, with the rules to choose from."""
    form = request[FORM]
    async with connection(request.app[POOL]) as conn:
        known = await citable(
            conn, [site.id for site in seen], (ActorKind.USER, str(session.account.id))
        )
    return frame.render(
        "reject.html",
        language=session.account.language,
        session=session,
        here=QUEUE,
        items=form.getall("item"),
        alike=form.get("alike") == "yes",
        back=_back(form.get("back", "")),
        known=known.shared(),
        longest_note=LONGEST_NOTE,
    )


@routes.post(f"{QUEUE}/undo")
@page(Role.MODERATOR)
async def undo_batch(request: web.Request, session: Session) -> web.StreamResponse:
    form = request[FORM]
    batch, only = read_id(form.get("batch", "")), read_id(form.get("comment", ""))
    if batch is None:
        raise NoSuchComment
    sites = moderated(request, session).values()
    by = Decider(ActorKind.USER, str(session.account.id))
    office = office_of(request.app)
    meant = [site for site in sites if form.get("site") in {None, "", site.name}]
    async with connection(request.app[POOL]) as conn, conn.transaction():
        outcomes = [
            await undo(conn, site, by, batch=batch, only=only, office=office)
            for site in sorted(meant, key=lambda site: site.id)
        ]
    _note("review.undone", session, outcomes, "undo")
    return await _answer(request, session, None, outcomes, _undone)


@routes.post(f"{QUEUE}/claim")
@page(Role.MODERATOR)
async def claim(request: web.Request, session: Session) -> web.StreamResponse:
    """Whose the comment is: ``{"by": name}``, empty for nobody else's."""
    ((site, (seen,)),) = _seen(request, session, request[FORM].getall("item", [])[:1]).items()
    user = session.account.id
    holder = await live.claim(request.app[POOL], site.id, seen.comment_id, user)
    return web.json_response({"by": holder.name if holder and holder.user_id != user else ""})


def _choice(text: str) -> Choice:
    if text not in set(Choice):
        raise UnknownChoice
    return Choice(text)


def _seen(
    request: web.Request, session: Session, references: Sequence[str]
) -> dict[Site, list[Seen]]:
    """By site.  Raises ``NothingChosen`` or ``NoSuchComment``, which a site of others is, too."""
    if not 1 <= len(references) <= AT_MOST:
        raise NothingChosen
    sites = {site.id: site for site in moderated(request, session).values()}
    found: defaultdict[Site, list[Seen]] = defaultdict(list)
    for reference in references:
        parts = REFERENCE.fullmatch(reference)
        if parts is None or int(parts[1]) not in sites:
            raise NoSuchComment
        decision = None if parts[3] == "-" else UUID(parts[3])
        found[sites[int(parts[1])]].append(Seen(UUID(parts[2]), decision))
    return dict(found)


def _note(event: str, session: Session, outcomes: Sequence[Outcome], choice: str) -> None:
    number = sum(len(outcome.decided) for outcome in outcomes)
    contested = sum(len(outcome.contested) for outcome in outcomes)
    fields = {"user": session.account.id, "comments": number, "contested": contested}
    if event == "review.decided":
        log.info("review.decided", choice=choice, **fields)
    else:
        log.info("review.undone", **fields)


async def _answer(
    request: web.Request,
    session: Session,
    batch: UUID | None,
    outcomes: Sequence[Outcome],
    say: Say,
) -> web.StreamResponse:
    decided = [str(each) for outcome in outcomes for each in outcome.decided]
    contested = [row for outcome in outcomes for row in outcome.contested]
    gone = [str(each) for outcome in outcomes for each in outcome.gone]
    if not wants_json(request):
        back = _back(request[FORM].get("back", ""))
        done = f"{'&' if '?' in back else '?'}done={batch}" if batch and decided else ""
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"{back}{done}"})
    async with connection(request.app[POOL]) as conn:
        users = await accounts.names(conn)
    language = session.account.language
    translate = frame.translations_of(language).gettext
    meanwhile = [
        {
            "id": str(row.id),
            "sentence": translate(MEANWHILE)
            % {
                "name": decider(row.actor_kind, row.actor, users) or translate(THE_BLOG),
                "choice": translate(CHOICES[row.choice or "undo"]),
            },
        }
        for row in contested
    ]
    return web.json_response(
        {
            "batch": str(batch) if batch and decided else "",
            "decided": decided,
            "contested": meanwhile,
            "gone": gone,
            "sentence": say(language, len(decided)),
        }
    )


def _back(target: str) -> str:
    """Only to pages of the queue."""
    plain = target.isascii() and target.isprintable()
    ours = target == QUEUE or target.startswith((f"{QUEUE}?", f"{QUEUE}/"))
    return target if plain and ours else QUEUE


def _decided(choice: Choice, rule: Rule | None) -> Say:
    def say(language: str, number: int) -> str:
        if rule is not None:
            return _rejected(language, number) % {
                "num": number,
                "reason": rule.spoken(language).title,
            }
        ngettext = frame.translations_of(language).ngettext
        sentences = {
            Choice.APPROVE: ngettext(
                "%(num)d comment approved.", "%(num)d comments approved.", number
            ),
            Choice.SPAM: ngettext(
                "%(num)d comment called spam.", "%(num)d comments called spam.", number
            ),
            Choice.REJECT: ngettext(
                "%(num)d comment rejected.", "%(num)d comments rejected.", number
            ),
            Choice.HOLD: ngettext(
                "%(num)d comment put on hold.", "%(num)d comments put on hold.", number
            ),
        }
        return sentences[choice] % {"num": number}

    return say


def _rejected(language: str, number: int) -> str:
    return frame.translations_of(language).ngettext(
        "%(num)d comment rejected: %(reason)s.", "%(num)d comments rejected: %(reason)s.", number
    )


def _undone(language: str, number: int) -> str:
    ngettext = frame.translations_of(language).ngettext
    sentence = ngettext("%(num)d decision taken back.", "%(num)d decisions taken back.", number)
    return sentence % {"num": number}
