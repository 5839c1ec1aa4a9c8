"""The kinds of values: what stands in a table for each, and what the list of them says."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal

from generators.markdown import code, link
from schedkit import durations, limits, records, scalars, timeline
from schedkit.alternatives import OneOf
from schedkit.causes import After, OnAbsent, OnAll, OnAny, OnEvent, OnPath, Wanted
from schedkit.conditions import WaitForCommand, WaitForHost, WaitForPath
from schedkit.limits import History, Limits, Output
from schedkit.receivers import Email, GivenSeveral, Spelled, Webhook
from schedkit.retry import Retry
from schedkit.sla import Sla
from schedkit.telling import Notifier, Ping
from schedkit.values import Bare, Form, Listed, Whole, Written
from schedkit.vocabulary import Many, One

# What reads a value, and what that value is called; its docstring is what the list says.
NAMED: dict[Callable[[str], Any], str] = {
    durations.duration: "duration",
    durations.period: "length of time",
    scalars.wall_time: "time of day",
    scalars.time_range: "span of the day",
    scalars.moment: "moment",
    scalars.month_day: "date",
    scalars.date_range: "span of days",
    scalars.weekday_span: "days of the week",
    scalars.month_span: "months",
    limits.size: "size",
    limits.umask: "umask",
    limits.account: "account",
}
OTHERS = {
    "zone": "A name of the tz database: `Europe/Berlin`, `UTC`; or `local`, the machine's.",
    "calendar": "A name under `calendars:`, a country (`DE`, `DE-BY`) or an exchange (`XNYS`).",
    "variable": "A text, `{from_file: PATH}`, the contents of a file, or `{from_env: NAME}`, a"
    " variable of the runner's own.",
    "command": "A text, for a shell, or a list of a program and its arguments.",
}
# What has a section of its own.
PARTS = (
    After,
    OnEvent,
    OnPath,
    OnAbsent,
    OnAll,
    OnAny,
    Wanted,
    WaitForPath,
    WaitForHost,
    WaitForCommand,
    Retry,
    Sla,
    Limits,
    Output,
    History,
    Notifier,
    Webhook,
    Email,
    Ping,
)
_LIST = "Where several may stand they are a list, or one text with commas: `[mon, thu]`, `mon,thu`."


def rows() -> Iterator[tuple[str, str]]:
    """Yield the rows of the list of kinds: its name, and how it is written."""
    for read, name in NAMED.items():
        said = inspect.cleandoc(read.__doc__ or "").split("\n\n")
        parts = [part for part in said if not part.startswith(("Raises:", "Source:"))]
        about = " ".join(parts).replace("\n", " ").partition(" Source: ")[0]
        about = about.removeprefix("Read ").removeprefix("a ")
        yield name, about[:1].upper() + about[1:]
    yield from OTHERS.items()
    yield "several", _LIST


def text(hint: Any) -> str:
    """Return in a few words what may stand for a value of this annotation."""
    if typing.get_origin(hint) is Annotated:
        base, *metadata = typing.get_args(hint)
        forms = [one for one in metadata if isinstance(one, Form | Bare)]
        return _form(forms[0], base) if forms else text(base)
    if typing.get_origin(hint) in (UnionType, typing.Union):
        parts = [text(one) for one in typing.get_args(hint) if one is not NoneType]
        return " or ".join(dict.fromkeys(parts))
    if typing.get_origin(hint) is Literal:
        *most, last = map(code, typing.get_args(hint))
        return f"{', '.join(most)} or {last}" if most else last
    if typing.get_origin(hint) is dict:
        _, value = typing.get_args(hint)
        return "names and values" if value is Any else f"names and {text(value)} each"
    if dataclasses.is_dataclass(hint):
        return _linked(hint)
    plain = {bool: "`true` or `false`", str: "text", int: "whole number", float: "number"}
    return plain[hint]


def _linked(cls: Any) -> str:
    """Return a link to the section of a class, or its fields where it has none."""
    if cls in PARTS:
        return f"a mapping, see {link(cls.__name__)}"
    hints = records.hints(cls, include_extras=True)
    fields = [field.name for field in dataclasses.fields(cls)]
    return f"a mapping: {'; '.join(f'{code(name)}: {text(hints[name])}' for name in fields)}"


def _form(form: Form | Bare, base: Any) -> str:
    match form:
        case Written():
            return _written(form)
        case Listed():
            return f"{_written(form.item)}, or several"
        case Whole():
            most = "" if form.high >= Whole(1).high else f" to {form.high}"
            return f"whole number, {form.low}{most or ' or more'}"
        case Bare():
            return f"whole number, or {text(base)}"
        case One() | Many() if type(form).__name__ not in _OTHER_FORMS:
            several = ", or a list of them" if isinstance(form, Many) else ""
            return f"[{form.vocabulary.kind}](#{form.vocabulary.kind}s){several}"
        case _:
            return _other(form)


def _other(form: Form) -> str:
    if isinstance(form, Spelled):
        return f"its {code(form.bare)}, or {_linked(form.kind)}"
    if isinstance(form, OneOf):
        *most, last = (link(kind.__name__) for kind in form.kinds)
        one = f"{', '.join(most)} or {last}" if most else last
        bare = "" if form.bare is None else f"its {code(form.bare.WORD)}, or "
        return f"{bare}a mapping, see {one}{'; or a list of them' if form.several else ''}"
    if isinstance(form, GivenSeveral):
        return f"such as {code(form.example)}, or a list of them"
    return _OTHER_FORMS[type(form).__name__]


# The forms that a module keeps to itself, by the names of their classes.
_OTHER_FORMS = {
    "_Calendar": "[calendar](#values)",
    "_Command": "[command](#values)",
    "_Variable": "[variable](#values)",
    "AfterForm": f"the name of a job, or a mapping, see {link('After')}",
    "ClockChangesForm": "a mapping: `gap`: `run` or `skip`; `fold`: `first`, `both` or `second`",
    "Given": "[variable](#values)",
    "Notifiers": f"{link('Notifier')}, or a list of them",
    "NeverOn": "[date](#values) or [filter](#filters), or a list of them",
}


def _written(form: Written[Any]) -> str:
    if form.read in NAMED:
        return f"[{NAMED[form.read]}](#values)"
    if form.read is timeline.zone:
        return "[zone](#values)"
    if form.read is str:
        return "text"
    return f"such as {code(form.example)}"


def default(hint: Any, field: dataclasses.Field[Any]) -> str:
    """Return what a field is unless it is written, as it would be written; nothing for nothing."""
    value = field.default
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    if value is dataclasses.MISSING:
        return "*required*"
    if value in (None, "", (), {}) or dataclasses.is_dataclass(value):
        return ""
    from pydantic import TypeAdapter

    shown = TypeAdapter(hint).dump_python(value, mode="json")
    if isinstance(shown, bool):
        return code(str(shown).lower())
    if isinstance(shown, str | int | float | list):
        return code(str(shown))
    return ""
