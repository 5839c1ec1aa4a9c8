"""Requests of HTTP that a notifier sends, to servers of all kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from notifying import SECRET, SENT, Notifying, notifying, refused
from receivers import (
    Behaviour,
    Certificate,
    answers,
    babbles,
    closes,
    drips,
    floods,
    hangs,
    receiving,
    resets,
    says,
)
from running import LIMIT
from schedkit.notifier.delivery import NotSentError
from schedkit.notifier.web import Address

pytestmark = pytest.mark.system

_SHORT = 0.3  # seconds
_HEAD = b"HTTP/1.1 200 OK\r\n"
_CLOSED = "closed the connection without an answer"
_LATE = "not done within 0.3s"


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content", "299 Fine"])
def test_whatever_says_that_it_succeeded_is_sent(notifier: Notifying, status: str) -> None:
    with receiving(answers(status)) as receiver:
        assert SENT == notifier.tell("webhook", {"url": receiver.url})


@pytest.mark.parametrize(
    ("status", "said", "again"),
    [
        ("500 Oops, /s3cr3t", "500 Internal Server Error", True),
        ("503 x", "503 Service Unavailable", True),
        ("404 Not Found", "404 Not Found", False),
        ("401 x", "401 Unauthorized", False),
        ("403 x", "403 Forbidden", False),
        ("400 x", "400 Bad Request", False),
        ("410 x", "410 Gone", False),
        ("408 x", "408 Request Timeout", True),
        ("429 x", "429 Too Many Requests", True),
        ("599 x", "599", True),
        ("304 x", "304 Not Modified", False),
        ("302 nowhere", "302 Found", False),
    ],
)
def test_an_answer_says_whether_another_time_may_be_better(
    notifier: Notifying, status: str, said: str, again: bool
) -> None:
    with receiving(answers(status)) as receiver:
        answer = notifier.tell("webhook", {"url": f"{receiver.url}/{SECRET}?a={SECRET}"})

    assert refused(f"webhook {receiver.shown}: answered {said}", again=again) == answer


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (hangs, _LATE),
        (drips(b""), _LATE),
        (drips(_HEAD + b"X: "), _LATE),
        (drips(b"HTTP/1.1 100 Continue\r\n\r\n"), _LATE),
        (floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), _LATE),
        (resets, "connection reset by peer"),
        (closes, _CLOSED),
        (babbles, "what it answers is no HTTP"),
        (floods(b"", b"x"), "what it answers is no HTTP"),
        (floods(_HEAD, b"X: y\r\n"), "what it answers is no HTTP"),
    ],
    ids=range(10),
)
def test_a_bad_server_is_an_error_in_time(
    notifier: Notifying, behaviour: Behaviour, said: str
) -> None:
    seconds = _SHORT if said == _LATE else LIMIT
    with receiving(behaviour) as receiver:
        answer = notifier.tell("webhook", {"url": receiver.url}, timeout_s=seconds)

    assert refused(f"webhook {receiver.shown}: {said}", again=True) == answer


@pytest.mark.parametrize(
    "behaviour",
    [drips(_HEAD + b"\r\n"), floods(_HEAD + b"\r\n", b"x" * 1_000)],
    ids=["drips", "floods"],
)
def test_what_follows_the_status_is_not_waited_for(
    notifier: Notifying, behaviour: Behaviour
) -> None:
    with receiving(behaviour) as receiver:
        assert SENT == notifier.tell("webhook", {"url": receiver.url})


def test_a_server_that_is_not_there_is_an_error(notifier: Notifying) -> None:
    with receiving(closes) as receiver:
        pass

    answer = notifier.tell("webhook", {"url": receiver.url})

    assert refused(f"webhook {receiver.shown}: connection refused", again=True) == answer


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("120", 120),
        ("0.2", 1),
        ("0", 0),
        ("-5", None),
        ("soon", None),
        ("9" * 5_000, None),
        ("Mon, 02 Mar 2020 02:30:00 GMT", 0),
        ("Mon, 99 Mar 2020 02:30:00 GMT", None),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_what_wants_to_be_left_alone_says_how_long(
    notifier: Notifying, status: str, header: str, after: int | None
) -> None:
    with receiving(answers(status, f"Retry-After: {header}")) as receiver:
        answer = notifier.tell("webhook", {"url": receiver.url})

    assert answer["again"]
    assert after == answer["after_s"]


def test_it_may_say_until_when(notifier: Notifying) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    with receiving(answers("429 x", f"Retry-After: {until}")) as receiver:
        answer = notifier.tell("webhook", {"url": receiver.url})

    assert 80 < answer["after_s"] <= 100


@pytest.mark.parametrize("status", ["301 x", "302 x", "307 x", "308 x"])
def test_a_redirect_is_followed_with_all_that_is_to_be_said(
    notifier: Notifying, status: str
) -> None:
    with receiving(answers(status, "Location: /there?a=b"), answers()) as receiver:
        answer = notifier.tell("webhook", {"url": f"{receiver.url}/x", "headers": {"X-A": "b"}})
        first, second = receiver.asked(), receiver.asked()

    assert SENT == answer
    assert ("POST", "/x") == first[:2]
    assert ("POST", "/there?a=b") == second[:2]
    assert first[2:] == second[2:]


def test_a_redirect_to_the_result_is_an_answer(notifier: Notifying) -> None:
    with receiving(answers("303 See Other", "Location: /result")) as receiver:
        assert SENT == notifier.tell("webhook", {"url": receiver.url})


def test_three_redirects_are_followed_and_no_more(notifier: Notifying) -> None:
    again = answers("307 x", f"Location: /{SECRET}")
    with receiving(again, again, again, answers()) as receiver:
        assert SENT == notifier.tell("webhook", {"url": receiver.url})
    with receiving(again) as receiver:
        answer = notifier.tell("webhook", {"url": receiver.url})

    place = f"{receiver.shown} (redirected to {receiver.shown})"
    assert refused(f"webhook {place}: redirected more than 3 times", again=False) == answer


def test_another_host_is_not_told_headers_and_user(notifier: Notifying) -> None:
    with receiving(answers()) as other:
        elsewhere = answers("307 x", f"Location: {other.url}/there")
        with receiving(elsewhere) as receiver:
            url = receiver.url.replace("//", f"//ann:{SECRET}@")
            answer = notifier.tell("webhook", {"url": url, "headers": {"X-Token": SECRET}})
            first, second = receiver.asked(), other.asked()

    assert SENT == answer
    assert ("Basic YW5uOnMzY3IzdA==", SECRET) == (
        first.headers["authorization"],
        first.headers["x-token"],
    )
    assert first.headers["content-type"] == second.headers["content-type"]
    assert not second.headers.keys() & {"authorization", "x-token"}


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("ftp://127.0.0.1/", "redirected to what is no URL"),
        ("http://[", "redirected to what is no URL"),
        ("mailto:root", "redirected to what is no URL"),
    ],
)
def test_a_redirect_to_elsewhere_is_none(notifier: Notifying, location: str, said: str) -> None:
    with receiving(answers("302 x", f"Location: {location}")) as receiver:
        answer = notifier.tell("webhook", {"url": receiver.url})

    assert refused(f"webhook {receiver.shown}: {said}", again=False) == answer


@pytest.mark.parametrize(
    "url",
    ["", "nowhere", "/etc/passwd", "file:///etc/passwd", "http://", "http://a:b/", "http://[::1",
     "http://a b/", "https://:443/", "http://a:99999/"],
)  # fmt: skip
def test_what_is_no_url_is_refused_for_good(notifier: Notifying, url: str) -> None:
    answer = notifier.tell("webhook", {"url": url})

    assert refused("webhook: this is no http or https URL", again=False) == answer


def test_a_name_that_no_host_can_have_is_refused_for_good(notifier: Notifying) -> None:
    answer = notifier.tell("webhook", {"url": f"http://{'a' * 64}.example/"})

    error = f"webhook http://{'a' * 64}.example/…: this is no name of a host"
    assert refused(error, again=False) == answer


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://h", "/"),
        ("http://h?a=b", "/?a=b"),
        ("http://h/a%20b/ü c", "/a%20b/%C3%BC%20c"),
        ("http://h/a?q=ü&r=%25#fragment", "/a?q=%C3%BC&r=%25"),
    ],
)
def test_a_path_is_quoted_as_far_as_it_is_not(url: str, target: str) -> None:
    assert target == Address(url).target


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("HTTPS://Hooks.Example/services/T0/B0/x", "https://hooks.example/…"),
        ("https://ann:pw@h:443/x?y#z", "https://h/…"),
        ("http://h:443/x", "http://h:443/…"),
        ("http://[::1]:80/x", "http://[::1]/…"),
    ],
)
def test_of_a_url_scheme_host_and_port_are_shown(url: str, shown: str) -> None:
    assert shown == Address(url).shown


def test_a_url_with_a_control_character_in_its_host_is_none() -> None:
    with pytest.raises(NotSentError):
        Address("http://a\x1b[31m/")


def test_tls_is_spoken_and_the_certificate_looked_at(
    tmp_path: Path, own_certificate: Certificate
) -> None:
    with receiving(answers(), tls=own_certificate.context) as receiver:
        with notifying(tmp_path, SSL_CERT_FILE=str(own_certificate.path)) as trusting:
            trusted = trusting.tell("webhook", {"url": receiver.url})
        with notifying(tmp_path) as other:
            refusal = other.tell("webhook", {"url": receiver.url})

    assert SENT == trusted
    error = f"webhook {receiver.shown}: its certificate is not trusted: self-signed certificate"
    assert refused(error, again=True) == refusal


def test_a_server_without_tls_is_an_error(notifier: Notifying) -> None:
    with receiving(answers()) as receiver:
        url = receiver.url.replace("http:", "https:")
        answer = notifier.tell("webhook", {"url": url})

    assert answer["error"].startswith(f"webhook {url}/…: TLS failed: ")
    assert answer["again"]


def test_a_server_that_hangs_in_the_handshake_is_an_error_in_time(notifier: Notifying) -> None:
    with receiving(says()) as receiver:
        url = receiver.url.replace("http:", "https:")
        answer = notifier.tell("webhook", {"url": url}, timeout_s=_SHORT)

    assert refused(f"webhook {url}/…: {_LATE}", again=True) == answer


def test_a_redirect_that_gives_up_tls_is_not_followed(
    tmp_path: Path, own_certificate: Certificate
) -> None:
    with receiving(answers()) as plain:
        elsewhere = answers("301 x", f"Location: {plain.url}/{SECRET}")
        with (
            receiving(elsewhere, tls=own_certificate.context) as receiver,
            notifying(tmp_path, SSL_CERT_FILE=str(own_certificate.path)) as trusting,
        ):
            answer = trusting.tell("webhook", {"url": receiver.url})

    said = f"redirected to {plain.shown}, without TLS"
    assert refused(f"webhook {receiver.shown}: {said}", again=False) == answer
    assert plain.requests.empty()


def test_a_proxy_of_the_environment_is_asked(tmp_path: Path) -> None:
    with receiving(answers()) as proxy:
        named = proxy.url.replace("//", f"//ann:{SECRET}@")
        with notifying(tmp_path, http_proxy=named, no_proxy="other.example") as behind:
            answer = behind.tell("webhook", {"url": f"http://a.example/{SECRET}"})
        asked = proxy.asked()

    assert SENT == answer
    assert ("POST", f"http://a.example/{SECRET}") == asked[:2]
    assert asked.headers["host"] == "a.example"
    assert asked.headers["proxy-authorization"] == "Basic YW5uOnMzY3IzdA=="


def test_what_is_not_for_a_proxy_goes_straight(tmp_path: Path) -> None:
    with receiving(answers()) as receiver:
        gone = {"http_proxy": "127.0.0.1:1", "no_proxy": "127.0.0.1"}
        with notifying(tmp_path, **gone) as behind:
            assert SENT == behind.tell("webhook", {"url": receiver.url})


def test_tls_goes_through_a_proxy_that_may_refuse_it(tmp_path: Path) -> None:
    with receiving(answers("407 x")) as proxy:
        with notifying(tmp_path, https_proxy=proxy.host) as behind:
            answer = behind.tell("webhook", {"url": f"https://a.example/{SECRET}"})
        asked = proxy.asked()

    assert ("CONNECT", "a.example:443") == asked[:2]
    said = f"the proxy {proxy.shown} answered 407 Proxy Authentication Required"
    assert refused(f"webhook https://a.example/…: {said}", again=True) == answer


def test_a_proxy_of_another_kind_is_refused(tmp_path: Path) -> None:
    with notifying(tmp_path, HTTP_PROXY=f"socks5://{SECRET}:1080") as behind:
        answer = behind.tell("webhook", {"url": "http://a.example/"})

    error = "webhook http://a.example/…: http_proxy names no HTTP proxy"
    assert refused(error, again=False) == answer
