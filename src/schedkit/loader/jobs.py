"""From the keys of a job to the job: with its lines and its digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from schedkit.errors import ConfigError
from schedkit.job import Job, Lines
from schedkit.loader.entry import Entry
from schedkit.loader.keys import WHEN, Read


def made(name: str, keys: Mapping[str, Read], entry: Entry, defaults: Entry | None) -> Job:
    """
    Return the job *name*, whose keys stand at *entry* or else among the *defaults*.

    Raises: ConfigError, with what is wrong with the keys together.
    """
    given = {key: read.value for key, read in keys.items()}
    if "clock" not in given:
        raise ConfigError.of("'clock' is missing")
    given["clock"] = tuple(clock.seeded(name) for clock in given["clock"])
    document = entry.document
    return Job(
        **given,
        name=name,
        file=document.file,
        line=document.line(*entry.path),
        directory=document.directory,
        digest=_digest(sorted(read.written for read in keys.values() if read.written)),
        schedule_digest=_digest(_when(keys)),
        lines=Lines(*(_lines(key, given, entry, defaults) for key in Lines._fields)),
    )


def _lines(
    key: str, given: Mapping[str, object], entry: Entry, defaults: Entry | None
) -> tuple[int, ...]:
    """Return the lines of what says when a job fires; 0 where it is of another file."""
    value = given.get(key)
    if not value:
        return ()
    if key in entry.value:
        return entry.document.lines(*entry.path, key)
    assert defaults is not None
    if defaults.document is not entry.document:
        return (0,) * (len(value) if isinstance(value, tuple) else 1)
    return entry.document.lines("defaults", key)


def _when(keys: Mapping[str, Read]) -> Iterable[str]:
    for key in WHEN:
        read = keys.get(key)
        yield (read and read.when) or f'"{key}": null'


def _digest(written: Iterable[str]) -> str:
    text = f"{{{', '.join(written)}}}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]
