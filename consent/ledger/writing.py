"""Appending: lock the head, see what stands there, decide, hash, insert, in one transaction.

The order is what makes it right.  The lock comes first and is held until the commit, so indexes
have no gaps, times never go backwards, and of two decisions of one subject the second sees the
first, whichever process each came through.  If the process dies before the commit, nothing of the
batch is there; after it, only the checkpoint is missing, and any process signs that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import starmap
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from consent.ledger import deciding, entries, store, subjects
from consent.ledger.deciding import Before
from consent.ledger.entries import DECIDED, Draft, Place, Type
from consent.ledger.store import Entry, Head, Newest, Opening
from consent.merkle import HASH_BYTES, Frontier, leaf_hash
from service import clock, errors
from service.db import Connection
from service.sites import Site


class LedgerClosed(errors.Unavailable):
    """The record of consent takes nothing until the operator has looked at it."""


class ReplayAltered(errors.Conflict):
    """This event id was used for another event."""


EVENTS = {
    Type.GIVEN: "consent.recorded",
    Type.REFUSED: "consent.recorded",
    Type.RENEWED: "consent.recorded",
    Type.SIGNAL: "consent.recorded",
    Type.WITHDRAWN: "consent.withdrawn",
    Type.EXPIRED: "consent.expired",
    Type.NOTICE_PUBLISHED: "notice.published",
}

Subject = tuple[bytes, str]  # the hash, and the kind of notice


@dataclass(slots=True)
class _Batch:
    """What one transaction appends."""

    site: Site
    head: Head
    now: datetime
    frontier: Frontier
    known: dict[UUID, Entry]
    before: dict[Subject, Before]
    in_force: dict[Subject, tuple[int, int]]  # where the decisions stand that were in force
    newest: dict[Subject, int] = field(default_factory=dict)  # places in ``openings``
    entries: list[Entry] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)


async def append(
    conn: Connection, site: Site, origin: str, drafts: Sequence[Draft]
) -> list[Entry | ReplayAltered | None]:
    """Append ``drafts`` in their order, within the caller's transaction; an entry for each.

    An event that was recorded before gets the entry it got then; an expiry is none (``None``) if
    the subject has decided anew meanwhile.  Everything after this in the
    transaction delays every other visitor.  Raises ``LedgerClosed``.
    """
    prepared = _prepared(site, drafts)
    head = await _locked(conn, site, origin)
    batch = await _begun(conn, site, head, prepared)
    answers = [_recorded(batch, each) for each in prepared]
    if batch.entries:
        await store.insert_entries(
            conn,
            _advanced(batch),
            batch.entries,
            batch.openings,
            _told(batch.entries),
            [batch.in_force[subject] for subject in batch.newest if subject in batch.in_force],
        )
    return answers


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A draft with all of its cryptography that needs no lock."""

    draft: Draft
    subject: Subject | None
    salt: bytes
    commitments: dict[str, str]
    encrypted: bytes


def _prepared(site: Site, drafts: Sequence[Draft]) -> list[_Prepared]:
    sealer, made = subjects.Sealer(site), []
    for draft in drafts:
        salt, committed = entries.new_salt(), draft.committed
        commitments = {n: entries.commitment(salt, n, value) for n, value in committed.items()}
        encrypted = sealer.seal(salt, committed) if committed else b""
        made.append(_Prepared(draft, _subject(site, draft), salt, commitments, encrypted))
    return made


async def _locked(conn: Connection, site: Site, origin: str) -> Head:
    head = await store.lock_head(conn, site.id)
    if head is None:
        await store.open_log(conn, site.id, 1, origin, clock.now())
        head = await store.lock_head(conn, site.id)
    if head is None or head.closed is not None:
        raise LedgerClosed
    return head


