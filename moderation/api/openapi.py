"""``/openapi.json``: OpenAPI 3.1, made from the operations and the types that validate them."""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from moderation.api.operations import OPERATIONS, Operation
from moderation.api.requests import JSON, NDJSON
from moderation.api.types import Failure
from service.described import Part

PROBLEM = "application/problem+json"
REFERENCE = "#/components/schemas/{name}"
ALWAYS_REFUSED = (400, 401, 403, 404, 429, 503)
BODY_REFUSED = (408,)

ABOUT = """\
Comments are judged as they come in; people's labels put verdicts right. Send a site key or a token
as `Authorization: Bearer` (or as the user of basic authentication). A site key writes to its own
site; everything else needs a token with the scope that the operation names. Errors are RFC 9457
problem documents. Findings are put into the language that `Accept-Language` prefers: de, en or ru.
"""


def document(version: str, parts: Sequence[Part] = ()) -> dict[str, Any]:
    """The whole document, as of this ``version`` of ours, with the ``parts`` of other packages."""
    schemas, components = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gatehouse", "version": version, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": {**_paths(schemas), **{k: v for part in parts for k, v in part.paths.items()}},
        "components": {
            "schemas": {**components, **{k: v for part in parts for k, v in part.schemas.items()}},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _paths(schemas: Mapping[Any, Any]) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for made in OPERATIONS:
        paths.setdefault(made.path, {})[made.method.lower()] = _described(made, schemas)
    return paths


def _described(made: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": made.name,
        "summary": made.described.partition(".")[0],
        "description": f"{made.described}\n\nScope: `{made.scope}`.",
        "parameters": [*_path_parameters(made), *_query_parameters(made), *_headers(made)],
        "responses": _responses(made, schemas),
    }
    if made.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": schemas[made.body]} for kind in made.kinds},
        }
    return described


def _path_parameters(made: Operation) -> list[dict[str, Any]]:
    if "{id}" not in made.path:
        return []
    schema = {"type": "string", "format": "uuid"}
    return [{"name": "id", "in": "path", "required": True, "schema": schema}]


def _query_parameters(made: Operation) -> list[dict[str, Any]]:
    (_,), components = msgspec.json.schema_components([made.query], ref_template=REFERENCE)
    parameters = []
    for name, schema in components[made.query.__name__]["properties"].items():
        text = schema.pop("description", "")
        parameters.append(
            {"name": name, "in": "query", "schema": schema}
            | ({"description": text} if text else {})
        )
    return parameters


def _headers(made: Operation) -> list[dict[str, Any]]:
    printable = {"type": "string", "pattern": "^[!#-~]{1,200}$"}
    return [
        {"name": name, "in": "header", "description": meaning, "schema": printable}
        for name, meaning in made.headers.items()
    ]


def _responses(made: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done."}
    if made.answers:
        kind = NDJSON if made.streamed else JSON
        found = [schemas[each] for each in made.answers]
        schema = found[0] if len(found) == 1 else {"anyOf": found}
        answer["content"] = {kind: {"schema": schema}}
    responses: dict[str, Any] = {str(status): answer for status in made.statuses}
    problem = {"schema": {"$ref": REFERENCE.format(name=Failure.__name__)}}
    refused = {*ALWAYS_REFUSED, *made.refusals, *(BODY_REFUSED if made.body else ())}
    for status in sorted(refused):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM: problem},
        }
    return responses


@cache
def _schemas() -> tuple[dict[Any, Any], dict[str, Any]]:
    """The schema of each type that an operation names, and all that these refer to."""
    named: list[Any] = [Failure]
    for made in OPERATIONS:
        named += [*made.answers, *([made.body] if made.body else [])]
    types = list(dict.fromkeys(named))
    found, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    return dict(zip(types, found, strict=True)), components
