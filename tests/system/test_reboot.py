"""A reboot: nothing of what ran is left, and what was to come still comes."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from breaking import keeper, power_off
from running import Running, Sched, gone, soon

pytestmark = pytest.mark.system

_NEVER = "clock: yearly 01-01 at 00:00"  # by itself
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_ANOTHER = "00000000-0000-4000-8000-000000000000\n"
_BOOTED = ("unshare", "--mount", "sh", "-c", f'mount --bind "$0" {_BOOT_ID} && exec "$@"')


def _may_boot(directory: Path) -> bool:
    id_file = directory / "boot_id"
    id_file.write_text(_ANOTHER, encoding="ascii")
    try:
        answer = subprocess.run([*_BOOTED, str(id_file), "true"], capture_output=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0


def _after_a_reboot(sched: Sched, runner: Running) -> Running:
    """Start a runner on a machine that was switched off and on again, as far as it can tell."""
    power_off(sched, runner)
    return sched.run(under=(*_BOOTED, str(sched.directory / "boot_id")))


@pytest.fixture(autouse=True)
def _needs_another_boot_id(tmp_path: Path) -> None:
    if not _may_boot(tmp_path):
        pytest.skip("it takes root to mount another boot id")


def test_what_ran_is_lost_with_the_reboot_for_its_reason(sched: Sched) -> None:
    sched.write(
        f"jobs: {{a: {{command: echo x >> marks; echo $$ > words; read go < go, {_NEVER}}}}}"
    )
    runner = sched.run()
    assert not sched("trigger", "a").returncode
    sched.word()
    sched.until_started("a")

    second = _after_a_reboot(sched, runner)
    second.until("run lost", job="a")
    second.stop()

    (run,) = sched.history()
    expected = ("lost", "the machine was restarted while it ran", 1)
    assert expected == (run["state"], run["reason"], run["attempts"])
    assert ["x"] == sched.marks()


def test_an_end_that_was_written_down_stands_after_a_reboot(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: echo x > words; read go < go; exit 3, {_NEVER}}}}}")
    runner = sched.run()
    assert not sched("trigger", "a").returncode
    sched.word()
    kept = keeper(sched, runner)
    runner.kill()
    sched.go()
    assert gone(kept)  # with its last job

    second = _after_a_reboot(sched, runner)
    second.until("run failed", job="a", exit=3)
    second.stop()

    assert [("failed", 3)] == [(run["state"], run["exit_code"]) for run in sched.history()]


def test_retries_one_off_dates_and_pauses_outlive_a_reboot(sched: Sched) -> None:
    sched.write(f"""
jobs:
  retried:
    command: echo retried $SCHED_ATTEMPT >> marks; [ $SCHED_ATTEMPT = 2 ]
    {_NEVER}
    retry: {{max_retries: 1, delay: 2s}}
  once:
    command: echo once >> marks
    clock: {{dates: ['{soon() + timedelta(seconds=4):%F %T}']}}
  paused:
    command: echo paused >> marks
    clock: every 1s
""")
    runner = sched.run()
    assert not sched("pause", "paused").returncode
    assert not sched("trigger", "retried").returncode
    runner.until("attempt failed", job="retried")

    second = _after_a_reboot(sched, runner)
    second.until("run skipped", job="paused")
    second.until("run succeeded", job="once")
    second.stop()

    marks = [mark for mark in sched.marks() if mark != "paused"]
    assert ["retried 1", "retried 2", "once"] == marks
    assert ["skipped"] == list({run["state"] for run in sched.history("paused")} - {"succeeded"})


def test_what_starts_with_each_boot_starts_after_a_reboot_and_not_after_a_kill(
    sched: Sched,
) -> None:
    sched.write("jobs: {a: {command: echo x >> marks, clock: {startup: boot}}}")
    first = sched.run()
    first.until("run succeeded", job="a")
    first.kill()
    second = sched.run()

    third = _after_a_reboot(sched, second)
    third.until("run succeeded", job="a")
    third.stop()

    assert ["x", "x"] == sched.marks()
