"""A comment of the demonstration's form: judged, stored and queued like any other."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from consent.events.acknowledging import acknowledge
from consent.ledger.store import Entry
from moderation.akismet.fields import address, blog_name
from moderation.api.answers import judged
from moderation.api.types import Judged
from moderation.comments import Comment, storable
from moderation.intake import INTAKE
from service import http
from service.pages.guard import Form
from service.sites import Site

LONGEST = 20_000  # characters of any field; the form says so as well
STRONGEST = 6  # reasons that are shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the visitor hears."""

    author: str
    text: str
    verdict: Judged
    acknowledged: Entry | None

    @property
    def percent(self) -> int:
        return round(self.verdict.probability * 100)

    @property
    def reasons(self) -> list[tuple[str, float]]:
        """Sentences with their log-odds, the strongest first."""
        found = sorted(self.verdict.findings, key=lambda each: -abs(each.log_odds))
        return [(each.sentence, each.log_odds) for each in found[:STRONGEST]]


async def comment_on(
    request: web.Request, site: Site, form: Form, language: str, notice: str | None
) -> Outcome:
    """Raises what ``Intake.submit`` and the ledger raise."""
    comment = _comment(request, site, form, language)
    receipt = await request.app[INTAKE].submit(comment, site, None)
    read = None
    if notice is not None and form.get("read") == notice:
        read = await acknowledge(request.app, site, notice, language)
    return Outcome(
        comment.author or "", comment.text, judged(receipt, site, language), acknowledged=read
    )


def _comment(request: web.Request, site: Site, form: Form, language: str) -> Comment:
    return Comment(
        text=field(form, "text"),
        author=field(form, "author"),
        email=field(form, "email"),
        url=field(form, "url"),
        address=address(http.client_address(request)),
        user_agent=storable(request.headers.get("User-Agent", "")[:LONGEST]) or None,
        permalink=f"{site.url}/demo",
        title="Gatehouse",
        languages=language,
        blog=blog_name(site.url),
        honeypot_filled=bool(field(form, "nickname")),
    )


def field(form: Mapping[str, object], name: str) -> str:
    return storable(str(form.get(name, ""))[:LONGEST]).strip()
