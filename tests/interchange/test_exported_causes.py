"""What runs a job beside time, what is asked first and who is told, in the files of others."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from schedkit import loader
from schedkit.interchange import cronjobs_export, crontab_export, systemd_export
from schedkit.interchange.crontab_task import Machine
from schedkit.interchange.draft import Exported
from schedkit.job import Job

ANALYZE = shutil.which("systemd-analyze")
MACHINE = Machine("Etc/UTC", "me", datetime(2026, 1, 1, tzinfo=UTC))
# With these there is nothing to be said of the surroundings.
DEFAULTS = """
defaults:
  working_dir: /
  user: me
  catchup: none
  env: {PATH: /bin}
"""
CHAINED = """
jobs:
  build: {command: /bin/make, clock: daily at 04:30, only_if: 'test -d /src && true'}
  test: {command: /bin/make test, after: build}
  deploy: {command: /bin/deploy, clock: weekly mon at 05:00, after: {any: [build, test]}}
  clean: {command: /bin/clean, after: {any: [build, test], state: finished}}
  files: {command: /bin/take, on: [{path: [/srv/in/*.csv, '/srv/100%']}, {path: ready}]}
"""
AT_ONCE = "it starts at once or not at all: what a shutdown keeps from starting stays out"
BY_GLOB = "a file that is there starts it again and again, complete or not: the job is to move it"
BY_CHANGE = (
    "each change starts it, whatever is in the file, also when that goes; none while it runs, or"
    " while nobody watches"
)
ASKED = "there 126 and 127 leave it out as well, and 255 is a failure"


def load(written: str, directory: Path) -> tuple[Job, ...]:
    file = directory / "schedules.yaml"
    file.write_text(DEFAULTS + dedent(written), encoding="utf-8")
    return loader.load([file]).jobs


def told(exported: Exported) -> list[tuple[str, str, str, bool]]:
    return [tuple(one) for one in exported.differences]  # type: ignore[misc]  # of four


def to_systemd(keys: str, directory: Path) -> Exported:
    """Return what becomes of a job `a` beside `b`, which has nothing that is to be told."""
    return systemd_export.write(
        load(f"jobs:\n  b: {{command: /bin/b, clock: hourly}}\n  a: {{{keys}}}\n", directory)
    )


def of_a(exported: Exported) -> list[tuple[str, str, bool]]:
    """Return what is told of `a`, and why it is refused."""
    refused = [("refused", one.why, False) for one in exported.refused]
    return [(text, message, taken) for place, text, message, taken in told(exported)
            if place == "a"] + refused  # fmt: skip


# ---- systemd


def test_chains_conditions_and_files_become_units(tmp_path: Path) -> None:
    exported = systemd_export.write(load(CHAINED, tmp_path))

    service = "[Service]\nType=oneshot\n{}Environment=PATH=/bin\nWorkingDirectory=/\nUser=me\n"
    ends = "TimeoutStopSec=10s\n"
    timer = "[Timer]\nOnCalendar={}\nAccuracySec=1us\n\n[Install]\nWantedBy=timers.target\n"
    condition = 'ExecCondition=/bin/sh -c "test -d /src && true"\n'

    def unit(name: str, *settings: str) -> str:
        return "".join(f"{line}\n" for line in ("[Unit]", f"Description={name}", *settings, ""))

    def run(command: str) -> str:
        return service.format(command) + ends

    assert {
        "build.timer": unit("build") + timer.format("*-*-* 04:30:00 UTC"),
        "build.service": unit(
            "build",
            "OnSuccess=test.service",
            "OnSuccess=deploy.service",
            "OnSuccess=clean.service",
            "OnFailure=clean.service",
        )
        + run(f"{condition}ExecStart=/bin/make\n"),
        "test.service": unit(
            "test",
            "OnSuccess=deploy.service",
            "OnSuccess=clean.service",
            "OnFailure=clean.service",
        )
        + run("ExecStart=/bin/make test\n"),
        "deploy.timer": unit("deploy") + timer.format("Mon *-*-* 05:00:00 UTC"),
        "deploy.service": unit("deploy") + run("ExecStart=/bin/deploy\n"),
        "clean.service": unit("clean") + run("ExecStart=/bin/clean\n"),
        "files.path": unit("files")
        + "[Path]\nPathExistsGlob=/srv/in/*.csv\nPathChanged=/srv/100%%\n"
        + f"PathChanged={tmp_path}/ready\n\n[Install]\nWantedBy=paths.target\n",
        "files.service": unit("files") + run("ExecStart=/bin/take\n"),
    } == exported.files
    skipped = "it starts as well when build was left out by its only_if"
    assert (
        [
            ("build", "only_if", ASKED, True),
            ("test", "after build", AT_ONCE, True),
            ("test", "after build", skipped, True),
            ("deploy", "after build or test", AT_ONCE, True),
            ("deploy", "after build or test", skipped, True),
            ("clean", "after build or test finished", AT_ONCE, True),
            ("clean", "after build or test finished", skipped, True),
            ("files", "on /srv/in/*.csv or /srv/100%", BY_GLOB, True),
            ("files", "on /srv/in/*.csv or /srv/100%", BY_CHANGE, True),
            ("files", "on ready", BY_CHANGE, True),
        ],
        (),
    ) == (told(exported), exported.refused)


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_knows_what_the_units_say(tmp_path: Path) -> None:
    programs = CHAINED.replace("/bin/", "/bin/true ").replace("ready", "/ready")
    jobs = load(programs, tmp_path)
    for name, text in systemd_export.write(jobs).files.items():
        (tmp_path / name).write_text(text.replace("User=me\n", ""), encoding="utf-8")
    units = sorted(map(str, tmp_path.glob("*.[tsp]*")))

    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", *(unit for unit in units if "yaml" not in unit)],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip

    assert ("", 0) == (done.stderr, done.returncode)


CLOCK = "command: /bin/a, clock: hourly"
NONE = "command: /bin/a"
UNHEARD = "nothing there hears of events: who emits it can say systemctl start a"
UNNOTICED = "nothing there notices what does not come"
FILTERS = "its filters ask when it happens, and nothing there does"
OFF = "it is not enabled, and nothing is written that starts it"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "after: {job: b, state: failed}",
            [
                ("after b failed", AT_ONCE, True),
                (
                    "after b failed",
                    "OnFailure= is any end but a success: timed_out and cancelled as well",
                    True,
                ),
            ],
        ),
        (
            "after: {job: b, state: [succeeded, skipped]}",
            [
                ("after b succeeded or skipped",
                 "nothing is started there after what is skipped", False),
                ("after b succeeded or skipped", AT_ONCE, True),
            ],
        ),
        ("on: {event: lead.*}", [("on lead.*", UNHEARD, False)]),
        ("on: {absent: beat, for: 5m}",
         [("on no beat for 5m", UNNOTICED, False)]),
        ("on: {path: /srv/**/x}",
         [("on /srv/**/x", "'/srv/**/x' is of any directory, and no pattern there is", False)]),
        ("on: {path: '/srv/{a}*'}",
         [("on /srv/{a}*", "systemd takes '/srv/{a}*' for another pattern", False)]),
        (
            "on: {path: /srv/x, params: {FILE: payload.path}}",
            [("on /srv/x", "its params are of the file, of which no service there is told", False)],
        ),
        ("on: {path: /srv/x}, filters: weekday", [("on /srv/x", FILTERS, False)]),
        ("wait_for: {path: /x}",
         [("wait_for", "nothing there waits; write what does into ExecStartPre=", False)]),
        ("only_if: [/bin/test, -f, x], success: {exit_codes: [0, 3, 7]}",
         [("only_if", f"{ASKED}, 3 and 7 let it run", True)]),
        ("notify: {command: /bin/tell}",
         [("notify", "write OnFailure= with a service that tells", False)]),
        ("ping: https://hc-ping.com/x",
         [("ping", "write it into ExecStartPost=, and OnFailure= with a service", False)]),
        ("sla: {late_after: 5m}", [("sla", "nothing there looks at it", False)]),
    ],
)  # fmt: skip
def test_what_systemd_cannot_be_told_is_told(
    keys: str, expected: list[tuple[str, str, bool]], tmp_path: Path
) -> None:
    assert expected == of_a(to_systemd(f"{CLOCK}, {keys}", tmp_path))


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("after: {job: b, state: skipped}", "nothing is started there after what is skipped"),
        ("on: [{event: lead.*}, {event: x}]", UNHEARD),
        (
            "on: [{absent: x, for: 5m}, {path: '/**/x'}]",
            f"{UNNOTICED}; '/**/x' is of any directory, and no pattern there is",
        ),
        ("after: b, filters: weekday", FILTERS),
    ],
)
def test_a_job_that_nothing_would_start_is_refused(keys: str, why: str, tmp_path: Path) -> None:
    exported = to_systemd(f"{NONE}, {keys}", tmp_path)

    assert [("refused", why, False)] == of_a(exported)
    assert {"b.timer", "b.service"} == set(exported.files)


