"""One delivery: sent by its kind, and answered."""

from __future__ import annotations

import sys

from schedkit.notifier.delivery import NotSentError, not_sent, sent
from schedkit.notifier.sending import Sending, too_late
from schedkit.texts import quoted, safe

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from schedkit.notifier.deadline import Deadline
    from schedkit.notifier.delivery import Delivery

_LONGEST = 2500  # characters of an error


def outcome(delivery: Delivery, deadline: Deadline) -> dict[str, Any]:
    """Send it; return the answer. This does not raise, whatever happens."""
    sending = Sending(delivery, deadline)
    try:
        _kind(delivery.kind)(sending)
    except NotSentError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # libraries raise what they like
        failure = _failure(error, deadline)
    else:
        return sent(delivery.id)
    finally:
        deadline.close()
    error_text = _line(sending, delivery.kind, failure.text)
    return not_sent(delivery.id, error_text, again=failure.again, after_s=failure.after_s)


def _kind(name: str) -> Callable[[Sending], None]:
    # Imported when asked for: who pings needs nothing of mail.
    match name:
        case "command":
            from schedkit.notifier.command import send
        case "webhook":
            from schedkit.notifier.webhook import send
        case "email":
            from schedkit.notifier.mail import send
        case "apprise":
            from schedkit.notifier.services import send
        case "ping":
            from schedkit.notifier.ping import send
        case _:
            raise NotSentError(f"unknown kind {quoted(name)}", again=False)
    return send


def _failure(error: Exception, deadline: Deadline) -> NotSentError:
    """Return what is to be said of what a library raised; never its text, which may quote us."""
    if deadline.passed or isinstance(error, TimeoutError):
        return too_late(deadline)
    if isinstance(error, OSError):
        return NotSentError(_network(error), again=True)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    at = "" if place is None else f" at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}"
    print(f"{type(error).__name__}{at}", file=sys.stderr)  # noqa: T201  # the log of the runner
    return NotSentError(f"failed with {type(error).__name__}", again=False)


def _network(error: OSError) -> str:
    # Known by their names: of those that were not imported there is none.
    names = {kind.__name__ for kind in type(error).__mro__}
    if "SSLCertVerificationError" in names:
        return f"its certificate is not trusted: {getattr(error, 'verify_message', '')}"
    if "SSLError" in names:
        reason = getattr(error, "reason", None) or "the connection broke"
        return f"TLS failed: {reason.replace('_', ' ').lower()}"
    if "RemoteDisconnected" in names:
        return "closed the connection without an answer"
    return (error.strerror or "the connection failed").lower()


def _line(sending: Sending, kind: str, text: str) -> str:
    kind = f"{kind} {sending.where}" if sending.where else kind
    line = safe(sending.to.hidden(f"{kind}: {text}"))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
