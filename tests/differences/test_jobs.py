"""What becomes of jobs and of their runs when the files say something else."""

from __future__ import annotations

import pytest

from asking import utc
from differing import a, config
from oracle import DAY, HOUR
from schedkit.differences import Differences, Going, differences

NOW = utc("2026-11-24 19:00")
RUNNING, WAITING = Going("run1", "a", running=True), Going("run2", "a", running=False)


def compared(before: str | None, after: str, *going: Going) -> Differences:
    """Compare jobs, each a line."""
    one, other = (
        None if text is None else config(f"jobs:\n  {text.replace('|', chr(10) + '  ')}")
        for text in (before, after)
    )
    assert other is not None
    return differences(one, other, NOW, 7 * DAY, going)


def kinds(found: Differences) -> list[str]:
    return [f"{one.job.name} {one.kind}" for one in found.jobs]


A, B, C = (f"{name}: {{command: {name}, clock: every 1h}}" for name in "abc")


@pytest.mark.parametrize(
    ("before", "after", "expected", "same"),
    [
        (None, f"{A}|{B}", ["a new", "b new"], 0),
        (f"{A}|{B}", f"{B}|{A}", [], 2),
        (f"{A}|{B}", f"{C}|{B}", ["c new", "a gone"], 1),
        (A, A.replace("1h", "2h"), ["a changed"], 0),
        (A, A.replace("{", "{ ").replace("a", "'a'", 1), [], 1),
        (f"{B}|{A}", f"{C}|{A.replace('1h', '2h')}", ["c new", "a changed", "b gone"], 0),
    ],
)
def test_jobs_are_told_in_the_order_of_the_new_file_and_those_gone_last(
    before: str | None, after: str, expected: list[str], same: int
) -> None:
    found = compared(before, after)

    assert (expected, same) == (kinds(found), found.same)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (A, A.replace("a:", "new:"), ["new renamed"]),
        (A, A.replace("a:", "new:").replace("1h", "1h, timeout: 1h"), ["new renamed"]),
        (A, A.replace("a:", "new:").replace("1h", "2h"), ["new new", "a gone"]),
        (A, C, ["c new", "a gone"]),
        (f"{A}|{A.replace('a:', 'b:')}", A.replace("a:", "c:"), ["c new", "a gone", "b gone"]),
        (A, f"{A.replace('a:', 'b:')}|{A.replace('a:', 'c:')}", ["b new", "c new", "a gone"]),
        (A, f"{A}|{A.replace('a:', 'b:')}", ["b new"]),
        (
            "a: {python: 'm:f', params: {n: 1}, clock: every 1h}",
            "b: {python: 'm:f', params: {n: 2}, clock: every 1h}",
            ["b new", "a gone"],
        ),
    ],
)
def test_a_job_that_does_the_same_at_the_same_times_was_renamed_if_there_is_no_other(
    before: str, after: str, expected: list[str]
) -> None:
    assert expected == kinds(compared(before, after))


def test_a_name_is_what_h_is_drawn_from() -> None:
    """So a job that is renamed may fire otherwise although nothing of its schedule is changed."""
    job = "{}: {{command: x, clock: {{cron: H H * * *}}}}"
    (found,) = compared(job.format("a"), job.format("b")).jobs

    assert (found.kind, found.fires_otherwise) == ("renamed", True)
    assert [(key.was, key.becomes) for key in found.keys] == [
        ("cron H H * * *", "cron H H * * *, H of another name")
    ]


def test_fire_times_are_compared_where_something_is_changed_of_them_alone() -> None:
    jobs = "a: {command: x, clock: every 1h}|b: {command: x, clock: {cron: 0 * * * *}}"
    edited = "a: {command: y, clock: every 1h}|b: {command: x, clock: every 1h}"
    one, other = compared(jobs, edited).jobs

    assert (one.fires, one.fires_otherwise) == (None, False)
    assert other.fires is not None
    assert (other.fires.kept, other.fires_otherwise) == (7 * 24, False)


