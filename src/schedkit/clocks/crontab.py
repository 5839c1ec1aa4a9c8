"""
The grammar of a cron expression.

croniter expands names, ranges, steps and hashes. What stands here is what it does not do: say
where an expression is wrong, refuse what can mean two things, and read `L`, `W` and `#` in full.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from functools import lru_cache

from schedkit.clocks.monthdays import MON_TO_FRI, DayRule, Days
from schedkit.clocks.recurrence import FIXED, WILD, Recurrence, Times
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.regex import re
from schedkit.typed import NamedTuple

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()  # the first stands for *low*


_SECOND = _Field("second", 0, 59)
_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, tuple(_MONTHS))
_WEEKDAY = _Field("weekday", 0, 7, tuple(_DAYS))
_FIELDS = (_SECOND, _MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)

_VALUE = r"(?:\d+|[a-z]+)"
_RANGE = re.compile(rf"(?P<first>{_VALUE})(?:-(?P<last>{_VALUE}))?(?:/(?P<step>\d+))?", re.ASCII)
_STAR = re.compile(r"\*(?:/(?P<step>\d+))?", re.ASCII)
_HASH = re.compile(r"h(?:\((?P<first>\d+)-(?P<last>\d+)\))?(?:/(?P<step>\d+))?", re.ASCII)
_LAST = re.compile(r"l(?:-(?P<before>\d+)|(?P<weekday>w))?", re.ASCII)
_NEAREST = re.compile(r"(?P<day>\d+)w", re.ASCII)
_LETTERS = ("l", "r", "w")  # alone they are a mistake of their own, not the name of something
_NTH = re.compile(rf"(?P<day>{_VALUE})#(?P<n>\d+)", re.ASCII)
_LAST_WEEKDAY = re.compile(r"(?P<day>\d+|sun|mon|tue|wed|thu|fri|sat)l", re.ASCII)


@dataclasses.dataclass
class _Parsed:
    """One field: what croniter is to expand, and the days that it cannot."""

    field: _Field
    written: str
    plain: list[str] = dataclasses.field(default_factory=list)
    days: Days = dataclasses.field(default_factory=Days)

    @property
    def text(self) -> str:
        """What is written, in lower case."""
        return self.written.lower()

    @property
    def starred(self) -> bool:
        """Whether it begins with a star or is `?`: the rule that decides between AND and OR."""
        return self.text.startswith("*") or self.text == "?"


class _Meaning:
    """
    What one field means: its values, and the days that are no values.

    Equal only to itself, and kept: what fields mean together is looked up by them.
    """

    __slots__ = ("days", "starred", "values", "written")

    def __init__(self, written: str, values: tuple[int, ...], days: Days, *, starred: bool) -> None:
        self.written = written
        self.values = values
        self.days = days
        self.starred = starred  # begins with a star or is `?`


def needs_seed(expression: str) -> bool:
    """Return whether *expression* draws a value from a hash."""
    lower = expression.lower()
    return "h" in lower and any(_HASH.fullmatch(item) for item in re.split(r"[\s,]+", lower))


def recurrence(expression: str, seed: str, *, day_or: bool) -> Recurrence:
    """
    Return what *expression* means; `H` is drawn from *seed*.

    With both day fields restricted, either may match when *day_or*, else both must.

    Raises: ConfigError, with the place in *expression*.
    """
    stripped = expression.strip()
    text = _unaliased(stripped)
    offset = 0 if text != stripped else expression.index(stripped)
    fields = _fields(text, offset, seed)
    rule = _rule(*fields[3:], day_or=day_or)
    if rule is None:
        raise ConfigError.of(f"{expression!r} never fires: {_why_never(fields)}")
    wild = fields[1].starred or fields[2].starred
    return Recurrence(rule, _times(*fields[:3]), WILD if wild else FIXED)


@lru_cache(maxsize=4096)
def _times(seconds: _Meaning, minutes: _Meaning, hours: _Meaning) -> Times:
    return tuple((hour, minutes.values, seconds.values) for hour in hours.values)


@lru_cache(maxsize=4096)
def _rule(days: _Meaning, months: _Meaning, weekdays: _Meaning, *, day_or: bool) -> DayRule | None:
    """Return the days of all fields together, None when there are none."""
    by_number = days.days | Days(numbers=_mask(days.values))
    by_weekday = weekdays.days | Days(weekdays=_mask((day - 1) % 7 for day in weekdays.values))
    both = not day_or or days.starred or weekdays.starred
    sets = (by_number, by_weekday) if both else (by_number | by_weekday,)
    rule = DayRule(_mask(months.values), sets)
    return None if rule.never else rule


def _unaliased(text: str) -> str:
    if not text.startswith("@"):
        return text
    known = _ALIASES.get(text.lower())
    if known is None:
        raise ConfigError.of(f"unknown alias {text!r}", _alias_hint(text.lower()))
    return known


def _alias_hint(text: str) -> str | None:
    if text.startswith("@every"):
        return "write the clock 'every', such as: every 5m"
    return did_you_mean(text, _ALIASES) or f"known are: {', '.join(_ALIASES)}"


def _fields(text: str, offset: int, seed: str) -> list[_Meaning]:
    """Return what the six fields of *text* mean; *offset* is where it begins in the expression."""
    words = text.split()
    if len(words) not in (5, 6):
        raise ConfigError.of(
            f"{text!r} has {len(words)} fields, cron takes 5 or 6",
            "minute hour day month weekday; of 6 fields the first is the second",
        ).shifted(offset)
    seeds = [seed if needs_seed(word) else "" for word in words] if needs_seed(text) else [""] * 6
    fields = [] if len(words) == 6 else [_meaning(0, "0", "")]
    try:
        fields += map(_meaning, range(6 - len(words), 6), words, seeds)
    except ConfigError:
        raise ConfigError(*_problems(text, offset)) from None
    return fields


def _problems(text: str, offset: int) -> Iterator[Problem]:
    """Yield what is wrong with each of the fields."""
    words = list(re.finditer(r"\S+", text))
    for number, word in enumerate(words, 6 - len(words)):
        try:
            _meaning(number, word.group(), "")
        except ConfigError as error:
            yield from error.shifted(word.start() + offset).problems


@lru_cache(maxsize=8192)  # ten thousand expressions have a thousand fields between them
def _meaning(number: int, written: str, seed: str) -> _Meaning:
    """
    Return what the field of this number means.

    Raises: ConfigError, with the place in the field.
    """
    parsed = _Parsed(_FIELDS[number], written)
    problems: list[Problem] = []
    for begin, item in _items(parsed.text):
        try:
            _read_item(parsed, item)
        except ConfigError as error:
            found, span = error.problems[0], (begin, begin + max(len(item), 1))
            problems.append(Problem(found.message, found.hint, span=span))
    if problems:
        raise ConfigError(*problems)
    values = _expanded(parsed, number, seed)
    return _Meaning(written, values, parsed.days, starred=parsed.starred)


def _items(text: str) -> Iterator[tuple[int, str]]:
    begin = 0
    for item in text.split(","):
        yield begin, item
        begin += len(item) + 1


def _read_item(parsed: _Parsed, item: str) -> None:
    if not item:
        raise ConfigError.of(f"the {parsed.field.name} field has an empty entry", "remove a comma")
    days = _special_days(parsed.field, item)
    if days is None:
        parsed.plain.append(_plain(parsed, item))
    else:
        parsed.days |= days


def _special_days(field: _Field, item: str) -> Days | None:
    """Return the days of an entry that croniter does not read, None for any other."""
    if field is _DAY:
        if match := _LAST.fullmatch(item):
            return _last(match)
        if match := _NEAREST.fullmatch(item):
            return Days(nearest=1 << _number(match["day"], _DAY))
    if field is _WEEKDAY:
        if match := _NTH.fullmatch(item):
            n = int(match["n"])
            if not 1 <= n <= 5:
                raise ConfigError.of(f"{n} is outside 1-5: a month has at most five of a weekday")
            return Days(nth=((_weekday_bit(match["day"]), n),))
        if match := _LAST_WEEKDAY.fullmatch(item):
            return Days(nth=((_weekday_bit(match["day"]), -1),))
    return None


def _plain(parsed: _Parsed, item: str) -> str:
    """Return an entry of values as croniter takes it."""
    field = parsed.field
    if item == parsed.text == "?" and field in (_DAY, _WEEKDAY):
        return "*"
    if "?" in item:
        hint = "'?' stands alone, in a day field only"
        raise ConfigError.of(f"'?' cannot be used so in the {field.name} field", hint)
    if match := _STAR.fullmatch(item) or _HASH.fullmatch(item):
        _check_step(match["step"])
        if match.groupdict().get("first"):
            first, last = _number(match["first"], field), _number(match["last"], field)
            _check_order(first, last, field, wraps=False)
        return item
    if item.partition("/")[0] not in _LETTERS and (match := _RANGE.fullmatch(item)):
        return _range(match, field)
    raise _unreadable(item, field)


def _last(match: re.Match[str]) -> Days:
    if match["weekday"]:
        return Days(nth=((MON_TO_FRI, -1),))
    before = int(match["before"] or 0)
    if match["before"] and not 1 <= before <= 30:
        raise ConfigError.of(f"L-{before} is outside L-1 to L-30")
    return Days(before_last=1 << before)


def _range(match: re.Match[str], field: _Field) -> str:
    """Return a value or a range as croniter takes it."""
    _check_step(match["step"])
    step = f"/{match['step']}" if match["step"] else ""
    first = _number(match["first"], field)
    if match["last"] is None:
        return f"{first}{step}"
    last = _number(match["last"], field)
    _check_order(first, last, field, wraps=field is not _DAY)
    if first == last:
        return str(first)  # croniter takes an equal range for the whole cycle
    if first > last and step:  # croniter begins anew where the range wraps
        cycle = field.high - field.low + (field is not _WEEKDAY)
        values = range(first, last + cycle + 1, int(match["step"]))
        return ",".join(str((value - field.low) % cycle + field.low) for value in values)
    return f"{first}-{last}{step}"


def _check_order(first: int, last: int, field: _Field, *, wraps: bool) -> None:
    if first > last and not wraps:
        hint = f"write {first}-{field.high},{field.low}-{last}"
        raise ConfigError.of(f"{first}-{last} runs backwards", hint)


def _check_step(step: str | None) -> None:
    if step is not None and int(step) == 0:
        raise ConfigError.of("a step of 0 goes nowhere", "a step is 1 or more")


def _number(text: str, field: _Field) -> int:
    if text.isdigit():
        number = int(text)
        if not field.low <= number <= field.high:
            raise ConfigError.of(f"{field.name} {number} is outside {field.low}-{field.high}")
        return number
    if text in field.names:
        return field.names.index(text) + field.low
    if not field.names:
        raise ConfigError.of(f"{text!r} stands where a number for the {field.name} belongs")
    raise ConfigError.of(f"unknown {field.name} {text!r}", did_you_mean(text, field.names))


def _weekday_bit(text: str) -> int:
    """Return the bit of a weekday of cron's, where Sunday is 0; ours begin with Monday."""
    return 1 << (_number(text, _WEEKDAY) - 1) % 7


