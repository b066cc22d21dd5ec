"""Signing in and out, and what people change about their own account."""

import hmac
import secrets as random
from dataclasses import dataclass
from datetime import timedelta

from service import audit, clock, errors
from service.accounts import second_factor, store
from service.accounts.administration import DEFAULT_LANGUAGE, LANGUAGES, SECRET_BYTES, lookup
from service.accounts.passwords import Passwords
from service.accounts.store import UserRow
from service.accounts.values import Account, Session
from service.audit import ActorKind
from service.db import Connection, Pool, connection
from service.secrets import Secrets

LIFETIME = timedelta(days=30)
IDLE = timedelta(days=7)  # a moderator comes more often; a forgotten browser does not
SEEN_AFTER = timedelta(minutes=5)  # so that a page view is no write
CSRF_PURPOSE = "form of a session"


class NotSignedIn(errors.Unauthenticated):
    """Please sign in."""


class WrongCredentials(errors.Unauthenticated):
    """Name, password or code do not fit."""


class SpentLink(errors.NotFound):
    """This link was used before, is too old, or never was one of ours."""


class NeedsCode(errors.Unauthenticated):
    """The code of your second factor is missing, or does not fit."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``cookie`` is what the browser keeps."""

    user_id: int
    name: str
    cookie: str


async def by_password(  # noqa: PLR0913, PLR0917  (what is typed, and what it is checked with)
    pool: Pool, secrets: Secrets, passwords: Passwords, name: str, password: str, code: str
) -> SignedIn:
    """Raises ``WrongCredentials``, the same for whatever does not fit, or ``Busy``."""
    async with connection(pool) as conn:
        user = await store.find_user(conn, name)
    stored = user.password_hash if user and user.disabled_at is None else None
    # No connection is held meanwhile: hashing takes its time.
    if not await passwords.fits(stored, password) or user is None:
        raise WrongCredentials
    async with connection(pool) as conn, conn.transaction():
        user = await store.read_user(conn, user.id)
        if user is None or user.password_hash != stored:
            raise WrongCredentials
        if not await _has_second_factor(conn, secrets, user, code):
            raise WrongCredentials
        return await _open(conn, user, "password")


async def by_link(pool: Pool, secrets: Secrets, secret: str, code: str, language: str) -> SignedIn:
    """Whoever comes for the first time is spoken to in ``language``, the browser's.

    Raises ``SpentLink``; ``NeedsCode``, spending nothing, where there is a second factor.
    """
    async with connection(pool) as conn, conn.transaction():
        user = await link_owner(conn, secret)
        if not await _has_second_factor(conn, secrets, user, code):
            raise NeedsCode
        await store.use_link(conn, lookup(secret), clock.now())
        await store.adopt_language(conn, user.id, language, DEFAULT_LANGUAGE)
        return await _open(conn, user, "link")


async def link_owner(conn: Connection, secret: str) -> UserRow:
    """Raises ``SpentLink``."""
    user_id = await store.find_link(conn, lookup(secret), clock.now())
    user = await store.read_user(conn, user_id) if user_id is not None else None
    if user is None or user.disabled_at is not None:
        raise SpentLink
    return user


async def current(pool: Pool, secrets: Secrets, cookie: str) -> Session:
    """Whose browser this is.  Raises ``NotSignedIn``."""
    now = clock.now()
    async with connection(pool) as conn:
        found = await store.find_session(conn, lookup(cookie), now, now - IDLE)
        if found is None:
            raise NotSignedIn
        if now - found.seen_at > SEEN_AFTER:
            await store.note_seen(conn, found.id, now)
    return Session(found.id, found.account, csrf_token(secrets, cookie))


def csrf_token(secrets: Secrets, cookie: str) -> str:
    return secrets.lookup(CSRF_PURPOSE, cookie).hex()


def is_csrf_token(session: Session, given: str) -> bool:
    return hmac.compare_digest(session.csrf.encode(), given.encode("utf-8", "surrogatepass"))


async def sign_out(pool: Pool, session: Session, session_id: int) -> bool:
    """End one of the account's sessions; False if it has no such one."""
    async with connection(pool) as conn, conn.transaction():
        ended = await store.end_session(conn, session_id, session.account.id, clock.now())
        if ended:
            await record(conn, session.account, "session.ended", {"session": session_id})
    return ended


async def change_password(
    pool: Pool, passwords: Passwords, session: Session, old: str, new: str
) -> None:
    """Other browsers are signed out.  Raises ``WrongCredentials``, ``WeakPassword`` or ``Busy``."""
    account = session.account
    async with connection(pool) as conn:
        user = await store.read_user(conn, account.id)
    if user is None:
        raise NotSignedIn
    if user.password_hash is not None and not await passwords.fits(user.password_hash, old):
        raise WrongCredentials
    hashed = await passwords.hash(new)
    async with connection(pool) as conn, conn.transaction():
        await store.set_password(conn, account.id, hashed)
        await store.end_sessions(conn, account.id, clock.now(), but=session.id)
        await record(conn, account, "user.password_changed")


async def set_second_factor(
    pool: Pool, secrets: Secrets, account: Account, seed: str, code: str
) -> None:
    """Ask for codes from now on; ``code`` shows that the app knows the seed.  ``NeedsCode``."""
    step = second_factor.step_of(seed, code, clock.now(), None)
    if step is None:
        raise NeedsCode
    async with connection(pool) as conn, conn.transaction():
        sealed = secrets.seal(second_factor.PURPOSE, seed.encode())
        await store.set_second_factor(conn, account.id, sealed, step)
        await record(conn, account, "user.second_factor_set")


async def drop_second_factor(pool: Pool, secrets: Secrets, account: Account, code: str) -> None:
    """Raises ``NeedsCode``: who sits at an open browser has not got the telephone."""
    async with connection(pool) as conn, conn.transaction():
        user = await store.read_user(conn, account.id)
        if user is None or not await _has_second_factor(conn, secrets, user, code):
            raise NeedsCode
        await store.set_second_factor(conn, account.id, None, None)
        await record(conn, account, "user.second_factor_dropped")


async def choose_language(pool: Pool, account: Account, language: str) -> None:
    if language in LANGUAGES:
        async with connection(pool) as conn:
            await store.set_language(conn, account.id, language)


async def record(
    conn: Connection, account: Account, action: str, details: dict[str, object] | None = None
) -> None:
    await audit.append(
        conn,
        audit.DEPLOYMENT,
        ActorKind.USER,
        str(account.id),
        action,
        f"user {account.id}",
        details,
    )


async def _has_second_factor(conn: Connection, secrets: Secrets, user: UserRow, code: str) -> bool:
    if user.totp_sealed is None:
        return True
    seed = secrets.unseal(second_factor.PURPOSE, user.totp_sealed).decode()
    step = second_factor.step_of(seed, code, clock.now(), user.totp_last_step)
    return step is not None and await store.use_step(conn, user.id, step)


async def _open(conn: Connection, user: UserRow, way: str) -> SignedIn:
    cookie, now = random.token_urlsafe(SECRET_BYTES), clock.now()
    session_id = await store.insert_session(conn, user.id, lookup(cookie), now, now + LIFETIME)
    await audit.append(
        conn,
        audit.DEPLOYMENT,
        ActorKind.USER,
        str(user.id),
        "session.started",
        f"user {user.id}",
        {"by": way, "session": session_id},
    )
    return SignedIn(user.id, user.name, cookie)
