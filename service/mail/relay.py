"""The relay that takes our mails: one blocking connection by the standard library's client.

``smtps://`` is encrypted from the start, ``smtp://`` by STARTTLS or not at all; only
``smtp+plain://`` trusts the way there.  Certificates are verified.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 20.0  # of one step of the conversation
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
PERMANENT = range(500, 600)


@dataclass(frozen=True, slots=True)
class Relay:
    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail was not taken, in our own words: those of the relay may quote its recipient."""

    error: str
    hopeless: bool = False  # it is this mail that is refused, for good
    broken: bool = False  # it is the relay that does not work; the next mail would fare no better


def read(url: str) -> Relay:
    """Of the form that ``Settings`` demands."""
    parts = urlsplit(url)
    return Relay(
        parts.scheme,
        parts.hostname or "",
        parts.port or PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


class Courier:
    """Opens its connection with the first mail.  ``close`` it."""

    def __init__(self, relay: Relay, sender: str) -> None:
        self._relay, self._sender = relay, sender
        self._smtp: smtplib.SMTP | None = None

    def send(self, recipient: str, message: EmailMessage) -> Failure | None:
        """None once the relay has taken the mail."""
        try:
            if self._smtp is None:
                self._smtp = self._connect()
            self._smtp.sendmail(self._sender, [recipient], message.as_bytes())
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return failure_of(error)
        return None

    def close(self) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (smtplib.SMTPException, OSError):
                self._smtp.close()
            self._smtp = None

    def _connect(self) -> smtplib.SMTP:
        relay, own_name = self._relay, self._sender.rpartition("@")[2]
        if relay.scheme == "smtps":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, own_name, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, own_name, timeout=TIMEOUT_SECONDS)
        try:
            if relay.scheme == "smtp":
                smtp.starttls(context=ssl.create_default_context())
            if relay.user:
                smtp.login(relay.user, relay.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def failure_of(error: Exception) -> Failure:
    """What became of a mail on which ``error`` was raised."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code = max((code for code, _ in error.recipients.values()), default=0)
            return Failure(f"SMTP {code}", hopeless=code in PERMANENT)
        case smtplib.SMTPDataError():
            return Failure(f"SMTP {error.smtp_code}", hopeless=error.smtp_code in PERMANENT)
        case smtplib.SMTPResponseException():
            # The sender or the password: the operator's to mend, and the mail waits for it.
            return Failure(f"SMTP {error.smtp_code}", broken=True)
    return Failure(type(error).__name__, broken=True)
