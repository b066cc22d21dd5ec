"""Where a page ended: opaque to clients, so that it may change, and checked when it comes back."""

import base64
import binascii
from uuid import UUID

from moderation.api.types import Order
from service import errors

ORDERS: dict[Order, bytes] = {"newest": b"n", "oldest": b"o"}
BYTES = 17  # one for the order, and an id


class BadCursor(errors.Invalid):
    """This is no cursor of such a list: begin without one."""


def cursor(last: UUID, order: Order) -> str:
    return base64.urlsafe_b64encode(ORDERS[order] + last.bytes).rstrip(b"=").decode()


def read_cursor(text: str, order: Order) -> UUID:
    """The id of the last comment before the page.  Raises ``BadCursor``."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise BadCursor from None
    if len(raw) != BYTES or raw[:1] != ORDERS[order] or cursor(UUID(bytes=raw[1:]), order) != text:
        raise BadCursor
    return UUID(bytes=raw[1:])
