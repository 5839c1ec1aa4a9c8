"""A runner that is asked while it is at work: triggered, cancelled, paused, watched, killed."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from running import LIMIT, Running, Sched, alive, pass_time

pytestmark = pytest.mark.system

ME = pwd.getpwuid(os.getuid()).pw_name
NEVER = "clock: {dates: 2099-01-01 00:00}"
WAITS = "echo begun > words; read go < go; echo done"


def answer(sched: Sched, *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a verb."""
    done = sched(*arguments)
    return done.returncode, done.stdout, done.stderr


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


def only(sched: Sched, *keys: str) -> list[Any]:
    """Return these fields of the one run that there is."""
    (run,) = sched.history()
    return [run[key] for key in keys]


# ---- trigger


def test_a_job_that_is_triggered_runs_at_once(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: 'echo $SCHED_TRIGGER $K > words', {NEVER}}}}}")
    runner = sched.run()

    code, run, said = answer(sched, "trigger", "a", "--param", "K=v")
    word = sched.word()
    runner.until("run succeeded", job="a")

    assert (0, f"a runs; see what it writes: sched logs {run.strip()} -f\n") == (code, said)
    assert "manual v" == word
    assert [run.strip(), "manual", ME, "succeeded"] == only(sched, "id", "trigger", "who", "state")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [("true", 0, "a succeeded after "), ("echo no luck; exit 3", 1, "a failed after ")],
)
def test_who_waits_is_told_how_it_ended(sched: Sched, command: str, code: int, said: str) -> None:
    sched.write(f"jobs: {{a: {{command: {command}, {NEVER}}}}}")
    sched.run()

    actual, stdout, stderr = answer(sched, "trigger", "a", "--wait")

    run, end = stdout.splitlines()
    assert (code, "", only(sched, "id")) == (actual, stderr, [run])
    assert end.startswith(said)
    assert end.endswith(", exit 3: no luck") == bool(code)


def test_who_follows_sees_what_is_written_as_it_is_written(sched: Sched) -> None:
    sched.write(
        f"jobs: {{a: {{command: 'echo one; read go < go; echo two; exit $((SCHED_ATTEMPT % 2))',"
        f" retry: {{max_retries: 1, delay: 10ms}}, {NEVER}}}}}"
    )
    sched.run()

    with started(sched, "trigger", "a", "--follow") as follower:
        assert follower.stdout is not None
        first = follower.stdout.readline()
        sched.go()
        second = follower.stdout.readline()
        third = follower.stdout.readline()
        sched.go()
        stdout, stderr = follower.communicate(timeout=LIMIT)

    run, *rest = stderr.splitlines()
    assert ["one\n", "two\n", "one\n", "two\n"] == [first, second, third, stdout]
    assert (only(sched, "id"), 0) == ([run], follower.returncode)
    assert ["attempt 2 of 2", "a succeeded after "] == [rest[0], rest[1][:18]]


def test_what_would_overlap_is_skipped_unless_it_is_forced(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: '{WAITS}', {NEVER}}}}}")
    sched.run()
    first = sched("trigger", "a").stdout.strip()
    sched.word()

    code, _, said = answer(sched, "trigger", "a")
    forced = sched("trigger", "a", "--force").returncode
    word = sched.word()

    assert (1, 0, "begun") == (code, forced, word)
    assert f"error: a was skipped: overlap: {first} " in said


def test_who_interrupts_the_waiting_leaves_the_run_alone(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: '{WAITS}', {NEVER}}}}}")
    runner = sched.run()

    with started(sched, "trigger", "a", "--wait") as waiter:
        assert waiter.stdout is not None
        run = waiter.stdout.readline().strip()
        sched.word()
        waiter.send_signal(signal.SIGINT)
        _, stderr = waiter.communicate(timeout=LIMIT)
    sched.go()
    runner.until("run succeeded", job="a")

    assert (130, f"\n{run} goes on; stop it with: sched cancel {run}\n") == (
        waiter.returncode,
        stderr,
    )


@pytest.mark.parametrize("option", ["--wait", "--follow"])
def test_a_runner_that_is_killed_does_not_end_the_waiting(sched: Sched, option: str) -> None:
    sched.write(f"jobs: {{a: {{command: '{WAITS}', {NEVER}}}}}")
    runner = sched.run()

    with started(sched, "trigger", "a", option) as waiter:
        sched.word()
        runner.kill()
        second = sched.run()
        second.until("run adopted", job="a")
        sched.go()
        waiter.communicate(timeout=LIMIT)

    assert 0 == waiter.returncode
    assert ["succeeded"] == only(sched, "state")


