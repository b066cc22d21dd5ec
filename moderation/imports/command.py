"""``gatehouse import``: the work behind it, and what is said of it."""

import gc
import hashlib
import os
import sys
from argparse import Namespace
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path

from tqdm import tqdm

from classifiers.scorer import load_default
from consent.retention import comment_days
from moderation.imports import FORMATS, Batch, BrokenFile, Terms, batches, format_of, store, take
from service import audit, clock, errors
from service.commands.running import on_database, say, say_json, table
from service.db import Connection
from service.secrets import Secrets
from service.settings import Settings
from service.sites import Directory, Site
from service.sites.administration import ACTOR, UnknownSite

NAMED_AT_MOST = 20  # of what cannot be read; the rest is only counted


class NoFile(errors.OperatorError):
    """The file cannot be opened."""

    exit_code = errors.USAGE


@dataclass(slots=True)
class Tally:
    """What has become of a file, in this run and those before it."""

    imported: int = 0
    known: int = 0
    outlived: int = 0
    refused: int = 0
    labelled: int = 0
    authors_approved: int = 0  # by this run
    finished_before: datetime | None = None

    def add(self, batch: Batch) -> None:
        self.imported += batch.imported
        self.known += batch.known
        self.outlived += batch.outlived
        self.refused += batch.refused
        self.labelled += batch.labelled

    @property
    def read(self) -> int:
        return self.imported + self.known + self.outlived + self.refused


def run(args: Namespace) -> int:
    """0 if all of the file is here now, 1 if something of it is not, 2 if there is no file."""
    settings = Settings.from_env()
    try:
        file = Path(args.file).open("rb")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise NoFile(f"{args.file} cannot be opened: {error.strerror}.") from error
    with file:
        task = Import(args, settings, file)
        on_database(task.work, settings)
    task.tell()
    return errors.FAILED if task.broken or task.tally.refused else 0


class Import:
    """One run of the command."""

    def __init__(self, args: Namespace, settings: Settings, file: BufferedReader) -> None:
        self._args = args
        self._settings = settings
        self._kept_days = settings.comment_retention_days
        self._file = file
        self._format = FORMATS[args.format or format_of(file)]
        self._named = 0
        self.tally = Tally()
        self.broken: BrokenFile | None = None

    async def work(self, conn: Connection, secrets: Secrets) -> None:
        terms = self._terms(await _site(conn, secrets, self._args.name))
        # Half a million objects of the compiler and the model live as long as we do: to look
        # through them again and again is a third of the time that a comment takes.
        gc.freeze()
        size = os.fstat(self._file.fileno()).st_size
        # Nothing is drawn where nobody watches.
        with tqdm(
            total=size, unit="B", unit_scale=True, desc=self._args.name, disable=None
        ) as self._bar:
            try:
                await (self._count(terms) if self._args.dry_run else self._take(conn, terms))
            except BrokenFile as error:
                self.broken = error

    def _terms(self, site: Site) -> Terms:
        now, kept = clock.now(), self._settings
        self._kept_days = comment_days(site.settings, kept.comment_retention_days)
        return Terms(
            site=site,
            scorer=load_default(),
            now=now,
            oldest=now - timedelta(days=self._kept_days),
            whole_addresses_since=now - timedelta(days=kept.ip_retention_days),
            with_labels=self._args.labels,
        )

    async def _count(self, terms: Terms) -> None:
        """Read all of it and store nothing; what is known here already is counted as new."""
        for batch in batches(self._format.read(self._file, terms.site.url, 0), terms):
            batch.imported = len(batch.found)
            batch.labelled = sum(found.label is not None for found in batch.found)
            self._told(batch)

    async def _take(self, conn: Connection, terms: Terms) -> None:
        site, sha256 = terms.site, hashlib.file_digest(self._file, "sha256").digest()
        self._file.seek(0)
        done = await store.start(conn, site.id, sha256, terms.now)
        self.tally = Tally(
            imported=done.imported,
            known=done.known,
            outlived=done.outlived,
            refused=done.refused,
            labelled=done.labelled,
            finished_before=done.finished_at,
        )
        if done.finished_at is not None:
            return
        records = self._format.read(self._file, site.url, done.position)
        self.tally.authors_approved = await take(conn, terms, sha256, records, self._told)
        details = {"imported": self.tally.imported, "labelled": self.tally.labelled}
        operator = audit.ActorKind.OPERATOR
        await audit.append(conn, site.id, operator, ACTOR, "comments.imported", site.name, details)

    def _told(self, batch: Batch) -> None:
        self.tally.add(batch)
        for each in batch.unreadable:
            self._named += 1
            if self._named <= NAMED_AT_MOST:
                self._warn(f"{self._format.unit} {each.position}: {each.why}")
        self._bar.update(self._file.tell() - self._bar.n)

    def _warn(self, text: str) -> None:
        with tqdm.external_write_mode(file=sys.stderr):
            sys.stderr.write(f"gatehouse: {text}\n")

    def tell(self) -> None:
        if self._named > NAMED_AT_MOST:
            self._warn(f"{self._named - NAMED_AT_MOST:,} more cannot be taken in.")
        if self.broken:
            self._warn(errors.sentence(self.broken))
        if self._args.json:
            broken = errors.sentence(self.broken) if self.broken else None
            say_json({"read": self.tally.read, **asdict(self.tally), "broken": broken})
        else:
            say(self._described())

    def _described(self) -> str:
        tally, days = self.tally, self._kept_days
        rows = [
            (tally.read, f"comments read from {self._args.file}"),
            (tally.imported, "would be imported" if self._args.dry_run else "imported"),
            (tally.known, "known already"),
            (tally.outlived, f"older than the {days} days for which comments are kept"),
            (tally.refused, "cannot be taken in"),
            (tally.labelled, "labelled as the blog had them"),
            (tally.authors_approved, "authors newly approved"),
        ]
        said = table([(f"{number:>11,}", text) for number, text in rows])
        if tally.finished_before:
            said += f"\nThis file was taken in on {tally.finished_before:%Y-%m-%d}: nothing to do."
        return said


async def _site(conn: Connection, secrets: Secrets, name: str) -> Site:
    directory = Directory(secrets)
    await directory.reload(conn)
    site = directory.site(name)
    if site is None:
        raise UnknownSite(f"There is no site named {name}: see gatehouse site list.")
    return site
