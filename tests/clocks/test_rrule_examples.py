"""The clock `rrule` against the examples of RFC 5545, section 3.8.5.3, all in New York."""

from __future__ import annotations

from datetime import timedelta

import pytest

from asking import FOREVER, fires
from schedkit import values
from schedkit.clocks.rrule import Rrule

NEW_YORK = "America/New_York"
EVERY_DAY = "SU,MO,TU,WE,TH,FR,SA"


def rrule(rule: str, dtstart: str = "1997-09-02 09:00") -> Rrule:
    return values.read(Rrule, {"rule": rule, "dtstart": dtstart})


def walls(clock: Rrule, count: int, after: str | None = None) -> list[str]:
    """Return the first times, in New York: days alone when all are at nine."""
    start = after or str(clock.dtstart - timedelta(days=1))
    found = [text[:16] for text in fires(clock, start, FOREVER, NEW_YORK, count=count)]
    return [text[:10] for text in found] if all(t.endswith("09:00") for t in found) else found


def spelled(days: str) -> list[str]:
    """Return each day of `1997-09: 2 11; 1997-10: 2` as a date."""
    months = (month.split(": ") for month in days.split("; "))
    return [f"{month}-{int(day):02}" for month, numbers in months for day in numbers.split()]


@pytest.mark.parametrize(
    ("rule", "dtstart", "days"),
    [
        ("FREQ=DAILY;COUNT=10", "1997-09-02", "1997-09: 2 3 4 5 6 7 8 9 10 11"),
        ("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02", "1997-09: 2 12 22; 1997-10: 2 12"),
        (
            "FREQ=WEEKLY;COUNT=10",
            "1997-09-02",
            "1997-09: 2 9 16 23 30; 1997-10: 7 14 21 28; 1997-11: 4",
        ),
        (
            "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
            "1997-09-02",
            "1997-09: 2 4 9 11 16 18 23 25 30; 1997-10: 2",
        ),
        (
            "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
            "1997-09-02",
            "1997-09: 2 4 9 11 16 18 23 25 30; 1997-10: 2",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
            "1997-09-01",
            (
                "1997-09: 1 3 5 15 17 19 29; 1997-10: 1 3 13 15 17 27 29 31; "
                "1997-11: 10 12 14 24 26 28; 1997-12: 8 10 12 22"
            ),
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            "1997-09-02",
            "1997-09: 2 4 16 18 30; 1997-10: 2 14 16",
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "1997-09-05",
            (
                "1997-09: 5; 1997-10: 3; 1997-11: 7; 1997-12: 5; 1998-01: 2; "
                "1998-02: 6; 1998-03: 6; 1998-04: 3; 1998-05: 1; 1998-06: 5"
            ),
        ),
        (
            "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
            "1997-09-05",
            "1997-09: 5; 1997-10: 3; 1997-11: 7; 1997-12: 5",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "1997-09-07",
            "1997-09: 7 28; 1997-11: 2 30; 1998-01: 4 25; 1998-03: 1 29; 1998-05: 3 31",
        ),
        (
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "1997-09-22",
            "1997-09: 22; 1997-10: 20; 1997-11: 17; 1997-12: 22; 1998-01: 19; 1998-02: 16",
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
            "1997-09-02",
            "1997-09: 2 15; 1997-10: 2 15; 1997-11: 2 15; 1997-12: 2 15; 1998-01: 2 15",
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
            "1997-09-30",
            "1997-09: 30; 1997-10: 1 31; 1997-11: 1 30; 1997-12: 1 31; 1998-01: 1 31; 1998-02: 1",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
            "1997-09-10",
            "1997-09: 10 11 12 13 14 15; 1999-03: 10 11 12 13",
        ),
        (
            "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
            "1997-06-10",
            "1997-06: 10; 1997-07: 10; 1998-06: 10; 1998-07: 10",
        ),
        (
            "FREQ=YEARLY;INTERVAL=2;COUNT=5;BYMONTH=1,2,3",
            "1997-03-10",
            "1997-03: 10; 1999-01: 10; 1999-02: 10; 1999-03: 10; 2001-01: 10",
        ),
        (
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "1997-01-01",
            (
                "1997-01: 1; 1997-04: 10; 1997-07: 19; 2000-01: 1; 2000-04: 9; "
                "2000-07: 18; 2003-01: 1; 2003-04: 10; 2003-07: 19; 2006-01: 1"
            ),
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-04",
            "1997-09: 4; 1997-10: 7; 1997-11: 6",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            "1997-08: 5 10 19 24",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            "1997-08: 5 17 19 31",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            "2007-01-15",
            "2007-01: 15 30; 2007-02: 15; 2007-03: 15 30",
        ),
    ],
)
def test_an_example_that_ends_is_complete(rule: str, dtstart: str, days: str) -> None:
    expected = spelled(days)

    actual = walls(rrule(rule, f"{dtstart} 09:00"), len(expected) + 1)

    assert expected == actual


