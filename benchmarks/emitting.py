"""How many events a second a runner keeps, from several processes, while jobs run for them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from statistics import median
from typing import NamedTuple

from benchmarks.common import Goal, Line
from benchmarks.running import LIMIT, Runner

SAID = (
    "1,000 events a second from ten processes, each acknowledged when it is on the disk, all kept"
    " and each followed by one run"
)
PROCESSES, EACH = 10, 200
ROUNDS = 5
LEAST = 1_000  # a second
NOTES = f"""\
{PROCESSES} processes emit {EACH} events each, every one of them with a key and a payload of its \
own, and wait for each to be acknowledged before the next: synchronous=FULL. Counted is from the \
first that is emitted to the last that is acknowledged, of all of them; with a job, to the end of \
the last run as well.
The job is `/bin/true`; it runs on the event, if the payload matches.
An event that is lost or kept twice, a run too few or too many: then there is no figure.
"""

_FILE = "jobs: {{lead: {{command: /bin/true, {cause}, overlap: allow}}}}\n"
_CAUSES = {
    "nobody listens": "clock: every 1000d",
    "a job runs for each": "on: {event: lead, match: {source: web*}}",
}
_EMITTER = """
import json, sys, time
from schedkit.control.client import connect
from schedkit.control.protocol import Emit
from schedkit.events import Emitted

state, who, each = sys.argv[1], sys.argv[2], int(sys.argv[3])
keys = [f"{who}.{number}" for number in range(each)]
events = [Emitted("lead", json.dumps({"source": "web", "n": key}), key) for key in keys]
with connect(state) as runner:
    print("there", flush=True)
    sys.stdin.readline()
    begin = time.time()
    for event in events:
        runner.ask(Emit([event]))
    print(begin, time.time())
"""


class _Rates(NamedTuple):
    """How many a second were acknowledged, and how many had their run."""

    kept: float
    run: float


def measure() -> Goal:
    """Return how many there are."""
    rates: dict[str, list[_Rates]] = {name: [] for name in _CAUSES}
    for _ in range(ROUNDS):
        for name, cause in _CAUSES.items():
            rates[name].append(_emitted(cause))
    lines = []
    for name, found in rates.items():
        kept = median(one.kept for one in found)
        wanted, met = f"≥ {LEAST:,}/s", kept >= LEAST
        lines.append(Line(f"kept, {name}", "schedkit", f"{kept:,.0f}/s", "", wanted, met))
    run = median(one.run for one in rates["a job runs for each"])
    lines.append(Line("kept and run to the end", "schedkit", f"{run:,.0f}/s"))
    return Goal("emitting", SAID, lines, NOTES.splitlines())


def _emitted(cause: str) -> _Rates:
    """Have all of them emitted to a new runner; return how fast that went."""
    count = PROCESSES * EACH
    runs = count if cause.startswith("on:") else 0
    with Runner(_FILE.format(cause=cause)) as runner:
        runner.until_loaded()
        begin, end = _emit(runner)
        runner.until_recorded(runs)
        last = _last_end(runner, count, runs)
    return _Rates(count / (end - begin), count / (max(last, end) - begin))


def _emit(runner: Runner) -> tuple[float, float]:
    """Let all processes emit at once; return when the first began and when the last was done."""
    state = str(runner.directory / ".sched")
    with ExitStack() as held:
        emitters = [
            held.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _EMITTER, state, str(who), str(EACH)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for who in range(PROCESSES)
        ]
        for one in emitters:
            assert one.stdout is not None
            one.stdout.readline()  # it is there
        for one in emitters:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        said = [one.communicate(timeout=LIMIT)[0].split() for one in emitters]
    times = [[*map(float, pair)] for pair in said]
    return min(begin for begin, _ in times), max(end for _, end in times)


def _last_end(runner: Runner, count: int, runs: int) -> float:
    """
    Return when the last run ended (s).

    Raises: RuntimeError when events or runs were lost, or came twice.
    """
    asked = (
        "SELECT (SELECT count(*) FROM events WHERE name = 'lead'), count(*), count(DISTINCT cause),"
        " total(state = 'succeeded'), (SELECT coalesce(max(ended), 0) FROM attempts) FROM runs"
    )
    *found, last = runner.ask(asked)
    if [*map(int, found)] != [count, runs, runs, runs]:
        raise RuntimeError(f"{count} were emitted; events, runs, causes, good: {found}")
    return last / 1e6
