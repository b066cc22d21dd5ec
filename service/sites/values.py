"""What is known of a site, as values."""

from dataclasses import dataclass, field
from datetime import datetime

LISTED_FIELDS = ("word", "domain", "address", "email", "pattern")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """What an operator may set for one site; the defaults are the shipped behaviour."""

    hold_threshold: float = 0.5  # spam probability from which a person is asked
    reject_threshold: float = 0.98  # spam probability from which no one is
    discard_threshold: float = 0.9999  # spam probability from which "discard" is advised, if on
    discard: bool = False  # a discarded comment cannot come back
    hold_answer: bool = True  # what clients without a callback hear for a held comment: spam?
    hold_seconds: int = 86_400  # X-akismet-recheck-after of a held comment
    minimum_form_seconds: float = 2.0  # people do not write faster
    mail_reasons: bool = True  # tell authors by mail why a person removed their comment
    checkpoint_mail: str = ""  # who is mailed the newest checkpoint every day; "" is nobody
    observe_only: bool = False  # judge and record, but answer "approve" whatever the verdict
    comment_retention_days: int = 0  # after which comments go; 0, or more: when the service says
    quarantine_days: int = 30  # in which what the machine rejected can be brought back


@dataclass(frozen=True, slots=True)
class ListEntry:
    list: str  # "allow" or "block"
    field: str  # one of LISTED_FIELDS
    value: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somebody outside who is told of events."""

    id: int
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A secret by which a platform proves that it reports for a site."""

    id: int
    platform: str
    secret: bytes = field(repr=False)  # as it was given; of one in the path its hash
    in_path: bool
    expires_at: datetime | None = None  # end of the grace period after a rotation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Site:
    """One blog as every process knows it.  Replaced whole when anything about it changes."""

    id: int
    name: str  # public and short; part of URLs
    url: str  # the registered address
    language: str  # or several, "de, en": the first one first
    pepper: bytes = field(repr=False)  # 32 bytes: the key of this site's look-up hashes
    settings: SiteSettings = SiteSettings()
    lists: tuple[ListEntry, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    webhooks: tuple[Webhook, ...] = ()

    @property
    def main_language(self) -> str:
        """The first of its languages: "de" of "de, en"."""
        return self.language.partition(",")[0].strip()


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that was issued once, and whether it still opens anything."""

    site: Site
    key_id: int
    revoked: bool = False
    expired: bool = False  # its grace period after a rotation is over

    @property
    def is_valid(self) -> bool:
        return not (self.revoked or self.expired)
