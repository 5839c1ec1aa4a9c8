"""Messages that go by mail."""

from __future__ import annotations

import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from notifying import MESSAGE, SECRET, SENT, Notifying, notifying, refused
from receivers import (
    Behaviour,
    Certificate,
    Letter,
    Mailbox,
    mail_server,
    receiving,
    says,
)
from running import LIMIT

pytestmark = pytest.mark.system

_TO = {"to": ["ann@a.example"], "from": "sched@b.example"}
_SHORT = 0.3  # seconds
_LATE = "not done within 0.3s"
_GREETING = b"220 mail.example\r\n"


def _read(letter: Letter) -> EmailMessage:
    read = message_from_bytes(letter.content, policy=default)
    assert isinstance(read, EmailMessage)
    return read


def _text(mail: EmailMessage) -> str:
    text: str = mail.get_content()
    return text.replace("\r\n", "\n")


def _taken(notifier: Notifying, to: dict[str, Any], **message: Any) -> tuple[Letter, EmailMessage]:
    """Send a mail to a server that takes it; return what it got."""
    mailbox = Mailbox()
    with mail_server(mailbox) as server:
        answer = notifier.tell("email", {**_TO, **to, "smtp": server}, **message)

    assert SENT == answer
    letter = mailbox.letters.get_nowait()
    return letter, _read(letter)


def _authenticates(*_: object) -> AuthResult:
    data = _[-1]
    assert isinstance(data, LoginPassword)
    good = data.login == b"ann" and data.password == SECRET.encode()
    return AuthResult(success=good, handled=good)


def test_a_mail_says_what_the_message_says(notifier: Notifying, tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(b"\x1b[31mfailed\x1b[0m: caf\xe9\n")

    letter, mail = _taken(notifier, {}, output=str(tmp_path / "output"))

    assert ("sched@b.example", ["ann@a.example"]) == letter[:2]
    assert mail["Subject"] == "[sched] backup failed: exit code 3"
    assert mail["From"] == "sched@b.example"
    assert mail["To"] == "ann@a.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Sched-Job"] == "backup"
    assert mail["Date"].datetime is not None
    assert mail["Message-ID"].startswith("<")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert f"{MESSAGE['text']}\n\noutput:\nfailed: caf\ufffd\n" == _text(mail)


def test_a_mail_takes_seven_bits_and_short_lines(notifier: Notifying) -> None:
    letter, mail = _taken(notifier, {}, text="ü" * 3_000 + "\n.\n" + "x" * 3_000, title="ü" * 300)

    assert letter.content.isascii()
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998
    assert "ü" * 3_000 + "\n.\n" + "x" * 3_000 + "\n" == _text(mail)
    assert "[sched] " + "ü" * 300 == mail["Subject"]


@pytest.mark.parametrize(
    "title", ["a\r\nBcc: eve@c.example", "a\nBcc: eve@c.example", "a\r\n\r\nBcc: eve@c.example"]
)
def test_no_title_and_no_job_makes_a_header(notifier: Notifying, title: str) -> None:
    letter, mail = _taken(notifier, {}, title=title, job=title)

    assert ["ann@a.example"] == letter.receivers
    assert mail["Subject"] == "[sched] a Bcc: eve@c.example"
    assert mail["X-Sched-Job"] == "a Bcc: eve@c.example"
    assert mail["Bcc"] is None


def test_escapes_in_a_title_go(notifier: Notifying) -> None:
    _, mail = _taken(notifier, {"subject_prefix": ""}, title="\x1b[31ma\0\x1b[0m\tfailed")

    assert mail["Subject"] == "a failed"


def test_receivers_may_have_names_and_need_no_host(notifier: Notifying) -> None:
    to = {"to": ["Ann Ä <ann@a.example>", "root"], "from": "Sched <sched@b.example>"}

    letter, mail = _taken(notifier, to)

    assert ("sched@b.example", ["ann@a.example", "root"]) == letter[:2]
    assert mail["To"].addresses[0].display_name == "Ann Ä"


