"""
The grammar of a recurrence rule: its parts, read and checked.

Source: RFC 5545, section 3.3.10, "Recurrence Rule". Refused beyond it are a leap second, which no
wall here shows, and a sixth weekday of a month, which there is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.records import Record
from schedkit.regex import re
from schedkit.typed import Any, NamedTuple

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

Numbers = tuple[int, ...]


class Parts(Record):
    """
    The parts of a rule as they were written, empty where there are none.

    A weekday is a pair (Monday is 0, its ordinal or 0). *until* is included: naive for a wall
    time, aware when it was written in UTC.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    months: Numbers = ()
    weeks: Numbers = ()
    year_days: Numbers = ()
    month_days: Numbers = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    hours: Numbers = ()
    minutes: Numbers = ()
    seconds: Numbers = ()
    positions: Numbers = ()


class _Part(NamedTuple):
    name: str
    value: str
    begin: int  # of the name
    value_begin: int


def parts(text: str) -> Parts:
    """
    Return the parts of the rule *text*, which may begin with `RRULE:`.

    Raises: ConfigError, with every problem and its place in *text*.
    """
    _check_one_rule(text)
    found: dict[str, _Part] = {}
    read: dict[str, Any] = {}
    problems: list[Problem] = []
    for part in _split(text, problems):
        if part.name in found:
            span = (part.begin, part.begin + len(part.name))
            problems.append(
                Problem(f"{part.name} stands twice", "remove one of the two", span=span)
            )
            continue
        found[part.name] = part
        if not part.value:
            span = (part.begin, part.begin + len(part.name))
            problems.append(Problem(f"{part.name} has no value", span=span))
            continue
        try:
            field, reader = _READERS[part.name]
            read[field] = reader(part.name, part.value)
        except ConfigError as error:
            problems += error.shifted(part.value_begin).problems
    for name, message, hint in _conflicts(found, read):
        begin = found[name].value_begin
        problems.append(Problem(message, hint, span=(begin, begin + len(found[name].value))))
    if "FREQ" not in found:
        problems.append(Problem("FREQ is missing", "such as: FREQ=WEEKLY;BYDAY=MO"))
    if problems:
        raise ConfigError(*sorted(problems, key=lambda problem: problem.span or (0, 0)))
    return Parts(**read)


def _check_one_rule(text: str) -> None:
    match = re.match(r"\s*(DTSTART|DTEND|RDATE|EXDATE|EXRULE)\b", text, re.IGNORECASE)
    if match is not None:
        name = match[1].upper()
        hint = "further times are further clocks, days left out are a filter"
        if name == "DTSTART":
            hint = "write it beside the rule: dtstart: 2026-01-30 09:00, and the zone as timezone"
        raise ConfigError.of(f"{name} is not a part of a rule", hint, match.span(1))
    space = re.search(r"\s+", text.strip())
    if space is not None:
        shift = len(text) - len(text.lstrip())
        span = (space.start() + shift, space.end() + shift)
        raise ConfigError.of("a space stands inside the rule", "write it without spaces", span)


def _split(text: str, problems: list[Problem]) -> Iterator[_Part]:
    """Yield the parts whose name is known; for any other, add to *problems*."""
    start = re.match(r"\s*(RRULE:)?", text, re.IGNORECASE)
    assert start is not None
    begin = start.end()
    pieces = text[begin:].rstrip().split(";")
    for piece in pieces if pieces != [""] else []:
        name, equals, value = piece.partition("=")
        name = name.upper()
        value_begin = begin + len(name) + len(equals)
        span = (begin, begin + max(len(name), 1))
        if not piece:
            problems.append(Problem("a part is empty", "remove a semicolon", span=span))
        elif name not in _READERS:
            hint = _UNKNOWN.get(name) or did_you_mean(name, _READERS)
            known = hint or f"known are: {', '.join(_READERS)}"
            problems.append(Problem(f"unknown part {piece[: len(name)]!r}", known, span=span))
        else:
            yield _Part(name, value, begin, value_begin)
        begin += len(piece) + 1


