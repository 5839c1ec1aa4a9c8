"""Where the programs are that schedkit is measured beside; what is not there is not measured."""

from __future__ import annotations

import shutil
from pathlib import Path

_VENV = Path(__file__).with_name(".peers") / "bin"


def program(name: str) -> str | None:
    """Return the path of a program: from the venv of the peers, else from where Debian puts it."""
    inside = _VENV / name
    return str(inside) if inside.exists() else shutil.which(name)
