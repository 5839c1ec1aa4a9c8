"""What people want beside the schedules, of a runner that is killed: later, again, or forgotten."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conversing import conversation
from files import Sched as Terminal
from running import LIMIT, Sched, pass_time, soon

pytestmark = pytest.mark.system

NEVER = "clock: {dates: 2099-01-01 00:00}"
TWENTY = ("--from", "2026-01-01T00:00Z", "--to", "2026-01-20T12:00Z")


def started(sched: Sched, *arguments: str) -> subprocess.Popen[str]:
    """Start a verb."""
    return subprocess.Popen(
        [sys.executable, "-m", "schedkit", *arguments],
        cwd=sched.directory,
        env=sched._env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def most_at_once(runs: list[dict[str, Any]]) -> int:
    """Return how many runs went on at one time at most."""
    spans: list[tuple[str, str]] = [(run["started"], run["ended"]) for run in runs]
    return max(sum(begin <= at < end for begin, end in spans) for at, _ in spans)


# ---- later


def test_a_run_that_is_wanted_later_survives_its_runner_and_runs_once_at_its_time(
    sched: Sched,
) -> None:
    sched.write(f"jobs: {{a: {{command: 'echo $SCHED_TRIGGER $K >> marks', {NEVER}}}}}")
    first = sched.run()
    time = soon() + timedelta(seconds=2)
    run = sched("at", time.isoformat(), "a", "--param", "K=v").stdout.strip()
    first.kill()

    second = sched.run()
    second.until("run succeeded", job="a")
    second.stop()
    third = sched.run()
    third.stop()

    (record,) = sched.history()
    assert (run, "at", "succeeded", time, 1) == (
        record["id"], record["trigger"], record["state"],
        datetime.fromisoformat(record["fire_time"]), record["attempts"],
    )  # fmt: skip
    assert ["at v"] == sched.marks()
    assert 0 <= record["lateness"] < 1


def test_with_no_runner_up_at_its_time_it_starts_late_and_that_shows(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: 'echo x >> marks', {NEVER}, catchup: none}}}}")
    sched("in", "1s", "a")
    pass_time(timedelta(seconds=2))

    runner = sched.run()
    runner.until("run succeeded", job="a")

    (record,) = sched.history()
    assert (["x"], True) == (sched.marks(), record["lateness"] >= 1)


# ---- past fire times


def test_a_backfill_survives_its_runner_and_each_fire_time_runs_once(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_FIRE_TIME $SCHED_TRIGGER >> marks; sleep 0.1
    clock: daily at 02:30
""")
    first = sched.run()
    sched("backfill", "a", *TWENTY, "--yes", "--parallel", "2")
    for _ in range(5):
        first.until("run succeeded", job="a")
    first.kill()

    second = sched.run()
    sched.until_over()
    again = sched("backfill", "a", *TWENTY, "--yes")
    second.stop()

    runs = sched.history()
    times = [f"2026-01-{day:02}T02:30:00+00:00" for day in range(1, 21)]
    assert [f"{time} backfill" for time in times] == sorted(sched.marks())
    assert (times, {"succeeded"}, 2) == (
        sorted(run["fire_time"] for run in runs), {run["state"] for run in runs}, most_at_once(runs)
    )  # fmt: skip
    assert again.stderr.endswith(": 0 to run, 20 left out (succeeded)\n")