# ---- cancel


def test_a_run_that_is_cancelled_ends_with_all_it_started(sched: Sched) -> None:
    sched.write(
        f"jobs: {{a: {{command: 'setsid sleep 1000 & echo $! > words; sleep 1000', {NEVER}}}}}"
    )
    runner = sched.run()
    run = sched("trigger", "a").stdout
    pid = int(sched.word())

    code, stdout, _ = answer(sched, "cancel", "a")
    runner.until("run cancelled", job="a")
    runner.stop()

    assert (0, run, False) == (code, stdout, alive(pid))
    assert ["cancelled", f"cancelled by {ME}"] == only(sched, "state", "reason")


def test_a_job_may_be_cancelled_by_another_signal(sched: Sched) -> None:
    command = 'trap "echo hup > words; exit" HUP; echo begun > words; read go < go'
    sched.write(f"jobs: {{a: {{command: '{command}', {NEVER}}}}}")
    runner = sched.run()
    sched("trigger", "a")
    sched.word()

    sched("cancel", "a", "--signal", "HUP")
    word = sched.word()
    runner.until("run cancelled", job="a")

    assert "hup" == word


def test_what_runs_on_without_a_runner_is_stopped_by_the_next(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: 'echo $$ > words; sleep 1000', {NEVER}}}}}")
    runner = sched.run()
    sched("trigger", "a")
    pid = int(sched.word())
    sched.until_started("a")
    runner.kill()

    code, _, said = answer(sched, "cancel", "a")
    before = alive(pid)
    sched.run().until("run cancelled", job="a")

    assert (0, "no runner is up: what waited is over, what runs the next one stops\n") == (
        code,
        said,
    )
    assert (True, False) == (before, alive(pid))
    assert [f"cancelled by {ME}"] == only(sched, "reason")


# ---- pause and resume


def test_a_paused_job_is_skipped_until_it_is_resumed(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")
    runner = sched.run()
    sched("pause", "a", "--reason", "no disk")
    runner.until("run skipped", job="a", reason=f"paused by {ME}: no disk")

    sched("resume", "a")
    runner.until("run succeeded", job="a")

    assert runner.process.poll() is None


def test_a_pause_outlives_the_runner(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")
    runner = sched.run()
    sched("pause", "--all")
    runner.kill()

    second = sched.run()
    second.until("run skipped", job="a", reason=f"paused by {ME}")

    code, _, said = answer(sched, "trigger", "a")
    assert (1, f"error: a is paused by {ME} (run it all the same: --force)\n") == (code, said)


def test_what_was_asked_for_without_a_runner_is_done_by_the_next(sched: Sched) -> None:
    sched.write(
        f"jobs: {{a: {{command: 'echo $SCHED_TRIGGER > words', {NEVER}}},"
        " b: {command: 'true', clock: every 1s}}"
    )
    run = sched("trigger", "a").stdout.strip()
    sched("pause", "b")

    runner = sched.run()
    word = sched.word()
    runner.until("run succeeded", job="a")
    runner.until("run skipped", job="b")

    (triggered,) = sched.history("a")
    assert ("manual", run, ME) == (word, triggered["id"], triggered["who"])


# ---- reload and status


def test_a_reload_tells_what_changed(sched: Sched) -> None:
    sched.write(f"runner: {{reload_on_change: false}}\njobs: {{a: {{command: x, {NEVER}}}}}")
    sched.run()
    sched.write(
        "runner: {reload_on_change: false}\n"
        f"jobs: {{a: {{command: x, clock: every 1h}}, b: {{command: x, {NEVER}}}}}"
    )

    code, stdout, said = answer(sched, "reload")
    again = answer(sched, "reload")

    changes = {(row[0], row[1]) for row in map(str.split, stdout.splitlines()[1:])}
    assert (0, {("a", "changed"), ("b", "new")}) == (code, changes)
    assert said.startswith("1 new, 1 changed; ")
    assert (0, 1) == (again[0], len(again[1].splitlines())), "a header alone"
    assert again[2].startswith("no job fires otherwise than before; loaded ")


def test_a_broken_file_is_told_by_reload_and_by_status(sched: Sched) -> None:
    sched.write(f"runner: {{reload_on_change: false}}\njobs: {{a: {{command: x, {NEVER}}}}}")
    sched.run()
    sched.write("jobs: [")

    code, stdout, said = answer(sched, "reload")
    checked = answer(sched, "status", "--check")

    assert (78, "") == (code, stdout)
    assert said.startswith("schedules.yaml:2:1: error: ")
    assert 1 == checked[0]
    assert checked[1].startswith("the files are broken, the last good schedule goes on: ")


def test_a_runner_at_work_is_well(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: '{WAITS}', {NEVER}}}}}")
    sched.run()
    run = sched("trigger", "a").stdout.strip()
    sched.word()

    code, line, _ = answer(sched, "status", "--check")
    rows = [row.partition("\t") for row in sched("status").stdout.splitlines()[1:]]

    assert (0, "all is well: 1 job, next a in ") == (code, line[:30])
    assert ["runner", "jobs", "running", "next"] == [name for name, _, _ in rows]
    assert rows[2][2].startswith(f"a {run}, since ")


