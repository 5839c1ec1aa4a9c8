"""Random schedules against the rules 1 to 6, worked out the long way."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle import DAY, resolved
from schedkit import Schedule
from schedkit.timeline import local
from written import clocks, schedules, some_adjustments, some_filters, starts, zones

SPAN = 12 * DAY  # of fire times that are compared
LONGEST = 36 * DAY  # the farthest that a random `add` goes, and a day for clock changes

relaxed = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def worked_out(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """Return every fire time later than *start* up to *end*: all candidates, moved, sorted."""
    zone = schedule.timezone
    assert isinstance(zone, ZoneInfo)
    far = len(schedule.adjustments) * LONGEST + 2 * DAY
    fires = set()
    for clock in schedule.clocks:
        for candidate in takewhile(lambda c: c <= end + far, clock.after(start - far, zone)):
            if not all(f.admits(local(candidate, zone)) for f in schedule.filters):
                continue
            for nominal in clock.nominals(candidate, zone):
                wall = nominal
                for adjustment in schedule.adjustments:
                    wall = adjustment.apply(wall)
                fires.add(candidate if wall == nominal else resolved(wall, zone))
    return sorted(fire for fire in fires if start < fire <= end)


def within(schedule: Schedule, start: datetime) -> list[datetime]:
    return list(takewhile(lambda fire: fire <= start + SPAN, schedule.after(start)))


@settings(relaxed, max_examples=400)
@given(schedules, starts)
def test_a_schedule_fires_when_its_candidates_worked_out_one_by_one_do(
    schedule: Schedule, start: datetime
) -> None:
    expected = worked_out(schedule, start, start + SPAN)

    actual = within(schedule, start)

    assert expected == actual


@settings(relaxed, max_examples=200)
@given(st.builds(Schedule, clocks, some_filters, some_adjustments, zones), starts)
def test_a_schedule_of_one_clock_fires_when_its_candidates_worked_out_one_by_one_do(
    schedule: Schedule, start: datetime
) -> None:
    expected = worked_out(schedule, start, start + SPAN)

    actual = within(schedule, start)

    assert expected == actual


@st.composite
def bounded(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    """Return a schedule with a start, an end or both, and an instant near them to ask from."""
    whole, asked = draw(schedules), draw(starts)
    near = st.timedeltas(-SPAN / 2, SPAN).map(lambda shift: local(asked + shift, whole.timezone))
    walls = sorted(draw(near).replace(microsecond=0) for _ in range(2))
    start, end = draw(st.sampled_from([(0, 1), (0, None), (None, 1)]))
    schedule = Schedule.of(
        whole.clocks, whole.filters, whole.adjustments, whole.timezone, whole.dst,
        start=None if start is None else walls[start],
        end=None if end is None else walls[end],
    )  # fmt: skip
    return schedule, asked


@settings(relaxed, max_examples=200)
@given(bounded())
def test_a_schedule_with_start_and_end_fires_as_without_between_them(
    drawn: tuple[Schedule, datetime],
) -> None:
    schedule, asked = drawn
    zone = schedule.timezone
    assert isinstance(zone, ZoneInfo)
    expected = [
        fire
        for fire in worked_out(schedule, asked, asked + SPAN)
        if (schedule.start is None or resolved(schedule.start, zone) <= fire)
        and (schedule.end is None or fire <= resolved(schedule.end, zone))
    ]

    actual = within(schedule, asked)

    assert expected == actual


@settings(relaxed, max_examples=100)
@given(bounded())
def test_what_is_explained_fires_when_the_schedule_does(
    drawn: tuple[Schedule, datetime],
) -> None:
    schedule, asked = drawn
    expected = set(within(schedule, asked))

    traces = schedule.explain(asked + timedelta(microseconds=1), asked + SPAN)
    times = {trace.time for trace in traces if trace.time is not None}
    actual = {time for time in times if asked < time <= asked + SPAN}

    assert expected == actual


@settings(relaxed, max_examples=100)
@given(schedules, starts)
def test_fire_times_ascend_are_unique_and_later_than_the_instant_asked_about(
    schedule: Schedule, start: datetime
) -> None:
    fires = [start, *within(schedule, start)]

    assert all(earlier < later for earlier, later in pairwise(fires))


@settings(relaxed, max_examples=100)
@given(schedules, starts, st.integers(0, 20))
def test_asking_again_from_a_fire_time_goes_on_with_the_next(
    schedule: Schedule, start: datetime, at: int
) -> None:
    fires = within(schedule, start)
    place = min(at, len(fires) - 1)
    expected = fires[place + 1 :]

    actual = within(schedule, fires[place])[: len(expected)] if fires else []

    assert expected == actual


@settings(relaxed, max_examples=100)
@given(schedules, starts)
def test_fires_and_after_answer_the_same(schedule: Schedule, start: datetime) -> None:
    expected = within(schedule, start)

    fires = takewhile(lambda fire: fire.time <= start + SPAN, schedule.fires(start))
    actual = [fire.time for fire in fires]

    assert expected == actual


@settings(relaxed, max_examples=50)
@given(schedules, starts)
def test_a_schedule_sent_by_pickle_fires_at_the_same_times(
    schedule: Schedule, start: datetime
) -> None:
    expected = within(schedule, start)

    sent: Schedule = pickle.loads(pickle.dumps(schedule))

    assert expected == within(sent, start)


@settings(relaxed, max_examples=50)
@given(schedules, starts)
def test_the_first_fires_do_not_depend_on_the_microsecond_before(
    schedule: Schedule, start: datetime
) -> None:
    early = start - timedelta(microseconds=1)
    expected = [fire for fire in within(schedule, early) if fire > start][:5]

    actual = list(islice(within(schedule, start), len(expected)))

    assert expected == actual