def test_without_a_sender_it_is_of_this_host(notifier: Notifying) -> None:
    letter, _ = _taken(notifier, {"from": None})

    assert f"sched@{socket.getfqdn()}" == letter.sender


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ({"to": []}, "'to' is no list of texts"),
        ({"to": ["a b c"]}, "'to' has what is no address"),
        ({"to": ["a@@b"]}, "'to' has what is no address"),
        ({"to": [""]}, "'to' has no address"),
        ({"to": ["a@b\nBcc: c@d"]}, "an address has a newline"),
        ({"from": "a@b\r\nBcc: c@d"}, "an address has a newline"),
    ],
)
def test_what_is_no_address_is_refused_for_good(
    notifier: Notifying, to: dict[str, Any], said: str
) -> None:
    answer = notifier.tell("email", {**_TO, **to, "smtp": "h:1"})

    assert refused(f"email h:1: {said}", again=False) == answer


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ({"smtp": "h:x"}, "'smtp' is no host with or without a port"),
        ({"smtp": ":25"}, "'smtp' is no host with or without a port"),
        ({"tls": "maybe"}, "'tls' is none of starttls, tls and none"),
    ],
)
def test_what_is_no_server_is_refused_for_good(
    notifier: Notifying, to: dict[str, Any], said: str
) -> None:
    assert refused(f"email: {said}", again=False) == notifier.tell("email", {**_TO, **to})


@pytest.mark.parametrize(
    ("refusals", "said", "again"),
    [
        ({"b@a.example": "550 no such user"}, "1 of 3 receivers refused (550)", False),
        ({"b@a.example": "550 x", "c@a.example": "450 later"},
         "2 of 3 receivers refused (450, 550)", True),
        ({f"{name}@a.example": "550 x" for name in "abc"}, "3 of 3 receivers refused (550)", False),
        ({f"{name}@a.example": "451 x" for name in "abc"}, "3 of 3 receivers refused (451)", True),
    ],
)  # fmt: skip
def test_it_says_how_many_receivers_are_refused(
    notifier: Notifying, refusals: dict[str, str], said: str, again: bool
) -> None:
    to = {"to": [f"{name}@a.example" for name in "abc"], "from": "s@b.example"}
    with mail_server(Mailbox(refusals)) as server:
        answer = notifier.tell("email", {**to, "smtp": server})

    assert refused(f"email {server}: {said}", again=again) == answer


@pytest.mark.parametrize(
    ("data", "said", "again"),
    [
        ("554 \x1b[31mspam", "answered 554 spam", False),
        ("452 too much mail", "answered 452 too much mail", True),
    ],
)
def test_a_letter_that_is_refused_is_an_error(
    notifier: Notifying, data: str, said: str, again: bool
) -> None:
    with mail_server(Mailbox(data=data)) as server:
        answer = notifier.tell("email", {**_TO, "smtp": server})

    assert refused(f"email {server}: {said}", again=again) == answer


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (says(), _LATE),
        (says(b"220-"), _LATE),
        (says(b"220-x\r\n" * 100_000), "closed the connection"),
        (says(b"nonsense\r\n"), "what it answers is no SMTP"),
        (says(b"421 busy\r\n"), "answered 421 busy"),
        (says(_GREETING), _LATE),
        (says(_GREETING, b"250 x\r\n", b"250 x\r\n", b"250 x\r\n"), _LATE),
        (lambda _connection, _receiver: None, "closed the connection"),
    ],
    ids=range(8),
)
def test_a_bad_server_is_an_error_in_time(
    notifier: Notifying, behaviour: Behaviour, said: str
) -> None:
    with receiving(behaviour) as receiver:
        to = {**_TO, "smtp": receiver.host}
        seconds = _SHORT if said == _LATE else LIMIT
        answer = notifier.tell("email", to, timeout_s=seconds)

    assert refused(f"email {receiver.host}: {said}", again=True) == answer


