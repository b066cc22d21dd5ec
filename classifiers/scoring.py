"""Scoring lines of JSON: one object in, one out, in batches, whatever the lines."""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, TextIO

import orjson
from joblib import Parallel, delayed

from classifiers.examples import Example
from classifiers.scorer import Score, Scorer, load_default

BATCH = 256
# What another process or machine is given at once: enough to be worth the way there.
PARCEL_LINES, PARCEL_BYTES = 4096, 4 << 20
PARCELS = 4  # for each worker; they are answered before more is read, so that memory stays flat
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


class Answered(NamedTuple):
    """Lines to write, and which lines were refused and why."""

    output: bytes
    refused: list[tuple[int, str]]

    def tell(self, output: BinaryIO, complaints: TextIO) -> int:
        """How many were refused; they are named by number."""
        output.write(self.output)
        complaints.writelines(f"line {number}: {reason}\n" for number, reason in self.refused)
        return len(self.refused)


def score_lines(
    lines: Iterable[bytes],
    scorer: Scorer,
    thresholds: Thresholds,
    output: BinaryIO,
    complaints: TextIO,
) -> int:
    """Answer each line; how many were refused."""
    refused = 0
    for first, batch in _parcels(lines, BATCH):
        refused += _answered(first, batch, scorer, thresholds).tell(output, complaints)
        output.flush()
    return refused


def score_parcels(
    lines: Iterable[bytes],
    workers: int,
    thresholds: Thresholds,
    output: BinaryIO,
    complaints: TextIO,
) -> int:
    """The same by the model that ships, as much at a time as ``backends.working`` has workers."""
    refused = 0
    parcels = _parcels(lines, PARCEL_LINES)
    while some := list(islice(parcels, workers * PARCELS)):
        work = (delayed(_answered_there)(first, parcel, thresholds) for first, parcel in some)
        for answered in Parallel(return_as="generator")(work):
            refused += answered.tell(output, complaints)
        output.flush()
    return refused


def _parcels(lines: Iterable[bytes], most: int) -> Iterator[tuple[int, list[bytes]]]:
    """``most`` lines or PARCEL_BYTES, with the number of the first, in order."""
    first, size = 1, 0
    parcel: list[bytes] = []
    for line in lines:
        parcel.append(line)
        size += len(line)
        if len(parcel) == most or size >= PARCEL_BYTES:
            yield first, parcel
            first, size, parcel = first + len(parcel), 0, []
    if parcel:
        yield first, parcel


def _answered_there(first: int, lines: list[bytes], thresholds: Thresholds) -> Answered:
    scorer = load_default()
    parts = [
        _answered(first + start, lines[start : start + BATCH], scorer, thresholds)
        for start in range(0, len(lines), BATCH)
    ]
    refused = [each for part in parts for each in part.refused]
    return Answered(b"".join(part.output for part in parts), refused)


def _answered(first: int, lines: list[bytes], scorer: Scorer, thresholds: Thresholds) -> Answered:
    read = [_read(line) for line in lines]
    scores = iter(scorer.score([found for found in read if isinstance(found, Example)]))
    refused, written = [], []
    for number, found in enumerate(read, start=first):
        if isinstance(found, BadLine):
            refused.append((number, str(found)))
            written.append(orjson.dumps({"error": str(found)}))
        else:
            written.append(orjson.dumps(answer(next(scores), thresholds)))
    return Answered(b"".join(line + b"\n" for line in written), refused)


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
