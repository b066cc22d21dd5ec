"""What an operator does to the webhooks of a site.  Every change enters the audit trail."""

import base64
import binascii
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from service import audit, clock, errors
from service.audit import OPERATOR, Actor
from service.db import Connection
from service.secrets import Secrets
from service.sites import store as site_store
from service.sites.administration import UnknownSite
from service.sites.directory import PEPPER_PURPOSE
from service.sites.store import SiteRow
from service.webhooks import store
from service.webhooks.store import WebhookRow
from service.webhooks.values import WEBHOOK_PURPOSE, path_hash

PREFIX = "whsec_"  # of a secret by Standard Webhooks: base64 of 24 to 64 bytes follows
SECRET_BYTES = 32
LEAST_BYTES, MOST_BYTES = 24, 64
LEAST_CHARACTERS, MOST_CHARACTERS = 12, 500


class Proof(StrEnum):
    """How a platform proves who it is."""

    STANDARD = "standard"  # signs as Standard Webhooks say
    SIGNED = "signed"  # signs in its own way, with the secret's characters as the key
    PATH = "path"  # signs nothing: the secret stands in the address


@dataclass(frozen=True, slots=True)
class Kind:
    """What an operator must know of a platform; the platforms themselves are in ``moderation``."""

    platform: str
    title: str
    proof: Proof


class UnknownPlatform(errors.OperatorError):
    """There is no such platform."""

    exit_code = errors.USAGE


class WebhookExists(errors.Conflict):
    """The site has a webhook of this platform already."""


class NoWebhook(errors.NotFound):
    """The site has no webhook of this platform."""


class BadSecret(errors.Invalid):
    """The secret cannot be used."""


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A secret that was just taken up; ``secret`` is shown once."""

    site_id: int
    id: int
    kind: Kind
    secret: str


async def add(  # noqa: PLR0913, PLR0917  (all of it is needed)
    conn: Connection,
    secrets: Secrets,
    name: str,
    kind: Kind,
    given: str = "",
    by: Actor = OPERATOR,
) -> NewWebhook:
    """Let a platform report for the site; ``given`` is a secret that the platform chose itself.

    Raises ``UnknownSite``, ``WebhookExists`` or ``BadSecret``.
    """
    async with conn.transaction():
        site = await _find(conn, name)
        if await _of_platform(conn, site.id, kind.platform):
            raise WebhookExists(
                "%(site)s has a webhook of %(platform)s already: rotate its secret, or remove it.",
                site=name,
                platform=kind.platform,
            )
        new = await _issue(conn, secrets, site, kind, given)
        details = {"webhook": new.id, "platform": kind.platform}
        await _record(conn, site, "webhook.added", details, by)
    return new


async def rotate(  # noqa: PLR0913  (all of it is needed)
    conn: Connection,
    secrets: Secrets,
    name: str,
    kind: Kind,
    grace: timedelta,
    *,
    given: str = "",
    by: Actor = OPERATOR,
) -> NewWebhook:
    """A new secret; the ones in use work until ``grace`` is over.

    Raises ``UnknownSite``, ``NoWebhook`` or ``BadSecret``.
    """
    async with conn.transaction():
        site = await _find(conn, name)
        now = clock.now()
        await store.delete_expired(conn, site.id, kind.platform, now)
        ended = await store.expire_webhooks(conn, site.id, kind.platform, now + grace)
        if not ended:
            raise NoWebhook(
                "%(site)s has no webhook of %(platform)s: add one first.",
                site=name,
                platform=kind.platform,
            )
        new = await _issue(conn, secrets, site, kind, given)
        details = {
            "webhook": new.id,
            "platform": kind.platform,
            "expiring": ended,
            "grace_seconds": grace.total_seconds(),
        }
        await _record(conn, site, "webhook.rotated", details, by)
    return new


async def remove(conn: Connection, name: str, platform: str, by: Actor = OPERATOR) -> int:
    """Believe ``platform`` no more, at once; how many secrets that were.  Raises ``NoWebhook``."""
    async with conn.transaction():
        site = await _find(conn, name)
        removed = await store.delete_webhooks(conn, site.id, platform)
        if not removed:
            raise NoWebhook(
                "%(site)s has no webhook of %(platform)s.", site=name, platform=platform
            )
        details = {"webhooks": removed, "platform": platform}
        await _record(conn, site, "webhook.removed", details, by)
    return len(removed)


async def listed(conn: Connection, name: str) -> list[WebhookRow]:
    async with conn.transaction():
        site = await _find(conn, name)
    return [row for row in await store.webhooks(conn) if row.site_id == site.id]


async def _of_platform(conn: Connection, site_id: int, platform: str) -> list[WebhookRow]:
    return [
        row
        for row in await store.webhooks(conn)
        if row.site_id == site_id and row.platform == platform
    ]


async def _issue(
    conn: Connection, secrets: Secrets, site: SiteRow, kind: Kind, given: str
) -> NewWebhook:
    secret = accepted_secret(given, kind.proof) if given else made_secret(kind.proof)
    sealed = hashed = None
    if kind.proof is Proof.PATH:
        pepper = secrets.unseal(PEPPER_PURPOSE, site.pepper_sealed)
        hashed = path_hash(pepper, secret)
    else:
        sealed = secrets.seal(WEBHOOK_PURPOSE, secret.encode())
    webhook_id = await store.insert_webhook(conn, site.id, kind.platform, sealed, hashed)
    return NewWebhook(site.id, webhook_id, kind, secret)


def made_secret(proof: Proof) -> str:
    if proof is Proof.PATH:
        return random.token_urlsafe(SECRET_BYTES)
    return PREFIX + base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()


def accepted_secret(given: str, proof: Proof) -> str:
    """``given``, a secret that somebody else made, if it can be used.  Raises ``BadSecret``."""
    if proof is Proof.PATH:
        raise BadSecret("A secret that stands in the address is made here: leave it out.")
    if proof is Proof.STANDARD:
        key = standard_key(given)
        if not LEAST_BYTES <= len(key) <= MOST_BYTES:
            raise BadSecret(
                "The secret is %(prefix)s and base64 of %(least)d to %(most)d bytes.",
                prefix=PREFIX,
                least=LEAST_BYTES,
                most=MOST_BYTES,
            )
    elif not LEAST_CHARACTERS <= len(given) <= MOST_CHARACTERS or not given.isprintable():
        raise BadSecret(
            "The secret has %(least)d to %(most)d characters.",
            least=LEAST_CHARACTERS,
            most=MOST_CHARACTERS,
        )
    return given


def standard_key(secret: str) -> bytes:
    """The bytes that ``whsec_...`` stands for; empty if they cannot be read."""
    encoded = secret.removeprefix(PREFIX).rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


async def _find(conn: Connection, name: str) -> SiteRow:
    site = await site_store.find_site(conn, name)
    if site is None:
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    return site


async def _record(
    conn: Connection, site: SiteRow, action: str, details: Mapping[str, object], by: Actor
) -> None:
    await audit.append(conn, site.id, by.kind, by.name, action, site.name, details)
