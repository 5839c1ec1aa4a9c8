"""What becomes of the fire times that have come, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asking import utc
from deciding import DOWN, decided, job
from schedkit import planner
from schedkit.planner import Standing
from schedkit.run import Pause

LATER = f"{DOWN}; a later one runs"
RUNS = Standing(going_on="abc still running")
WAITS = Standing(waits="abc still waits")
BOTH = Standing(going_on="abc still running", waits="def still waits")


def _paused(since: str, until: str | None = None, reason: str | None = None) -> Standing:
    end = None if until is None else utc(f"2026-03-02 {until}")
    return Standing(pause=Pause("a", "ann", utc(f"2026-03-02 {since}"), end, reason))


# ---- on time, late, missed


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("12:09:59", []),
        ("12:10", ["12:10 x1 queued"]),
        ("12:11", ["12:10 x1 queued"]),
        ("12:11:00.000001", ["12:10 x1 queued catchup later"]),
    ],
    ids=["before", "at its time", "at the end of the grace", "after the grace"],
)
def test_a_fire_time_is_on_time_until_its_grace_is_over(now: str, expected: list[str]) -> None:
    assert expected == decided("grace: 60s", "12:00", now)


def test_a_fire_time_at_the_cursor_has_been_decided() -> None:
    assert decided("grace: 60s", "12:10", "12:15") == []


def test_of_those_missed_the_latest_is_caught_up() -> None:
    expected = [f"12:10-12:20 x2 missed: {LATER}", "12:30 x1 queued catchup later"]

    assert expected == decided("catchup: latest", "12:00", "12:35")


def test_nothing_is_caught_up_where_nothing_shall_be() -> None:
    assert decided("catchup: none", "12:00", "12:35") == [f"12:10-12:30 x3 missed: {DOWN}"]


def test_the_latest_is_not_caught_up_where_one_is_on_time() -> None:
    expected = [f"12:10-12:20 x2 missed: {LATER}", "12:30 x1 queued"]

    assert expected == decided("catchup: latest", "12:00", "12:30")


def test_all_that_were_missed_are_caught_up_in_order() -> None:
    expected = [
        "12:10 x1 queued catchup later",
        "12:20 x1 queued catchup later",
        "12:30 x1 queued catchup later",
    ]

    assert expected == decided("catchup: all", "12:00", "12:35")


def test_beside_all_that_were_missed_the_one_on_time_starts() -> None:
    expected = [
        "12:10 x1 queued catchup later",
        "12:20 x1 queued catchup later",
        "12:30 x1 queued",
    ]

    assert expected == decided("catchup: all", "12:00", "12:30")


def test_of_more_than_the_limit_the_latest_are_caught_up_and_the_rest_is_one_record() -> None:
    expected = [
        f"12:10-12:30 x3 missed: {DOWN}; the latest 2 run",
        "12:40 x1 queued catchup later",
        "12:50 x1 queued catchup later",
    ]

    assert expected == decided("catchup: all, catchup_limit: 2", "12:00", "12:55")


def test_the_limit_does_not_count_what_is_on_time() -> None:
    expected = [
        f"12:10-12:20 x2 missed: {DOWN}; the latest 2 run",
        "12:30 x1 queued catchup later",
        "12:40 x1 queued catchup later",
        "12:50 x1 queued",
    ]

    assert expected == decided("catchup: all, catchup_limit: 2", "12:00", "12:50")


@pytest.mark.parametrize("catchup", ["latest", "all"])
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("12:15", ["12:10 x1 queued catchup later"]),
        ("12:15:00.000001", [f"12:10 x1 missed: {DOWN}; too late to catch up"]),
    ],
    ids=["at its end", "after it"],
)
def test_what_is_older_than_the_catch_up_window_is_missed(
    catchup: str, now: str, expected: list[str]
) -> None:
    assert expected == decided(f"catchup: {catchup}, catchup_window: 5m", "12:00", now)


def test_what_is_within_the_grace_is_on_time_even_outside_the_window() -> None:
    assert decided("grace: 10m, catchup_window: 1m", "12:00", "12:15") == ["12:10 x1 queued"]


def test_one_that_was_missed_is_no_range() -> None:
    assert decided("catchup: none", "12:00", "12:15") == [f"12:10 x1 missed: {DOWN}"]


# ---- overlap


@pytest.mark.parametrize(
    ("overlap", "standing", "expected"),
    [
        ("skip", None, "queued"),
        ("skip", RUNS, "skipped: overlap: abc still running"),
        ("skip", WAITS, "skipped: overlap: abc still waits"),
        ("skip", BOTH, "skipped: overlap: abc still running"),
        ("queue_one", None, "queued"),
        ("queue_one", RUNS, "queued later"),
        ("queue_one", WAITS, "skipped: overlap: abc still waits"),
        ("queue_one", BOTH, "skipped: overlap: def still waits"),
        ("queue_all", None, "queued"),
        ("queue_all", RUNS, "queued later"),
        ("queue_all", WAITS, "queued later"),
        ("queue_all", BOTH, "queued later"),
        ("replace", None, "queued"),
        ("replace", RUNS, "queued later instead"),
        ("replace", WAITS, "queued later instead"),
        ("replace", BOTH, "queued later instead"),
        ("allow", None, "queued"),
        ("allow", RUNS, "queued"),
        ("allow", WAITS, "queued"),
        ("allow", BOTH, "queued"),
    ],
)
def test_what_a_fire_time_does_beside_others_is_what_overlap_says(
    overlap: str, standing: Standing | None, expected: str
) -> None:
    assert [f"12:10 x1 {expected}"] == decided(f"overlap: {overlap}", "12:00", "12:10", standing)


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("skip", ["queued", *["skipped: overlap: an earlier fire time starts now"] * 2]),
        ("queue_one", ["queued", "queued later", "skipped: overlap: an earlier fire time waits"]),
        ("queue_all", ["queued", "queued later", "queued later"]),
        ("replace", [*["skipped: overlap: a later fire time starts instead"] * 2, "queued"]),
        ("allow", ["queued", "queued", "queued"]),
    ],
)
def test_several_on_time_at_once_are_beside_each_other(overlap: str, expected: list[str]) -> None:
    times = ["12:10", "12:20", "12:30"]

    actual = decided(f"grace: 1h, overlap: {overlap}", "12:00", "12:35")

    assert [f"{time} x1 {what}" for time, what in zip(times, expected, strict=True)] == actual


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("overlap: skip", "skipped catchup: overlap: abc still running"),
        ("overlap: skip, catchup: all", "queued catchup later"),
        ("overlap: queue_one", "queued catchup later"),
        ("overlap: replace", "queued catchup later"),
        ("overlap: allow", "queued catchup later"),
    ],
)
def test_while_an_earlier_run_goes_on_what_is_caught_up_waits_or_is_skipped(
    keys: str, expected: str
) -> None:
    assert [f"12:10 x1 {expected}"] == decided(f"grace: 60s, {keys}", "12:00", "12:15", RUNS)


def test_what_was_missed_is_not_said_to_be_made_up_for_by_what_is_skipped() -> None:
    expected = [
        f"12:10-12:20 x2 missed: {DOWN}",
        "12:30 x1 skipped catchup: overlap: abc still running",
    ]

    assert expected == decided("grace: 60s", "12:00", "12:35", RUNS)


# ---- pauses


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace", "allow"])
@pytest.mark.parametrize("standing", [Standing(), BOTH])
def test_while_a_job_is_paused_its_fire_times_are_skipped_and_say_by_whom_and_why(
    overlap: str, standing: Standing
) -> None:
    pause = _paused("12:05", reason="the disk is being changed").pause
    expected = ["12:10 x1 skipped: paused by ann: the disk is being changed"]

    actual = decided(f"overlap: {overlap}", "12:00", "12:10", replace(standing, pause=pause))

    assert expected == actual


def test_a_pause_needs_no_reason() -> None:
    assert decided("grace: 60s", "12:00", "12:10", _paused("12:05")) == [
        "12:10 x1 skipped: paused by ann"
    ]


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "replace"])
def test_of_several_on_time_while_paused_none_is_said_to_start(overlap: str) -> None:
    expected = ["12:10 x1 skipped: paused by ann", "12:20 x1 skipped: paused by ann"]

    assert expected == decided(f"grace: 1h, overlap: {overlap}", "12:00", "12:25", _paused("12:05"))


def test_what_came_before_the_pause_or_at_its_end_is_not_within_it() -> None:
    expected = [
        "12:10 x1 queued",
        "12:20 x1 skipped: paused by ann",
        "12:30 x1 skipped: paused by ann",
        "12:40 x1 queued",
    ]

    actual = decided("grace: 1h, overlap: allow", "12:00", "12:45", _paused("12:20", "12:40"))

    assert expected == actual


def test_what_is_caught_up_after_a_pause_is_not_what_came_within_it() -> None:
    expected = [
        f"12:10-12:20 x2 missed: {DOWN}",
        "12:30 x1 skipped catchup: paused by ann",
    ]

    assert expected == decided("grace: 60s", "12:00", "12:39", _paused("12:05", "12:35"))


def test_where_the_last_on_time_is_paused_the_one_before_it_replaces() -> None:
    expected = ["12:10 x1 queued", "12:20 x1 skipped: paused by ann"]

    assert expected == decided("grace: 1h, overlap: replace", "12:00", "12:25", _paused("12:15"))


# ---- as often as it shall


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (0, ["12:10 x1 queued", "12:20 x1 queued", "12:30 x1 skipped: max_runs: it has had 2"]),
        (1, ["12:10 x1 queued", *[f"12:{n} x1 skipped: max_runs: it has had 2" for n in (20, 30)]]),
        (2, [f"12:{n} x1 skipped: max_runs: it has had 2" for n in (10, 20, 30)]),
        (9, [f"12:{n} x1 skipped: max_runs: it has had 2" for n in (10, 20, 30)]),
    ],
)
def test_after_so_many_runs_all_its_fire_times_are_skipped(
    counted: int, expected: list[str]
) -> None:
    keys = "grace: 1h, overlap: allow, max_runs: 2"

    assert expected == decided(keys, "12:00", "12:35", Standing(counted=counted))


def test_what_is_skipped_is_no_run_that_counts() -> None:
    keys = "grace: 1h, overlap: replace, max_runs: 2"
    expected = ["12:10 x1 skipped: overlap: a later fire time starts instead", "12:20 x1 queued"]

    assert expected == decided(keys, "12:00", "12:25", Standing(counted=1))


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "replace"])
def test_of_several_on_time_beyond_max_runs_none_is_said_to_start(overlap: str) -> None:
    keys = f"grace: 1h, max_runs: 3, overlap: {overlap}"
    expected = [f"12:{n} x1 skipped: max_runs: it has had 3" for n in (10, 20)]

    assert expected == decided(keys, "12:00", "12:25", Standing(counted=3))


def test_what_is_caught_up_counts_and_may_be_the_last() -> None:
    expected = [
        "12:10 x1 queued catchup later",
        "12:20 x1 skipped: max_runs: it has had 2",
    ]

    assert expected == decided("catchup: all, max_runs: 2", "12:00", "12:20", Standing(counted=1))


# ---- at the start of a runner


def test_a_job_starts_with_the_runner_where_it_shall_and_its_filters_admit() -> None:
    """The second of March 2026 is a Monday."""
    now = utc("2026-03-02 12:00")
    jobs = {
        "each start": job("grace: 60s", "startup"),
        "each boot": job("grace: 60s", "startup boot"),
        "also": job("grace: 60s", "[startup, every 1h]"),
        "filtered": job("filters: weekend", "startup"),
        "in its zone": job("filters: at_time 21:00, timezone: Asia/Tokyo", "startup"),
        "another clock": job("grace: 60s", "every 1h"),
    }

    first = {n for n, j in jobs.items() if planner.at_startup(j, now, first_of_boot=True)}
    later = {n for n, j in jobs.items() if planner.at_startup(j, now, first_of_boot=False)}

    assert first == {"each start", "each boot", "also", "in its zone"}
    assert later == {"each start", "also", "in its zone"}
