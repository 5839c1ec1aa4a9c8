"""What the process imports: it is there all the time beside the runner."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from running import LIMIT
from schedkit import arrivals

pytestmark = pytest.mark.system

_MAIN = Path(arrivals.__file__).with_name("__main__.py")
_HANDY = {"contextlib", "dataclasses", "glob", "hashlib", "pathlib", "signal", "typing"}


def test_it_does_without_what_is_handy_and_large() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", _MAIN],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=LIMIT,
        check=True,
        text=True,
    )

    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "schedkit.arrivals.loop" in imported
    assert set() == imported & _HANDY
    ours = {name for name in imported if name.startswith("schedkit.")}
    assert {"schedkit.inotify"} == {
        name for name in ours if not name.startswith("schedkit.arrivals")
    }
