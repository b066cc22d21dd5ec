"""What an operator does to sites.  Every change is checked, and leaves an entry in the audit trail.

To add a setting of a site, add a field to ``SiteSettings`` and, where its type does not say what
may stand there, a line to ``_check``.
"""

import re
import secrets as random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg

from service import audit, clock, errors
from service.audit import OPERATOR, Actor
from service.db import Connection
from service.mail.addresses import is_address
from service.secrets import Secrets
from service.sites import store
from service.sites.directory import KEY_CHARACTERS, KEY_PURPOSE, PEPPER_PURPOSE, settings_from
from service.sites.entries import LONGEST_VALUE, BadEntry, normal_entry
from service.sites.store import KeyRow, SiteRow
from service.sites.values import ListEntry, SiteSettings

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TAG = r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*"
LANGUAGES = re.compile(rf"{_TAG}(, ?{_TAG}){{0,9}}")  # as Akismet's clients write them
ACTOR = OPERATOR.name
LONGEST_HOLD_SECONDS = 30 * 86_400
LONGEST_FORM_SECONDS = 60.0
LONGEST_DAYS = 36_500
PEPPER_BYTES = 32
BOUNDS: Mapping[str, tuple[int, float]] = {
    "hold_seconds": (1, LONGEST_HOLD_SECONDS),
    "minimum_form_seconds": (0, LONGEST_FORM_SECONDS),
    "comment_retention_days": (0, LONGEST_DAYS),
    "quarantine_days": (1, LONGEST_DAYS),
}
YES_OR_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
RESET = "default"

Validate: TypeAlias = Callable[[ListEntry], None]
Change: TypeAlias = Callable[[Connection, int, tuple[str, str, str]], Awaitable[bool]]


class UnknownSite(errors.NotFound):
    """There is no site of this name."""


class SiteExists(errors.Conflict):
    """There is a site of this name already."""


class UnknownKey(errors.NotFound):
    """The site has no such key that is still in use."""


class BadSite(errors.Invalid):
    """The site cannot be added like this."""


class BadSiteSetting(errors.Invalid):
    """A setting of the site cannot take this value."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just issued; ``value`` is shown once."""

    site_id: int
    key_id: int
    value: str


async def add(  # noqa: PLR0913  (what a site is)
    conn: Connection,
    secrets: Secrets,
    *,
    url: str,
    name: str,
    language: str,
    allow_private: bool = False,
) -> NewKey:
    """Add a site with its first key.  Raises ``BadSite`` or ``SiteExists``.

    ``allow_private`` lets its plugin be told of decisions where ``url`` is a private address.
    """
    _check_site(name, language)
    address = registered_address(url)
    pepper = secrets.seal(PEPPER_PURPOSE, random.token_bytes(PEPPER_BYTES))
    try:
        async with conn.transaction():
            site_id = await store.insert_site(
                conn, name, address, language, pepper, allow_private=allow_private
            )
            key = await _issue(conn, secrets, site_id)
            await _record(conn, site_id, "site.added", name)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "site_names_are_unique":
            raise SiteExists(f"There is a site named {name} already: choose another.") from error
        raise
    return key


async def rotate_key(
    conn: Connection, secrets: Secrets, name: str, grace: timedelta, by: Actor = OPERATOR
) -> NewKey:
    """A new key; the ones in use work until ``grace`` is over.  Raises ``UnknownSite``."""
    async with conn.transaction():
        site = await find(conn, name)
        ended = await store.expire_keys(conn, site.id, clock.now() + grace)
        key = await _issue(conn, secrets, site.id)
        details = {"key": key.key_id, "expiring": ended, "grace_seconds": grace.total_seconds()}
        await _record(conn, site.id, "key.rotated", name, details, by)
    return key


async def revoke_key(
    conn: Connection, secrets: Secrets, name: str, key: str, by: Actor = OPERATOR
) -> int:
    """Revoke a key, named by itself or by its number, at once.  Raises ``UnknownKey``."""
    async with conn.transaction():
        site = await find(conn, name)
        lookup = secrets.lookup(KEY_PURPOSE, key)
        for row in await keys_of(conn, site.id):
            if (row.lookup == lookup or str(row.id) == key) and row.revoked_at is None:
                await store.revoke_key(conn, site.id, row.id, clock.now())
                await _record(conn, site.id, "key.revoked", name, {"key": row.id}, by)
                return row.id
    raise UnknownKey(f"The site {name} has no such key in use: see gatehouse site list --keys.")


async def change_settings(
    conn: Connection, name: str, changes: Mapping[str, str], by: Actor = OPERATOR
) -> SiteSettings:
    """Set what ``changes`` name, all or nothing; ``default`` takes a setting back.

    The trail has what was changed, before and after.  Raises ``UnknownSite`` or ``BadSiteSetting``.
    """
    async with conn.transaction():
        site = await find(conn, name)
        stored = dict(site.settings)
        for setting, text in changes.items():
            stored.pop(setting := setting.replace("-", "_"), None)
            value = _read(setting, text)
            if text != RESET:
                stored[setting] = value
        before, settings = asdict(settings_from(site.settings)), settings_from(stored)
        _check(settings)
        await store.update_settings(conn, site.id, stored)
        await _record_change(conn, site, _told(before), _told(asdict(settings)), by)
    return settings


def _told(settings: Mapping[str, object]) -> dict[str, object]:
    """As the trail may say it, which names no address: only whether there is one."""
    return {**settings, "checkpoint_mail": bool(settings["checkpoint_mail"])}


async def change_languages(
    conn: Connection, name: str, languages: str, by: Actor = OPERATOR
) -> None:
    """Which the blog speaks, the first one first.  Raises ``UnknownSite`` or ``BadSite``."""
    async with conn.transaction():
        site = await find(conn, name)
        _check_languages(languages)
        await store.update_language(conn, site.id, languages)
        before, after = {"languages": site.language}, {"languages": languages}
        await _record_change(conn, site, before, after, by)


