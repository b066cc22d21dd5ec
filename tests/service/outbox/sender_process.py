"""A sender in a process of its own, to be killed: ``python sender_process.py DSN MASTER_KEY``."""

import asyncio
import sys
from datetime import timedelta

from moderation.deliveries.rendering import prepare
from service import db
from service.outbox.client import Client
from service.outbox.sending import Pace, Sender
from service.secrets import Secrets

PACE = Pace(
    most=16,
    talk=timedelta(seconds=0.5),
    lease=timedelta(seconds=0.6),
    poll=timedelta(seconds=0.02),
)


async def main(dsn, master_key):
    async with db.create_pool(dsn, 2) as pool, Client() as client:
        await Sender(pool, Secrets(master_key), prepare, client, PACE).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
