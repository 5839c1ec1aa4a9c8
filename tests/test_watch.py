"""The clocks of this machine, and waiting by them. Waits are of milliseconds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schedkit.watch import Signals, SystemWatch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def watch() -> Iterator[SystemWatch]:
    with closing(SystemWatch()) as made:
        yield made


@pytest.fixture
def readable() -> Iterator[int]:
    """A descriptor that has something to read."""
    reader, writer = os.pipe()
    os.write(writer, b"x")
    yield reader
    os.close(reader)
    os.close(writer)


def test_it_waits_for_an_instant_and_no_less(watch: SystemWatch) -> None:
    until = watch.now() + 20 * MS

    ready = watch.wait(until, None, ())

    assert ready == set()
    assert until <= watch.now() < until + 500 * MS


def test_it_waits_for_a_time_of_its_other_clock(watch: SystemWatch) -> None:
    until = watch.elapsed() + 20 * MS

    watch.wait(None, until, ())

    assert until <= watch.elapsed() < until + 500 * MS


def test_it_waits_for_the_earlier_of_the_two(watch: SystemWatch) -> None:
    began = watch.elapsed()

    watch.wait(watch.now() + HOUR, began + 10 * MS, ())
    watch.wait(watch.now() + 10 * MS, began + HOUR, ())

    assert watch.elapsed() - began < 500 * MS


@pytest.mark.parametrize("ago", [timedelta(0), MS, HOUR, timedelta(days=365 * 100)])
def test_it_does_not_wait_for_what_has_passed(watch: SystemWatch, ago: timedelta) -> None:
    began = watch.elapsed()

    watch.wait(watch.now() - ago, None, ())
    watch.wait(None, watch.elapsed() - ago, ())

    assert watch.elapsed() - began < 100 * MS


def test_it_waits_for_the_same_instant_as_often_as_it_is_asked(watch: SystemWatch) -> None:
    until = watch.now() - HOUR

    assert [watch.wait(until, None, ()) for _ in range(3)] == [set(), set(), set()]


def test_it_can_be_asked_for_what_is_a_hundred_years_away(
    watch: SystemWatch, readable: int
) -> None:
    far = timedelta(days=36500)

    assert watch.wait(watch.now() + far, watch.elapsed() + far, [readable]) == {readable}


def test_what_can_be_read_ends_the_wait(watch: SystemWatch, readable: int) -> None:
    assert watch.wait(None, None, [readable]) == {readable}


def test_an_earlier_wait_does_not_end_a_later_one(watch: SystemWatch, readable: int) -> None:
    watch.wait(watch.now() + HOUR, None, [readable])
    until = watch.now() + 20 * MS

    watch.wait(until, None, ())

    assert watch.now() >= until


def test_its_times_only_move_forward(watch: SystemWatch) -> None:
    times = [watch.elapsed() for _ in range(100)]

    assert times == sorted(times)


def test_the_wall_clock_less_its_offset_is_the_time_since_the_machine_was_started(
    watch: SystemWatch,
) -> None:
    uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])

    passed = watch.now() - EPOCH - watch.offset()

    assert 0 <= passed.total_seconds() - uptime < 10


def test_its_offset_stays_while_time_passes(watch: SystemWatch) -> None:
    before = watch.offset()

    watch.wait(watch.now() + 20 * MS, None, ())

    assert abs(watch.offset() - before) < 5 * MS


def _offset(*under: str) -> timedelta:
    """Return the offset as a process sees it that is started in some way."""
    code = "from schedkit.watch import SystemWatch; print(SystemWatch().offset().total_seconds())"
    command = [*under, sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return timedelta(seconds=float(answer.stdout))


@pytest.mark.system
@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
@pytest.mark.parametrize("hours", [-5, 5])
def test_a_wall_clock_that_is_set_changes_the_offset_by_as_much(
    watch: SystemWatch, hours: int
) -> None:
    set_clock = ("faketime", "--exclude-monotonic", "-f", f"{hours:+}h")

    step = _offset(*set_clock) - watch.offset()

    assert abs(step - hours * HOUR) < 5 * MS


def test_a_closed_watch_keeps_no_descriptor() -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208  # the names alone

    SystemWatch().close()

    assert before == sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208


# ---- signals


@pytest.fixture
def signals() -> Iterator[Signals]:
    with closing(Signals([signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD])) as made:
        yield made


def test_a_signal_can_be_read(watch: SystemWatch, signals: Signals) -> None:
    os.kill(os.getpid(), signal.SIGTERM)

    assert watch.wait(None, None, [signals.descriptor]) == {signals.descriptor}
    assert signals.read() == [signal.SIGTERM]


def test_signals_are_read_in_their_order_and_each_once(signals: Signals) -> None:
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)

    assert signals.read() == [signal.SIGHUP, signal.SIGTERM]
    assert signals.read() == []


def test_the_end_of_a_child_can_be_read(watch: SystemWatch, signals: Signals) -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})

    watch.wait(None, None, [signals.descriptor])

    os.waitpid(pid, 0)
    assert signals.read() == [signal.SIGCHLD]


def test_more_signals_than_can_be_kept_lose_none_of_their_kinds(signals: Signals) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(70_000):
        signal.raise_signal(signal.SIGHUP)

    assert signals.read() == [signal.SIGTERM, signal.SIGHUP]


def test_signals_are_handled_as_before_when_it_is_closed() -> None:
    came: list[int] = []
    former = signal.signal(signal.SIGHUP, lambda number, _: came.append(number))
    Signals([signal.SIGHUP, signal.SIGTERM]).close()

    os.kill(os.getpid(), signal.SIGHUP)

    signal.signal(signal.SIGHUP, former)
    assert (came, signal.getsignal(signal.SIGTERM)) == ([signal.SIGHUP], signal.SIG_DFL)


def test_closed_signals_keep_no_descriptor() -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208  # the names alone

    Signals([signal.SIGHUP]).close()

    assert before == sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208
