"""Assembly: with ``__main__`` the only module that imports every package."""

from collections.abc import AsyncIterator, Callable, Iterable

from aiohttp import web

from classifiers.scorer import load_default
from consent import (
    described,
    retention,  # noqa: F401  (its job is found by being imported)
)
from consent import endpoints as consent
from consent.ledger import jobs, mailing  # noqa: F401  (so are these)
from moderation import akismet, api, demo, webhooks
from moderation import pages as moderators
from moderation.deliveries.rendering import prepare
from moderation.intake import SCORER, intake_context
from moderation.learning.serving import learning_context
from moderation.review.live import live_context
from moderation.screening import Scorer
from service import db, health, http, metrics, pages, schedule
from service.described import PARTS
from service.http import ERROR_ANSWERS, ErrorAnswer
from service.mail import sending as mail_sending  # noqa: F401  (its job is found by being imported)
from service.outbox import (
    replaying,  # noqa: F401  (its job is found by being imported)
    sending,
)
from service.secrets import SECRETS, Secrets
from service.settings import SETTINGS, Settings
from service.sites import directory_context
from service.tokens import tokens_context

# To serve something, add its routes; to keep something open while serving, add its context.
# Contexts are entered in this order and left in the opposite one, when all is answered.
ROUTES: list[Iterable[web.AbstractRouteDef]] = [
    metrics.routes,
    akismet.routes,
    api.routes,
    webhooks.routes,
    consent.routes,
    pages.routes,
    moderators.routes,
    demo.routes,
]
CONTEXTS: list[Callable[[web.Application], AsyncIterator[None]]] = [
    db.pool_context,
    directory_context,
    tokens_context,
    *consent.CONTEXTS,
    intake_context,
    learning_context,
    akismet.context,
    pages.pages_context,
    live_context,
    demo.context,
    moderators.public_context,
]
# Protocols that have words of their own for errors, by the prefix of their paths.
ANSWERS: dict[str, ErrorAnswer] = {
    **akismet.ANSWERS,
    **api.ANSWERS,
    **pages.ANSWERS,
    **consent.ANSWERS,
    **moderators.ANSWERS,
    **demo.ANSWERS,
}


def create_app(
    settings: Settings,
    *,
    dsn: str,
    secrets: Secrets,
    with_jobs: bool = False,
    scorer: Scorer | None = None,
) -> web.Application:
    """The whole service, on a database that is migrated and belongs to ``secrets``.

    Without a ``scorer`` the model that ships is loaded, which raises if its digest does not match.
    """
    app = web.Application(middlewares=[http.edge], client_max_size=http.BODY_LIMIT_BYTES)
    app[SETTINGS] = settings
    app[SECRETS] = secrets
    app[SCORER] = scorer or load_default()
    app[db.DSN] = dsn
    app[ERROR_ANSWERS] = ANSWERS
    app[PARTS] = (described.part(),)
    health.setup(app)
    for routes in ROUTES:
        app.add_routes(routes)
    app.cleanup_ctx.extend(CONTEXTS)
    if with_jobs:
        app.cleanup_ctx.append(schedule.schedule_context)
        app.cleanup_ctx.append(sending.context(prepare))
    return app
