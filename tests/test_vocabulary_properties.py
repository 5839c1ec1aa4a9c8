"""Every word of the three vocabularies: what holds of each, whatever it is written with."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oracle import DAY, resolved
from schedkit import ConfigError, Schedule
from schedkit.adjustments import ADJUSTMENTS
from schedkit.clocks import CLOCKS
from schedkit.filters import FILTERS
from schedkit.timeline import local
from schedkit.vocabulary import Vocabulary
from written import WEEKDAYS, starts, walls, zones
from written import adjustments as older_adjustments
from written import clocks as older_clocks
from written import filters as older_filters
from written import times as day_times

SPAN = 12 * DAY  # of fire times that are compared
FAR = 36 * DAY  # farther than any of the adjustments below moves
VOCABULARIES: list[Vocabulary[Any]] = [CLOCKS, FILTERS, ADJUSTMENTS]
relaxed = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

# ---- words, as somebody would write them

_dates = st.dates(date(2025, 12, 1), date(2027, 1, 31)).map(str)
_own = st.fixed_dictionaries(
    {},
    optional={
        "weekend": st.sampled_from(["sun", "fri,sat", ["sat", "sun"], "fri-sun"]),
        "closed": st.lists(_dates, max_size=5),
        "open": st.lists(_dates, max_size=5),
    },
)
_named = ["DE", "DE-BY", "US", "SA", "GB-SCT"] if find_spec("holidays") else []
_traded = ["XNYS", "XLON", "XTKS"] if find_spec("exchange_calendars") else []
exchanges: st.SearchStrategy[Any] = st.sampled_from(_traded) if _traded else st.nothing()
calendars: st.SearchStrategy[Any] = _own | st.sampled_from([*_named, *_traded, {}])


def _with_calendar(
    words: list[str], one: st.SearchStrategy[Any] = calendars
) -> st.SearchStrategy[Any]:
    return st.builds(lambda word, calendar: {word: calendar}, st.sampled_from(words), one)


def _counted(word: str, n: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    return st.builds(lambda number, c: {word: number, "calendar": c}, n, calendars)


def _signed(most: int) -> st.SearchStrategy[int]:
    return st.integers(1, most) | st.integers(-most, -1)


_days_of_month = st.sampled_from(["1", "31", "1-7", "15,29-31", "28"])
_moments = st.builds("{} {}".format, _dates, day_times)
new_filters: st.SearchStrategy[Any] = st.one_of(
    st.builds("months {}".format, st.sampled_from(["feb", "nov-feb", "jan,jul", "mar-oct", "12"])),
    st.builds("days_of_month {}".format, _days_of_month),
    st.sampled_from(["month_start", "month_end", "business_day"]),
    st.builds("nth_weekday {} {}".format, _signed(5), st.sampled_from(WEEKDAYS)),
    st.builds("at_time {}".format, day_times | st.sampled_from(["09:30:00", "23:59:59", "23:59"])),
    st.builds("on_datetime {}".format, _moments),
    st.lists(_moments, min_size=2, max_size=2).map(
        lambda two: f"between_datetimes {min(two)}..{max(two)}"
    ),
    _with_calendar(["business_day", "holiday"]),
    _with_calendar(["trading_day"], exchanges),
    _counted("nth_business_day", _signed(23)),
)
new_adjustments: st.SearchStrategy[Any] = st.one_of(
    _with_calendar(
        [
            "next_business_day",
            "previous_business_day",
            "nearest_business_day",
            "modified_following",
        ]
    ),
    _with_calendar(["next_trading_day", "previous_trading_day"], exchanges),
    _counted("add_business_days", _signed(4)),
    st.builds("set_time {}".format, day_times),
    st.builds(
        "{} {}".format,
        st.sampled_from(["round", "floor", "ceil"]),
        st.sampled_from(["1m", "15m", "1h", "6h", "1d", "500ms", "90m"]),
    ),
)
new_clocks: st.SearchStrategy[Any] = st.one_of(
    st.builds("hourly at {}".format, st.sampled_from(["0", "15", "0,30", "59"])),
    st.builds("yearly {} at {}".format, _dates.map(lambda day: day[5:]), day_times),
    st.builds(
        lambda word, calendar, offset: {word: calendar, "offset": offset},
        st.sampled_from(["market_open", "market_close"]),
        exchanges,
        st.sampled_from(["5m", "-90m", "1d", "0s"]),
    ),
    st.sampled_from(["startup", "startup boot"]),
)
words = st.one_of(
    st.tuples(st.just(CLOCKS), older_clocks | new_clocks),
    st.tuples(st.just(FILTERS), older_filters | new_filters),
    st.tuples(st.just(ADJUSTMENTS), older_adjustments | new_adjustments),
)

# ---- filters and adjustments by themselves


@settings(relaxed, max_examples=400)
@given(new_filters, walls, st.lists(st.floats(0, 1, exclude_max=True), max_size=20))
def test_the_answer_of_a_filter_holds_until_it_says(
    written: Any, begin: datetime, parts: list[float]
) -> None:
    one = FILTERS.read(written)
    expected = one.admits(begin)

    until = one.until(begin)
    length = min(until - begin, 900 * DAY)
    days = [datetime.combine(begin.date() + n * DAY, time()) for n in range(1, length.days + 2)]
    shown = [begin + part * length for part in parts] + days + [until - datetime.resolution]
    wrong = [w for w in shown if w < begin + length and one.admits(w) is not expected]

    assert begin < until
    assert wrong == []


@settings(relaxed, max_examples=400)
@given(new_adjustments, walls)
def test_an_adjustment_stays_within_its_reach(written: Any, wall: datetime) -> None:
    one = ADJUSTMENTS.read(written)

    moved = one.apply(wall)

    assert wall - one.reach.back <= moved <= wall + one.reach.forward


@settings(relaxed, max_examples=400)
@given(new_adjustments, walls)
def test_what_was_moved_already_stays_where_it_is(written: Any, wall: datetime) -> None:
    one = ADJUSTMENTS.read(written)
    if "add_business_days" in written:
        return
    expected = one.apply(wall)

    actual = one.apply(expected)

    assert expected == actual


@settings(relaxed, max_examples=200)
@given(_counted("add_business_days", _signed(300)), walls)
def test_business_days_that_are_added_stay_within_their_reach(written: Any, wall: datetime) -> None:
    one = ADJUSTMENTS.read(written)

    moved = one.apply(wall)

    assert wall - one.reach.back <= moved <= wall + one.reach.forward


# ---- schedules of them, worked out the long way


def worked_out(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """Return every fire time later than *start* up to *end*: all candidates, moved, sorted."""
    zone = schedule.timezone
    assert isinstance(zone, ZoneInfo)
    far = len(schedule.adjustments) * FAR + 3 * DAY
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


def schedules(clocks: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return what schedules are made of: their own text, with all of a calendar, is long."""
    return st.tuples(
        clocks,
        st.lists(new_filters | older_filters, max_size=2),
        st.lists(new_adjustments | older_adjustments, max_size=3),
        zones,
    )


