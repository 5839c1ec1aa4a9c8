"""
Which files are due to be read: those that have stayed as they are for long enough.

Pure: the time is given, in seconds of a clock that is never set. A *mark* is whatever differs
when a file has changed.
"""

from __future__ import annotations

import heapq

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    Key = tuple[str, int]  # a path, and the number of who waits for it

_SHORTEST = 0.05  # seconds: nothing is read again and again without a pause
_LONGEST = 5.0  # seconds between two looks at what somebody has open


class _Waited:
    __slots__ = ("changed_ns", "due", "looks", "mark")

    def __init__(self, mark: int, changed_ns: int, due: float) -> None:
        self.mark = mark
        self.changed_ns = changed_ns
        self.due = due
        self.looks = 0  # those at which somebody had it open


class Settling:
    """The files that are waited for."""

    def __init__(self) -> None:
        self._waited: dict[Key, _Waited] = {}
        self._heap: list[tuple[float, int, Key]] = []  # with those that are no longer so

    def __len__(self) -> int:
        return len(self._waited)

    def see(self, key: Key, mark: int, changed_ns: int, settle_s: float, now: float) -> None:
        """Take note that it looks so now; what differs from before begins to settle again."""
        waited = self._waited.get(key)
        if waited is None or waited.mark != mark:
            self._wait(key, _Waited(mark, changed_ns, now + max(settle_s, _SHORTEST)))
        elif waited.looks:  # whatever happened to it may be that it was closed
            waited.due = now
            self._wait(key, waited)

    def put_off(self, key: Key, settle_s: float, now: float) -> None:
        """Let it be due later: somebody has it open to write to it."""
        waited = self._waited[key]
        pause = max(settle_s, _SHORTEST) * 2**waited.looks
        waited.due = now + min(pause, _LONGEST)
        waited.looks = min(waited.looks + 1, 10)
        self._wait(key, waited)

    def drop(self, key: Key) -> None:
        """Wait for it no more."""
        self._waited.pop(key, None)

    def next_due(self) -> float | None:
        """Return when the next one is due, None for never."""
        while self._heap and not self._stands(*self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> tuple[Key, int] | None:
        """
        Return one that is due, with its mark; of several, the one that changed first.

        It is due no more, and has to be seen again, put off or dropped.
        """
        due = self.next_due()
        if due is None or due > now:
            return None
        _, _, key = heapq.heappop(self._heap)
        waited = self._waited[key]
        waited.due = float("inf")
        return key, waited.mark

    def _wait(self, key: Key, waited: _Waited) -> None:
        self._waited[key] = waited
        heapq.heappush(self._heap, (waited.due, waited.changed_ns, key))

    def _stands(self, due: float, _changed_ns: int, key: Key) -> bool:
        waited = self._waited.get(key)
        return waited is not None and waited.due == due
