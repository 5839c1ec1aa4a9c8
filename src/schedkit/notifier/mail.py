"""Sends a message by mail."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import formatdate, make_msgid
from functools import cache
from ipaddress import ip_address
from socket import getfqdn
from urllib.parse import urlsplit

from schedkit.notifier.delivery import NotSentError
from schedkit.notifier.output import cleaned

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from socket import socket
    from typing import Any

    from schedkit.notifier.deadline import Deadline
    from schedkit.notifier.sending import Sending

_PORTS = {"tls": 465, "starttls": 587, "none": 25, None: 25}
_LIMIT = 65_536  # bytes of what a server says
_LONGEST = 300  # characters of what it says that an error repeats
_DEFAULT = "localhost:25"


def send(sending: Sending) -> None:
    """
    Send it.

    Raises: NotSentError, OSError.
    """
    server = _Server(sending)
    sending.where = f"{server.host}:{server.port}"
    letter = _letter(sending)
    receivers = _addresses(letter, "To")
    (sender,) = _addresses(letter, "From")[:1]
    try:
        smtp = server.connected(sending.deadline)
        try:
            refused = smtp.send_message(letter, sender, receivers)
        finally:
            smtp.part()
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPServerDisconnected:
        if sending.deadline.passed:
            raise TimeoutError from None
        raise NotSentError("closed the connection", again=True) from None
    except smtplib.SMTPNotSupportedError:
        raise NotSentError("the server does not take what is to be sent", again=False) from None
    except smtplib.SMTPException:
        raise NotSentError("the server offers no way to log in", again=False) from None
    if refused:
        raise _refused(refused, len(receivers))


class _Server:
    """The server that takes the mail, and how to talk to it."""

    def __init__(self, sending: Sending) -> None:
        to = sending.to
        self.tls = to.optional("tls")
        if self.tls not in _PORTS:
            raise NotSentError("'tls' is none of starttls, tls and none", again=False)
        try:
            place = urlsplit(f"//{to.optional('smtp') or _DEFAULT}")
            host, port = place.hostname, place.port
        except ValueError:
            host, port = None, None
        if not host:
            raise NotSentError("'smtp' is no host with or without a port", again=False)
        self.host = host
        self.port = port or _PORTS[self.tls]
        self.user = to.optional("user")
        self.password = to.optional("password") or ""
        to.hide(self.password)

    def connected(self, deadline: Deadline) -> _Connection:
        """Return a connection, with TLS and logged in as far as is to be."""
        context = ssl.create_default_context() if self.tls == "tls" else None
        smtp = _Connection(self.host, self.port, deadline, context)
        try:
            if self.tls in ("starttls", None):
                self._secure(smtp)
            if self.user is not None:
                self._log_in(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _secure(self, smtp: _Connection) -> None:
        smtp.ehlo_or_helo_if_needed()
        near = smtp.is_near()
        if smtp.has_extn("starttls"):
            context = ssl.create_default_context()
            if self.tls is None and (self.user is None or near):
                # As servers do among each other: better than none, and nobody's name is asked for.
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            smtp.starttls(context=context)
        elif self.tls == "starttls":
            raise NotSentError("the server offers no STARTTLS", again=False)
        elif self.user is not None and not near:
            hint = "write tls: none when that is meant"
            raise NotSentError(f"would send the password without TLS: {hint}", again=False)

    def _log_in(self, smtp: _Connection) -> None:
        try:
            smtp.login(self.user or "", self.password)
        except UnicodeError:
            raise NotSentError("a user and a password have to be ASCII", again=False) from None


class _Connection(smtplib.SMTP):
    """A connection that keeps the deadline, and hears so much and no more."""

    def __init__(
        self, host: str, port: int, deadline: Deadline, context: ssl.SSLContext | None
    ) -> None:
        self._deadline = deadline
        self._context = context
        own = _own_name()
        # It says its address itself where the name is none that a server would take.
        super().__init__(host, port, own if "." in own else None)

    def _get_socket(self, host: str, port: int, _timeout: object) -> socket:
        """Connect; called by `connect`, as in SMTP_SSL."""
        connection = self._deadline.connect((host, port))
        if self._context is None:
            return connection
        return self._context.wrap_socket(connection, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        """Return code and text of a reply."""
        if self.file is None and self.sock is not None:  # it is new, or was not yet secured
            self.file = _Limited(self.sock.makefile("rb"))
        return super().getreply()

    def part(self) -> None:
        """Say goodbye; how that is answered changes nothing."""
        with suppress(smtplib.SMTPException, OSError):
            self.quit()
        self.close()

    def is_near(self) -> bool:
        """Return whether it is to this very machine."""
        assert self.sock is not None
        return ip_address(self.sock.getpeername()[0]).is_loopback


class _Limited:
    """Lines of a file that ends when it should have."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = _LIMIT

    def readline(self, size: int) -> bytes:
        """Return a line, or nothing when there were too many."""
        line: bytes = self._file.readline(size) if self._left > 0 else b""
        self._left -= len(line)
        return line

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _letter(sending: Sending) -> EmailMessage:
    to = sending.to
    # Seven bits: what comes after this server need not take eight.
    letter = EmailMessage(POLICY.clone(cte_type="7bit"))
    prefix = to.optional("subject_prefix")
    prefix = "[sched] " if prefix is None else prefix
    try:
        letter["From"] = to.optional("from") or f"sched@{_own_name()}"
        letter["To"] = ", ".join(to.texts("to"))
    except ValueError:  # a newline
        raise NotSentError("an address has a newline", again=False) from None
    letter["Subject"] = _one_line(f"{prefix}{sending.said('title')}")
    letter["Date"] = formatdate(localtime=True)
    letter["Message-ID"] = make_msgid("sched", _own_name())
    letter["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is answered to us
    letter["X-Sched-Job"] = _one_line(sending.said("job"))
    letter.set_content(sending.text(sending.output_tail()), charset="utf-8")
    return letter


def _one_line(text: str) -> str:
    return " ".join(cleaned(text.replace("\r", "\n")).split())


def _addresses(letter: EmailMessage, header: str) -> list[str]:
    """Return the addresses of a header; one without a host is for the server to know."""
    found: list[str] = [address.addr_spec for address in letter[header].addresses]
    for address in found:
        if address in ("", "<>") or any(c.isspace() or not c.isprintable() for c in address):
            raise NotSentError(f"{header.lower()!r} has what is no address", again=False)
    if not found:
        raise NotSentError(f"{header.lower()!r} has no address", again=False)
    return found


@cache
def _own_name() -> str:
    return getfqdn() or "localhost"


def _answered(code: int, text: bytes | str) -> NotSentError:
    if code < 0:  # as smtplib has it
        return NotSentError("what it answers is no SMTP", again=True)
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    said = _one_line(said)[:_LONGEST]
    return NotSentError(f"answered {code} {said}".rstrip(), again=not 500 <= code < 600)


def _refused(refused: dict[str, tuple[int, bytes]], count: int) -> NotSentError:
    codes = sorted({code for code, _ in refused.values()})
    said = ", ".join(map(str, codes))
    return NotSentError(
        f"{len(refused)} of {count} receivers refused ({said})",
        again=any(not 500 <= code < 600 for code in codes),
    )