@pytest.mark.parametrize(
    ("before", "after", "otherwise"),
    [
        (None, "after: b", True),
        ("after: b", "after: b, timeout: 1h", False),
        ("after: b", "after: {job: b, state: failed}", True),
        ("after: b", "on: {event: x}", True),
        ("after: b", "after: b, filters: weekday", True),
        ("after: b", "after: b, enabled: false", True),
        ("after: b, enabled: false", "on: {event: x}, enabled: false", False),
    ],
)
def test_a_job_without_a_clock_has_no_fire_times_to_compare(
    before: str | None, after: str, otherwise: bool
) -> None:
    one, other = (
        B if keys is None else f"{B}|a: {{command: x, {keys}}}" for keys in (before, after)
    )

    (found,) = compared(one, other).jobs

    assert (found.fires, found.fires_otherwise) == (None, otherwise)


def test_where_a_clock_is_dropped_all_its_fire_times_are() -> None:
    (found,) = compared(A, "a: {command: a, on: {event: x}}").jobs

    assert found.fires is not None
    assert (len(found.fires.dropped), found.fires.first_after) == (7 * 24, None)


def test_of_many_jobs_fewer_fire_times_are_looked_at() -> None:
    """A file of ten thousand jobs, all of them changed, takes no more than a few seconds."""
    line = "  j{}: {{command: x, clock: every {}}}\n"
    before, after = (
        config("jobs:\n" + "".join(line.format(n, every) for n in range(1000)))
        for every in ("1m", "1s")
    )

    found = differences(before, after, NOW, 7 * DAY)

    looked_at = sum(
        one.fires.kept + len(one.fires.dropped) + len(one.fires.added)
        for one in found.jobs
        if one.fires is not None
    )
    assert looked_at == 500_000
    assert {one.fires.until < found.until for one in found.jobs if one.fires is not None} == {True}


def test_a_directory_is_what_relative_paths_start_from() -> None:
    one, other = config(f"jobs: {{{A}}}"), config(f"jobs: {{{A}}}")
    object.__setattr__(other.jobs[0], "directory", "/tmp/new")

    here, elsewhere = (
        differences(one, other, NOW, HOUR, in_place=in_place) for in_place in (True, False)
    )

    assert [(key.key, key.was, key.becomes) for key in here.jobs[0].keys] == [
        ("directory", "/etc/sched", "/tmp/new")
    ]
    assert (elsewhere.jobs, elsewhere.same) == ((), 1)


# ---- runs


@pytest.mark.parametrize(
    ("before", "after", "running", "waiting"),
    [
        ("", "description: new", None, None),
        ("clock: every 1h", "clock: every 2h", None, None),
        (
            "command: a, timeout: 1h", "command: b, timeout: 2h",
            "goes on with the command and timeout it began with",
            "starts with the new command and timeout",
        ),
        (
            "command: a, retry: 1", "command: b, retry: 1",
            "goes on with the command it began with, another attempt has the new",
            "starts with the new command",
        ),
        (
            "", "retry: 1, kill_grace: 1s",
            "has the new kill_grace and retry from now on",
            "starts with the new kill_grace and retry",
        ),
        (
            "command: a", "command: b, stop_signal: INT",
            "goes on with the command it began with; has the new stop_signal from now on",
            "starts with the new command and stop_signal",
        ),
        ("", "start_deadline: 1h, priority: 5", None,
         "starts with the new start_deadline and priority"),
        ("", "enabled: false", "goes on all the same", "starts all the same"),
        ("", "only_if: test -f x", None, "starts with the new only_if"),
        (
            "", "notify: {email: a@b.example}", "has the new notify from now on",
            "starts with the new notify",
        ),
        ("", "on: {event: x}", None, None),
    ],
)  # fmt: skip
def test_what_becomes_of_runs_of_a_job_that_is_changed(
    before: str, after: str, running: str | None, waiting: str | None
) -> None:
    expected = [one for one in (running, waiting) if one is not None]

    other = Going("run3", "other", running=True)
    (found,) = compared(a(before), a(after), RUNNING, WAITING, other).jobs

    assert expected == [effect for _, effect in found.runs]


@pytest.mark.parametrize("after", [B, A.replace("a:", "new:")])
def test_what_becomes_of_runs_of_a_name_that_is_gone(after: str) -> None:
    expected = [
        (RUNNING, "goes on to its end, and is not tried again"),
        (WAITING, "is cancelled"),
    ]

    found = compared(A, after, RUNNING, WAITING).jobs[-1]

    assert expected == list(found.runs)
