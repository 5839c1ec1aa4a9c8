"""
The schedules of CronJobs, as Kubernetes reads them, and the clocks of ours that fire as they do.

Source: the package robfig/cron v3, which Kubernetes uses: its documentation, parser.go and
spec.go. There a step takes the star away: in `0 0 */2 * 1` either day field may match.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from schedkit.clocks.clock import ClockChanges
from schedkit.clocks.cron import Cron
from schedkit.errors import ConfigError
from schedkit.interchange import cron_fields
from schedkit.interchange.cron_fields import Fields
from schedkit.scalars import MONTHS

CHANGES = ClockChanges("skip", "both")  # its times follow the clock on the wall
_ALIASES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ZONE = re.compile(r"(?:CRON_)?TZ=(\S*)\s+(.*)", re.DOTALL)
_EVERY = re.compile(r"((?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+")
_LENGTHS = {
    "h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("1e-3"),
    "us": Decimal("1e-6"), "µs": Decimal("1e-6"), "ns": Decimal("1e-9"),
}  # fmt: skip


class When(NamedTuple):
    """The clock of a schedule as it is written in a file, and the zone that the schedule names."""

    clock: str
    zone: str | None = None
    is_interval: bool = False


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()  # the first stands for *low*


_FIELDS = (
    _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day of month", 1, 31),
    _Field("month", 1, 12, MONTHS), _Field("weekday", 0, 6, _WEEKDAYS),
)  # fmt: skip


def schedule(text: str) -> When:
    """
    Read a schedule.

    Raises: ConfigError.
    """
    match = _ZONE.fullmatch(text.strip())
    zone, rest = (match[1], match[2]) if match else (None, text.strip())
    if rest.startswith("@every "):
        return When(f"every {_interval(rest.removeprefix('@every ').strip())}", zone, True)
    if rest in _ALIASES:
        return When(f"cron {rest}", zone)
    return When(f"cron {_expression(rest)}", zone)


def _expression(text: str) -> str:
    """Return the expression with which our cron fires at the times that Kubernetes means."""
    words = text.split()
    if len(words) != 5:
        hint = "minute, hour, day of month, month and weekday"
        raise ConfigError.of(f"{text!r} has {len(words)} fields, and takes 5", hint)
    read = [_read(word, field) for word, field in zip(words, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = (values for values, _ in read)
    by_day: tuple[int, ...] | None = days
    by_weekday: tuple[int, ...] | None = tuple(sorted((day - 1) % 7 for day in weekdays))
    either = not read[2][1] and not read[4][1]
    if either and (len(days) == 31 or len(weekdays) == 7):
        by_day = by_weekday = None
    fields = Fields((0,), minutes, hours, by_day, months, by_weekday)
    expression = cron_fields.expression(fields)
    if either:  # where a star would ask for both
        minute, hour, day, month, weekday = expression.split()
        day = f"1-31{day[1:]}" if day.startswith("*/") else day
        expression = f"{minute} {hour} {day} {month} {weekday}"
    return text if _means(text, expression) else expression


def _means(text: str, expression: str) -> bool:
    """Return whether our cron takes *text* for what *expression* says."""
    meant = Cron(expression).recurrence
    try:
        taken = Cron(text).recurrence
    except ConfigError:
        return False
    return (taken.days, taken.times) == (meant.days, meant.times)


def _read(text: str, field: _Field) -> tuple[tuple[int, ...], bool]:
    """Return the values of a field, and whether it has a star that counts."""
    values: set[int] = set()
    starred = False
    for item in text.split(","):
        span, slash, step_text = item.partition("/")
        step = _number(step_text, field, "step") if slash else 1
        if not step:
            raise ConfigError.of("a step of 0 goes nowhere")
        if span in ("*", "?"):
            starred = starred or step == 1
            first, last = field.low, field.high
        else:
            begin, dash, end = span.partition("-")
            first = _number(begin, field)
            last = _number(end, field) if dash else field.high if slash else first
        if first < field.low or last > field.high:
            message = f"{field.name} {item!r} is outside {field.low}-{field.high}"
            raise ConfigError.of(message)
        if first > last:
            raise ConfigError.of(f"{item!r} runs backwards")
        values.update(range(first, last + 1, step))
    return tuple(sorted(values)), starred


def _number(text: str, field: _Field, what: str = "") -> int:
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return int(text)
    if not what and text.lower() in field.names:
        return field.names.index(text.lower()) + field.low
    raise ConfigError.of(f"{text!r} is no {what or field.name} of Kubernetes")


def _interval(text: str) -> str:
    if not _EVERY.fullmatch(text):
        raise ConfigError.of(f"{text!r} is no duration", "such as @every 1h30m")
    parts = re.findall(r"([\d.]+)([a-zµ]+)", text)
    seconds = int(sum(Decimal(number) * _LENGTHS[unit] for number, unit in parts))
    hours, rest = divmod(max(seconds, 1), 3600)
    minutes, seconds = divmod(rest, 60)
    written = [(hours, "h"), (minutes, "m"), (seconds, "s")]
    return "".join(f"{number}{unit}" for number, unit in written if number)
