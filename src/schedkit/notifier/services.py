"""Sends a message to any of the services that Apprise knows."""

from __future__ import annotations

import logging
import re
import threading

from schedkit.notifier.delivery import NotSentError, may_pass
from schedkit.notifier.sending import too_late

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from typing import Any, Self

    import apprise

    from schedkit.notifier.sending import Sending

_FAILURES = ("failure", "first_failure", "lost")
_SUCCESSES = ("recovery", "success")
_WARNINGS = ("missed", "late", "overdue", "too_long")
_LOG = "apprise"
_NOBODY = logging.NullHandler()


def send(sending: Sending) -> None:
    """
    Send it to each of the URLs, one after the other.

    Raises: NotSentError.
    """
    try:
        import apprise
    except ImportError:
        hint = "pip install 'schedkit[apprise]'"
        raise NotSentError(f"apprise is not installed: {hint}", again=False) from None
    # With no handler at all, Python would print what libraries log: URLs, of which any part may
    # be a secret.
    logging.getLogger().addHandler(_NOBODY)
    urls = sending.to.texts("urls")
    # In this thread, and not in its pool: who hangs there would be in the way of others.
    asset = apprise.AppriseAsset(async_mode=False)
    asset._service_timeout = 0  # noqa: SLF001  # none of its own: it would need that pool
    message = {
        "title": sending.said("title"),
        "body": sending.text(sending.output_tail()),
        # Said to be plain, it is made fit for services that take HTML or Markdown.
        "body_format": apprise.NotifyFormat.TEXT,
        "notify_type": apprise.NotifyType(_kind(sending.said("when"))),
    }
    failures: list[str] = []
    again = False
    for number, url in enumerate(urls, 1):
        service = apprise.Apprise.instantiate(url, asset, suppress_exceptions=True)
        if service is None:
            failures.append(f"number {number} is no URL of it")
            continue
        failure = _told(sending, apprise.Apprise(asset=asset), service, message)
        if failure is not None:
            # The scheme alone: a token may stand where others have a host.
            failures.append(f"{url.partition('://')[0].strip().lower()}://… {failure.text}")
            again = again or failure.again
    if failures:
        said = ", ".join(failures)
        raise NotSentError(f"{len(failures)} of {len(urls)} not sent: {said}", again=again)


def _told(
    sending: Sending, sender: apprise.Apprise, service: apprise.NotifyBase, message: dict[str, Any]
) -> NotSentError | None:
    """Tell one service; return why it was not told."""
    # Its own limit is for one wait; nothing from outside could end it.
    seconds = sending.deadline.remaining
    service.socket_connect_timeout = min(service.socket_connect_timeout, seconds)
    service.socket_read_timeout = min(service.socket_read_timeout, seconds)
    sender.add(service)
    with _Heard() as heard:
        if sender.notify(**message):
            return None
    if sending.deadline.passed:
        raise too_late(sending.deadline)
    if heard.status is None:
        return NotSentError("failed", again=True)
    return NotSentError(f"answered {heard.status}", again=may_pass(heard.status))


def _kind(when: str) -> str:
    if when in _FAILURES or when.startswith("every "):
        return "failure"
    if when in _SUCCESSES:
        return "success"
    return "warning" if when in _WARNINGS else "info"


class _Heard(logging.Handler):
    """Listens to what Apprise logs in this thread, the only place where it says why."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.status: int | None = None
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a status of HTTP."""
        found = re.search(r"error=([1-5][0-9]{2})\b", record.getMessage())
        if found and record.thread == self._thread:
            self.status = int(found[1])

    def __enter__(self) -> Self:
        logging.getLogger(_LOG).addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger(_LOG).removeHandler(self)
