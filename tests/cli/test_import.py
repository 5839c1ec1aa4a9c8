"""`sched import`: the crontab of somebody as a file of ours."""

from __future__ import annotations

import subprocess
import sys

import pytest

from files import Answer, Sched, text

CRONTAB = """
    MAILTO=me
    # Dump the shop
    30 2 * * mon-fri backup --all
    61 * * * * nonsense
"""
WRITTEN = text("""
    # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

    timezone: local
    defaults:
      working_dir: '~'
      overlap: allow
      catchup: none
      env: {PATH: '/usr/bin:/bin', MAILTO: me}

    jobs:
      backup:
        description: Dump the shop
        command: backup --all
        clock: cron 30 2 * * mon-fri

    # Not taken:
    # crontab:5: 61 * * * * nonsense
    #   minute 61 is outside 0-59
""")
ALL = (
    "{}: every job\n"
    "  = note: cron gives it HOME, LOGNAME, SHELL, PATH and what the crontab sets; "
    "here it has the environment of the runner, too\n"
)
NO_MAIL = "no mail is sent: what it writes is kept, see: sched logs JOB"
TOLD = (
    ALL.format("crontab")
    + f"""\
crontab:2: MAILTO=me
  = note: {NO_MAIL}
crontab:5: 61 * * * * nonsense
  = not taken: minute 61 is outside 0-59
crontab: the whole file
  = note: Debian's cron refuses all of it for a line it cannot read: nothing of it ran there
1 job, 1 place not taken; once this is in schedules.yaml: sched validate
"""
)


def piped(sched: Sched, written: bytes, *arguments: str) -> Answer:
    """Return what a command leaves behind that reads from a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "schedkit", *arguments],
        cwd=sched.directory,
        env=sched.environment,
        input=written,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_the_file_goes_to_stdout_and_what_differs_to_stderr(sched: Sched) -> None:
    sched.write(CRONTAB, "crontab")
    expected = Answer(1, f"{WRITTEN}\n", TOLD)

    actual = sched("import", "crontab", "crontab")

    assert expected == actual


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_crontab_comes_through_a_pipe(sched: Sched, arguments: tuple[str, ...]) -> None:
    expected = Answer(1, f"{WRITTEN}\n", TOLD)

    actual = piped(sched, text(CRONTAB).join("\n\n").encode(), "import", "crontab", *arguments)

    assert expected == actual


def test_everything_taken_is_success(sched: Sched) -> None:
    sched.write('MAILTO=""\n@daily a\n', "mine")
    expected = (
        0,
        ALL.format("mine")
        + "1 job, everything taken; once this is in schedules.yaml: sched validate\n",
    )

    answer = sched("import", "crontab", "mine")

    assert expected == (answer.code, answer.stderr)


def test_what_is_imported_has_no_problems(sched: Sched) -> None:
    (sched.directory / "home").mkdir()
    sched.write("@daily true\n0 5 * * * test -e a || true%b%c\n", "mine")
    sched.write(sched("import", "crontab", "mine").stdout)
    expected = Answer(0, "schedules.yaml: 2 jobs, no problems\n", "")

    actual = sched("validate")

    assert expected == actual


def test_several_files_become_one(sched: Sched) -> None:
    sched.write("@daily root a\n", "one")
    sched.write("@daily mail a\n", "two")
    expected = text("""
        # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

        timezone: local
        defaults:
          working_dir: ~root
          overlap: allow
          catchup: none
          env: {PATH: '/usr/bin:/bin'}

        jobs:
          one:
            command: a
            clock: cron @daily
            user: root

          two:
            command: a
            clock: cron @daily
            user: mail
            working_dir: ~mail
    """)

    actual = sched("import", "crontab", "--system", "one", "two").stdout

    assert f"{expected}\n" == actual


def test_bytes_of_any_kind_are_read(sched: Sched) -> None:
    message = "it is no UTF-8: taken for Latin-1, and passed on as UTF-8"
    expected = (0, True, f"crontab:1: @daily caf\xe9\n  = note: {message}\n")

    answer = piped(sched, b"@daily caf\xe9\n", "import", "crontab")

    found = "".join(answer.stderr.splitlines(keepends=True)[4:6])
    assert expected == (answer.code, "command: café" in answer.stdout, found)


def test_a_long_line_is_told_in_short(sched: Sched) -> None:
    sched.write(f"@daily {'a' * 10_000}\n", "mine")
    expected = f"mine:1: @daily {'a' * 90}...\n"

    answer = sched("import", "crontab", "mine")

    assert expected in answer.stderr.splitlines(keepends=True)
    assert f"command: {'a' * 10_000}\n" in answer.stdout


def test_what_would_move_the_cursor_is_made_visible(sched: Sched) -> None:
    sched.write("61 * * * * a\x1b[2J\n", "mine")
    expected = "mine:1: 61 * * * * a\\x1b[2J\n"

    answer = sched("import", "crontab", "mine")

    assert expected in answer.stderr.splitlines(keepends=True)
    assert "\x1b" not in answer.stdout


def test_a_file_that_is_not_there_is_said(sched: Sched) -> None:
    expected = Answer(2, "", "error: nothing: no such file or directory\n")

    actual = sched("import", "crontab", "nothing")

    assert expected == actual


def test_a_directory_is_no_crontab(sched: Sched) -> None:
    (sched.directory / "cron.d").mkdir()
    expected = Answer(2, "", "error: cron.d: is a directory\n")

    actual = sched("import", "crontab", "cron.d")

    assert expected == actual


def test_a_format_that_is_not_known_is_a_wrong_use(sched: Sched) -> None:
    expected = (2, "", True)

    answer = sched("import", "cron", "a")

    assert expected == (answer.code, answer.stdout, "'cron' is unknown" in answer.complaint)