def within(schedule: Schedule, start: datetime) -> list[datetime]:
    return list(schedule.after(start, SPAN))


@settings(relaxed, max_examples=60)
@given(schedules(st.lists(new_clocks | older_clocks, min_size=1, max_size=2)), starts)
def test_a_schedule_of_any_words_fires_when_its_candidates_worked_out_one_by_one_do(
    parts: tuple[Any, ...], start: datetime
) -> None:
    schedule = Schedule(*parts)
    expected = worked_out(schedule, start, start + SPAN)

    actual = within(schedule, start)

    assert expected == actual


@settings(relaxed, max_examples=40)
@given(schedules(new_clocks | older_clocks), starts)
def test_a_schedule_sent_as_json_fires_at_the_same_times(
    parts: tuple[Any, ...], start: datetime
) -> None:
    schedule = Schedule(*parts)
    expected = within(schedule, start)

    sent = Schedule.parse(json.dumps(schedule.dump()))

    assert expected == within(sent, start)


@settings(relaxed, max_examples=40)
@given(schedules(new_clocks | older_clocks), starts)
def test_every_fire_time_is_explained(parts: tuple[Any, ...], start: datetime) -> None:
    schedule = Schedule(*parts)
    expected = within(schedule, start)

    traces = schedule.explain(start + datetime.resolution, start + SPAN)
    actual = sorted({t.time for t in traces if t.time and start < t.time <= start + SPAN})

    assert expected == actual


