"""Somebody with a browser who may read the record of consent of one site."""

import pytest

from service.accounts.values import Role
from tests.consent.ledger.conftest import choice, edition, ledger, site
from tests.people import cheaply, signed_in

__all__ = ["choice", "edition", "ledger", "site"]


@pytest.fixture
async def auditor(conn, site, client, monkeypatch):
    cheaply(monkeypatch)
    return await signed_in(client, conn, "ada", Role.AUDITOR, sites=[site.name])


@pytest.fixture
async def administrator(conn, site, client, monkeypatch):
    cheaply(monkeypatch)
    return await signed_in(client, conn, "kim", Role.ADMINISTRATOR, sites=[site.name])
