"""One request of HTTP, through whatever proxy and redirects, within the deadline."""

from __future__ import annotations

import http
import os
import re
import time
from base64 import b64encode
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, unquote, urljoin, urlsplit

from schedkit.notifier.delivery import NotSentError, may_pass

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from http.client import HTTPResponse

    from schedkit.notifier.sending import Sending

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = 3
# Those that ask to send the same elsewhere. 303 says where to look at what has come of it. For 301
# and 302 many clients ask for the other page instead: that would tell nobody anything, and look
# like a success. Source: RFC 9110 15.4.
_ELSEWHERE = (301, 302, 307, 308)
_AS_IT_IS = "%/:=&?~#+!$,;'@()*[]"  # in a path or query that is quoted already
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # Source: RFC 9110 5.6.2
_HOST = re.compile(r"[^\x00-\x20\x7f-\xa0]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_NO_URL = "this is no http or https URL"


class Address:
    """Where a URL leads; `shown` is what may be shown of it: the rest may be a secret."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise NotSentError(_NO_URL, again=False) from None
        if parts.scheme not in _PORTS or not host or not _HOST.fullmatch(host):
            raise NotSentError(_NO_URL, again=False)
        self.scheme = parts.scheme
        self.host = host
        self.port = port or _PORTS[parts.scheme]
        self.path = quote(parts.path, _AS_IT_IS)
        self.query = quote(parts.query, _AS_IT_IS)
        self.user = None if parts.username is None else f"{parts.username}:{parts.password or ''}"

    @property
    def place(self) -> str:
        """Host and port, without the port that goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.place}/…"

    @property
    def target(self) -> str:
        """Path and query, as they are asked for."""
        return (self.path or "/") + (f"?{self.query}" if self.query else "")

    @property
    def url(self) -> str:
        """The whole of it but for the user."""
        return f"{self.scheme}://{self.place}{self.target}"

    def authorization(self) -> str | None:
        """Return what names the user, as a value of a header."""
        if self.user is None:
            return None
        return f"Basic {b64encode(unquote(self.user).encode('utf-8')).decode('ascii')}"

    def gets_the_headers_of(self, other: Address) -> bool:
        """Return whether what is meant for *other* may be told here: the same, or now with TLS."""
        if (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port):
            return True
        usual = _PORTS.get(self.scheme) == self.port and _PORTS.get(other.scheme) == other.port
        return self.host == other.host and self.scheme == "https" and usual


class Answer:
    """What was answered; *body* is as much of it as was asked for, and came in time."""

    def __init__(self, response: HTTPResponse, body: bytes) -> None:
        self.status = response.status
        self.location = response.getheader("Location")
        self.retry_after = response.getheader("Retry-After")
        self.body = body


class Request:
    """
    What is to be sent: a *body* of the content type *kind*.

    *headers* are not told to another host, should an answer lead to one. Of the last answer,
    *wanted* bytes are read.
    """

    def __init__(
        self,
        method: str,
        address: Address,
        body: bytes,
        kind: str,
        *,
        headers: Mapping[str, str] | None = None,
        wanted: int = 0,
    ) -> None:
        self.method = method
        self.address = address
        self.body = body
        self.kind = kind
        self.headers = headers or {}
        self.wanted = wanted

    def headers_for(self, hop: Address) -> dict[str, str]:
        """Return what this address is told."""
        own = {"Content-Type": self.kind, "User-Agent": "sched", "Connection": "close"}
        if not hop.gets_the_headers_of(self.address):
            return own
        user = self.address.authorization()
        return _with({**own, **({"Authorization": user} if user else {})}, self.headers)


def exchange(sending: Sending, request: Request) -> bytes:
    """
    Send it; return what is answered, as much as is wanted.

    Raises: NotSentError unless the answer is one of success; OSError.
    """
    first = hop = request.address
    sending.where = first.shown
    for _ in range(_REDIRECTS + 1):
        answer = _hop(sending, request, hop)
        if answer.status not in _ELSEWHERE or answer.location is None:
            return _judged(answer)
        hop = _next(hop, answer.location)
        sending.where = f"{first.shown} (redirected to {hop.shown})"
    raise NotSentError(f"redirected more than {_REDIRECTS} times", again=False)


