"""``POST /webhooks/{site}``: a platform reports a comment and is told what to do with it.

The header of its signature tells which platform speaks; one that signs nothing has a secret in the
path, ``/webhooks/{site}/{secret}``, which tells the same.  How each of them talks is in
``platforms``.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson
import structlog
from aiohttp import web
from msgspec import structs

from moderation import feedback, history
from moderation.api.requests import LONG_BODY_BYTES, read_body
from moderation.comments import Comment
from moderation.feedback import Report, Source
from moderation.intake import INTAKE
from moderation.observed import answered
from moderation.platforms import BY_HEADER, PLATFORMS, Delivered
from moderation.redelivery import store as redelivery
from moderation.signatures import BadSignature, MissingSignature
from service import clock, errors
from service.audit import ActorKind
from service.db import POOL, connection
from service.http import SITE_ID
from service.sites import DIRECTORY, Site, Webhook
from service.webhooks.values import path_hash

log = structlog.get_logger()
routes = web.RouteTableDef()

BODY_HASH_BYTES = 16


class UnknownSite(errors.NotFound):
    """There is no site of this name here."""


class UnknownSecret(errors.Unauthenticated):
    """This address holds no secret that the site takes."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A delivery that is certainly a platform's, and what it says."""

    platform: str
    delivery_id: str
    delivered: Delivered


@routes.post("/webhooks/{site}")
@routes.post("/webhooks/{site}/{secret}")
async def receive(request: web.Request) -> web.Response:
    """Authenticate, decode, judge, store, answer; in that order, and nothing is stored unproven.

    Platforms deliver again when they are unsure that we heard.  A redelivery hears what the first
    delivery heard, whenever it comes, even if the model has changed since.
    """
    site = request.app[DIRECTORY].site(request.match_info["site"])
    if site is None:
        raise UnknownSite
    request[SITE_ID] = site.id
    body = await read_body(request)
    secret = request.match_info.get("secret")
    proven = await _proven(site, request.headers, body, secret)
    if isinstance(proven.delivered, Comment):
        return await _judge(request, site, proven, proven.delivered)
    if isinstance(proven.delivered, Report):
        return await _learn(request, site, proven, proven.delivered)
    return web.Response(status=204)


async def _judge(
    request: web.Request, site: Site, proven: Proven, comment: Comment
) -> web.Response:
    comment = structs.replace(comment, delivery_id=proven.delivery_id)
    receipt = await request.app[INTAKE].submit(comment, site, None)
    verdict = answered(receipt.verdict, site.settings)
    return _json(PLATFORMS[proven.platform].render(verdict, receipt.id))


async def _learn(request: web.Request, site: Site, proven: Proven, report: Report) -> web.Response:
    """Once for each delivery: a copy must not overrule who has thought better of it since."""
    pool = request.app[POOL]
    delivery_hash = history.keyed_hash(site, "report", proven.delivery_id)
    async with connection(pool) as conn:
        comment_id = await redelivery.reported(conn, site.id, delivery_hash)
    if comment_id is None:
        sender = feedback.Sender(site, Source.WEBHOOK, ActorKind.WEBHOOK, proven.platform)
        comment_id = await feedback.take_from(sender, report, pool, request.app[INTAKE])
        # If we were to crash here, a redelivery would find the label there and change nothing.
        async with connection(pool) as conn:
            await redelivery.add_report(conn, site.id, delivery_hash, comment_id)
    return _json(_labelled(comment_id, report))


def _labelled(comment_id: UUID, report: Report) -> object:
    return {"id": str(comment_id), "label": report.label}


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


async def _proven(
    site: Site, headers: Mapping[str, str], body: bytes, secret: str | None
) -> Proven:
    """``prove``, in a thread where it would take long; what is refused is noted."""
    try:
        if len(body) <= LONG_BODY_BYTES:
            return prove(site, headers, body, secret)
        return await asyncio.to_thread(prove, site, headers, body, secret)
    except errors.ServiceError as error:
        log.info("webhook.refused", site_id=site.id, reason=error.code)
        raise


def prove(site: Site, headers: Mapping[str, str], body: bytes, secret: str | None = None) -> Proven:
    """Whose delivery this is, and what it says; pure but for the clock.

    ``headers`` must ignore case.  Raises ``UnknownSecret``, ``MissingSignature``, ``BadSignature``,
    ``StaleDelivery`` or ``MalformedDelivery``; whatever the bytes, nothing else.
    """
    valid = _valid(site)
    if secret is None:
        platform, signed_id = _signed(valid, headers, body)
    else:
        platform, signed_id = _by_path(valid, site, secret), None
    delivery_id = f"{platform}:{signed_id or body_hash(site, body)}"
    return Proven(platform, delivery_id, PLATFORMS[platform].parse(headers, body, site))


def _valid(site: Site) -> list[Webhook]:
    now = None
    valid = []
    for webhook in site.webhooks:
        if webhook.expires_at is not None:
            now = now or clock.now()
            if webhook.expires_at <= now:
                continue
        valid.append(webhook)
    return valid


def _by_path(valid: list[Webhook], site: Site, secret: str) -> str:
    hashed = path_hash(site.pepper, secret)
    for webhook in valid:
        if webhook.in_path and hmac.compare_digest(webhook.secret, hashed):
            return webhook.platform
    raise UnknownSecret


def _signed(
    valid: list[Webhook], headers: Mapping[str, str], body: bytes
) -> tuple[str, str | None]:
    """The platform whose signature it is, and the delivery's id where that is signed."""
    signers = [name for header, name in BY_HEADER.items() if header in headers]
    if not signers:
        raise MissingSignature
    for name in signers:
        signature = PLATFORMS[name].signature
        secrets = [hook.secret for hook in valid if hook.platform == name and not hook.in_path]
        if signature and secrets:
            return name, signature.verify(headers, body, secrets)
    raise BadSignature


def body_hash(site: Site, body: bytes) -> str:
    """By which a delivery without a signed id is recognised.

    Keyed: the body holds an address that is shortened later, and an open hash would give it away.
    """
    return hashlib.blake2b(
        body, digest_size=BODY_HASH_BYTES, key=site.pepper, person=b"delivery"
    ).hexdigest()
