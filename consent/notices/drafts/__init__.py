"""Notices to begin with, in German, English and Russian, for every kind.

They describe what this service does.  What an operator does beside it, the operator adds; and who
is responsible, nobody but the operator can say, so a draft may not be published before that is
filled in.
"""

import json
from importlib import resources
from typing import Any

from consent.notices.document import Kind


def draft(kind: Kind) -> dict[str, Any]:
    """A notice without its controller, and for ``Kind.COOKIE`` without the banner's digests."""
    text = resources.files(__name__).joinpath(f"{kind}.json").read_text("utf-8")
    value: dict[str, Any] = json.loads(text)
    return value
