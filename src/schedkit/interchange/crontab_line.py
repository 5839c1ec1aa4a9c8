"""
One line of a crontab, as cron reads it.

Source: entry.c, env.c and do_command.c of Debian's cron 3.0pl1-162; of cronie where that is said.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from schedkit.errors import ConfigError

LONGEST = 998  # bytes of a command: with a longer one Debian's cron refuses the whole crontab
_ENTRY = re.compile(
    r"(?P<quiet>-?)(?P<when>@[^ \t]*|[^ \t]+(?:[ \t]+[^ \t]+){4})(?:[ \t]+(?P<rest>.*))?",
    re.DOTALL,
)
_USER = re.compile(r"([^ \t]+)[ \t]*(.*)", re.DOTALL)
_ASSIGNMENT = re.compile(
    r"""
    (?: (['"]) (?P<quoted> (?: (?!\1) [^=] )* ) \1 | (?P<name> (?!['"]) [^\s=]* ) )
    \s* = \s*+
    (?: (['"]) (?P<text> (?: (?!\4) . )* ) \4 | (?P<bare> (?!['"]) .*? ) ) \s*
    """,
    re.DOTALL | re.VERBOSE | re.ASCII,
)


def assignment(line: str) -> tuple[str, str] | None:
    r"""
    Return the name and the value that a line sets, None when it does something else.

    >>> assignment("GREETING = 'a = b' "), assignment("A = b 'c' "), assignment("0 5 * * * A=b")
    (('GREETING', 'a = b'), ('A', "b 'c'"), None)
    """
    found = _ASSIGNMENT.fullmatch(line.lstrip(" \t"))
    if found is None:
        return None
    name: str = found["name"] if found["quoted"] is None else found["quoted"]
    value: str = found["bare"] if found["text"] is None else found["text"]
    if len(value) > 1 and value[0] in "'\"" and value[0] == value[-1]:
        value = value[1:-1]  # Debian's cron takes a second pair of quotes off
    return name, value


def assigning(name: str, value: str) -> str | None:
    """Return the line that sets *name* to *value*; None when no line can."""
    bare = [f"{name}={value}"] if value else []  # which Debian's cron refuses without a value
    for line in (*bare, f'{name}="{value}"', f"{name}='{value}'"):
        if "\n" not in line and len(line.encode()) <= LONGEST and assignment(line) == (name, value):
            return line
    return None


class Entry(NamedTuple):
    """
    A line that starts something: when, as whom, and the rest, in which `%` is special.

    *options* are what cron is told beside that: a minus in front, which SUSE's cron and cronie
    take for "not to the log", and cronie's `-n`, mail only about failures.
    """

    when: str
    user: str | None
    command: str
    options: tuple[str, ...] = ()


def entry(line: str, *, system: bool) -> Entry:
    """
    Return what a line says that is neither empty, nor a comment, nor an assignment.

    Raises: ConfigError.
    """
    match = _ENTRY.fullmatch(line.lstrip(" \t"))
    if match is None:
        hint = "five fields and a command, or one word such as @daily and a command"
        raise ConfigError.of("this is no line of a crontab", hint)
    user, command = None, match["rest"] or ""
    if system and (found := _USER.fullmatch(command)):
        user, command = found.groups()
    options = ["-"] if match["quiet"] else []
    if option := re.match(r"-n[ \t]+", command):
        command = command[option.end() :]
        options.append("-n")
    if (user or command).startswith("*") or command.startswith("*"):
        raise ConfigError.of("there are more than five fields", "cron has no seconds and no years")
    if not command:
        what = "no user and command stand" if system else "no command stands"
        raise ConfigError.of(f"{what} behind the time")
    return Entry(match["when"], user, command, tuple(options))


# ---- the command and what it reads

_HERE = re.compile(r"exec <<'(END\d*)'\n((?:[^\n]*\n)*?)\1\n([^\n]*)")


def unescaped(written: str) -> tuple[str, str]:
    r"""
    Return the command, and what stands on its standard input, of what is written.

    The first `%` ends the command, those after it are newlines, `\%` is a `%`. In the command, not
    behind it, two backslashes are one for Debian's cron; for cronie they are two.

    >>> unescaped(r"date +\%F")
    ('date +%F', '')
    >>> unescaped("mail -s hello root%line one%line two")
    ('mail -s hello root', 'line one\nline two\n')
    """
    command, place = "", 0
    while place < len(written) and written[place] != "%":
        if written[place] == "\\" and written[place + 1 : place + 2] in ("%", "\\"):
            place += 1
        command += written[place]
        place += 1
    return command, _input(written[place + 1 :])


def _input(written: str) -> str:
    text, escaping, ended = "", False, True
    for character in written:
        shown = "\n" if character == "%" and not escaping else character
        if escaping and shown != "%":
            text += "\\"
        escaping = shown == "\\"
        if not escaping:
            text += shown
            ended = shown == "\n"
    text += "\\" if escaping else ""
    return text if ended else f"{text}\n"


def collapses(written: str) -> bool:
    """Return whether Debian's cron makes one backslash of two in a command."""
    return re.match(r"(?:[^\\%]|\\[^\\])*\\\\", written, re.DOTALL) is not None


def escaped(command: str, data: str) -> str | None:
    """Return what `unescaped` makes *command* and *data* of; None when nothing is written so."""
    # A backslash that stands alone, and before no %, is one for every cron.
    written = re.sub(r"\\*%|\\{2,}|\\\Z" if data else r"\\*%|\\{2,}", _doubled, command)
    if data:
        last = data[:-1] if len(data) > 1 and data[-2] != "\n" else data  # cron adds the newline
        written += "%" + last.replace("%", "\\%").replace("\n", "%")
    if "\n" in written or unescaped(written) != (command, data):
        return None
    return written


def _doubled(found: re.Match[str]) -> str:
    slashes = found[0].rstrip("%")
    return slashes * 2 + ("\\%" if found[0].endswith("%") else "")


def with_input(command: str, data: str) -> str:
    """Return a command for a POSIX shell that reads *data*, which ends with a newline."""
    lines = data.split("\n")
    end = next(end for end in ("END", *map("END{}".format, range(2, 999))) if end not in lines)
    return f"exec <<'{end}'\n{data}{end}\n{command}"


def without_input(command: str) -> tuple[str, str]:
    """Return what `with_input` made *command* of; any other has no input."""
    found = _HERE.fullmatch(command)
    return (found[3], found[2]) if found else (command, "")
