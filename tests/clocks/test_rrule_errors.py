"""Why a recurrence rule is refused, and where: rule 15."""

from __future__ import annotations

import pytest

from asking import problems
from schedkit import ConfigError, values
from schedkit.clocks.rrule import Rrule
from schedkit.errors import Problem

NUMBERED = "write the weekday without a number, or FREQ=MONTHLY"
WEEKDAY = "write MO, or 1MO for the first, -1MO the last"
UNTIL = "write it as 20261224, 20261224T180000 or, in UTC, 20261224T180000Z"
MOMENT = "write it as 2026-12-24 18:00"
KNOWN = "YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY"


def refused(rule: object, dtstart: object = "2026-01-01 09:00") -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        values.read(Rrule, {"rule": rule, "dtstart": dtstart})
    return list(caught.value.problems)


def found(rule: str) -> list[tuple[str, str | None, str]]:
    """Return message, hint and the text that each problem points at."""
    seen = refused(rule)
    assert {("rule",)} == {problem.path for problem in seen}
    return [(p.message, p.hint, rule[slice(*(p.span or (0, None)))]) for p in seen]


# ---- parts


@pytest.mark.parametrize(
    ("rule", "message", "hint", "at"),
    [
        ("INTERVAL=2", "FREQ is missing", "such as: FREQ=WEEKLY;BYDAY=MO", "INTERVAL=2"),
        ("FREQ=WEEKLEY", "unknown FREQ 'WEEKLEY'", "did you mean 'WEEKLY'?", "WEEKLEY"),
        ("FREQ=X", "unknown FREQ 'X'", f"known are: {KNOWN}", "X"),
        (
            "FREQ=DAILY;INTERVALL=2",
            "unknown part 'INTERVALL'",
            "did you mean 'INTERVAL'?",
            "INTERVALL",
        ),
        (
            "FREQ=YEARLY;BYEASTER=0",
            "unknown part 'BYEASTER'",
            "it is dateutil's own, not of RFC 5545",
            "BYEASTER",
        ),
        ("FREQ=DAILY;COUNT=2;COUNT=3", "COUNT stands twice", "remove one of the two", "COUNT"),
        ("FREQ=DAILY;;COUNT=2", "a part is empty", "remove a semicolon", ";"),
        ("FREQ=DAILY; COUNT=2", "a space stands inside the rule", "write it without spaces", " "),
        (
            "FREQ=DAILY;WKST=1MO",
            "unknown weekday '1MO'",
            "one of: MO, TU, WE, TH, FR, SA, SU",
            "1MO",
        ),
        (
            "DTSTART;TZID=Mars/Olympus:20260101T090000",
            "DTSTART is not a part of a rule",
            "write it beside the rule: dtstart: 2026-01-30 09:00, and the zone as timezone",
            "DTSTART",
        ),
        (
            "EXDATE:20260101T090000",
            "EXDATE is not a part of a rule",
            "further times are further clocks, days left out are a filter",
            "EXDATE",
        ),
    ],
)
def test_what_is_no_part_is_refused(rule: str, message: str, hint: str, at: str) -> None:
    assert [(message, hint, at)] == found(rule)


@pytest.mark.parametrize("rule", ["", "RRULE:"])
def test_a_rule_of_nothing_is_refused(rule: str) -> None:
    assert [("FREQ is missing", "such as: FREQ=WEEKLY;BYDAY=MO", rule)] == found(rule)


@pytest.mark.parametrize("rule", ["FREQ", "FREQ=", "freq="])
def test_a_part_without_a_value_is_refused(rule: str) -> None:
    assert [("FREQ has no value", None, rule[:4])] == found(rule)


# ---- values


@pytest.mark.parametrize(
    ("part", "message", "hint", "at"),
    [
        ("INTERVAL=0", "INTERVAL 0 is outside 1-999999999", None, "0"),
        ("INTERVAL=-1", "INTERVAL -1 is outside 1-999999999", None, "-1"),
        ("INTERVAL=two", "INTERVAL 'two' is not a whole number", None, "two"),
        ("COUNT=0", "COUNT 0 is outside 1-999999999", None, "0"),
        ("COUNT=9999999999", "COUNT 9999999999 is outside 1-999999999", None, "9999999999"),
        ("BYMONTHDAY=1,0", "BYMONTHDAY 0 is outside 1-31 and -1 to -31", None, "0"),
        ("BYMONTHDAY=32", "BYMONTHDAY 32 is outside 1-31 and -1 to -31", None, "32"),
        ("BYYEARDAY=-367", "BYYEARDAY -367 is outside 1-366 and -1 to -366", None, "-367"),
        ("BYWEEKNO=54", "BYWEEKNO 54 is outside 1-53 and -1 to -53", None, "54"),
        ("BYMONTH=13", "BYMONTH 13 is outside 1-12", None, "13"),
        ("BYMONTH=-1", "BYMONTH '-1' is not a number", "such as: BYMONTH=1,2", "-1"),
        ("BYMONTH=JAN", "BYMONTH 'JAN' is not a number", "such as: BYMONTH=1,2", "JAN"),
        ("BYHOUR=24", "BYHOUR 24 is outside 0-23", None, "24"),
        ("BYMINUTE=60", "BYMINUTE 60 is outside 0-59", None, "60"),
        (
            "BYSECOND=60",
            "BYSECOND 60 is outside 0-59",
            "a leap second is never shown: write 59",
            "60",
        ),
        ("BYHOUR=9,,10", "BYHOUR has an empty entry", "remove a comma", ","),
        ("BYHOUR=", "BYHOUR has no value", None, "BYHOUR"),
        ("BYSETPOS=0;BYDAY=MO", "BYSETPOS 0 is outside 1-366 and -1 to -366", None, "0"),
        ("BYDAY=MON", "unknown weekday 'MON'", "did you mean 'MO'?", "MON"),
        ("BYDAY=MO,first", "unknown weekday 'first'", WEEKDAY, "first"),
        ("BYDAY=54MO", "BYDAY 54MO is outside 1-53 and -1 to -53", None, "54MO"),
        ("BYDAY=0MO", "BYDAY 0MO is outside 1-53 and -1 to -53", None, "0MO"),
        ("UNTIL=tomorrow", "UNTIL 'tomorrow' is not a date or a date and time", UNTIL, "tomorrow"),
        ("UNTIL=20260230", "UNTIL '20260230' is no time of the calendar", None, "20260230"),
    ],
)
def test_a_value_that_there_is_not_is_refused(
    part: str, message: str, hint: str | None, at: str
) -> None:
    assert [(message, hint, at)] == found(f"FREQ=YEARLY;{part}")


