"""Taking a file in: read, score, store; one batch is stored while the next is read and scored.

What is committed stays, with the position behind it; whatever ends an import, running it again goes
on from there.  Ids follow from what a comment is, so nothing comes in twice by another file either.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

from msgspec import structs

from classifiers.scorer import Score
from moderation import history, screening
from moderation.batch import DATA_ERRORS
from moderation.comments import Comment
from moderation.history import Keys
from moderation.imports import store
from moderation.imports.records import ACTIONS, BrokenFile, Found, Record, Unreadable
from moderation.imports.store import Row
from moderation.review import searching
from moderation.screening import Scorer
from moderation.verdicts import to_json
from service import errors
from service import store as chassis
from service.db import Connection, translated
from service.sites import Site

BATCH_COMMENTS = 500
BATCH_SEEN = 5000  # where most of a file is not taken, this often is its position kept
BATCH_CHARACTERS = 2_000_000  # so that a file of long comments fills no memory
CLOCKS_APART = timedelta(days=1)  # a blog that writes local time is ahead by hours
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before there were blogs
UUID7_MARKS = 0x7000_8000_0000_0000_0000  # version and variant
UUID7_RANDOM = 0x0FFF_3FFF_FFFF_FFFF_FFFF
LOCK = 0x696D706F << 32  # "impo", and the site's number


class AlreadyImporting(errors.OperatorError):
    """Something is being imported for this site just now; wait until that is done."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is taken, and how it is judged."""

    site: Site
    scorer: Scorer
    now: datetime
    oldest: datetime  # retention deletes what is older
    whole_addresses_since: datetime  # retention shortens older ones
    with_labels: bool = True


@dataclass(slots=True)
class Batch:
    """A stretch of a file, and what became of it."""

    found: list[Found] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    position: int = 0  # of its last record
    seen: int = 0
    characters: int = 0
    outlived: int = 0
    imported: int = 0
    labelled: int = 0

    @property
    def is_full(self) -> bool:
        return (
            len(self.found) >= BATCH_COMMENTS
            or self.characters >= BATCH_CHARACTERS
            or self.seen >= BATCH_SEEN
        )

    @property
    def refused(self) -> int:
        return len(self.unreadable)

    @property
    def known(self) -> int:
        """Stood here already."""
        return self.seen - self.imported - self.outlived - self.refused


Told = Callable[[Batch], None]


async def take(
    conn: Connection, terms: Terms, sha256: bytes, records: Iterator[Record], told: Told
) -> int:
    """Take ``records`` in, which begin behind the position of ``store.start``.

    ``told`` is called with each batch that is stored.  Returns the number of authors newly
    approved.  Raises ``BrokenFile`` where the file does, after all that stands before is stored.
    """
    site_id = terms.site.id
    if not await chassis.try_lock(conn, LOCK | site_id):
        raise AlreadyImporting
    broken: BrokenFile | None = None
    try:
        await _store_all(conn, terms, sha256, records, told)
    except BrokenFile as error:
        broken = error
    async with conn.transaction():
        added = await store.approve_authors(conn, site_id)
        await store.accuse_addresses(conn, site_id, terms.whole_addresses_since)
        await searching.start_over(conn, site_id)
        if broken is None:
            await store.finish(conn, site_id, sha256, terms.now)
    if broken is not None:
        raise broken
    return added


async def _store_all(
    conn: Connection, terms: Terms, sha256: bytes, records: Iterator[Record], told: Told
) -> None:
    """In step: a batch is stored by PostgreSQL while a thread reads and scores the next."""
    coming = scored(records, terms)
    storing: asyncio.Task[None] | None = None
    try:
        while (batch := await asyncio.to_thread(next, coming, None)) is not None:
            if storing:
                await storing
            storing = asyncio.create_task(_store_and_tell(conn, terms, sha256, batch, told))
    finally:
        if storing:
            await storing


async def _store_and_tell(
    conn: Connection, terms: Terms, sha256: bytes, batch: Batch, told: Told
) -> None:
    await _store(conn, terms, sha256, batch)
    told(batch)


async def _store(conn: Connection, terms: Terms, sha256: bytes, batch: Batch) -> None:
    """Store a batch, halved again and again where the database refuses a row of it."""
    with translated():
        async with conn.transaction():
            batch.imported, batch.labelled = await _insert(conn, terms.site.id, batch.rows, batch)
            await store.advance(conn, terms.site.id, sha256, batch)