_UNKNOWN = {
    "BYEASTER": "it is dateutil's own, not of RFC 5545",
    "RSCALE": "only the Gregorian calendar is known",
    "SKIP": "a day that a month does not have is skipped",
}


# ---- values, each read from a text; spans are of that text


class _Range(NamedTuple):
    low: int
    high: int
    signed: bool = False

    def __str__(self) -> str:
        both = f" and -{self.low} to -{self.high}" if self.signed else ""
        return f"{self.low}-{self.high}{both}"


_RANGES = {
    "BYSECOND": _Range(0, 59),
    "BYMINUTE": _Range(0, 59),
    "BYHOUR": _Range(0, 23),
    "BYMONTHDAY": _Range(1, 31, signed=True),
    "BYYEARDAY": _Range(1, 366, signed=True),
    "BYWEEKNO": _Range(1, 53, signed=True),
    "BYMONTH": _Range(1, 12),
    "BYSETPOS": _Range(1, 366, signed=True),
}


def _frequency(_: str, value: str) -> str:
    if value.upper() not in FREQUENCIES:
        hint = did_you_mean(value.upper(), FREQUENCIES) or f"known are: {', '.join(FREQUENCIES)}"
        raise ConfigError.of(f"unknown FREQ {value!r}", hint, (0, len(value)))
    return value.upper()


def _positive(name: str, value: str) -> int:
    span = (0, len(value))
    if re.fullmatch(r"[+-]?\d+", value, re.ASCII) is None:
        raise ConfigError.of(f"{name} {value!r} is not a whole number", span=span)
    if re.fullmatch(r"0*[1-9]\d{0,8}", value, re.ASCII) is None:
        raise ConfigError.of(f"{name} {value} is outside 1-999999999", span=span)
    return int(value)


def _listed(value: str, one: Callable[[str], Any]) -> tuple[Any, ...]:
    """Return the entries of a list as *one* reads them, in order and each once."""
    read = set()
    problems: list[Problem] = []
    begin = 0
    for item in value.split(","):
        try:
            read.add(one(item))
        except ConfigError as error:
            span = (begin, begin + max(len(item), 1))
            problems += [Problem(p.message, p.hint, span=span) for p in error.problems]
        begin += len(item) + 1
    if problems:
        raise ConfigError(*problems)
    return tuple(sorted(read))


def _numbers(name: str, value: str) -> Numbers:
    return _listed(value, lambda item: _number(name, item))


def _number(name: str, item: str) -> int:
    allowed = _RANGES[name]
    if not item:
        raise ConfigError.of(f"{name} has an empty entry", "remove a comma")
    if re.fullmatch(r"[+-]?\d+" if allowed.signed else r"\d+", item, re.ASCII) is None:
        example = f"{name}={allowed.low},{allowed.low + 1}"
        raise ConfigError.of(f"{name} {item!r} is not a number", f"such as: {example}")
    number = int(item[:9])
    if not allowed.low <= (abs(number) if allowed.signed else number) <= allowed.high:
        hint = "a leap second is never shown: write 59" if item == "60" else None
        hint = hint if name == "BYSECOND" else None
        raise ConfigError.of(f"{name} {item} is outside {allowed}", hint)
    return number


def _weekday(item: str) -> tuple[int, int]:
    match = re.fullmatch(r"([+-]?\d{1,2})?([A-Z]{2})", item.upper(), re.ASCII)
    if match is None or match[2] not in _DAYS:
        if not item:
            raise ConfigError.of("BYDAY has an empty entry", "remove a comma")
        hint = (
            did_you_mean(item.upper()[:2], _DAYS) or "write MO, or 1MO for the first, -1MO the last"
        )
        raise ConfigError.of(f"unknown weekday {item!r}", hint)
    if match[1] is not None and not 1 <= abs(int(match[1])) <= 53:
        raise ConfigError.of(f"BYDAY {item} is outside 1-53 and -1 to -53")
    return _DAYS.index(match[2]), int(match[1] or 0)


