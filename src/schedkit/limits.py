"""What bounds a job: what it may take of the machine, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta

from schedkit.errors import ConfigError, Problem
from schedkit.regex import re
from schedkit.scalars import Duration
from schedkit.typed import Annotated
from schedkit.values import Entry, Whole, Written

# ---- sizes

_UNITS = {  # the largest first: a size is written in the first one that divides it
    "TiB": 1024**4,
    "TB": 1000**4,
    "GiB": 1024**3,
    "GB": 1000**3,
    "MiB": 1024**2,
    "MB": 1000**2,
    "KiB": 1024,
    "KB": 1000,
    "B": 1,
}
_SIZE = re.compile(r"(\d{1,19})\s*([KMGT](?:I?B)?|B)", re.ASCII | re.IGNORECASE)
_LARGEST = 2**63 - 1  # what the system takes for a limit, and a database for a number


def size(text: str) -> int:
    """
    Read a size, in bytes: `10 MB`, `512MiB`, `2G`.

    KB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB and the letter alone are powers of 1024.
    Source: GNU coreutils manual, "Block size".

    Raises: ConfigError.
    """
    written = text.strip()
    match = _SIZE.fullmatch(written)
    if match is None:
        if re.fullmatch(r"\d+", written, re.ASCII):
            hint = f"did you mean {written[:20]} MB?"
            raise ConfigError.of(f"a size needs a unit: {text!r} has none", hint)
        raise ConfigError.of(
            f"{text!r} is not a size", "write a number with a unit: 10 MB, 512 MiB, 2G"
        )
    unit = match[2].upper()
    name = {"B": "B"}.get(unit) or (f"{unit}iB" if len(unit) == 1 else unit.replace("IB", "iB"))
    read = int(match[1]) * _UNITS[name]
    if not read:
        raise ConfigError.of(f"{text!r} is nothing at all", "a size is at least 1 B")
    if read > _LARGEST:
        raise ConfigError.of(f"{text!r} is more than any machine has")
    return read


def size_text(size: int) -> str:
    """Return a size as it would be written: `10 MB`, `512 MiB`."""
    name = next(name for name, unit in _UNITS.items() if size % unit == 0)
    return f"{size // _UNITS[name]} {name}"


Size = Annotated[
    int,
    Written(int, size, size_text, r"^\s*\d+\s*([kKmMgGtT]([iI]?[bB])?|[bB])\s*$", "10 MB"),
]


# ---- as whom a process runs, and how


def account(text: str) -> str:
    """
    Read the name or number of a user or group; whether there is one is not asked.

    Raises: ConfigError.
    """
    name = text.strip()
    if not name or not name.isprintable() or ":" in name:
        raise ConfigError.of(f"{text!r} is no name of a user or group")
    return name


Account = Annotated[str, Written(str, account, str, r"^[^:]*[^:\s][^:]*$", "backup")]


def umask(text: str) -> int:
    """
    Read a file mode creation mask, in octal digits as a shell has it: `027`, `0o27`.

    Raises: ConfigError.
    """
    match = re.fullmatch(r"(?:0o)?([0-7]{1,4})", text.strip(), re.ASCII)
    if match is None or int(match[1], 8) > 0o777:
        raise ConfigError.of(f"{text!r} is no umask", "write octal digits from 000 to 777: 027")
    return int(match[1], 8)


def umask_text(mask: int) -> str:
    """Return a mask as it is written: `027`."""
    return f"{mask:03o}"


Umask = Annotated[int, Written(int, umask, umask_text, r"^\s*(0o)?[0-7]{1,4}\s*$", "027")]
Nice = Annotated[int, Whole(-20, 19)]


class Limits(Entry):
    """What each process of an attempt may take; without a limit, as much as the runner itself."""

    memory: Size | None = None
    """Its address space: more is refused to it, which most programs do not survive."""
    cpu_time: Duration | None = None
    """Seconds of the processor, not of the clock: after that it is killed."""
    open_files: Annotated[int, Whole(1)] | None = None
    """How many files and sockets it may hold open."""
    processes: Annotated[int, Whole(1)] | None = None
    """How many processes and threads its user may have, those of others of the user counted."""

    def __post_init__(self) -> None:
        if self.cpu_time is not None and self.cpu_time < timedelta(seconds=1):
            raise ConfigError(Problem("cpu_time is below 1s", path=("cpu_time",)))


# ---- what is kept


class Output(Entry):
    """What is kept of what an attempt writes to its standard output and error."""

    max_size: Size = 10_000_000
    """Of more than this, the beginning and the end are kept."""


class History(Entry):
    """How many records of its runs are kept, the latest ones."""

    keep_runs: Annotated[int, Whole(1)] = 10_000
    """So many of them."""
    keep_days: Annotated[int, Whole(1, 36_525)] | None = None
    """None of them longer than so many days."""
