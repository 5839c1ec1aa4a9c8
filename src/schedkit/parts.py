"""How the parts of a schedule are read where a program gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone

from schedkit import timeline
from schedkit.adjustments import ADJUSTMENTS, Adjustment
from schedkit.clocks import CLOCKS, Clock
from schedkit.clocks.clock import ClockChanges
from schedkit.errors import ConfigError, Problem
from schedkit.filters import FILTERS, Filter
from schedkit.regex import re
from schedkit.scalars import MOMENT, moment_text
from schedkit.typed import TYPE_CHECKING, Any
from schedkit.values import shape
from schedkit.vocabulary import Many

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


def read(
    clock: object,
    filters: object,
    adjustments: object,
    timezone: object,
    *,
    dst: ClockChanges | Mapping[str, str] | None,
    start: object,
    end: object,
    calendars: Mapping[str, object] | None,
    seed: object,
) -> dict[str, Any]:
    """
    Return the parts of a schedule that are given as its constructor takes them.

    Raises: ConfigError, with every problem.
    """
    from schedkit.calendars import known

    problems: list[Problem] = []

    def part(name: str, read: Callable[[Any], Any], raw: object) -> Any:
        try:
            return read(raw)
        except ConfigError as error:
            problems.extend(error.within(name).problems)
            return None

    named = part("calendars", _calendars, calendars or {})
    with known(named or {}):
        clocks = part("clock", Many(CLOCKS, at_least=1).value, clock) or ()
        rest = {
            "filters": part("filters", Many(FILTERS).value, filters),
            "adjustments": part("adjustments", Many(ADJUSTMENTS).value, adjustments),
            "timezone": part("timezone", zone, timezone),
            "dst": part("dst", clock_changes, dst),
            "start": part("start", moment, start),
            "end": part("end", moment, end),
        }
    problems += span_problems(rest["start"], rest["end"])
    if not isinstance(seed, str):
        problems.append(Problem(f"{shape(seed)} stands where a text belongs", path=("seed",)))
    named_times = any(clock.NAMES_TIMES for clock in clocks)
    if not problems and rest["dst"] != ClockChanges() and not named_times:
        problems.append(Problem(*DST_NEEDS, ("dst",)))
    if problems:
        raise ConfigError(*problems)
    if seed:
        clocks = tuple(clock.seeded(seed) for clock in clocks)
    return {"clocks": tuple(clock.with_dst(rest["dst"]) for clock in clocks), **rest}


def written(
    *,
    clocks: tuple[Clock, ...],
    filters: tuple[Filter, ...],
    adjustments: tuple[Adjustment, ...],
    timezone: tzinfo,
    dst: ClockChanges,
    start: datetime | None,
    end: datetime | None,
) -> dict[str, Any]:
    """Return the parts of a schedule as plain JSON data, which its constructor takes."""
    dumped: dict[str, Any] = {"clock": Many(CLOCKS).write(clocks)}
    if filters:
        dumped["filters"] = Many(FILTERS).write(filters)
    if adjustments:
        dumped["adjustments"] = Many(ADJUSTMENTS).write(adjustments)
    dumped["timezone"] = str(timezone)
    if dst != ClockChanges():
        dumped["dst"] = {name: rule for name, rule in dst._asdict().items() if rule is not None}
    for name, bound in (("start", start), ("end", end)):
        if bound is not None:
            dumped[name] = moment_text(bound)
    return dumped


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


def _calendars(raw: Mapping[str, object]) -> dict[str, Calendar]:
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
