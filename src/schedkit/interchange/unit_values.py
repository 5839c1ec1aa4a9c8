"""
The values of settings of systemd: words in quotes, specifiers, time spans, sizes, booleans.

Source: systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers"; systemd.time(7).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from schedkit.errors import ConfigError

_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
    '"': '"', "'": "'", "s": " ",
}  # fmt: skip
_NUMBERED = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
_OF_THE_MACHINE = {
    "H": "the name of the host", "l": "the name of the host", "q": "the name of the host",
    "m": "the machine id", "b": "the boot id", "v": "the version of the kernel",
    "a": "the architecture", "d": "the directory of credentials",
    **dict.fromkeys("ABMoWw", "of the operating system"),
}  # fmt: skip


# ---- words


def words(text: str) -> list[str]:
    r"""
    Return the words of *text*: quotes taken off, escapes read.

    >>> words(r'''one "two words" th'r'ee \x41''')
    ['one', 'two words', 'three', 'A']

    Raises: ConfigError for a quote that is not closed.
    """
    found: list[str] = []
    word: str | None = None
    quote, at = "", 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            escaped, at = _escaped(text, at)
            word = (word or "") + escaped
        elif quote:
            quote, word = ("", word) if char == quote else (quote, (word or "") + char)
        elif char in "\"'":
            quote, word = char, word or ""
        elif char in " \t\n\r":
            found += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + char
    if quote:
        raise ConfigError.of(f"the quote {quote} is not closed")
    return found if word is None else [*found, word]


def _escaped(text: str, at: int) -> tuple[str, int]:
    if numbered := _NUMBERED.match(text, at):
        hexadecimal = numbered[1] or numbered[2] or numbered[3]
        code = int(hexadecimal, 16) if hexadecimal else int(numbered[4], 8)
        return chr(code), numbered.end()
    char = text[at : at + 1]
    # What is no escape is kept as it is, as systemd does.
    return _ESCAPES.get(char, f"\\{char}"), at + 1


# ---- specifiers


def expanded(text: str, specifiers: Mapping[str, str]) -> str:
    """
    Return *text* with what each of its specifiers stands for.

    Raises: ConfigError for one that only the machine knows, or nobody.
    """

    def value(match: re.Match[str]) -> str:
        letter = match[1]
        if letter in specifiers:
            return specifiers[letter]
        if letter in _OF_THE_MACHINE:
            hint = "write it out"
            raise ConfigError.of(f"%{letter} is {_OF_THE_MACHINE[letter]}: not known here", hint)
        raise ConfigError.of(f"%{letter} is no specifier of systemd", "a percent sign is %%")

    return re.sub(r"%(.)", value, text)


def specifiers(name: str, path: str, *, user: bool | None) -> dict[str, str]:
    """Return what the specifiers stand for in the unit *name* of the system or a user."""
    stem = name.rpartition(".")[0]
    prefix, at, instance = stem.partition("@")
    last = prefix.rpartition("-")[2]
    named = {
        "%": "%", "n": name, "N": stem, "p": prefix, "P": unescaped(prefix), "i": instance,
        "I": unescaped(instance), "j": last, "J": unescaped(last),
        "f": "/" + unescaped(instance if at else prefix).lstrip("/"),
        "y": path, "Y": str(Path(path).parent), "T": "/tmp", "V": "/var/tmp",  # noqa: S108
    }  # fmt: skip
    if not user:
        return {
            **named, "h": "/root", "u": "root", "U": "0", "g": "root", "G": "0", "s": "/bin/sh",
            "t": "/run", "S": "/var/lib", "C": "/var/cache", "L": "/var/log", "E": "/etc",
        }  # fmt: skip
    return {**named, **_of_user()}


def _of_user() -> dict[str, str]:
    import grp  # rarely needed
    import pwd

    who = pwd.getpwuid(os.getuid())
    environ, home = os.environ, os.environ.get("HOME", who.pw_dir)
    config = environ.get("XDG_CONFIG_HOME", f"{home}/.config")
    return {
        "h": home, "u": who.pw_name, "U": str(who.pw_uid), "g": grp.getgrgid(who.pw_gid).gr_name,
        "G": str(who.pw_gid), "s": environ.get("SHELL", who.pw_shell),
        "t": environ.get("XDG_RUNTIME_DIR", f"/run/user/{who.pw_uid}"), "S": config, "E": config,
        "C": environ.get("XDG_CACHE_HOME", f"{home}/.cache"), "L": f"{config}/log",
    }  # fmt: skip


def unescaped(name: str) -> str:
    r"""
    Return what a part of a unit's name stands for.

    >>> unescaped(r"srv-my\x2ddata")
    'srv/my-data'
    """
    return _undone(name.replace("-", "/"))


def _undone(name: str) -> str:
    octets = re.sub(
        rb"\\x([0-9a-fA-F]{2})", lambda match: bytes([int(match[1], 16)]), name.encode()
    )
    return octets.decode("utf-8", "replace")


def job_name(unit: str) -> str:
    """Return what a job made of a unit is to be called: its name without its kind."""
    return _undone(unit.rpartition(".")[0])


# ---- numbers

_FOREVER = 900  # years: longer than anybody waits, and than a duration here may be
_SPAN_UNITS = {
    "us": ("usec", "us", "µs", "μs"),
    "ms": ("msec", "ms"),
    "s": ("seconds", "second", "sec", "s", ""),
    "m": ("minutes", "minute", "min", "m"),
    "h": ("hours", "hour", "hr", "h"),
    "d": ("days", "day", "d"),
    "w": ("weeks", "week", "w"),
    "M": ("months", "month", "M"),
    "y": ("years", "year", "y"),
}
_MICROSECONDS = {
    "us": 1, "ms": 1000, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6,
    "w": 604800 * 10**6, "M": 2629800 * 10**6, "y": 31557600 * 10**6,
}  # fmt: skip
_UNIT_LENGTHS = {name: _MICROSECONDS[unit] for unit, names in _SPAN_UNITS.items() for name in names}
_SPAN = re.compile(r"\s*(\d{1,18}(?:\.\d*)?|\.\d+)\s*([A-Za-zµμ]*)\s*", re.ASCII)


def span(text: str) -> timedelta | None:
    """
    Return a time span, a number alone being seconds; None for `infinity`.

    >>> str(span("1h 30min")), span("infinity")
    ('1:30:00', None)

    Raises: ConfigError.
    """
    if text.strip() == "infinity":
        return None
    total, at = Decimal(0), 0
    while at < len(text) or not text:
        match = _SPAN.match(text, at)
        if match is None or match[2] not in _UNIT_LENGTHS:
            raise ConfigError.of(f"{text!r} is no time span of systemd")
        total += Decimal(match[1]) * _UNIT_LENGTHS[match[2]]
        at = match.end()
    if total > _FOREVER * _MICROSECONDS["y"]:
        return None
    return timedelta(microseconds=int(total))


def size(text: str) -> int | None:
    """
    Return a size in bytes, with letters in powers of 1024; None for `infinity`.

    Raises: ConfigError.
    """
    if text == "infinity":
        return None
    match = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*([KMGTPE]?)B?", text, re.ASCII)
    if match is None:
        raise ConfigError.of(f"{text!r} is no size")
    return int(Decimal(match[1]) * 1024 ** " KMGTPE".index(match[2] or " "))


def boolean(text: str) -> bool:
    """
    Return what a boolean says.

    Raises: ConfigError.
    """
    if text.lower() in ("1", "yes", "y", "true", "t", "on"):
        return True
    if text.lower() in ("0", "no", "n", "false", "f", "off"):
        return False
    raise ConfigError.of(f"{text!r} is neither yes nor no")
