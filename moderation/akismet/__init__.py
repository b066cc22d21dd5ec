"""The Akismet protocol on the wire: ``/1.1/*`` and ``/1.2/*``.

``checks`` answers comment-check and submissions, ``account`` whatever concerns the key.  Both read
their forms by ``endpoints``, which finds the key (``access``); ``fields`` makes a comment of a form
and ``answers`` says everything in the protocol's words.

An application that serves it needs ``routes``, ``context`` and ``ANSWERS`` of here, and
``DIRECTORY``, ``POOL``, ``INTAKE`` and ``SETTINGS`` of others.
"""

from moderation.akismet import account, checks  # noqa: F401  (each enters its endpoints in routes)
from moderation.akismet.access import context
from moderation.akismet.answers import refusal
from moderation.akismet.endpoints import VERSIONS, routes

ANSWERS = {f"/{version}/": refusal for version in VERSIONS}

__all__ = ["ANSWERS", "context", "routes"]
