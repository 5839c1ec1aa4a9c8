"""Jobs of ours as a crontab, and which of them cron cannot run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from files import load, text
from schedkit.interchange import crontab_export
from schedkit.interchange.crontab_task import Machine
from schedkit.interchange.draft import Exported, Refusal

MACHINE = Machine("Etc/UTC", "me", datetime(2026, 1, 1, tzinfo=UTC))
KEEP = "overlap: allow\n  catchup: none\n  working_dir: '~'\n  env: {PATH: /usr/bin}"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def exported(jobs: str, *, system: bool = False, defaults: str = KEEP) -> Exported:
    """Return what becomes of jobs, which are to do what cron does unless they say otherwise."""
    lines = "".join(f"  {line}\n" for line in text(jobs).split("\n"))
    config = load(f"defaults:\n  {defaults}\njobs:\n{lines}")
    return crontab_export.write(config.jobs, MACHINE, system=system)


def only(job: str) -> Exported:
    """Return what becomes of one job of these keys."""
    lines = "".join(f"  {line}\n" for line in text(job).split("\n"))
    if "command" not in lines and "python" not in lines:
        lines += "  command: x\n"
    if "clock" not in lines:
        lines += "  clock: cron 0 5 * * *\n"
    return exported(f"a:\n{lines}")


def lines(found: Exported) -> list[str]:
    """Return what stands below the comment of a job that sets nothing but PATH."""
    head = ["# Written by sched export crontab.", "", "# a", "PATH=/usr/bin"]
    all_of_them = found.text.splitlines()
    assert head == all_of_them[:4]
    return all_of_them[4:]


def test_jobs_become_a_crontab() -> None:
    written = """
        backup:
          description: Dump the shop
          command: pg_dump shop > "/srv/$(date +%F)"
          clock: daily at 02:30
        greet:
          command: [echo, "it's", 100%]
          shell: null
          clock: [weekly mon at 09:00, startup boot]
          env: {MAILTO: me}
    """
    expected = text("""
        # Written by sched export crontab.

        # Dump the shop
        PATH=/usr/bin
        30 2 * * * pg_dump shop > "/srv/$(date +\\%F)"

        # greet
        MAILTO=me
        0 9 * * 1 echo 'it'"'"'s' 100\\%
        @reboot echo 'it'"'"'s' 100\\%
    """)

    assert Exported(f"{expected}\n") == exported(written.replace("          shell: null\n", ""))


def test_a_crontab_of_the_system_says_as_whom() -> None:
    written = """
        a: {command: x, clock: cron @hourly, user: www-data, working_dir: ~www-data}
    """
    expected = ["0 * * * * www-data x"]

    assert expected == lines(exported(written, system=True))


def test_a_user_that_is_not_set_is_told() -> None:
    expected = (["0 * * * * me x"], [("a", "no user is set: it is written to run as me")])

    found = exported("a: {command: x, clock: cron @hourly}", system=True)

    assert expected == (lines(found), [(one.place, one.message) for one in found.differences])


# ---- variables


def test_a_variable_that_later_jobs_do_not_have_is_set_in_the_command() -> None:
    """A crontab cannot take one away again."""
    written = """
        a: {command: x, clock: cron @hourly, env: {A: 1, B: "it's"}}
        b: {command: y, clock: cron @hourly, env: {A: 2}}
    """
    expected = [
        "A=1",
        "0 * * * * export B='it'\"'\"'s'; x",
        "",
        "# b",
        "A=2",
        "0 * * * * y",
    ]

    assert expected == lines(exported(written))


def test_a_shell_a_path_and_a_zone_are_set_back() -> None:
    written = """
        a: {command: x, clock: cron @hourly, shell: /bin/bash, timezone: Asia/Tokyo}
        b: {command: y, clock: cron @hourly, env: {PATH: /usr/bin:/bin}}
    """
    expected = text("""
        # Written by sched export crontab.

        # a
        SHELL=/bin/bash
        PATH=/usr/bin
        CRON_TZ=Asia/Tokyo
        0 * * * * x

        # b
        SHELL=/bin/sh
        PATH=/usr/bin:/bin
        CRON_TZ=Etc/UTC
        0 * * * * y
    """)

    assert f"{expected}\n" == exported(written).text


def test_params_are_variables() -> None:
    expected = ["N=3", 'LIST=["a"]', "0 5 * * * x"]

    assert expected == lines(only("params: {N: 3, LIST: [a]}"))


def test_a_variable_that_no_line_sets_is_set_in_the_command() -> None:
    expected = ["0 5 * * * export A=''\"'\"'b'\"'\"''; x"]

    assert expected == lines(only("env: {A: \"'b'\"}"))


def test_a_variable_without_a_value_is_set_in_quotes() -> None:
    expected = ['A=""', "0 5 * * * x"]

    assert expected == lines(only('env: {A: ""}'))


def test_what_cron_keeps_for_itself_is_set_in_the_command() -> None:
    expected = ["0 5 * * * export LOGNAME=you; x"]

    assert expected == lines(only("env: {LOGNAME: you}"))


# ---- where it runs


def test_another_directory_than_home_is_entered(tmp_path: Path) -> None:
    expected = [f"0 5 * * * cd '{tmp_path}/a b' || exit; x"]

    assert expected == lines(only("working_dir: a b"))


def test_home_is_where_cron_begins() -> None:
    expected = ["HOME=/srv", "0 5 * * * x"]

    assert expected == lines(only("working_dir: /srv\nenv: {HOME: /srv}"))


# ---- the command


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("'a % b'", "a \\% b"),
        ("'a \\b'", "a \\b"),
        ("|\n    a\n", "a"),
        ("\"exec <<'END'\\n1%\\n2\\nEND\\ncat\"", "cat%1\\%%2"),
    ],
)
def test_a_command_is_written_for_cron(command: str, expected: str) -> None:
    assert [f"0 5 * * * {expected}"] == lines(only(f"command: {command}"))


# ---- what is told

FLOCK = "cron starts it beside a run that goes on; to keep it from that: flock"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "overlap: skip",
            ("overlap: skip", f"{FLOCK} -n FILE COMMAND"),
        ),
        ("catchup: latest", ("catchup: latest", "cron runs nothing late that was missed")),
        (
            "on_interrupted: rerun",
            ("on_interrupted: rerun", "cron does not run again what was lost with the machine"),
        ),
        (
            "timezone: Asia/Tokyo",
            (
                "timezone: Asia/Tokyo",
                "CRON_TZ is cronie's: Debian's cron takes Etc/UTC all the same",
            ),
        ),
        (
            "clock: startup",
            (
                "startup",
                "cron starts it when the machine has started, not whenever a runner does",
            ),
        ),
        ("command: echo $SCHED_JOB", ("command", "cron sets no variables SCHED_...")),
        (
            "command: echo 'a\\\\\\\\b'",
            (
                "command",
                "Debian's cron makes one backslash of two, as it is written for; cronie does not",
            ),
        ),
    ],
)
def test_what_is_not_the_same_is_told(keys: str, expected: tuple[str, str]) -> None:
    found = only(keys)

    assert [expected] == [(one.text, one.message) for one in found.differences]
    assert () == found.refused


def test_a_job_without_a_path_is_told_of() -> None:
    expected = [("env", "no PATH is set: cron looks for programs in /usr/bin:/bin alone")]

    found = exported("a: {command: x, clock: cron @daily}", defaults=KEEP.replace("PATH", "X"))

    assert expected == [(one.text, one.message) for one in found.differences]


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Zulu"])
def test_a_zone_of_another_name_is_the_same(zone: str) -> None:
    expected: list[object] = []

    assert expected == list(only(f"timezone: {zone}").differences)


# ---- what is refused


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("python: a:b", "it calls a Python function, and cron runs commands"),
        ("enabled: false", "it is not enabled"),
        ("filters: weekday", "cron has nothing like filters"),
        ("adjustments: add 1d", "cron has nothing like adjustments"),
        ("retry: 3\ntimeout: 1h", "cron has nothing like timeout, retry"),
        ("end: 2030-01-01 00:00", "cron has nothing like end"),
        ("nice: 5\ngroup: mail", "cron has nothing like group, nice"),
        (
            "env: {A: {from_env: B}}",
            "A is taken from elsewhere, and cron sets variables to texts",
        ),
        ("user: root", "it runs as root, which takes a crontab of the system (--system)"),
        ("clock: every 7m", "a crontab counts anew each hour and each day: no 'every 7m'"),
        (
            "clock: [cron */10 * * * *, daily at 10:20]",
            "two of its clocks may fire at once, and cron would start both",
        ),
        (
            "clock: [startup, startup boot]",
            "two of its clocks may fire at once, and cron would start both",
        ),
        ('command: "a\\nb"', "its command has more than one line, a crontab has one for it"),
        (
            "command: \"exec <<'END'\\na\\\\\\nb\\nEND\\ncat\"",
            "what it reads has a line that ends with a backslash",
        ),
        ("command: '* x'", "cron would take its command for something else"),
        ("command: '-n x'", "cron would take its command for something else"),
        ("clock: startup boot\ncommand: '=x'", "cron would take its command for something else"),
        (
            f"command: {'x' * 1000}",
            (
                "its command is longer than 998 bytes, with which Debian's cron refuses "
                "the whole crontab"
            ),
        ),
        (
            "shell: /usr/bin/fish\nworking_dir: /srv",
            "/usr/bin/fish cannot be told where it runs, or its variables",
        ),
        ("env: {A B: \"'c'\"}", "neither cron nor a shell sets a variable 'A B'"),
    ],
)
def test_a_job_that_cron_cannot_run_is_refused(keys: str, expected: str) -> None:
    found = only(keys)

    assert (Refusal("a", expected),) == found.refused
    assert "# Written by sched export crontab.\n" == found.text


def test_what_is_refused_keeps_nothing_from_being_written() -> None:
    written = """
        b: {command: x, clock: cron @hourly, timeout: 1h}
        a: {command: y, clock: cron @daily}
    """
    expected = (["0 0 * * * y"], ["b"])

    found = exported(written)

    assert expected == (lines(found), [one.job for one in found.refused])
