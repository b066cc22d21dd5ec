"""Publishing a notice: checked, stored for ever, and on record."""

from dataclasses import dataclass

import asyncpg
import structlog

from consent.banner import files
from consent.banner import store as banner_store
from consent.ledger import writing
from consent.ledger.entries import Draft, Type
from consent.notices import canonical, changes, reading, store
from consent.notices.document import Notice
from consent.notices.shelf import Edition, Published, published_from
from consent.notices.store import NoticeRow
from service import audit, clock, errors
from service.audit import ActorKind
from service.db import Connection
from service.sites import Site

log = structlog.get_logger()


class NoticeContested(errors.Conflict):
    """Somebody else published a notice of this kind just now; look at it, and publish again."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes, as the audit trail names them."""

    kind: ActorKind
    name: str


async def publish(
    conn: Connection, site: Site, origin: str, raw: bytes, publisher: Publisher
) -> Edition:
    """Publish the notice that ``raw`` is; its edition, which is what was there before if it was.

    That it was published is an entry of the site's log, which is begun under the name ``origin`` if
    there is none.  Raises ``LedgerClosed``, ``MalformedNotice``, ``RefusedNotice`` or
    ``NoticeContested``.
    """
    published = await all_of(conn, site.id)
    if (known := _known(raw, published)) is not None:
        return known
    notice = reading.read(raw, site.name, published, clock.now())
    edition = Edition(_row(site.id, notice), notice)
    try:
        async with conn.transaction():
            await store.insert_notice(conn, edition.row)
            await _keep_drawing(conn, edition)
            await _record(conn, edition, publisher)
            await writing.append(conn, site, origin, [_draft(edition)])
    except asyncpg.UniqueViolationError as error:
        raise NoticeContested from error
    log.info("notice.published", site_id=site.id, kind=notice.kind, version=notice.version)
    return edition


async def all_of(conn: Connection, site_id: int) -> Published:
    return published_from(await store.notices(conn, site_id))


def _known(raw: bytes, published: Published) -> Edition | None:
    """What was published before, byte for byte or as a draft: sending it again changes nothing."""
    if (same := published.get(canonical.digest(raw))) is not None:
        return same
    newest = {each.kind: each for each in published.editions}
    return next((each for each in newest.values() if reading.is_again(raw, each)), None)


def _row(site_id: int, notice: Notice) -> NoticeRow:
    document = canonical.document_of(notice)
    return NoticeRow(
        site_id=site_id,
        sha256=bytes.fromhex(canonical.digest(document)),
        kind=str(notice.kind),
        version=notice.version,
        change_class=str(notice.change_class),
        effective_from=changes.moment_of(notice),
        supersedes=bytes.fromhex(notice.supersedes) if notice.supersedes else None,
        document=document.decode(),
        published_at=clock.now(),
    )


async def _keep_drawing(conn: Connection, edition: Edition) -> None:
    """What draws the question now is served for as long as this notice names it."""
    for digest in filter(None, (edition.digests.bundle, edition.digests.css)):
        if (file := files.built_in(digest)) is not None:
            await banner_store.keep_file(conn, bytes.fromhex(digest), file.kind, file.content)


def _draft(edition: Edition) -> Draft:
    detail = {
        "change_class": edition.row.change_class,
        "effective_from": edition.notice.effective_from,
        "supersedes": edition.notice.supersedes,
        "text_sha256": edition.digests.texts,
    }
    return Draft(type=Type.NOTICE_PUBLISHED, edition=edition, detail=detail)


async def _record(conn: Connection, edition: Edition, publisher: Publisher) -> None:
    details = {
        "kind": edition.row.kind,
        "version": edition.row.version,
        "change_class": edition.row.change_class,
    }
    await audit.append(
        conn,
        edition.row.site_id,
        publisher.kind,
        publisher.name,
        "notice.published",
        edition.sha256,
        details,
    )
