"""
Calendars: business days, public holidays, sessions of an exchange.

A calendar is made once, when it is read, of what the packages `holidays` and
`exchange_calendars` know, and is plain data from then on: it can be sent and asked anywhere.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Any

from schedkit.errors import ConfigError, Problem, SchedError, did_you_mean
from schedkit.values import Form, shape

_DAY = timedelta(days=1)
_WEEKEND = frozenset((5, 6))
_HOLIDAY_YEARS = (1970, 2099)  # what a calendar of a country is made for, where it is known
_SESSION_DAYS = ("2000-01-01", "2049-12-31")  # likewise for an exchange


class CalendarEndsError(SchedError):
    """A calendar was asked beyond what it knows: what comes then is not guessed."""

    def __init__(self, name: str, day: date, *, begins: bool = False) -> None:
        verb = "begins" if begins else "ends"
        super().__init__(f"calendar {name} {verb} on {day}")
        self.name = name
        self.day = day


@dataclass(frozen=True, slots=True)
class Session:
    """A trading day of an exchange: when it opens and closes (UTC)."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """
    Which days are business days, and why others are not.

    *written* is what it was read from and says it again. *closed* holds the days that are no
    business days although no weekend, with their names; *open* those that are in spite of all.
    *sessions* holds, for an exchange, its trading days, which are its business days. It knows
    the days from *first* to *last*, where it has an end.
    """

    written: Any
    name: str
    weekend: frozenset[int] = _WEEKEND
    closed: Mapping[date, str] = field(default_factory=dict, repr=False)
    open: frozenset[date] = frozenset()
    sessions: Mapping[date, Session] | None = field(default=None, repr=False)
    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.written == other.written

    def __hash__(self) -> int:
        return hash(repr(self.written))

    def is_business_day(self, day: date) -> bool:
        """
        Return whether *day* is one: no weekend, no holiday; for an exchange, a trading day.

        Raises: CalendarEndsError.
        """
        self.check(day)
        if day in self.open:
            return True
        if day in self.closed:
            return False
        return day in self.sessions if self.sessions is not None else not self.is_weekend(day)

    def is_weekend(self, day: date) -> bool:
        """Return whether *day* is of the calendar's weekend."""
        return day.weekday() in self.weekend

    def holiday(self, day: date) -> str | None:
        """
        Return the name of the holiday on *day*, None when there is none.

        Raises: CalendarEndsError.
        """
        self.check(day)
        if day in self.open:
            return None
        name = self.closed.get(day)
        if name is None and self.sessions is not None and day not in self.sessions:
            return None if self.is_weekend(day) else f"{self.name} is closed"
        return name

    def why_closed(self, day: date) -> str | None:
        """Return why *day* is no business day, None when it is one."""
        if self.is_business_day(day):
            return None
        return self.holiday(day) or ("weekend" if self.is_weekend(day) else "closed")

    def check(self, day: date) -> None:
        """
        Do nothing when the calendar knows *day*.

        Raises: CalendarEndsError.
        """
        if self.last is not None and day > self.last:
            raise CalendarEndsError(self.name, self.last)
        if self.first is not None and day < self.first:
            raise CalendarEndsError(self.name, self.first, begins=True)

    def roll(self, day: date, step: int) -> date:
        """
        Return the nearest business day from *day* on, or for a *step* of -1 back.

        Raises: CalendarEndsError.
        """
        while not self.is_business_day(day):
            day += step * _DAY
        return day


WEEKDAYS = Calendar(None, "Monday to Friday")  # what is meant where no calendar is named


def need_exchange(calendar: Calendar) -> None:
    """
    Do nothing when *calendar* is one of an exchange.

    Raises: ConfigError.
    """
    if calendar.sessions is None:
        hint = "name one such as XNYS, or write under calendars: {exchange: XNYS}"
        raise ConfigError.of(f"calendar {calendar} is of no exchange", hint).within("calendar")


# ---- reading

_named: ContextVar[Mapping[str, Calendar]] = ContextVar("named", default={})  # noqa: B039  # never changed


@contextmanager
def known(calendars: Mapping[str, Calendar]) -> Iterator[None]:
    """Let words that are read within name these calendars, as those of a file do."""
    token = _named.set({**_named.get(), **calendars})
    try:
        yield
    finally:
        _named.reset(token)


_KEYS = ("country", "subdivision", "exchange", "weekend", "closed", "open")


