"""Discourse: posts as they are written, and what moderators decide of them.

The name of the event stands in a header that is not signed; a delivery under a wrong name is read
as what it is not, or as nothing, and teaches nobody anything about another post.
https://github.com/discourse/discourse/blob/main/app/jobs/regular/emit_web_hook_event.rb
"""

from collections.abc import Mapping

from moderation.akismet.fields import blog_name
from moderation.comments import Comment, Origin
from moderation.feedback.matching import Report
from moderation.feedback.store import Label
from moderation.payloads import Fields, read_json
from moderation.platforms import Delivered, Platform
from moderation.signatures import HexSignature
from service.sites import Site

REGULAR_POST = "1"  # others are written by the system or whispered among its staff
# Under either name, as the version may be.
REVIEWED = frozenset({"reviewable_updated", "reviewable_transitioned_to"})
SPAM_FLAG = "8"  # PostActionType.types[:spam]; its title is translated
# Reviewable.statuses; older versions send the number, newer ones may send the name.
APPROVED = frozenset({"1", "approved"})
REJECTED = frozenset({"2", "rejected"})


def parse(headers: Mapping[str, str], body: bytes, site: Site) -> Delivered:
    event = headers.get("X-Discourse-Event", "")
    payload = read_json(body)
    if event in {"post_created", "post_edited"}:
        return _post(payload.inner("post"), site, "edit" if event == "post_edited" else "")
    if event in REVIEWED:
        return _review(payload.inner("reviewable"), site)
    return None


def _post(post: Fields, site: Site, recheck_reason: str) -> Comment | None:
    if (post.code("post_type") or REGULAR_POST) != REGULAR_POST:
        return None
    answered = post.identifier("reply_to_post_number")
    return Comment(
        text=post.required("raw"),
        author=post.name("username"),
        permalink=_permalink(post, site),
        title=post.name("topic_title"),
        kind="reply" if answered else "forum-post",
        role=_role(post),
        blog=blog_name(site.url),
        submitted_at=post.moment("created_at"),
        platform_id=post.identifier("id"),
        platform_post_id=post.identifier("topic_id"),
        parent_id=answered,
        recheck_reason=recheck_reason,
    )


def _permalink(post: Fields, site: Site) -> str | None:
    """Of the topic, so that the same words in two topics are seen to be in two places."""
    topic, slug = post.identifier("topic_id"), post.code("topic_slug")
    return f"{site.url}/t/{slug}/{topic}" if topic and slug else None


def _role(post: Fields) -> str:
    if post.values.get("admin") is True:
        return "administrator"
    return "editor" if post.values.get("moderator") is True else ""


def _review(reviewable: Fields, site: Site) -> Report | None:
    """A person agreed or disagreed that a flagged post is spam."""
    if not _about_spam(reviewable) or reviewable.text("raw", None) is None:
        return None
    status = reviewable.code("status")
    if status not in APPROVED | REJECTED:
        return None
    comment = Comment(
        text=reviewable.required("raw"),
        author=reviewable.inner("target_created_by").name("username"),
        kind="forum-post",
        blog=blog_name(site.url),
        submitted_at=reviewable.moment("target_created_at"),
        platform_id=reviewable.identifier("target_id") or reviewable.identifier("post_id"),
        platform_post_id=reviewable.identifier("topic_id"),
        origin=Origin.SUBMISSION,
    )
    # What is approved of a flagged post is the flag.
    label = Label.SPAM if status in APPROVED else Label.HAM
    return Report(comment, label, _reviewer(reviewable))


def _about_spam(reviewable: Fields) -> bool:
    kind = reviewable.code("type")
    if kind == "ReviewableAkismetPost":
        return True
    return kind == "ReviewableFlaggedPost" and any(map(_flags_spam, _scores(reviewable)))


def _scores(reviewable: Fields) -> list[Fields]:
    scores = reviewable.values.get("reviewable_scores")
    if not isinstance(scores, list):
        return []
    return [Fields(score) for score in scores if isinstance(score, dict)]


def _flags_spam(score: Fields) -> bool:
    kind = score.inner("score_type")
    return (
        SPAM_FLAG in {kind.code("id"), score.code("score_type_id")} or kind.code("type") == "spam"
    )


def _reviewer(reviewable: Fields) -> str:
    for score in _scores(reviewable):
        if name := score.inner("reviewed_by").code("username"):
            return name
    return ""


PLATFORM = Platform(
    title="Discourse", parse=parse, signature=HexSignature("X-Discourse-Event-Signature")
)