async def _begun(conn: Connection, site: Site, head: Head, prepared: Sequence[_Prepared]) -> _Batch:
    events = [each.draft.event_id for each in prepared if each.draft.event_id is not None]
    known = await store.known_events(conn, site.id, events) if events else []
    wanted = sorted({each.subject for each in prepared if each.subject})
    newest = await store.newest_decisions(conn, site.id, wanted) if wanted else []
    now = max(clock.now(), head.last_time)
    # Milliseconds are what a leaf can say; more in the column would put rows out of order.
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return _Batch(
        site=site,
        head=head,
        now=max(now, head.last_time),
        frontier=frontier_of(head),
        known={entry.event_id: entry for entry in known if entry.event_id},
        before=dict(starmap(_stood, ((row, now) for row in newest))),
        in_force={
            (row.subject_hash, row.kind): (row.epoch, row.index) for row in newest if row.in_force
        },
    )


def frontier_of(head: Head) -> Frontier:
    content = head.frontier
    hashes = [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]
    return Frontier(head.size, hashes)


def _stood(row: Newest, now: datetime) -> tuple[Subject, Before]:
    key = (row.subject_hash, row.kind)
    if not row.in_force or row.ends_at <= now:
        return key, Before()
    leaf = orjson.loads(row.leaf)
    return key, Before(leaf["decisions"], leaf["services"])


def _subject(site: Site, draft: Draft) -> Subject | None:
    if draft.subject is None or draft.edition is None:
        return None
    return subjects.subject_hash(site, draft.subject), str(draft.edition.kind)


def _recorded(batch: _Batch, prepared: _Prepared) -> Entry | ReplayAltered | None:
    draft, subject = prepared.draft, prepared.subject
    if draft.event_id is not None and (known := batch.known.get(draft.event_id)):
        return known if known.request_hash == draft.request_hash else ReplayAltered()
    before = batch.before.get(subject, Before()) if subject else Before()
    kind, lost = deciding.decide(draft, before)
    if kind is Type.EXPIRED and before.decisions:
        return None
    if kind is Type.REFUSED:
        # A refusal is nobody's: it is recorded without any identifier.
        draft, subject = replace(draft, subject=None, previous=None), None
        prepared = replace(prepared, commitments={})
    place = Place(batch.head.origin, batch.site.name, batch.frontier.size, batch.now, uuid7())
    end = entries.ends(draft, kind, batch.now)
    leaf = entries.leaf_of(draft, kind, lost, end, place, prepared.commitments)
    entry = _entry(batch, draft, kind, place, leaf)
    batch.entries.append(entry)
    if draft.event_id is not None:
        batch.known[draft.event_id] = entry
    if prepared.commitments:
        _open(batch, prepared, end, place)
    if subject and kind in DECIDED:
        batch.before[subject] = Before(draft.decisions, draft.services)
    return entry


def _entry(batch: _Batch, draft: Draft, kind: Type, place: Place, leaf: bytes) -> Entry:
    return Entry(
        epoch=batch.head.epoch,
        index=place.index,
        recorded_at=place.time,
        type=str(kind),
        receipt_id=place.receipt_id,
        event_id=draft.event_id,
        request_hash=draft.request_hash,
        leaf=leaf.decode(),
        hashes=batch.frontier.append(leaf_hash(leaf)),
    )


def _open(batch: _Batch, prepared: _Prepared, end: datetime | None, place: Place) -> None:
    subject = prepared.subject
    if subject is not None:
        if (earlier := batch.newest.get(subject)) is not None:
            batch.openings[earlier] = replace(batch.openings[earlier], in_force=False)
        batch.newest[subject] = len(batch.openings)
    batch.openings.append(
        Opening(
            index=place.index,
            kind=subject[1] if subject else None,
            salt=prepared.salt,
            subject_hash=subject[0] if subject else None,
            encrypted=prepared.encrypted,
            in_force=end is not None,
            ends_at=end or place.time,
        )
    )


def _advanced(batch: _Batch) -> Head:
    return replace(
        batch.head,
        size=batch.frontier.size,
        frontier=b"".join(batch.frontier.hashes),
        last_time=batch.now,
    )


def _told(written: Iterable[Entry]) -> list[tuple[UUID, str]]:
    events = ((entry.receipt_id, EVENTS.get(Type(entry.type))) for entry in written)
    return [(receipt_id, event) for receipt_id, event in events if event]
