"""The relay that takes our mails: one blocking connection by the standard library's client.

``smtps://`` is encrypted from the start, ``smtp://`` by STARTTLS or not at all; only
``smtp+plain://`` trusts the way there.  Certificates are verified.
"""

import smtplib
import ssl
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

TIMEOUT_SECONDS = 20.0  # of one step of the conversation
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
PERMANENT = range(500, 600)
CLOSING = 421  # "service not available, closing transmission channel" (RFC 5321, 3.8)


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
    uncertain: bool = False  # the relay may have taken it: it had begun to, and never answered


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


class Conversation(smtplib.SMTP):
    """Knows whether the present mail came as far as its content."""

    content_began = False

    def data(self, msg: "ReadableBuffer | str") -> tuple[int, bytes]:
        self.content_began = True
        try:
            return super().data(msg)
        except smtplib.SMTPDataError as error:
            if error.smtp_code == CLOSING:
                self.close()
            raise


class EncryptedConversation(Conversation, smtplib.SMTP_SSL):
    """From its first byte."""


class Courier:
    """Opens its connection with the first mail, and another where that is lost.  ``close`` it."""

    def __init__(self, relay: Relay, sender: str) -> None:
        self._relay, self._sender = relay, sender
        self._smtp: Conversation | None = None

    def send(self, recipient: str, message: EmailMessage) -> Failure | None:
        """None once the relay has taken the mail.

        Relays hang up on who sends much, or nothing for a while: that is no reason to give in.
        """
        first = self._try(recipient, message)
        if first is None or first.hopeless or not self._is_lost():
            return first
        second = self._try(recipient, message)
        return second and replace(second, uncertain=first.uncertain or second.uncertain)

    def _try(self, recipient: str, message: EmailMessage) -> Failure | None:
        try:
            smtp = self._connected()
            smtp.content_began = False
            smtp.sendmail(self._sender, [recipient], message.as_bytes())
        except (smtplib.SMTPException, OSError, ValueError) as error:
            began = self._smtp is not None and self._smtp.content_began
            answered = isinstance(error, smtplib.SMTPDataError)
            return replace(failure_of(error), uncertain=began and not answered)
        return None

    def _is_lost(self) -> bool:
        """The library closes what breaks, and whatever answers 421."""
        return self._smtp is not None and self._smtp.sock is None

    def _connected(self) -> Conversation:
        if self._is_lost():
            self._smtp = None
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def close(self) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (smtplib.SMTPException, OSError):
                self._smtp.close()
            self._smtp = None

    def _connect(self) -> Conversation:
        relay, own_name = self._relay, self._sender.rpartition("@")[2]
        if relay.scheme == "smtps":
            context = ssl.create_default_context()
            smtp: Conversation = EncryptedConversation(
                relay.host, relay.port, own_name, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            smtp = Conversation(relay.host, relay.port, own_name, timeout=TIMEOUT_SECONDS)
        try:
            if relay.scheme == "smtp":
                smtp.starttls(context=ssl.create_default_context())
            if relay.user:
                smtp.login(relay.user, relay.password)
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        return smtp


def failure_of(error: Exception) -> Failure:
    """What became of a mail on which ``error`` was raised."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code = max((code for code, _ in error.recipients.values()), default=0)
            return _refused(code)
        case smtplib.SMTPDataError():
            return _refused(error.smtp_code)
        case smtplib.SMTPResponseException():
            # The sender or the password: the operator's to mend, and the mail waits for it.
            return Failure(f"SMTP {error.smtp_code}", broken=True)
    return Failure(type(error).__name__, broken=True)


def _refused(code: int) -> Failure:
    return Failure(f"SMTP {code}", hopeless=code in PERMANENT, broken=code == CLOSING)
