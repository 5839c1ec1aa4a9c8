"""
What a runner tells its keeper: marshalled tuples, each after its length.

    ("start", [order, ...])

An order to start a process is a tuple, with every text as bytes, as the system takes it:

    attempt         what the journal calls it: one word
    argv
    env             what is added to the keeper's own environment, or replaces it there
    cwd
    output          the file for what it writes; made by the process itself, before it executes
    limit           so many bytes of that are kept, the first and the last ones
    result          a file that it gets as descriptor 3, or None
    script          what is executed instead when the program is a script that names no
                    interpreter, or None
    umask           or None for the keeper's own
    surroundings    what takes a fork, or None: user, group, supplementary groups, nice (each may
                    be None), and limits: for each its name, its number, what warns, what ends
    stdin           what it reads there, or None for nothing
"""

from __future__ import annotations

import marshal

TYPE_CHECKING = False  # as far as the type checker believes: typing itself would cost a megabyte
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Limit = tuple[str, int, int, int]
    Surroundings = tuple[
        int | None, int | None, tuple[int, ...] | None, int | None, tuple[Limit, ...]
    ]
    Order = tuple[
        str, list[bytes], dict[bytes, bytes], bytes, bytes, int, bytes | None, list[bytes] | None,
        int | None, Surroundings | None, bytes | None,
    ]  # fmt: skip

_LENGTH = 4  # bytes


def packed(message: tuple[Any, ...]) -> bytes:
    """Return a message as it is sent."""
    data = marshal.dumps(message)
    return len(data).to_bytes(_LENGTH, "little") + data


class Incoming:
    """Messages, put together again from what arrives."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Any, ...]]:
        """Yield the messages that are whole by now."""
        self._data += data
        while len(self._data) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._data[:_LENGTH], "little")
            if len(self._data) < end:
                return
            message: tuple[Any, ...] = marshal.loads(self._data[_LENGTH:end])  # noqa: S302  # ours
            del self._data[:end]
            yield message
