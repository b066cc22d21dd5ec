"""Coral's external moderation phase: asked before a comment appears, answered in Coral's words.

Coral runs it last, only where no phase of its own has decided, and skips it after a time-out.  It
sends no id of the comment, no name and no address of the author.  Coral's webhooks are signed alike
and only name what changed, so they are answered with nothing.
https://github.com/coralproject/talk/blob/main/EXTERNAL_MODERATION_PHASES.md
"""

from collections.abc import Mapping
from uuid import UUID

from moderation.akismet.fields import blog_name
from moderation.comments import Comment
from moderation.payloads import read_json
from moderation.platforms import Delivered, Platform
from moderation.signatures import HexSignature
from moderation.verdicts import Action, Verdict
from service.sites import Site

ACTIONS = frozenset({"NEW", "EDIT"})
# Whoever moderates there needs no moderator; the words are those of ``checks``.
ROLES = {"ADMIN": "administrator", "MODERATOR": "editor", "STAFF": "author"}
STATUS = {
    # A person's word is APPROVED; ours only lets the comment through, as if we had not been asked.
    Action.APPROVE: "NONE",
    Action.HOLD: "SYSTEM_WITHHELD",  # where Coral's own spam phase puts what a person should see
    Action.REJECT: "REJECTED",
}
SPAM = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}


def parse(_headers: Mapping[str, str], body: bytes, site: Site) -> Delivered:
    request = read_json(body)
    action = request.code("action")
    if action not in ACTIONS:
        return None
    comment, author, story = map(request.inner, ("comment", "author", "story"))
    parent = comment.identifier("parentID")
    return Comment(
        text=comment.required("body"),
        permalink=story.url("url") or None,
        kind="reply" if parent else "comment",
        role=ROLES.get(author.code("role"), ""),
        blog=blog_name(site.url),
        platform_post_id=story.identifier("id"),
        parent_id=parent,
        recheck_reason="edit" if action == "EDIT" else "",
    )


def render(verdict: Verdict, _comment_id: UUID) -> object:
    answer: dict[str, object] = {"status": STATUS[verdict.action]}
    if verdict.action is not Action.APPROVE:
        answer["actions"] = [SPAM]
    return answer


PLATFORM = Platform(
    title="Coral, external moderation phase",
    parse=parse,
    signature=HexSignature("X-Coral-Signature"),
    render=render,
)
