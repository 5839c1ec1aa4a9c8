"""From the keys of a job to the job: with its place and its digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schedkit import values
from schedkit.job import Job, Keys, Lines
from schedkit.loader.defaults import KEY_NAMES

_SCHEDULE = ("clock", "filters", "adjustments", "timezone", "start", "end", "dst", "enabled")
# Parts of which many jobs have the same: equal ones become one object, which saves memory.
_SHARED = ("retry", "success", "limits", "output", "history", "filters", "adjustments")


def made(
    name: str, keys: Keys, file: Path, line: int, *, lines: Lines, shared: dict[object, object]
) -> Job:
    """Return the job *name* of an absolute *file*; *shared* are the parts of earlier ones."""
    given = {field: getattr(keys, field) for field in KEY_NAMES}
    for field in _SHARED:
        given[field] = shared.setdefault(given[field], given[field])
    given["clock"] = tuple(clock.seeded(name) for clock in keys.clock)
    written = values.written(keys)
    return Job(
        **given,
        name=name,
        file=str(file),
        line=line,
        directory=str(file.parent),
        digest=_digest(written),
        lines=lines,
        schedule_digest=_digest({key: _unordered(key, written) for key in _SCHEDULE}),
    )


def _unordered(key: str, written: Mapping[str, Any]) -> Any:
    """Return what is written of a key; of clocks, which are a union, the order says nothing."""
    value = written.get(key)
    return sorted(value, key=repr) if key == "clock" and value else value


def _digest(written: Any) -> str:
    text = json.dumps(written, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
