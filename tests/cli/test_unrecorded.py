"""Why a fire time has no record, and what it would become."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files import job
from schedkit import planner
from schedkit.cli.unrecorded import Known, next_runner, why_no_record, why_refused
from schedkit.job import Job
from schedkit.run import Decision, Pause, State, Trigger

NOW = datetime(2026, 1, 16, 12, 7, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRE = NOW.replace(minute=0)
PRUNED = "its record was pruned, or the job was disabled then"
BY_BOB = Pause("a", "bob", NOW - 3 * HOUR, NOW + HOUR, "no disk")


@pytest.fixture
def hourly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Return a job that fires each hour."""
    monkeypatch.chdir(tmp_path)
    return job("clock: hourly at 00")


@pytest.fixture
def known(hourly: Job) -> Known:
    """Return what is known of it where no runner is up, and nothing is decided yet."""
    return Known(hourly, NOW, has_history=True, cursor=(hourly.schedule_digest, NOW - 9 * HOUR))


def test_without_a_history_no_runner_has_been_up(hourly: Job) -> None:
    assert "no runner has been up yet" == why_no_record(Known(hourly, NOW), FIRE)


def test_what_no_runner_knows_of_is_not_decided(known: Known) -> None:
    other = replace(known, cursor=("other", NOW - 9 * HOUR))

    assert [
        "no runner has loaded the job yet",
        "no runner has loaded the schedule as it is now",
        "the job is disabled",
    ] == [
        why_no_record(replace(known, cursor=None), FIRE),
        why_no_record(other, FIRE),
        why_no_record(replace(known, job=replace(known.job, enabled=False)), FIRE),
    ]


def test_a_runner_that_is_up_comes_to_it_yet(known: Known) -> None:
    actual = why_no_record(replace(known, is_up=True), FIRE)

    assert "the runner has not come to it yet" == actual


@pytest.mark.parametrize(
    ("fire", "expected"),
    [
        (FIRE, "no runner was up; one that starts now runs it late"),
        (FIRE - HOUR, "no runner was up; one that starts now counts it as missed"),
    ],
)
def test_with_none_up_the_next_one_decides(known: Known, fire: datetime, expected: str) -> None:
    assert expected == why_no_record(known, fire)


@pytest.mark.parametrize(
    ("loads", "expected"),
    [
        ([(NOW, "a is new")], "the job was not loaded before Fri 2026-01-16 12:07 UTC"),
        ([(NOW, "a fires anew")], "its schedule was another until Fri 2026-01-16 12:07 UTC"),
        ([(FIRE - HOUR, "a is new"), (FIRE, "a fires anew")], PRUNED),
        ([(FIRE - HOUR, "a is new"), (NOW, "a is gone"), (NOW + HOUR, "a is new")], PRUNED),
        ([], PRUNED),
    ],
)
def test_what_is_decided_and_has_no_record_was_none_then(
    known: Known, loads: list[tuple[datetime, str]], expected: str
) -> None:
    decided = replace(known, cursor=(known.job.schedule_digest, NOW), loads=loads)

    assert expected == why_no_record(decided, FIRE)


def test_what_is_younger_than_a_record_was_not_pruned(known: Known) -> None:
    """The oldest go first."""
    decided = replace(known, cursor=(known.job.schedule_digest, NOW), earlier=True)

    assert "the job was disabled then" == why_no_record(decided, FIRE)


def test_a_pause_that_covers_it_says_by_whom_until_when_and_why(known: Known) -> None:
    paused = replace(known, pause=BY_BOB)
    until = "Fri 2026-01-16 13:07 UTC"

    assert [
        f"paused by bob until {until}: no disk",
        None,
        "paused by bob",
        f"skips it: paused by bob until {until}: no disk",
    ] == [
        why_refused(paused, NOW),
        why_refused(paused, NOW + HOUR),
        why_refused(replace(known, pause=replace(BY_BOB, until=None, reason=None)), NOW),
        next_runner(paused, FIRE),
    ]


keys = st.fixed_dictionaries(
    {
        "catchup_window": st.integers(1, 9).map(lambda hours: hours * HOUR),
        "grace": st.integers(0, 150).map(lambda minutes: minutes * MINUTE),
        "overlap": st.just("allow"),  # of what is late one may be skipped for another
    }
)
catchups = st.sampled_from([{"catchup": "none"}, {"catchup": "latest"}]) | st.builds(
    lambda limit: {"catchup": "all", "catchup_limit": limit}, st.integers(1, 5)
)


@given(keys, catchups, st.integers(0, 59), st.sampled_from([None, replace(BY_BOB, until=None)]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_next_runner_does_is_what_the_planner_decides(
    hourly: Job,
    keys: dict[str, Any],
    catchup: dict[str, Any],
    minute: int,
    pause: Pause | None,
) -> None:
    made, now = replace(hourly, **keys, **catchup), NOW.replace(minute=minute)
    begin = now - 9 * HOUR
    known = Known(made, now, has_history=True, cursor=("", begin), pause=pause)
    come = planner.come(made, begin, now)
    expected = {
        fire: _did(one)
        for one in planner.on_due(made, come, "", planner.Standing(pause=pause))
        for fire in made.schedule.after(one.fire_time - datetime.resolution, 9 * HOUR)
        if fire <= (one.last_fire_time or one.fire_time)
    }

    actual = {fire: next_runner(known, fire).partition(":")[0] for fire in expected}

    assert expected == actual


def _did(decision: Decision) -> str:
    if decision.state is State.QUEUED:
        return "runs it late" if decision.trigger is Trigger.CATCHUP else "starts it at once"
    return {State.MISSED: "counts it as missed", State.SKIPPED: "skips it"}[decision.state]
