"""The page ``/settings``: what applies on a site, to see for its moderators.

Administrators of the site change it.  ``judging`` has thresholds with their preview, answers and
periods, ``listed`` the allow and block lists, ``connections`` keys (and the page that shows
``endpoints`` and ``webhooks``, too).  Each change is one form, checked where the command line has
it checked, and enters the audit trail with who made it.
"""

from moderation.pages.settings import connections, endpoints, judging, listed, webhooks

routes = (
    *judging.routes,
    *listed.routes,
    *connections.routes,
    *endpoints.routes,
    *webhooks.routes,
)

__all__ = ["routes"]
