"""Files of schedules as a user writes them, and the command line that reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from schedkit import loader
from schedkit.config import Config
from schedkit.job import Job
from schedkit.loader import Diagnostic, InvalidFileError
from schedkit.report import full

NAME = "schedules.yaml"
VALID = """
timezone: Europe/Berlin
defaults:
  timeout: 1h
  retry: {max_retries: 2, delay: 30s, backoff: exponential}
  env: {LANG: C}
x-mornings: &mornings
  clock: daily at 07:00
jobs:
  backup:
    description: Dump the shop
    command: pg_dump shop | gzip > shop.gz
    clock: daily at 02:30
    timeout: 2h
  settle:
    command: [./settle, --final]
    clock: [monthly last at 08:00, {weekly: [mon, thu], at: "09:00"}]
    filters: [weekday, not: {on_date: 12-25}, any: [weekend, between_times 08:00-16:00]]
    adjustments: [add 5d, next_weekday]
  greet:
    <<: *mornings
    python: acme.greetings:hello
    params: {name: yes, loud: true, times: 3}
    env: {TOKEN: {from_file: token}, HOME: {from_env: HOME}}
"""


def text(written: str) -> str:
    """Return a block of a test without the indentation of the test."""
    return dedent(written).strip("\n")


def load(written: str | bytes | dict[str, str], *paths: str) -> Config:
    """Return what files say that are written into the working directory of the test."""
    if not isinstance(written, dict):
        data = dedent(written).encode() if isinstance(written, str) else written
        Path(NAME).write_bytes(data)
        return loader.load([Path(NAME)])
    for name, contents in written.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(dedent(contents), encoding="utf-8")
    return loader.load([Path(path) for path in paths or written])


def job(keys: str) -> Job:
    """Return the job that *keys*, lines below its name, make; what must be there is added."""
    lines = dedent(keys).strip("\n").split("\n")
    if not any(line.startswith(("command:", "python:")) for line in lines):
        lines.append("command: ./run")
    if not any(line.startswith("clock:") for line in lines):
        lines.append("clock: every 1h")
    (found,) = load("jobs:\n  a:\n" + "".join(f"    {line}\n" for line in lines)).jobs
    return found


def diagnostics(written: str | bytes | dict[str, str], *paths: str) -> list[Diagnostic]:
    """Return everything that is wrong with files."""
    with pytest.raises(InvalidFileError) as caught:
        load(written, *paths)
    return caught.value.diagnostics


def refused(written: str | bytes | dict[str, str], *paths: str) -> str:
    """Return everything that is wrong with files, as a person sees it: place, caret, way out."""
    return "\n".join(map(full, diagnostics(written, *paths)))


# ---- the command line


class Answer(NamedTuple):
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def complaint(self) -> str:
        """What stands in the box that typer draws around a wrong use, in one line."""
        lines = [line.strip("│ ") for line in self.stderr.splitlines() if line.startswith("│")]
        return " ".join(lines)


@dataclass(frozen=True)
class Sched:
    """The command `sched`, in a directory of its own and in UTC."""

    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command: nothing of who runs the tests."""
        return {
            "HOME": str(self.directory / "home"),
            "XDG_CACHE_HOME": str(self.directory / "cache"),
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            "TERM": "xterm",
            "COLUMNS": "80",
        }

    def write(self, written: str, name: str = NAME) -> None:
        """Write a file into the directory."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(written), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command line whose answer is of no interest."""
        return subprocess.Popen(
            [sys.executable, "-m", "schedkit", *arguments],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __call__(self, *arguments: str, **environment: str) -> Answer:
        """Run a command line to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "schedkit", *arguments],
            cwd=self.directory,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def imports(self, *arguments: str, **environment: str) -> set[str]:
        """Return the modules that a command line imports until its end, as Python tells them."""
        answer = self(*arguments, PYTHONPROFILEIMPORTTIME="1", **environment)
        told = (line.split("|") for line in answer.stderr.splitlines())
        return {parts[2].strip() for parts in told if parts[0].startswith("import time:")}
