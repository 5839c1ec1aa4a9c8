"""From the keys of a job to the job: with its lines and its digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from schedkit.errors import ConfigError
from schedkit.job import Job, Lines
from schedkit.loader.keys import WHEN, Said
from schedkit.loader.placed import Placed

_CAUSES = {"clock", "after", "on"}  # of these a job has one at least
# In the order of a digest, in which those are that every job always had: it stays the same.
_NOTHING = {key: "" if key in {"after", "on"} else f'"{key}": null' for key in WHEN}


def made(name: str, said: Said, own: Placed, defaults: Placed | None) -> Job:
    """
    Return the job *name* of what its *own* keys say with the *defaults* of the files.

    Raises: ConfigError, with what is wrong with the keys together.
    """
    given, when = said.values, said.when
    if "clock" not in given and not given.keys() & _CAUSES:
        raise ConfigError.of("'clock' is missing")
    if said.drawn:
        given["clock"] = tuple(clock.seeded(name) for clock in given["clock"])
    fires = [when.get(key, nothing) for key, nothing in _NOTHING.items()]
    line, lines = own.document.lines(*own.path)
    return Job(
        **given,
        name=name,
        file=own.document.file,
        line=line,
        directory=own.document.directory,
        digest=_digest(sorted(said.written)),
        schedule_digest=_digest(filter(None, fires)),
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
