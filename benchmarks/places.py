"""Directories in which a scheduler makes and removes files at the price of that alone."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path


def make(prefix: str) -> Path:
    """
    Make a directory whose files have nothing in common with those of others.

    ext4 without a journal looks, for each file that is made, at every one that was removed from the
    same group of blocks in the last minutes, whoever did that: after a few thousand it takes ten
    times as long. The directories in one with this mark have groups of their own.
    """
    base = tempfile.mkdtemp(prefix=prefix)
    subprocess.run(["chattr", "+T", base], stderr=subprocess.DEVNULL, check=False)
    directory = Path(base, "own")
    directory.mkdir()
    return directory


def remove(directory: Path) -> None:
    """Remove it, with all that is in it."""
    shutil.rmtree(directory.parent, ignore_errors=True)
