"""`sched export`: jobs of ours as a crontab."""

from __future__ import annotations

import getpass

import pytest

from files import Answer, Sched, text

JOBS = """
    timezone: UTC
    defaults: {overlap: allow, catchup: none, working_dir: "~", env: {PATH: /bin}}
    jobs:
      backup: {command: dump > "$(date +%F)", clock: daily at 02:30, description: Dump}
      payroll: {command: pay, clock: monthly 15 at 09:00, filters: [weekday], timeout: 1h}
      a: {command: x, clock: cron @hourly, overlap: skip}
      b: {command: y, clock: cron @hourly, overlap: skip}
"""
AFTER = "do not let both schedulers run them\n"


@pytest.fixture
def filled(sched: Sched) -> Sched:
    sched.write(JOBS)
    return sched


def test_what_cron_can_run_is_written_and_the_rest_refused_by_name(filled: Sched) -> None:
    expected = Answer(
        1,
        text("""
            # Written by sched export crontab.

            # Dump
            PATH=/bin
            30 2 * * * dump > "$(date +\\%F)"

            # a
            0 * * * * x

            # b
            0 * * * * y
        """)
        + "\n",
        "a, b: overlap: skip\n"
        "  = note: cron starts it beside a run that goes on; to keep it from that: "
        "flock -n FILE COMMAND\n"
        "payroll: refused\n"
        "  = cron has nothing like filters, timeout\n"
        f"3 jobs of 4 written; {AFTER}",
    )

    actual = filled("export", "crontab")

    assert expected == actual


def test_only_the_jobs_that_are_named_are_written(filled: Sched) -> None:
    expected = Answer(
        0,
        text("""
            # Written by sched export crontab.

            # Dump
            PATH=/bin
            30 2 * * * dump > "$(date +\\%F)"
        """)
        + "\n",
        f"1 job of 1 written; {AFTER}",
    )

    actual = filled("export", "crontab", "backup")

    assert expected == actual


def test_a_crontab_of_the_system_has_a_user_in_each_line(filled: Sched) -> None:
    expected = f'30 2 * * * {getpass.getuser()} dump > "$(date +\\%F)"'

    answer = filled("export", "crontab", "backup", "--system")

    assert expected == answer.stdout.splitlines()[-1]


def test_a_job_that_is_not_there_is_said(filled: Sched) -> None:
    expected = Answer(4, "", "error: no job is named 'bakcup'\n  = help: did you mean 'backup'?\n")

    actual = filled("export", "crontab", "bakcup")

    assert expected == actual


def test_without_a_file_there_is_nothing_to_export(sched: Sched) -> None:
    expected = (78, "")

    answer = sched("export", "crontab")

    assert expected == (answer.code, answer.stdout)


def test_what_is_exported_can_be_imported_again(filled: Sched) -> None:
    filled.write(filled("export", "crontab").stdout, "crontab")
    filled.write(filled("import", "crontab", "crontab").stdout, "again.yaml")
    times = filled("next", "backup", "-n", "5", "--from", "2026-11-21T00:00Z").stdout
    expected = [line.split("\t")[0] for line in times.splitlines()[1:]]

    again = filled(
        "-c", "again.yaml", "next", "dump", "-n", "5", "--from", "2026-11-21T00:00Z"
    ).stdout

    assert expected == [line.split("\t")[0] for line in again.splitlines()[1:]]
