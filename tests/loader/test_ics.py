"""The days of an iCalendar file, closed days of a calendar."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from files import diagnostics, load
from schedkit import ConfigError
from schedkit.loader import ics

pytest.importorskip("icalendar")


def event(*lines: str) -> str:
    uid = f"UID:{hash(lines)}"
    return "\r\n".join(["BEGIN:VEVENT", uid, *lines, "END:VEVENT", ""])


def write(*events: str, name: str = "days.ics") -> Path:
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n"
    Path(name).write_bytes(f"{head}{''.join(events)}END:VCALENDAR\r\n".encode())
    return Path(name)


def days(*lines: str) -> list[str]:
    """Return the days of a file with one event."""
    return list(map(str, ics.days(write(event(*lines)))))


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        ics.days(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART;VALUE=DATE:20261224"], ["2026-12-24"]),
        (["DTSTART:20261224T090000Z"], ["2026-12-24"]),
        (
            ["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"],
            ["2026-12-24", "2026-12-25", "2026-12-26"],
        ),
        (
            ["DTSTART;VALUE=DATE:20261224", "DURATION:P3D"],
            ["2026-12-24", "2026-12-25", "2026-12-26"],
        ),
        (
            ["DTSTART:20261224T200000", "DTEND:20261226T060000"],
            ["2026-12-24", "2026-12-25", "2026-12-26"],
        ),
        (["DTSTART:20261224T200000", "DTEND:20261225T000000"], ["2026-12-24"]),
        (["SUMMARY:no day"], []),
        (["DTSTART;VALUE=DATE:20261224", "STATUS:CANCELLED"], []),
    ],
)
def test_an_event_covers_its_days(lines: list[str], expected: list[str]) -> None:
    """Source: RFC 5545, section 3.6.1: the end is not included, a duration may stand for it."""
    actual = days(*lines)

    assert expected == actual


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (["RRULE:FREQ=YEARLY;COUNT=2"], ["2026-12-24", "2027-12-24"]),
        (["RRULE:FREQ=YEARLY;UNTIL=20271224T000000Z"], ["2026-12-24", "2027-12-24"]),
        (["RRULE:FREQ=YEARLY;COUNT=3", "EXDATE;VALUE=DATE:20271224"], ["2026-12-24", "2028-12-24"]),
        (["RDATE;VALUE=DATE:20261231"], ["2026-12-24", "2026-12-31"]),
    ],
)
def test_an_event_that_repeats_covers_each_repetition(rule: list[str], expected: list[str]) -> None:
    """Source: RFC 5545, sections 3.8.5.1 to 3.8.5.3; DTSTART always counts."""
    actual = days("DTSTART;VALUE=DATE:20261224", *rule)

    assert expected == actual


def test_an_event_that_repeats_for_ever_is_spelled_out_up_to_2099() -> None:
    expected = (74, date(2099, 12, 24))

    found = ics.days(write(event("DTSTART;VALUE=DATE:20261224", "RRULE:FREQ=YEARLY")))
    actual = (len(found), found[-1])

    assert expected == actual


def test_each_day_comes_once_and_in_order() -> None:
    later, earlier = (f"DTSTART;VALUE=DATE:202612{day}" for day in (31, 24))
    expected = [date(2026, 12, 24), date(2026, 12, 31)]

    actual = ics.days(write(event(later), event(earlier), event(later)))

    assert expected == actual


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["RRULE:FREQ=FOO"], "an unknown frequency"),
        (["DTEND;VALUE=DATE:2026"], "an end that is no date"),
    ],
)
def test_an_event_that_cannot_be_read_is_an_error_of_the_file(lines: list[str], wrong: str) -> None:
    expected = "days.ics is no iCalendar file"

    actual = refused(write(event("DTSTART;VALUE=DATE:20261224", *lines)))

    assert (wrong, expected) == (wrong, actual[: len(expected)])


@pytest.mark.timeout(5)
def test_an_event_of_each_second_is_read_or_refused_in_time() -> None:
    """Somebody else wrote the file: it must not make `sched run` hang."""
    path = write(event("DTSTART;VALUE=DATE:20261224", "RRULE:FREQ=SECONDLY"))

    try:
        found = ics.days(path)
    except ConfigError:
        return

    assert date(2099, 12, 31) == found[-1]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("gone.ics", None, "gone.ics cannot be read: no such file or directory"),
        (".", None, ". cannot be read: is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, data: None, expected: str) -> None:
    assert data is None

    actual = refused(Path(name))

    assert expected == actual


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xfe\x00", b"BEGIN:VCALENDAR\r\n"])
def test_what_is_no_icalendar_file_is_refused(data: bytes) -> None:
    Path("days.ics").write_bytes(data)
    expected = "days.ics is no iCalendar file: "

    actual = refused(Path("days.ics"))[: len(expected)]

    assert expected == actual


def test_the_days_of_a_file_are_closed_beside_those_that_are_listed() -> None:
    write(event("DTSTART;VALUE=DATE:20261224"))
    config = load("""\
        calendars: {office: {file: days.ics, closed: [2026-12-23]}}
        jobs: {a: {command: x, clock: daily at 09:00, filters: business_day office}}
    """)
    expected = {"business_day": {"closed": ["2026-12-23", "2026-12-24"]}}

    actual = config.jobs[0].schedule.dump()["filters"]

    assert [expected] == actual


def test_a_file_that_is_not_there_is_named_with_its_place(directory: Path) -> None:
    message = f"{directory}/gone.ics cannot be read: no such file or directory"
    expected = [(message, 1, 28)]

    found = diagnostics("calendars: {office: {file: gone.ics}}\njobs: {}\n")
    actual = [(one.message, one.line, one.column) for one in found]

    assert expected == actual