def test_who_waits_for_a_backfill_is_told_how_it_went(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: test $(date -d $SCHED_FIRE_TIME +%d) != 03
    clock: daily at 02:30
""")
    sched.run()

    first = sched("backfill", "a", *TWENTY, "--yes", "--wait", "--parallel", "5")
    again = sched("backfill", "a", *TWENTY, "--yes", "--wait", "--json")

    *ids, said = first.stdout.splitlines()
    assert (1, 20, "a: 19 succeeded, 1 failed") == (first.returncode, len(set(ids)), said)
    assert (
        "error: 1 of 20 runs did not succeed\n"
        "  = help: see them with: sched history a --state failed -n 1\n"
    ) == first.stderr.partition("\n")[2]
    (row,) = [row for row in json.loads(again.stdout)["fire_times"] if row["run"] is not None]
    assert (1, "2026-01-03T02:30:00+00:00", "failed", "failed") == (
        again.returncode, row["fire_time"], row["so_far"], row["state"],
    )  # fmt: skip


def test_a_runner_that_is_killed_does_not_end_the_waiting(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'echo x > words; read go < go', clock: daily at 02:30}}")
    first = sched.run()

    bounds = ("--from", "2026-01-01T00:00Z", "--to", "2026-01-02T12:00Z")
    with started(sched, "backfill", "a", *bounds, "--yes", "--wait") as waiter:
        sched.word()
        first.kill()
        sched.run().until("run adopted", job="a")
        sched.go()
        sched.word()
        sched.go()
        stdout, _ = waiter.communicate(timeout=LIMIT)

    assert (0, "a: 2 succeeded") == (waiter.returncode, stdout.splitlines()[-1])


def test_who_interrupts_the_waiting_leaves_the_runs_alone(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'echo x > words; read go < go', clock: daily at 02:30}}")
    runner = sched.run()

    bounds = ("--from", "2026-01-01T00:00Z", "--to", "2026-01-01T12:00Z")
    with started(sched, "backfill", "a", *bounds, "--yes", "--wait") as waiter:
        sched.word()
        waiter.send_signal(signal.SIGINT)
        _, stderr = waiter.communicate(timeout=LIMIT)
    sched.go()
    runner.until("run succeeded", job="a")

    assert (130, "they go on; stop them with: sched cancel a") == (
        waiter.returncode, stderr.splitlines()[-1]
    )  # fmt: skip


def test_on_a_terminal_a_bar_shows_how_far_it_has_come(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: daily at 02:30}}")
    sched.run()
    terminal = Terminal(sched.directory)

    code, shown = conversation(terminal, "backfill", "a", *TWENTY, "--wait", says="y\n")
    plain = conversation(
        terminal, "--color", "never", "backfill", "a", *TWENTY, "--wait", "--force", says="y\n"
    )[1]

    assert 0 == code
    assert shown.endswith("a: 20 succeeded\n")
    coloured = [re.search(r"\x1b\[[39]\d", text) is not None for text in (shown, plain)]
    assert ("20/20" in shown, [True, False]) == (True, coloured)


def test_a_runner_with_another_schedule_is_not_asked_for_this_one(sched: Sched) -> None:
    text = "runner: {reload_on_change: false}\njobs: {a: {command: 'true', clock: daily at 02:30}}"
    sched.write(text)
    sched.run()
    sched.write(text.replace("02:30", "03:30"))

    refused = sched("backfill", "a", *TWENTY, "--yes")
    sched("reload")
    done = sched("backfill", "a", *TWENTY, "--yes")

    said = "error: the runner has another schedule of a loaded"
    hint = "(let it take the file as it is: sched reload)"
    assert (1, f"{said} {hint}") == (refused.returncode, refused.stderr.splitlines()[-1])
    assert (0, 20) == (done.returncode, len(done.stdout.split()))


# ---- the past


def test_the_past_is_forgotten_while_the_runner_is_busy(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a: {{command: 'echo x', clock: every 1s}}
  b: {{command: 'echo begun; echo x > words; read go < go; echo done', {NEVER}}}
""")
    runner = sched.run()
    for _ in range(3):
        runner.until("run succeeded", job="a")
    run = sched("trigger", "b").stdout.strip()
    sched.word()

    answer = sched("prune", "--keep-last", "1", "--yes", "--json")
    sched.go()
    runner.until("run succeeded", job="b")
    runner.until("run succeeded", job="a")
    runner.stop()

    freed = json.loads(answer.stdout)
    files = {path.name for path in (sched.state / "output").rglob("*.log")}
    kept = {Path(record["output"]).name for record in sched.history()}
    assert freed["records"] >= 2
    assert freed["output_bytes"] == 2 * freed["records"]
    assert (kept, "begun\ndone\n") == (files, sched("logs", run).stdout)
