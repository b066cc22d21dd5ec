"""Ready-made valid objects.  A test states only what it is about."""

import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

from classifiers.fingerprints import fingerprints
from classifiers.scorer import Score, Term
from moderation.comments import Comment
from service import clock
from service.secrets import Secrets
from service.sites import Directory, Site, administration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MASTER_KEY = "a master key of the tests, which guards nothing"
SECRETS = Secrets(MASTER_KEY)


async def issue(conn, *, name="blatt", url="https://blatt.example", language="de"):
    """Add a site; the raw key that opens it."""
    key = await administration.add(conn, SECRETS, url=url, name=name, language=language)
    return key.value


async def site(conn, *, name="blatt", **fields):
    """Add a site; the site as every process knows it."""
    await issue(conn, name=name, **fields)
    directory = await loaded(conn)
    return directory.site(name)


async def loaded(conn, secrets=SECRETS):
    directory = Directory(secrets)
    await directory.reload(conn)
    return directory


def unsaved_site(*, number=1, name="blog", **changes):
    """A site that no database knows."""
    return Site(
        **{
            "id": number,
            "name": name,
            "url": "https://blog.example",
            "language": "en",
            "pepper": hashlib.sha256(name.encode()).digest(),
            **changes,
        }
    )


def comment(**changes):
    return Comment(
        **{
            "text": "What a thoughtful post, I had never seen it that way.",
            "author": "Ada Lovelace",
            "email": "ada@example.org",
            "url": "",
            "address": "192.0.2.1",
            "permalink": "https://blog.example/2026/03/engines",
            **changes,
        }
    )


class FakeScorer:
    """Log-odds by a word: ``spam`` 12 (each), ``maybe`` 2, everything else -6."""

    version = "fake"

    def __init__(self):
        self.batches = []

    def score(self, examples):
        self.batches.append(len(examples))
        marks = fingerprints([each.text for each in examples])
        return [
            Score((Term("words", log_odds(each.text), 0.0),), mark)
            for each, mark in zip(examples, marks, strict=True)
        ]


def log_odds(text):
    return 12.0 * text.count("spam") or (2.0 if "maybe" in text else -6.0)


async def label(conn, site, comment_id, label):
    await conn.execute(
        "INSERT INTO labels (site_id, id, comment_id, label, source, created_at)"
        " VALUES ($1, $2, $3, $4, 'akismet', $5)",
        site.id,
        uuid7_at(clock.now()),
        comment_id,
        label,
        clock.now(),
    )


def uuid7_at(moment: datetime) -> UUID:
    """A UUIDv7 (RFC 9562) as if made at ``moment``."""
    milliseconds = int(moment.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10), "big")
    version_and_variant = 0x7000_8000_0000_0000_0000
    return UUID(int=milliseconds << 80 | random & 0x0FFF_3FFF_FFFF_FFFF_FFFF | version_and_variant)
