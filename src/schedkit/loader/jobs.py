"""From the keys of a job to the job: with its lines and its digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from schedkit.errors import ConfigError
from schedkit.job import Job, Lines
from schedkit.loader.keys import Read
from schedkit.loader.placed import Placed

# What stands for the keys that say when a job fires where it has none, in the order of a digest.
_WHEN = {
    key: f'"{key}": null'
    for key in ("adjustments", "clock", "dst", "enabled", "end", "filters", "start", "timezone")
}


def made(name: str, keys: Mapping[str, Read], own: Placed, defaults: Placed | None) -> Job:
    """
    Return the job *name* of what is read of its *own* keys, with the *defaults* of the files.

    Raises: ConfigError, with what is wrong with the keys together.
    """
    given = {key: read[0] for key, read in keys.items()}
    if "clock" not in given:
        raise ConfigError.of("'clock' is missing")
    if keys["clock"].drawn:
        given["clock"] = tuple(clock.seeded(name) for clock in given["clock"])
    line, lines = own.document.lines(*own.path)
    return Job(
        **given,
        name=name,
        file=own.document.file,
        line=line,
        directory=own.document.directory,
        digest=_digest(sorted([read[1] for read in keys.values() if read[1] is not None])),
        schedule_digest=_digest(
            [(key in keys and keys[key].when) or none for key, none in _WHEN.items()]
        ),
        lines=Lines(
            *[
                (lines.get(key) or _of_defaults(key, given[key], own, defaults))
                if given.get(key)
                else ()
                for key in Lines._fields
            ]
        ),
    )


def _of_defaults(key: str, value: object, own: Placed, defaults: Placed | None) -> tuple[int, ...]:
    """Return the lines of what says when a job fires; 0 where it is of another file."""
    assert defaults is not None
    if defaults.document is own.document:
        return own.document.lines("defaults")[1][key]
    return (0,) * (len(value) if isinstance(value, tuple) else 1)


def _digest(written: Iterable[str]) -> str:
    text = f"{{{', '.join(written)}}}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]
