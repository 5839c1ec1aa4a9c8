"""A delivery on its way: what whoever sends it has at hand."""

from __future__ import annotations

from schedkit.notifier.delivery import NotSentError
from schedkit.notifier.given import Given
from schedkit.notifier.output import tail

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from schedkit.notifier.deadline import Deadline
    from schedkit.notifier.delivery import Delivery


class Sending:
    """A delivery on its way; *where* is what an error may show of its receiver."""

    def __init__(self, delivery: Delivery, deadline: Deadline) -> None:
        self.to = Given(delivery.to, delivery.directory)
        self.message = delivery.message
        self.deadline = deadline
        self.directory = delivery.directory
        self.where = ""

    def said(self, name: str) -> str:
        """Return what the message has under this name, as a text; nothing when it has none."""
        value = self.message.get(name)
        return "" if value is None else str(value)

    @property
    def output(self) -> str | None:
        """Where the output of the run is."""
        path = self.message.get("output")
        return self.to.path(path) if isinstance(path, str) else None

    def output_tail(self) -> str:
        """Return the end of the output of the run."""
        return tail(self.output) if self.output else ""

    def text(self, output_tail: str) -> str:
        """Return what is to be read, with the end of the output."""
        text = self.said("text") or self.said("title")
        return f"{text.rstrip()}\n\noutput:\n{output_tail}" if output_tail.strip() else text


def too_late(deadline: Deadline) -> NotSentError:
    """Return what is to be said when the time is over."""
    return NotSentError(f"not done within {deadline.seconds:g}s", again=True)
