"""Random clocks, filters and adjustments, as somebody would write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from oracle import CHANGES, ZONES
from schedkit import Schedule

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
POSITIONS = ["1", "15", "29", "31", "last", "last fri", "2nd tue", "first weekday", "5th sun"]

# Near what clock changes do, and anywhere.
_CRITICAL = ["00:00", "00:30", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "02:45"]
_CRITICAL += ["03:00", "03:30", "23:00", "23:30", "23:59"]
times = st.sampled_from(_CRITICAL) | st.times().map(lambda t: f"{t:%H:%M}")


def _listed(one: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(one, min_size=1, max_size=most, unique=True).map(",".join)


zones = st.sampled_from(ZONES)
starts = st.builds(
    lambda change, shift: change.instant + shift,
    st.sampled_from(CHANGES),
    st.sampled_from([timedelta(hours=h) for h in (-72, -24, -3, -1, 0, 1, 2, 26)])
    | st.timedeltas(timedelta(days=-20), timedelta(days=20)),
).map(lambda instant: instant.replace(microsecond=0))
walls = st.builds(
    datetime.combine,
    st.dates(date(2023, 1, 1), date(2029, 12, 31)),
    st.times() | st.sampled_from([time(0), time.max, time(9, 30), time(2, 30)]),
)

# ---- clocks: none more often than each quarter of an hour, or the oracle gets slow

_cron = st.builds(
    "cron {} {} {} {} {}".format,
    st.sampled_from(["0", "30", "15,45", "*/20", "0-45/15"]),
    st.sampled_from(["*", "*/2", "0", "2", "1-3", "0-23", "22-2", "9-17"]),
    st.sampled_from(["*", "*", "*", "?", "L", "1-7", "8W", "13", "*/2"]),
    st.sampled_from(["*", "*", "*", "mar,nov", "2-4"]),
    st.sampled_from(["*", "*", "*", "mon-fri", "sat,sun", "0#1", "5L"]),
)
_every = st.builds(
    lambda interval, anchor: {"every": interval, "anchor": anchor},
    st.sampled_from(["20m", "45m", "1h", "7h", "36h", "1d", "3d", "1w"]),
    st.sampled_from(
        ["1970-01-01 00:00", "2026-03-08 02:30", "2026-10-03 02:15", "2026-04-04 23:45"]
    ),
)
_dates = st.lists(
    st.builds("{} {}".format, st.dates(date(2026, 2, 1), date(2026, 11, 5)), times),
    min_size=1,
    max_size=6,
).map(lambda moments: {"dates": moments})
clocks: st.SearchStrategy[Any] = st.one_of(
    _cron,
    _every,
    _dates,
    st.builds("daily at {}".format, _listed(times)),
    st.builds("weekly {} at {}".format, _listed(st.sampled_from(WEEKDAYS)), _listed(times)),
    st.builds("monthly {} at {}".format, _listed(st.sampled_from(POSITIONS)), _listed(times)),
)
some_clocks = st.lists(clocks, min_size=1, max_size=3)

# ---- filters

_month_days = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")
_dated = st.dates(date(2025, 12, 1), date(2027, 1, 31)).map(str)
_one_filter: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["weekday", "weekend", "days mon-fri", "days fri-mon"]),
    st.builds("days {}".format, _listed(st.sampled_from(WEEKDAYS))),
    st.builds("between_times {}-{}".format, times, times),
    st.builds("on_date {}".format, _listed(_month_days | _dated | st.just("02-29"))),
    st.builds("between_dates {}..{}".format, _month_days | st.just("02-29"), _month_days),
    st.builds("between_dates {}..{}".format, _month_days, st.just("02-29")),
    st.lists(_dated, min_size=2, max_size=2).map(
        lambda days: f"between_dates {min(days)}..{max(days)}"
    ),
)
filters: st.SearchStrategy[Any] = st.recursive(
    _one_filter,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda f: {"any": f}),
        st.lists(inner, min_size=1, max_size=3).map(lambda f: {"all": f}),
        inner.map(lambda f: {"not": f}),
    ),
    max_leaves=5,
)
some_filters = st.lists(filters, max_size=2)

# ---- adjustments

adjustments = st.one_of(
    st.sampled_from(["next_weekday", "previous_weekday"]),
    st.builds(
        "add {}{}".format,
        st.sampled_from(["", "-"]),
        st.sampled_from(["1d", "5d", "2w", "1mo", "90m", "1h", "30m", "1d12h", "25h"]),
    ),
)
some_adjustments = st.lists(adjustments, max_size=3)


schedules = st.builds(Schedule, some_clocks, some_filters, some_adjustments, zones)


def instants(earliest: datetime, latest: datetime) -> st.SearchStrategy[datetime]:
    """Return instants (UTC), to the second."""
    drawn = st.datetimes(earliest, latest, timezones=st.just(UTC))
    return drawn.map(lambda instant: instant.replace(microsecond=0))
