"""What a page loads, by its digest: the library as it was published, our scripts, our style.

A notice names the library and the style that drew it, so these two never change under it: what was
served when a notice was published is kept (``store``).  Our scripts are mended with the service.
"""

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from consent.banner import words

FOLDER = Path(__file__).parent
LIBRARY = "vanilla-cookieconsent@3.1.0"  # as notices name it
PARTS = ("state", "sending", "embeds", "library", "adapter")
LATER = ("choices", "comments")  # the dialog of choices, and the notice beside a comment form
KINDS = {"js": "text/javascript", "css": "text/css"}


@dataclass(frozen=True, slots=True)
class File:
    kind: str  # one of KINDS
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        return f"{self.sha256}.{self.kind}"

    @property
    def integrity(self) -> str:
        """As a page checks it (W3C Subresource Integrity)."""
        return "sha256-" + base64.b64encode(hashlib.sha256(self.content).digest()).decode()


@cache
def library() -> File:
    return File("js", (FOLDER / "vendored/cookieconsent.umd.js").read_bytes())


@cache
def style() -> File:
    """The library's and ours, in one file."""
    published = (FOLDER / "vendored/cookieconsent.css").read_bytes()
    return File("css", published + b"\n" + _served("banner.css").encode())


@cache
def adapter() -> File:
    """Our script: what asks, blocks, remembers and sends."""
    parts = "".join(_served(f"{name}.js") for name in PARTS)
    return File("js", f'(function(){{"use strict";\n{parts}}})();\n'.encode())


@cache
def part(name: str) -> File:
    """One of ``LATER``: what is loaded only where it is wanted."""
    return File("js", _served(f"{name}.js").encode())


@cache
def edition() -> str:
    """Changes with whatever pages keep of ours: their caches are asked under it."""
    content = adapter().content + json.dumps(words.words()).encode()
    return hashlib.sha256(content).hexdigest()[:12]


def loader(settings: object) -> str:
    """The script that the blog names, told what to load."""
    return f"({_served('loader.js').strip().rstrip(';')})({json.dumps(settings)});\n"


def built_in(sha256: str) -> File | None:
    return _built_in().get(sha256)


@cache
def _built_in() -> dict[str, File]:
    return {file.sha256: file for file in (library(), style(), adapter(), *map(part, LATER))}


@lru_cache(maxsize=32)
def compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


@cache
def _served(name: str) -> str:
    """A source of ours without comments and indentation: it is read here, and only run there."""
    lines = (line.strip() for line in (FOLDER / "source" / name).read_text("utf-8").splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith(("//", "/*")))
