"""Erasure: what a subject's commitments open to is deleted, and the log says that it was.

The entries stay, and every proof with them; what they commit to can no longer be told, by nobody.
"""

from consent.ledger import store, subjects, writing
from consent.ledger.entries import Draft, Type
from service.db import Connection
from service.sites import Site


async def erase(conn: Connection, site: Site, origin: str, subject: str, basis: str) -> int:
    """Erase all openings of ``subject``, within the caller's transaction; how many.

    ``basis`` is the ground, as in ``gdpr.17.1.b``.  Raises ``LedgerClosed``.
    """
    erased = await store.delete_openings(conn, site.id, subjects.subject_hash(site, subject))
    if erased:
        targets = [{"epoch": epoch, "index": index} for epoch, index in sorted(erased)]
        detail = {"targets": targets, "basis": basis}
        await writing.append(conn, site, origin, [Draft(type=Type.ERASED, detail=detail)])
    return len(erased)
