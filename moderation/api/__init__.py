"""The JSON API: ``/v1/*``, ``/openapi.json`` and ``/docs``.

``operations`` is what every operation shares; ``comments``, ``batches``, ``reports``,
``redress``, ``statements`` and ``statistics`` are the operations; ``types`` is what goes in and
out.  ``requests`` and ``lines`` read, ``answers`` says, ``idempotency`` remembers, ``openapi``
and ``pages`` describe.

An application that serves it needs ``routes`` and ``ANSWERS`` of here, ``tokens_context``, and
what the Akismet protocol needs.
"""

from moderation.api import (  # noqa: F401
    batches,
    comments,
    operations,
    pages,
    redress,
    reports,
    statements,
    statistics,
)
from moderation.api.answers import refusal

routes = (*operations.routes, *pages.routes)
ANSWERS = {"/v1/": refusal}

__all__ = ["ANSWERS", "routes"]