async def _record_change(
    conn: Connection,
    site: SiteRow,
    before: Mapping[str, object],
    after: Mapping[str, object],
    by: Actor,
) -> None:
    changed = [name for name in after if before[name] != after[name]]
    if changed:
        details = {
            "from": {name: before[name] for name in changed},
            "to": {name: after[name] for name in changed},
        }
        await _record(conn, site.id, "settings.changed", site.name, details, by)


async def add_entry(
    conn: Connection, name: str, entry: ListEntry, validate: Validate, by: Actor = OPERATOR
) -> bool:
    """Put ``entry`` on a list; False if it stands there already.

    ``validate`` is ``moderation.lists.validate``, which knows what can be looked for.  The trail
    says which kind of entry it was, not whom it names.  Raises ``BadEntry``, or what ``validate``
    raises.
    """
    entry = normal_entry(entry)
    validate(entry)
    return await _change_list(conn, name, entry, store.insert_entry, "list.extended", by)


async def remove_entry(conn: Connection, name: str, entry: ListEntry, by: Actor = OPERATOR) -> bool:
    """Take ``entry`` off a list, in its own or in the normal spelling; False if it was not on it.

    What could not be added today may stand there since yesterday, so nothing is validated.
    """
    spelled = [entry]
    with suppress(BadEntry):
        spelled.insert(0, normal_entry(entry))
    for each in dict.fromkeys(spelled):
        if await _change_list(conn, name, each, store.delete_entry, "list.shortened", by):
            return True
    return False


async def _change_list(  # noqa: PLR0913, PLR0917  (who does what to which entry)
    conn: Connection, name: str, entry: ListEntry, change: Change, action: str, by: Actor
) -> bool:
    async with conn.transaction():
        site = await find(conn, name)
        changed = await change(conn, site.id, (entry.list, entry.field, entry.value))
        if changed:
            details = {"list": entry.list, "field": entry.field}
            await _record(conn, site.id, action, name, details, by)
    return changed


async def entries_of(conn: Connection, name: str) -> list[ListEntry]:
    async with conn.transaction():
        site = await find(conn, name)
    return [ListEntry(*entry) for site_id, *entry in await store.lists(conn) if site_id == site.id]


async def keys_of(conn: Connection, site_id: int) -> list[KeyRow]:
    return [row for row in await store.keys(conn) if row.site_id == site_id]


def readable_key(secrets: Secrets, row: KeyRow) -> str:
    return secrets.unseal(KEY_PURPOSE, row.sealed).decode()


def registered_address(url: str) -> str:
    """``url`` without what does not name a blog.  Raises ``BadSite``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in {"http", "https"} or len(url) > LONGEST_VALUE:
        raise BadSite("The address of a site is like https://blog.example.org.")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


async def _record(  # noqa: PLR0913, PLR0917  (who, what, on what)
    conn: Connection,
    site_id: int,
    action: str,
    name: str,
    details: Mapping[str, object] | None = None,
    by: Actor = OPERATOR,
) -> None:
    await audit.append(conn, site_id, by.kind, by.name, action, name, details)


async def _issue(conn: Connection, secrets: Secrets, site_id: int) -> NewKey:
    # The WordPress plugin takes exactly 12 characters 0-9a-f; 48 random bits, behind a rate limit.
    value = random.token_hex(KEY_CHARACTERS // 2)
    key_id = await store.insert_key(
        conn,
        site_id,
        secrets.lookup(KEY_PURPOSE, value),
        secrets.seal(KEY_PURPOSE, value.encode()),
    )
    return NewKey(site_id, key_id, value)


async def find(conn: Connection, name: str) -> SiteRow:
    """The site, locked until the transaction ends.  Raises ``UnknownSite``."""
    site = await store.find_site(conn, name)
    if site is None:
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    return site


def _check_site(name: str, language: str) -> None:
    if not NAME.fullmatch(name):
        raise BadSite(
            "The name of a site is part of addresses: a-z, 0-9 and hyphens, at most 63 characters."
        )
    _check_languages(language)


def _check_languages(text: str) -> None:
    if not LANGUAGES.fullmatch(text):
        raise BadSite("The languages of a blog are like de, or de, en, pt-BR, the first one first.")


def _read(setting: str, text: str) -> object:
    default = asdict(SiteSettings()).get(setting)
    if default is None:
        known = ", ".join(each.name for each in fields(SiteSettings))
        raise BadSiteSetting(f"A site has no setting {setting}; it has {known}.")
    try:
        if isinstance(default, bool):
            return YES_OR_NO[text.lower()] if text != RESET else default
        return type(default)(text) if text != RESET else default
    except (ValueError, KeyError):
        kind = "yes or no" if isinstance(default, bool) else "a number"
        raise BadSiteSetting(f"{setting} is {kind}, by default {default}.") from None


def _check(settings: SiteSettings) -> None:
    order = (settings.hold_threshold, settings.reject_threshold, settings.discard_threshold)
    if not 0 <= order[0] <= order[1] <= order[2] <= 1:  # also refuses NaN
        raise BadSiteSetting(
            "The thresholds are probabilities in ascending order:"
            " 0 <= hold_threshold <= reject_threshold <= discard_threshold <= 1."
        )
    if settings.checkpoint_mail and not is_address(settings.checkpoint_mail):
        raise BadSiteSetting("checkpoint_mail is an e-mail address, or empty for nobody.")
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(settings, name) <= most:
            raise BadSiteSetting(
                "%(name)s must lie between %(least)s and %(most)s.",
                name=name,
                least=least,
                most=most,
            )
