"""Events that come by the thousand, from many processes, with a runner up and without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from running import LIMIT, Sched

pytestmark = pytest.mark.system

_PROCESSES, _EACH = 10, 100
_JOB = """
jobs:
  lead:
    command: told=$(cat); echo "$told" >> marks
    on: {event: lead, match: {source: web*}}
    overlap: allow
"""
# Each event is acknowledged before the next one is emitted; every tenth is emitted once more.
_EMITTER = """
import json, sys
from schedkit.control.client import connect
from schedkit.control.protocol import Emit
from schedkit.events import Emitted

state, who, each = sys.argv[1], sys.argv[2], int(sys.argv[3])
runner = connect(state)
for number in range(each):
    key = f"{who}.{number}"
    event = Emitted("lead", json.dumps({"source": "web", "n": key}), key)
    for _ in range(2 if number % 10 == 0 else 1):
        runner.ask(Emit([event]))
"""


@contextmanager
def _emitters(sched: Sched) -> Iterator[list[subprocess.Popen[bytes]]]:
    emitters = [
        subprocess.Popen([sys.executable, "-c", _EMITTER, sched.state, str(who), str(_EACH)])
        for who in range(_PROCESSES)
    ]
    try:
        yield emitters
    finally:
        for one in emitters:
            if one.poll() is None:
                one.kill()
            one.wait()


def test_a_thousand_events_of_ten_processes_are_kept_and_each_starts_one_run(sched: Sched) -> None:
    sched.write(_JOB)
    runner = sched.run()

    with _emitters(sched) as emitters:
        assert [one.wait(LIMIT) for one in emitters] == [0] * _PROCESSES
    sched.until_over()
    runner.stop()

    wanted = {f"{who}.{number}" for who in range(_PROCESSES) for number in range(_EACH)}
    assert Counter(json.loads(mark)["n"] for mark in sched.marks()) == Counter(wanted)
    assert Counter(run["state"] for run in sched.history()) == {"succeeded": len(wanted)}


def test_what_is_emitted_while_no_runner_is_up_starts_its_run_with_the_next_one(
    sched: Sched,
) -> None:
    sched.write(_JOB)
    for number in (1, 2, 2):
        emitted = sched("emit", "lead", "source=web", f"n={number}", "--key", str(number))
        assert emitted.returncode == 0, emitted.stderr

    runner = sched.run()
    runner.until("run succeeded", job="lead")
    sched.until_over()
    runner.kill()
    last = sched.run()
    emitted = sched("emit", "lead", "source=web", "n=3")
    last.until("run succeeded", job="lead")
    last.stop()

    assert emitted.returncode == 0, emitted.stderr
    assert sorted(json.loads(mark)["n"] for mark in sched.marks()) == ["1", "2", "3"]
