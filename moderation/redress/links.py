"""Links that open an appeal or a report: sealed, so that they can neither be made nor read.

Inside are a site, a comment and an end.  Nothing is stored; a change of the master key ends all.
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from service import clock, errors
from service.secrets import BrokenSeal, Secrets

CONTENT = struct.Struct(">IQ16s")  # site, end in seconds of Unix time, comment
TOKEN = r"[\w-]{76}"  # noqa: S105  (the shape of one: 28 bytes and a seal of 29)
# Six months, as DSA Art. 20(1) grants for complaints.
APPEAL_LASTS = timedelta(days=183)
REPORT_LASTS = timedelta(days=365)


class LinkKind(StrEnum):
    APPEAL = "appeal"
    REPORT = "report"


LASTS = {LinkKind.APPEAL: APPEAL_LASTS, LinkKind.REPORT: REPORT_LASTS}


class DeadLink(errors.NotFound):
    """This link does not lead anywhere, or no longer."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link is about."""

    site_id: int
    comment_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Office:
    """What is needed to write to people, and to give them links."""

    secrets: Secrets
    base_url: str
    sends: bool
    service_days: int  # for which comments are kept

    def link(self, kind: LinkKind, site_id: int, comment_id: UUID, ends_at: datetime) -> str:
        token = token_of(self.secrets, kind, Opened(site_id, comment_id, ends_at))
        return f"{self.base_url}/{kind}/{token}"


def token_of(secrets: Secrets, kind: LinkKind, about: Opened) -> str:
    content = CONTENT.pack(about.site_id, int(about.ends_at.timestamp()), about.comment_id.bytes)
    return base64.urlsafe_b64encode(secrets.seal(f"{kind} link", content)).decode().rstrip("=")


def read(secrets: Secrets, kind: LinkKind, token: str) -> Opened:
    """Raises ``DeadLink``; whatever the text, nothing else."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        site_id, end, comment = CONTENT.unpack(secrets.unseal(f"{kind} link", sealed))
    except (binascii.Error, ValueError, BrokenSeal):
        raise DeadLink from None
    ends_at = datetime.fromtimestamp(end, UTC)
    if clock.now() >= ends_at:
        raise DeadLink
    return Opened(site_id, UUID(bytes=comment), ends_at)
