"""Begins what is to be sent, ends what takes too long, and answers."""

from __future__ import annotations

import json
import os
import select
import threading
import time
from collections import deque
from contextlib import suppress

from schedkit.notifier.deadline import Deadline
from schedkit.notifier.delivery import BadLineError, delivery, not_sent
from schedkit.notifier.outcome import outcome
from schedkit.notifier.sending import too_late

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from typing import Any

    from schedkit.notifier.delivery import Delivery

_CHUNK = 1 << 16  # bytes read at once


class Bounds:
    """How much is done at a time, and how long what may take; all in seconds."""

    busy = 8  # deliveries that work; each needs a processor for a moment
    slow = 2.0  # from then on one only waits, for a receiver that hangs, and is not counted
    most = 64  # threads, all in all: of the receivers of one runner all may hang
    late = 5.0  # after its deadline, when one is given up
    farewell = 5.0  # after the last line, for what was begun
    idle = 60.0  # before an end is offered


class _Going:
    """A delivery that was begun."""

    __slots__ = ("deadline", "delivery")

    def __init__(self, one: Delivery, deadline: Deadline) -> None:
        self.delivery = one
        self.deadline = deadline


class Notifier:
    """
    The loop of a notifier: deliveries come from *source*, answers go to *sink*, descriptors both.

    It alone knows what goes on, and writes; each delivery has a thread, which only tells how it
    ended. Most threads end soon after their deadline, for then they find their connections shut
    down. One that waits for a name server, or for a disk, cannot be reached: after a while it is
    given up. It is answered for as an error, what it tells later is not heard, and its place is
    another's. It ends by itself, or with the process.
    """

    def __init__(self, source: int, sink: int, bounds: Bounds | None = None) -> None:
        self._source = source
        self._sink = sink
        self._bounds = bounds or Bounds()
        self._data = bytearray()
        self._waiting: deque[Delivery] = deque()
        self._going: dict[int, _Going] = {}
        self._begun = 0
        self._ended: deque[tuple[int, dict[str, Any]]] = deque()
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._closed: float | None = None  # when the source was
        self._quiet = time.monotonic()  # since then there was nothing to do
        self._offered = False
        self._deaf = False

    def run(self) -> None:
        """Work until the source has ended, and what was begun is over or has had its time."""
        while not self._is_over():
            if self._wait():
                self._read()
            self._collect()
            self._look()
            self._begin()
            self._offer()
        for going in self._going.values():
            going.deadline.cut()

    def _is_over(self) -> bool:
        if self._closed is None:
            return False
        return not self._going or time.monotonic() >= self._closed + self._bounds.farewell

    def _wait(self) -> bool:
        """Wait until there may be something to do; return whether there is something to read."""
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if self._closed is None:
            poll.register(self._source, select.POLLIN)
        pause = self._pause()
        # Rounded up: what is too early finds nothing to do, and would turn round once more.
        ready = poll.poll(None if pause is None else int(pause * 1000) + 1)
        return any(descriptor == self._source for descriptor, _ in ready)

    def _pause(self) -> float | None:
        """Return how many seconds from now there is something to do; None for never."""
        bounds = self._bounds
        times = [
            one.deadline.end + (bounds.late if one.deadline.is_cut else 0)
            for one in self._going.values()
        ]
        now = time.monotonic()
        if self._waiting and len(self._going) < bounds.most:
            slow = [one.deadline.begin + bounds.slow for one in self._going.values()]
            times += [one for one in slow if one > now]
        if self._closed is not None:
            times.append(self._closed + bounds.farewell)
        elif self._is_idle() and not self._offered:
            times.append(self._quiet + bounds.idle)
        return max(min(times) - now, 0.0) if times else None

    # ---- what comes

    def _read(self) -> None:
        try:
            data = os.read(self._source, _CHUNK)
        except OSError:  # a reset, where it is a socket
            data = b""
        self._data += data
        self._quiet, self._offered = time.monotonic(), False
        lines = self._data.split(b"\n")
        self._data = lines.pop()
        if not data:
            lines.append(self._data)
            self._closed = time.monotonic()
        for line in lines:
            if line.strip():
                self._take(bytes(line))

    def _take(self, line: bytes) -> None:
        try:
            self._waiting.append(delivery(line))
        except BadLineError as error:
            self._write(not_sent(error.id, error.text, again=False))

    # ---- what goes on

    def _begin(self) -> None:
        bounds = self._bounds
        while self._waiting and len(self._going) < bounds.most:
            now = time.monotonic()
            busy = [one for one in self._going.values() if one.deadline.begin + bounds.slow > now]
            if len(busy) >= bounds.busy:
                break
            self._start(self._waiting.popleft())
        if self._closed is not None:
            self._waiting.clear()

    def _start(self, one: Delivery) -> None:
        deadline = Deadline(one.timeout_s)
        self._begun += 1
        number = self._begun
        thread = threading.Thread(target=self._send, args=(number, one, deadline), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # as many as this user may have
            self._write(not_sent(one.id, "no thread can be started", again=True))
            return
        self._going[number] = _Going(one, deadline)

    def _send(self, number: int, one: Delivery, deadline: Deadline) -> None:
        self._ended.append((number, outcome(one, deadline)))
        with suppress(BlockingIOError):  # it is full of what wakes the loop
            os.write(self._wake, b"x")

    def _look(self) -> None:
        """End what has had its time, and give up what does not end."""
        now = time.monotonic()
        for number, one in list(self._going.items()):
            if one.deadline.end + self._bounds.late <= now:
                del self._going[number]
                self._quiet = now
                error = f"{one.delivery.kind}: {too_late(one.deadline).text}"
                self._write(not_sent(one.delivery.id, error, again=True))
            elif one.deadline.end <= now and not one.deadline.is_cut:
                one.deadline.cut()

    # ---- what is answered

    def _collect(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._woken, _CHUNK)
        while self._ended:
            number, answer = self._ended.popleft()
            if self._going.pop(number, None) is not None:
                self._quiet = time.monotonic()
                self._write(answer)

    def _is_idle(self) -> bool:
        return not self._going and not self._waiting

    def _offer(self) -> None:
        if self._closed is not None or self._offered or not self._is_idle():
            return
        if time.monotonic() >= self._quiet + self._bounds.idle:
            self._offered = True
            self._write({"bye": True})

    def _write(self, answer: dict[str, Any]) -> None:
        data = b"" if self._deaf else json.dumps(answer).encode("ascii") + b"\n"
        while data:
            try:
                data = data[os.write(self._sink, data) :]
            except OSError:  # the parent is gone, or about to close the source
                self._deaf = True
                return