def _with(own: dict[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return headers, of which those that are *given* replace our own."""
    for name, value in given.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            shown = name if _NAME.fullmatch(name) else "a header"
            raise NotSentError(f"{shown} has a character that no header can have", again=False)
    replaced = {name.lower() for name in given}
    kept = {name: value for name, value in own.items() if name.lower() not in replaced}
    return {**kept, **given}


def _next(hop: Address, location: str) -> Address:
    try:
        following = Address(urljoin(hop.url, location))
    except (NotSentError, ValueError):
        raise NotSentError("redirected to what is no URL", again=False) from None
    if (hop.scheme, following.scheme) == ("https", "http"):
        raise NotSentError(f"redirected to {following.shown}, without TLS", again=False)
    return following


def _judged(answer: Answer) -> bytes:
    if 200 <= answer.status < 300 or answer.status == 303:
        return answer.body
    again = may_pass(answer.status)
    after = _seconds(answer.retry_after) if again and answer.retry_after else None
    raise NotSentError(f"answered {_phrase(answer.status)}", again=again, after_s=after)


def _phrase(status: int) -> str:
    # The usual words, not the server's own: it may quote what was asked for.
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _seconds(text: str) -> int | None:
    """
    Return how long a Retry-After says to wait, rounded up; None when it cannot be read.

    Source: RFC 9110 10.2.3; that some give a fraction is known.
    """
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text.strip()):
        return -int(-float(text) // 1)
    from email.utils import parsedate_to_datetime  # rarely used

    try:
        left = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(-int(-left // 1), 0)


def _hop(sending: Sending, request: Request, address: Address) -> Answer:
    proxy = _proxy(address)
    headers, target = request.headers_for(address), address.target
    if proxy is not None and address.scheme == "http":
        target = address.url
        headers |= _to_proxy(proxy)
    connection = _connection(address, proxy)
    # Its own way to connect gives each address of a host the whole of the time.
    connection._create_connection = sending.deadline.connect  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way in
    try:
        connection.request(request.method, target, request.body, headers)
        response = connection.getresponse()
        if sending.deadline.is_cut:  # which ended its headers, for all that http.client can tell
            raise TimeoutError
        return Answer(response, _body(response, request.wanted))
    except ConnectionError:  # one of which is an HTTPException as well
        raise
    except HTTPException:
        if sending.deadline.passed:
            raise TimeoutError from None
        raise NotSentError("what it answers is no HTTP", again=True) from None
    except OSError as error:
        # The only one that has a text and no number, and the text is that of http.client.
        status = re.match(r"Tunnel connection failed: ([0-9]{3})", str(error))
        if status is None:
            raise
        refused = f"the proxy {proxy.shown if proxy else ''} answered {_phrase(int(status[1]))}"
        raise NotSentError(refused, again=True) from None
    finally:
        connection.close()


def _body(response: HTTPResponse, wanted: int) -> bytes:
    try:
        return response.read(wanted) if wanted else b""
    except (HTTPException, OSError):  # the status is there, and is what counts
        return b""


def _connection(address: Address, proxy: Address | None) -> HTTPConnection:
    nearest = proxy or address
    if address.scheme == "http":
        return HTTPConnection(nearest.host, nearest.port)
    connection = HTTPSConnection(nearest.host, nearest.port, context=_context())
    if proxy is not None:
        connection.set_tunnel(address.host, address.port, _to_proxy(proxy))
    return connection


@cache
def _context() -> ssl.SSLContext:
    import ssl

    return ssl.create_default_context()


def _proxy(address: Address) -> Address | None:
    """Return the proxy that the environment names for an address, as urllib understands it."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None  # and urllib.request, which is large, is not needed
    from urllib.request import getproxies, proxy_bypass

    named = getproxies().get(address.scheme)
    if not named or proxy_bypass(address.place):
        return None
    try:
        proxy = Address(named if "://" in named else f"http://{named}")
    except NotSentError:
        proxy = None
    if proxy is None or proxy.scheme != "http":
        raise NotSentError(f"{address.scheme}_proxy names no HTTP proxy", again=False)
    return proxy


def _to_proxy(proxy: Address) -> dict[str, str]:
    user = proxy.authorization()
    return {"Proxy-Authorization": user} if user else {}
