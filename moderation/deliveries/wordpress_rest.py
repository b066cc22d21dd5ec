"""WordPress's REST API with an application password: the comment gets the status of the decision.

Observed with WordPress 7.1 and the Akismet plugins 5.0.2, 5.5 and 5.7.2:

- an update of the status alone overwrites the author's address and user agent with ours, so both
  are read first and sent back;
- the plugin reports the change back to us, unless the header ``X-Akismet-Webhook`` is there (5.0.2
  does so even then; that report says what we know already, so it changes nothing here);
- a status that WordPress does not know is answered 200 and changes nothing, so the answer is read;
- ``status=all`` leaves spam and trash out, ``any`` does not.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from yarl import URL

from moderation.deliveries import store
from moderation.deliveries.store import Written
from moderation.deliveries.subjects import About
from moderation.verdicts import Action
from moderation.wordpress import same_name, same_text
from service.db import Connection
from service.outbox import DELIVERED, ENDPOINT_PURPOSE, Event, Outcome, Talk
from service.outbox.client import Answer, Client, outcome_of
from service.secrets import Secrets

STATUSES = {Action.APPROVE: "approved", Action.HOLD: "hold", Action.REJECT: "spam"}
MOST_BYTES = 4 * 1024 * 1024  # of an answer: a page of long comments
PAGE = 20
PAGES = 5
# WordPress compares with the blog's local time, of which we know only that it is within a day.
AROUND = timedelta(hours=26)
FIELDS = "id,status,author_name,author_ip,author_user_agent,content,date_gmt"


class Content(msgspec.Struct):
    raw: str = ""


class Found(msgspec.Struct):
    """A comment as WordPress describes it (``context=edit``), as far as we need it."""

    id: int
    status: str
    author_ip: str = ""
    author_user_agent: str = ""
    author_name: str = ""
    date_gmt: str = ""
    content: Content = msgspec.field(default_factory=Content)


class Access(msgspec.Struct):
    user: str
    password: str

    @property
    def header(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


async def prepare(
    conn: Connection, secrets: Secrets, about: Sequence[About]
) -> Mapping[UUID, Talk]:
    talks: dict[UUID, Talk] = {}
    for each in about:
        written = None
        if number(each.subject.platform_id) is None:
            written = await store.written(conn, each.subject.site_id, each.subject.id)
        talks[each.claimed.id] = partial(_talk, each, secrets, written)
    return talks


async def _talk(about: About, secrets: Secrets, written: Written | None, client: Client) -> Outcome:
    blog = Blog(about, secrets, client)
    id_ = number(about.subject.platform_id)
    if id_ is None:
        found = await blog.find(written)
        if isinstance(found, Outcome):
            return found
        id_ = found.id
    answer = await blog.ask("GET", f"/{id_}", {"context": "edit", "_fields": FIELDS})
    found = _read(answer, Found)
    if isinstance(found, Outcome):
        return found
    wanted = _status(about)
    is_machine = about.claimed.event != Event.DECIDED
    # Who put it into the trash is a person, whom no machine overrides.
    if found.status == wanted or (found.status == "trash" and is_machine):
        return DELIVERED
    return await blog.set_status(found, wanted)


def _status(about: About) -> str:
    """What a person rejected for another reason than spam is no spam there either."""
    subject = about.subject
    if about.action is Action.REJECT and subject.decision and subject.label != "spam":
        return "trash"
    return STATUSES[about.action]


class Blog:
    """One talk with one WordPress."""

    def __init__(self, about: About, secrets: Secrets, client: Client) -> None:
        sealed = about.claimed.sealed[0]
        access = msgspec.json.decode(secrets.unseal(ENDPOINT_PURPOSE, sealed), type=Access)
        self._headers = {"Authorization": access.header, "X-Akismet-Webhook": "1"}
        self._about, self._client = about, client
        self._url = URL(about.claimed.url)

    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self._client.request(
            method,
            address(self._url, path, query),
            headers={**self._headers, **(headers or {})},
            body=body,
            allow_private=self._about.claimed.allow_private,
            most_bytes=MOST_BYTES,
        )

    async def find(self, written: Written | None) -> "Found | Outcome":
        """The comment of which the blog told us no id: by post, date, author and text."""
        if written is None:
            return Outcome("CommentUnknown", hopeless=True)
        moment = written.submitted_at or self._about.subject.received_at
        query = {
            "context": "edit",
            "status": "any",
            "per_page": str(PAGE),
            "after": f"{(moment - AROUND).astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "before": f"{(moment + AROUND).astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "_fields": FIELDS,
        }
        if (post := number(self._about.subject.platform_post_id)) is not None:
            query["post"] = str(post)
        fitting: list[Found] = []
        for page in range(1, PAGES + 1):
            found = _read(await self.ask("GET", "", {**query, "page": str(page)}), list[Found])
            if isinstance(found, Outcome):
                return found
            fitting += [each for each in found if _fits(each, written)]
            if len(found) < PAGE:
                break
        if not fitting:
            return Outcome("CommentUnknown")
        return min(fitting, key=lambda each: _distance(each, moment))

    async def set_status(self, found: Found, wanted: str) -> Outcome:
        change = {"status": wanted}
        if found.author_ip:
            change["author_ip"] = found.author_ip
        if found.author_user_agent:
            change["author_user_agent"] = found.author_user_agent
        headers = {"Content-Type": "application/json"}
        if not found.author_user_agent:
            headers["User-Agent"] = ""  # it would become the author's
        body = msgspec.json.encode(change)
        query = {"_fields": "id,status"}
        changed = _read(await self.ask("POST", f"/{found.id}", query, body, headers), Found)
        if isinstance(changed, Outcome):
            return changed
        return DELIVERED if changed.status == wanted else Outcome("StatusUnchanged")


def address(blog: URL, path: str, query: Mapping[str, str]) -> URL:
    """Of the comments' resource at ``blog``, with pretty addresses or without."""
    resource = f"/wp/v2/comments{path}"
    if "rest_route" in blog.query:
        return blog.update_query({**query, "rest_route": resource})
    root = blog.path.rstrip("/")
    root = root if root.endswith("/wp-json") else f"{root}/wp-json"
    return blog.with_path(root + resource).with_query(query)


def number(text: str | None) -> int | None:
    """WordPress counts; anything else is no id of its."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004  (64 bits)


def _read(answer: Answer, kind: type[Any]) -> Any:
    """What the answer holds, or the outcome that it makes of the delivery."""
    outcome = outcome_of(answer)
    if answer.status == 404:  # noqa: PLR2004  (deleted on the blog: no other try will find it)
        return Outcome(outcome.error, hopeless=True)
    if answer.status in {401, 403}:
        # The password does not do: stop knocking, or a guard of the blog will shut us out.
        return Outcome(outcome.error, unwell=True)
    if not outcome.delivered:
        return outcome
    if not answer.is_whole:
        return Outcome("AnswerTooLarge")
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return Outcome("NoWordPress")


def _fits(found: Found, written: Written) -> bool:
    return same_name(found.author_name, written.author) and same_text(
        found.content.raw, written.text
    )


def _distance(found: Found, moment: datetime) -> timedelta:
    try:
        return abs(datetime.fromisoformat(found.date_gmt).replace(tzinfo=UTC) - moment)
    except ValueError:
        return timedelta.max
