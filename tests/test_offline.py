"""What people ask for while no runner is up: it is in the history, for the next one to see."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from files import load
from schedkit.config import UnknownJobError
from schedkit.errors import SchedError
from schedkit.offline import StoreOperations
from schedkit.operations import Backfill, Filled, Freed, NoSuchRunError, NotNowError, Prune
from schedkit.run import AttemptKey, Decision, Ended, Pause, Started, State, Trigger, run_id
from schedkit.store import Holder, Query
from schedkit.store.sqlite import SQLiteStore

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BESIDE = NOW + timedelta.resolution  # which is no fire time of backup
DUE = NOW + timedelta(minutes=1)  # later than the load of the files
RUNNER = Holder(1, "here", "boot-1", "0")
VERB = Holder(2, "here", "boot-1", "0", runs=False)
FILE = """
jobs:
  backup: {command: x, clock: every 1h}
  report: {command: x, clock: every 1h}
  old: {command: x, clock: every 1h, enabled: false}
"""


class Offline:
    """A history that a runner left behind, and the operations on it."""

    def __init__(self, path: Path) -> None:
        config = load(FILE)
        self.jobs = {job.name: job for job in config.jobs}
        self.store = SQLiteStore(path)
        self.store.begin(RUNNER, NOW)
        self.store.load(config, "start", NOW)

    def operations(self) -> StoreOperations:
        return StoreOperations(self.store, self.jobs, VERB, NOW)

    def queued(self, job: str) -> str:
        """Return the id of a run that waits."""
        ((key, _),) = self.store.claim(
            [Decision(job, DUE, State.QUEUED, at_once=False)], self.jobs, NOW
        )
        assert key is not None
        return run_id(key.run)

    def going_on(self, job: str) -> AttemptKey:
        """Return the attempt of a run that was started and has no end."""
        ((key, _),) = self.store.claim([Decision(job, DUE, State.QUEUED)], self.jobs, NOW)
        assert key is not None
        self.store.record([Started(key, NOW, 4711, 7, "x", "/out")])
        return key

    def told(self) -> list[str]:
        """Return what people changed, oldest first."""
        return [
            f"{one.who} {one.verb} {one.target}" + (f": {one.detail}" if one.detail else "")
            for one in self.store.changes()[::-1]
        ]


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offline]:
    """Return a history of three jobs that never ran."""
    monkeypatch.chdir(tmp_path)
    made = Offline(tmp_path / "history.db")
    yield made
    made.store.close()


def test_what_is_triggered_waits_for_the_next_runner(offline: Offline) -> None:
    triggered = offline.operations().trigger("backup", "ann", {"DAY": "monday"}, force=False)

    (waiting,) = offline.store.waiting()
    (run,) = offline.store.runs(Query())
    assert (triggered.run, "queued", None) == (run.id, triggered.state, triggered.reason)
    assert ("backup", Trigger.MANUAL, BESIDE, (("DAY", "monday"),)) == (
        waiting.job, waiting.trigger, waiting.due, waiting.params,
    )  # fmt: skip
    assert ("ann", State.QUEUED, 0) == (run.who, run.state, run.attempts)
    assert ["ann trigger backup"] == offline.told()


def test_a_job_that_no_runner_has_loaded_can_be_triggered(tmp_path: Path, offline: Offline) -> None:
    store = SQLiteStore(tmp_path / "fresh.db")
    operations = StoreOperations(store, offline.jobs, VERB, NOW)

    operations.trigger("backup", "ann", {}, force=False)

    found = [(one.job, one.due) for one in store.waiting()]
    store.close()
    assert [("backup", BESIDE)] == found


def test_two_may_trigger_one_job_at_one_moment(offline: Offline) -> None:
    operations = offline.operations()

    runs = [operations.trigger("backup", who, {}, force=False).run for who in ("ann", "bob")]

    assert runs == [run_id(one.key.run) for one in offline.store.waiting()]


@pytest.mark.parametrize(
    ("job", "kind", "expected"),
    [
        ("bakup", UnknownJobError, "no job is named 'bakup' (did you mean 'backup'?)"),
        ("old", NotNowError, "old is disabled in its file (run it all the same: --force)"),
        (
            "report",
            NotNowError,
            "report is paused by bob: no disk (run it all the same: --force)",
        ),
    ],
)
def test_what_may_not_run_now_is_not_triggered(
    offline: Offline, job: str, kind: type[SchedError], expected: str
) -> None:
    offline.store.pause([Pause("report", "bob", NOW, reason="no disk")])

    with pytest.raises(kind) as caught:
        offline.operations().trigger(job, "ann", {}, force=False)

    assert expected == str(caught.value)
    assert ([], []) == (offline.store.waiting(), offline.told())


@pytest.mark.parametrize("job", ["old", "report"])
def test_what_may_not_run_now_runs_by_force(offline: Offline, job: str) -> None:
    offline.store.pause([Pause("report", "bob", NOW)])

    offline.operations().trigger(job, "ann", {}, force=True)

    assert [job] == [one.job for one in offline.store.waiting()]
    assert [f"ann trigger {job}: forced"] == offline.told()


def test_a_pause_that_is_over_holds_nothing_up(offline: Offline) -> None:
    offline.store.pause([Pause("report", "bob", NOW - timedelta(hours=1), until=NOW)])

    offline.operations().trigger("report", "ann", {}, force=False)

    assert ["report"] == [one.job for one in offline.store.waiting()]


# ---- later, and for past fire times


def test_what_is_wanted_later_waits_for_its_time(offline: Offline) -> None:
    later = NOW + timedelta(hours=2)

    wanted = offline.operations().at("backup", "ann", later, {"DAY": "monday"}, force=False)

    (waiting,) = offline.store.waiting()
    assert (wanted.run, "queued") == (run_id(waiting.key.run), wanted.state)
    expected = later + timedelta.resolution  # which is no fire time of backup
    assert ("backup", Trigger.AT, expected, (("DAY", "monday"),)) == (
        waiting.job, waiting.trigger, waiting.due, waiting.params,
    )  # fmt: skip
    assert ["ann at backup: 2026-03-02T14:00:00+00:00"] == offline.told()


@pytest.mark.parametrize("job", ["old", "report"])
def test_what_may_not_run_now_is_wanted_later_by_force_alone(offline: Offline, job: str) -> None:
    offline.store.pause([Pause("report", "bob", NOW)])
    operations = offline.operations()

    with pytest.raises(NotNowError, match="run it all the same: --force"):
        operations.at(job, "ann", DUE, {}, force=False)
    operations.at(job, "ann", DUE, {}, force=True)

    assert [job] == [one.job for one in offline.store.waiting()]
    assert [f"ann at {job}: 2026-03-02T12:01:00+00:00, forced"] == offline.told()


def filling(offline: Offline, job: str = "backup", **more: object) -> Backfill:
    digest = offline.jobs[job].schedule_digest
    wish = Backfill(job, NOW - timedelta(hours=3), NOW + timedelta(hours=3), digest)
    return replace(wish, **more)  # type: ignore[arg-type]  # as they are named


def test_past_fire_times_wait_for_the_next_runner(offline: Offline) -> None:
    filled = offline.operations().backfill(filling(offline, parallel=2), "ann")

    hours = [NOW - timedelta(hours=number) for number in (3, 2, 1, 0)]
    waiting = sorted(offline.store.waiting(), key=lambda one: one.key)
    assert [(run_id(one.key.run), one.fire_time) for one in waiting] == list(filled.runs)
    assert [(hour, NOW, 2, Trigger.BACKFILL) for hour in hours] == [
        (one.fire_time, one.due, one.parallel, one.trigger) for one in waiting
    ]
    assert (0, None) == (filled.left_out, filled.until)
    begin, end = "2026-03-02T09:00:00+00:00", "2026-03-02T12:00:00+00:00"
    assert [f"ann backfill backup: 4 fire times from {begin} to {end}, 2 at a time"] == (
        offline.told()
    )


def test_past_fire_times_that_wait_already_are_left_out_and_nobody_is_noted(
    offline: Offline,
) -> None:
    operations = offline.operations()
    operations.backfill(filling(offline), "ann")

    again = operations.backfill(filling(offline, force=True), "bob")

    assert (Filled([], 4), 1) == (again, len(offline.told()))


RELOAD = "let it take the file as it is: sched reload"


@pytest.mark.parametrize(
    ("job", "digest", "expected"),
    [
        ("old", None, "old is disabled in its file (run it all the same: --force)"),
        (
            "backup",
            "other",
            f"the runner has another schedule of backup loaded ({RELOAD})",
        ),
    ],
)
def test_what_cannot_be_filled_in_says_why(
    offline: Offline, job: str, digest: str | None, expected: str
) -> None:
    more = {} if digest is None else {"digest": digest}

    with pytest.raises(NotNowError) as caught:
        offline.operations().backfill(filling(offline, job, **more), "ann")

    assert (expected, []) == (str(caught.value), offline.told())


# ---- the past


def test_the_past_is_forgotten_and_who_wanted_that_is_not(offline: Offline) -> None:
    offline.store.record([Ended(offline.going_on("backup"), NOW, State.SUCCEEDED)])
    key = offline.going_on("report")

    freed = offline.operations().prune(Prune(keep=0), "ann")

    assert (Freed(1, 0), [run_id(key.run)]) == (
        freed, [run.id for run in offline.store.runs(Query())]
    )  # fmt: skip
    assert ["ann prune all jobs: all but the newest 0"] == offline.told()


# ---- stop


def by_run(offline: Offline) -> str:
    return offline.queued("backup")


def by_job(offline: Offline) -> str:
    offline.queued("backup")
    return "backup"


@pytest.mark.parametrize("target", [by_run, by_job])
def test_a_run_that_waits_is_cancelled(offline: Offline, target: Callable[[Offline], str]) -> None:
    named = target(offline)
    offline.queued("report")

    runs = offline.operations().cancel(named, "ann", signal.SIGINT)

    found = {run.job: (run.state, run.reason) for run in offline.store.runs(Query())}
    assert {
        "backup": (State.CANCELLED, "cancelled by ann"),
        "report": (State.QUEUED, None),
    } == found
    assert ([f"ann cancel {named}"], 1) == (offline.told(), len(runs))


def test_what_still_runs_is_stopped_by_the_next_runner(offline: Offline) -> None:
    key = offline.going_on("backup")

    runs = offline.operations().cancel("backup", "ann", None)

    (attempt,) = offline.store.open_attempts()
    assert ([run_id(key.run)], "ann") == (runs, attempt.cancelled_by)


def test_no_signal_can_be_sent_without_a_runner(offline: Offline) -> None:
    offline.going_on("backup")

    with pytest.raises(NotNowError, match="no runner is up that could send SIGINT"):
        offline.operations().cancel("backup", "ann", signal.SIGINT)

    assert [None] == [one.cancelled_by for one in offline.store.open_attempts()]


def test_what_is_over_cannot_be_cancelled(offline: Offline) -> None:
    key = offline.going_on("backup")
    offline.store.record([Ended(key, NOW, State.SUCCEEDED)])
    expected = [
        ("run " + run_id(key.run) + " is over: succeeded", None),
        ("no run of backup goes on or waits", None),
        ("there is no run and no job 'bakup'", "did you mean 'backup'?"),
        ("there is no run and no job '7k3m2q'", None),
    ]

    actual = []
    for target in (run_id(key.run), "backup", "bakup", "7k3m2q"):
        with pytest.raises((NotNowError, NoSuchRunError)) as caught:
            offline.operations().cancel(target, "ann", None)
        actual.append((str(caught.value), getattr(caught.value, "hint", None)))

    assert (expected, []) == (actual, offline.told())


def test_jobs_are_paused_and_go_on(offline: Offline) -> None:
    operations = offline.operations()
    until = NOW + timedelta(hours=1)

    paused = operations.pause(["report", "backup"], "ann", until, "no disk")
    pauses = offline.store.pauses()
    resumed = [operations.resume(["backup", "old"], "bob"), operations.resume([], "bob")]

    assert ["report", "backup"] == paused
    assert Pause("backup", "ann", NOW, until, "no disk") == pauses["backup"]
    assert [["backup"], ["report"]] == resumed
    assert {} == offline.store.pauses()
    assert [
        "ann pause report: no disk",
        "ann pause backup: no disk",
        "bob resume backup",
        "bob resume report",
    ] == offline.told()


def test_all_are_paused_where_none_is_named(offline: Offline) -> None:
    actual = offline.operations().pause([], "ann", None, None)

    assert ["backup", "report", "old"] == actual == sorted(offline.store.pauses(), key=actual.index)


def test_a_job_that_is_gone_from_the_file_can_go_on(offline: Offline) -> None:
    offline.store.pause([Pause("gone", "bob", NOW)])

    actual = offline.operations().resume(["gone"], "ann")

    assert ["gone"] == actual


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_of_several_jobs_one_unknown_is_enough(offline: Offline, verb: str) -> None:
    operations = offline.operations()
    ask: Callable[[], list[str]] = {
        "pause": lambda: operations.pause(["backup", "reprot"], "ann", None, None),
        "resume": lambda: operations.resume(["backup", "reprot"], "ann"),
    }[verb]

    with pytest.raises(UnknownJobError, match="did you mean 'report'"):
        ask()

    assert ({}, []) == (offline.store.pauses(), offline.told())


def test_the_next_runner_takes_over(offline: Offline) -> None:
    operations = offline.operations()
    operations.trigger("backup", "ann", {}, force=False)
    operations.close()

    first_of_boot = offline.store.begin(Holder(3, "here", "boot-2", "0"), NOW)

    assert (True, 1) == (first_of_boot, len(offline.store.waiting()))