# ---- written and read


@settings(relaxed, max_examples=500)
@given(words)
def test_a_word_written_reads_back_as_the_same(word: tuple[Vocabulary[Any], Any]) -> None:
    vocabulary, raw = word
    expected = vocabulary.read(raw)

    actual = vocabulary.read(vocabulary.written(expected))

    assert expected == actual


@settings(relaxed, max_examples=500)
@given(words)
def test_a_word_written_is_plain_json_that_is_written_the_same_again(
    word: tuple[Vocabulary[Any], Any],
) -> None:
    vocabulary, raw = word
    expected = vocabulary.written(vocabulary.read(raw))

    actual = vocabulary.written(vocabulary.read(json.loads(json.dumps(expected))))

    assert expected == actual


# ---- whatever somebody writes

_TEXTS = [str(vocabulary.class_of(word).__dict__.get("EXAMPLE", word))
          for vocabulary in VOCABULARIES for word in vocabulary.words]  # fmt: skip
_letters = st.text(string.ascii_letters + string.digits + " ,:-+/.#*@²ß٣\u2028\0", max_size=30)
mutated = st.builds(
    lambda text, at, cut, put: text[: at % len(text)] + put + text[at % len(text) + cut :],
    st.sampled_from(_TEXTS),
    st.integers(0, 99),
    st.integers(0, 6),
    _letters,
)
worded = st.builds("{} {}".format, st.sampled_from([t.split()[0] for t in _TEXTS]), st.text())
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | mutated | st.text(max_size=20),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([t.split()[0] for t in _TEXTS] + ["calendar", "at", "offset", "n"])
            | st.text(max_size=5),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def answer_of(read: Callable[[Any], object], raw: object) -> str:
    """Return whether *raw* is taken or refused; another error than ours is a failure."""
    try:
        read(raw)
    except ConfigError as error:
        said = " ".join(problem.message for problem in error.problems)
        return "said by Python" if "value error" in said or not said else "refused"
    return "taken"


@settings(relaxed, max_examples=600)
@given(mutated | worded | st.text() | plain)
@example("days_of_month ²")
@example("months ²")
@example("days_of_month " + "9" * 5000)
@example("hourly at " + "9" * 5000)
@example("monthly " + "9" * 5000)
@example("not " * 2000 + "weekday")
@example("business_day XX-²")
@example({"business_day": {"country": "\ud800"}})
@example({"business_day": {"weekend": [[]], "closed": {"a": 1}}})
def test_whatever_is_written_is_taken_or_refused_in_our_words(raw: object) -> None:
    for vocabulary in VOCABULARIES:
        assert answer_of(vocabulary.read, raw) in ("taken", "refused")


@settings(relaxed, max_examples=300)
@given(mutated | plain, mutated | plain, mutated | plain, mutated | st.sampled_from(["UTC", ""]))
def test_a_schedule_of_whatever_is_written_is_taken_or_refused(
    clock: object, filters: object, adjustments: object, zone: str
) -> None:
    def made(parts: tuple[Any, ...]) -> object:
        return Schedule(*parts)

    answer = answer_of(made, (clock, filters, adjustments, zone))

    assert answer in ("taken", "refused")


@settings(relaxed, max_examples=300)
@given(plain, plain, plain, plain)
@example("hourly", "skip", {}, "")
@example("hourly", {}, ["DE"], "")
@example("cron H * * * *", {}, {}, 5)
def test_json_of_whatever_is_sent_is_taken_or_refused(
    clock: object, dst: object, calendars: object, seed: object
) -> None:
    text = json.dumps({"clock": clock, "dst": dst, "calendars": calendars, "seed": seed})

    answer = answer_of(Schedule.parse, text)

    assert answer in ("taken", "refused")


@settings(relaxed, max_examples=100)
@given(mutated, st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_a_clock_that_is_taken_answers(text: str, start: datetime) -> None:
    try:
        schedule = Schedule(text)
    except ConfigError:
        return

    fires = list(takewhile(lambda fire: fire < start + timedelta(hours=1), schedule.after(start)))

    assert fires == sorted(set(fires))
