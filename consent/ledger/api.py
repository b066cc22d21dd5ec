"""For the blog's own server: what somebody has agreed to, before it does what needs consent."""

from typing import Annotated

import msgspec
import orjson
from aiohttp import web
from msgspec import Meta

from consent.ledger import states
from consent.ledger.states import State
from consent.notices.answers import stamp
from consent.notices.document import Kind
from consent.notices.shelf import SHELF
from consent.public import NO_STORE
from service import auth, db, errors
from service.tokens import Scope

routes = web.RouteTableDef()
BODY_LIMIT_BYTES = 8192


class MalformedQuestion(errors.Invalid):
    """Ask like {"subject": "...", "kind": "cookie"}."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: Annotated[str, Meta(min_length=1, max_length=128)]
    kind: Kind = Kind.COOKIE


@routes.post("/v1/consent/state")
async def state(request: web.Request) -> web.Response:
    """The state of one subject, who is named in the body and never in an address."""
    caller = await auth.authenticate(request, request.query.get("site"), Scope.CONSENT_READ)
    question = await _question(request)
    published = await request.app[SHELF].published(caller.site.id)
    async with db.connection(request.app[db.POOL]) as conn:
        found = await states.state(conn, caller.site, published, question.subject, question.kind)
    return web.Response(
        body=orjson.dumps(_said(found)), content_type="application/json", headers=NO_STORE
    )


async def _question(request: web.Request) -> Question:
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise MalformedQuestion
    try:
        return msgspec.json.decode(await request.read(), type=Question)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise MalformedQuestion from None


def _said(found: State) -> dict[str, object]:
    return {
        "kind": found.kind,
        "state": found.state,
        "permits": sorted(purpose for purpose in found.decisions if states.permits(found, purpose)),
        "decisions": found.decisions,
        "services": found.services,
        "receipt_id": found.receipt_id,
        "valid_until": stamp(found.valid_until) if found.valid_until else None,
        "ask_again": found.ask_again,
    }
