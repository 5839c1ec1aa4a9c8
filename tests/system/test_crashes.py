"""kill -9 of the runner: what runs goes on, nothing runs twice, every exit status is kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from running import Sched, alive, gone

pytestmark = pytest.mark.system

_KILLS_ITS_RUNNER = "read -r pid name state runner rest < /proc/$PPID/stat; kill -9 $runner"


def test_a_job_that_outlives_its_runner_is_adopted_and_its_exit_status_is_kept(
    sched: Sched,
) -> None:
    sched.write("""
jobs:
  a:
    command: echo $SCHED_FIRE_TIME >> marks; echo $$ > words; read go < go; exit 3
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
    failed = second.until("run failed", job="a")["run"]
    second.send(signal.SIGQUIT)
    second.end()

    assert (adopted, f"overlap: {adopted} still running") == (failed, skipped)
    assert sched.marks().count(mark) == 1
    run = sched.history()[0]
    assert ("failed", mark, 3) == (run["state"], run["fire_time"], run["exit_code"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT], ids=["SIGKILL", "SIGQUIT"])
def test_the_exit_status_of_a_job_that_ended_with_no_runner_up_is_kept(
    sched: Sched, number: signal.Signals
) -> None:
    sched.write("""
jobs:
  a:
    command: echo $$ > words; read go < go; exit 3
    clock: {startup: boot}
""")
    first = sched.run()
    pid = int(sched.word())
    first.send(number)
    first.end()
    sched.go()
    assert gone(pid)

    second = sched.run()
    second.until("run failed", job="a", exit=3)
    second.stop()

    actual = [(run["state"], run["exit_code"], run["attempts"]) for run in sched.history()]
    assert [("failed", 3, 1)] == actual


def test_the_signal_that_ended_a_job_with_no_runner_up_is_kept(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $$ > words; sleep 1000; true
    clock: {startup: boot}
""")
    first = sched.run()
    pid = int(sched.word())
    first.kill()
    os.kill(pid, signal.SIGUSR1)
    assert gone(pid)

    second = sched.run()
    second.until("run failed", job="a")
    second.stop()

    actual = [(run["state"], run["signal"], run["reason"]) for run in sched.history()]
    assert [("failed", "SIGUSR1", "killed by SIGUSR1")] == actual


def test_what_a_job_writes_before_and_after_the_kill_is_in_one_file(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo before; echo x > words; read go < go; echo between; read go < go; echo after
    clock: {startup: boot}
""")
    first = sched.run()
    sched.word()
    first.kill()
    sched.go()

    second = sched.run()
    second.until("run adopted", job="a")
    sched.go()
    second.until("run succeeded", job="a")
    second.stop()

    (run,) = sched.history()
    assert Path(run["output"]).read_text(encoding="utf-8") == "before\nbetween\nafter\n"


def test_a_job_that_kills_its_runner_has_one_start_and_its_exit_status(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: echo x >> marks; {_KILLS_ITS_RUNNER}; echo over > words; exit 3
    clock: {{startup: boot}}
""")
    first = sched.run()
    sched.word()
    first.end()

    second = sched.run()
    second.until("run failed", job="a", exit=3)
    second.stop()

    actual = [(run["job"], run["state"], run["attempts"]) for run in sched.history()]
    assert ([("a", "failed", 1)], ["x"]) == (actual, sched.marks())


def test_a_job_whose_start_was_not_recorded_is_watched_all_the_same(sched: Sched) -> None:
    """The first of many kills the runner while that starts the others: it is alive, and seen."""
    others = "".join(
        f"  b{number}: {{command: 'true', clock: {{startup: boot}}}}\n" for number in range(20)
    )
    sched.write(f"""
jobs:
  a:
    command: echo x >> marks; {_KILLS_ITS_RUNNER}; echo $$ > words; read go < go
    clock: [startup: boot, every 3s]
    catchup: none
{others}
""")
    sched.run()
    sched.word()

    second = sched.run()
    skipped = second.until("run skipped", job="a")["reason"]
    second.send(signal.SIGQUIT)
    second.end()

    states = {run["state"] for run in sched.history() if run["job"] != "a"}
    assert (skipped[-13:], ["x"], {"succeeded"}) == ("still running", sched.marks(), states)


def test_a_timeout_of_an_adopted_job_counts_from_its_real_start(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $$ > words; sleep 1000
    clock: {startup: boot}
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
    """All of them have the same keeper, and may have the same session."""
    sched.write("""
jobs:
  ends:
    command: echo $$ > words; sleep 1000; true
    clock: {startup: boot}
    timeout: 3s
    kill_grace: 200ms
  stays:
    command: echo $$ >> marks; echo x > words; read go < go
    clock: {startup: boot}
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


def test_an_adopted_job_can_be_cancelled_with_all_it_started(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: |
      setsid sh -c 'trap "" TERM; echo $$ > words; while :; do sleep 1000; done' &
      echo $$ > words
      sleep 1000
    clock: {startup: boot}
    kill_grace: 200ms
""")
    first = sched.run()
    pids = [int(sched.word()), int(sched.word())]
    first.kill()

    second = sched.run()
    second.until("run adopted", job="a")
    answer = sched("cancel", "a")
    second.until("run cancelled", job="a")
    alive_still = [pid for pid in pids if alive(pid)]
    second.stop()

    actual = [run["state"] for run in sched.history()]
    assert (0, [], ["cancelled"]) == (answer.returncode, alive_still, actual)


def test_a_drain_waits_for_adopted_jobs_too(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $$ > words; read go < go; exit 3
    clock: {startup: boot}
""")
    first = sched.run()
    sched.word()
    first.kill()

    second = sched.run()
    second.until("run adopted", job="a")
    second.send(signal.SIGTERM)
    second.until("runner stopping", running=1)
    sched.go()
    code, _ = second.end()

    actual = [(run["state"], run["exit_code"]) for run in sched.history()]
    assert (0, [("failed", 3)]) == (code, actual)
