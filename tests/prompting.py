"""Somebody at the prompt of a shell: types, presses Tab, and looks at what is run then."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from files import Sched

PROGRAM = Path(sys.executable).with_name("sched")
_LONGEST = 30.0  # seconds: a shell and ten of our processes start in two
# In place of sched: it completes as sched does, and when it is run it says with what.
_STAND_IN = """#!/bin/sh
if [ -n "$_SCHED_COMPLETE" ]; then exec {program} "$@"; fi
printf '<'; printf '[%s]' "$@"; printf '>\\n'
"""
_COMMANDS = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
_BEGINNINGS = {
    "bash": "bind 'set enable-bracketed-paste off'; bind 'set page-completions off'",
    "zsh": "autoload -Uz compinit; compinit -u -D; unsetopt beep",
    "fish": "set -g fish_greeting; set -g fish_color_autosuggestion black",
}


class Prompt:
    """An interactive shell on a terminal, in the directory of *sched*, which it completes."""

    def __init__(self, shell: str, sched: Sched) -> None:
        self._places = sched.directory / "shell"
        self._places.mkdir()
        stand_in = self._places / "sched"
        stand_in.write_text(_STAND_IN.format(program=PROGRAM), encoding="utf-8")
        stand_in.chmod(0o755)
        self._environment = sched.environment | {
            "PATH": f"{self._places}:{os.environ['PATH']}",
            "HOME": str(self._places),
            "XDG_CONFIG_HOME": str(self._places),
            "XDG_DATA_HOME": str(self._places),
            "LC_ALL": "C.UTF-8",
            "PS1": "$ ",
        }
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *_COMMANDS[shell]],
            cwd=sched.directory,
            env=self._environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.run(f"{_BEGINNINGS[shell]}; source {self._script(shell)}")

    def _script(self, shell: str) -> Path:
        """Return the script of the completion, as `sched --install-completion` writes it."""
        made = subprocess.run(
            [PROGRAM],
            env=self._environment | {"_SCHED_COMPLETE": f"source_{shell}"},
            capture_output=True,
            check=True,
            timeout=_LONGEST,
        )
        path = self._places / "completion"
        path.write_bytes(made.stdout)
        return path

    def close(self) -> None:
        """Leave the shell."""
        self._process.kill()
        self._process.wait(timeout=_LONGEST)
        os.close(self._ours)

    def run(self, line: str) -> str:
        """Type *line*, with its tabs, and Enter; return what the terminal showed until it ran."""
        done = f"done-{time.monotonic_ns()}"
        os.write(self._ours, f"{line}\r".encode())
        # What is typed next is not read before the line has been run. The mark is put together
        # from two parts: what is typed is shown as well.
        os.write(self._ours, f"printf '%s%s\\n' do {done.removeprefix('do')}\r".encode())
        shown = ""
        deadline = time.monotonic() + _LONGEST
        while done not in shown:
            left = max(deadline - time.monotonic(), 0)
            ready, _, _ = select.select([self._ours], [], [], left)
            assert ready, f"the shell does not answer: {shown!r}"
            shown += os.read(self._ours, 65536).decode(errors="replace")
        return shown

    def ran(self, line: str) -> list[str]:
        """Type *line*, with its tabs, and Enter; return the words that the command was given."""
        shown = self.run(line)
        found = re.findall(r"<(\[.*\])>\r?\n", shown)
        assert found, f"nothing was run: {shown!r}"
        return re.findall(r"\[(.*?)\](?=\[|$)", found[-1])


def missing(shell: str) -> bool:
    """Return whether a shell cannot be tried here."""
    return shutil.which(shell) is None or not PROGRAM.exists()


SHELLS = [
    pytest.param(
        shell,
        marks=[
            pytest.mark.system,
            pytest.mark.skipif(missing(shell), reason=f"there is no {shell}"),
        ],
    )
    for shell in _COMMANDS
]
