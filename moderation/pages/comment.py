"""The page of one comment: whole, with every reason, its author's history and what happened."""

from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from moderation.pages.acting import NoSuchComment
from moderation.pages.asking import moderated, read_id
from moderation.pages.deciders import name_of_kind
from moderation.pages.display import revealed
from moderation.pages.report import REPORT_REASONS
from moderation.pages.showing import CHOICES, STATES, decider, show
from moderation.reasons.stating import citable
from moderation.review import cases
from moderation.review.listing import store
from moderation.review.searching import author_word
from moderation.review.story import store as story
from service import clock
from service.accounts import store as accounts
from service.accounts.values import Role, Session
from service.audit import ActorKind
from service.db import POOL, connection
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import page
from service.settings import SETTINGS

LONGEST_SHOWN = 200_000  # characters: a megabyte of text helps nobody to decide
EARLIER_AT_MOST = 20
REPEATS_WITHIN = 3_600_000 << 80  # ids are UUIDv7: an hour of milliseconds
EVENTS = {
    "comment.held": message("told that it is held"),
    "comment.approved": message("told that it is approved"),
    "comment.rejected": message("told that it is rejected"),
    "comment.decided": message("told of the decision"),
}
DELIVERY_STATES = {
    "waiting": message("waiting to be sent"),
    "delivered": message("delivered"),
    "given-up": message("given up"),
}
MAIL_STATES = {
    "waiting": message("the mail to the author waits to be sent"),
    "sent": message("the author has been written to"),
    "given-up": message("the mail to the author could not be delivered"),
    "no_contact": message("the author left no e-mail address"),
    "no_relay": message("no mail is sent from here"),
    "switched_off": message("mails to authors are switched off"),
    "told_of_appeal": message("the author hears it with the answer to the appeal"),
}

routes = web.RouteTableDef()


@routes.get("/review/{site}/{id}")
@page(Role.MODERATOR)
async def comment(request: web.Request, session: Session) -> web.StreamResponse:
    site = moderated(request, session).get(request.match_info["site"])
    comment_id = read_id(request.match_info["id"])
    if site is None or comment_id is None:
        raise NoSuchComment
    async with connection(request.app[POOL]) as conn:
        item = await store.find(conn, site.id, comment_id)
        if item is None:
            raise NoSuchComment
        text = await story.whole_text(conn, site.id, comment_id)
        repeats_below = UUID(int=min(comment_id.int + REPEATS_WITHIN, (1 << 128) - 1))
        timeline = await story.timeline(conn, site.id, comment_id, repeats_below)
        earlier = []
        if item.author_hash is not None:
            word = f"'{author_word(item.author_hash)}'"
            earlier = await story.history(
                conn, site.id, item.author_hash, comment_id, word, EARLIER_AT_MOST
            )
        users = await accounts.names(conn)
        asked_for = await cases.of_comments(conn, [(site.id, comment_id)], settled=True)
        known = await citable(conn, [site.id], (ActorKind.USER, str(session.account.id)))
    return frame.render(
        "comment.html",
        language=session.account.language,
        session=session,
        here="/review",
        status=HTTPStatus.OK,
        shown=show(
            item,
            site,
            session,
            users,
            text=text[:LONGEST_SHOWN],
            service_days=request.app[SETTINGS].comment_retention_days,
            case=asked_for.get(comment_id, cases.NONE),
        ),
        known=known,
        now=clock.now(),
        report_reasons=REPORT_REASONS,
        cut=max(len(text) - LONGEST_SHOWN, 0),
        timeline=[(each, decider(each.actor_kind, each.actor, users)) for each in timeline],
        earlier=[(each, revealed(each.text)) for each in earlier],
        choices=CHOICES,
        states=STATES,
        events=EVENTS,
        delivery_states=DELIVERY_STATES,
        mail_states=MAIL_STATES,
        kind_name=name_of_kind,
    )
