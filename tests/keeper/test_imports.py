"""What a keeper imports: it is to stay small, for the memory of a job begins with its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from running import LIMIT
from schedkit import keeper

pytestmark = pytest.mark.system

_MAIN = Path(keeper.__file__).with_name("__main__.py")
_HANDY = {"collections", "contextlib", "enum", "functools", "pathlib", "re", "signal", "typing"}


def test_it_does_without_what_is_handy_and_large(tmp_path: Path) -> None:
    runner, control = socket.socketpair()
    runner.close()  # so that it ends at once
    with control, (tmp_path / "journal").open("wb") as journal:
        descriptors = (journal.fileno(), control.fileno())
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-X", "importtime", _MAIN, *map(str, descriptors)],
            pass_fds=descriptors,
            stderr=subprocess.PIPE,
            timeout=LIMIT,
            check=True,
            text=True,
        )

    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "schedkit.keeper.loop" in imported
    assert set() == imported & _HANDY