def test_a_job_that_failed_last_is_not_well_until_it_succeeds(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: 'test -e fixed', {NEVER}}}}}")
    sched.run()
    sched("trigger", "a", "--wait")
    failed = sched("status", "--check").returncode
    (sched.directory / "fixed").touch()
    sched("trigger", "a", "--wait")

    assert (1, 0) == (failed, sched("status", "--check").returncode)


# ---- logs


def test_logs_follow_a_run_to_its_end(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: 'echo one; {WAITS}', {NEVER}}}}}")
    sched.run()
    sched("trigger", "a")
    sched.word()

    with started(sched, "logs", "a", "-f") as follower:
        assert follower.stdout is not None
        first = follower.stdout.readline()
        sched.go()
        stdout, stderr = follower.communicate(timeout=LIMIT)

    assert ("one\n", "done\n", "", 0) == (first, stdout, stderr, follower.returncode)


def test_logs_tell_what_was_dropped_of_a_flood(sched: Sched) -> None:
    command = "echo first; seq 1 400000; echo last"
    sched.write(f"jobs: {{a: {{command: {command}, output: {{max_size: 100 KB}}, {NEVER}}}}}")
    sched.run()
    sched("trigger", "a", "--wait")

    lines = sched("logs", "a").stdout.splitlines()

    (dropped,) = [line for line in lines if line.startswith("...")]
    assert ("first", "last") == (lines[0], lines[-1])
    assert only(sched, "dropped_bytes") == [int(dropped.split()[1])]


# ---- bad company


def test_garbage_on_the_socket_disturbs_nobody(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")
    runner = sched.run()
    talkers = []
    for data in (b"", b"\0" * 100, b"x" * 200_000, b"[" * 50_000 + b"\n", b'{"v": 1', b"\n" * 9):
        talker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        talker.connect(str(sched.state / "control"))
        talker.setblocking(False)
        talker.send(data)
        talkers.append(talker)

    runner.until("run succeeded", job="a")
    runner.until("run succeeded", job="a")
    code = sched("status", "--check").returncode

    for talker in talkers:
        talker.close()
    assert 0 == code


def test_a_runner_that_is_stopped_is_said_to_be_silent_and_does_nothing_later(
    sched: Sched,
) -> None:
    sched.write(f"jobs: {{a: {{command: 'true', {NEVER}}}}}")
    runner = sched.run()
    runner.send(signal.SIGSTOP)

    actual = answer(sched, "trigger", "a"), answer(sched, "status", "--check")
    runner.send(signal.SIGCONT)
    healthy = sched("status", "--check").returncode

    silent = "the runner does not answer: it is stopped, or its machine is overloaded\n"
    assert ((75, "", f"error: {silent}"), (1, silent, "")) == actual
    assert (0, []) == (healthy, sched.history())


def test_nobody_waits_for_a_wake_up_that_is_for_nothing(sched: Sched) -> None:
    """A connection that sends nothing does not make the loop turn."""
    sched.write(f"jobs: {{a: {{command: x, {NEVER}}}}}")
    runner = sched.run()
    sched("status")
    talker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    talker.connect(str(sched.state / "control"))
    pass_time(timedelta(milliseconds=300))
    before = _switches(runner)

    pass_time(timedelta(seconds=1))

    after = _switches(runner)
    talker.close()
    assert before == after


def _switches(runner: Running) -> str:
    """Return how often the runner has gone to sleep since it was started."""
    with open(f"/proc/{runner.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123
        return next(line for line in status if line.startswith("voluntary_ctxt_switches"))


def test_the_socket_is_gone_with_the_runner(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: x, {NEVER}}}}}")
    runner = sched.run()
    mode = (sched.state / "control").stat().st_mode & 0o777

    runner.stop()

    assert (0o600, False) == (mode, (sched.state / "control").exists())
