"""Whatever comes: each fire time is decided once, and by the keys of its job."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import takewhile

from hypothesis import given
from hypothesis import strategies as st

from asking import utc
from deciding import DOWN, job
from schedkit import planner
from schedkit.planner import Fires, Standing
from schedkit.run import Pause, State, Trigger

_INSTANTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 3)).map(
    lambda one: utc(one.isoformat())
)
_LENGTHS = st.timedeltas(timedelta(0), timedelta(hours=5))
_KEYS = st.builds(
    "grace: {}, {}, catchup_window: {}, overlap: {}{}".format,
    st.sampled_from(["0s", "60s", "25m", "3h"]),
    st.sampled_from(
        ["catchup: none", "catchup: latest", "catchup: all", "{catchup: all, catchup_limit: 3}"]
    ).map(lambda keys: keys.strip("{}")),
    st.sampled_from(["1m", "15m", "1d"]),
    st.sampled_from(["skip", "queue_one", "queue_all", "replace", "allow"]),
    st.sampled_from(["", ", max_runs: 2"]),
)
_PAUSES = st.none() | st.builds(
    lambda since, until: Pause("a", "ann", since, until),
    _INSTANTS,
    st.none() | _INSTANTS,
)
_STANDINGS = st.builds(
    Standing,
    st.sampled_from([None, "abc still running"]),
    st.sampled_from([None, "def still waits"]),
    _PAUSES,
    st.integers(0, 3),
)
_CLOCKS = st.sampled_from(["every 10m", "cron 7 * * * *", "[every 25m, daily at 10:05]"])


@given(start=_INSTANTS, length=_LENGTHS, keys=_KEYS, clock=_CLOCKS, standing=_STANDINGS)
def test_every_fire_time_that_came_is_in_exactly_one_decision(
    start: datetime, length: timedelta, keys: str, clock: str, standing: Standing
) -> None:
    one = job(keys, clock)
    now = start + length
    expected = list(takewhile(lambda fire: fire <= now, one.schedule.after(start)))
    fires = planner.come(one, start, now)

    decisions = list(planner.on_due(one, fires, DOWN, standing))

    covered = [
        [fire for fire in expected if d.fire_time <= fire <= (d.last_fire_time or d.fire_time)]
        for d in decisions
    ]
    assert sorted(fire for fires in covered for fire in fires) == expected
    assert [len(fires) for fires in covered] == [d.count for d in decisions]


@given(start=_INSTANTS, length=_LENGTHS, keys=_KEYS, clock=_CLOCKS, standing=_STANDINGS)
def test_whatever_came_its_decisions_keep_to_the_keys_of_the_job(
    start: datetime, length: timedelta, keys: str, clock: str, standing: Standing
) -> None:
    one = job(keys, clock)
    now = start + length

    decisions = list(planner.on_due(one, planner.come(one, start, now), DOWN, standing))

    runs = [d for d in decisions if d.state is State.QUEUED]
    late = [d for d in runs if d.trigger is Trigger.CATCHUP]
    at_once = [d for d in runs if d.at_once]
    assert [d.fire_time for d in decisions] == sorted(d.fire_time for d in decisions)
    assert all((d.reason is None) == (d.state is State.QUEUED) for d in decisions)
    assert len(late) <= {"none": 0, "latest": 1, "all": one.catchup_limit}[one.catchup]
    assert all(one.grace < now - d.fire_time <= one.catchup_window for d in late)
    assert all(now - d.fire_time <= one.grace for d in runs if d not in late)
    assert not any(planner.covers(standing.pause, d.fire_time) for d in runs)
    assert one.max_runs is None or len(runs) <= max(one.max_runs - standing.counted, 0)
    assert one.overlap == "allow" or len(at_once) <= (not standing.going_on and not standing.waits)


@given(start=_INSTANTS, length=_LENGTHS, keys=_KEYS, clock=_CLOCKS)
def test_what_is_late_is_that_and_in_one_group(
    start: datetime, length: timedelta, keys: str, clock: str
) -> None:
    """Against the same rules, said the other way round: of all that came, by its lateness."""
    one = job(keys, clock)
    now = start + length
    came = list(takewhile(lambda fire: fire <= now, one.schedule.after(start)))
    on_time = [fire for fire in came if now - fire <= one.grace]
    late = [fire for fire in came if now - fire > one.grace]
    most = {"none": 0, "latest": 0 if on_time else 1, "all": one.catchup_limit}[one.catchup]
    recent = [fire for fire in late if now - fire <= one.catchup_window]
    caught_up = recent[len(recent) - min(most, len(recent)) :]
    missed = late[: len(late) - len(caught_up)]
    first, last = (missed[0], missed[-1]) if missed else (None, None)

    later = next(one.schedule.after(now), None)
    expected = Fires(tuple(on_time), tuple(caught_up), first, last, len(missed), later)

    assert expected == planner.come(one, start, now)


@given(start=_INSTANTS, keys=_KEYS, clock=_CLOCKS, seconds=st.lists(st.integers(0, 9000)))
def test_however_often_it_is_asked_each_fire_time_is_decided_once(
    start: datetime, keys: str, clock: str, seconds: list[int]
) -> None:
    one = job(keys, clock)
    cursor, decided_times = start, Counter[datetime]()
    moments = sorted(start + timedelta(seconds=number) for number in seconds)

    for now in moments:
        for decision in planner.on_due(one, planner.come(one, cursor, now), DOWN):
            until = decision.last_fire_time or decision.fire_time
            span = takewhile(
                lambda fire, end=until: fire <= end,  # type: ignore[misc]  # of the loop
                one.schedule.after(decision.fire_time - datetime.resolution),
            )
            decided_times.update(span)
            cursor = until

    came = takewhile(lambda fire: bool(moments) and fire <= moments[-1], one.schedule.after(start))
    assert decided_times == Counter(came)
