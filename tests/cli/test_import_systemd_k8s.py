"""`sched import systemd` and `sched import k8s`."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from files import Answer, Sched, text

TIMER = """
    [Timer]
    OnCalendar=Mon..Fri 06:30 UTC
    Persistent=yes
    AccuracySec=1h
"""
SERVICE = """
    [Service]
    ExecStart=/usr/bin/backup --all
    PrivateTmp=yes
"""
WRITTEN = text("""
    # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

    timezone: UTC

    jobs:
      # from {0}backup.timer
      backup:
        command: /usr/bin/backup --all
        clock: weekly mon-fri at 06:30
        working_dir: /
        catchup: latest
        catchup_window: 1w

    # Not taken:
    # {0}backup.service:3: PrivateTmp=yes
    #   it is not confined; run the runner itself under such settings
""")
TOLD = """\
{0}backup.service: backup.service
  = note: it has no User=: of the system it would run as root, here it runs as the runner does
{0}backup.timer:4: AccuracySec=1h
  = note: it fires within a second of its times
{0}backup.service:3: PrivateTmp=yes
  = not taken: it is not confined; run the runner itself under such settings
1 job, 1 place not taken; once this is in schedules.yaml: sched validate
"""
MANIFEST = """
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: report}
    spec:
      schedule: "30 6 * * mon-fri"
      timeZone: UTC
      concurrencyPolicy: Replace
      jobTemplate:
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: main
                  command: [report, --all]
"""
JOB = text("""
    # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

    timezone: UTC

    jobs:
      # from {}, container main
      report:
        command: report --all
        clock: cron 30 6 * * mon-fri
        catchup_window: 1w
        overlap: replace
""")

HELP = "  = help: such as: kubectl get cronjobs -o yaml\n"


@pytest.fixture
def units(sched: Sched) -> Sched:
    sched.write(text(TIMER), "backup.timer")
    sched.write(text(SERVICE), "backup.service")
    return sched


def piped(sched: Sched, written: str, *arguments: str) -> Answer:
    done = subprocess.run(
        [sys.executable, "-m", "schedkit", *arguments],
        cwd=sched.directory, env=sched.environment, input=written, capture_output=True,
        text=True, timeout=30, check=False,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


# ---- systemd


@pytest.mark.parametrize("argument", ["backup.timer", "."])
def test_a_timer_is_named_or_its_directory(units: Sched, argument: str) -> None:
    expected = Answer(1, WRITTEN.format("") + "\n", TOLD.format(""))

    actual = units("import", "systemd", argument)

    assert expected == actual


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_what_systemctl_cat_writes_comes_through_a_pipe(
    sched: Sched, arguments: tuple[str, ...]
) -> None:
    place = "/x/"
    expected = Answer(1, WRITTEN.format(place) + "\n", TOLD.format(place))

    stream = f"# /x/backup.timer\n{text(TIMER)}\n\n# /x/backup.service\n{text(SERVICE)}\n"
    actual = piped(sched, stream, "import", "systemd", *arguments)

    assert expected == actual


def test_with_everything_taken_it_ends_well_and_the_file_is_valid(units: Sched) -> None:
    units.write("[Service]\nExecStart=/bin/true\n", "backup.service")
    written = units("import", "systemd", "backup.timer")
    units.write(written.stdout, "schedules.yaml")

    checked = units("validate")

    assert (0, 0) == (written.code, checked.code)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nope.timer",), Answer(2, "", "error: nope.timer: no such file or directory\n")),
        (
            ("backup.service",),
            Answer(
                78,
                "",
                "error: backup.service is no timer\n"
                "  = help: name a .timer, its service is found beside it: backup.timer\n",
            ),
        ),
        (("--system", "a.timer"), Answer(2, "", "error: --system is about crontabs\n")),
    ],
)
def test_what_cannot_be_read_is_an_error(
    units: Sched, arguments: tuple[str, ...], expected: Answer
) -> None:
    assert expected == units("import", "systemd", *arguments)


def test_a_timer_without_its_service_is_not_taken(units: Sched) -> None:
    (units.directory / "backup.service").unlink()
    expected = Answer(
        1,
        text("""
            # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

            timezone: local

            jobs: {}

            # Not taken:
            # backup.timer: backup.timer
            #   its service backup.service is not there (or masked)
        """)
        + "\n",
        "backup.timer: backup.timer\n"
        "  = not taken: its service backup.service is not there (or masked)\n"
        "0 jobs, 1 place not taken; once this is in schedules.yaml: sched validate\n",
    )

    assert expected == units("import", "systemd", "backup.timer")


def test_on_a_terminal_it_asks_for_a_name(sched: Sched) -> None:
    where = "/etc/systemd/system/timers.target.wants, or the output of: systemctl cat NAME..."
    ours, theirs = pty.openpty()

    done = subprocess.run(
        [sys.executable, "-m", "schedkit", "import", "systemd"],
        cwd=sched.directory, env=sched.environment, stdin=theirs, capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip

    os.close(ours)
    os.close(theirs)
    assert (2, f"error: name timers, such as {where}\n") == (done.returncode, done.stderr)


# ---- Kubernetes


def test_a_manifest_is_read_from_a_file(sched: Sched) -> None:
    sched.write(MANIFEST, "cron.yaml")
    expected = Answer(
        0,
        JOB.format("cron.yaml") + "\n",
        "1 job, everything taken; once this is in schedules.yaml: sched validate\n",
    )

    assert expected == sched("import", "k8s", "cron.yaml")


def test_a_manifest_comes_through_a_pipe(sched: Sched) -> None:
    actual = piped(sched, text(MANIFEST), "import", "k8s")

    assert JOB.format("stdin") + "\n" == actual.stdout


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("kind: Service", f"error: there is no CronJob\n{HELP}"),
        ("a: *b", "error: cron.yaml:1: this is no YAML: found undefined alias 'b'\n"),
    ],
)  # fmt: skip
def test_what_is_no_cron_job_is_an_error(sched: Sched, written: str, expected: str) -> None:
    sched.write(written, "cron.yaml")

    assert Answer(78, "", expected) == sched("import", "k8s", "cron.yaml")
