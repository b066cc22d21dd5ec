"""Who is asking, and whether they may: site keys and tokens, from the ``Authorization`` header.

A site key writes to its own site and does nothing else; a token opens what its scopes name.  Never
in a URL: addresses end up in logs, in histories, and with whoever a page links to.
"""

import base64
import binascii
from dataclasses import dataclass

from aiohttp import web

from service import clock, errors
from service.audit import ActorKind
from service.http import SITE_ID
from service.sites import DIRECTORY, Site
from service.tokens import TOKENS, Scope, Token
from service.tokens.values import WRITES


class MissingCredential(errors.Unauthenticated):
    """Send a site key or a token as Authorization: Bearer."""


class UnknownCredential(errors.Unauthenticated):
    """There is no such key or token here, or it is no longer in use."""


class NotAllowed(errors.Forbidden):
    """This key or token does not open this."""


class SiteNotNamed(errors.Invalid):
    """This token opens several sites: name one as ?site=NAME."""


class UnknownSite(errors.NotFound):
    """There is no site of this name that this token opens."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a valid credential, and the site it is used on."""

    site: Site
    actor_kind: ActorKind
    actor: str  # the number of the key or token, as the audit trail names it
    scopes: frozenset[str]
    key_id: int | None = None  # None: a token

    def require(self, scope: Scope) -> None:
        """Raises ``NotAllowed``."""
        if scope not in self.scopes:
            raise NotAllowed(f"This needs the scope {scope}.")


async def authenticate(request: web.Request, site: str | None, scope: Scope) -> Caller:
    """Who sent ``request``, if they may do what ``scope`` names on the site named ``site``.

    ``None`` is the only site that the credential opens.  Raises ``MissingCredential``,
    ``UnknownCredential``, ``NotAllowed``, ``SiteNotNamed`` or ``UnknownSite``.
    """
    raw = credential(request)
    if not raw:
        raise MissingCredential
    caller = _by_key(request, raw, site) or await _by_token(request, raw, site)
    if caller is None:
        raise UnknownCredential
    request[SITE_ID] = caller.site.id
    caller.require(scope)
    return caller


def credential(request: web.Request) -> str:
    """The key or token as Bearer token, or as the user of basic authentication; "" if none."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[0]


def _by_key(request: web.Request, raw: str, site: str | None) -> Caller | None:
    known = request.app[DIRECTORY].key(raw)
    if known is None or not known.is_valid:
        return None
    if site not in {None, known.site.name}:
        raise UnknownSite
    return Caller(known.site, ActorKind.SITE_KEY, str(known.key_id), WRITES, known.key_id)


async def _by_token(request: web.Request, raw: str, site: str | None) -> Caller | None:
    tokens = request.app[TOKENS]
    token = await tokens.token(raw)
    if token is None or not token.is_valid(clock.now()):
        return None
    opened = _opened(request, token, site)
    await tokens.note_use(token)
    return Caller(opened, ActorKind.TOKEN, str(token.id), token.scopes)


def _opened(request: web.Request, token: Token, name: str | None) -> Site:
    directory = request.app[DIRECTORY]
    if name is not None:
        site = directory.site(name)
    elif token.site_id is not None:
        site = directory.by_id(token.site_id)
    elif len(directory) == 1:
        site = next(iter(directory))
    else:
        raise SiteNotNamed
    if site is None or token.site_id not in {None, site.id}:
        raise UnknownSite
    return site
