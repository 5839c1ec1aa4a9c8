"""What the packages `holidays` and `exchange_calendars` know, as calendars of ours."""

from __future__ import annotations

import warnings
from datetime import UTC, date
from functools import cache

from schedkit.calendars.calendar import Calendar, Session
from schedkit.errors import ConfigError, did_you_mean
from schedkit.regex import re
from schedkit.typed import Any

_HOLIDAY_YEARS = (1970, 2099)  # what a calendar of a country is made for, where it is known
_SESSION_DAYS = ("2000-01-01", "2049-12-31")  # likewise for an exchange


@cache
def country(code: str, subdivision: str) -> Calendar:
    """
    Return the calendar of a country, or of a part of it.

    Raises: ConfigError.
    """
    try:
        import holidays
    except ImportError:
        raise _not_installed("calendars", f"the public holidays of {code}") from None
    name = f"{code}-{subdivision}" if subdivision else code
    supported = holidays.list_supported_countries()
    if code not in supported:
        near = did_you_mean(code, supported)
        raise ConfigError.of(f"calendar {code!r} is not known", near or "no such country")
    if subdivision and subdivision not in supported[code]:
        known = ", ".join(supported[code]) or "it has none"
        raise ConfigError.of(f"calendar {name!r} is not known", f"subdivisions: {known}")
    first, last = _HOLIDAY_YEARS
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = holidays.country_holidays(
            code, subdiv=subdivision or None, years=range(first, last + 1)
        )
    years = [re.search(r"from (\d{4}) to (\d{4})", str(warning.message)) for warning in said]
    first = max([first, found.start_year, *(int(match[1]) for match in years if match)])
    last = min([last, found.end_year, *(int(match[2]) for match in years if match)])
    spelled: dict[str, str] = {"country": code}
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
    ).measured()


@cache
def exchange(mic: str) -> Calendar:
    """
    Return the calendar of an exchange, by its MIC.

    Raises: ConfigError.
    """
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
    # Its weekend has changed over the years for some: what counts is the last few.
    weekend = frozenset(range(7)) - {day.weekday() for day in list(sessions)[-1000:]}
    made = Calendar({"exchange": mic}, mic, weekend, sessions=sessions, first=first, last=last)
    return made.measured()


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
