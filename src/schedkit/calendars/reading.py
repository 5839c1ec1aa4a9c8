"""How a calendar is written: by a name, or spelled out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from schedkit.calendars import packages
from schedkit.calendars.calendar import WEEKDAYS, Calendar
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.regex import re
from schedkit.typed import Annotated, Any
from schedkit.values import DEFINITION, Form, shape

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
        """Return the JSON Schema: a name, or a mapping as the definition of a calendar has it."""
        kinds = ["string", "object"]
        return {"type": kinds, "examples": ["DE", "US-CA", "XNYS"], DEFINITION: "calendar"}


CalendarName = Annotated[Calendar, _Calendar()]
_HINT = "name one under calendars:, a country such as DE or DE-BY, or an exchange such as XNYS"
_DATE = {"pattern": r"^\s*\d{4}-\d{1,2}-\d{1,2}\s*$", "examples": ["2026-12-24"]}
_DATES = {**_DATE, "type": ["array", "string", "null"], "items": {"type": "string", **_DATE}}
SCHEMA: dict[str, Any] = {  # of its mapping form
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
        (base.open | frozenset(days["open"])) - frozenset(days["closed"]),
        base.sessions,
        base.first,
        base.last,
    ).measured()


def _base(parts: Mapping[str, object]) -> Calendar:
    if "exchange" in parts:
        return packages.exchange(str(parts["exchange"]))
    if "country" in parts:
        return packages.country(str(parts["country"]), str(parts.get("subdivision") or ""))
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
    days = frozenset(day for text in texts for day in weekday_span(str(text)))
    if len(days) == 7:
        raise ConfigError.of("a weekend of seven days leaves no business day")
    return days


def _by_name(name: str) -> Calendar:
    named = _named.get()
    if name in named:
        return named[name]
    if re.fullmatch(r"[A-Z]{2}(-\w+)?", name):
        country, _, subdivision = name.partition("-")
        return packages.country(country, subdivision)
    if re.fullmatch(r"[A-Z0-9]{4}", name):
        return packages.exchange(name)
    near = did_you_mean(name, named)
    raise ConfigError.of(f"calendar {name!r} is not known", near or _HINT)
