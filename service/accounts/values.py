"""What an account is, and what its roles open, as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; each role is for one site, or for all of them."""

    MODERATOR = "moderator"  # sees comments and decides
    AUDITOR = "auditor"  # reads the audit trail
    ADMINISTRATOR = "administrator"  # both, and changes settings


ALLOWING = {
    Role.MODERATOR: frozenset({Role.MODERATOR, Role.ADMINISTRATOR}),
    Role.AUDITOR: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    Role.ADMINISTRATOR: frozenset({Role.ADMINISTRATOR}),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role on a site; ``None`` is every site, of today and of tomorrow."""

    role: Role
    site_id: int | None = None
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    language: str
    grants: tuple[Grant, ...]  # those in force
    has_password: bool = False
    has_second_factor: bool = False

    def may(self, role: Role, site_id: int | None) -> bool:
        """Whether they may do what ``role`` does on the site; ``None`` asks for every site."""
        return any(
            grant.role in ALLOWING[role] and grant.site_id in {None, site_id}
            for grant in self.grants
        )

    def opened(self, role: Role, site_ids: Iterable[int]) -> list[int]:
        """Those of ``site_ids`` on which they may do what ``role`` does."""
        return [site_id for site_id in site_ids if self.may(role, site_id)]

    def has(self, role: Role) -> bool:
        """Whether they may do it anywhere at all."""
        return any(grant.role in ALLOWING[role] for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in."""

    id: int
    account: Account
    csrf: str  # what forms of this session carry
