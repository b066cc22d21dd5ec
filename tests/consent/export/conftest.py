"""The fixtures of a site with a log, and what is exported from it."""

from tests.consent.ledger.conftest import choice, edition, ledger, site

__all__ = ["choice", "edition", "ledger", "site"]
