"""Jobs as units of systemd and as CronJobs of Kubernetes, and back."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schedkit import loader, timeline
from schedkit.interchange import cronjobs, cronjobs_export, systemd_export, systemd_units
from schedkit.interchange.draft import Exported, Imported, to_yaml
from schedkit.interchange.exported_command import command_words
from schedkit.job import Job
from schedkit.report import InvalidFileError

ANALYZE = shutil.which("systemd-analyze")
with_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
UTC_ZONE = ZoneInfo("UTC")


def load(written: str | dict[str, Any], directory: Path) -> tuple[Job, ...]:
    file = directory / "schedules.yaml"
    text = dedent(written) if isinstance(written, str) else yaml.safe_dump(written)
    file.write_text(text, encoding="utf-8")
    return loader.load([file]).jobs


def said(exported: Exported) -> list[tuple[str, str, bool]]:
    return [(one.text, one.message, one.taken) for one in exported.differences]


def back(exported: Exported, directory: Path) -> tuple[Job, ...]:
    """Return the jobs that are imported from what was exported."""
    imported: Imported
    if exported.files:
        stream = "\n".join(f"# {name}\n{text}" for name, text in exported.files.items())
        imported = systemd_units.read_stream(stream, UTC_ZONE)
    else:
        imported = cronjobs.read([(exported.text, "cron.yaml")])
    return load(to_yaml(imported), directory)


# ---- the whole


WRITTEN = """
timezone: Europe/Berlin
jobs:
  nightly-backup:
    description: Dump the shop, 100%
    command: pg_dump shop | gzip > $HOME/shop-%d.gz
    clock: [daily at 04:30, monthly 2nd tue at 22:00]
    env: {GREETING: 'two "words" %', LANG: C}
    env_file: /etc/hostname
    params: {times: 3}
    working_dir: /srv
    user: "1000"
    group: shop
    umask: 027
    nice: 5
    limits: {memory: 1 GiB, cpu_time: 90s, open_files: 100, processes: 10}
    timeout: 1h30m
    stop_signal: INT
    kill_grace: 20s
    success: {exit_codes: [0, 3, 75]}
    catchup: none
    enabled: false
