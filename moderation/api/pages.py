"""``/openapi.json`` and ``/docs``: the API described for programs and for people.

The page is Swagger UI as it was published (see ``docs/VENDORED.md``), with a page and a script of
ours.  All of it is served from here, so that it works offline and under a policy that allows no
inline script, no inline style and no other host.
"""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson
from aiohttp import web

from moderation.api.openapi import document
from moderation.api.requests import JSON
from service.described import PARTS

FOLDER = Path(__file__).parent / "docs"
KINDS = {
    "index.html": "text/html",
    "init.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
# Icons are data inside the stylesheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

routes = web.RouteTableDef()


@routes.get("/openapi.json")
async def described(request: web.Request) -> web.Response:
    whole = document(_version(), request.app.get(PARTS, ()))
    return web.Response(body=orjson.dumps(whole), content_type=JSON)


def _version() -> str:
    try:
        return version("gatehouse")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "0"


@routes.get("/docs")
async def docs(_request: web.Request) -> web.StreamResponse:
    return _file("index.html")


@routes.get("/docs/{name}")
async def docs_file(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in KINDS:
        raise web.HTTPNotFound
    return _file(name)


def _file(name: str) -> web.StreamResponse:
    headers = {
        "Content-Type": f"{KINDS[name]}; charset=utf-8",
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-cache",  # asked about each time, and seldom sent again
    }
    return web.FileResponse(FOLDER / name, headers=headers)
