"""The Akismet protocol on the wire: ``/1.1/*`` and ``/1.2/*``.

``checks`` answers comment-check and submissions, ``account`` whatever concerns the key.  Both read
their forms by ``endpoints``, which finds the key (``access``); ``fields`` makes a comment of a form
and ``answers`` says everything in the protocol's words.
"""

from aiohttp import web

from moderation.akismet import account, checks  # noqa: F401  (each enters its endpoints in routes)
from moderation.akismet.access import WRONG_KEYS, WrongKeys
from moderation.akismet.answers import refusal
from moderation.akismet.endpoints import VERSIONS, routes
from service.http import ERROR_ANSWERS


def install(app: web.Application) -> None:
    """Serve the protocol; its errors are told in its own words.

    Needs ``DIRECTORY``, ``POOL``, ``INTAKE`` and ``SETTINGS`` of ``app`` once it runs.
    """
    app[WRONG_KEYS] = WrongKeys()
    app.add_routes(routes)
    app.setdefault(ERROR_ANSWERS, {}).update({f"/{version}/": refusal for version in VERSIONS})
