"""How the parts of a schedule are read where a program gives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone

from schedkit import timeline
from schedkit.clocks.clock import ClockChanges
from schedkit.errors import ConfigError, Problem
from schedkit.regex import re
from schedkit.scalars import MOMENT
from schedkit.typed import TYPE_CHECKING, Any
from schedkit.values import shape

if TYPE_CHECKING:
    from schedkit.calendars import Calendar

_OFFSET = re.compile(r"UTC([+-])(\d\d):(\d\d)")  # as a fixed zone of datetime says itself
# What is said when there is a rule for clock changes and no clock to follow it.
DST_NEEDS = (
    "'dst' is for clocks that name times of day",
    "such as cron, hourly, daily, weekly, monthly, yearly",
)
NAMES = (
    "clock", "filters", "adjustments", "timezone", "dst", "start", "end", "calendars", "seed",
)  # fmt: skip


def of_json(text: str) -> dict[str, Any]:
    """
    Return what JSON text says of the parts of a schedule, by their names; none is read yet.

    Raises: ConfigError.
    """
    import json  # only when one was sent

    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError.of(f"this is not JSON: {error}") from None
    if not isinstance(given, dict) or not set(given) <= set(NAMES) or "clock" not in given:
        hint = f"an object with clock and, as needed, {', '.join(NAMES[1:])}"
        raise ConfigError.of("this is not the JSON of a schedule", hint)
    return given


def calendars(raw: Mapping[str, object]) -> dict[str, Calendar]:
    """
    Return the calendars of a mapping by their names.

    Raises: ConfigError, with every problem.
    """
    if not isinstance(raw, Mapping):
        raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs")
    from schedkit.calendars import read_calendar  # most schedules come without one

    named: dict[str, Calendar] = {}
    problems: list[Problem] = []
    for name, written in raw.items():
        try:
            named[name] = read_calendar(written, name)
        except ConfigError as error:
            problems += error.within(name).problems
    if problems:
        raise ConfigError(*problems)
    return named


def clock_changes(raw: ClockChanges | Mapping[str, str] | None) -> ClockChanges:
    """
    Return what clock changes do.

    Raises: ConfigError.
    """
    if raw is None:
        return ClockChanges()
    if isinstance(raw, ClockChanges):
        return raw
    if not isinstance(raw, Mapping):
        raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs")
    return ClockChanges.read(raw)


def zone(timezone: object) -> tzinfo:
    """
    Return a zone: one of the tz database by its name, or a fixed one such as UTC+02:00.

    Raises: ConfigError.
    """
    if isinstance(timezone, str) and (offset := _OFFSET.fullmatch(timezone)):
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return fixed_zone(-length if offset[1] == "-" else length)
    if isinstance(timezone, str):
        return timeline.zone(timezone)
    if isinstance(timezone, tzinfo):
        return timezone
    raise ConfigError.of(f"{timezone!r} is not a zone", "write its name, such as Europe/Berlin")


def moment(raw: object) -> datetime | None:
    """
    Return a wall time, or None for none.

    Raises: ConfigError.
    """
    return None if raw is None else MOMENT.value(raw)


def span_problems(start: datetime | None, end: datetime | None) -> list[Problem]:
    """Return what is wrong with two wall times as the start and the end of a schedule."""
    if start is None or end is None or start <= end:
        return []
    return [Problem("end is before start", path=("end",))]
