import pytest

from service import clock
from tests import factories


@pytest.fixture(autouse=True)
def recorded_now(monkeypatch):
    """The moment at which deliveries were recorded."""
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)
