"""The values that clocks, filters, adjustments and jobs are written with, and how each is read."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schedkit import durations, timeline
from schedkit.durations import Period
from schedkit.errors import ConfigError, did_you_mean
from schedkit.regex import re
from schedkit.typed import Annotated, NamedTuple
from schedkit.values import Listed, Written, sorted_once

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # in the order of date.weekday()
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


# ---- lengths of time

Duration = Annotated[
    timedelta,
    Written(timedelta, durations.duration, durations.text, durations.PATTERN, "1h30m"),
]
Length = Annotated[Period, Written(Period, durations.period, str, durations.PERIOD_PATTERN, "5d")]


# ---- zones

Zone = Annotated[
    ZoneInfo,
    Written(ZoneInfo, timeline.zone, str, r"^[A-Za-z0-9_+\-/]+$", "Europe/Berlin"),
]


# ---- times of day

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_TIME_PATTERN = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"


def wall_time(text: str) -> time:
    """
    Read a time of day: `02:30`, `9:00`, `23:59:30`.

    Raises: ConfigError.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ConfigError.of(f"{text!r} is not a time of day", "write it as 02:30 or 02:30:15")
    hour, minute, second = (int(part or 0) for part in match.groups())
    for number, limit, unit in ((hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second")):
        if number > limit:
            hint = "the day after begins at 00:00" if (hour, minute, second) == (24, 0, 0) else None
            raise ConfigError.of(f"{unit} {number} is outside 0-{limit}", hint)
    return time(hour, minute, second)


def wall_time_text(at: time) -> str:
    """Return a time of day as it is written, seconds only when there are some."""
    return at.isoformat("seconds" if at.second else "minutes")


_WALL_TIME = Written(time, wall_time, wall_time_text, _TIME_PATTERN, "02:30")
WallTimes = Annotated[tuple[time, ...], Listed(_WALL_TIME, sorted_once)]


class TimeRange(NamedTuple):
    """From one time of day to another, both included; it wraps midnight when the end is first."""

    begin: time
    end: time


def time_range(text: str) -> TimeRange:
    """
    Read a span of the day: `09:30-16:00`, `22:00-06:00`.

    Raises: ConfigError.
    """
    begin, dash, end = text.partition("-")
    if not dash:
        raise ConfigError.of(f"{text!r} is not a span of the day", "write it as 22:00-06:00")
    return TimeRange(wall_time(begin), wall_time(end))


def time_range_text(span: TimeRange) -> str:
    """Return a span of the day as it is written."""
    return f"{wall_time_text(span.begin)}-{wall_time_text(span.end)}"


Times = Annotated[
    TimeRange,
    Written(
        TimeRange,
        time_range,
        time_range_text,
        rf"^{_TIME_PATTERN}\s*-\s*{_TIME_PATTERN}$",
        "09:30-16:00",
    ),
]


# ---- days of the week


def weekday(text: str) -> int:
    """
    Read the name of a weekday, short or long; Monday is 0.

    Raises: ConfigError.
    """
    name = text.strip().lower()
    for names in (WEEKDAYS, _LONG):
        if name in names:
            return names.index(name)
    raise ConfigError.of(f"unknown weekday {text.strip()!r}", did_you_mean(name, WEEKDAYS + _LONG))


def weekday_span(text: str) -> tuple[int, ...]:
    """
    Read one weekday or a span of them, which may wrap the week: `mon`, `mon-fri`, `fri-mon`.

    Raises: ConfigError.
    """
    first, dash, last = text.partition("-")
    begin = weekday(first)
    length = (weekday(last) - begin) % 7 + 1 if dash else 1
    return tuple((begin + day) % 7 for day in range(length))


def weekdays_text(days: tuple[int, ...]) -> str:
    """Return weekdays, in order, as they are written: `mon-fri`, `mon,thu`."""
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ",".join(WEEKDAYS[day] for day in days)


_NAMES = r"^\s*[A-Za-z]+(\s*-\s*[A-Za-z]+)?\s*$"  # in any case, which a schema cannot list
_WEEKDAY_SPAN = Written(tuple, weekday_span, weekdays_text, _NAMES, "mon-fri")


class _Weekdays(Listed[tuple[int, ...]]):
    """Weekdays and spans of them, read into single days."""

    def write(self, value: tuple[int, ...]) -> str:
        """Return the days as one text."""
        return weekdays_text(value)


Weekdays = Annotated[
    tuple[int, ...],
    _Weekdays(_WEEKDAY_SPAN, lambda spans: sorted_once(day for span in spans for day in span)),
]


# ---- months

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip


def month(text: str) -> int:
    """
    Read the name or number of a month; January is 1.

    Raises: ConfigError.
    """
    name = text.strip().lower()
    if re.fullmatch(r"\d{1,2}", name, re.ASCII) and 1 <= int(name) <= 12:
        return int(name)
    for names in (MONTHS, _LONG_MONTHS):
        if name in names:
            return names.index(name) + 1
    near = did_you_mean(name, MONTHS + _LONG_MONTHS)
    raise ConfigError.of(f"unknown month {text.strip()!r}", near)


def month_span(text: str) -> tuple[int, ...]:
    """
    Read one month or a span of them, which may wrap the year: `jul`, `nov-feb`.

    Raises: ConfigError.
    """
    first, dash, last = text.partition("-")
    begin = month(first)
    length = (month(last) - begin) % 12 + 1 if dash else 1
    return tuple((begin - 1 + n) % 12 + 1 for n in range(length))


def month_numbers_text(months: tuple[int, ...]) -> str:
    """Return months, in order, as they are written: `jan,jul`."""
    return ",".join(MONTHS[number - 1] for number in months)


class _Months(Listed[tuple[int, ...]]):
    """Months and spans of them, read into single months."""

    def write(self, value: tuple[int, ...]) -> str:
        """Return the months as one text."""
        return month_numbers_text(value)


MonthNumbers = Annotated[
    tuple[int, ...],
    _Months(
        Written(tuple, month_span, str, r"^\s*\w+(\s*-\s*\w+)?\s*$", "nov-feb"),
        lambda spans: sorted_once(number for span in spans for number in span),
    ),
]


# ---- dates

_DATE = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})", re.ASCII)


