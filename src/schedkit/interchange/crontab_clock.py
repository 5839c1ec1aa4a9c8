"""When a line of a crontab fires, as a clock of ours."""

from __future__ import annotations

import re

from schedkit.clocks.cron import Cron
from schedkit.errors import ConfigError, did_you_mean

_NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_REBOOT = "@reboot"
_AT_ONCE = "the first runner that has it starts it at once, also on a machine that is long up"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_VALUE = r"(?:\d+|[a-z]{3})"
_CRONS = re.compile(rf"\*(?:/\d+)?|{_VALUE}|({_VALUE})-({_VALUE})(?:/\d+)?", re.ASCII)
_RANDOM = re.compile(rf"({_VALUE})?~({_VALUE})?", re.ASCII)
# Of each field: its lowest and its highest value, and what the lowest and those after it are named.
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (0, 7, _WEEKDAYS),
)  # fmt: skip


def clock(when: str) -> tuple[str, list[str]]:
    """
    Return the clock that means what cron takes *when* for, and what is not the same.

    Raises: ConfigError when it means nothing.
    """
    if when == _REBOOT:
        return "startup boot", [_AT_ONCE]
    if when.startswith("@"):
        if when not in _NICKNAMES:
            known = (*_NICKNAMES, _REBOOT)
            hint = did_you_mean(when, known) or f"known are: {', '.join(known)}"
            raise ConfigError.of(f"cron knows no {when!r}", hint)
        return f"cron {when}", []
    remarks: list[str] = []
    fields = [
        ",".join(_item(item, *field, remarks) for item in text.split(","))
        for text, field in zip(re.split("[ \t]+", when), _FIELDS, strict=True)
    ]
    expression = " ".join(fields)
    Cron(expression)
    return f"cron {expression}", remarks


def _item(item: str, low: int, high: int, names: tuple[str, ...], remarks: list[str]) -> str:
    """Return an entry of a field as we write it; what cron would say of it goes to *remarks*."""
    text = item.lower()
    if match := _RANDOM.fullmatch(text):
        first = _number(match[1], low, names, low)
        last = _number(match[2], low, names, high)
        remarks.append(
            f"for {item!r} cronie draws a value whenever it reads the crontab; "
            "H draws one from the name of the job, and it stays"
        )
        return f"H({first}-{last})"
    match = _CRONS.fullmatch(text)
    if match is None:
        remarks.append(f"cron refuses {item!r}, or takes it for something else")
    elif match[1] and _number(match[1], low, names) > _number(match[2], low, names):
        remarks.append(f"Debian's cron never fires at {item!r}, which runs backwards")
    return item


def _number(text: str | None, low: int, names: tuple[str, ...], absent: int = 0) -> int:
    if text is None:
        return absent
    return names.index(text) + low if text in names else int(text) if text.isdigit() else absent
