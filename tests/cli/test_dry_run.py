"""`sched run --dry-run`: what would be decided and started, and by what."""

from __future__ import annotations

from files import Answer, Sched

HEADER = "FIRE TIME\tJOB\tWHAT\tCOMMAND\n"
TIME = "2099-01-01T00:00:00+00:00"
JOBS = """
    jobs:
      build: {command: make, clock: {dates: 2099-01-01 00:00}}
      test: {command: make test, after: build}
      both:
        command: ./both
        clock: {dates: 2099-01-01 00:00}
        on: [{event: lead.*}, {path: /srv/in/*}]
        only_if: test -f x
      off: {command: ./off, after: build, enabled: false}
"""


def test_what_runs_on_something_else_than_time_stands_below_the_fire_times(sched: Sched) -> None:
    sched.write(JOBS)
    expected = Answer(
        0,
        f"{HEADER}{TIME}\tbuild\tstart\tmake\n"
        f"{TIME}\tboth\tstart if only_if\t./both\n"
        "-\ttest\tstart after build\tmake test\n"
        "-\tboth\tstart on lead.* or on /srv/in/* if only_if\t./both\n",
        "",
    )

    assert expected == sched("run", "--dry-run")


def test_of_many_that_wait_for_something_the_first_are_shown(sched: Sched) -> None:
    jobs = "".join(f"  j{n}: {{command: x, on: {{event: e}}}}\n" for n in range(12))
    sched.write(f"jobs:\n{jobs}")
    rows = "".join(f"-\tj{n}\tstart on e\tx\n" for n in range(10))
    expected = Answer(0, f"{HEADER}{rows}", "2 more run after others or on events\n")

    assert expected == sched("run", "--dry-run")
