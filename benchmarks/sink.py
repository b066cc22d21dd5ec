"""An endpoint that takes whatever it is told, and answers 204."""

import argparse
import sys
from collections.abc import Sequence

import uvloop
from aiohttp import web


async def take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=204)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sink", description=__doc__)
    parser.add_argument("port", type=int)
    port = parser.parse_args(argv).port
    app = web.Application()
    app.router.add_route("*", "/", take)
    web.run_app(
        app, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop()
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