class _Calendar(Form):
    """A calendar: a name under `calendars:`, a country, an exchange, or the mapping of one."""

    def value(self, raw: object) -> Calendar:
        """Return the calendar that *raw* names or spells out."""
        return read_calendar(raw)

    def write(self, value: Calendar) -> Any:
        """Return what the calendar was read from, spelled out."""
        return value.written

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [{"type": "string", "examples": ["DE", "US-CA", "XNYS"]}, SCHEMA]}


CalendarName = Annotated[Calendar, _Calendar()]
_HINT = "name one under calendars:, a country such as DE or DE-BY, or an exchange such as XNYS"
_DATES = {"type": "array", "items": {"type": "string", "pattern": r"^\d{4}-\d{1,2}-\d{1,2}$"}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "country": {"type": "string", "description": "Whose public holidays: DE, US."},
        "subdivision": {"type": "string", "description": "A part of the country: BY, CA."},
        "exchange": {"type": "string", "description": "Whose trading days: XNYS, XLON."},
        "weekend": {"type": ["string", "array"], "description": "Its weekend, if another."},
        "closed": {**_DATES, "description": "Days that are no business days all the same."},
        "open": {**_DATES, "description": "Days that are business days all the same."},
        "file": {"type": "string", "description": "An iCalendar file of days that are closed."},
    },
    "additionalProperties": False,
}


def read_calendar(raw: object, name: str | None = None) -> Calendar:
    """
    Return the calendar that *raw* names or spells out, called *name* if that is given.

    A mapping has country and subdivision, or exchange; and weekend, closed, open, as needed.

    Raises: ConfigError, with every problem.
    """
    if isinstance(raw, Calendar):
        return raw
    if isinstance(raw, str):
        return _by_name(raw.strip())
    if isinstance(raw, Mapping):
        return _spelled_out(raw, name)
    raise ConfigError.of(f"{shape(raw)} stands where a calendar belongs", _HINT)


def _spelled_out(raw: Mapping[Any, object], name: str | None) -> Calendar:
    problems = [
        Problem(f"unknown key {key!r}", did_you_mean(str(key), _KEYS), (key,), on_key=True)
        for key in raw
        if key not in _KEYS
    ]
    parts = {key: raw[key] for key in ("country", "subdivision", "exchange") if key in raw}
    problems += [
        Problem(f"{shape(value)} stands where a text belongs", path=(key,))
        for key, value in parts.items()
        if not isinstance(value, str)
    ]
    if "country" in raw and "exchange" in raw:
        problems.append(Problem("a country and an exchange are two calendars", path=("exchange",)))
    if "subdivision" in raw and "country" not in raw:
        problems.append(Problem("a subdivision needs its country", path=("subdivision",)))
    days: dict[str, dict[date, str]] = {}
    for key in ("closed", "open"):
        try:
            days[key] = _days(raw.get(key))
        except ConfigError as error:
            problems += error.within(key).problems
    try:
        weekend = _weekend(raw.get("weekend"))
    except ConfigError as error:
        problems += error.within("weekend").problems
    if problems:
        raise ConfigError(*problems)
    try:
        base = _base(parts)
    except ConfigError as error:
        place = "exchange" if "exchange" in parts else "country"
        raise error.within(place) from None
    written = {key: value for key, value in raw.items() if value is not None}
    return Calendar(
        written,
        name or base.name,
        weekend if weekend is not None else base.weekend,
        {**base.closed, **days["closed"]},
        base.open | frozenset(days["open"]),
        base.sessions,
        base.first,
        base.last,
    )


def _base(parts: Mapping[str, object]) -> Calendar:
    if "exchange" in parts:
        return _exchange(str(parts["exchange"]))
    if "country" in parts:
        return _country(str(parts["country"]), str(parts.get("subdivision") or ""))
    return WEEKDAYS


def _days(raw: object) -> dict[date, str]:
    from schedkit.scalars import MonthDay, month_day

    if raw is None:
        return {}
    entries = raw if isinstance(raw, (list, tuple)) else [raw]
    found: dict[date, str] = {}
    problems: list[Problem] = []
    for position, entry in enumerate(entries):
        try:
            day = entry if isinstance(entry, MonthDay) else month_day(str(entry))
            if day.year is None:
                raise ConfigError.of(f"{entry!r} has no year", "write it as 2026-12-24")
            found[date(day.year, day.month, day.day)] = "closed"
        except ConfigError as error:
            problems += error.within(position).problems
    if problems:
        raise ConfigError(*problems)
    return found


