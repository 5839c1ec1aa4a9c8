"""A runner at work: what it starts, what it says, what the history tells afterwards."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest

from running import Sched, alive, pass_time, seconds_covered, soon

pytestmark = pytest.mark.system


def test_the_jobs_run_and_the_history_tells(sched: Sched) -> None:
    fire = soon()
    sched.write(f"jobs: {{a: {{command: echo hello, clock: {{dates: ['{fire:%F %T}']}}}}}}")
    expected = [("a", fire.isoformat(), "succeeded", 0, 1)]

    runner = sched.run()
    runner.until("run succeeded", job="a")
    runner.stop()

    keys = ("job", "fire_time", "state", "exit_code", "attempts")
    actual = [tuple(run[key] for key in keys) for run in sched.history()]
    assert expected == actual


def test_what_a_job_writes_is_in_its_file(sched: Sched) -> None:
    fire = soon()
    command = "echo out; echo err >&2"
    sched.write(f"jobs: {{a: {{command: {command}, clock: {{dates: ['{fire:%F %T}']}}}}}}")

    runner = sched.run()
    runner.until("run succeeded", job="a")
    runner.stop()

    (run,) = sched.history()
    with open(run["output"], encoding="utf-8") as output:  # noqa: PTH123
        assert output.read() == "out\nerr\n"


def test_a_failing_job_is_retried_and_its_last_line_is_the_reason(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: echo out of luck; echo; exit 3
    clock: {{dates: ['{soon():%F %T}']}}
    retry: {{max_retries: 1, delay: 100ms}}
""")
    expected = ("failed", "out of luck", 2, 3)

    runner = sched.run()
    runner.until("attempt failed", job="a")
    runner.until("run failed", job="a")
    runner.stop()

    (run,) = sched.history()
    actual = run["state"], run["reason"], run["attempts"], run["exit_code"]
    assert expected == actual


def test_for_ends_by_itself_with_a_summary(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: 'true', clock: {{dates: ['{soon():%F %T}']}}}}}}")
    expected = (0, "1 run: 1 succeeded\n")

    code, stdout = sched.run("--for", "3s").end()

    actual = code, stdout.partition(", ")[2]
    assert expected == actual


def test_only_the_named_job_runs(sched: Sched) -> None:
    sched.write("""
jobs:
  a: {command: 'true', clock: every 1s}
  b: {command: 'true', clock: every 1s}
""")

    runner = sched.run("--only", "b")
    runner.until("run succeeded")
    runner.until("run succeeded")
    runner.stop()

    assert {run["job"] for run in sched.history()} == {"b"}


def test_a_dry_run_starts_nothing_and_leaves_nothing_behind(sched: Sched) -> None:
    sched.write("jobs: {a: {command: echo x >> marks, clock: every 1s}}")

    answer = sched("run", "--dry-run", "--for", "3s")

    assert (answer.returncode, answer.stderr, len(answer.stdout.splitlines())) == (0, "", 4)
    assert (sched.marks(), sched.state.exists()) == ([], False)


def test_a_timeout_ends_the_whole_tree(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: |
      setsid sh -c 'trap "" TERM; echo $$ > words; while :; do sleep 1000; done' &
      echo $$ > words
      sleep 1000
    clock: {{dates: ['{soon():%F %T}']}}
    timeout: 500ms
    kill_grace: 500ms
""")

    runner = sched.run()
    pids = [int(sched.word()), int(sched.word())]
    runner.until("run timed out", job="a")

    actual = [alive(pid) for pid in pids]
    runner.stop()
    (run,) = sched.history()
    assert ([False, False], "timed_out", "timeout: it ran for 500ms") == (
        actual,
        run["state"],
        run["reason"],
    )


def test_a_runner_that_was_stopped_over_due_times_records_each_of_them(sched: Sched) -> None:
    sched.write("""
jobs:
  a: {command: 'true', clock: every 1s, grace: 1s, catchup: none}
""")

    runner = sched.run()
    runner.until("run succeeded")
    runner.send(signal.SIGSTOP)
    pass_time(timedelta(seconds=4))
    runner.send(signal.SIGCONT)
    runner.until("run missed")
    runner.until("run succeeded")
    runner.stop()

    runs = sched.history()
    recorded = sum(run["count"] for run in runs)
    assert seconds_covered(runs) == recorded


def test_sixty_jobs_due_at_one_instant_are_each_recorded_once(sched: Sched) -> None:
    fire = soon()
    jobs = "".join(
        f"  j{number}: {{command: echo $SCHED_JOB >> marks, clock: {{dates: ['{fire:%F %T}']}}}}\n"
        for number in range(60)
    )
    sched.write(f"jobs:\n{jobs}")
    expected = sorted(f"j{number}" for number in range(60))

    runner = sched.run()
    for _ in range(60):
        runner.until("run succeeded")
    runner.stop()

    assert expected == sorted(run["job"] for run in sched.history())
    assert expected == sorted(sched.marks())


def test_a_job_named_as_a_path_stays_inside_the_state_directory(sched: Sched) -> None:
    sched.write(f"jobs: {{../../x: {{command: echo x, clock: {{dates: ['{soon():%F %T}']}}}}}}")

    runner = sched.run()
    runner.until("run succeeded", job="../../x")
    runner.stop()

    (run,) = sched.history("../../x")
    found = [os.path.realpath(run["output"])]
    assert [path for path in found if path.startswith(f"{sched.state}/output/")] == found


def test_the_history_answers_while_the_runner_writes(sched: Sched) -> None:
    jobs = "".join(f"  j{number}: {{command: 'true', clock: every 1s}}\n" for number in range(20))
    sched.write(f"jobs:\n{jobs}")

    runner = sched.run()
    runner.until("run succeeded")
    answers = [sched("history", "--json") for _ in range(4)]
    runner.stop()

    assert [(answer.returncode, answer.stderr) for answer in answers] == [(0, "")] * 4


def test_a_job_gets_none_of_the_runners_descriptors_and_an_empty_stdin(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    command: [/bin/sh, -c, 'ls /proc/self/fd | wc -w > words; readlink /proc/self/fd/0 > words']
    clock: {{dates: ['{soon():%F %T}']}}
""")

    runner = sched.run()
    words = [sched.word(), sched.word()]
    runner.stop()

    assert words == ["4", "/dev/null"]  # 0, 1, 2 and the directory that ls reads
