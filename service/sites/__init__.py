"""Sites (blogs) and their keys, held in memory by every process, stale by a second at most.

``values`` says what a site is, ``directory`` holds them, ``administration`` changes them.
"""

from service.sites.directory import DIRECTORY, Directory, directory_context
from service.sites.values import (
    LISTED_FIELDS,
    Endpoint,
    KnownKey,
    ListEntry,
    Site,
    SiteSettings,
    Webhook,
)

__all__ = [
    "DIRECTORY",
    "LISTED_FIELDS",
    "Directory",
    "Endpoint",
    "KnownKey",
    "ListEntry",
    "Site",
    "SiteSettings",
    "Webhook",
    "directory_context",
]
