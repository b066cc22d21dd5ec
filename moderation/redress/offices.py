"""The office of an application: how it writes to people, and links to itself."""

from aiohttp import web

from moderation.redress.links import Office
from service import mail
from service.secrets import SECRETS
from service.settings import SETTINGS


def office_of(app: web.Application) -> Office:
    settings = app[SETTINGS]
    return Office(
        app[SECRETS],
        settings.public_url,
        mail.is_configured(settings),
        settings.comment_retention_days,
    )
