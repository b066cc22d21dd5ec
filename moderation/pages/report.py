"""``/report/{token}``: a reader says that a comment should not stand there (DSA Art. 16)."""

from http import HTTPStatus

from aiohttp import web
from multidict import MultiDictProxy

from moderation.pages.display import revealed, shown
from moderation.pages.public import bounded, opened, public_page
from moderation.reasons.stating import post_on
from moderation.redress.links import LinkKind
from moderation.redress.looking import Case
from moderation.redress.offices import office_of
from moderation.redress.reporting import LONGEST_NAME, LONGEST_WORDS, Report, ReportReason, report
from service.db import POOL, connection
from service.mail import BadAddress, normal_address
from service.pages import frame
from service.pages.frame import message
from service.pages.guard import FORM

LONGEST_SHOWN = 5_000  # characters
REPORT_REASONS = {
    ReportReason.UNLAWFUL: message("It is unlawful"),
    ReportReason.ATTACK: message("It attacks or insults somebody"),
    ReportReason.HATE: message("It stirs up hatred"),
    ReportReason.PRIVACY: message("It gives away private matters"),
    ReportReason.ADVERTISING: message("It is advertising or a fraud"),
    ReportReason.OTHER: message("Something else"),
}
NO_REASON = message("Please choose what is wrong with the comment.")
NO_WORDS = message("Please say in a sentence or two what is wrong.")
NO_ADDRESS = message("This is no e-mail address. You can also leave it out.")
NO_FAITH = message("Please confirm that you believe this to be true.")

routes = web.RouteTableDef()


@routes.get("/report/{token}")
@public_page
async def see(request: web.Request) -> web.StreamResponse:
    async with connection(request.app[POOL]) as conn:
        case = await opened(request, conn, LinkKind.REPORT)
    return _page(case, sent="sent" in request.query)


@routes.post("/report/{token}")
@public_page
async def send(request: web.Request) -> web.StreamResponse:
    bounded(request)
    form: MultiDictProxy[str] = request[FORM]
    async with connection(request.app[POOL]) as conn, conn.transaction():
        case = await opened(request, conn, LinkKind.REPORT, locked=True)
        said, wrong = _read(form)
        if said is None:
            return _page(case, form=form, wrong=wrong)
        if case.is_shown:
            office = office_of(request.app)
            await report(conn, case.site, case.subject.id, said, office)
    # Without a report the page says that there is nothing to report any more.
    target = f"{request.path}?sent" if case.is_shown else request.path
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})


def _read(form: MultiDictProxy[str]) -> tuple[Report | None, str]:
    """What was said; or None, and the sentence about what is missing."""
    reason, words = form.get("reason", ""), form.get("words", "").strip()
    email = form.get("email", "").strip()
    if reason not in set(ReportReason):
        return None, NO_REASON
    if not words:
        return None, NO_WORDS
    if "faith" not in form:
        return None, NO_FAITH
    try:
        address = normal_address(email) if email else ""
    except BadAddress:
        return None, NO_ADDRESS
    said = Report(
        reason=ReportReason(reason),
        words=words,
        name=form.get("name", ""),
        email=address,
        language=frame.SPOKEN.get(),
    )
    return said, ""


def _page(
    case: Case, *, sent: bool = False, form: MultiDictProxy[str] | None = None, wrong: str = ""
) -> web.Response:
    fields = ("reason", "words", "name", "email", "faith")
    return frame.render(
        "report.html",
        language=frame.SPOKEN.get(),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        case=case,
        is_shown=case.is_shown,
        text=shown(case.subject.text[:LONGEST_SHOWN]),
        author=revealed(case.subject.author or ""),
        post=post_on(case.site, case.subject.permalink),
        reasons=REPORT_REASONS,
        given={name: form.get(name, "") if form else "" for name in fields},
        sent=sent,
        wrong=wrong,
        longest_words=LONGEST_WORDS,
        longest_name=LONGEST_NAME,
    )
