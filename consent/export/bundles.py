"""The auditor's bundle: everything that is needed to check it, in one ZIP file.

Files are written one after the other and hashed on their way; the signed manifest comes last and
names the digest of each.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from consent import checkpoints
from consent.checkpoints import Signer
from consent.export import filters, rows, store, texts
from consent.export.gaps import Gaps
from consent.export.recording import Export
from consent.export.store import Chunk
from consent.ledger import pages, proofs, signing
from consent.ledger import store as ledger
from consent.ledger.entries import Type
from consent.ledger.store import CheckpointRow
from consent.merkle import Node
from consent.notices import publishing
from service import clock
from service import signing as keys
from service.db import Connection
from service.secrets import Secrets

NODES = 500  # subtrees read by one statement
FAST = 1  # the level of compression: the text repeats itself, and somebody waits

Tell = Callable[[int], object]


class Writer:
    """Writes the files of a bundle, and remembers their digests."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self.digests: dict[str, str] = {}

    def write(self, name: str, content: bytes) -> None:
        self.digests[name] = hashlib.sha256(content).hexdigest()
        self._archive.writestr(_info(name), content)

    async def stream(self, name: str, parts: AsyncIterator[bytes]) -> None:
        digest = hashlib.sha256()
        with self._archive.open(_info(name), "w", force_zip64=True) as file:
            async for part in parts:
                digest.update(part)
                await asyncio.to_thread(file.write, part)
        self.digests[name] = digest.hexdigest()


def _info(name: str) -> ZipInfo:
    now = clock.now()
    info = ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    info.compress_type = ZIP_DEFLATED
    return info


class Bundle:
    """What is on its way into one file."""

    def __init__(self, conn: Connection, export: Export, writer: Writer, tell: Tell) -> None:
        self._conn = conn
        self._export = export
        self._writer = writer
        self._tell = tell
        self._rows = 0
        self._outside: list[bytes] = []

    async def write(self, secrets: Secrets, cuts: tuple[int, ...]) -> None:
        """``cuts`` are further sizes whose root a filtered export must reach."""
        earlier = await _earlier(self._conn, self._export)
        sizes = (*cuts, *(row.size for row in earlier.values()))
        await self._writer.stream("events.csv", self._csv())
        await self._writer.stream("events.jsonl", self._jsonl(Gaps(self._export.size, sizes)))
        if not self._export.wanted.is_all:
            self._writer.write("outside.txt", b"".join(self._outside))
        await self._notices()
        await self._erased()
        for name, row in earlier.items():
            self._writer.write(name, row.note.encode())
        self._writer.write("checkpoints/newest.txt", self._export.checkpoint.note.encode())
        await self._keys()
        for name, content in texts.files().items():
            self._writer.write(name, content)
        await self._manifest(secrets, sorted(earlier))

    async def _csv(self) -> AsyncIterator[bytes]:
        async for part in rows.csv(self._conn, self._export):
            yield part.encode()
            self._tell(store.CHUNK)

    async def _jsonl(self, gaps: Gaps) -> AsyncIterator[bytes]:
        async for chunk in rows.chunks(self._conn, self._export):
            await self._left_out(gaps, chunk)
            self._rows += len(chunk.indexes)
            yield chunk.text.encode()
            self._tell(store.CHUNK)
        await self._hash_nodes(list(gaps.rest()))

    async def _left_out(self, gaps: Gaps, chunk: Chunk) -> None:
        wanted = [node for index in chunk.indexes for node in gaps.before(index)]
        for start in range(0, len(wanted), NODES):
            await self._hash_nodes(wanted[start : start + NODES])

    async def _hash_nodes(self, wanted: list[Node]) -> None:
        export = self._export
        found = await proofs.nodes(self._conn, export.site.id, export.epoch, wanted)
        lines = (f"{node.level} {found[node].hex()}\n" for node in wanted)
        self._outside.append("".join(lines).encode())

    async def _notices(self) -> None:
        published = await publishing.all_of(self._conn, self._export.site.id)
        for edition in published.editions:
            self._writer.write(f"notices/{edition.sha256}.json", edition.document)
            for language in sorted(edition.notice.texts):
                page = pages.notice_page(edition, language)
                name = f"notices/{edition.sha256}.{language}.html"
                self._writer.write(name, (page.text or "").encode())

    async def _erased(self) -> None:
        export = self._export
        found = await store.entries_of_type(
            self._conn, export.site.id, export.epoch, Type.ERASED, export.size
        )
        lines = ["index,erased_at,basis\r\n"]
        for _, leaf in found:
            said = json.loads(leaf)
            lines += [
                f"{target['index']},{said['time']},{said['detail']['basis']}\r\n"
                for target in said["detail"]["targets"]
                if target["epoch"] == export.epoch
            ]
        self._writer.write("erased.csv", "".join(lines).encode())

    async def _keys(self) -> None:
        found = await signing.verifiers(self._conn, self._export.site.id)
        ours = [each.vkey for each in found if each.name == self._export.origin]
        self._writer.write("vkey.txt", "".join(f"{vkey}\n" for vkey in ours).encode())

    async def _manifest(self, secrets: Secrets, earlier: list[str]) -> None:
        export = self._export
        key = await keys.in_use(self._conn, secrets, export.site.id, export.origin)
        published = await publishing.all_of(self._conn, export.site.id)
        logs = await ledger.epochs(self._conn, export.site.id)
        controllers = {each.notice.controller.name for each in published.editions}
        content = orjson.dumps(
            {
                "format": "gatehouse-consent-export/1",
                "log": export.origin,
                "epoch": export.epoch,
                "logs_left_out": [each.origin for each in logs if each.epoch != export.epoch],
                "size": export.size,
                "rows": self._rows,
                "filtered": not export.wanted.is_all,
                "filter": filters.described(export.wanted),
                "site": export.site.name,
                "controllers": sorted(controllers),
                "exported_at": clock.now().isoformat(),
                "exporter": f"{export.exporter.kind} {export.exporter.name}",
                "reason": export.exporter.reason,
                "entry": export.entry.index,
                "earlier_checkpoints": earlier,
                "retention": texts.RETENTION,
                "limits": texts.LIMITS,
                "files": self._writer.digests,
            },
            option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
        )
        note = f"{export.origin} export\n{hashlib.sha256(content).hexdigest()}\n"
        signer = Signer(key.name, key.private)
        self._writer.write("manifest.json", content)
        self._writer.write("manifest.note", checkpoints.sign(note, [signer]).encode())


async def write(  # noqa: PLR0913  (from where, to where, and who is told)
    conn: Connection,
    secrets: Secrets,
    export: Export,
    path: Path,
    *,
    cuts: tuple[int, ...] = (),
    tell: Tell = lambda _: None,
) -> None:
    """Write the bundle to ``path``.  ``tell`` hears how many entries went by, twice for each."""
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=FAST) as archive:
        await Bundle(conn, export, Writer(archive), tell).write(secrets, cuts)


async def _earlier(conn: Connection, export: Export) -> dict[str, CheckpointRow]:
    """By name of their file: the checkpoints of the export before, and of the newest new key."""
    found = {}
    for kind, name in ((Type.EXPORT_MADE, "previous"), (Type.KEY_ROTATED, "rotation")):
        entries = await store.entries_of_type(
            conn, export.site.id, export.epoch, kind, export.entry.index
        )
        if entries:
            row = await ledger.checkpoint_covering(
                conn, export.site.id, export.epoch, entries[-1][0] + 1
            )
            if row is not None and row.size < export.size:
                found[f"checkpoints/{name}.txt"] = row
    return found
