"""`sched export`: jobs of ours as files of other schedulers."""

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


# ---- systemd, and Kubernetes

ONE = """
    timezone: UTC
    jobs:
      backup: {command: /bin/dump, clock: daily at 02:30, user: root, env: {PATH: /bin}}
"""
TIMER = text("""
    [Unit]
    Description=backup

    [Timer]
    OnCalendar=*-*-* 02:30:00 UTC
    AccuracySec=1us
    Persistent=true

    [Install]
    WantedBy=timers.target
""")
SERVICE = """[Unit]
Description=backup

[Service]
Type=oneshot
ExecStart=/bin/dump
Environment=PATH=/bin
WorkingDirectory={}
User=root
TimeoutStopSec=10s"""
TOLD = "1 job of 1 written; "
ENABLE = "systemctl daemon-reload, and enable --now their timers; "


def test_units_are_written_each_below_its_name(sched: Sched) -> None:
    sched.write(ONE)
    service = SERVICE.format(sched.directory)
    written = f"# backup.timer\n{TIMER}\n\n# backup.service\n{service}\n"
    expected = Answer(0, written, f"{TOLD}{AFTER}")

    assert expected == sched("export", "systemd")


def test_units_are_written_into_a_directory_and_a_second_time_as_well(sched: Sched) -> None:
    sched.write(ONE)
    units = sched.directory / "units"
    units.mkdir()
    expected = Answer(0, "", f"{TOLD}{ENABLE}{AFTER}")

    answers = [sched("export", "systemd", "--into", "units") for _ in range(2)]

    files = {file.name: file.read_text() for file in units.iterdir()}
    assert [expected, expected] == answers
    assert {
        "backup.timer": f"{TIMER}\n",
        "backup.service": f"{SERVICE.format(sched.directory)}\n",
    } == files


def test_a_unit_that_somebody_has_changed_is_left_alone(sched: Sched) -> None:
    sched.write(ONE)
    changed = sched.directory / "backup.service"
    changed.write_text("mine\n")
    expected = Answer(2, "", "error: backup.service is there already and says something else\n")

    assert expected == sched("export", "systemd", "--into", ".")
    assert "mine\n" == changed.read_text()
    assert not (sched.directory / "backup.timer").exists()


def test_a_directory_that_is_not_there_is_said(sched: Sched) -> None:
    sched.write(ONE)
    expected = Answer(2, "", "error: units: no such directory\n")

    assert expected == sched("export", "systemd", "--into", "units")


def test_a_cron_job_has_the_image_that_is_named(sched: Sched) -> None:
    sched.write(ONE)
    expected = Answer(
        0,
        """\
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: backup
spec:
  schedule: 30 2 * * *
  timeZone: UTC
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 86400
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 10
          containers:
          - name: main
            image: shop:7
            command:
            - /bin/dump
            env:
            - name: PATH
              value: /bin
""",
        "backup: overlap: skip\n"
        "  = note: Forbid: what comes while a run goes on may start after it\n"
        "backup: working_dir: .\n  = not taken: it runs where its image says\n"
        "backup: user: root\n"
        "  = not taken: a container knows users and groups by their numbers: "
        "it runs as its image says\n"
        f"{TOLD}{AFTER}",
    )

    actual = sched("export", "k8s", "--image", "shop:7")

    assert expected == actual


def test_a_cron_job_without_an_image_is_a_wrong_use(sched: Sched) -> None:
    sched.write(ONE)
    said = "error: k8s takes --image IMAGE: the one that has the programs of the jobs\n"

    assert Answer(2, "", said) == sched("export", "k8s")