class MonthDay(NamedTuple):
    """A day of every year, or of the one *year*; a 29 February of every year is in leap years."""

    month: int
    day: int
    year: int | None = None

    def on(self, day: date) -> bool:
        """Return whether *day* is this day."""
        return (day.month, day.day) == (self.month, self.day) and self.year in (None, day.year)


def month_day(text: str) -> MonthDay:
    """
    Read a date, of one year or of every year: `2026-12-25`, `12-25`.

    Raises: ConfigError.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ConfigError.of(
            f"{text.strip()!r} is not a date", "write it as 2026-12-25, or 12-25 for every year"
        )
    year = int(match[1]) if match[1] else None
    month, day = int(match[2]), int(match[3])
    try:
        date(2024 if year is None else year, month, day)  # 2024: a leap year has every day
    except ValueError:
        raise ConfigError.of(f"{text.strip()!r} is no day of the calendar") from None
    return MonthDay(month, day, year)


def month_day_text(day: MonthDay) -> str:
    """Return a date as it is written."""
    year = "" if day.year is None else f"{day.year:04}-"
    return f"{year}{day.month:02}-{day.day:02}"


_DAY_PATTERN = r"(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])"
_DATE_PATTERN = rf"(\d{{4}}-)?{_DAY_PATTERN}"
DATES_PATTERN = rf"^\s*{_DATE_PATTERN}(\s*,\s*{_DATE_PATTERN})*\s*$"
_MONTH_DAY = Written(MonthDay, month_day, month_day_text, rf"^{_DATE_PATTERN}$", "12-25")
MonthDays = Annotated[tuple[MonthDay, ...], Listed(_MONTH_DAY)]


class DateRange(NamedTuple):
    """From one day to another, both included: of every year, when neither has a year."""

    begin: MonthDay
    end: MonthDay


def date_range(text: str) -> DateRange:
    """
    Read a span of days: `12-24..01-02` of every year, `2026-12-24..2027-01-02` once.

    Raises: ConfigError.
    """
    first, dots, last = text.partition("..")
    if not dots:
        hint = "write it as 12-24..01-02 or 2026-12-24..2027-01-02"
        raise ConfigError.of(f"{text!r} is not a span of days", hint)
    begin, end = month_day(first), month_day(last)
    if (begin.year is None) != (end.year is None):
        raise ConfigError.of(f"{text!r} has one year", "write the year on both sides, or on none")
    if begin.year is not None and (begin.year, begin[:2]) > (end.year, end[:2]):
        raise ConfigError.of(f"{text!r} ends before it begins")
    return DateRange(begin, end)


def date_range_text(span: DateRange) -> str:
    """Return a span of days as it is written."""
    return f"{month_day_text(span.begin)}..{month_day_text(span.end)}"


Dates = Annotated[
    DateRange,
    Written(
        DateRange,
        date_range,
        date_range_text,
        rf"^{_DATE_PATTERN}\s*\.\.\s*{_DATE_PATTERN}$",
        "12-24..01-02",
    ),
]


# ---- moments

_MOMENT = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})[T ]+(\d{1,2}:\d{2}(?::\d{2})?)(.*)", re.ASCII)


def moment(text: str) -> datetime:
    """
    Read a wall time, which is of the job's zone: `2026-12-24 18:00`, `2026-12-24T18:00:30`.

    Raises: ConfigError.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ConfigError.of(f"{text!r} is not a date and time", "write it as 2026-12-24 18:00")
    if match[3].startswith("."):
        raise ConfigError.of(f"{text!r} has less than a second", "write whole seconds")
    if match[3]:
        hint = "leave it out: the time is of the job's timezone"
        raise ConfigError.of(f"{text!r} names an offset", hint)
    day = month_day(match[1])
    assert day.year is not None
    return datetime.combine(date(day.year, day.month, day.day), wall_time(match[2]))


def moment_text(wall: datetime) -> str:
    """Return a wall time as it is written."""
    return f"{wall.date().isoformat()} {wall_time_text(wall.time())}"


class _Moment(Written[datetime]):
    """A wall time; one with an offset, or with less than a second, is refused."""

    def value(self, raw: object) -> datetime:
        """Return the wall time that *raw* says."""
        return super().value(raw.isoformat(" ") if isinstance(raw, datetime) else raw)


MOMENT = _Moment(
    datetime,
    moment,
    moment_text,
    rf"^\d{{4}}-{_DAY_PATTERN}[T ]+{_TIME_PATTERN}$",
    "2026-12-24 18:00",
)
Moment = Annotated[datetime, MOMENT]
Moments = Annotated[tuple[datetime, ...], Listed(MOMENT, sorted_once)]
