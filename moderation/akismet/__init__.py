"""The Akismet protocol on the wire: ``/1.1/*`` and ``/1.2/*``.

``checks`` answers comment-check and submissions, ``account`` whatever concerns the key.  Both read
their forms by ``endpoints``, which finds the key (``access``); ``fields`` makes a comment of a form
and ``answers`` says everything in the protocol's words.
"""

from moderation.akismet import account, checks
from moderation.akismet.access import WRONG_KEYS, WrongKeys
from moderation.akismet.endpoints import routes

__all__ = ["WRONG_KEYS", "WrongKeys", "account", "checks", "routes"]
