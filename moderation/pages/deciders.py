"""Who can have decided, as filters and timelines name them."""

from service.audit import ActorKind
from service.pages.frame import message

deciders = {
    "machine": message("nobody yet"),
    ActorKind.USER: message("a moderator"),
    ActorKind.SITE_KEY: message("the blog"),
    ActorKind.WEBHOOK: message("the platform"),
    ActorKind.TOKEN: message("a program"),
    ActorKind.OPERATOR: message("the operator"),
}


def name_of_kind(kind: str | None) -> str:
    """A message id."""
    return deciders.get(kind or "machine", deciders[ActorKind.OPERATOR])
