"""The index of words, behind by a few minutes at most; what is newer is looked through instead.

Words are taken as they are written, without grammar: three languages stand side by side.
"""

from datetime import timedelta
from uuid import UUID

from moderation.review.searching import store
from service.db import Connection
from service.schedule import job
from service.settings import Settings

EVERY = timedelta(minutes=5)
# Ids are ordered by when they were made, not by when they were committed.
LATECOMERS = timedelta(minutes=2)


def site_word(site_id: int) -> str:
    """Among the words of every comment of the site; no text has a word with a space in it."""
    return f" s{site_id}"


async def start_over(conn: Connection, site_id: int) -> None:
    """Comments came in that are older than others that are indexed.

    What is indexed already is passed over by the next run of the job.
    """
    await store.start_over(conn, site_id)


def author_word(author_hash: int) -> str:
    return f" a{author_hash}"


@job("search", every=EVERY)
async def run(conn: Connection, _settings: Settings) -> int:
    """Index what has come in since; the number of comments.  Each chunk is its own transaction."""
    indexed = 0
    for site_id, before in await store.progress(conn):
        reached = before
        while found := await store.index(conn, site_id, reached):
            number, reached = found
            indexed += number
        again = UUID(int=max(reached.int - (_milliseconds(LATECOMERS) << 80), 0))
        await store.set_progress(conn, site_id, again, before)
    return indexed


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
