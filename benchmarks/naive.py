"""The obvious service: scikit-learn's own pipeline, and one transaction for each comment.

It does less than Gatehouse (no history, no checks, no findings, no deliveries, no log line), and
it keeps the same promise: an answer follows the commit.
"""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import asyncpg
import uvloop
from aiohttp import web
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from benchmarks import comments, store
from benchmarks.bare import BODY_LIMIT_BYTES

SPAM_FROM = 0.5  # probability
POOL = web.AppKey("POOL", asyncpg.Pool)
MODEL = web.AppKey("MODEL", Pipeline)


def pipeline() -> Pipeline:
    """Hashed character n-grams of 2 to 5 letters into a logistic regression, all defaults."""
    return make_pipeline(
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5)), LogisticRegression()
    )


async def check(request: web.Request) -> web.Response:
    form = {name: str(value) for name, value in (await request.post()).items()}
    probability = float(request.app[MODEL].predict_proba([form.get("comment_content", "")])[0, 1])
    comment_id = uuid4()
    async with request.app[POOL].acquire() as conn, conn.transaction():
        await store.insert_naive_comment(conn, comment_id, form)
        await store.insert_naive_verdict(conn, comment_id, probability)
    return web.Response(
        text="true" if probability >= SPAM_FROM else "false",
        headers={"X-akismet-guid": str(comment_id)},
    )


async def _database(app: web.Application) -> AsyncIterator[None]:
    async with asyncpg.create_pool(app[DSN]) as pool:
        async with pool.acquire() as conn:
            await store.make_naive_tables(conn)
        app[POOL] = pool
        yield


DSN = web.AppKey("DSN", str)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.naive", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("dsn")
    given = parser.parse_args(argv)
    app = web.Application(client_max_size=BODY_LIMIT_BYTES)
    app[DSN] = given.dsn
    app[MODEL] = pipeline().fit(*comments.training_set())
    app.router.add_post("/1.1/comment-check", check)
    app.cleanup_ctx.append(_database)
    web.run_app(
        app,
        host="127.0.0.1",
        port=given.port,
        access_log=None,
        print=None,
        loop=uvloop.new_event_loop(),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
