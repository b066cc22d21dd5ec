"""What the machine says of a comment: an action, a probability, and findings that add up to it."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from operator import attrgetter

import msgspec
from msgspec import Struct


class Action(StrEnum):
    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"


class Finding(Struct, frozen=True, array_like=True, gc=False):
    """One reason, with its share of the log-odds.

    ``parameters`` hold numbers and short codes for the sentence that ``wording`` makes of it when
    it is read; they are personal data where they quote the comment (see the data map).
    """

    name: str
    log_odds: float
    parameters: Mapping[str, str | int | float] = {}


class Thresholds(Struct, frozen=True, gc=False):
    """Spam probabilities from which a comment is held, rejected, and rejected beyond return."""

    hold: float = 0.5
    reject: float = 0.98
    discard: float = 0.9999


class Verdict(Struct, frozen=True, gc=False):
    """``probability`` is the logistic of ``log_odds``; ``log_odds`` is the sum of the findings.

    ``decided_by`` names the hard rule that ruled alone (a list, a role, a honeypot, an earlier
    decision of a person); empty where the probability and the thresholds did.
    """

    action: Action
    probability: float
    log_odds: float
    findings: tuple[Finding, ...]
    model: str
    adjustment: int = 0  # version of the site's quick adjustment; 0 is none
    decided_by: str = ""
    discardable: bool = False  # beyond the site's discard threshold


def decide(probability: float, thresholds: Thresholds) -> Action:
    if probability >= thresholds.reject:
        return Action.REJECT
    if probability >= thresholds.hold:
        return Action.HOLD
    return Action.APPROVE


def logistic(log_odds: float) -> float:
    """Probability of ``log_odds``; never overflows."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(max(log_odds, -700.0))
    return odds / (1 + odds)


def total(findings: Sequence[Finding]) -> float:
    """The log-odds of a verdict: the exactly rounded sum of its findings."""
    return math.fsum(map(_log_odds, findings))


_log_odds = attrgetter("log_odds")
_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(tuple[Finding, ...])


def to_json(findings: Sequence[Finding]) -> str:
    """``findings`` as they are stored: ``[[name, log-odds, parameters], ...]``."""
    return _encoder.encode(findings).decode()


def from_json(stored: str) -> tuple[Finding, ...]:
    return _decoder.decode(stored)