def _weekdays(_: str, value: str) -> tuple[tuple[int, int], ...]:
    return _listed(value, _weekday)


def _week_start(_: str, value: str) -> int:
    if value.upper() not in _DAYS:
        hint = f"one of: {', '.join(_DAYS)}"
        raise ConfigError.of(f"unknown weekday {value!r}", hint, (0, len(value)))
    return _DAYS.index(value.upper())


_UNTIL = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?", re.ASCII | re.IGNORECASE)


def _until(_: str, value: str) -> datetime:
    span = (0, len(value))
    match = _UNTIL.fullmatch(value)
    if match is None:
        hint = "write it as 20261224, 20261224T180000 or, in UTC, 20261224T180000Z"
        raise ConfigError.of(f"UNTIL {value!r} is not a date or a date and time", hint, span)
    # A date is included to its last second.
    digits = [int(match[1]), int(match[2]), int(match[3])]
    digits += [23, 59, 59] if match[4] is None else [int(match[n]) for n in (4, 5, 6)]
    try:
        return datetime(*digits, tzinfo=UTC if match[7] else None)  # type: ignore[arg-type, misc]  # six numbers, none of them a zone
    except ValueError:
        raise ConfigError.of(f"UNTIL {value!r} is no time of the calendar", span=span) from None


_READERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _positive),
    "COUNT": ("count", _positive),
    "UNTIL": ("until", _until),
    "BYMONTH": ("months", _numbers),
    "BYWEEKNO": ("weeks", _numbers),
    "BYYEARDAY": ("year_days", _numbers),
    "BYMONTHDAY": ("month_days", _numbers),
    "BYDAY": ("weekdays", _weekdays),
    "BYHOUR": ("hours", _numbers),
    "BYMINUTE": ("minutes", _numbers),
    "BYSECOND": ("seconds", _numbers),
    "BYSETPOS": ("positions", _numbers),
    "WKST": ("week_start", _week_start),
}


# ---- what does not go together

_ONLY_WITH = {
    "BYWEEKNO": ("YEARLY",),
    "BYYEARDAY": ("YEARLY", "HOURLY", "MINUTELY", "SECONDLY"),
    "BYMONTHDAY": ("YEARLY", "MONTHLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"),
}


def _conflicts(
    found: dict[str, _Part], read: dict[str, Any]
) -> Iterator[tuple[str, str, str | None]]:
    """Yield (part, message, hint) for each part that cannot stand beside another."""
    if "COUNT" in found and "UNTIL" in found:
        yield "UNTIL", "UNTIL stands beside COUNT", "a rule ends in one way: remove one of the two"
    if "BYSETPOS" in found and not any(
        name.startswith("BY") and name != "BYSETPOS" for name in found
    ):
        hint = "it needs another part, such as BYDAY=MO,TU,WE,TH,FR"
        yield "BYSETPOS", "BYSETPOS has nothing to choose from", hint
    frequency = read.get("frequency")
    if frequency is None:
        return
    for name, frequencies in _ONLY_WITH.items():
        if name in found and frequency not in frequencies:
            hint = f"it goes with FREQ={', '.join(frequencies)}"
            yield name, f"{name} does not go with FREQ={frequency}", hint
    highest = max((abs(n) for _, n in read.get("weekdays", ())), default=0)
    if highest and frequency not in ("YEARLY", "MONTHLY"):
        hint = "write the weekday without a number, or FREQ=MONTHLY"
        yield "BYDAY", f"a numbered weekday does not go with FREQ={frequency}", hint
    elif highest and frequency == "YEARLY" and "BYWEEKNO" in found:
        hint = "a week has each weekday once: write it without a number"
        yield "BYDAY", "a numbered weekday does not go with BYWEEKNO", hint
    elif highest > 5 and (frequency == "MONTHLY" or "BYMONTH" in found):
        yield "BYDAY", "a month has at most five of a weekday", None
