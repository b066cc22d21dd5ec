"""``/appeal/{token}``: an author sees what became of a comment, and may ask a person to look."""

from http import HTTPStatus

from aiohttp import web

from moderation.pages.display import shown
from moderation.pages.public import bounded, opened, public_page
from moderation.reasons.stating import post_on
from moderation.redress.appealing import DUE, LONGEST_WORDS, appeal
from moderation.redress.links import LinkKind
from moderation.redress.looking import Case, sentence
from service.db import POOL, connection
from service.pages import frame
from service.pages.guard import FORM

LONGEST_SHOWN = 20_000  # characters

routes = web.RouteTableDef()


@routes.get("/appeal/{token}")
@public_page
async def see(request: web.Request) -> web.StreamResponse:
    async with connection(request.app[POOL]) as conn:
        case = await opened(request, conn, LinkKind.APPEAL)
    return _page(case)


@routes.post("/appeal/{token}")
@public_page
async def send(request: web.Request) -> web.StreamResponse:
    bounded(request)
    words = request[FORM].get("words", "")
    async with connection(request.app[POOL]) as conn, conn.transaction():
        case = await opened(request, conn, LinkKind.APPEAL, locked=True)
        await appeal(conn, case, words, frame.SPOKEN.get())
    # Whatever came of it, the page says how things stand.
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": request.path})


def _page(case: Case) -> web.Response:
    language = frame.SPOKEN.get()
    return frame.render(
        "appeal.html",
        language=language,
        case=case,
        text=shown(case.subject.text[:LONGEST_SHOWN]),
        sentence=sentence(case, language),
        note=case.statement.note if case.statement else "",
        post=post_on(case.site, case.subject.permalink),
        longest_words=LONGEST_WORDS,
        due_days=DUE.days,
    )
