"""Crontabs as jobs of ours, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from files import text
from schedkit.interchange import crontab_file
from schedkit.interchange.draft import Difference, Imported, to_yaml

ENVIRONMENT = (
    "cron gives it HOME, LOGNAME, SHELL, PATH and what the crontab sets; "
    "here it has the environment of the runner, too"
)
NO_MAIL = "no mail is sent: what it writes is kept, see: sched logs JOB"
FOR_ALL = [
    Difference("crontab", "every job", ENVIRONMENT),
    Difference("crontab", "every job", NO_MAIL),
]
AT_BOOT = Difference(
    "crontab:11",
    "@reboot ~/bin/hello %Hello%World\\%",
    "the first runner that has it starts it at once, also on a machine that is long up",
)


def read(written: str, *, system: bool = False) -> Imported:
    return crontab_file.read(written, "crontab", system=system)


def told(written: str, *, system: bool = False) -> list[tuple[str, str, bool]]:
    """Return where what is told stands, what it is and whether it was taken; not of every job."""
    imported = read(written, system=system)
    return [
        (one.place, one.message, one.taken)
        for one in imported.differences
        if one.text != "every job"
    ]


def keys(written: str, *, system: bool = False) -> list[dict[str, Any]]:
    """Return the keys of each job, the defaults among them."""
    imported = read(written, system=system)
    defaults = imported.settings.get("defaults", {})
    return [
        {**defaults, **job.keys, "env": {**defaults.get("env", {}), **job.keys.get("env", {})}}
        for job in imported.jobs
    ]


def test_a_crontab_becomes_a_file_of_jobs() -> None:
    written = text("""
        # m h  dom mon dow   command
        SHELL=/bin/bash
        PATH=/usr/local/bin:/usr/bin:/bin

        # Dump the shop. Takes an hour, so it
        # must not run at noon.
        30 2 * * mon-fri	/usr/local/bin/backup.sh --all > /var/log/b.log 2>&1 # nightly

        # Look at the mail
        */5 9-17 * * *	fetch-mail
        @reboot ~/bin/hello %Hello%World\\%
        # The end.
    """)
    expected = text("""
        # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

        timezone: local
        defaults:
          shell: /bin/bash
          working_dir: '~'
          overlap: allow
          catchup: none
          env: {PATH: '/usr/local/bin:/usr/bin:/bin'}

        jobs:
          # m h  dom mon dow   command
          #
          # Dump the shop. Takes an hour, so it
          # must not run at noon.
          backup:
            description: Dump the shop
            command: '/usr/local/bin/backup.sh --all > /var/log/b.log 2>&1 # nightly'
            clock: cron 30 2 * * mon-fri

          fetch-mail:
            description: Look at the mail
            command: fetch-mail
            clock: cron */5 9-17 * * *

          hello:
            command: "exec <<'END'\\nHello\\nWorld%\\nEND\\n~/bin/hello "
            clock: startup boot

        # The end.
    """)

    imported = read(f"{written}\n")

    assert f"{expected}\n" == to_yaml(imported)
    assert (*FOR_ALL, AT_BOOT) == imported.differences


def test_a_crontab_of_the_system_says_as_whom() -> None:
    written = text("""
        17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
        */10 * * * *	www-data	[ -x /srv/x ] && /srv/x
    """)
    expected = text("""
        # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

        timezone: local
        defaults:
          working_dir: ~root
          overlap: allow
          catchup: none
          env: {PATH: '/usr/bin:/bin'}

        jobs:
          cron.hourly:
            command: cd / && run-parts --report /etc/cron.hourly
            clock: cron 17 * * * *
            user: root

          x:
            command: '[ -x /srv/x ] && /srv/x'
            clock: cron */10 * * * *
            user: www-data
            working_dir: ~www-data
    """)
    root = "it is to run as another user: this takes a runner that is root"

    imported = read(f"{written}\n", system=True)

    assert f"{expected}\n" == to_yaml(imported)
    assert (*FOR_ALL, Difference("crontab", "every job", root)) == imported.differences


def test_a_job_that_is_alone_in_a_file_of_the_system_is_called_as_the_file() -> None:
    expected = ["sysstat"]

    imported = crontab_file.read("* * * * * root sa1 1 1\n", "/etc/cron.d/sysstat", system=True)

    assert expected == [job.name for job in imported.jobs]


def test_jobs_of_several_files_have_names_of_their_own() -> None:
    expected = ["a", "a-2"]

    imported = crontab_file.read_all([("@daily a\n", "one"), ("@daily a\n", "two")])

    assert expected == [job.name for job in imported.jobs]


def test_nothing_is_no_jobs() -> None:
    expected = Imported((), (), {"timezone": "local"})

    assert expected == read("")


# ---- lines that set something


def test_a_setting_holds_for_the_lines_below_it() -> None:
    written = "@daily a\nA=1\n@daily b\nA = ' 2 '\nPATH=/opt\n@daily c\n"
    expected = [
        {"PATH": "/usr/bin:/bin"},
        {"PATH": "/usr/bin:/bin", "A": "1"},
        {"PATH": "/opt", "A": " 2 "},
    ]

    actual = [job["env"] for job in keys(written)]

    assert expected == actual


def test_home_is_where_a_job_begins() -> None:
    expected = [("~", None), ("/srv", "/srv")]

    actual = [
        (job["working_dir"], job["env"].get("HOME"))
        for job in keys("@daily a\nHOME=/srv\n@daily b\n")
    ]

    assert expected == actual


def test_shell_is_what_runs_a_command() -> None:
    expected = ["/bin/bash", "/bin/zsh"]

    actual = [job["shell"] for job in keys("SHELL=/bin/bash\n@daily a\nSHELL=/bin/zsh\n@daily b\n")]

    assert expected == actual


def test_another_shell_than_posix_gets_its_input_from_one() -> None:
    expected = [("exec <<'END'\nx\nEND\nexec /usr/bin/fish -c 'a b'", None)]

    actual = [
        (job["command"], job.get("shell")) for job in keys("SHELL=/usr/bin/fish\n@daily a b%x\n")
    ]

    assert expected == actual


def test_a_zone_of_cronie_is_that_of_the_jobs_below_it() -> None:
    expected = ("local", ["local", "Asia/Tokyo"])

    imported = read("@daily a\nCRON_TZ=Asia/Tokyo\n@daily b\n")

    zones = [job.keys.get("timezone", "local") for job in imported.jobs]
    assert expected == (imported.settings["timezone"], zones)


def test_a_zone_of_all_jobs_is_that_of_the_file() -> None:
    expected = ("Asia/Tokyo", [None])

    imported = read("CRON_TZ=Asia/Tokyo\n@daily b\n")

    zones = [job.keys.get("timezone") for job in imported.jobs]
    assert expected == (imported.settings["timezone"], zones)


# ---- lines that start something


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("@reboot a", "startup boot"),
        ("@midnight a", "cron @midnight"),
        ("0 0 * jan,FEB Sun a", "cron 0 0 * jan,FEB Sun"),
        ("0\t0  *\t* 7 a", "cron 0 0 * * 7"),
        ("0~30 * ~ * * a", "cron H(0-30) * H(1-31) * *"),
        ("5~ ~3 * nov~ ~fri a", "cron H(5-59) H(0-3) * H(11-12) H(0-5)"),
    ],
)
def test_a_time_is_a_clock(line: str, expected: str) -> None:
    (job,) = keys(f"{line}\n")

    assert expected == job["clock"]


@pytest.mark.parametrize("user", ["0", "a:b", "\x1f"])
def test_who_is_no_user_is_told(user: str) -> None:
    expected = [("crontab:1", False)]

    actual = [(place, taken) for place, _, taken in told(f"@daily {user} a\n", system=True)]

    assert expected == actual


def test_what_is_not_taken_keeps_nothing_from_being_taken() -> None:
    expected = (["a", "b"], ["crontab:2"])

    imported = read("@daily a\n61 * * * * x\n@daily b\n")

    lost = [one.place for one in imported.differences if not one.taken]
    assert expected == ([job.name for job in imported.jobs], lost)


def test_what_is_not_taken_stands_in_the_file_as_a_comment() -> None:
    expected = text("""
        # Not taken:
        # crontab:1: 61 * * * * x
        #   minute 61 is outside 0-59
    """)

    actual = to_yaml(read("61 * * * * x\n"))

    assert actual.endswith(f"\n{expected}\n")


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ("a # no comment", "a # no comment"),
        ("a\tb  ", "a\tb  "),
        ("date +\\%F", "date +%F"),
        ("a%", "a"),
        ("a%b%%c", "exec <<'END'\nb\n\nc\nEND\na"),
        ("a%END", "exec <<'END2'\nEND\nEND2\na"),
        ("a" * 10_000, "a" * 10_000),
    ],
)
def test_a_command_is_taken_byte_by_byte(written: str, command: str) -> None:
    (job,) = keys(f"@daily {written}\n")

    assert command == job["command"]


# ---- what a file is made of


def test_a_file_of_another_system_has_its_carriage_returns_left_out() -> None:
    message = "cron would take the carriage return at its end for a part of it: left out"
    expected = (["a b"], {"PATH": "/opt"}, [("crontab", message, True)])

    written = "PATH=/opt\r\n@daily a b\r\n"

    (job,) = keys(written)
    assert expected == ([job["command"]], job["env"], told(written))


def test_a_last_line_without_an_end_is_taken_and_told() -> None:
    message = "Debian's cron refuses a crontab whose last line has no newline at its end"
    expected = (["a"], [("crontab:1", message, True)])

    assert expected == ([job["command"] for job in keys("@daily a")], told("@daily a"))


def test_bytes_that_are_no_text_are_taken_for_latin_1() -> None:
    message = "it is no UTF-8: taken for Latin-1, and passed on as UTF-8"
    written = b"@daily caf\xe9\n@daily caf\xc3\xa9\n".decode("utf-8", "surrogateescape")
    expected = (["café", "café"], [("crontab:1", message, True)])

    assert expected == ([job["command"] for job in keys(written)], told(written))
