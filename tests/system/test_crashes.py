"""kill -9 of the runner: nothing runs twice, nothing is without a record."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from running import Sched, alive, seconds_between, soon

pytestmark = pytest.mark.system


def test_no_fire_time_runs_twice_and_none_is_without_a_record(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_FIRE_TIME >> marks
    clock: every 1s
    grace: 1s
""")

    for _ in range(3):
        runner = sched.run()
        runner.until("run started")
        runner.until("run started")
        runner.kill()
    runner = sched.run()
    runner.until("run succeeded")
    runner.stop()

    runs = sched.history()
    started = [run["fire_time"] for run in runs if run["state"] not in ("missed", "skipped")]
    assert Counter(started) == Counter(sched.marks())
    recorded = sum(run["count"] for run in runs)
    assert seconds_between(runs[0]["fire_time"], runs[-1]["fire_time"]) == recorded


def test_a_job_that_outlives_its_runner_is_adopted_and_started_once(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_FIRE_TIME >> marks; echo $$ > words; read go < go
    clock: every 2s
    catchup: none
""")
    first = sched.run()
    sched.word()
    (mark,) = sched.marks()
    sched.until_started("a")
    first.kill()

    second = sched.run()
    adopted = second.until("run adopted", job="a")["run"]
    skipped = second.until("run skipped", job="a")["reason"]
    sched.go()
    lost = second.until("run lost", job="a")["run"]
    second.send(signal.SIGQUIT)
    second.end()

    assert (adopted, f"overlap: {adopted} still running") == (lost, skipped)
    assert sched.marks().count(mark) == 1
    run = sched.history()[0]
    assert ("lost", mark, "it ended unseen, after its runner was killed") == (
        run["state"],
        run["fire_time"],
        run["reason"],
    )


def test_a_job_that_ended_with_nobody_watching_is_lost(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: echo $$ > words; read go < go; echo over > words
    clock: {{dates: ['{soon():%F %T}']}}
""")
    first = sched.run()
    sched.word()
    sched.until_started("a")
    first.kill()
    sched.go()
    sched.word()

    second = sched.run()
    second.until("run lost", job="a")
    second.stop()

    assert [(run["job"], run["state"]) for run in sched.history()] == [("a", "lost")]


def test_a_job_that_kills_its_runner_has_one_start_and_one_record(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: echo x >> marks; kill -9 $PPID; echo over > words
    clock: {{dates: ['{soon():%F %T}']}}
""")
    sched.run()
    sched.word()

    second = sched.run()
    second.until("run lost", job="a")
    second.stop()

    actual = [(run["job"], run["state"], run["attempts"]) for run in sched.history()]
    assert ([("a", "lost", 1)], ["x"]) == (actual, sched.marks())


def test_a_job_whose_start_was_not_recorded_is_watched_all_the_same(sched: Sched) -> None:
    """The first of many kills the runner while that starts the others: it is alive, and seen."""
    fire = soon()
    others = "".join(
        f"  b{number}: {{command: 'true', clock: {{dates: ['{fire:%F %T}']}}}}\n"
        for number in range(20)
    )
    sched.write(f"""
jobs:
  a:
    command: echo x >> marks; kill -9 $PPID; echo $$ > words; read go < go
    clock: {{every: 3s, anchor: '{fire:%F %T}'}}
    catchup: none
{others}
""")
    sched.run()
    sched.word()

    second = sched.run()
    skipped = second.until("run skipped", job="a")["reason"]
    second.send(signal.SIGQUIT)

    assert (skipped[-13:], sched.marks()) == ("still running", ["x"])


def test_a_timeout_of_an_adopted_job_counts_from_its_real_start(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: echo $$ > words; sleep 1000
    clock: {{dates: ['{soon():%F %T}']}}
    timeout: 2s
    kill_grace: 200ms
""")
    first = sched.run()
    pid = int(sched.word())
    sched.until_started("a")
    first.kill()

    second = sched.run()
    second.until("run timed out", job="a")
    second.stop()

    (run,) = sched.history()
    assert (False, "timed_out") == (alive(pid), run["state"])
    assert 1.9 <= run["duration"] < 4


def test_ending_one_adopted_job_leaves_the_other_ones_alone(sched: Sched) -> None:
    """All of them are orphans in the session of the runner that died."""
    fire = soon()
    sched.write(f"""
jobs:
  ends:
    command: echo $$ > words; sleep 1000; true
    clock: {{dates: ['{fire:%F %T}']}}
    timeout: 3s
    kill_grace: 200ms
  stays:
    command: echo $$ >> marks; echo x > words; read go < go
    clock: {{dates: ['{fire:%F %T}']}}
""")
    first = sched.run()
    sched.word()
    sched.word()
    sched.until_started("ends")
    sched.until_started("stays")
    first.kill()

    second = sched.run()
    second.until("run timed out", job="ends")

    (pid,) = map(int, sched.marks())
    actual = alive(pid)
    second.send(signal.SIGQUIT)
    assert actual


def test_a_retry_outlives_its_runner(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: echo $SCHED_ATTEMPT >> marks; [ $SCHED_ATTEMPT = 2 ]
    clock: {{dates: ['{soon():%F %T}']}}
    retry: {{max_retries: 3, delay: 1s}}
""")
    first = sched.run()
    first.until("attempt failed", job="a")
    first.send(signal.SIGQUIT)
    first.end()

    second = sched.run()
    second.until("run succeeded", job="a")
    second.stop()

    actual = [(run["state"], run["attempts"]) for run in sched.history()]
    assert ([("succeeded", 2)], ["1", "2"]) == (actual, sched.marks())