"""


def test_a_job_becomes_a_timer_and_a_service(tmp_path: Path) -> None:
    jobs = load(WRITTEN, tmp_path)

    found = systemd_export.write(jobs)

    timer = """
    [Unit]
    Description=Dump the shop, 100%%

    [Timer]
    OnCalendar=*-*-* 04:30:00 Europe/Berlin
    OnCalendar=Tue *-*-08..14 22:00:00 Europe/Berlin
    AccuracySec=1us
    """
    service = r"""
    [Unit]
    Description=Dump the shop, 100%%

    [Service]
    Type=oneshot
    ExecStart=:/bin/sh -c "pg_dump shop | gzip > $HOME/shop-%%d.gz"
    Environment="GREETING=two \"words\" %%"
    Environment=LANG=C
    Environment=times=3
    EnvironmentFile=/etc/hostname
    WorkingDirectory=/srv
    User=1000
    Group=shop
    UMask=027
    Nice=5
    LimitAS=1073741824
    LimitCPU=90
    LimitNOFILE=100
    LimitNPROC=10
    TimeoutStartSec=1h30m
    TimeoutStopSec=20s
    KillSignal=SIGINT
    SuccessExitStatus=3 75
    """
    assert {
        "nightly-backup.timer": dedent(timer).lstrip("\n"),
        "nightly-backup.service": dedent(service).lstrip("\n"),
    } == found.files
    assert ((), "") == (found.refused, found.text)
    assert [
        ("env_file", "for systemd the files go before what env says", True),
        (
            "enabled: False",
            "its timer has no [Install]: nothing starts it but systemctl start",
            False,
        ),
    ] == said(found)


def test_a_job_becomes_a_cron_job(tmp_path: Path) -> None:
    jobs = load(
        """
        timezone: Europe/Berlin
        jobs:
          Nightly Backup:
            description: Dump the shop
            command: pg_dump $(NAME) | gzip > $HOME/shop.gz
            clock: weekly mon-fri at 04:30
            env: {A: $(HOME), B: {from_file: secret}}
            working_dir: /srv
            user: "1000"
            group: shop
            timeout: 1h
            kill_grace: 20s
            retry: {max_retries: 3, delay: 10s, backoff: exponential}
            overlap: allow
            umask: 027
            enabled: false
        """,
        tmp_path,
    )

    found = cronjobs_export.write(jobs, "postgres:16")

    assert (
        dedent("""
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: nightly-backup
          annotations:
            kubernetes.io/description: Dump the shop
        spec:
          schedule: 30 4 * * mon-fri
          timeZone: Europe/Berlin
          suspend: true
          concurrencyPolicy: Allow
          startingDeadlineSeconds: 86400
          jobTemplate:
            spec:
              backoffLimit: 3
              template:
                spec:
                  restartPolicy: Never
                  activeDeadlineSeconds: 3600
                  terminationGracePeriodSeconds: 20
                  securityContext:
                    runAsUser: 1000
                  containers:
                  - name: main
                    image: postgres:16
                    command:
                    - /bin/sh
                    - -c
                    - pg_dump $$(NAME) | gzip > $HOME/shop.gz
                    workingDir: /srv
                    env:
                    - name: A
                      value: $$(HOME)
        """).lstrip("\n")
        == found.text
    )
    assert ((), {}) == (found.refused, found.files)
    assert [
        ("name", "there it is called nightly-backup", True),
        ("group: shop",
         "a container knows users and groups by their numbers: it runs as its image says", False),
        ("env: B", "write valueFrom: {secretKeyRef: ...}", False),
        ("umask: 23", "its image says it", False),
    ] == said(found)  # fmt: skip


# ---- times


@pytest.mark.parametrize(
    ("clock", "filters", "expected"),
    [
        ("cron 0 9 13 * 5", [], ["*-*-13 09:00:00 UTC", "Fri *-*-* 09:00:00 UTC"]),
        ("cron 0 9 1W * *", [], ["Mon..Fri *-*-01 09:00:00 UTC", "Mon *-*-02,03 09:00:00 UTC"]),
        ("cron */10 9-17 * * *", [], ["*-*-* 09..17:00/10:00 UTC"]),
        ("cron 30 0 9 L-2 * *", [], ["*-*~03 09:00:30 UTC"]),
        ("monthly last weekday at 16:00", [],
         ["Mon..Fri *-*~01 16:00:00 UTC", "Fri *-*~02..03 16:00:00 UTC"]),
        ("monthly last fri", [], ["Fri *-*~01..07 00:00:00 UTC"]),
        ("monthly 5th fri", [], ["Fri *-*-29..31 00:00:00 UTC"]),
        ("yearly 03-31,06-30,09-30,12-31 at 18:00", [],
         ["*-03,12-31 18:00:00 UTC", "*-06,09-30 18:00:00 UTC"]),
        ("hourly", [], ["hourly UTC"]),
        ("every 15m", ["weekday", "between_times 09:00-10:15"],
         ["Mon..Fri *-*-* 09:00/15:00 UTC", "Mon..Fri *-*-* 10:00,15:00 UTC"]),
        ("every 90s", [], ["*-*-* *:00/3:00 UTC", "*-*-* *:01/3:30 UTC"]),
        ("every 1w", [], ["Thu *-*-* 00:00:00 UTC"]),
        ("daily at 09:00", ["months nov-feb", "month_end"], ["*-01,02,11,12~01 09:00:00 UTC"]),
        ("daily at 09:00", ["nth_weekday 2 tue"], ["Tue *-*-08..14 09:00:00 UTC"]),
        ("daily at 09:00, 17:00", ["at_time 17:00", "weekend"], ["Sat,Sun *-*-* 17:00:00 UTC"]),
        ({"dates": ["2026-12-24 18:00"]}, [], ["2026-12-24 18:00:00 UTC"]),
        ("cron 13 * * * * *", ["between_times 00:00:30-23:59:59"],
         ["*-*-* 00:01..59:13 UTC", "*-*-* 01..23:*:13 UTC"]),
    ],
)  # fmt: skip
def test_what_a_clock_and_filters_say_becomes_calendar_events(
    clock: Any, filters: list[Any], expected: list[str], tmp_path: Path
) -> None:
    jobs = load({"jobs": {"a": {"command": "ls", "clock": clock, "filters": filters}}}, tmp_path)

    found = systemd_export.write(jobs)

    assert expected == re.findall("^OnCalendar=(.*)$", found.files["a.timer"], re.MULTILINE)


@pytest.mark.parametrize(
    ("clock", "filters", "expected"),
    [
        ("cron 0 9 13 * 5", [], "0 9 13 * fri"),
        ("cron 0 9 */2 * 0,6", [], None),
        ({"cron": "0 9 */2 * 0,6", "day_or": False}, [], None),
        ("weekly sat,sun,mon at 09:00", [], "0 9 * * sun,mon,sat"),
        ("weekly sun-tue at 09:00", [], "0 9 * * sun-tue"),
        ("every 15m", [], "*/15 * * * *"),
        ("every 6h", [], "0 */6 * * *"),
        ("daily at 06:00, 18:00", ["weekday"], "0 6,18 * * mon-fri"),
        ("every 1d", [], "0 0 * * *"),
    ],
)
def test_what_a_clock_and_filters_say_becomes_a_schedule(
    clock: Any, filters: list[Any], expected: str | None, tmp_path: Path
) -> None:
    jobs = load({"jobs": {"a": {"command": "ls", "clock": clock, "filters": filters}}}, tmp_path)

    found = cronjobs_export.write(jobs, "x")

    why = "with a day of the month and a weekday, either is enough there"
    assert ([] if expected else [why]) == [refusal.why for refusal in found.refused]
    assert expected == ((found.text and yaml.safe_load(found.text)["spec"]["schedule"]) or None)


# ---- what is refused


REFUSED = [
    ({"python": "a:b"}, "it calls a Python function, and {} runs commands"),
    ({"adjustments": ["next_weekday"]}, "its times are adjusted, and no {} moves a time"),
    ({"start": "2026-01-01 00:00"}, "it has a start, which no {} has"),
    ({"end": "2027-01-01 00:00"}, "it has an end, which no {} has"),
    ({"max_runs": 3}, "it has a number of runs, which no {} counts"),
    ({"clock": "every 7m"}, "'every 7m' is no part of a day, and counts anew nowhere"),
    ({"clock": "every 2w"}, "'every 2w' is no part of a day, and counts anew nowhere"),
    ({"clock": {"rrule": "FREQ=DAILY", "dtstart": "2026-01-01 00:00"}},
     "nothing there fires as 'rrule FREQ=DAILY from 2026-01-01 00:00' does"),
    ({"clock": "daily at 09:00", "filters": ["business_day"]},
     "nothing there filters as 'business_day' does"),
    ({"clock": "daily at 09:00", "filters": [{"not": "weekend"}]},
     "nothing there filters as 'not weekend' does"),
    ({"clock": "every 6h", "timezone": "Europe/Berlin", "filters": ["weekday"]},
     "'every 6h' is elapsed time, and its filters ask the wall clock"),
    ({"clock": "cron 0 9 30W * *"},
     "the weekday nearest to day 30 depends on how long a month is"),
    ({"clock": "cron 0 9 L * *", "filters": ["days_of_month 28-31"]},
     "it counts days from the begin of the month and from its end"),
    ({"clock": "cron 0 9 L-29 * *"}, "it counts more than 28 days from the end of the month"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "why"), REFUSED)
def test_what_systemd_cannot_do_is_refused_with_its_reason(
    keys: dict[str, Any], why: str, tmp_path: Path
) -> None:
    job = {"clock": "daily at 09:00", **({} if "python" in keys else {"command": "ls"}), **keys}
    found = systemd_export.write(load({"jobs": {"a": job}}, tmp_path))

    expected = why.format("systemd" if "Python" in why else "timer")
    assert [("a", expected)] == [tuple(one) for one in found.refused]
    assert {} == found.files


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"success": {"exit_codes": [1]}},
         "exit code 0 is a failure of it, which it never is for systemd"),
        ({"env": {"A": {"from_file": "x"}}},
         "A is the contents of a file, which no variable there is"),
        ({"env": {"A": {"from_env": "B"}}}, "A is taken from B, under another name"),
        ({"env": {"A.B": "1"}}, "'A.B' is no name that systemd takes for a variable"),
        ({"env_file": "/etc/*.env"}, "systemd takes the path '/etc/*.env' for several"),
        ({"working_dir": "/a\nb"}, "no unit file can hold the path '/a\\nb'"),
        ({"command": ["-x"]}, "its program '-x' begins with what systemd takes for a sign"),
    ],
)  # fmt: skip
def test_what_no_unit_can_say_is_refused_with_its_reason(
    keys: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    job = {"clock": "daily at 09:00", "command": "ls", **keys}

    found = systemd_export.write(load({"jobs": {"a": job}}, tmp_path))

    assert [("a", expected)] == [tuple(one) for one in found.refused]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"clock": "startup"}, "it runs when a runner starts, which nothing there does"),
        ({"clock": {"dates": ["2026-12-24 18:00"]}},
         "it fires in some years, which a schedule there cannot say"),
        ({"clock": "monthly last"},
         "it counts days from the end of the month, and Kubernetes does not"),
        ({"clock": "every 10s"}, "it fires within a minute, and Kubernetes looks once a minute"),
        ({"clock": "daily at 08:00, 12:30"}, "it takes several schedules, and a CronJob has one"),
        ({"clock": ["daily at 08:00", "hourly"]},
         "it takes several schedules, and a CronJob has one"),
        ({"clock": "monthly 2nd tue"},
         "with a day of the month and a weekday, either is enough there"),
        ({"python": "a:b"}, "it calls a Python function, and a container runs commands"),
    ],
)  # fmt: skip
def test_what_kubernetes_cannot_do_is_refused_with_its_reason(
    keys: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    job = {"clock": "daily at 09:00", **({} if "python" in keys else {"command": "ls"}), **keys}

    found = cronjobs_export.write(load({"jobs": {"a": job}}, tmp_path), "x")

    assert [("a", expected)] == [tuple(one) for one in found.refused]


def test_names_that_are_the_same_to_kubernetes_are_told_apart_by_refusing(tmp_path: Path) -> None:
    job = {"clock": "daily at 09:00", "command": "ls"}

    found = cronjobs_export.write(load({"jobs": {"A b": job, "a-b": job, "é": job}}, tmp_path), "x")

    assert [
        ("a-b", "another job is called a-b there, too"),
        ("é", "no letter or digit of its name can stand in one of Kubernetes"),
    ] == [tuple(one) for one in found.refused]


# ---- what is told

KEYS = {
    "retry": 3, "overlap": "replace", "pool": "p", "priority": 5, "catchup": "all", "grace": "5m",
    "catchup_window": "2h", "start_deadline": "5m", "on_interrupted": "rerun",
    "output": {"max_size": "1 MB"}, "history": {"keep_runs": 5}, "clock": "startup",
}  # fmt: skip


SURROUNDED = {"command": "/bin/ls", "user": "root", "env": {"PATH": "/bin"}}


@pytest.mark.parametrize("key", KEYS)
def test_what_is_not_exported_to_systemd_is_told(key: str, tmp_path: Path) -> None:
    job = {"clock": "daily at 09:00", **SURROUNDED, key: KEYS[key]}

    found = systemd_export.write(load({"pools": {"p": 1}, "jobs": {"a": job}}, tmp_path))

    assert [key if key != "clock" else "startup"] == [
        text.partition(":")[0] for text, _, _ in said(found)
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ["overlap: skip", "working_dir: ."]),
        ({"overlap": "allow", "working_dir": "/"}, []),
        ({"overlap": "replace", "working_dir": "/", "retry": 2}, ["retry: 30s fixed"]),
        ({"overlap": "queue_one", "working_dir": "/"}, ["overlap: queue_one"]),
        (
            {"overlap": "allow", "working_dir": "/", "catchup": "all", "nice": 4, "priority": 3},
            ["catchup: all", "nice: 4", "priority: 3"],
        ),
        (
            {"overlap": "allow", "working_dir": "/", "command": "echo $SCHED_JOB"},
            ["command"],
        ),
    ],
)
def test_what_is_not_exported_to_kubernetes_is_told(
    keys: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    job = {"clock": "daily at 09:00", "command": "ls", **keys}

    found = cronjobs_export.write(load({"jobs": {"a": job}}, tmp_path), "x")

    assert expected == [text for text, _, _ in said(found)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (SURROUNDED, []),
        (
            {**SURROUNDED, "user": None},
            [("user", "no user is set: a unit of the system runs it as root", True)],
        ),
        (
            {**SURROUNDED, "env": {}},
            [("env", "no PATH is set: systemd has its own, not that of the runner", True)],
        ),
        (
            {**SURROUNDED, "command": ["ls"]},
            [("env", "systemd looks for the program itself in a PATH of its own", True)],
        ),
        ({**SURROUNDED, "command": "ls | wc"}, []),
    ],
)
def test_what_systemd_takes_for_granted_is_told(
    keys: dict[str, Any], expected: list[tuple[str, str, bool]], tmp_path: Path
) -> None:
    job = {"clock": "daily at 09:00", **keys}

    found = systemd_export.write(load({"jobs": {"a": job}}, tmp_path))

    assert expected == said(found)


@pytest.mark.parametrize(
    ("clock", "zone", "expected"),
    [
        ("daily at 02:30", "Europe/Berlin", True),
        ("daily at 04:30", "Europe/Berlin", False),
        ("hourly", "Europe/Berlin", True),
        ("hourly", "UTC", False),
        ("every 15m", "Europe/Berlin", False),
        ("every 1d", "America/Santiago", True),
        ({"dates": ["2027-03-28 02:30"]}, "Europe/Berlin", True),
    ],
)
def test_another_rule_for_clock_changes_is_told(
    clock: Any, zone: str, expected: bool, tmp_path: Path
) -> None:
    job = {"clock": clock, **SURROUNDED, "timezone": zone, "catchup": "none"}

    found = systemd_export.write(load({"jobs": {"a": job}}, tmp_path))

    assert (["dst"] if expected else []) == [text for text, _, _ in said(found)]


def test_no_line_end_in_a_word_becomes_a_blank(tmp_path: Path) -> None:
    words = ["/bin/x", *(f"a{end}b" for end in ("\r", "\n", "\x85", "\u2028", "\u2029"))]
    job = {"clock": "daily at 09:00", "command": words}

    found = cronjobs_export.write(load({"jobs": {"a": job}}, tmp_path), "x")
    pod = yaml.safe_load(found.text)["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert words == pod["containers"][0]["command"]


# ---- there and back

TIMES = st.lists(
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=3
).map(", ".join)
DAYS = st.sampled_from(["mon", "tue,thu", "mon-fri", "sat,sun", "fri-sun", "sun-tue"])
CLOCKS = st.one_of(
    TIMES.map("daily at {}".format),
    st.builds("weekly {} at {}".format, DAYS, TIMES),
    st.builds(
        "monthly {} at {}".format,
        st.sampled_from(["1", "15,31", "last", "2nd tue", "last fri", "first weekday", "5th mon",
                         "last weekday", "1,last"]),
        TIMES,
    ),
    st.builds("yearly {} at {}".format, st.sampled_from(["02-29", "01-31,03-01"]), TIMES),
    st.sampled_from(["hourly", "hourly at 5,35", "every 1d", "every 1w", "every 6h", "every 45m",
                     "every 90s", "every 10s", "every 5m", "cron */7 * * * *",
                     "cron 0 9 13 * fri", "cron 0 9 */2 * 1", "cron 0 9 1W,15W * *",
                     "cron 30 */10 8-18 L-3,L * *", "cron 5 4 1-7 1-6/2 sun"]),
)  # fmt: skip
FILTERS = st.lists(
    st.sampled_from(["weekday", "days sat-mon", "months nov-feb", "days_of_month 1-10",
                     "between_times 08:00-18:30", "between_times 22:00-06:00", "month_start",
                     "nth_weekday 2 tue", "at_time 09:00"]),
    max_size=2,
)  # fmt: skip
COMMANDS = st.one_of(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
        min_size=1,
        max_size=4,
    ).map(lambda words: ["/bin/x", *words]),
    st.text(st.sampled_from("ab $%\"'\\;|&{}()@-:~\n\t#=*"), min_size=1, max_size=12).filter(
        lambda text: bool(text.strip())
    ),
)
JOBS = st.fixed_dictionaries(
    {
        "clock": st.lists(CLOCKS, min_size=1, max_size=2),
        "filters": FILTERS,
        "command": COMMANDS,
        "timezone": st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
        "env": st.dictionaries(
            st.sampled_from(["A", "B_1"]), st.text(st.sampled_from("a $%\"'\\;\n()"), max_size=6)
        ),
    }
)


def load_sound(jobs: dict[str, Any], directory: Path) -> tuple[Job, ...]:
    """Return those of the jobs that fire at some time."""
    try:
        return load({"jobs": jobs}, directory)
    except InvalidFileError as error:
        never = {re.match(r"'(.*)' never fires", one.message) for one in error.diagnostics}
        assume(None not in never)
        names = {match[1] for match in never if match}
        assume(set(jobs) > names)
        return load({"jobs": {n: job for n, job in jobs.items() if n not in names}}, directory)


def far_from_changes(fires: Sequence[datetime], zone: ZoneInfo) -> list[datetime]:
    begin, end = fires[0] - timedelta(days=2), fires[-1] + timedelta(days=2)
    changes = [change for change, _ in timeline.changes(begin, end, zone)]
    near = timedelta(hours=26)
    return [fire for fire in fires if not any(abs(fire - change) < near for change in changes)]


def check_the_same(jobs: tuple[Job, ...], exported: Exported, directory: Path) -> None:
    """Check that what comes back fires as the job does, and runs the same."""
    found = back(exported, directory)
    (job,) = jobs
    changes = any(one.text == "dst" for one in exported.differences)
    for begin in (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)):
        until = begin + timedelta(days=500)
        expected = list(islice(job.schedule.after(begin, until - begin), 60))
        union = {fire for one in found for fire in islice(one.schedule.after(begin), 60)}
        fires = sorted(union)[: len(expected)]
        if changes and expected:
            expected = far_from_changes(expected, job.timezone)
            fires = far_from_changes(sorted(union), job.timezone)[: len(expected)]
        assert expected == fires
    for one in found:
        assert command_words(job) == command_words(one)
        assert job.env == one.env


SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SETTINGS
@given(JOBS)
def test_any_job_comes_back_from_systemd_as_it_went(tmp_path: Path, job: dict[str, Any]) -> None:
    jobs = load_sound({"a": {**job, "working_dir": "/"}}, tmp_path)

    exported = systemd_export.write(jobs)

    if not exported.refused:
        check_the_same(jobs, exported, tmp_path)


@SETTINGS
@given(JOBS)
def test_any_job_comes_back_from_kubernetes_as_it_went(tmp_path: Path, job: dict[str, Any]) -> None:
    jobs = load_sound({"a": {**job, "clock": job["clock"][:1]}}, tmp_path)

    exported = cronjobs_export.write(jobs, "x")

    if not exported.refused:
        check_the_same(jobs, exported, tmp_path)


@with_systemd
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(JOBS, min_size=10, max_size=20))
def test_any_unit_is_one_to_systemd(tmp_path: Path, jobs: list[dict[str, Any]]) -> None:
    named = {
        f"of {number}": {**job, "working_dir": "/", "command": ["/bin/true", *_arguments(job)]}
        for number, job in enumerate(jobs)
    }
    directory = tmp_path / "units"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    exported = systemd_export.write(load_sound(named, tmp_path))
    for name, text in exported.files.items():
        (directory / name).write_text(text, encoding="utf-8")
    units = [str(directory / name) for name in exported.files]
    if not units:
        return

    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", *units],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip

    assert ("", 0) == (done.stderr, done.returncode)


def _arguments(job: dict[str, Any]) -> list[str]:
    command = job["command"]
    return command[1:] if isinstance(command, list) else [command]
