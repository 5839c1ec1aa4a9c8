"""SIGHUP: the file is read again while everything goes on."""

from __future__ import annotations

import json
import signal

import pytest

from running import Sched

pytestmark = pytest.mark.system


def test_a_broken_file_is_reported_and_the_last_good_one_goes_on(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")

    runner = sched.run()
    runner.until("run succeeded", job="a")
    sched.write("jobs: {a: {command: 'true', clock: evry 1s}}")
    runner.send(signal.SIGHUP)
    runner.until("reload failed")
    runner.until("run started", job="a")
    code, _ = runner.stop()

    assert code == 0


def test_a_good_file_is_taken(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")

    runner = sched.run()
    runner.until("run succeeded", job="a")
    sched.write("jobs: {b: {command: 'true', clock: every 1s}}")
    runner.send(signal.SIGHUP)
    runner.until("schedule loaded", why="reload")
    runner.until("run succeeded", job="b")
    said = len(runner.said)
    runner.until("run succeeded", job="b")
    code, _ = runner.stop()

    assert (0, []) == (code, [line for line in runner.said[said:] if line.get("job") == "a"])


def test_a_file_that_is_written_while_another_is_read_is_taken_as_well(sched: Sched) -> None:
    """The second SIGHUP comes while the first is at work; what it is about must not be lost."""
    sched.write("jobs: {a: {command: 'true', clock: daily at 00:00}}")

    runner = sched.run()
    runner.send(signal.SIGHUP)
    for number in range(8):  # one of them falls after the file was read and before it was taken
        sched.write(f"jobs: {{b{number}: {{command: 'true', clock: every 1s}}}}")
        runner.send(signal.SIGHUP)
    runner.until("run started", job="b7")
    code, _ = runner.stop()

    assert code == 0


def test_a_job_that_is_gone_from_the_file_and_then_fails_leaves_the_runner_alone(
    sched: Sched,
) -> None:
    sched.write("""
jobs:
  a:
    command: echo $$ > words; read go < go; exit 1
    clock: startup
    retry: {max_retries: 1, delay: 0s}
""")

    runner = sched.run()
    sched.word()
    sched.write("jobs: {b: {command: 'true', clock: every 1s}}")
    runner.send(signal.SIGHUP)
    runner.until("schedule loaded", why="reload")
    sched.go()
    runner.until("run started", job="b")
    runner.until("run started", job="b")
    code, _ = runner.stop()

    actual = [(run["state"], run["attempts"]) for run in sched.history("a")]
    assert (0, [("failed", 1)]) == (code, actual)


LONG = """
jobs:
  a: {{command: echo $$ > words; read go < go, clock: startup, timeout: {timeout}}}
  b: {{command: 'true', clock: daily at {at}}}
runner: {{reload_on_change: false}}
"""


def test_a_reload_answers_what_fires_otherwise_and_what_becomes_of_runs(sched: Sched) -> None:
    sched.write(LONG.format(timeout="1h", at="02:00"))

    runner = sched.run()
    sched.word()
    sched.until_started("a")
    (run,) = (one["id"] for one in sched.history("a"))
    sched.write(LONG.format(timeout="2h", at="03:00"))
    answer = sched("reload", "--json")
    again = sched("reload", "--json")
    sched.go()
    sched.until_over([run])
    runner.stop()

    first, second = json.loads(answer.stdout)["jobs"]
    effect = "goes on with the timeout it began with"
    assert first["runs"] == [{"run": run, "state": "running", "effect": effect}]
    assert first["keys"] == [{"key": "timeout", "before": "1h", "after": "2h"}]
    assert [time[11:] for time in second["fires"]["added"]] == ["03:00:00+00:00"] * 7
    assert [time[11:] for time in second["fires"]["dropped"]] == ["02:00:00+00:00"] * 7
    assert json.loads(again.stdout)["jobs"] == []


def test_a_dry_run_of_a_reload_changes_nothing(sched: Sched) -> None:
    sched.write(LONG.format(timeout="1h", at="02:00"))

    runner = sched.run()
    sched.word()
    sched.write(LONG.format(timeout="2h", at="03:00"))
    dry = [sched("reload", "--dry-run").stdout, sched("plan").stdout]
    status = json.loads(sched("status", "--json").stdout)
    loaded = sched("reload").stdout
    sched.go()
    runner.stop()

    assert dry[0] == dry[1] == loaded
    assert status["runner"]["next"]["fire_time"].endswith("T02:00:00+00:00")
    assert [line["why"] for line in runner.said if line["message"] == "schedule loaded"] == [
        "start",
        "reload",
    ]
