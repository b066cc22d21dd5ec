"""What can go wrong, by kind.

Packages raise subclasses of these kinds.  The kind alone decides the HTTP status (in
``service.http``), so adding an error touches one place: the module that raises it.  A subclass's
docstring opens with the sentence its client will read.
"""

import re
from collections.abc import Mapping


class ServiceError(Exception):
    """Something went wrong."""

    sentence = ""
    values: Mapping[str, object] = {}

    def __init__(self, sentence: str = "", **values: object) -> None:
        """A sentence of its own, with ``%(name)s`` for each value, so that it can be translated."""
        super().__init__(*([sentence % values if values else sentence] if sentence else []))
        self.sentence, self.values = sentence, values

    @property
    def code(self) -> str:
        """Stable, machine-readable name: ``UnknownSite`` becomes ``unknown-site``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    @property
    def title(self) -> str:
        return (type(self).__doc__ or "").strip().partition("\n")[0]


class Invalid(ServiceError):
    """The request cannot be understood."""


class Unauthenticated(ServiceError):
    """The request does not prove who sent it."""


class Forbidden(ServiceError):
    """The sender may not do this."""


class NotFound(ServiceError):
    """There is no such thing here."""


class Conflict(ServiceError):
    """The request contradicts what is already recorded."""


class TooLarge(ServiceError):
    """The request is larger than this service accepts."""


class Unsupported(ServiceError):
    """The body is in a format that is not taken here."""


class Unprocessable(ServiceError):
    """The request can be understood and cannot be followed."""


class TooSlow(ServiceError):
    """The request did not arrive in time."""


class Unavailable(ServiceError):
    """The service cannot answer right now; try again later."""


class Throttled(ServiceError):
    """Too many requests; try again later."""


USAGE = 2  # exit code: the command or a setting is wrong, nothing was tried
FAILED = 1  # exit code: it was tried and did not work


class OperatorError(Exception):
    """What the operator must know and do, in one sentence: commands print it and end."""

    exit_code = FAILED


def sentence(error: Exception) -> str:
    """What an operator may read of ``error``: our own words, of anybody else's only the class."""
    if isinstance(error, ServiceError | OperatorError):
        return str(error) or (type(error).__doc__ or "").strip().partition("\n")[0]
    return type(error).__name__