async def _insert(
    conn: Connection, site_id: int, rows: Sequence[Row], batch: Batch
) -> tuple[int, int]:
    if not rows:
        return 0, 0
    try:
        async with conn.transaction():
            return await store.insert(conn, site_id, rows)
    except DATA_ERRORS:
        if len(rows) == 1:
            position = batch.found[batch.rows.index(rows[0])].position
            batch.unreadable.append(Unreadable(position, "the database cannot store it"))
            return 0, 0
    middle = len(rows) // 2
    halves = [await _insert(conn, site_id, half, batch) for half in (rows[:middle], rows[middle:])]
    return sum(half[0] for half in halves), sum(half[1] for half in halves)


def scored(records: Iterator[Record], terms: Terms) -> Iterator[Batch]:
    """Batches with their rows.  Raises ``BrokenFile`` after the last of them."""
    for batch in batches(records, terms):
        batch.rows = _judged(batch.found, terms) if batch.found else []
        yield batch


def batches(records: Iterator[Record], terms: Terms) -> Iterator[Batch]:
    """Batches as they are read.  Raises ``BrokenFile`` after the last of them."""
    batch = Batch()
    try:
        for record in records:
            _add(record, batch, terms)
            if batch.is_full:
                yield batch
                batch = Batch()
    except BrokenFile:
        if batch.seen:
            yield batch
        raise
    if batch.seen:
        yield batch


def _add(record: Record, batch: Batch, terms: Terms) -> None:
    batch.position = record.position
    batch.seen += 1
    if isinstance(record, Unreadable):
        batch.unreadable.append(record)
        return
    date = _date(record)
    if not EARLIEST <= date <= terms.now + CLOCKS_APART:
        batch.unreadable.append(Unreadable(record.position, "its date cannot be right"))
    elif date < terms.oldest:
        batch.outlived += 1
    else:
        batch.found.append(record if terms.with_labels else replace(record, label=None))
        batch.characters += len(record.comment.text)


def _date(found: Found) -> datetime:
    if found.comment.submitted_at is None:
        raise ValueError("a record without a date")
    return found.comment.submitted_at


def _judged(found: Sequence[Found], terms: Terms) -> list[Row]:
    site, scorer = terms.site, terms.scorer
    scores = scorer.score([screening.example(each.comment, site) for each in found])
    return [
        _row(each, score, scorer.version, terms) for each, score in zip(found, scores, strict=True)
    ]


def _row(found: Found, score: Score, model: str, terms: Terms) -> Row:
    """What the model says, beside what the blog did."""
    site, date, marks = terms.site, _date(found), score.fingerprints
    comment, address_hash = _address_in_time(found.comment, date, terms)
    verdict = screening.judge(comment, site, score, model)
    # A rule that would have decided alone did not: the blog had.
    findings = verdict.findings[1:] if verdict.decided_by else verdict.findings
    verdict = structs.replace(verdict, action=ACTIONS[found.status], findings=findings)
    what = _what(comment, date)
    return Row(
        id=_id(site, "import", date, what),
        date=date,
        comment=comment,
        keys=Keys(
            history.keyed_hash(site, "import", what),
            marks.text,
            marks.near_a,
            marks.near_b,
            history.author_hash(comment, site),
            address_hash,
        ),
        verdict=verdict,
        findings=to_json(findings),
        label=found.label,
        label_id=_id(site, "import label", date, what),
    )


def _address_in_time(comment: Comment, date: datetime, terms: Terms) -> tuple[Comment, int | None]:
    """The address and its hash, or what retention would have left of them by now."""
    if comment.address is None:
        return comment, None
    if date >= terms.whole_addresses_since:
        return comment, history.address_hash(comment.address, terms.site)
    return structs.replace(comment, address=_network(comment.address)), None


def _network(address: str) -> str:
    """As ``consent.store`` shortens it; for IPv4 thirty times as fast as ``ip_network``."""
    if ":" in address:
        return str(ip_network((address, 64), strict=False))
    return f"{address.rpartition('.')[0]}.0/24"


def _what(comment: Comment, date: datetime) -> str:
    """What makes two comments the same: the blog's number for it, else all that it says."""
    if comment.platform_id:
        return f"{comment.blog}\x1f{comment.platform_id}"
    said = (comment.author, comment.email, comment.url, comment.permalink, comment.text)
    return "\x1f".join((comment.blog, "", date.isoformat(), *(part or "" for part in said)))


def _id(site: Site, purpose: str, date: datetime, what: str) -> UUID:
    """A UUIDv7 (RFC 9562) of ``date`` that follows from ``what``: the same in every run."""
    digest = hashlib.blake2b(
        what.encode(), digest_size=10, key=site.pepper, person=purpose.encode()
    ).digest()
    milliseconds = int(date.timestamp() * 1000)
    bits = int.from_bytes(digest, "big") & UUID7_RANDOM
    return UUID(int=milliseconds << 80 | bits | UUID7_MARKS)
