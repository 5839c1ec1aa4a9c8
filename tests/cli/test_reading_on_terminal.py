"""What is asked at a terminal, as it stands there: the answer, and what is said beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.test_status import well
from files import NAME, Sched, text
from past import FIRED, Past, write_past
from schedkit import last_good, loader
from schedkit.run import Pause, State
from screen import block, like, screen
from talking import Answering

JOBS = """
timezone: UTC
jobs:
  a: {command: x, clock: {dates: 2099-01-01 00:00}}
  b: {command: x, clock: daily at 02:30, filters: weekday}
"""
PAUSE = Pause("b", "bob", FIRED, FIRED.replace(year=2099), "no disk")


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(JOBS)


def test_before_anything_has_run_each_verb_says_what_to_do(sched: Sched) -> None:
    expected = block("""
        RUN  JOB  STATE  FIRE TIME  LATE  TOOK  TRY  EXIT  NOTE
        nothing has run yet: sched run
        TIME  WHO  WHAT  TARGET  DETAIL
        nothing has run yet: sched run
        error: nothing has run yet
        no runner is up
        jobs       2
        start one with: sched run
    """)

    answers = [screen(sched, verb) for verb in ("history", "audit", "logs", "status")]

    codes, shown = zip(*answers, strict=True)
    assert ((0, 0, 4, 3), expected) == (codes, "".join(shown))


def test_of_what_was_done_the_verb_is_cyan_and_its_target_bold(sched: Sched) -> None:
    for _ in range(2):
        write_past(sched, [])
    expected = (
        "\x1b[1mTIME                 WHO     WHAT  TARGET     DETAIL\x1b[0m\n"
        "2026-03-01 02:30:00  runner  \x1b[36mload\x1b[0m  \x1b[1mthe files\x1b[0m  no job fires"
        " otherwise\n"
        "2026-03-01 02:30:00  runner  \x1b[36mload\x1b[0m  \x1b[1mthe files\x1b[0m  a is new;"
        " b is new\n"
    )

    actual = screen(sched, "audit", colour=True)

    assert (0, expected) == actual


def test_how_a_run_ended_has_its_colour(sched: Sched) -> None:
    green, red, yellow, cyan = (f"\x1b[{code}m" for code in (32, 31, 33, 36))
    colours = {
        State.SUCCEEDED: green,
        State.FAILED: red,
        State.TIMED_OUT: red,
        State.LOST: red,
        State.CANCELLED: yellow,
        State.SKIPPED: yellow,
        State.MISSED: yellow,
        State.RETRYING: cyan,
        State.QUEUED: cyan,
        State.RUNNING: cyan,
    }
    ids = write_past(sched, [Past("a", state) for state in colours])
    expected = [
        f"\x1b[2m{run}\x1b[0m  \x1b[1ma\x1b[0m    {colour}{state}\x1b[0m"
        for run, (state, colour) in zip(ids, colours.items(), strict=True)
    ]

    _, shown = screen(sched, "history", colour=True)
    header, *lines = shown.splitlines()
    actual = [line.partition(" 2026-")[0].rstrip() for line in reversed(lines)]

    assert (True, expected) == (header.startswith("\x1b[1mRUN "), actual)


def test_what_is_well_is_green_what_goes_on_cyan_and_what_is_paused_yellow(
    sched: Sched, runner: Answering
) -> None:
    going = {"run": "7k3m2q", "job": "b", "since": "2026-03-02T02:30:00+00:00"}
    runner.operations.more = well(running=[going], waiting=2)
    write_past(sched, [], [PAUSE])
    expected = block("""
        \x1b[32mall is well: 2 jobs, none of which is due ever again\x1b[0m
        runner     pid 4711, sched 0.1.0, up <left>
        jobs       2
        running    \x1b[36mb 7k3m2q, for <left>\x1b[0m
        waiting    2 for a later time, a slot or an earlier run
        paused     \x1b[33mb paused by bob: no disk (until Mon 2099-03-02 02:30)\x1b[0m
    """)

    code, shown = screen(sched, "status", colour=True)

    assert (0, expected) == (code, like(expected, shown))


def test_what_is_wrong_is_red(sched: Sched) -> None:
    (run,) = write_past(sched, [Past("a", State.FAILED)], [PAUSE])
    said = "no runner is up; a failed 2026-03-02 02:30:00: no luck"
    expected = block(f"""
        \x1b[31m{said}\x1b[0m
        jobs       2
        failing    \x1b[31ma {run} failed 2026-03-02 02:30:00: no luck\x1b[0m
        paused     \x1b[33mb paused by bob: no disk (until Mon 2099-03-02 02:30)\x1b[0m
        start one with: sched run
    """)

    actual = screen(sched, "status", colour=True)

    assert (3, expected) == actual


def test_a_job_is_shown_with_its_pause_in_yellow(sched: Sched) -> None:
    (run,) = write_past(sched, [Past("a", State.SUCCEEDED)], [replace(PAUSE, job="a")])
    expected = block(f"""
        job       \x1b[1ma\x1b[0m                       \x1b[2mschedules.yaml:4\x1b[0m
        state     \x1b[33mpaused by bob: no disk (until Mon 2099-03-02 02:30)\x1b[0m
        schedule  dates 2099-01-01 00:00, UTC
        health    \x1b[32mlast succeeded 2026-03-02 02:30:00\x1b[0m

        command   x                       \x1b[2mschedules.yaml:4\x1b[0m
        clock     dates 2099-01-01 00:00  \x1b[2mschedules.yaml:4\x1b[0m

        timezone  UTC                     \x1b[2mschedules.yaml:2 (file)\x1b[0m

        last      {run}  succeeded  2026-03-02 02:30:00  -

        next      Thu 2099-01-01 00:00:00 UTC  <left>  dates 2099-01-01 00:00, paused by bob: \
no disk
    """)

    code, shown = screen(sched, "show", "a", colour=True)

    assert (0, expected) == (code, like(expected, shown))


def test_why_there_is_no_run_is_aligned(sched: Sched) -> None:
    write_past(sched, [], [PAUSE])
    expected = block("""
        no run on Sat 2099-01-03: filtered
          clock       daily at 02:30  -> Sat 2099-01-03 02:30 UTC  schedules.yaml:5
          filter      weekday            dropped                   schedules.yaml:5
        b is due on Fri 2099-01-02: to be skipped
          clock       daily at 02:30  -> Fri 2099-01-02 02:30 UTC  schedules.yaml:5
          \x1b[33mwould skip \x1b[0m paused by bob until Mon 2099-03-02 02:30 UTC: no disk
    """)

    days = ("2099-01-03", "2099-01-02")
    actual = "".join(screen(sched, "explain", "b", day, colour=True)[1] for day in days)

    assert expected == actual


def test_what_a_file_changes_has_a_colour_each(sched: Sched) -> None:
    last_good.keep(sched.directory, loader.load([sched.directory / NAME]))
    sched.write("""
timezone: UTC
jobs:
  a: {command: y, clock: {dates: 2099-01-01 00:00}}
  c: {command: x, clock: daily at 02:30, filters: weekday}
  d: {command: z, clock: {dates: 2099-01-01 00:00}}
""")
    expected = block("""
        \x1b[1ma\x1b[0m  \x1b[33mchanged\x1b[0m  \x1b[2mcommand\x1b[0m     x -> y
        \x1b[1mc\x1b[0m  \x1b[36mrenamed\x1b[0m  \x1b[2mname\x1b[0m        b -> c, \
history and pause stay with the old name
        \x1b[1md\x1b[0m  \x1b[32mnew\x1b[0m      \x1b[2mschedule\x1b[0m    dates 2099-01-01 00:00
                    \x1b[2mcommand\x1b[0m     z
                    \x1b[2mnext fire\x1b[0m   Thu 2099-01-01 00:00:00 UTC, in <left>
                    \x1b[2mfire times\x1b[0m  0 in the next 7 days
        1 new, 1 changed, 1 renamed; to load them: sched --state . reload
    """)

    code, shown = screen(sched, "--state", ".", "plan", colour=True)

    assert (0, expected) == (code, like(expected, shown))


def test_problems_stand_with_their_lines_and_warnings_are_yellow(sched: Sched) -> None:
    clean = screen(sched, "validate")
    sched.write("jobs: {a: {command: y, clock: {dates: 2020-01-01 00:00}}}\n")
    warned = screen(sched, "validate", colour=True)
    sched.write("jobs: {a: {command: y, clock: {date: 2020-01-01 00:00}}}\n")
    broken = screen(sched, "validate")

    expected = block("""
        schedules.yaml: 2 jobs, no problems
        \x1b[1mschedules.yaml:1:31\x1b[0m: \x1b[33mwarning\x1b[0m: 'a' never fires: \
no clock names a time before <year>
        1 | jobs: {a: {command: y, clock: {dates: 2020-01-01 00:00}}}
          |                               \x1b[33m^^^^^^^^^^^^^^^^^^^^^^^^^\x1b[0m

        schedules.yaml: 1 job, 1 warning
        schedules.yaml:1:32: error: unknown clock 'date'
        1 | jobs: {a: {command: y, clock: {date: 2020-01-01 00:00}}}
          |                                ^^^^
          = help: did you mean 'dates'?

        schedules.yaml: 1 problem
    """)

    codes, shown = zip(*[clean, warned, broken], strict=True)
    assert ((0, 0, 78), expected) == (codes, like(expected, "".join(shown)))


# ---- into and out of our file

CRONTAB = "30 2 * * * pg_dump shop\n61 * * * * nope\n"
NOTE = text("""
    {0}: every job
      = note: cron gives it HOME, LOGNAME, SHELL, PATH and what the crontab sets; \
here it has the environment of the runner, too
    {0}: every job
      = note: no mail is sent: what it writes is kept, see: sched logs JOB
    {0}:2: 61 * * * * nope
      = not taken: minute 61 is outside 0-59
    {0}: the whole file
      = note: Debian's cron refuses all of it for a line it cannot read: nothing of it ran there
""")
IMPORTED = text("""
    # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

    timezone: local
    defaults:
      working_dir: '~'
      overlap: allow
      catchup: none
      env: {PATH: '/usr/bin:/bin'}

    jobs:
      pg_dump:
        command: pg_dump shop
        clock: cron 30 2 * * *
""")


def test_what_an_import_says_comes_after_the_file(sched: Sched) -> None:
    sched.write(CRONTAB, "tab")
    expected = (
        f"{IMPORTED}\n\n# Not taken:\n# tab:2: 61 * * * * nope\n#   minute 61 is outside 0-59\n"
        f"{NOTE.format('tab')}\n"
        "1 job, 1 place not taken; once this is in schedules.yaml: sched validate\n"
    )

    actual = screen(sched, "import", "crontab", "tab")

    assert (1, expected) == actual


def test_a_crontab_can_be_typed(sched: Sched) -> None:
    typed = CRONTAB.partition("\n")[0] + "\n"
    notes = "\n".join(NOTE.format("crontab").splitlines()[:4])
    expected = (
        f"reading from the terminal: Ctrl-D ends it\n{typed}{IMPORTED}\n{notes}\n"
        "1 job, everything taken; once this is in schedules.yaml: sched validate\n"
    )

    code, shown = screen(sched, "import", "crontab", asks="ends it", says=f"{typed}\x04")

    assert (0, expected) == (code, shown.replace("^D\b\b", ""))


def test_what_cron_cannot_do_is_told_after_what_it_can(sched: Sched) -> None:
    expected = block(f"""
        # Written by sched export crontab.

        # c
        30 2 * * * cd {sched.directory} || exit; x
        c: overlap: skip
          = note: cron starts it beside a run that goes on; to keep it from that: \
flock -n FILE COMMAND
        c: catchup: latest
          = note: cron runs nothing late that was missed
        c: env
          = note: no PATH is set: cron looks for programs in /usr/bin:/bin alone
        a: refused
          = a crontab has nothing like 'dates 2099-01-01 00:00'
        1 job of 2 written; do not let both schedulers run them
    """)
    sched.write(JOBS.replace(", filters: weekday", "").replace("  b:", "  c:"))

    actual = screen(sched, "export", "crontab")

    assert (1, expected) == actual


def test_a_file_to_begin_with_is_told_with_what_comes_next(sched: Sched) -> None:
    sched.write(f"#!/bin/sh\nprintf '{CRONTAB}'\n", "bin/crontab")
    (sched.directory / "bin/crontab").chmod(0o755)
    path = f"{sched.directory}/bin:{sched.environment['PATH']}"
    expected = block("""
        wrote x.yaml and schedules.schema.json

          sched -c x.yaml next
          sched -c x.yaml run
        {}
        cron still runs these jobs, too; take them out there: crontab -e
        wrote y.yaml; schedules.schema.json stays as it is

          sched -c y.yaml next
          sched -c y.yaml run
        error: y.yaml is there already; to replace it: sched init --force y.yaml
    """).format(NOTE.format("crontab"))

    answers = [
        screen(sched, "init", "x.yaml", "--from-crontab", PATH=path),
        screen(sched, "init", "y.yaml"),
        screen(sched, "init", "y.yaml"),
    ]

    codes, shown = zip(*answers, strict=True)
    assert ((1, 0, 2), expected) == (codes, "".join(shown))


def test_a_schema_on_a_terminal_is_the_one_in_a_pipe(sched: Sched) -> None:
    assert (0, sched("schema").stdout) == screen(sched, "schema", colour=True)
