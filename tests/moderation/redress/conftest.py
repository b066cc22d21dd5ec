import pytest

from moderation.redress.links import LinkKind, Opened, token_of
from service import clock
from service.tokens import Scope
from tests import factories
from tests.moderation.reasons import conftest as reasons

desk, mails, settings = reasons.desk, reasons.mails, reasons.settings


class Visitor:
    """Somebody without an account."""

    def __init__(self, desk, token):
        self.desk, self.token = desk, token

    async def ask(self, method, path, form=None, **headers):
        self.desk.client.session.cookie_jar.clear()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.desk.client.request(
            method, path, data=form, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()

    async def get(self, path, **headers):
        return await self.ask("GET", path, **headers)

    async def post(self, path, **form):
        return await self.ask("POST", path, form)

    async def api(self, path, language="en"):
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": language}
        async with self.desk.client.get(path, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def appeal_path(self, comment):
        _, told = await self.api(f"/v1/comments/{comment}/reason")
        return told["appeal_url"].removeprefix("https://gate.example")

    async def report_path(self, comment):
        _, told = await self.api(f"/v1/comments/{comment}/report-link")
        return told["url"].removeprefix("https://gate.example")


@pytest.fixture
async def visitor(desk, conn):
    scopes = (Scope.COMMENTS_READ, Scope.COMMENTS_WRITE)
    return Visitor(desk, await reasons.issued(desk, conn, *scopes))


@pytest.fixture
def link():
    """A path that opens what it is told."""

    def link(kind, comment, *, site_id=1, lasts=None):
        kind = LinkKind(kind)
        ends_at = clock.now() + lasts
        return f"/{kind}/{token_of(factories.SECRETS, kind, Opened(site_id, comment, ends_at))}"

    return link
