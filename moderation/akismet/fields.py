"""The fields of a comment-check or submission, and what they mean.

``ASKED`` is the allow-list: what it does not name is never decoded (see ``forms``).
"""

import html
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from urllib.parse import urlsplit

from moderation.comments import Comment, Origin
from moderation.forms import Form, wanted
from moderation.wordpress import unfiltered, unslashed
from service.sites import Site

ASKED = wanted(
    *("api_key", "key", "blog", "user_ip", "user_agent", "referrer", "permalink"),
    *("comment_type", "comment_author", "comment_author_email", "comment_author_url"),
    *("comment_author_IP", "comment_agent", "comment_content", "comment_date_gmt"),
    *("comment_ID", "comment_post_ID", "comment_parent", "blog_lang", "user_role"),
    *("is_test", "recheck_reason", "reporter", "callback", "akismet_pre_check", "test_discard"),
    *("POST_ak_hp_textarea", "POST_ak_js", "POST_ak_bib", "POST_ak_bfs", "POST_ak_bkpc"),
    "HTTP_REFERER",
    lists=("comment_context",),
    pointers=("honeypot_field_name", "hidden_honeypot_field_name"),
)

ADDRESS_CHARACTERS = 2_000  # of a URL, a user agent; browsers cut there, too
NAME_CHARACTERS = 1_000
CODE_CHARACTERS = 100  # of a type, a role, a language, an id
YES = frozenset({"1", "true", "yes", "on"})


def comment_of(form: Form, site: Site, origin: Origin = Origin.CHECK) -> Comment:
    """The comment that ``form`` describes; whatever the fields, this raises nothing."""
    get = form.values.get
    recheck_reason = get("recheck_reason", "")[:CODE_CHARACTERS]
    typed = _spelling(origin, recheck_reason)
    author, email = get("comment_author"), get("comment_author_email")
    url, permalink = get("comment_author_url"), get("permalink")
    return Comment(
        text=typed(get("comment_content", "")),
        author=None if author is None else typed(author[:NAME_CHARACTERS]),
        email=None if email is None else typed(email[:NAME_CHARACTERS]).strip(),
        url=None if url is None else url[:ADDRESS_CHARACTERS].strip(),
        address=address(get("user_ip", "")) or address(get("comment_author_IP", "")),
        user_agent=form.text("user_agent", "comment_agent")[:ADDRESS_CHARACTERS] or None,
        referrer=form.text("referrer", "HTTP_REFERER")[:ADDRESS_CHARACTERS] or None,
        permalink=permalink[:ADDRESS_CHARACTERS].strip() or None if permalink else None,
        context=_context(form),
        kind=get("comment_type", "")[:CODE_CHARACTERS] or "comment",
        role=get("user_role", "")[:CODE_CHARACTERS],
        languages=get("blog_lang", "")[:CODE_CHARACTERS],
        blog=blog_name(get("blog") or site.url),
        submitted_at=moment(get("comment_date_gmt", "")),
        platform_id=_identifier(get("comment_ID", "")),
        platform_post_id=_identifier(get("comment_post_ID", "")),
        parent_id=_identifier(get("comment_parent", "")),
        callback=_callback(get("callback", ""), site.url),
        recheck_reason=recheck_reason,
        honeypot_filled=form.pointed_at_filled or bool(get("POST_ak_hp_textarea", "").strip()),
        script_ran=script_ran(form),
        form_seconds=form_seconds(form),
        is_test=yes(get("is_test", "")),
        is_precheck=yes(get("akismet_pre_check", "")),
        can_be_discarded=True,
        origin=origin,
    )


def _spelling(origin: Origin, recheck_reason: str) -> Callable[[str], str]:
    """How to find what was typed in what came; see ``wordpress``."""
    if origin is Origin.SUBMISSION:
        return str
    return unfiltered if recheck_reason else unslashed


def _context(form: Form) -> tuple[str, ...]:
    items = form.lists.get("comment_context")
    if not items:
        return ()
    return tuple(html.unescape(item[:NAME_CHARACTERS]).strip() for item in items)


def _identifier(text: str) -> str | None:
    """WordPress says ``0`` where there is no such thing."""
    return text[:CODE_CHARACTERS] if text and text != "0" else None


@lru_cache(maxsize=1024)
def _callback(url: str, site_url: str) -> str | None:
    """Only the blog itself is told of verdicts: any other address could be anybody's."""
    if not url or len(url) > ADDRESS_CHARACTERS:
        return None
    return url if origin_of(url) is not None and origin_of(url) == origin_of(site_url) else None


def yes(text: str) -> bool:
    return bool(text) and text.strip().lower() in YES


def address(text: str) -> str | None:
    """An IP address in one spelling; None if there is none to be read.

    Of a list, as proxies make it, the first counts; brackets, ports and zones are left out.
    """
    if not text:
        return None
    # The system reads and writes addresses ten times faster than any code here.
    try:
        if ":" not in text:
            inet_pton(AF_INET, text)
            return text  # in the only spelling that passes
        packed = inet_pton(AF_INET6, text)
    except OSError:
        return _address_in(text)
    return _address_in(text) if packed.startswith(_AROUND_IPV4) else inet_ntop(AF_INET6, packed)


_AROUND_IPV4 = bytes(10)  # IPv4 addresses in IPv6, mapped (RFC 4291) or as long ago


def _address_in(text: str) -> str | None:
    text = text.partition(",")[0].strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(parsed)


def moment(text: str) -> datetime | None:
    """A date in ISO 8601 or as MySQL writes it, UTC if it names no zone; None if unreadable."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text.strip())
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=1024)
def origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port (RFC 6454); None if ``url`` is no web address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


@lru_cache(maxsize=1024)
def blog_name(url: str) -> str:
    """A blog's address without scheme and closing slash: what it is counted under."""
    _, mark, rest = url.strip().partition("://")
    host, slash, path = (rest if mark else url.strip())[:255].partition("/")
    return f"{host.lower()}{slash}{path}".rstrip("/")


# The plugin's page carries a small random number here; its script replaces it with the clock, in
# milliseconds, and adds the other marks when the form is sent.
CLOCK_MS_AT_LEAST = 1_000_000_000_000
LONGEST_CLOCK = len("99999999999999")
LONGEST_VISIT_MS = 7 * 86_400_000


def script_ran(form: Form) -> bool | None:
    """Whether the plugin's script left its marks; None where the form is not the plugin's."""
    shown = form.get("POST_ak_js")
    if shown is None:
        return None
    marks = form.text("POST_ak_bfs", "POST_ak_bib", "POST_ak_bkpc")
    return bool(marks) or _clock(shown) is not None


def form_seconds(form: Form) -> float | None:
    """From showing the page to sending the form, both by the visitor's clock."""
    shown, sent = _clock(form.get("POST_ak_js")), _clock(form.get("POST_ak_bfs"))
    if shown is None or sent is None or not 0 <= sent - shown <= LONGEST_VISIT_MS:
        return None
    return (sent - shown) / 1000


def _clock(text: str | None) -> int | None:
    if not text or not (text.isascii() and text.isdecimal() and len(text) < LONGEST_CLOCK):
        return None
    clock = int(text)
    return clock if clock >= CLOCK_MS_AT_LEAST else None
