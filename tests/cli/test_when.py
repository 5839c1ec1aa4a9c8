"""Times on the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from schedkit import ConfigError
from schedkit.cli.when import read
from schedkit.errors import Problem

HINT = "write it as 2026-11-21 14:30, today, 09:30, 2h ago or +90m"


@pytest.fixture(autouse=True)
def berlin() -> Iterator[None]:
    """Set the zone of the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def at(text: str, now: str = "2026-11-21 14:30:15") -> str:
    """Return the time that *text* is at *now*, both on the wall of Berlin."""
    zone = ZoneInfo("Europe/Berlin")
    return str(read(text, datetime.fromisoformat(now).astimezone()).astimezone(zone))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-21 14:30:15+01:00"),
        ("today", "2026-11-21 00:00:00+01:00"),
        ("yesterday", "2026-11-20 00:00:00+01:00"),
        ("tomorrow", "2026-11-22 00:00:00+01:00"),
        (" Today ", "2026-11-21 00:00:00+01:00"),
        ("09:30", "2026-11-21 09:30:00+01:00"),
        ("9:30", "2026-11-21 09:30:00+01:00"),
        ("09:30:15", "2026-11-21 09:30:15+01:00"),
        ("2h ago", "2026-11-21 12:30:15+01:00"),
        ("1h 30m ago", "2026-11-21 13:00:15+01:00"),
        ("1d ago", "2026-11-20 14:30:15+01:00"),
        ("+90m", "2026-11-21 16:00:15+01:00"),
        ("+ 90m", "2026-11-21 16:00:15+01:00"),
        ("-2h", "2026-11-21 12:30:15+01:00"),
        ("2026-12-24", "2026-12-24 00:00:00+01:00"),
        ("2026-12-24 18:00", "2026-12-24 18:00:00+01:00"),
        ("2026-12-24T18:00:30", "2026-12-24 18:00:30+01:00"),
        ("2026-12-24T18:00Z", "2026-12-24 19:00:00+01:00"),
        ("2026-12-24 18:00-05:00", "2026-12-25 00:00:00+01:00"),
        ("2026-07-01 12:00", "2026-07-01 12:00:00+02:00"),
    ],
)
def test_a_time_is_read(text: str, expected: str) -> None:
    actual = at(text)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("today", "2026-10-25 12:00", "2026-10-25 00:00:00+02:00"),
        ("tomorrow", "2026-10-24 12:00", "2026-10-25 00:00:00+02:00"),
        ("01:30", "2026-03-29 12:00", "2026-03-29 01:30:00+01:00"),
        ("1d ago", "2026-10-25 12:00", "2026-10-24 13:00:00+02:00"),
        ("24h ago", "2026-03-29 12:00", "2026-03-28 11:00:00+01:00"),
    ],
)
def test_a_clock_change_moves_no_wall_time_and_shortens_no_duration(
    text: str, now: str, expected: str
) -> None:
    actual = at(text, now)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("soon", Problem("'soon' is not a time", HINT)),
        ("", Problem("'' is not a time", HINT)),
        ("5m", Problem("'5m' is not a time", "write it as 5m ago or +5m")),
        ("1D2h", Problem("'1D2h' is not a time", "write it as 1d2h ago or +1d2h")),
        ("next week", Problem("'next week' is not a time", HINT)),
        ("2026-13-01", Problem("'2026-13-01' is not a time", HINT)),
        ("2026-02-30", Problem("'2026-02-30' is not a time", HINT)),
        ("25:00", Problem("hour 25 is outside 0-23")),
        ("+5", Problem("a duration needs a unit: '5' has none", "did you mean 5s or 5m?")),
        ("5 ago", Problem("a duration needs a unit: '5' has none", "did you mean 5s or 5m?")),
        (
            "ages ago",
            Problem("'ages' is not a duration", "write numbers with units: 30s, 1h30m, 2d, 1w"),
        ),
        ("+1mo", Problem("a month has no fixed length", "write days, such as 30d")),
        ("+", Problem("a duration is missing", "write one such as 30s, 1h30m or 2d")),
        ("-", Problem("a duration is missing", "write one such as 30s, 1h30m or 2d")),
        ("--5m", Problem("'-5m' is negative", "a duration is not")),
    ],
)
def test_what_is_no_time_is_refused(text: str, expected: Problem) -> None:
    with pytest.raises(ConfigError) as caught:
        at(text)
    actual = caught.value.problems

    assert (expected,) == actual


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59-12:00"])
def test_a_time_outside_the_calendar_is_refused_in_words(text: str) -> None:
    """The years 0 and 10000 are not in datetime, but in what it says of these."""
    with pytest.raises(ConfigError):
        at(text)
