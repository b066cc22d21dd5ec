"""Blog platforms that report by webhook: one file for each.

To add one, drop a module in this folder that defines ``PLATFORM``; nothing else changes.  It is
found at start-up under the module's name, and the shared tests demand recorded deliveries of it in
``tests/payloads/<name>/``.  Modules do no I/O: bytes in, values out.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias
from uuid import UUID

from moderation.comments import Comment
from moderation.feedback.matching import Report
from moderation.signatures import Signature
from moderation.verdicts import Verdict
from service.sites import Site
from service.webhooks.administration import Kind, Proof

# What a delivery means: judge this comment, learn this from a person, or nothing to us.
Delivered: TypeAlias = Comment | Report | None


def as_verdict(verdict: Verdict, comment_id: UUID) -> object:
    """The answer to a platform that expects none in particular."""
    return {
        "id": str(comment_id),
        "action": verdict.action,
        "probability": verdict.probability,
        "findings": [finding.name for finding in verdict.findings],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """How one platform talks.

    ``parse`` decodes a delivery that is proven to be the platform's; its headers ignore case and
    are not signed.  Whatever the bytes, it raises nothing but ``MalformedDelivery``.  ``render``
    gives the body of the answer, to be sent as JSON.
    """

    title: str
    parse: Callable[[Mapping[str, str], bytes, Site], Delivered]
    signature: Signature | None = None  # None: it signs nothing, so the path holds a secret
    render: Callable[[Verdict, UUID], object] = as_verdict


PLATFORMS: dict[str, Platform] = {
    module.name: import_module(f"{__name__}.{module.name}").PLATFORM
    for module in pkgutil.iter_modules(__path__)
}
BY_HEADER = {
    platform.signature.header: name for name, platform in PLATFORMS.items() if platform.signature
}


def kinds() -> dict[str, Kind]:
    """What an operator must know of each platform, by its name."""
    return {
        name: Kind(
            name, platform.title, platform.signature.proof if platform.signature else Proof.PATH
        )
        for name, platform in PLATFORMS.items()
    }
