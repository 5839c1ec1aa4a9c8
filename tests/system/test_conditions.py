"""What a run waits for and asks, with real processes: through kills of the runner, once each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from running import Sched, alive, gone

pytestmark = pytest.mark.system


def _notes(sched: Sched) -> list[tuple[str, str | None, int]]:
    return [(run["state"], run["reason"], run["attempts"]) for run in sched.history()]


def _pid(runner_said: dict[str, object]) -> int:
    pid = runner_said["pid"]
    assert isinstance(pid, int)
    return pid


def test_a_run_that_waits_outlives_its_runner_and_starts_once(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_ATTEMPT >> marks
    clock: {startup: boot}
    wait_for: {path: ready, every: 100ms, until: 1m}
    only_if: echo asked-$SCHED_ATTEMPT >> marks
""")
    first = sched.run()
    gate = _pid(first.until("condition asked", job="a", condition="path ready"))
    first.kill()
    assert alive(gate)

    second = sched.run()
    second.until("run adopted", job="a")
    waits = _notes(sched)
    (sched.directory / "ready").touch()
    second.until("run succeeded", job="a")
    second.stop()

    assert [("queued", "waits for path ready", 0)] == waits
    assert [("succeeded", None, 1)] == _notes(sched)
    assert ["asked-0", "1"] == sched.marks()


def test_what_comes_while_no_runner_is_up_lets_a_run_start_with_the_next(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo x >> marks
    clock: {startup: boot}
    wait_for: {path: ready, every: 100ms}
""")
    first = sched.run()
    gate = _pid(first.until("condition asked", job="a"))
    first.kill()
    (sched.directory / "ready").touch()
    assert gone(gate)

    second = sched.run()
    second.until("run succeeded", job="a")
    second.stop()

    assert (["x"], [("succeeded", None, 1)]) == (sched.marks(), _notes(sched))


def test_a_run_that_waits_and_is_cancelled_leaves_nothing_behind(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo x >> marks
    clock: {startup: boot}
    wait_for: {command: "echo $$ > words; exec sleep 60", until: 1m}
""")
    runner = sched.run()
    looks = int(sched.word())

    answer = sched("cancel", "a")

    assert not answer.returncode
    assert gone(looks)
    sched.until_over()
    runner.stop()
    ((state, reason, attempts),) = _notes(sched)
    assert ("cancelled", True, 0) == (state, str(reason).startswith("cancelled by "), attempts)
    assert [] == sched.marks()


def test_a_run_is_skipped_and_missed_with_reasons(sched: Sched) -> None:
    sched.write("""
defaults: {command: echo x >> marks, clock: {startup: boot}}
jobs:
  asks: {command: echo x >> marks, only_if: "echo not today; exit 3"}
  cannot: {command: echo x >> marks, only_if: [no-such-program]}
  waits: {command: echo x >> marks, wait_for: {host: "127.0.0.1:1", until: 300ms, every: 100ms}}
""")
    runner = sched.run()
    runner.until("run missed", job="waits")
    sched.until_over()
    runner.stop()

    actual = {run["job"]: f"{run['state']}: {run['reason']}" for run in sched.history()}
    cannot = "cannot be started: program no-such-program: no such file or directory"
    assert {
        "asks": "skipped: only_if: echo not today; exit 3: exit code 3: not today",
        "cannot": f"failed: only_if: {cannot}",
        "waits": "missed: wait_for: host 127.0.0.1:1 was not there within 300ms",
    } == actual
    assert [] == sched.marks()


def test_what_is_asked_has_the_surroundings_of_the_job(sched: Sched) -> None:
    (sched.directory / "below").mkdir()
    sched.write("""
jobs:
  a:
    python: "json:dumps"
    params: {obj: 1}
    clock: {startup: boot}
    env: {WHAT: this}
    working_dir: below
    umask: "027"
    nice: 5
    only_if: echo "$WHAT $SCHED_JOB.$SCHED_ATTEMPT $(umask) $(nice) ${PWD##*/} ${SCHED_GATE-unset}"
    wait_for: {path: ../schedules.yaml}
""")
    runner = sched.run()
    runner.until("run succeeded", job="a")
    runner.stop()

    (run,) = sched.history()
    said = sched("logs", run["id"], "--attempt", "0").stdout
    nice = os.nice(0) + 5
    assert [f"this a.0 0027 {nice} below unset"] == said.splitlines()
    assert ("1", 1) == (run["result"], run["attempts"])
    assert not any(Path(sched.state / "output").rglob("*.json"))
