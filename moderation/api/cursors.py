"""Where a page ended.  Opaque to clients, so that it may change.

It is a place in the order of arrival, so any will do, in either order and with any filter; the
schema says what one looks like, and ``ListQuery`` has checked that.
"""

import base64
from uuid import UUID

CURSOR_PATTERN = "^[A-Za-z0-9_-]{22}$"  # 16 bytes


def cursor(last: UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()


def read_cursor(text: str) -> UUID:
    """The id of the last comment of the page before."""
    return UUID(bytes=base64.urlsafe_b64decode(f"{text}=="))
