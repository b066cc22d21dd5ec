"""Reading what platforms deliver: JSON and forms of strangers, taken apart without surprises.

Unknown fields are left alone, because platforms add some with every version, and are gone with the
request.  Of a name that stands twice in one object the last counts, as in the languages in which
these platforms are written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from moderation.akismet.fields import (
    ADDRESS_CHARACTERS,
    CODE_CHARACTERS,
    NAME_CHARACTERS,
    address,
    blog_name,
    moment,
)
from moderation.comments import Comment, storable
from moderation.forms import UnreadableForm, Wanted, decode
from moderation.wordpress import unfiltered
from service import errors
from service.sites import Site

LIST_ITEMS_AT_MOST = 100


class MalformedDelivery(errors.Invalid):
    """The delivery is not shaped as its platform documents it."""


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a delivery.  Every string that is read here is storable.

    Absent, ``null`` and, in an identifier, ``0`` and the empty string are None.  Whatever the
    object holds, reading raises nothing but ``MalformedDelivery``.
    """

    values: Mapping[str, object]

    def inner(self, name: str) -> "Fields":
        """The object called ``name``; an empty one if it is absent."""
        value = self.values.get(name)
        if value is None:
            return NOTHING
        if not isinstance(value, dict):
            raise MalformedDelivery(f"{name} is no object.")
        return Fields(value)

    def required(self, name: str) -> str:
        """A text, whole and possibly empty."""
        text = self.text(name, None)
        if text is None:
            raise MalformedDelivery(f"{name} is missing.")
        return text

    def text(self, name: str, most: int | None) -> str | None:
        """At most ``most`` characters of a text; numbers are taken as they are written."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            return storable(value[:most])
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)[:most]
        raise MalformedDelivery(f"{name} is no text.")

    def name(self, name: str) -> str | None:
        return self.text(name, NAME_CHARACTERS)

    def url(self, name: str) -> str | None:
        text = self.text(name, ADDRESS_CHARACTERS)
        return None if text is None else text.strip()

    def code(self, name: str) -> str:
        return self.text(name, CODE_CHARACTERS) or ""

    def identifier(self, name: str) -> str | None:
        text = self.code(name)
        return text if text and text != "0" else None

    def address(self, name: str) -> str | None:
        return address(self.code(name))

    def moment(self, name: str) -> datetime | None:
        return moment(self.code(name))

    def names(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise MalformedDelivery(f"{name} is no list of texts.")
        return tuple(storable(item[:NAME_CHARACTERS]) for item in value[:LIST_ITEMS_AT_MOST])


NOTHING = Fields({})


def read_json(body: bytes) -> Fields:
    """The object that ``body`` is.  Raises ``MalformedDelivery``; whatever the bytes, only that."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = _forgiving(body)
    if not isinstance(value, dict):
        raise MalformedDelivery("The body is no object.")
    return Fields(value)


def read_form(body: bytes, content_type: str, asked: Wanted) -> Fields:
    """The fields of ``asked``.  Raises ``MalformedDelivery``."""
    try:
        return Fields(decode(body, content_type, asked).values)
    except UnreadableForm:
        raise MalformedDelivery("The body is no form.") from None


# As ``get_comment`` gives it, https://developer.wordpress.org/reference/classes/wp_comment/
WORDPRESS_FIELDS = (
    *("comment_ID", "comment_post_ID", "comment_author", "comment_author_email"),
    *("comment_author_url", "comment_author_IP", "comment_date_gmt", "comment_content"),
    *("comment_approved", "comment_agent", "comment_type", "comment_parent"),
)


def wordpress_comment(data: Fields, site: Site, recheck_reason: str = "") -> Comment:
    """A comment as WordPress keeps it, filtered but not slashed."""
    return Comment(
        text=unfiltered(data.required("comment_content")),
        author=_typed(data.name("comment_author")),
        email=_typed(data.name("comment_author_email")),
        url=data.url("comment_author_url"),
        address=data.address("comment_author_IP"),
        user_agent=data.url("comment_agent") or None,
        kind=data.code("comment_type") or "comment",
        blog=blog_name(site.url),
        submitted_at=data.moment("comment_date_gmt"),
        platform_id=data.identifier("comment_ID"),
        platform_post_id=data.identifier("comment_post_ID"),
        parent_id=data.identifier("comment_parent"),
        recheck_reason=recheck_reason,
    )


def _typed(text: str | None) -> str | None:
    return None if text is None else unfiltered(text).strip()


def _forgiving(body: bytes) -> object:
    """Half an emoji, as JavaScript makes by cutting, is no JSON to the strict parser.

    A comment must not escape its verdict by that.
    """
    if b"\\u" not in body:
        raise MalformedDelivery("The body is no JSON document in UTF-8.")
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MalformedDelivery("The body is no JSON document in UTF-8.") from None
