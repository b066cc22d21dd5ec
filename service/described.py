"""Parts of ``/openapi.json`` that packages bring along beside the operations of the JSON API."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Part:
    """Path items and schemas of OpenAPI 3.1; names of schemas differ from all others."""

    paths: dict[str, dict[str, Any]] = field(default_factory=dict)
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)


PARTS: web.AppKey[Sequence[Part]] = web.AppKey("PARTS", tuple)