def _weekend(raw: object) -> frozenset[int] | None:
    if raw is None:
        return None
    from schedkit.scalars import weekday_span

    texts = raw if isinstance(raw, (list, tuple)) else str(raw).split(",")
    return frozenset(day for text in texts for day in weekday_span(str(text)))


def _by_name(name: str) -> Calendar:
    named = _named.get()
    if name in named:
        return named[name]
    if re.fullmatch(r"[A-Z]{2}(-\w+)?", name):
        country, _, subdivision = name.partition("-")
        return _country(country, subdivision)
    if re.fullmatch(r"[A-Z0-9]{4}", name):
        return _exchange(name)
    near = did_you_mean(name, named)
    raise ConfigError.of(f"calendar {name!r} is not known", near or _HINT)


@cache
def _country(country: str, subdivision: str) -> Calendar:
    try:
        import holidays
    except ImportError:
        raise _not_installed("calendars", f"the public holidays of {country}") from None
    name = f"{country}-{subdivision}" if subdivision else country
    supported = holidays.list_supported_countries()
    if country not in supported:
        near = did_you_mean(country, supported)
        raise ConfigError.of(f"calendar {country!r} is not known", near or "no such country")
    if subdivision and subdivision not in supported[country]:
        known = ", ".join(supported[country]) or "it has none"
        raise ConfigError.of(f"calendar {name!r} is not known", f"subdivisions: {known}")
    first, last = _HOLIDAY_YEARS
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = holidays.country_holidays(
            country, subdiv=subdivision or None, years=range(first, last + 1)
        )
    years = [re.search(r"from (\d{4}) to (\d{4})", str(warning.message)) for warning in said]
    first = max([first, found.start_year, *(int(match[1]) for match in years if match)])
    last = min([last, found.end_year, *(int(match[2]) for match in years if match)])
    spelled: dict[str, str] = {"country": country}
    if subdivision:
        spelled["subdivision"] = subdivision
    return Calendar(
        spelled,
        name,
        frozenset(found.weekend),
        {day: str(title) for day, title in sorted(found.items())},
        frozenset(day for day in found.weekend_workdays),
        first=date(first, 1, 1),
        last=date(last, 12, 31),
    )


@cache
def _exchange(mic: str) -> Calendar:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are for the authors of that package
        return _made_exchange(mic)


def _made_exchange(mic: str) -> Calendar:
    try:
        import exchange_calendars
    except ImportError:
        raise _not_installed("markets", f"the trading days of {mic}") from None
    names = exchange_calendars.get_calendar_names(include_aliases=True)
    if mic not in names:
        near = did_you_mean(mic, names)
        raise ConfigError.of(f"calendar {mic!r} is not known", near or "no such exchange")
    try:
        schedule = _widest(exchange_calendars, mic).schedule
    except (NotImplementedError, ValueError) as error:
        message = f"calendar {mic!r} cannot be made by exchange_calendars: {error}"
        raise ConfigError.of(message[:200], "another version of that package may") from error
    rows = zip(schedule.index, schedule["open"], schedule["close"], strict=True)
    sessions = {
        day.date(): Session(
            opens.to_pydatetime().astimezone(UTC), closes.to_pydatetime().astimezone(UTC)
        )
        for day, opens, closes in rows
    }
    first, last = min(sessions), max(sessions)
    return Calendar({"exchange": mic}, mic, sessions=sessions, first=first, last=last)


def _widest(package: Any, mic: str) -> Any:
    """Return an exchange's calendar over as many years as the package has it."""
    begin, end = _SESSION_DAYS
    kind = package.calendar_utils.global_calendar_dispatcher._calendar_factories[  # noqa: SLF001  # no public way to ask for the bounds before making one
        package.resolve_alias(mic)
    ]
    earliest, latest = kind.bound_min(), kind.bound_max()
    begin = max(begin, str(earliest.date())) if earliest is not None else begin
    end = min(end, str(latest.date())) if latest is not None else end
    for years in ({"start": begin, "end": end}, {"end": end}):
        try:
            return package.get_calendar(mic, **years)
        except (NotImplementedError, ValueError):  # some have no data of their bounds
            continue
    return package.get_calendar(mic)


def _not_installed(extra: str, what: str) -> ConfigError:
    hint = f"pip install 'schedkit[{extra}]'"
    return ConfigError.of(f"{what} are in a package that is not installed", hint)
