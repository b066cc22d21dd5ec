"""comment-check and submissions: a comment is judged, a person puts it right."""

from aiohttp import web

from moderation import feedback
from moderation.akismet.answers import THANKS, say, say_verdict
from moderation.akismet.endpoints import API_KEY_FIRST, admit, endpoint
from moderation.akismet.fields import ASKED, comment_of, yes
from moderation.checks import guaranteed_spam
from moderation.comments import Comment, Origin
from moderation.feedback import Label, Report
from moderation.forms import Form
from moderation.intake import INTAKE
from moderation.observed import answered
from moderation.verdicts import Action, Verdict
from service.db import POOL

GUARANTEED_DISCARD = "akismet-guaranteed-discard"


@endpoint("comment-check")
async def comment_check(request: web.Request) -> web.Response:
    """Judge, store, answer; in that order, so that the guid is one that we know."""
    call = await admit(request, ASKED, API_KEY_FIRST)
    site = call.key.site
    comment = await call.off_loop(comment_of, call.form, site)
    receipt = await request.app[INTAKE].submit(comment, site, call.key.key_id)
    verdict = answered(receipt.verdict, site.settings)
    return say_verdict(
        verdict,
        receipt.id,
        site.settings,
        callback=comment.callback is not None,
        discard_test=_is_discard_test(call.form, comment, verdict),
    )


def _is_discard_test(form: Form, comment: Comment, verdict: Verdict) -> bool:
    """The protocol names no value that makes sure of a discard; these are ours."""
    if verdict.decided_by != guaranteed_spam.__name__ or verdict.action is not Action.REJECT:
        return False
    author = (comment.author or "").strip().lower()
    return author == GUARANTEED_DISCARD or yes(form.text("test_discard"))


@endpoint("submit-spam")
async def submit_spam(request: web.Request) -> web.Response:
    """A person found spam that we let through."""
    return await _submit(request, Label.SPAM)


@endpoint("submit-ham")
async def submit_ham(request: web.Request) -> web.Response:
    """A person found an honest comment among the spam."""
    return await _submit(request, Label.HAM)


async def _submit(request: web.Request, label: Label) -> web.Response:
    call = await admit(request, ASKED, API_KEY_FIRST)
    comment = await call.off_loop(comment_of, call.form, call.key.site, Origin.SUBMISSION)
    # A test must change nothing, so nothing of it is kept.
    if not comment.is_test:
        report = Report(comment, label, call.form.text("reporter"))
        await feedback.take(report, call.key, request.app[POOL], request.app[INTAKE])
    return say(THANKS)
