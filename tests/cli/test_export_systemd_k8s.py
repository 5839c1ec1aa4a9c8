"""`sched export systemd` and `sched export k8s`."""

from __future__ import annotations

import pytest

from files import Answer, Sched, text

JOBS = """
    timezone: UTC
    defaults: {catchup: none, overlap: allow, working_dir: /}
    jobs:
      backup: {command: dump --all, clock: daily at 02:30}
      payroll: {command: pay, clock: monthly 15, adjustments: [next_weekday]}
"""
TIMER = text("""
    [Unit]
    Description=backup

    [Timer]
    OnCalendar=*-*-* 02:30:00 UTC
    AccuracySec=1us

    [Install]
    WantedBy=timers.target
""")
SERVICE = text("""
    [Unit]
    Description=backup

    [Service]
    Type=oneshot
    ExecStart=dump --all
    WorkingDirectory=/
    TimeoutStopSec=10s
""")
TOLD = """\
backup: user
  = note: no user is set: a unit of the system runs it as root
backup: env
  = note: no PATH is set: systemd has its own, not that of the runner
backup: overlap: allow
  = not taken: while a run goes on its timer does nothing, as with skip
payroll: refused
  = its times are adjusted, and no timer moves a time
"""
MANIFEST = text("""
    ---
    apiVersion: batch/v1
    kind: CronJob
    metadata:
      name: backup
    spec:
      schedule: 30 2 * * *
      timeZone: UTC
      concurrencyPolicy: Allow
      startingDeadlineSeconds: 60
      jobTemplate:
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 10
              containers:
              - name: main
                image: busybox
                command:
                - dump
                - --all
                workingDir: /
""")
AFTER = "do not let both schedulers run them\n"


@pytest.fixture
def filled(sched: Sched) -> Sched:
    sched.write(JOBS)
    return sched


def test_units_are_written_one_below_the_other(filled: Sched) -> None:
    expected = Answer(
        1,
        f"# backup.timer\n{TIMER}\n\n# backup.service\n{SERVICE}\n",
        f"{TOLD}1 job of 2 written; {AFTER}",
    )

    assert expected == filled("export", "systemd")


def test_units_are_written_into_a_directory(filled: Sched) -> None:
    directory = filled.directory / "units"
    directory.mkdir()
    enabled = "systemctl daemon-reload, and enable --now their timers"
    expected = Answer(1, "", f"{TOLD}1 job of 2 written; {enabled}; {AFTER}")

    once = filled("export", "systemd", "--into", "units")
    again = filled("export", "systemd", "--into", "units")

    assert (expected, expected) == (once, again)
    assert {"backup.timer": f"{TIMER}\n", "backup.service": f"{SERVICE}\n"} == {
        file.name: file.read_text(encoding="utf-8") for file in directory.iterdir()
    }


@pytest.mark.parametrize(
    ("keys", "units"),
    [
        ("on: {path: /srv/x}", "enable --now their paths"),
        ("on: {path: /srv/x}, clock: hourly", "enable --now their timers and paths"),
    ],
)
def test_what_starts_the_services_is_to_be_enabled(sched: Sched, keys: str, units: str) -> None:
    sched.write(f"jobs: {{a: {{command: /bin/x, {keys}}}}}")
    expected = f"1 job of 1 written; systemctl daemon-reload, and {units}; {AFTER}"

    answer = sched("export", "systemd", "--into", ".")

    assert (0, expected) == (answer.code, answer.stderr.splitlines(keepends=True)[-1])


def test_a_unit_that_is_there_and_another_one_is_not_overwritten(filled: Sched) -> None:
    (filled.directory / "backup.service").write_text("[Service]\n", encoding="utf-8")
    expected = Answer(2, "", "error: backup.service is there already and says something else\n")

    actual = filled("export", "systemd", "--into", ".")

    assert expected == actual
    assert not (filled.directory / "backup.timer").exists()


def test_a_directory_that_is_not_there_is_an_error(filled: Sched) -> None:
    expected = Answer(2, "", "error: units: no such directory\n")

    assert expected == filled("export", "systemd", "--into", "units")


def test_manifests_are_written_for_an_image(filled: Sched) -> None:
    expected = Answer(
        1,
        f"{MANIFEST}\n",
        "payroll: refused\n  = its times are adjusted, and no schedule there moves a time\n"
        f"1 job of 2 written; {AFTER}",
    )

    assert expected == filled("export", "k8s", "--image", "busybox")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("k8s",), "k8s takes --image IMAGE: the one that has the programs of the jobs"),
        (("systemd", "--image", "x"), "--image is about CronJobs"),
        (("k8s", "--image", "x", "--into", "."), "--into is about units of systemd"),
        (("systemd", "--system"), "--system is about crontabs"),
    ],
)
def test_an_option_of_another_format_is_a_mistake(
    filled: Sched, arguments: tuple[str, ...], expected: str
) -> None:
    assert Answer(2, "", f"error: {expected}\n") == filled("export", *arguments)


def test_an_unknown_job_is_an_error(filled: Sched) -> None:
    actual = filled("export", "systemd", "backups")

    assert (4, "") == (actual.code, actual.stdout)
