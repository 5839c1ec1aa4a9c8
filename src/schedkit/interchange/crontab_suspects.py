"""What a crontab may be taken for and is not: cron takes such a thing for granted, or skips it."""

from __future__ import annotations

import re
from pathlib import Path

# Users whose name hardly any program has; a machine has others, but not those of another one.
_USERS = {"apache", "daemon", "nobody", "postgres", "root", "www-data"}
# What only a field is: a program may be called 7z, none is called */5 or mon-fri.
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)"
_FIELD = re.compile(rf"(?=.*[\d?]|{_DAY})(?:[\d*/,?#-]|{_DAY})+", re.ASCII | re.IGNORECASE)


def sixth_field(command: str) -> str | None:
    """
    Return what begins a command and is more likely a field: of seconds in front, or years behind.

    >>> sixth_field("mon-fri /usr/bin/report"), sixth_field("7z a"), sixth_field("sunset")
    ('mon-fri', None, None)
    """
    first = command.split(maxsplit=1)[0]
    return first if _FIELD.fullmatch(first) else None


def user_in_front(command: str) -> str | None:
    """
    Return what begins a command and is more likely the user of a crontab of the system.

    >>> user_in_front("root cd / && ls"), user_in_front("postgres -D /srv"), user_in_front("root")
    ('root', None, None)
    """
    first, *others = command.split(maxsplit=1)
    return first if first in _USERS and others and not others[0].startswith("-") else None


def is_skipped(name: str) -> bool:
    """Return whether Debian's cron leaves out a file of that name, as run-parts does."""
    file = Path(name).absolute()
    return file.parent.name == "cron.d" and not re.fullmatch(r"[\w-]+", file.name, re.ASCII)
