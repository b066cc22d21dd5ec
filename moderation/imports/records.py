"""What a file holds, whatever its format: comments, each with what the blog had decided of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, TypeAlias

from moderation.comments import Comment
from moderation.feedback.store import Label
from moderation.verdicts import Action
from service import errors

TEXT_CHARACTERS = 1_000_000  # no blog takes in a longer comment


class Status(StrEnum):
    """Where the blog keeps a comment."""

    APPROVED = "approved"
    HELD = "held"
    SPAM = "spam"
    TRASH = "trash"


ACTIONS = {
    Status.APPROVED: Action.APPROVE,
    Status.HELD: Action.HOLD,
    Status.SPAM: Action.REJECT,
    Status.TRASH: Action.REJECT,  # not for anybody to see, whatever the reason: so no label
}


@dataclass(frozen=True, slots=True)
class Found:
    """A comment; ``comment.submitted_at`` is its date, and always there."""

    position: int  # in the file, from 1
    comment: Comment
    status: Status
    label: Label | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that should be a comment; ``why`` quotes nothing of it but names of fields."""

    position: int
    why: str


Record: TypeAlias = Found | Unreadable


class BrokenFile(errors.OperatorError):
    """The file cannot be read to its end."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write comments into a file.

    ``read`` takes the file, the blog's name where the file has none, and a position; it yields all
    that stands behind that position, in order, in memory that does not grow with the file.  Where
    reading ends early it raises ``BrokenFile``, after all that stands before.
    """

    unit: str  # what positions count
    read: Callable[[BinaryIO, str, int], Iterator[Record]]