def _unreadable(item: str, field: _Field) -> ConfigError:
    if re.fullmatch(r"r(\(.*\))?(/\d+)?", item):
        hint = "write H: it is drawn from the job's name and stays the same"
        return ConfigError.of("'R' would fire at another time after each load", hint)
    if field is _WEEKDAY and re.fullmatch(r"l|l[0-7]", item):
        hint = "write the last Friday as 5L or friL"
        return ConfigError.of(f"{item.upper()!r} names no weekday to be the last", hint)
    if re.search(r"[lw#]", item):
        hint = "L, L-3, LW and 15W go into the day of month, 5L and 5#2 into the weekday"
        return ConfigError.of(f"{item.upper()!r} does not belong in the {field.name} field", hint)
    hint = "write a value, a range such as 1-5, a step such as */15, or a list of these"
    return ConfigError.of(f"{item!r} cannot be read in the {field.name} field", hint)


def _expanded(parsed: _Parsed, number: int, seed: str) -> tuple[int, ...]:
    """Return the values of a field; none where it has only what croniter cannot read."""
    if all(map(str.isdecimal, parsed.plain)):  # numbers, or nothing at all
        return tuple(sorted(set(map(int, parsed.plain))))
    from croniter import croniter  # slow to import, and needed only when something is read
    from croniter.croniter import CroniterError

    texts = ["*"] * 6
    texts[number] = ",".join(parsed.plain)
    try:
        lists, _ = croniter.expand(
            " ".join(texts), hash_id=(seed or " ").encode(), second_at_beginning=True
        )
    except CroniterError as error:
        raise ConfigError.of(f"croniter refuses {texts[number]!r}: {error}") from None
    values = lists[number - 1]  # croniter has the seconds last
    if "*" in values:
        return tuple(range(parsed.field.low, parsed.field.high + 1))
    return tuple(sorted({int(value) for value in values}))


def _mask(bits: Iterable[int]) -> int:
    mask = 0
    for bit in bits:
        mask |= 1 << bit
    return mask


def _why_never(fields: list[_Meaning]) -> str:
    day, month = fields[3].written, fields[4].written
    if fields[5].starred:
        return f"no month of {month!r} has a day {day!r}"
    return f"no day {day!r} of month {month!r} is a weekday {fields[5].written!r}"
