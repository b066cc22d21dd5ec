"""The floor: an aiohttp handler that parses the same form and answers at once."""

import argparse
import sys
from collections.abc import Sequence

import uvloop
from aiohttp import web

BODY_LIMIT_BYTES = 2 * 1024 * 1024  # as the service's


async def check(request: web.Request) -> web.Response:
    await request.post()
    return web.Response(text="false")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare", description=__doc__)
    parser.add_argument("port", type=int)
    port = parser.parse_args(argv).port
    app = web.Application(client_max_size=BODY_LIMIT_BYTES)
    app.router.add_post("/1.1/comment-check", check)
    web.run_app(
        app, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop()
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
