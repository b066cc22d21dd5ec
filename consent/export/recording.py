"""Before anything leaves: the export is an entry of the log, and of the audit trail.

The entry comes first and is part of what is exported, so the auditor sees who asked for what they
hold; who that is stands in the log as a commitment only.
"""

from dataclasses import dataclass
from pathlib import Path

import structlog

from consent.export import filters
from consent.export.store import Filter
from consent.ledger import signing, store, writing
from consent.ledger.entries import Draft, Type
from consent.ledger.signing import NoLog
from consent.ledger.store import CheckpointRow, Entry
from service import audit
from service.audit import ActorKind
from service.db import Connection
from service.secrets import Secrets
from service.sites import Site

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Exporter:
    """Who exports, and why."""

    kind: ActorKind
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """What leaves: the entries below ``checkpoint.size`` that the filter wants."""

    site: Site
    origin: str
    form: str
    wanted: Filter
    exporter: Exporter
    entry: Entry
    checkpoint: CheckpointRow

    @property
    def epoch(self) -> int:
        return self.checkpoint.epoch

    @property
    def size(self) -> int:
        return self.checkpoint.size


async def record(  # noqa: PLR0913, PLR0917  (who, what, of which log)
    conn: Connection,
    secrets: Secrets,
    data_dir: Path,
    site: Site,
    form: str,
    wanted: Filter,
    exporter: Exporter,
) -> Export:
    """Write down that ``exporter`` takes ``wanted`` along, and sign the log with that in it.

    Raises ``NoLog``, ``LedgerClosed`` or ``NoSigningKey``.
    """
    head = await store.head(conn, site.id)
    if head is None:
        raise NoLog
    detail = {"format": form, "filter": filters.described(wanted), "reason": exporter.reason}
    draft = Draft(
        type=Type.EXPORT_MADE,
        detail=detail,
        private={"exporter": f"{exporter.kind} {exporter.name}"},
    )
    async with conn.transaction():
        [entry] = await writing.append(conn, site, head.origin, [draft])
        await audit.append(
            conn, site.id, exporter.kind, exporter.name, "consent.exported", head.origin, detail
        )
    if not isinstance(entry, Entry):
        raise NoLog
    checkpoint = await signing.checkpoint(conn, secrets, data_dir, site)
    log.info("consent.exported", site_id=site.id, form=form, entries=checkpoint.size)
    return Export(site, head.origin, form, wanted, exporter, entry, checkpoint)
