"""kill -9 of the runner: what waits goes on waiting, and then runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from running import Sched, pass_time, soon

pytestmark = pytest.mark.system


def test_a_retry_outlives_its_runner(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_ATTEMPT >> marks; [ $SCHED_ATTEMPT = 2 ]
    clock: {startup: boot}
    retry: {max_retries: 3, delay: 2s}
""")
    first = sched.run()
    first.until("attempt failed", job="a")
    first.kill()

    second = sched.run()
    second.until("run succeeded", job="a")
    second.stop()

    actual = [(run["state"], run["attempts"]) for run in sched.history()]
    assert ([("succeeded", 2)], ["1", "2"]) == (actual, sched.marks())


def test_a_retry_that_came_due_with_no_runner_up_starts_at_once(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_ATTEMPT >> marks; [ $SCHED_ATTEMPT = 2 ]
    clock: {startup: boot}
    retry: {max_retries: 1, delay: 500ms}
""")
    first = sched.run()
    first.until("attempt failed", job="a")
    first.kill()
    pass_time(timedelta(milliseconds=600))

    second = sched.run()
    second.until("run succeeded", job="a")
    second.stop()

    assert ["1", "2"] == sched.marks()


def test_a_pause_outlives_its_runner(sched: Sched) -> None:
    sched.write("jobs: {a: {command: echo x >> marks, clock: every 1s}}")
    first = sched.run()
    assert not sched("pause", "a", "--reason", "moving").returncode
    marks = sched.marks()
    first.kill()

    second = sched.run()
    skipped = second.until("run skipped", job="a")["reason"]
    still = sched.marks()
    assert not sched("resume", "a").returncode
    second.until("run succeeded", job="a")
    second.stop()

    assert (marks, ": moving") == (still, skipped[-8:])


def test_a_run_that_waits_for_an_earlier_one_outlives_its_runner(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_FIRE_TIME >> marks; echo x > words; read go < go
    clock: yearly 01-01 at 00:00
    overlap: queue_all
""")
    first = sched.run()
    assert not sched("trigger", "a").returncode
    sched.word()
    assert not sched("trigger", "a").returncode
    first.kill()

    second = sched.run()
    second.until("run adopted", job="a")
    sched.go()
    sched.word()
    sched.go()
    sched.until_over()
    second.stop()

    runs = sched.history()
    assert ["succeeded"] * 2 == [run["state"] for run in runs]
    assert [run["fire_time"] for run in runs] == sched.marks()


def test_a_triggered_run_that_waits_for_a_slot_outlives_its_runner(sched: Sched) -> None:
    sched.write("""
runner: {max_parallel: 1}
jobs:
  a:
    command: echo x > words; read go < go
    clock: {startup: boot}
  b:
    command: echo $SCHED_TRIGGER >> marks
    clock: yearly 01-01 at 00:00
""")
    first = sched.run()
    sched.word()
    answer = sched("trigger", "b")
    first.kill()

    second = sched.run()
    second.until("run adopted", job="a")
    sched.go()
    second.until("run succeeded", job="b")
    second.stop()

    assert (0, ["manual"]) == (answer.returncode, sched.marks())
    actual = [(run["job"], run["trigger"], run["state"]) for run in sched.history()]
    assert [("a", "schedule", "succeeded"), ("b", "manual", "succeeded")] == actual


def test_what_is_to_be_caught_up_outlives_the_runner_that_decided_it(sched: Sched) -> None:
    first_fire = soon() + timedelta(seconds=1)
    fires = [first_fire + timedelta(seconds=number) for number in range(3)]
    dates = ", ".join(f"'{fire:%F %T}'" for fire in fires)
    sched.write(f"""
jobs:
  a:
    command: echo $SCHED_FIRE_TIME $SCHED_TRIGGER >> marks; echo x > words; read go < go
    clock: {{dates: [{dates}]}}
    grace: 0s
    catchup: all
""")
    expected = [f"{fire.isoformat()} catchup" for fire in fires]
    sched.run().kill()
    pass_time(fires[-1] - datetime.now(UTC))
    decides = sched.run()
    sched.word()
    decides.kill()

    last = sched.run()
    last.until("run adopted", job="a")
    sched.go()
    for _ in range(2):
        sched.word()
        sched.go()
    sched.until_over()
    last.stop()

    runs = sched.history()
    actual = [f"{run['fire_time']} {run['trigger']}" for run in runs]
    assert (expected, expected) == (actual, sched.marks())
    assert {run["state"] for run in runs} == {"succeeded"}
