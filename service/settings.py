"""Configuration: every environment variable the service reads.

To add a setting, add a field.  ``GATEHOUSE_POOL_SIZE`` sets ``pool_size``; the type says how the
text is read, the name carries the unit, the ``Rule`` holds the bounds and what an operator reads.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, NamedTuple, get_type_hints

from aiohttp import web

from service import errors

PREFIX = "GATEHOUSE_"
TEST_PREFIX = "GATEHOUSE_TEST_"  # what the test suite reads; no setting of the service

# Secrets may stand in files instead, named by the variable with this suffix.
FILE_SUFFIX = "_FILE"
FROM_FILES = ("GATEHOUSE_DATABASE_URL", "GATEHOUSE_SECRET_KEY", "GATEHOUSE_SMTP_URL")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSetting(errors.OperatorError):
    """A setting is unknown or cannot be read."""

    exit_code = errors.USAGE


class Rule(NamedTuple):
    """What a setting means, and the values it may take (for text: the number of characters)."""

    doc: str
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting has a default that works on one machine."""

    database_url: Annotated[
        str, Rule("an outside PostgreSQL, 14 or newer; unset means the embedded one")
    ] = field(default="", repr=False)
    data_dir: Annotated[Path, Rule("the folder of the database, the master key and caches")] = (
        field(default_factory=lambda: Path("data").absolute())
    )
    secret_key: Annotated[
        str,
        Rule("the master key; unset means the file secret.key in the data folder", least=32),
    ] = field(default="", repr=False)
    base_url: Annotated[
        str, Rule("how the outside reaches this service; unset means http://HOST:PORT")
    ] = ""
    host: Annotated[str, Rule("the address to listen on")] = "127.0.0.1"
    port: Annotated[int, Rule("the port to listen on", 1, 65_535)] = 8080
    processes: Annotated[int, Rule("serving processes", 1, 256)] = 1
    pool_size: Annotated[int, Rule("database connections of a process", 2, 100)] = 4
    trusted_proxies: Annotated[
        tuple[Network, ...],
        Rule("networks, comma-separated, whose X-Forwarded-For and -Proto are believed"),
    ] = ()
    postgres_user: Annotated[
        str,
        Rule(
            "whom the embedded PostgreSQL runs as where we are root;"
            " unset means the first of gatehouse, postgres, nobody that exists"
        ),
    ] = ""
    ip_retention_days: Annotated[
        int, Rule("days after which addresses are shortened to /24 and /64", 0, 3650)
    ] = 7
    comment_retention_days: Annotated[
        int, Rule("days after which comments are deleted", 1, 36_500)
    ] = 365
    audit_retention_days: Annotated[
        int, Rule("days after which entries of the audit trail are deleted", 1, 36_500)
    ] = 1095
    consent_retention_days: Annotated[
        int, Rule("days for which the proof of a consent is kept after it has ended", 1, 36_500)
    ] = 1095  # three years: claims are barred then (BGB 195, 199)
    smtp_url: Annotated[
        str,
        Rule(
            "the mail relay, smtps://USER:PASSWORD@HOST (encrypted) or smtp://... (STARTTLS),"
            " smtp+plain://HOST for one on this machine; unset means no mail",
            pattern=r"(?:smtps?|smtp\+plain)://(?:[^\s@/]*@)?(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
            r"(?::\d{1,4}|:[1-5]\d{4}|:6[0-4]\d{3})?/?",
        ),
    ] = field(default="", repr=False)
    mail_from: Annotated[
        str,
        Rule(
            "the address that mails come from", pattern=r"[A-Za-z0-9._+-]{1,64}@[a-z0-9.-]{1,180}"
        ),
    ] = ""
    log_level: Annotated[
        str, Rule("how much is logged", choices=("debug", "info", "warning", "error"))
    ] = "info"
    queue_limit: Annotated[
        int, Rule("comments waiting in a process before it answers 503", 1, 1_000_000)
    ] = 2000

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check everything at once, so that a bad setting stops the service at start-up.

        An empty variable counts as unset.  Raises ``BadSetting``.
        """
        environ = _with_files(environ)
        for name in sorted(environ):
            if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in RULES:
                raise BadSetting(
                    f"{name} is no setting of Gatehouse; the settings are {', '.join(RULES)}."
                )
        read = {
            name.removeprefix(PREFIX).lower(): _read(name, environ[name])
            for name in RULES
            if environ.get(name)
        }
        _check_pair(read)
        return cls(**read)  # type: ignore[arg-type]  # _read gives each field its own type

    @property
    def public_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/")


SETTINGS = web.AppKey("SETTINGS", Settings)


def environment(settings: Settings) -> dict[str, str]:
    """The variables that make ``from_env`` read these settings again, in another process."""
    values = {PREFIX + each.name.upper(): getattr(settings, each.name) for each in fields(settings)}
    written = {
        name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for name, value in values.items()
    }
    return {**written, **{f"{name}{FILE_SUFFIX}": "" for name in FROM_FILES}}


def _with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` with what stands in files in the place of their names."""
    read = dict(environ)
    for name in FROM_FILES:
        path = read.pop(f"{name}{FILE_SUFFIX}", "")
        if path and read.get(name):
            raise BadSetting(f"{name} and {name}{FILE_SUFFIX} are both set: unset one.")
        if path:
            read[name] = _text_of(f"{name}{FILE_SUFFIX}", path)
    return read


def _text_of(variable: str, path: str) -> str:
    try:
        text = Path(path).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        # Some put the secret itself there by mistake: it is not repeated.
        raise BadSetting(
            f"The file that {variable} names cannot be read ({type(error).__name__})."
        ) from None
    if not text:
        raise BadSetting(f"The file that {variable} names is empty.")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


_READERS: dict[object, Callable[[str], object]] = {
    str: str,
    int: int,
    Path: _path,
    tuple[Network, ...]: _networks,
}
_HINTS = get_type_hints(Settings, include_extras=True)
RULES: dict[str, Rule] = {
    PREFIX + name.upper(): hint.__metadata__[0] for name, hint in _HINTS.items()
}


def _check_pair(read: Mapping[str, object]) -> None:
    pair = ("smtp_url", "mail_from")
    given = [PREFIX + name.upper() for name in pair if name in read]
    missing = [PREFIX + name.upper() for name in pair if name not in read]
    if given and missing:
        raise BadSetting(f"{given[0]} says nothing without {missing[0]}: set both.")


def _read(name: str, text: str) -> object:
    reader = _READERS[_HINTS[name.removeprefix(PREFIX).lower()].__origin__]
    try:
        value = reader(text)
    except ValueError:
        # What stands there may be a secret meant for another variable: it is not repeated.
        raise BadSetting(f"{name} cannot be read; it is {RULES[name].doc}.") from None
    _check(name, value, RULES[name])
    return value


def _check(name: str, value: object, rule: Rule) -> None:
    if rule.pattern and not re.fullmatch(rule.pattern, str(value)):
        raise BadSetting(f"{name} cannot be read; it is {rule.doc}.")
    if rule.choices and value not in rule.choices:
        raise BadSetting(f"{name} must be one of {', '.join(rule.choices)}.")
    if rule.most is not None and rule.least is not None and isinstance(value, int):
        if not rule.least <= value <= rule.most:
            raise BadSetting(f"{name} must lie between {rule.least} and {rule.most}.")
    elif rule.least is not None and isinstance(value, str) and len(value) < rule.least:
        raise BadSetting(f"{name} must have at least {rule.least} characters.")