# ---- what does not go together


@pytest.mark.parametrize(
    ("rule", "message", "hint", "at"),
    [
        (
            "FREQ=DAILY;UNTIL=20270101T000000Z;COUNT=3",
            "UNTIL stands beside COUNT",
            "a rule ends in one way: remove one of the two",
            "20270101T000000Z",
        ),
        (
            "FREQ=WEEKLY;BYDAY=1MO",
            "a numbered weekday does not go with FREQ=WEEKLY",
            NUMBERED,
            "1MO",
        ),
        (
            "FREQ=DAILY;BYDAY=-1MO",
            "a numbered weekday does not go with FREQ=DAILY",
            NUMBERED,
            "-1MO",
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO",
            "a numbered weekday does not go with BYWEEKNO",
            "a week has each weekday once: write it without a number",
            "1MO",
        ),
        ("FREQ=MONTHLY;BYDAY=6MO", "a month has at most five of a weekday", None, "6MO"),
        ("FREQ=YEARLY;BYDAY=6MO;BYMONTH=1", "a month has at most five of a weekday", None, "6MO"),
        (
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "BYMONTHDAY does not go with FREQ=WEEKLY",
            "it goes with FREQ=YEARLY, MONTHLY, DAILY, HOURLY, MINUTELY, SECONDLY",
            "1",
        ),
        (
            "FREQ=DAILY;BYYEARDAY=1",
            "BYYEARDAY does not go with FREQ=DAILY",
            "it goes with FREQ=YEARLY, HOURLY, MINUTELY, SECONDLY",
            "1",
        ),
        (
            "FREQ=MONTHLY;BYWEEKNO=1",
            "BYWEEKNO does not go with FREQ=MONTHLY",
            "it goes with FREQ=YEARLY",
            "1",
        ),
        (
            "FREQ=MONTHLY;BYSETPOS=1",
            "BYSETPOS has nothing to choose from",
            "it needs another part, such as BYDAY=MO,TU,WE,TH,FR",
            "1",
        ),
    ],
)
def test_parts_that_exclude_each_other_are_refused(
    rule: str, message: str, hint: str | None, at: str
) -> None:
    assert [(message, hint, at)] == found(rule)


def test_every_problem_of_a_rule_is_reported_in_its_order() -> None:
    expected = ["0", "1MO", "BYYDAY", "60"]

    actual = found("RRULE:FREQ=WEEKLY;INTERVAL=0;BYDAY=1MO;BYYDAY=3;BYSECOND=60")

    assert expected == [at for _, _, at in actual]


def test_a_wrong_start_is_reported_beside_a_wrong_rule() -> None:
    expected = {("rule",), ("dtstart",)}

    actual = {problem.path for problem in refused("FREQ=NEVER", "noon")}

    assert expected == actual


# ---- where it begins


@pytest.mark.parametrize(
    ("dtstart", "message", "hint"),
    [
        ("noon", "'noon' is not a date and time", MOMENT),
        ("2026-01-30", "'2026-01-30' is not a date and time", MOMENT),
        (
            "TZID=Mars/Olympus:20260130T090000",
            "'TZID=Mars/Olympus:20260130T090000' is not a date and time",
            MOMENT,
        ),
        (
            "20260130T090000Z",
            "'2026-01-30 09:00:00Z' names an offset",
            "leave it out: the time is of the job's timezone",
        ),
    ],
)
def test_a_start_that_is_no_wall_time_is_refused(dtstart: str, message: str, hint: str) -> None:
    actual = [(p.message, p.hint, p.path) for p in refused("FREQ=DAILY", dtstart)]

    assert [(message, hint, ("dtstart",))] == actual


def test_a_rule_without_a_start_is_refused() -> None:
    expected = [Problem("'dtstart' is missing")]

    with pytest.raises(ConfigError) as caught:
        values.read(Rrule, {"rule": "FREQ=DAILY"})

    assert expected == list(caught.value.problems)


def test_a_zone_that_there_is_not_is_refused() -> None:
    clock = values.read(Rrule, {"rule": "FREQ=DAILY", "dtstart": "2026-01-01 09:00"})
    expected = [Problem("unknown zone 'Mars/Olympus'", None, ("timezone",))]

    actual = problems(clock, timezone="Mars/Olympus")

    assert expected == actual
