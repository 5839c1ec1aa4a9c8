"""Goal 3: verbs that people and prompts wait for, as whole processes, beside Python alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.common import TIMES, Goal, Line, Prepare, Timed, duration, interleaved
from benchmarks.peers import program
from benchmarks.running import Runner

SAID = (
    "`next`, `history`, `list`, `status --check` and completion, warm, in at most half of what a "
    "bare typer command with one option takes, and 3 times what Python alone does"
)
MOST_OVER_TYPER = 0.5
MOST_OVER_PYTHON = 3.0
ROUNDS = 15

PYTHON, TYPER = "python -c pass", "a bare typer command"
JOBS = """\
timezone: Europe/Berlin
jobs:
  backup: {command: "true", clock: daily at 02:30, timeout: 2h}
  report: {command: "true", clock: cron 0 9 * * mon-fri, description: What was sold}
  sync: {command: ["true"], clock: cron 7 */4 * * *}
  payroll: {command: "true", clock: monthly 15 at 09:00, adjustments: [previous_weekday]}
  cleanup: {command: "true", clock: weekly sun at 04:00}
  prices: {command: "true", clock: cron 20 6 * * *, filters: [weekday]}
  digest: {command: "true", clock: daily at 18:45}
  ledger: {command: "true", clock: cron 30 3 1 * *}
  mirror: {command: "true", clock: daily at 23:55, env: {FROM: there}}
  rotate: {command: "true", clock: cron 0 5 * * sat}
"""
BARE = """\
import typer


def main(name: str = "world") -> None:
    print(name)


typer.run(main)
"""
# bash asks this when Tab is pressed after `sched `.
ASKED = {"_SCHED_COMPLETE": "complete_bash", "COMP_WORDS": "sched ", "COMP_CWORD": "1"}
NOTES = """\
Each is a process from its start to its end, its output thrown away. The file of 10 jobs has been \
read, a runner with it is up, and each of its jobs has run.
`sched` is what pip has installed beside this Python: an older pip writes a \
script that imports re first, which nothing here needs and which takes 4 ms.
cronstable and yacron have neither next nor list: what is measured of them is the least they do, \
and how long a look at a file of 10 jobs takes them.
"""


class _Command(NamedTuple):
    argv: Sequence[str]
    more: Mapping[str, str] = {}


def measure() -> Goal:
    """Return what they take."""
    with Runner(JOBS) as runner:
        runner.until_loaded()
        directory = runner.directory
        environment = {**os.environ, "XDG_CACHE_HOME": str(directory / "cache")}
        ours = _ours()
        contestants = ours | _others(directory)
        for job in _names():
            _run(_Command([*ours["history"].argv[:1], "trigger", job]), directory, environment)
        runner.until_recorded(len(_names()))
        for name, command in contestants.items():
            if (code := _run(command, directory, environment)) != 0:
                raise RuntimeError(f"{name} ends with {code}")
        times = interleaved(
            {
                name: _process(command, directory, environment)
                for name, command in contestants.items()
            },
            1,
            ROUNDS,
        )
    lines = [line for name in ours for line in _lines(name, times)]
    beside = [name for name in contestants if name not in ours]
    lines += [
        Line("" if place else "beside them", name, duration(times[name]))
        for place, name in enumerate(beside)
    ]
    return Goal(3, SAID, lines, NOTES.splitlines())


def _names() -> list[str]:
    return [line.split(":")[0].strip() for line in JOBS.splitlines()[2:]]


def _ours() -> dict[str, _Command]:
    sched = str(Path(sys.executable).with_name("sched"))
    verbs = ("next", "history", "list", "status --check")
    return {verb: _Command([sched, *verb.split()]) for verb in verbs} | {
        "completion": _Command([sched], ASKED)
    }


def _others(directory: Path) -> dict[str, _Command]:
    """Write what they need, and return those that are there."""
    script = directory / "bare.py"
    script.write_text(BARE, encoding="utf-8")
    jobs = "".join(
        f"  - name: {name}\n    command: 'true'\n    schedule: '{minute} 9 * * *'\n"
        for minute, name in enumerate(_names())
    )
    (directory / "peers.yaml").write_text(f"jobs:\n{jobs}", encoding="utf-8")
    found = {
        PYTHON: _Command([sys.executable, "-c", "pass"]),
        TYPER: _Command([sys.executable, str(script), "--name", "you"]),
    }
    for peer in ("cronstable", "yacron"):
        if (path := program(peer)) is not None:
            found[f"{peer} --help"] = _Command([path, "--help"])
            found[f"{peer} -v, 10 jobs"] = _Command([path, "-v", "-c", "peers.yaml"])
    return found


def _process(command: _Command, directory: Path, environment: Mapping[str, str]) -> Prepare:
    def timed() -> object:
        return _run(command, directory, environment)

    def prepare(_: int) -> Timed:
        return timed

    return prepare


def _run(command: _Command, directory: Path, environment: Mapping[str, str]) -> int:
    return subprocess.run(
        command.argv,
        cwd=directory,
        env={**environment, **command.more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,  # and no timeout: with one, subprocess looks only now and then
    ).returncode


def _lines(name: str, times: Mapping[str, float]) -> list[Line]:
    ours = times[name]
    alone, typer = ours / times[PYTHON], ours / times[TYPER]
    return [
        Line(
            f"`sched {name}`" if name != "completion" else name,
            "schedkit",
            duration(ours),
            f"{alone:.3g}{TIMES} Python alone",
            f"≤ {MOST_OVER_PYTHON:g}{TIMES}",
            alone <= MOST_OVER_PYTHON,
        ),
        Line(
            "",
            TYPER,
            duration(times[TYPER]),
            f"{typer:.3g}{TIMES} of it",
            f"≤ {MOST_OVER_TYPER:g}{TIMES}",
            typer <= MOST_OVER_TYPER,
        ),
    ]