@pytest.mark.parametrize(
    ("rule", "dtstart", "days"),
    [
        ("FREQ=DAILY;INTERVAL=2", "1997-09-02", "1997-09: 2 4 6 8 10"),
        (
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
            "1997-09-02",
            "1997-09: 2 16 30; 1997-10: 14 28; 1997-11: 11 25; 1997-12: 9 23; 1998-01: 6 20",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "1997-09-28",
            "1997-09: 28; 1997-10: 29; 1997-11: 28; 1997-12: 29; 1998-01: 29; 1998-02: 26",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
            "1997-09-02",
            "1997-09: 2 9 16 23 30; 1997-11: 4 11 18 25; 1998-01: 6 13 20 27; 1998-03: 3 10",
        ),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1997-05: 19; 1998-05: 18; 1999-05: 17"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", "1997-05: 12; 1998-05: 11; 1999-05: 17"),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
            "1997-03-13",
            "1997-03: 13 20 27; 1998-03: 5 12 19 26; 1999-03: 4 11 18 25",
        ),
        (
            "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
            "1997-06-05",
            "1997-06: 5 12 19 26; 1997-07: 3 10 17 24 31; 1997-08: 7 14 21 28; 1998-06: 4",
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "1997-09-02",
            "1998-02: 13; 1998-03: 13; 1998-11: 13; 1999-08: 13; 2000-10: 13",
        ),
        (
            "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
            "1997-09-13",
            "1997-09: 13; 1997-10: 11; 1997-11: 8; 1997-12: 13; 1998-01: 10; 1998-02: 7",
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11-05",
            "1996-11: 5; 2000-11: 7; 2004-11: 2",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29",
            "1997-09: 29; 1997-10: 30; 1997-11: 27; 1997-12: 30; 1998-01: 29; 1998-02: 26",
        ),
    ],
)
def test_an_example_without_an_end_goes_on(rule: str, dtstart: str, days: str) -> None:
    expected = spelled(days)

    actual = walls(rrule(rule, f"{dtstart} 09:00"), len(expected))

    assert expected == actual


@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z", "09:00 12:00 15:00"),
        ("FREQ=MINUTELY;INTERVAL=15;COUNT=6", "09:00 09:15 09:30 09:45 10:00 10:15"),
        ("FREQ=MINUTELY;INTERVAL=90;COUNT=4", "09:00 10:30 12:00 13:30"),
    ],
)
def test_an_example_within_a_day_is_complete(rule: str, times: str) -> None:
    expected = [f"1997-09-02 {time}" for time in times.split()]

    actual = walls(rrule(rule), 10)

    assert expected == actual


@pytest.mark.parametrize(
    ("one", "other", "start", "count"),
    [
        (
            f"FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY={EVERY_DAY}",
            "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
            "1998-01-01 09:00",
            93,
        ),
        (
            "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
            "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
            "1997-09-02 09:00",
            200,
        ),
    ],
)
def test_two_ways_to_write_an_example_mean_the_same(
    one: str, other: str, start: str, count: int
) -> None:
    expected = walls(rrule(other, start), 200)

    actual = walls(rrule(one, start), 200)

    assert count == len(actual)
    assert expected == actual
