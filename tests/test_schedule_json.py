"""A schedule as JSON: it can be sent and asked anywhere, without the file it is of."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any

import pytest

from asking import utc
from schedkit import ConfigError, Schedule
from schedkit.errors import Problem

CALENDARS = {"office": {"weekend": "fri,sat", "closed": ["2026-11-24"], "open": ["2026-11-27"]}}
HINT = (
    "an object with clock and, as needed, filters, adjustments, timezone, dst, start, end,"
    " calendars, seed"
)


def sent(schedule: Schedule) -> Schedule:
    return Schedule.parse(json.dumps(schedule.dump()))


def fired(schedule: Schedule) -> list[str]:
    return [str(fire) for fire in islice(schedule.after(utc("2026-11-20")), 20)]


def refused(text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        Schedule.parse(text)
    return list(caught.value.problems)


def test_a_schedule_is_dumped_as_what_a_file_would_say() -> None:
    schedule = Schedule(
        ["daily at 09:00", "cron 0 8 * * mon"],
        ["weekday", "not on_date 12-25"],
        "add 1d",
        "Europe/Berlin",
        dst={"gap": "skip"},
        start="2026-12-01 00:00",
        end=datetime(2027, 1, 2, 6, 0, 30),
    )
    expected = {
        "clock": [{"daily": "09:00"}, {"cron": "0 8 * * mon"}],
        "filters": [{"weekday": None}, {"not": {"on_date": "12-25"}}],
        "adjustments": [{"add": "1d"}],
        "timezone": "Europe/Berlin",
        "dst": {"gap": "skip"},
        "start": "2026-12-01 00:00",
        "end": "2027-01-02 06:00:30",
    }

    actual = schedule.dump()

    assert expected == actual


def test_what_goes_without_saying_is_left_out() -> None:
    expected = {"clock": [{"hourly": None}], "timezone": "UTC"}

    actual = Schedule("hourly").dump()

    assert expected == actual


def test_a_named_calendar_is_dumped_spelled_out() -> None:
    expected = [{"business_day": CALENDARS["office"]}]

    actual = Schedule("hourly", "business_day office", calendars=CALENDARS).dump()["filters"]

    assert expected == actual


@pytest.mark.parametrize(
    "parts",
    [
        {"filters": "business_day office", "calendars": CALENDARS},
        {"adjustments": "next_business_day office", "calendars": CALENDARS},
        {"adjustments": {"add_business_days": -2, "calendar": "office"}, "calendars": CALENDARS},
        {"filters": {"any": [{"nth_business_day": -1, "calendar": "office"}, "month_start"]},
         "calendars": CALENDARS},
        {"timezone": "America/New_York", "dst": {"gap": "skip", "fold": "second"}},
        {"clock": "cron H H * * *", "seed": "backup"},
        {"start": "2026-11-25 09:00", "end": "2026-11-28 09:00", "timezone": "Asia/Tokyo"},
        {"clock": {"every": "8h", "anchor": "2026-01-01 06:00"}},
    ],
)  # fmt: skip
def test_a_schedule_that_was_sent_fires_at_the_same_times(parts: dict[str, Any]) -> None:
    schedule = Schedule(**{"clock": "daily at 09:00"} | parts)
    expected = fired(schedule)

    actual = fired(sent(schedule))

    assert expected == actual


@pytest.mark.parametrize(
    ("package", "filters"), [("holidays", "holiday a"), ("exchange_calendars", "trading_day a")]
)
def test_a_country_and_an_exchange_are_sent_by_name(package: str, filters: str) -> None:
    pytest.importorskip(package)
    base = {"country": "US"} if package == "holidays" else {"exchange": "XNYS"}
    schedule = Schedule("daily at 09:00", filters, calendars={"a": {**base, "open": []}})
    expected = fired(schedule)

    actual = fired(sent(schedule))

    assert expected == actual


def test_a_schedule_that_was_sent_is_dumped_the_same() -> None:
    schedule = Schedule("daily at 09:00", "business_day office", calendars=CALENDARS)
    expected = schedule.dump()

    actual = sent(schedule).dump()

    assert expected == actual


def test_a_schedule_that_was_sent_equals_the_one_it_was() -> None:
    expected = Schedule("daily at 09:00", "business_day office", calendars=CALENDARS)

    actual = sent(expected)

    assert expected == actual


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))])
def test_every_zone_that_is_taken_can_be_sent(zone: timezone) -> None:
    schedule = Schedule("daily at 09:00", timezone=zone)
    expected = fired(schedule)

    actual = fired(sent(schedule))

    assert expected == actual


@pytest.mark.parametrize(
    "text", ["[]", "5", '"hourly"', "{}", '{"filters": []}', '{"clock": "hourly", "command": "x"}']
)
def test_other_json_is_refused(text: str) -> None:
    expected = [Problem("this is not the JSON of a schedule", HINT)]

    actual = refused(text)

    assert expected == actual


def test_what_is_no_json_is_refused() -> None:
    expected = [Problem("this is not JSON: Expecting value: line 1 column 1 (char 0)")]

    actual = refused("hourly")

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"clock": "hourly", "dst": "skip"}', ("dst",)),
        ('{"clock": "hourly", "dst": ["gap"]}', ("dst",)),
        ('{"clock": "hourly", "calendars": ["DE"]}', ("calendars",)),
        ('{"clock": "hourly", "calendars": {"a": 5}}', ("calendars", "a")),
        ('{"clock": "cron H * * * *", "seed": 5}', ("seed",)),
        ('{"clock": "hourly", "timezone": null}', ("timezone",)),
        ('{"clock": "hourly", "filters": {"weekday": 5}}', ("filters", "weekday")),
        ('{"clock": null}', ("clock",)),
        ('{"clock": "hourly", "start": 5}', ("start",)),
        ('{"clock": "hourly", "end": "2026-12-24"}', ("end",)),
    ],
)
def test_a_part_of_another_kind_is_refused_with_its_place(text: str, path: tuple[str, ...]) -> None:
    actual = [problem.path for problem in refused(text)]

    assert [path] == actual


def test_json_that_is_nested_beyond_all_measure_is_refused() -> None:
    text = '{"clock": "hourly", "filters": ' + '{"not": ' * 900 + '"weekday"' + "}" * 901
    expected = 1

    actual = len(refused(text))

    assert expected == actual
