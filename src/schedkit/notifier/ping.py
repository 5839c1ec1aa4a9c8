"""
Sends a signal to what watches whether jobs run.

Source: Healthchecks, "Pinging API": /start, /fail and /log behind the URL of a check, `rid` for
what belongs together; the body is kept.
"""

from __future__ import annotations

from urllib.parse import quote

from schedkit.notifier import web
from schedkit.notifier.delivery import NotSentError
from schedkit.notifier.output import end, last

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from schedkit.notifier.sending import Sending

_PATHS = {"start": "/start", "success": "", "fail": "/fail", "log": "/log"}
_LIMIT = 10_000  # bytes of a body: what an own server of Healthchecks keeps by default
_ENOUGH = 200  # bytes of an answer


def send(sending: Sending) -> None:
    """
    Send it.

    Raises: NotSentError, OSError.
    """
    signal = sending.said("signal")
    if signal not in _PATHS:
        raise NotSentError("'signal' is none of start, success, fail and log", again=False)
    address = web.Address(sending.to.text("url"))
    address.path = address.path.rstrip("/") + _PATHS[signal]
    run = sending.said("rid")
    if run:
        address.query += f"{'&' if address.query else ''}rid={quote(run, '')}"
    body = _body(sending, signal).encode("utf-8")
    request = web.Request("POST", address, body, "text/plain; charset=utf-8", wanted=_ENOUGH)
    _understand(web.exchange(sending, request))


def _understand(answer: bytes) -> None:
    # The status is 200 all the same, for URLs with a UUID. Source: "Pinging API", "Success (UUID)".
    if answer.startswith(b"OK (not found)"):
        raise NotSentError("answered that there is no such check", again=False)
    if answer.startswith(b"OK (rate limited)"):
        raise NotSentError("answered that it was pinged too often", again=True)


def _body(sending: Sending, signal: str) -> str:
    if signal == "start":
        return ""
    written = end(sending.output, _LIMIT) if sending.output else ""
    first = "" if signal == "success" else _reason(sending, written)
    left = _LIMIT - len(first.encode("utf-8"))
    return first + last(written, left)


def _reason(sending: Sending, written: str) -> str:
    """Return the exit code and the reason, which often is what was *written* last."""
    code = sending.said("exit_code")
    failed = f"exit code {code}" if code not in ("", "0") else ""
    reason = " ".join(sending.said("reason").split())
    known = reason == failed or (failed and " ".join(written.split()).endswith(reason))
    said = ": ".join(filter(None, (failed, "" if known else reason)))
    return last(said, _LIMIT // 2) + "\n" if said else ""
