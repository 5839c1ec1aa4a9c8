"""Calendar events, as systemd-analyze reads them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from schedkit import Schedule
from schedkit.errors import ConfigError
from schedkit.interchange import calendar_clocks, clock_changes
from schedkit.interchange.calendar_event import SECOND, CalendarEvent, calendar_event
from schedkit.interchange.systemd_timers import CHANGES

ANALYZE = shutil.which("systemd-analyze")
with_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca"]


# ---- what is read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily", CalendarEvent()),
        ("HOURLY", CalendarEvent(hours=None)),
        ("minutely UTC", CalendarEvent(hours=None, minutes=None, zone="UTC")),
        ("weekly Pacific/Auckland", CalendarEvent(weekdays=(0,), zone="Pacific/Auckland")),
        ("semi-annually", CalendarEvent(months=(1, 7), days=(1,))),
        (
            "Sat,Thu,Mon..Wed,Sat..Sun",
            CalendarEvent(weekdays=(0, 1, 2, 3, 5, 6)),
        ),
        (
            "Mon,Sun 12-*-* 2,1:23",
            CalendarEvent((0, 6), (2012,), hours=(1, 2), minutes=(23,)),
        ),
        ("Wed *-1", CalendarEvent(weekdays=(2,), days=(1,))),
        ("Wed, 17:48", CalendarEvent(weekdays=(2,), hours=(17,), minutes=(48,))),
        ("10-15", CalendarEvent(months=(10,), days=(15,))),
        ("Mon-Fri", CalendarEvent(weekdays=(0, 1, 2, 3, 4))),
        ("mon..sun 5:00", CalendarEvent(hours=(5,))),
        ("*:2/3", CalendarEvent(hours=None, minutes=tuple(range(2, 60, 3)))),
        ("*-*~1", CalendarEvent(days=(1,), from_end=True)),
        ("Mon *-05~07/1", CalendarEvent((0,), None, (5,), (1, 2, 3, 4, 5, 6, 7), from_end=True)),
        ("*-*~05..09/2", CalendarEvent(days=(5, 7, 9), from_end=True)),
        ("*-*~*", CalendarEvent()),
        ("2003-02..04-05", CalendarEvent(None, (2003,), (2, 3, 4), (5,))),
        ("*:20..22/10", CalendarEvent(hours=None, minutes=(20,))),
        (
            "05:40:23.4200004/30.1700005",
            CalendarEvent(hours=(5,), minutes=(40,), microseconds=(23420000, 53590001)),
        ),
        ("*:*:*", CalendarEvent(hours=None, minutes=None, microseconds=None)),
        (
            "2026-12-24T18:30",
            CalendarEvent(None, (2026,), (12,), (24,), hours=(18,), minutes=(30,)),
        ),
        (
            "@1395716396",
            CalendarEvent(
                None, (2014,), (3,), (25,), hours=(2,), minutes=(59,),
                microseconds=(56 * SECOND,), zone="UTC",
            ),
        ),
    ],
)  # fmt: skip
def test_an_expression_means_what_systemd_makes_of_it(text: str, expected: CalendarEvent) -> None:
    assert expected == calendar_event(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "'' is no calendar event of systemd (such as: Mon..Fri *-*-* 09:00:00)"),
        ("12", "'12' is no date of a calendar event (such as: *-*-01)"),
        ("Fri..Mon", "Fri..Mon runs backwards (write Fri..Sun,Mon..Mon)"),
        ("Funday", "'Funday' is no day of the week"),
        ("25:00", "hour 25 is outside 0-23"),
        ("*:*/5", "'*/5' is no minute (write a number, a..b, or a/step)"),
        ("*:0/60", "'0/60' repeats never"),
        ("12:00/0", "'00/0' repeats after nothing (a step is 1 or more)"),
        ("5..3:00", "5..3 runs backwards"),
        ("*-*-32", "day of month 32 is outside 1-31"),
        ("*-*~29", "day from the end of the month 29 is outside 1-28"),
        ("1969-1-1", "year 1969 is outside 1970-2199"),
        ("*:*:60", "second 60 is outside 0-59"),
        ("1:2:3:4", "'1:2:3:4' is no time of a calendar event (such as: 09:00:00)"),
        ("1.5:00", "'1.5' is no hour (write a number, a..b, or a/step)"),
        ("12:00 Nowhere/City", "unknown zone 'Nowhere/City'"),
        ("daily 5:00", "'daily' is no day of the week"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        calendar_event(text)

    assert expected == str(caught.value)


# ---- which clock it becomes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily", "daily at 00:00"),
        ("*-*-* 06,18:00", "daily at 06:00, 18:00"),
        ("hourly", "hourly"),
        ("*:05,35", "hourly at 5,35"),
        ("weekly", "weekly mon at 00:00"),
        ("Mon..Fri 9:15", "weekly mon-fri at 09:15"),
        ("monthly", "monthly 1 at 00:00"),
        ("*-*~1 23:30", "monthly last at 23:30"),
        ("Tue *-*-8..14 22:00", "monthly 2nd tue at 22:00"),
        ("Fri *-*~7/1", "monthly last fri at 00:00"),
        ("quarterly", "yearly 01-01,04-01,07-01,10-01 at 00:00"),
        ("*-02-29", "yearly 02-29 at 00:00"),
        ("minutely", "cron * * * * *"),
        ("*:0/15", "hourly at 0,15,30,45"),
        ("*:0/10", "cron */10 * * * *"),
        ("8..18/2:30", "cron 30 8-18/2 * * *"),
        ("*:*:0/10", "cron */10 * * * * *"),
        ("Sat,Sun *-*-1..7 3:00", {"cron": "0 3 1-7 * sat,sun", "day_or": False}),
        ("Mon *-*~3,2 3:00", {"cron": "0 3 L-1,L-2 * mon", "day_or": False}),
        ("*-1,7-1..5 3:00", "cron 0 3 1-5 1,7 *"),
        ("2026-12-24 18:00", {"dates": ["2026-12-24 18:00"]}),
        ("Mon 2026-12-1..14", {"dates": ["2026-12-07 00:00", "2026-12-14 00:00"]}),
        (
            "2026..2027-*-* 06:00",
            {
                "rrule": "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYMONTHDAY="
                + ",".join(map(str, range(1, 32)))
                + ";BYHOUR=6;BYMINUTE=0;BYSECOND=0;UNTIL=20271231T235959",
                "dtstart": "2026-01-01 00:00",
            },
        ),
        (
            "Sun 2028/4-02~7/1",
            {
                "rrule": "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=-1,-2,-3,-4,-5,-6,-7;"
                "BYDAY=SU;BYHOUR=0;BYMINUTE=0;BYSECOND=0",
                "dtstart": "2028-01-01 00:00",
            },
        ),
    ],
)
def test_an_expression_becomes_the_clock_that_a_person_would_write(
    text: str, expected: object
) -> None:
    assert expected == calendar_clocks.clock(calendar_event(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12:00:00.5", "it fires between two seconds, which no clock here does"),
        ("2027-02-29", "it never fires: there are no such dates"),
    ],
)
def test_what_no_clock_does_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        calendar_clocks.clock(calendar_event(text))

    assert expected == str(caught.value)


# ---- the oracle


def chains(first: int, last: int, *, fine: bool = False) -> st.SearchStrategy[str]:
    """Return values of a part as people write them, and some that they do not."""

    def item(a: int, b: int, step: int, form: int) -> str:
        low, high = min(a, b), max(a, b)
        forms = [f"{a:02}", f"{a}", f"{low}..{high}", f"{low}/{step}", f"{low}..{high}/{step}"]
        return forms[form]

    number = st.integers(first, last)
    items = st.builds(item, number, number, st.integers(1, 30), st.integers(0, 4))
    listed = st.lists(items, min_size=1, max_size=3).map(",".join)
    return listed if fine else st.one_of(st.just("*"), listed)


DAYS = ("Mon", "tue", "Wednesday", "THU", "Fri", "Sat", "sunday")
WEEKDAYS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).map(
        lambda pair: DAYS[pair[0]] if pair[0] >= pair[1] else f"{DAYS[pair[0]]}..{DAYS[pair[1]]}"
    ),
    min_size=1,
    max_size=2,
).map(",".join)
DATES = st.one_of(
    st.builds("{}-{}".format, chains(1, 12), chains(1, 31)),
    st.builds("*-{}-{}".format, chains(1, 12), chains(1, 31)),
    st.builds("*-{}~{}".format, chains(1, 12), st.integers(1, 28)),
    st.builds("*-{}~{}/{}".format, chains(1, 12), st.integers(9, 28), st.integers(1, 8)),
    st.builds("{}-{}-{}".format, chains(2026, 2040), chains(1, 12), chains(1, 31)),
)
TIMES = st.one_of(
    st.builds("{}:{}".format, chains(0, 23), chains(0, 59)),
    st.builds("{}:{}:{}".format, chains(0, 23), chains(0, 59), chains(0, 59)),
)
EXPRESSIONS = st.tuples(st.one_of(st.just(""), WEEKDAYS), st.one_of(st.just(""), DATES), TIMES).map(
    lambda parts: " ".join(filter(None, parts))
)
FROM = datetime(2026, 3, 1, tzinfo=UTC)
BASES = st.one_of(
    st.integers(0, 20_000).map(lambda hours: FROM + timedelta(hours=hours)),
    # The night of a clock change in each of the zones.
    st.sampled_from([datetime(2026, 10, 31, 20, tzinfo=UTC), datetime(2026, 4, 4, 10, tzinfo=UTC),
                     datetime(2026, 9, 5, 20, tzinfo=UTC), datetime(2026, 2, 14, 20, tzinfo=UTC),
                     datetime(2026, 3, 7, 20, tzinfo=UTC), datetime(2026, 10, 3, 10, tzinfo=UTC)]),
)  # fmt: skip
COUNT = 6


def elapses(text: str, zone: str, base: datetime) -> list[datetime] | None:
    """Return the next times that systemd has for an expression, None when it refuses it."""
    command = [str(ANALYZE), "calendar", text, f"--iterations={COUNT}",
               base.strftime("--base-time=%Y-%m-%d %H:%M:%S UTC")]  # fmt: skip
    environ = {**os.environ, "TZ": zone, "LC_ALL": "C"}
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        return None
    pattern = r"(?:Next elapse|Iter\. #\d+|\(in UTC\)): \w+ (\S+ \S+) UTC$"
    found = re.findall(pattern, done.stdout, re.MULTILINE)
    return [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in found]


def imported(text: str, zone: str) -> Schedule:
    """Return the schedule that an expression becomes."""
    clock = calendar_clocks.clock(calendar_event(text))
    schedule = Schedule(clock, timezone=zone)
    changes = clock_changes.needed(schedule.clocks, ZoneInfo(zone), CHANGES)
    return schedule if changes is None else Schedule(clock, timezone=zone, dst=changes)


@with_systemd
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "text",
    ["daily", "hourly", "weekly", "quarterly", "*:0/10", "02:30", "00:30", "01:30", "Sun 02:00",
     "Mon..Fri *-*-* 06,18:15", "*-*~1 00:15", "Fri *-*~7/1 23:30", "Sat *-*-1..7 01:45",
     "*-02-29 12:00", "*:*:0/20", "2026..2028-1/3-1 04:05:06", "Sun 2028/4-*-1 00:00",
     "*-*~05..09/2 2:15", "*-4,9,10-* *:15"],
)  # fmt: skip
def test_what_is_imported_fires_when_the_timer_does(text: str, zone: str) -> None:
    for base in (FROM, datetime(2026, 10, 31, 20, tzinfo=UTC), datetime(2027, 3, 13, tzinfo=UTC)):
        expected = elapses(text, zone, base)

        assert expected == list(islice(imported(text, zone).after(base), COUNT))


@with_systemd
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(EXPRESSIONS, st.sampled_from(ZONES), BASES)
@example("*:0/30", "Australia/Lord_Howe", datetime(2026, 4, 4, 10, tzinfo=UTC))
@example("2026..2027-9-6 00:30", "America/Santiago", datetime(2026, 9, 5, tzinfo=UTC))
def test_any_expression_fires_when_systemd_says(text: str, zone: str, base: datetime) -> None:
    expected = elapses(text, zone, base)
    try:
        schedule = imported(text, zone)
    except ConfigError as error:
        assert not expected, error  # noqa: PT017  # what never fires, or systemd refuses as well
        return
    assume(expected is not None)
    # Rules and dates make up for what is skipped; that is told, and tested where it is told.
    assume(clock_changes.made_up(schedule.clocks, ZoneInfo(zone)) is None)

    found = list(islice(schedule.after(base), COUNT))

    assert expected == found[: len(expected or [])]
    assert len(expected or []) == COUNT or all(
        fire.year >= 2199 for fire in found[len(expected or []) :]
    )
