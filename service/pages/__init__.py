"""The frame of every page that people see: layout, stylesheet, languages, and who may see it.

A package that has pages adds its templates by ``frame.add_templates``, its places in the navigation
by ``frame.NAVIGATION``, and wraps its handlers in ``guard.page``.  Pages work without script, under
a policy that allows nothing inline and no other host.
"""

from service.pages import account, audit, audit_file, deliveries, files, guard, sign_in
from service.pages.guard import pages_context

routes = (
    *files.routes,
    *sign_in.routes,
    *account.routes,
    *audit.routes,
    *audit_file.routes,
    *deliveries.routes,
)
ANSWERS = dict.fromkeys(("/sign-in", "/account", "/audit", "/deliveries"), guard.refusal)

__all__ = ["ANSWERS", "pages_context", "routes"]
