"""What a schedule says of a time, joined with what the history has of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit import Schedule
from schedkit.cli.fates import Told, told, what_became
from schedkit.run import Run, State, Trigger, run_id

DAY = datetime(2026, 1, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
# Hourly but for noon, and three of them at a time meet.
SCHEDULE = Schedule("hourly at 00", [{"not": "between_times 12:00-12:59"}], "floor 3h")
_quarters = st.integers(-40, 140).map(lambda number: number / 4)


def record(number: int, hours: float, trigger: Trigger, until: float | None = None) -> Run:
    """Return a record of a time of the day, or of a range of missed ones."""
    fire, last = DAY + hours * HOUR, None if until is None else DAY + until * HOUR
    return Run(
        id=run_id(number + 1), job="a", fire_time=fire, timezone="UTC", trigger=trigger,
        state=State.SUCCEEDED if last is None else State.MISSED, reason=None, attempts=1,
        most_attempts=1, exit_code=0, signal=None, due=fire, started=fire, ended=fire,
        duration=HOUR, lateness=timedelta(0), output=None, result=None, pid=None, cause=None,
        last_fire_time=last, count=1 if last is None else 3, who="alice", output_bytes=0,
        dropped_bytes=0, peak_memory_kb=None, cpu_time=None,
    )  # fmt: skip


def in_order(hours: tuple[float, float]) -> tuple[float, float]:
    """Return two times, the earlier one first."""
    return min(hours), max(hours)


@st.composite
def records(draw: st.DrawFn) -> list[Run]:
    """Draw records as a history has them: one of the schedule for a fire time, any beside it."""
    singles = draw(st.lists(st.tuples(_quarters, st.sampled_from(Trigger)), max_size=12))
    ranges = draw(st.lists(st.tuples(_quarters, _quarters).map(in_order), max_size=2))
    found: dict[object, tuple[float, Trigger, float | None]] = {}
    for hours, trigger in singles:
        by_schedule = trigger in {Trigger.SCHEDULE, Trigger.CATCHUP}
        found[hours if by_schedule else object()] = (hours, trigger, None)
    for begin, end in ranges:
        if begin < end:
            found[begin] = (begin, Trigger.SCHEDULE, end)
    return [record(number, *one) for number, one in enumerate(found.values())]


def is_fire_time(instant: datetime) -> bool:
    return next(SCHEDULE.after(instant - datetime.resolution)) == instant


def has_to_be_told(run: Run, begin: datetime, end: datetime, fires: set[datetime]) -> bool:
    """Return whether a record has to be told, of a time in which there are these fire times."""
    last = run.last_fire_time or run.fire_time
    if run.trigger not in {Trigger.SCHEDULE, Trigger.CATCHUP}:
        return begin <= run.fire_time <= end or run.fire_time in fires
    if any(begin <= time <= end for time in (run.fire_time, last)):
        return True
    if run.fire_time < begin and end < last:
        return not (is_fire_time(run.fire_time) and is_fire_time(last))
    return run.fire_time in fires


@given(records(), st.tuples(_quarters, _quarters).map(in_order))
def test_whatever_happened_is_told_once_and_so_is_every_candidate(
    runs: list[Run], window: tuple[float, float]
) -> None:
    begin, end = (DAY + hours * HOUR for hours in window)
    traces = SCHEDULE.explain(begin, end)
    fires = {trace.time for trace in traces if trace.time is not None}

    found = told(traces, runs, begin, end, is_fire_time)

    assert sorted(found, key=lambda one: one.time) == found
    assert Counter(traces) == Counter(trace for one in found for trace in one.traces)
    assert len(fires) == sum(one.fire_time is not None for one in found)
    for run in runs:
        mine = [one for one in found if one.run is run]
        alone = [one for one in mine if not one.traces]
        needed = has_to_be_told(run, begin, end, fires)
        assert all(_covers(run, one.fire_time) for one in mine if one.traces)
        if run.last_fire_time is None:
            assert needed == len(mine)
        else:
            assert not needed or mine
            assert not alone or (needed and len(mine) == 1)
    for one in found:
        if one.fire_time is not None:
            assert (one.run is None) == (not any(_covers(run, one.fire_time) for run in runs))


def _covers(run: Run, fire: datetime | None) -> bool:
    if fire is None or run.trigger not in {Trigger.SCHEDULE, Trigger.CATCHUP}:
        return False
    return run.fire_time <= fire <= (run.last_fire_time or run.fire_time)


def test_a_record_of_its_own_goes_before_a_range_around_it() -> None:
    own = record(1, 3, Trigger.SCHEDULE)
    around = record(2, 0, Trigger.SCHEDULE, until=6)
    begin, end = DAY, DAY + 6 * HOUR

    found = told(SCHEDULE.explain(begin, end), [own, around], begin, end, is_fire_time)

    assert [around, own, around] == [one.run for one in found]


# ---- in words


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "after 1h00m"),
        ({"lateness": timedelta(seconds=3)}, "after 1h00m, 3.0s late"),
        ({"lateness": timedelta(seconds=-3)}, "after 1h00m"),
        ({"lateness": HOUR, "trigger": Trigger.CATCHUP}, "after 1h00m, caught up 1h00m late"),
        ({"state": State.FAILED, "exit_code": 3, "reason": "no luck"},
         "after 1h00m, exit 3: no luck"),
        ({"state": State.FAILED, "exit_code": None, "signal": "SIGKILL",
          "reason": "killed by SIGKILL"}, "after 1h00m: killed by SIGKILL"),
        ({"state": State.LOST, "duration": None, "reason": "it ended unseen"},
         "on time: it ended unseen"),
        ({"state": State.RETRYING, "exit_code": 1, "most_attempts": 4},
         "after 1h00m, exit 1, attempt 1 of 4"),
        ({"state": State.RUNNING, "duration": None}, "for 2h00m so far"),
        ({"state": State.QUEUED, "started": None}, "waits to be started"),
        ({"state": State.QUEUED, "due": DAY + 27 * HOUR}, "waits for its time"),
        ({"state": State.CANCELLED, "started": None, "duration": None, "lateness": None,
          "reason": "cancelled by bob"}, "not started: cancelled by bob"),
        ({"state": State.SKIPPED, "reason": None}, "nobody wrote down why"),
        ({"state": State.SKIPPED, "reason": "paused by bob"}, "paused by bob"),
        ({"state": State.MISSED, "reason": "no runner was up"}, "no runner was up"),
        ({"state": State.MISSED, "reason": "it was down", "count": 34,
          "last_fire_time": DAY + 50 * HOUR},
         "one of 34 fire times missed between 01:00 and Sat 2026-01-17 03:00 CET: it was down"),
    ],
)  # fmt: skip
def test_what_became_of_a_run_is_said_in_words(changes: dict[str, Any], said: str) -> None:
    run = record(0, 24, Trigger.SCHEDULE)._replace(**changes)

    actual = what_became(Told(run.fire_time, (), run), {}, BERLIN, DAY + 26 * HOUR)

    assert f"{run.id}: {said}" == actual


@pytest.mark.parametrize(
    ("reason", "changes", "said"),
    [
        ("still running", {}, "run {id} of 00:00 was still running, ended 03:05 (failed)"),
        ("still running", {"state": State.RUNNING, "ended": None},
         "run {id} of 00:00 was still running"),
        ("waits to be retried", {"ended": DAY + 26 * HOUR},
         "run {id} of 00:00 waited to be retried, ended Fri 2026-01-16 03:00 CET (failed)"),
        ("still waits for pool 'x'", {},
         "run {id} of 00:00 still waited for pool 'x', ended 03:05 (failed)"),
        ("still running", {"job": "b"}, "overlap: {id} still running"),
        ("frobs", {}, "overlap: {id} frobs"),
    ],
)  # fmt: skip
def test_the_run_on_account_of_which_one_was_skipped_is_told_of(
    reason: str, changes: dict[str, Any], said: str
) -> None:
    started = record(7_000_000_000, -1, Trigger.SCHEDULE)
    usual: dict[str, Any] = {"state": State.FAILED, "ended": DAY + 2 * HOUR + timedelta(minutes=5)}
    other = started._replace(**(usual | changes))
    skipped = record(2, 0, Trigger.SCHEDULE)._replace(
        state=State.SKIPPED, reason=f"overlap: {other.id} {reason}"
    )

    actual = what_became(Told(DAY, (), skipped), {other.id: other}, BERLIN, DAY)

    assert f"{skipped.id}: {said.format(id=other.id)}" == actual