def test_what_runs_after_all_of_several_is_refused(tmp_path: Path) -> None:
    jobs = "c: {command: /bin/c, clock: hourly}\n  a: {command: /bin/a, after: {all: [c, c2]}}"
    written = f"jobs:\n  {jobs}\n  c2: {{command: /bin/c, clock: hourly}}\n"

    exported = systemd_export.write(load(written, tmp_path))

    assert [("refused", "nothing there waits for several", False)] == of_a(exported)


def test_what_runs_after_a_job_that_is_refused_is_refused(tmp_path: Path) -> None:
    """Also over others: nothing would start the last one either."""
    exported = systemd_export.write(
        load(
            """
            jobs:
              last: {command: /bin/a, after: middle}
              middle: {command: /bin/a, after: first}
              first: {python: 'a:b', clock: hourly}
              beside: {command: /bin/a, after: middle, clock: hourly}
            """,
            tmp_path,
        )
    )

    assert [
        ("last", "middle is not written, after which it runs"),
        ("middle", "first is not written, after which it runs"),
        ("first", "it calls a Python function, and systemd runs commands"),
    ] == [tuple(one) for one in exported.refused]
    assert [
        ("beside", "after middle", "middle is not written, after which it runs", False)
    ] == told(exported)
    assert {"beside.timer", "beside.service"} == set(exported.files)


