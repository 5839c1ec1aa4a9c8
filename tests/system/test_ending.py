"""How a runner ends: drained, at once, or not even started."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from running import Sched, alive, without

pytestmark = pytest.mark.system

_WAITS = "echo $$ > words; read go < go"


def _waiting(sched: Sched, more: str = "") -> None:
    """Write a file with a job that says its pid and then waits for the test, once."""
    sched.write(f"""
{more}
jobs:
  a:
    command: {_WAITS}
    clock: startup boot
    kill_grace: 200ms
""")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"]
)
def test_a_signal_lets_what_runs_come_to_its_end(
    sched: Sched, number: signal.Signals, code: int
) -> None:
    _waiting(sched)

    runner = sched.run()
    sched.word()
    runner.send(number)
    runner.until("runner stopping", running=1)
    sched.go()
    actual, _ = runner.end()

    (run,) = sched.history()
    assert (code, "succeeded") == (actual, run["state"])


def test_what_is_not_done_when_the_drain_time_is_over_is_ended(sched: Sched) -> None:
    _waiting(sched, "runner: {drain_timeout: 200ms}")

    runner = sched.run()
    pid = int(sched.word())
    code, _ = runner.stop()

    (run,) = sched.history()
    assert (0, False, "cancelled", "the runner was stopped") == (
        code,
        alive(pid),
        run["state"],
        run["reason"],
    )


def test_what_is_ended_by_a_stop_is_ended_with_all_that_it_started(sched: Sched) -> None:
    sched.write("""
runner: {drain_timeout: 100ms}
jobs:
  a:
    clock: startup
    kill_grace: 200ms
    command: |
      trap '' TERM
      setsid sh -c 'trap "" TERM; echo $$ > words; while :; do sleep 1000; done' &
      ( ( setsid sh -c 'trap "" TERM; echo $$ > words; sleep 1000; :' & ) & )
      echo $$ > words
      while :; do sleep 1000; done
""")

    runner = sched.run()
    pids = [int(sched.word()) for _ in range(3)]
    code, _ = runner.stop()

    (run,) = sched.history()
    assert (0, "cancelled", []) == (code, run["state"], [pid for pid in pids if alive(pid)])


def test_a_job_is_asked_to_end_by_the_signal_that_it_wants(sched: Sched) -> None:
    sched.write("""
runner: {drain_timeout: 100ms}
jobs:
  a:
    clock: startup
    stop_signal: USR1
    command: |
      trap 'echo in good order; exit 7' USR1
      echo x > words
      while :; do sleep 0.05; done
""")

    runner = sched.run()
    sched.word()
    code, _ = runner.stop()

    (run,) = sched.history()
    # The shell may say of its `sleep`, too, which signal ended it.
    said = Path(run["output"]).read_text(encoding="utf-8").splitlines()[-1]
    assert (0, "cancelled", 7, "in good order") == (code, run["state"], run["exit_code"], said)


def test_a_second_interrupt_leaves_at_once_and_the_job_goes_on(sched: Sched) -> None:
    _waiting(sched)

    runner = sched.run()
    pid = int(sched.word())
    runner.send(signal.SIGINT)
    runner.until("runner stopping")
    runner.send(signal.SIGINT)
    code, _ = runner.end()

    (run,) = sched.history()
    assert (130, True, "running") == (code, alive(pid), run["state"])


def test_sigquit_leaves_at_once_and_the_job_goes_on(sched: Sched) -> None:
    _waiting(sched)

    runner = sched.run()
    pid = int(sched.word())
    runner.send(signal.SIGQUIT)
    code, _ = runner.end()

    (run,) = sched.history()
    assert (0, True, "running") == (code, alive(pid), run["state"])


def test_a_second_runner_is_refused_and_told_who_holds_the_state(sched: Sched) -> None:
    _waiting(sched)

    runner = sched.run()
    second = sched("run")
    expected = f"error: {sched.state} is held by another runner, pid {runner.process.pid}\n"

    assert (75, "", expected) == (second.returncode, second.stdout, second.stderr)


def test_a_dead_runners_state_is_free(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: yearly 01-01 at 00:00}}")
    sched.run().kill()

    code, _ = sched.run().stop()

    assert code == 0


def test_a_state_directory_that_cannot_be_written_is_one_line(sched: Sched) -> None:
    _waiting(sched)
    sched.state.mkdir(mode=0o500)

    runner = sched.run(start=False, under=without("dac_override"))
    code, stdout = runner.end()

    expected = [f"error: {sched.state / 'lock'}: permission denied"]
    assert (77, "", expected) == (code, stdout, [line["message"] for line in runner.said])


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_state_directory_that_cannot_be_one_is_one_line(sched: Sched, place: str) -> None:
    _waiting(sched)
    (sched.directory / "file").write_text("", encoding="utf-8")

    answer = sched("--state", place, "run", "--for", "1s")

    assert (len(answer.stderr.splitlines()), answer.stderr[:7]) == (1, "error: "), answer.stderr


def test_a_history_that_is_none_is_one_line_and_left_alone(sched: Sched) -> None:
    _waiting(sched)
    sched.state.mkdir()
    history = Path(sched.state / "history.db")
    history.write_text("not a database, but somebody's", encoding="utf-8")

    answer = sched("run")

    assert (69, "", 1) == (answer.returncode, answer.stdout, len(answer.stderr.splitlines()))
    assert history.read_text(encoding="utf-8") == "not a database, but somebody's"


def test_a_broken_file_ends_with_its_exit_code_before_anything_is_made(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: evry 1s}}")

    answer = sched("run")

    assert (78, "", False) == (answer.returncode, answer.stdout, sched.state.exists())
