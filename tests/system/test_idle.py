"""A runner with nothing to do: it sleeps, and holds no module that it has no use for."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from breaking import keeper
from receivers import hangs, receiving
from running import LIMIT, Running, Sched, pass_time
from telling import notifiers, webhook

pytestmark = pytest.mark.system

_JOBS = 2_000
_LOOK = timedelta(milliseconds=200)
_QUIET = timedelta(seconds=3)
_BY_HAND = "  by_hand: {command: [/bin/true], clock: yearly 01-01 at 00:00}\n"

# What jobs need that run after others, on events or files, that promise something or tell somebody.
_AROUND = {
    "alternatives", "answers", "causes", "children", "conditions", "consequences", "deliveries",
    "expectations", "expecting", "gate", "incoming", "listening", "messages", "notices",
    "reactions", "receivers", "sla", "spelling", "telling",
}  # fmt: skip
# What YAML is read with, what a command line is read with, and what comes with either of them or
# with a standard module that is handy: 0.3 to 30 MB each, for as long as a runner runs.
_USELESS = {
    "_hashlib", "apprise", "argparse", "asyncio", "click", "concurrent", "croniter", "cryptography",
    "dataclasses", "dateutil", "decimal", "email", "exchange_calendars", "filelock", "fractions",
    "hashlib", "holidays", "http", "icalendar", "importlib.metadata", "inspect",
    "multiprocessing", "numpy", "optparse", "pandas", "platform", "pydantic", "pydantic_core",
    "random", "rich", "secrets", "shutil", "smtplib", "ssl", "statistics", "subprocess",
    "tempfile", "typer", "typing", "urllib.request", "uuid", "xml", "yaml", "zipfile",
}  # fmt: skip


class _Thread(NamedTuple):
    state: str
    sleeps: int


def _threads(*pids: int) -> dict[str, _Thread]:
    """Return how the threads of processes are, and how often each went to sleep by itself."""
    return {
        path.name: _thread(path / "status")
        for pid in pids
        for path in Path(f"/proc/{pid}/task").iterdir()
    }


def _thread(status: Path) -> _Thread:
    lines = status.read_text(encoding="utf-8").splitlines()
    said = dict(line.split(":", 1) for line in lines)
    return _Thread(said["State"].split()[0], int(said["voluntary_ctxt_switches"]))


def _at_rest(*pids: int) -> dict[str, _Thread]:
    """Wait until all threads sleep and none of them wakes up; return them."""
    deadline = time.monotonic() + LIMIT
    before: dict[str, _Thread] = {}
    while (now := _threads(*pids)) != before or any(one.state != "S" for one in now.values()):
        assert time.monotonic() < deadline, f"they do not come to rest: {now}"
        before = now
        pass_time(_LOOK)
    return now


def _family(sched: Sched, runner: Running) -> tuple[int, int]:
    """Return the pids of a runner and its keeper, which has run a job."""
    assert not sched("trigger", "by_hand", "--wait").returncode
    return runner.process.pid, keeper(sched, runner)


def test_nothing_wakes_up_while_nothing_is_due(sched: Sched) -> None:
    later = "".join(
        f"  j{number}: {{command: [/bin/true], clock: yearly 01-01 at 00:{number % 60:02}}}\n"
        for number in range(_JOBS)
    )
    sched.write(f"jobs:\n{_BY_HAND}{later}")
    pids = _family(sched, sched.run())
    before = _at_rest(*pids)

    pass_time(_QUIET)

    assert before == _threads(*pids)
    assert {str(pid) for pid in pids} == set(before)  # one thread each


def test_nothing_wakes_up_for_a_job_that_runs_and_says_nothing(sched: Sched) -> None:
    sched.write(f"""
jobs:
{_BY_HAND}
  a: {{command: 'echo x > words; read go < go', clock: startup, timeout: 1h}}
""")
    pids = _family(sched, sched.run())
    sched.word()
    before = _at_rest(*pids)

    pass_time(_QUIET)

    assert before == _threads(*pids)


def test_nothing_wakes_up_while_a_receiver_hangs(sched: Sched) -> None:
    with receiving(hangs) as receiver:
        sched.write(f"""
{webhook(receiver, "success")}
jobs:
{_BY_HAND}
""")
        runner = sched.run()
        family = _family(sched, runner)
        receiver.asked()
        pids = (*family, *notifiers(runner))
        before = _at_rest(*pids)

        pass_time(_QUIET)

        assert before == _threads(*pids)
    assert len(pids) == 3


def _useless(modules: Iterable[str]) -> set[str]:
    return {name for name in modules if name in _USELESS or name.partition(".")[0] in _USELESS}


def test_a_runner_imports_nothing_that_it_has_no_use_for(sched: Sched) -> None:
    sched.write(f"jobs:\n{_BY_HAND}")
    runner = sched.run(under=["env", "PYTHONPROFILEIMPORTTIME=1"])
    assert not sched("trigger", "by_hand", "--wait").returncode
    code, _ = runner.stop()

    modules = {
        line["message"].rpartition("|")[2].strip()
        for line in runner.said
        if line["message"].startswith("import time:")
    }
    assert code == 0
    assert "schedkit.runner" in modules
    assert set() == _useless(modules)
    assert set() == modules & {f"schedkit.{name}" for name in _AROUND}


def test_what_jobs_need_that_do_not_go_by_time_alone_is_as_small() -> None:
    names = ", ".join(f"schedkit.{name}" for name in sorted(_AROUND))
    asked = f"import sys, {names}; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=LIMIT, check=True
    )

    assert set() == _useless(answer.stdout.split())