def test_a_job_that_is_not_enabled_is_started_by_nothing(tmp_path: Path) -> None:
    exported = to_systemd(f"{NONE}, enabled: false, after: b, on: {{path: /x}}", tmp_path)

    assert [
        ("after b", OFF, False),
        ("on /x", OFF, False),
        ("enabled: False", "nothing starts it but systemctl start", False),
    ] == of_a(exported)
    assert {"b.timer", "b.service", "a.service"} == set(exported.files)
    assert "OnSuccess" not in exported.files["b.service"]


# ---- crontab and Kubernetes

BESIDE = """
jobs:
  build: {command: x, clock: cron @hourly, overlap: allow, alert_on_failure: true}
  both:
    command: y
    clock: cron @daily
    after: build
    on: {event: lead.*}
    overlap: allow
    ping: https://hc-ping.com/x
    sla: {late_after: 5m}
    notify: []
  only: {command: z, on: {event: x}, notify: []}
notify: {command: ./tell}
"""


def test_a_crontab_has_the_clock_alone(tmp_path: Path) -> None:
    jobs = load(BESIDE.replace("user: me", ""), tmp_path)

    exported = crontab_export.write(jobs, MACHINE)

    assert [
        ("build", "notify", "cron tells nobody; it mails what a command writes to MAILTO", False),
        ("both", "after", "cron starts nothing when something else has ended", False),
        ("both", "on", "cron hears of nothing but the time", False),
        ("both", "ping", "cron tells nobody; the command can: && curl URL", False),
        ("both", "sla", "cron does not look at it", False),
    ] == told(exported)
    assert [("only", "it has no clock, and cron starts nothing else")] == [
        tuple(one) for one in exported.refused
    ]


def test_a_crontab_cannot_ask_first(tmp_path: Path) -> None:
    jobs = load("jobs: {a: {command: x, clock: cron @daily, only_if: y, wait_for: {path: x}}}",
                tmp_path)  # fmt: skip

    exported = crontab_export.write(jobs, MACHINE)

    assert [("a", "cron has nothing like wait_for, only_if")] == [
        tuple(one) for one in exported.refused
    ]


def test_a_cron_job_has_the_clock_alone(tmp_path: Path) -> None:
    more = BESIDE.replace("    notify: []\n", "    only_if: x\n    wait_for: {path: x}\n")
    jobs = load(more, tmp_path)

    exported = cronjobs_export.write(jobs, "x")

    user = "a container knows users and groups by their numbers: it runs as its image says"
    nobody = "nothing there tells anybody: what watches the cluster can"
    assert [
        ("build", "user: me", user, False),
        ("build", "notify", nobody, False),
        ("both", "user: me", user, False),
        ("both", "after", "no CronJob starts when another has ended", False),
        ("both", "on", "no CronJob starts on an event, or when a file arrives", False),
        ("both", "wait_for", "write what waits as an init container", False),
        ("both", "only_if: x", "nothing there asks it: write it into the command", False),
        ("both", "notify", nobody, False),
        ("both", "ping", "nothing there tells it: write it into the command", False),
        ("both", "sla", "nothing there looks at it: what watches the cluster can", False),
    ] == told(exported)
    assert [("only", "it has no clock, and a CronJob starts at times alone")] == [
        tuple(one) for one in exported.refused
    ]
