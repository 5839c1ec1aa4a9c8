"""
Now, and waiting: the only place that reads a clock or sleeps.

The kernel adds up to 0.1 % slack to select, poll and epoll: 50 ms after 50 s. Absolute timers
have none, and one on CLOCK_REALTIME also ends when the clock is set.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import FrameType

from schedkit.typed import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AT_ONCE = 1_000_000  # nanoseconds; clocks that are read within are read together


class Watch(Protocol):
    """Time, as the runner sees it."""

    def now(self) -> datetime:
        """Return the instant (UTC)."""

    def elapsed(self) -> timedelta:
        """Return the time since some fixed moment, whatever the wall clock is set to."""

    def offset(self) -> timedelta:
        """
        Return the wall clock less all the time that has passed: it changes when that clock is set.

        It does not when time passes unseen, because the machine sleeps.
        """

    def wait(
        self, until: datetime | None, elapsed: timedelta | None, descriptors: Iterable[int]
    ) -> set[int]:
        """
        Wait for an instant, for `elapsed` to be reached or for something to read.

        Returns the descriptors that can be read. Also returns when the wall clock was set.
        """


class SystemWatch:
    """The clocks of this machine."""

    def __init__(self) -> None:
        self._wall = _Timer(time.CLOCK_REALTIME)
        self._monotonic = _Timer(time.CLOCK_MONOTONIC)

    def close(self) -> None:
        """Let go of the timers."""
        self._wall.close()
        self._monotonic.close()

    def now(self) -> datetime:
        """Return the instant (UTC)."""
        return _EPOCH + timedelta(microseconds=time.time_ns() // 1000)

    def elapsed(self) -> timedelta:
        """Return the time since the machine was started, without the time that it slept."""
        return timedelta(microseconds=time.monotonic_ns() // 1000)

    def offset(self) -> timedelta:
        """Return the time from 1970 to the start of the machine, as the wall clock has it now."""
        while True:
            before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            wall = time.time_ns()
            # Whoever is stopped between two clocks would take the pause for a step.
            if time.clock_gettime_ns(time.CLOCK_BOOTTIME) - before < _AT_ONCE:
                return timedelta(microseconds=(wall - before) // 1000)

    def wait(
        self, until: datetime | None, elapsed: timedelta | None, descriptors: Iterable[int]
    ) -> set[int]:
        """Wait for an instant, for `elapsed` to be reached or for something to read."""
        self._wall.set(None if until is None else until - _EPOCH)
        self._monotonic.set(elapsed)
        poll = select.poll()
        timers = (self._wall.descriptor, self._monotonic.descriptor)
        for descriptor in (*timers, *descriptors):
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll()}
        for timer in (self._wall, self._monotonic):
            if timer.descriptor in ready:
                timer.clear()
        return ready.difference(timers)


class _Timer:
    """A timerfd that expires at an absolute time of its clock."""

    def __init__(self, clock: int) -> None:
        self._clock = clock
        self._set: timedelta | None = None
        self.descriptor = _timerfd_create(clock)

    def close(self) -> None:
        os.close(self.descriptor)

    def set(self, at: timedelta | None) -> None:
        """Expire at *at* on its clock, at once when that has passed; never for None."""
        if at == self._set:
            return
        self._set = at
        # Zero would disarm it: a time that has passed is any other.
        nanoseconds = 0 if at is None else max(at // _MICROSECOND * 1000, 1)
        _timerfd_settime(self.descriptor, nanoseconds, realtime=self._clock == time.CLOCK_REALTIME)

    def clear(self) -> None:
        """Read the expiry: an expired timer stays readable, and the loop would spin."""
        try:
            os.read(self.descriptor, 8)
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.ECANCELED:  # the wall clock was set: a wake-up like another
                raise
        self._set = None


if sys.version_info >= (3, 13):

    def _timerfd_create(clock: int) -> int:
        return os.timerfd_create(clock, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)

    def _timerfd_settime(descriptor: int, nanoseconds: int, *, realtime: bool) -> None:
        flags = os.TFD_TIMER_ABSTIME | (os.TFD_TIMER_CANCEL_ON_SET if realtime else 0)
        try:
            os.timerfd_settime_ns(descriptor, flags=flags, initial=nanoseconds)
        except OSError as error:
            if error.errno != errno.ECANCELED:  # the clock was set since: the read tells
                raise

else:
    import ctypes

    _ABSOLUTE, _CANCEL_ON_SET = 1, 2  # Source: linux/timerfd.h

    class _Itimerspec(ctypes.Structure):
        # Source: timerfd_create(2); time_t and long are both a long on Linux's Pythons.
        _fields_ = (
            ("interval_s", ctypes.c_long),
            ("interval_ns", ctypes.c_long),
            ("value_s", ctypes.c_long),
            ("value_ns", ctypes.c_long),
        )

    _libc = ctypes.CDLL(None, use_errno=True)

    def _timerfd_create(clock: int) -> int:
        descriptor: int = _libc.timerfd_create(clock, os.O_NONBLOCK | os.O_CLOEXEC)
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return descriptor

    def _timerfd_settime(descriptor: int, nanoseconds: int, *, realtime: bool) -> None:
        seconds, rest = divmod(nanoseconds, 10**9)
        at = _Itimerspec(0, 0, seconds, rest)
        flags = _ABSOLUTE | (_CANCEL_ON_SET if realtime else 0)
        if _libc.timerfd_settime(descriptor, flags, ctypes.byref(at), None) < 0:
            number = ctypes.get_errno()
            if number != errno.ECANCELED:  # the clock was set since: the read tells
                raise OSError(number, os.strerror(number))


class Signals:
    """
    Signals as something to read.

    As long as it is open, those of *numbers* do nothing but make `descriptor` readable.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self.descriptor, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._former_wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        # A handler that does nothing: what is ignored would be ignored by the jobs as well.
        self._former = {number: signal.signal(number, _nothing) for number in numbers}

    def read(self) -> list[signal.Signals]:
        """Return the signals that came since, each once."""
        try:
            data = os.read(self.descriptor, 65536)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in dict.fromkeys(data)]

    def close(self) -> None:
        """Handle signals as before."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_wakeup)
        os.close(self.descriptor)
        os.close(self._write)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass
