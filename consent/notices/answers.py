"""What is said of a notice in JSON."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from consent.notices.shelf import Edition


def described(edition: Edition) -> dict[str, Any]:
    """A notice in a list: what it is, and every digest by which it is named."""
    notice, digests = edition.notice, edition.digests
    return {
        "sha256": edition.sha256,
        "kind": notice.kind,
        "version": notice.version,
        "change_class": notice.change_class,
        "consequence": notice.consequence,
        "effective_from": notice.effective_from,
        "published_at": stamp(edition.row.published_at),
        "supersedes": notice.supersedes,
        "languages": sorted(notice.texts),
        "text_sha256": digests.texts,
        "bundle_sha256": digests.bundle,
        "css_sha256": digests.css,
    }


@lru_cache(maxsize=64)  # whoever is recorded together is recorded at one time
def stamp(moment: datetime) -> str:
    """UTC with milliseconds, as everywhere in the ledger."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
