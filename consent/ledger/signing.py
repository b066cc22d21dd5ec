"""Checkpoints: the head of a log, signed, known outside before it is published.

Before anything is signed, the log is held against the newest checkpoint that is known outside.  If
it does not extend it, the log is closed: a second history is never signed.
"""

from datetime import timedelta
from pathlib import Path

import structlog

from consent.checkpoints import Checkpoint, Signer, Verifier
from consent.ledger import outside, proofs, store, writing
from consent.ledger.entries import Draft, Type
from consent.ledger.store import CheckpointRow, Head
from consent.ledger.writing import LedgerClosed
from consent.merkle import EMPTY_ROOT
from service import audit, clock, errors, signing
from service.audit import ActorKind
from service.db import Connection
from service.secrets import Secrets
from service.signing import SigningKey
from service.signing import store as key_store
from service.sites import Site

log = structlog.get_logger()

EPOCHS = "/epochs/"  # between the first log's name and the number of a later one
FRESH = timedelta(seconds=5)  # whoever asks more often gets what was signed last


class NoLog(errors.NotFound):
    """Nothing is recorded for this site yet."""


class NotBehind(errors.OperatorError):
    """The log is not closed, so there is no reason to begin another."""


async def checkpoint(
    conn: Connection,
    secrets: Secrets,
    data_dir: Path,
    site: Site,
    extra: tuple[SigningKey, ...] = (),
) -> CheckpointRow:
    """The checkpoint of the log as it stands, signed now unless it was before.

    ``extra`` keys sign as well.  Raises ``NoLog``, ``LedgerClosed`` or ``NoSigningKey``.
    """
    head = await store.head(conn, site.id)
    if head is None:
        raise NoLog
    await require_extending(conn, data_dir, site, head)
    newest = await store.newest_checkpoint(conn, site.id, head.epoch)
    if newest is not None and newest.size == head.size:
        return newest
    key = await signing.in_use(conn, secrets, site.id, head.origin)
    root = writing.frontier_of(head).root() if head.size else EMPTY_ROOT
    signers = [Signer(each.name, each.private) for each in (*extra, key)]
    note = Checkpoint(head.origin, head.size, root).signed(signers)
    row = CheckpointRow(head.epoch, head.size, root, note, clock.now())
    await outside.keep(data_dir, site.name, note)
    # If we were to crash here, the outside would know a checkpoint of what the log holds: harmless.
    await store.insert_checkpoint(conn, site.id, row)
    return row


async def recent(conn: Connection, secrets: Secrets, data_dir: Path, site: Site) -> CheckpointRow:
    """The newest checkpoint if it is fresh or complete, else a new one.  Raises as above."""
    head = await store.head(conn, site.id)
    if head is None:
        raise NoLog
    newest = await store.newest_checkpoint(conn, site.id, head.epoch)
    is_fresh = newest is not None and clock.now() - newest.signed_at < FRESH
    if newest is not None and (is_fresh or newest.size == head.size or head.closed):
        return newest
    return await checkpoint(conn, secrets, data_dir, site)


async def covering(
    conn: Connection, secrets: Secrets, data_dir: Path, site: Site, entry: store.Entry
) -> CheckpointRow:
    """A checkpoint of a log that has the entry: the first there was, or a new one."""
    found = await store.checkpoint_covering(conn, site.id, entry.epoch, entry.index + 1)
    return found or await checkpoint(conn, secrets, data_dir, site)


async def require_extending(conn: Connection, data_dir: Path, site: Site, head: Head) -> None:
    """Close the log unless it extends what is known outside.  Raises ``LedgerClosed``."""
    if head.closed is not None:
        raise LedgerClosed
    known = await outside.known(data_dir, site.name)
    reason = await _contradiction(conn, head, known) if known else None
    if reason is not None and known is not None:
        await _close(conn, head, known, reason)
        raise LedgerClosed


async def _contradiction(conn: Connection, head: Head, known: Checkpoint) -> str | None:
    if known.origin != head.origin:
        # The file is of another epoch: an older one is over, a newer one this database lacks.
        epochs = {each.origin for each in await store.epochs(conn, head.site_id)}
        return None if known.origin in epochs else "behind"
    if known.size > head.size:
        return "behind"
    root = await proofs.root(conn, head.site_id, head.epoch, known.size)
    return None if root == known.root else "inconsistent"


async def _close(conn: Connection, head: Head, known: Checkpoint, reason: str) -> None:
    if not await store.close_log(conn, head.site_id, head.epoch, reason):
        return
    log.error(
        "ledger.closed", site_id=head.site_id, reason=reason, size=head.size, known=known.size
    )
    await audit.append(
        conn,
        head.site_id,
        ActorKind.JOB,
        "ledger",
        "ledger.closed",
        head.origin,
        {"reason": reason, "size": head.size, "known": known.size},
    )


async def rotate(conn: Connection, secrets: Secrets, data_dir: Path, site: Site) -> Verifier:
    """Sign with a new key from now on.

    The change is an entry, and a checkpoint of the log with that entry is signed by both keys: so
    whoever holds the old key learns the new one from it.
    """
    head = await store.head(conn, site.id)
    if head is None:
        raise NoLog
    old = await signing.in_use(conn, secrets, site.id, head.origin)
    async with conn.transaction():
        new = await signing.rotate(conn, secrets, site.id, head.origin)
        verifier = Verifier(new.name, new.public)
        detail = {"vkey": verifier.vkey, "before": Verifier(old.name, old.public).vkey}
        await writing.append(conn, site, head.origin, [Draft(type=Type.KEY_ROTATED, detail=detail)])
        await audit.append(
            conn, site.id, ActorKind.OPERATOR, "command line", "key.rotated", head.origin
        )
    await checkpoint(conn, secrets, data_dir, site, (old,))
    return verifier


async def open_epoch(conn: Connection, secrets: Secrets, data_dir: Path, site: Site) -> str:
    """Begin a new log after one that is closed; its origin.  Raises ``NotBehind`` or ``NoLog``.

    Its first entry names the checkpoint that the old one could not reach.
    """
    head = await store.head(conn, site.id)
    if head is None:
        raise NoLog
    if head.closed is None:
        raise NotBehind
    known = await outside.known(data_dir, site.name)
    epoch = _next_epoch(head, known)
    origin = f"{head.origin.partition(EPOCHS)[0]}{EPOCHS}{epoch}"
    detail = {
        "before": head.origin,
        "size": head.size,
        "known_size": known.size if known else head.size,
        "known_root": known.root.hex() if known else None,
    }
    async with conn.transaction():
        await store.open_log(conn, site.id, epoch, origin, max(clock.now(), head.last_time))
        await writing.append(conn, site, origin, [Draft(type=Type.EPOCH_OPENED, detail=detail)])
        await audit.append(
            conn, site.id, ActorKind.OPERATOR, "command line", "ledger.reopened", origin
        )
    log.warning("ledger.reopened", site_id=site.id, epoch=epoch)
    await checkpoint(conn, secrets, data_dir, site)
    return origin


def _next_epoch(head: Head, known: Checkpoint | None) -> int:
    """A number that no log of this site ever had, even one that this database does not know."""
    number = known.origin.partition(EPOCHS)[2] if known else ""
    return max(head.epoch, int(number) if number.isdecimal() else 1) + 1


async def verifiers(conn: Connection, site_id: int) -> list[Verifier]:
    """Every key that ever signed for the site, the newest last."""
    return [Verifier(row.name, row.public) for row in await key_store.keys(conn, site_id)]
