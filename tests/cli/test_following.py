"""A run as it goes on, seen from the state directory alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import FakeWatch
from files import Sched
from past import FIRED, Past, write_past
from schedkit.cli.following import Changes, attempt_is_over, in_words, look, why_nothing
from schedkit.operations import NoSuchRunError
from schedkit.run import Change, Run, State, run_number
from schedkit.store import Holder
from schedkit.store.sqlite import SQLiteStore


@pytest.fixture
def store(sched: Sched) -> Iterator[SQLiteStore]:
    """Return the history of a runner at work, in which one run goes on."""
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n")
    write_past(sched, [Past("a", State.RUNNING)])
    with closing(SQLiteStore(sched.directory / ".sched/history.db")) as found:
        found.begin(Holder(1, "host", "boot", "0"), FIRED)
        yield found


@pytest.fixture
def number(store: SQLiteStore) -> int:
    """Return the number of the run that goes on."""
    (attempt,) = store.open_attempts()
    return attempt.key.run


@pytest.fixture
def run(sched: Sched, number: int) -> Run:
    """Return the record of the run that goes on."""
    return look(sched.directory / ".sched", number)


def change(store: SQLiteStore) -> None:
    """Write something into the history."""
    store.note(Change(FIRED, "bob", "pause", "a"))


def test_what_is_written_to_the_history_is_noticed(sched: Sched, store: SQLiteStore) -> None:
    with closing(Changes(FakeWatch(), sched.directory / ".sched")) as changes:
        changes.watch()
        before = changes._happened()

        change(store)

        assert (False, True) == (before, changes._happened())


def test_what_is_written_is_looked_at_again_soon_and_then_ever_later(
    sched: Sched, store: SQLiteStore
) -> None:
    """A record that is written cannot be read before it is safe on the disk."""
    expected = [0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000, 0, 10]
    clock = FakeWatch()
    actual = []

    with closing(Changes(clock, sched.directory / ".sched")) as changes:
        changes.watch()
        for turn in range(len(expected)):
            if turn in (0, 12):
                change(store)
            before = clock.elapsed()
            changes.wait()
            actual.append((clock.elapsed() - before) // timedelta(milliseconds=1))

    assert expected == actual


def test_looking_is_not_what_one_is_woken_by(
    sched: Sched, store: SQLiteStore, number: int, tmp_path: Path
) -> None:
    """Of a runner that was killed the log stays behind, of which every reader makes an index."""
    change(store)
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("history.db", "history.db-wal"):
        shutil.copy(sched.directory / ".sched" / name, killed)

    with closing(Changes(FakeWatch(), killed)) as changes:
        changes.watch()
        found = [look(killed, number).job for _ in range(3)]

        assert (["a"] * 3, False) == (found, changes._happened())


def test_a_run_that_is_pruned_meanwhile_is_an_error(sched: Sched, store: SQLiteStore) -> None:
    change(store)

    with pytest.raises(NoSuchRunError, match="there is no run '7k3m2q' any more"):
        look(sched.directory / ".sched", run_number("7k3m2q") or 0)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SUCCEEDED, "a succeeded"),
        (State.FAILED, "a failed: no luck"),
        (State.TIMED_OUT, "a timed out: no luck"),
        (State.SKIPPED, "a skipped: for a reason"),
    ],
)
def test_how_a_run_ended_is_said_in_words(sched: Sched, state: State, expected: str) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n")
    (run,) = write_past(sched, [Past("a", state)])

    actual = in_words(look(sched.directory / ".sched", run_number(run) or 0))

    assert expected == actual


@pytest.mark.parametrize(
    ("state", "attempts", "expected"),
    [
        (State.RUNNING, 1, False),
        (State.RUNNING, 2, True),
        (State.RETRYING, 1, True),
        (State.SUCCEEDED, 1, True),
    ],
)
def test_an_attempt_is_over_though_its_run_goes_on(
    run: Run, state: State, attempts: int, expected: bool
) -> None:
    now = run._replace(state=state, attempts=attempts)

    assert expected == attempt_is_over(1, now)


def test_an_attempt_without_output_is_not_taken_for_the_last_one(run: Run) -> None:
    asked = run._replace(state=State.FAILED, attempts=1, output_bytes=7, output="/x/y")

    actual = why_nothing(asked, 0)

    assert "has no output of attempt 0" == actual


def test_output_that_somebody_removed_is_not_said_to_have_been_none(run: Run) -> None:
    gone = run._replace(state=State.FAILED, output_bytes=7, output="/x/y\x1b")

    actual = why_nothing(gone)

    assert "wrote 7 bytes, of which the file is gone: /x/y\\x1b" == actual