def test_a_server_that_hangs_after_all_is_sent_hinders_nothing(notifier: Notifying) -> None:
    """What it says to a goodbye changes nothing; to send the letter again would be worse."""
    lines = [_GREETING, *[b"250 x\r\n"] * 3, b"354 go on\r\n", b"250 taken\r\n"]
    with receiving(says(*lines)) as receiver:
        to = {**_TO, "smtp": receiver.host, "tls": "none"}
        assert SENT == notifier.tell("email", to, timeout_s=_SHORT)
    with receiving(says(*lines, b"500 what?\r\n")) as receiver:
        to = {**_TO, "smtp": receiver.host, "tls": "none"}
        assert SENT == notifier.tell("email", to)


def test_a_password_is_sent_to_this_machine_without_tls(notifier: Notifying) -> None:
    mailbox = Mailbox()
    settings: dict[str, Any] = {"authenticator": _authenticates, "auth_require_tls": False}
    with mail_server(mailbox, **settings) as server:
        to = {**_TO, "smtp": server, "user": "ann"}
        answer = notifier.tell("email", {**to, "password": SECRET})
        wrong = notifier.tell("email", {**to, "password": f"{SECRET}-wrong"})
        other = notifier.tell("email", {**to, "password": f"{SECRET}-ü"})

    assert SENT == answer
    assert mailbox.letters.qsize() == 1
    place = f"email {server}:"
    said = "answered 535 5.7.8 Authentication credentials invalid"
    assert refused(f"{place} {said}", again=False) == wrong
    assert refused(f"{place} a user and a password have to be ASCII", again=False) == other


def test_a_server_that_knows_no_log_in_is_refused_for_good(notifier: Notifying) -> None:
    with mail_server(Mailbox()) as server:
        to = {**_TO, "smtp": server, "user": "ann", "password": SECRET}
        answer = notifier.tell("email", to)

    error = f"email {server}: the server does not take what is to be sent"
    assert refused(error, again=False) == answer


@pytest.mark.parametrize("tls", ["starttls", None])
def test_tls_begins_when_it_is_offered(
    tmp_path: Path, own_certificate: Certificate, tls: str | None
) -> None:
    mailbox = Mailbox()
    settings: dict[str, Any] = {"tls_context": own_certificate.context, "require_starttls": True}
    with (
        mail_server(mailbox, authenticator=_authenticates, **settings) as server,
        notifying(tmp_path, SSL_CERT_FILE=str(own_certificate.path)) as trusting,
    ):
        to = {**_TO, "smtp": server, "tls": tls, "user": "ann", "password": SECRET}
        assert SENT == trusting.tell("email", to)

    assert mailbox.letters.qsize() == 1


def test_a_certificate_is_looked_at_where_tls_is_asked_for(
    notifier: Notifying, own_certificate: Certificate
) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, tls_context=own_certificate.context) as server:
        asked = notifier.tell("email", {**_TO, "smtp": server, "tls": "starttls"})
        offered = notifier.tell("email", {**_TO, "smtp": server})

    said = "its certificate is not trusted: self-signed certificate"
    assert refused(f"email {server}: {said}", again=True) == asked
    assert SENT == offered


def test_a_server_that_offers_no_tls_is_refused_where_it_is_asked_for(notifier: Notifying) -> None:
    with mail_server(Mailbox()) as server:
        answer = notifier.tell("email", {**_TO, "smtp": server, "tls": "starttls"})

    assert refused(f"email {server}: the server offers no STARTTLS", again=False) == answer


def test_tls_may_be_there_from_the_begin(tmp_path: Path, own_certificate: Certificate) -> None:
    mailbox = Mailbox()
    with (
        mail_server(mailbox, wrapped=own_certificate.context) as server,
        notifying(tmp_path, SSL_CERT_FILE=str(own_certificate.path)) as trusting,
    ):
        assert SENT == trusting.tell("email", {**_TO, "smtp": server, "tls": "tls"})

    assert mailbox.letters.qsize() == 1
