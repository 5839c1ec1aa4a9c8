"""What is to be sent, and what is answered."""

from __future__ import annotations

import json

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from typing import Any

_LONGEST = 86_400  # seconds; more is a mistake
# Of the answers between 400 and 499, those that another time may turn out better.
# Source: RFC 9110 15.5 (408, 421), RFC 4918 11.3 (423), RFC 8470 5.2 (425), RFC 6585 4 (429).
_PASSING = (408, 421, 423, 425, 429)


class NotSentError(Exception):
    """Why a message was not sent; *again* is whether it may go better another time."""

    def __init__(self, text: str, *, again: bool, after_s: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.again = again
        self.after_s = after_s


class BadLineError(Exception):
    """A line is no delivery; *id* is that of the delivery it meant to be, as far as known."""

    def __init__(self, text: str, id_: int | str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.id = id_


class Delivery:
    """One message for one receiver."""

    __slots__ = ("directory", "id", "kind", "message", "timeout_s", "to")

    def __init__(self, read: dict[str, Any]) -> None:
        self.id: int | str = read["id"]
        self.kind: str = read["kind"]
        self.to: dict[str, Any] = read["to"]
        self.message: dict[str, Any] = {
            # What a job is called or has written need not be text; a path is what it is.
            name: _encodable(value) if isinstance(value, str) and name != "output" else value
            for name, value in read["message"].items()
        }
        self.directory: str = read["directory"]
        self.timeout_s: float = read["timeout_s"]


_KINDS: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "to": (dict,),
    "message": (dict,),
    "directory": (str,),
    "timeout_s": (int, float),
}


def delivery(line: bytes) -> Delivery:
    """
    Read a line.

    Raises: BadLineError.
    """
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLineError("the line is not JSON") from None
    if not isinstance(read, dict):
        raise BadLineError("the line is no object")
    id_ = read.get("id")
    if not isinstance(id_, (int, str)) or isinstance(id_, bool):
        raise BadLineError("the delivery has no id")
    for name, kinds in _KINDS.items():
        if not isinstance(read.get(name), kinds):
            raise BadLineError(f"the delivery has no proper {name!r}", id_)
    if not 0 < read["timeout_s"] <= _LONGEST:  # which excludes what is not a number
        raise BadLineError("the delivery has no proper 'timeout_s'", id_)
    return Delivery(read)


def sent(id_: int | str) -> dict[str, Any]:
    """Return what is answered when it was sent."""
    return {"id": id_, "sent": True}


def not_sent(
    id_: int | str | None, error: str, *, again: bool, after_s: int | None = None
) -> dict[str, Any]:
    """Return what is answered when it was not; *error* is fit for a terminal already."""
    return {"id": id_, "sent": False, "error": error, "again": again, "after_s": after_s}


def may_pass(status: int) -> bool:
    """Return whether what was answered with this status of HTTP may go better another time."""
    return status >= 500 or status in _PASSING


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
