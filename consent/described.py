"""The part of ``/openapi.json`` about consent: what a token opens, and what is public.

Bodies and answers that are JSON are described by the types that validate or make them.  Who adds a
route adds an ``Operation`` here; a test holds the two against each other.
"""

from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec

from consent.events.reading import Event
from consent.events.rules import ACTIONS
from consent.export.sending import KINDS as FORMS
from consent.ledger.api import Question
from consent.ledger.endpoints import FORMATS
from consent.ledger.entries import Decision, Type
from consent.notices.document import Kind, Notice
from service.described import Part
from service.tokens import Scope

Schema: TypeAlias = dict[str, Any]

REFERENCE = "#/components/schemas/{name}"
JSON, TEXT, LINES = "application/json", "text/plain", "application/x-ndjson"
PROBLEM, PAGE, BYTES = "application/problem+json", "text/html", "application/octet-stream"
FAILURE = {"schema": {"$ref": REFERENCE.format(name="Failure")}}
OBJECT = {"type": "object"}
TEXTUAL = {"type": "string"}
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SITE = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}
NUMBER = {"type": "string", "pattern": "^[0-9]{0,18}$"}
# Filled in where somebody who publishes leaves it out.
PROPOSED = {"site", "version", "change_class", "effective_from"}
IN_PATHS: dict[str, Schema] = {
    "site": SITE,
    "sha256": DIGEST,
    "id": {"type": "string", "format": "uuid"},
    "epoch": {"type": "string", "pattern": "^[1-9][0-9]{0,5}$"},
    "level": {"type": "string", "pattern": "^[0-9]$"},
    "tile": {
        "type": "string",
        "pattern": "^[0-9]{3}$",
        "description": "As C2SP tlog-tiles spells it, x001/234 and 007.p/12 too.",
    },
    "kind": {"enum": ["js", "css"]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``answers`` are by kind of content; None as ``scope`` is open to all."""

    method: str
    path: str
    name: str
    about: str
    answers: dict[str, Schema]
    scope: Scope | None = None
    query: dict[str, Schema] = field(default_factory=dict)
    body: type[msgspec.Struct] | None = None
    kinds: tuple[str, ...] = (JSON,)
    status: int = 200
    refusals: tuple[int, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)  # of the answer


def one_of(values: Any, about: str = "") -> Schema:
    return {"enum": [str(each) for each in values], **({"description": about} if about else {})}


DAY = {"type": "string", "anyOf": [{"format": "date"}, {"const": ""}]}
MOMENT = {**DAY, "description": "A day; a moment in ISO 8601 will do as well."}
KIND = one_of(Kind, "Of notice.")
HTML = {"type": "string", "description": "html is a page to read."}
LANGUAGE = {"type": "string", "description": "The language of the page, as in de."}
FILTER: dict[str, Schema] = {
    "from": MOMENT,
    "to": {**MOMENT, "description": "Before this day or moment."},
    "type": one_of(Type),
    "purpose": {"type": "string", "pattern": "^[ -~]{0,40}$"},
    "state": one_of(Decision),
}
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/notices",
        name="list_notices",
        about="All notices of the site, the oldest first, with their digests.",
        scope=Scope.CONSENT_READ,
        answers={JSON: OBJECT},
    ),
    Operation(
        method="POST",
        path="/v1/notices",
        name="publish_notice",
        about="Publish a notice, for ever. What was published before is answered again.",
        scope=Scope.CONSENT_WRITE,
        body=Notice,
        status=201,
        answers={JSON: OBJECT},
        refusals=(409, 422),
    ),
    Operation(
        method="POST",
        path="/v1/consent/state",
        name="ask_for_state",
        about="What a subject has agreed to, for the blog's own server.",
        scope=Scope.CONSENT_READ,
        body=Question,
        answers={JSON: OBJECT},
    ),
    Operation(
        method="GET",
        path="/v1/consent/entries",
        name="read_entries",
        about="Entries of the log as lines; X-Next-After continues where an answer ends.",
        scope=Scope.CONSENT_READ,
        query={**FILTER, "after": {**NUMBER, "description": "The index of an entry."}},
        answers={LINES: TEXTUAL},
        headers={"X-Next-After": "What after is to be for the entries that follow."},
    ),
    Operation(
        method="GET",
        path="/v1/consent/export",
        name="export_entries",
        about="A file, streamed; that it was made, and why, becomes an entry of the log.",
        scope=Scope.CONSENT_READ,
        query={**FILTER, "format": one_of(FORMS), "reason": TEXTUAL},
        answers=dict.fromkeys(FORMS.values(), TEXTUAL),
    ),
    Operation(
        method="GET",
        path="/v1/consent/numbers",
        name="read_numbers",
        about="By day: how often a notice was handed out, and what was decided. At most 366 days.",
        scope=Scope.CONSENT_READ,
        query={"kind": KIND, "from": DAY, "to": DAY},
        answers={JSON: OBJECT},
        refusals=(422,),
    ),
    Operation(
        method="POST",
        path="/consent/{site}/events",
        name="record_event",
        about="A visitor's choice. The same event again hears the same answer.",
        body=Event,
        kinds=(TEXT, JSON),
        status=201,
        answers={JSON: OBJECT},
        refusals=(403, 409, 413, 415, 422, 429),
    ),
    Operation(
        method="GET",
        path="/consent/{site}/current",
        name="current_notice",
        about="The notice in force, with a token by which its reader may consent.",
        query={
            "kind": KIND,
            "lang": LANGUAGE,
            "document": {"type": "string", "description": "none leaves the notice itself out."},
            "format": HTML,
        },
        answers={JSON: OBJECT, PAGE: TEXTUAL},
        refusals=(403,),
    ),
    Operation(
        method="GET",
        path="/consent/{site}/notices/{sha256}",
        name="notice",
        about="The canonical bytes whose SHA-256 is the address, or a page to read.",
        query={"format": HTML, "lang": LANGUAGE},
        answers={JSON: OBJECT, PAGE: TEXTUAL},
    ),
    Operation(
        method="GET",
        path="/consent/{site}/notices/{sha256}/texts",
        name="notice_texts",
        about="The texts of a notice in one language, whose digest entries name.",
        query={"lang": LANGUAGE},
        answers={JSON: OBJECT},
    ),
    Operation(
        method="GET",
        path="/consent/{site}/notices/{sha256}/banner",
        name="notice_for_banner",
        about="What the notice says in one language, as far as a banner says it.",
        query={"lang": LANGUAGE},
        answers={JSON: OBJECT},
    ),
    Operation(
        method="GET",
        path="/consent/{site}/banner.js",
        name="banner",
        about="The one script that a blog names.",
        answers={"text/javascript": TEXTUAL},
    ),
    Operation(
        method="GET",
        path="/consent/{site}/banner/{sha256}.{kind}",
        name="banner_file",
        about="A file of the banner, for ever what its address says.",
        answers={"text/javascript": TEXTUAL, "text/css": TEXTUAL},
    ),
    Operation(
        method="GET",
        path="/consent/{site}/receipts/{id}",
        name="receipt",
        about="A receipt with its proof, to be verified without us.",
        query={"format": one_of(FORMATS), "lang": LANGUAGE},
        answers={JSON: OBJECT, "application/ld+json": OBJECT, TEXT: TEXTUAL, PAGE: TEXTUAL},
        refusals=(403,),
    ),
    *(
        Operation(
            method="GET",
            path=f"/consent/{{site}}{epoch}/{what}",
            name=f"{of}{name}",
            about=about,
            answers={kind: TEXTUAL},
        )
        for epoch, of in (("", ""), ("/epochs/{epoch}", "earlier_"))
        for what, name, about, kind in (
            ("checkpoint", "checkpoint", "The newest signed checkpoint (C2SP).", TEXT),
            ("tile/{level}/{tile}", "tile", "Hashes of the log (C2SP tlog-tiles).", BYTES),
        )
    ),
    Operation(
        method="GET",
        path="/consent/{site}/keys",
        name="verification_keys",
        about="The verification keys of the site's logs, one a line, the newest last.",
        answers={TEXT: TEXTUAL},
    ),
)


@cache
def part() -> Part:
    bodies = [each.body for each in OPERATIONS if each.body is not None]
    _, schemas = msgspec.json.schema_components(bodies, ref_template=REFERENCE)
    _leave_open(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for each in OPERATIONS:
        paths.setdefault(each.path, {})[each.method.lower()] = _described(each)
    return Part(paths, schemas)


def _leave_open(schemas: dict[str, Schema]) -> None:
    """A notice may leave out what we fill in; an action that is none is refused by name."""
    notice, ui = schemas[Notice.__name__], schemas["Ui"]
    notice["required"] = [name for name in notice["required"] if name not in PROPOSED]
    schemas[Event.__name__]["properties"]["action"] = one_of(sorted(ACTIONS))
    for name in ("bundle_sha256", "css_sha256"):
        ui["properties"][name] = {"anyOf": [DIGEST, {"const": ""}]}
    ui["required"] = [name for name in ui["required"] if not name.endswith("_sha256")]


def _described(made: Operation) -> dict[str, Any]:
    needs = f"\n\nScope: `{made.scope}`." if made.scope else "\n\nOpen to all."
    described: dict[str, Any] = {
        "operationId": made.name,
        "summary": made.about.partition(".")[0],
        "description": made.about + needs,
        "parameters": _parameters(made),
        "responses": _responses(made),
    }
    if made.scope is None:
        described["security"] = []
    if made.body is not None:
        schema = {"$ref": REFERENCE.format(name=made.body.__name__)}
        content = {kind: {"schema": schema} for kind in made.kinds}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(made: Operation) -> list[dict[str, Any]]:
    in_path = [name for name in IN_PATHS if f"{{{name}}}" in made.path]
    query = {**({"site": SITE} if made.scope else {}), **made.query}
    return [
        *({"name": n, "in": "path", "required": True, "schema": IN_PATHS[n]} for n in in_path),
        *({"name": name, "in": "query", "schema": schema} for name, schema in query.items()),
    ]


def _responses(made: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {
        "description": "Done.",
        "content": {kind: {"schema": schema} for kind, schema in made.answers.items()},
    }
    if made.headers:
        done["headers"] = {
            name: {"description": meaning, "schema": TEXTUAL}
            for name, meaning in made.headers.items()
        }
    refused = {400, 404, 503, *made.refusals, *((401, 403, 429) if made.scope else ())}
    problems = {
        str(status): {"description": HTTPStatus(status).phrase, "content": {PROBLEM: FAILURE}}
        for status in sorted(refused)
    }
    return {str(made.status): done, **problems}
