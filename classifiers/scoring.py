"""Scoring lines of JSON: one object in, one out, in batches, whatever the lines."""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, TextIO

import orjson

from classifiers.examples import Example
from classifiers.scorer import Score, Scorer

BATCH = 256
# Bytes; what is longer is refused unread.  A comment of 1 MB fits, escaped in any way.
LINE_LONGEST = 8 << 20
_LEAST = -700.0  # beyond it, math.exp overflows

_FIELDS = {
    "author": "author",
    "url": "url",
    "permalink": "permalink",
    "post_title": "title",
    "context": "context",
    "lang": "language",
    "type": "kind",
}


class BadLine(Exception):
    """The line is no comment."""


def bounded(stream: BinaryIO) -> Iterator[bytes]:
    """Lines, of which one that is too long is cut, so that memory stays flat."""
    while line := stream.readline(LINE_LONGEST + 1):
        rest = line
        while len(rest) > LINE_LONGEST and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_LONGEST + 1)
        yield line


class Thresholds(NamedTuple):
    """Spam probabilities from which a comment is held and rejected."""

    hold: float
    reject: float


def score_lines(
    lines: Iterable[bytes],
    scorer: Scorer,
    thresholds: Thresholds,
    output: BinaryIO,
    complaints: TextIO,
) -> int:
    """Answer each line; how many were refused.  Refused lines are named by number."""
    refused = 0
    numbered = enumerate(lines, start=1)
    while batch := [(number, _read(line)) for number, line in islice(numbered, BATCH)]:
        scores = iter(scorer.score([found for _, found in batch if isinstance(found, Example)]))
        for number, found in batch:
            if isinstance(found, BadLine):
                refused += 1
                complaints.write(f"line {number}: {found}\n")
                output.write(orjson.dumps({"error": str(found)}) + b"\n")
            else:
                output.write(orjson.dumps(answer(next(scores), thresholds)) + b"\n")
        output.flush()
    return refused


def _read(line: bytes) -> Example | BadLine:
    try:
        return example(line)
    except BadLine as error:
        return error


def example(line: bytes) -> Example:
    """Raises BadLine, and nothing else."""
    if len(line) > LINE_LONGEST:
        raise BadLine("longer than 8 MB")
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine("not JSON") from error
    if not isinstance(values, dict):
        raise BadLine("not an object")
    known = {name: value for name, value in values.items() if value is not None}
    for name in ("text", "email", *_FIELDS):
        if not isinstance(known.get(name, ""), str):
            raise BadLine(f'"{name}" is not a string')
    if "text" not in known:
        raise BadLine('"text" is missing')
    return _example(known)


def _example(values: Mapping[str, str]) -> Example:
    fields: dict[str, Any] = {
        ours: values[theirs] for theirs, ours in _FIELDS.items() if theirs in values
    }
    if "email" in values:
        fields["mail_domain"] = values["email"].rpartition("@")[2].lower()
    return Example(text=values["text"], **fields)


def answer(score: Score, thresholds: Thresholds) -> dict[str, object]:
    probability = 1 / (1 + math.exp(-max(score.log_odds, _LEAST)))
    return {
        "probability": probability,
        "action": action(probability, thresholds),
        "findings": [
            {"name": name, "log_odds": share, "value": value} for name, share, value in score.terms
        ],
    }


def action(probability: float, thresholds: Thresholds) -> str:
    if probability >= thresholds.reject:
        return "reject"
    return "hold" if probability >= thresholds.hold else "approve"
