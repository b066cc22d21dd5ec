"""Stylesheets, scripts and pictures, at addresses that change with their content."""

import hashlib
from functools import lru_cache
from pathlib import Path

from aiohttp import web

KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_FILES: dict[str, Path] = {}

routes = web.RouteTableDef()


def add_files(folder: Path) -> None:
    """Serve every file of ``folder`` whose kind is known; names must be unique."""
    for path in folder.iterdir():
        if path.suffix in KINDS:
            if path.name in _FILES:
                raise ValueError(f"two files named {path.name}")
            _FILES[path.name] = path


def address_of(name: str) -> str:
    return f"/pages/{_digest(name)}/{name}"


@lru_cache
def _content(name: str) -> bytes:
    """Small, and asked for by every page: read once."""
    return _FILES[name].read_bytes()


@lru_cache
def _digest(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]


@routes.get("/pages/{digest}/{name}")
async def file(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in _FILES or request.match_info["digest"] != _digest(name):
        raise web.HTTPNotFound
    headers = {
        "Content-Type": f"{KINDS[_FILES[name].suffix]}; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable",
    }
    return web.Response(body=_content(name), headers=headers)


add_files(Path(__file__).parent / "static")
