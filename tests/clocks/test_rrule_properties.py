"""
The clock `rrule` against plain dateutil, which walks from dtstart: rule 16.

The years are the last that there are: dateutil looks no further, also when nothing matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import dropwhile, islice, pairwise, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import resolved
from schedkit import timeline, values
from schedkit.clocks.rrule import Rrule
from written import starts, zones

END = datetime(9996, 12, 31)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
LENGTHS = {
    "YEARLY": timedelta(days=366),
    "MONTHLY": timedelta(days=31),
    "WEEKLY": timedelta(days=7),
    "DAILY": timedelta(days=1),
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}


def some(*entries: object, low: int = 1, high: int = 0) -> st.SearchStrategy[str]:
    numbers = st.sampled_from(entries) if entries else st.integers(low, high)
    return st.lists(numbers.map(str), min_size=1, max_size=4, unique=True).map(",".join)


def signed(high: int) -> st.SearchStrategy[str]:
    return some(*(sign * number for number in range(1, high + 1) for sign in (1, -1)))


NUMBERED = some(*(f"{n}{day}" for n in (1, 2, 5, -1, -3) for day in DAYS))
IN_THE_YEAR = some(*(f"{n}{day}" for n in (1, 2, 20, 53, -1, -53) for day in DAYS))
FINE = ("HOURLY", "MINUTELY", "SECONDLY")


@st.composite
def rules(draw: st.DrawFn, frequencies: tuple[str, ...] = tuple(LENGTHS)) -> dict[str, str]:
    """Return the parts of a rule that dateutil reads as RFC 5545 does."""
    frequency = draw(st.sampled_from(frequencies))
    parts = {"FREQ": frequency}

    def perhaps(name: str, value: st.SearchStrategy[Any], one_in: int = 4) -> None:
        if draw(st.integers(1, one_in)) == 1:
            parts[name] = str(draw(value))

    perhaps("INTERVAL", st.sampled_from([1, 2, 3, 5, 7, 11, 12, 18, 60, 90, 97]), 2)
    perhaps("WKST", st.sampled_from(DAYS), 2)
    perhaps("BYMONTH", some(low=1, high=12))
    weekdays = some(*DAYS)
    if frequency == "YEARLY":
        perhaps("BYWEEKNO", some(*range(1, 54), *range(-51, 0)))
        if "BYWEEKNO" not in parts:
            weekdays |= NUMBERED if "BYMONTH" in parts else IN_THE_YEAR
    if frequency == "MONTHLY":
        weekdays |= NUMBERED
    # dateutil takes every day of the weeks, RFC 5545 the weekday of dtstart.
    perhaps("BYDAY", weekdays, 1 if "BYWEEKNO" in parts else 2)
    if frequency != "WEEKLY":
        perhaps("BYMONTHDAY", signed(31))
    if frequency in ("YEARLY", *FINE):
        perhaps("BYYEARDAY", signed(366))
    perhaps("BYHOUR", some(low=0, high=23))
    perhaps("BYMINUTE", some(low=0, high=59))
    perhaps("BYSECOND", some(low=0, high=59))
    if any(name.startswith("BY") for name in parts):
        perhaps("BYSETPOS", signed(1 if frequency in FINE else 4))  # dateutil walks to 9999
    perhaps("COUNT", st.integers(1, 30), 3)
    if "COUNT" not in parts:
        perhaps("UNTIL", st.dates(END.date() - timedelta(days=3000), END.date()))
        parts |= {"UNTIL": parts["UNTIL"].replace("-", "")} if "UNTIL" in parts else {}
    return parts


def text(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def plain(parts: dict[str, str], start: datetime) -> Iterator[datetime]:
    """Yield what dateutil yields from *start* on."""
    parts = dict(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] += "T235959"
    begin = start
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        # dateutil would choose from what is left of the first week.
        parts = {"BYDAY": DAYS[start.weekday()]} | parts
        parts.pop("COUNT", None)
        begin -= timedelta(days=(start.weekday() - DAYS.index(parts.get("WKST", "MO"))) % 7)
    try:
        walls = iter(rrulestr(text(parts), dtstart=begin))
        yield from dropwhile(lambda wall: wall < start, walls)
    except ValueError:  # it noticed that nothing matches
        return


@st.composite
def asked(draw: st.DrawFn, parts: dict[str, str]) -> tuple[datetime, datetime]:
    """Return a dtstart and when to ask, at most some hundred periods later."""
    years = 2 if parts["FREQ"] in FINE else 15
    start = draw(st.datetimes(END - timedelta(days=366 * years), END)).replace(microsecond=0)
    periods = draw(st.floats(0, 300)) * int(parts.get("INTERVAL", "1"))
    return start, start + min(LENGTHS[parts["FREQ"]] * periods, END - start)


@settings(deadline=None)
@given(st.data())
def test_asked_from_anywhere_it_yields_what_dateutil_yields_from_its_start(
    data: st.DataObject,
) -> None:
    parts = data.draw(rules())
    start, begin = data.draw(asked(parts))
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        parts.pop("COUNT", None)
    rule = values.read(Rrule, {"rule": text(parts), "dtstart": start})
    later = dropwhile(lambda wall: wall < begin, plain(parts, start))
    expected = list(islice(takewhile(lambda wall: wall <= END, later), 20))

    end = min(END, rule.until or END)
    actual = list(islice(rule.expansion.walls(begin, end), 20))

    assert expected == actual


@settings(deadline=None)
@given(rules(("DAILY", *FINE)), starts, zones, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_what_the_wall_shows_is_resolved_in_the_zone(
    parts: dict[str, str], instant: datetime, zone: str, before: timedelta
) -> None:
    """Whatever is asked, it is what all walls about then resolve to, each instant once."""
    shown = timeline.local(instant, ZoneInfo(zone))
    rule = values.read(
        Rrule, {"rule": text(parts), "dtstart": (shown - before).replace(microsecond=0)}
    )
    near = timedelta(hours=3)
    walls = rule.expansion.walls(shown - near, shown + near)
    resolutions = {resolved(wall, ZoneInfo(zone)) for wall in walls}
    expected = sorted(fire for fire in resolutions if instant < fire)[:60]

    actual = list(islice(rule.after(instant, ZoneInfo(zone)), len(expected)))

    assert expected == actual
    assert all(earlier < later for earlier, later in pairwise(actual))


@settings(deadline=None)
@given(rules(FINE), starts, zones)
def test_the_nominals_of_an_instant_are_the_walls_that_it_resolves(
    parts: dict[str, str], instant: datetime, zone: str
) -> None:
    start = timeline.local(instant, ZoneInfo(zone)).replace(microsecond=0)
    rule = values.read(Rrule, {"rule": text(parts), "dtstart": start})

    for fire in islice(rule.after(instant, ZoneInfo(zone)), 5):
        nominals = rule.nominals(fire, ZoneInfo(zone))

        assert {fire} == {resolved(wall, ZoneInfo(zone)) for wall in nominals}
