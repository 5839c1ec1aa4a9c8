"""
The last good schedule, kept in the state directory: a runner that starts while the files are
broken goes on with it.

It is the compiled form, pickled, in a directory that only its user can write to.
"""

from __future__ import annotations

import pickle
from pathlib import Path

from schedkit import __version__
from schedkit.config import Config

_NAME = "last-good"


def keep(state: Path, config: Config) -> None:
    """
    Keep what the files say, in place of what they said before.

    Raises: OSError.
    """
    temporary = state / f"{_NAME}.new"
    temporary.touch(mode=0o600)
    temporary.write_bytes(pickle.dumps((__version__, config), pickle.HIGHEST_PROTOCOL))
    temporary.replace(state / _NAME)


def last_good(state: Path) -> Config | None:
    """Return what the files said when they were good, None when no runner of this version knew."""
    try:
        version, config = pickle.loads((state / _NAME).read_bytes())  # noqa: S301  # our own
    except Exception:  # noqa: BLE001  # whatever is wrong with it, there is none to go on with
        return None
    return config if version == __version__ and isinstance(config, Config) else None
