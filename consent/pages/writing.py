"""What somebody writes who wants to publish a notice: where it starts, and what is wrong."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from consent.notices import drafts
from consent.notices.document import ChangeClass, Kind
from consent.notices.reading import LONGEST_BYTES, RefusedNotice
from consent.notices.shelf import Published
from service import errors
from service.pages.frame import message

# What nobody but the operator can say, with what it is called.
CONTROLLER = {
    "name": message("Who is responsible: name of the person or company"),
    "address": message("Postal address"),
    "email": message("E-mail address"),
    "contact": message("Who answers questions about privacy"),
}
# What the next version says anew; left out, it is filled in.
OF_ONE_VERSION = ("site", "version", "effective_from", "supersedes")


def started(kind: Kind, published: Published) -> str | None:
    """The text to begin a new version with; None if nobody ever said who is responsible."""
    newest = published.newest(kind)
    if newest is not None:
        value: dict[str, Any] = json.loads(newest.document)
        kept = {name: part for name, part in value.items() if name not in OF_ONE_VERSION}
        return written({**kept, "change_class": str(ChangeClass.EDITORIAL)})
    if not published.editions:
        return None
    return drafted(kind, msgspec.to_builtins(published.editions[-1].notice.controller))


def drafted(kind: Kind, controller: Mapping[str, str]) -> str:
    """The draft that ships, with who is responsible filled in."""
    value = drafts.draft(kind)
    value["controller"].update(controller)
    return written(value)


def written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def document_in(form: Mapping[str, Any]) -> bytes:
    """The file that was chosen, else the text; one byte too many where that is too long."""
    file = form.get("file")
    if isinstance(file, web.FileField) and (content := file.file.read(LONGEST_BYTES + 1)):
        return content
    return str(form.get("document", "")).encode("utf-8", "replace")[: LONGEST_BYTES + 1]


def text_of(raw: bytes) -> str:
    return raw[:LONGEST_BYTES].decode("utf-8", "replace").replace("\0", "")


def sentences(error: errors.ServiceError, raw: bytes) -> list[str]:
    """What is wrong, a sentence each."""
    if isinstance(error, RefusedNotice):
        return error.sentences
    try:
        json.loads(raw)
    except json.JSONDecodeError as wrong:
        return [error.title, f"Line {wrong.lineno}, column {wrong.colno}: {wrong.msg}."]
    except (ValueError, RecursionError):
        pass
    return [error.title]
