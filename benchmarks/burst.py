"""Goal 8: many jobs due at one instant, all recorded durably, their output kept."""

from __future__ import annotations

from statistics import median

from benchmarks.bursts import burst, compared, limit
from benchmarks.common import TIMES, Goal, Line, duration
from benchmarks.crowds import Outcome, busy, outcomes

JOBS = 1000
ROUNDS = 5
SAID = (
    f"{JOBS:,} jobs due at one instant, all recorded durably, output kept, until 99 of 100 have"
    " ended: plain commands in at most 0.75 times what a loop of posix_spawn through sh in C takes,"
    " commands for a shell in at most 1.5 times; a third of cronstable with its store; none is lost"
    " and none runs twice, also on a busy machine"
)
NOTES = """\
Both run the same command. A plain one, `/bin/true`, the loop starts through sh as cron does; \
schedkit, by make's rule, without it. The one for a shell is `true; true`, which sh itself \
does.
The loop records nothing and keeps no output. What it takes without sh is the least that so \
many processes take.
Beside peers each job is a program that writes down when it ended, which tells as well whether \
one was lost or ran twice. cronstable keeps records and outputs in its store (`state`, \
`archiveOutput`); the others record nothing. Those that know no seconds have their turn in the \
next full minute, once.
On a busy machine two processes for each core do nothing but compute.
"""
_MOST_PLAIN, _MOST_FOR_SHELL, _LEAST_CRONSTABLE = 0.75, 1.5, 3.0  # times as long
_PLAIN, _FOR_SHELL = "/bin/true", "true; true"
_LOOP, _LOOP_ALONE = "a loop in C, through sh", "a loop in C, without sh"


def measure() -> Goal:
    """Return how long it takes."""
    lines = [*_beside_the_limit(), *_beside_peers()]
    with busy():
        ours = outcomes(JOBS, rounds=1, names=["schedkit"])["schedkit"]
    lines += _whole("the same on a busy machine", ours)
    return Goal(8, SAID, lines, NOTES.splitlines())


def _beside_the_limit() -> list[Line]:
    plain: list[float] = []
    for_shell: list[float] = []
    loops: dict[str, list[float]] = {_PLAIN: [], _FOR_SHELL: [], "alone": []}
    with limit() as loop:
        for _ in range(ROUNDS):
            plain.append(burst(f"'{_PLAIN}'", JOBS).most)
            loops[_PLAIN].append(loop.through_sh(_PLAIN, JOBS).most)
            loops["alone"].append(loop.alone(_PLAIN, JOBS).most)
            for_shell.append(burst(f"'{_FOR_SHELL}'", JOBS).most)
            loops[_FOR_SHELL].append(loop.through_sh(_FOR_SHELL, JOBS).most)
    took = {name: median(times) for name, times in loops.items()}
    return [
        compared("`/bin/true`", median(plain), took[_PLAIN], _MOST_PLAIN, "the loop through sh"),
        Line("", _LOOP, duration(took[_PLAIN] * 1000)),
        Line("", _LOOP_ALONE, duration(took["alone"] * 1000)),
        compared("`true; true`", median(for_shell), took[_FOR_SHELL], _MOST_FOR_SHELL, "the loop"),
        Line("", _LOOP, duration(took[_FOR_SHELL] * 1000)),
    ]


def _beside_peers() -> list[Line]:
    found = outcomes(JOBS, rounds=2)
    ours = found.pop("schedkit")
    lines = [Line("a program that writes one line", "schedkit", duration(ours.most * 1000))]
    for name, theirs in found.items():
        ratio = theirs.most / ours.most
        least = _LEAST_CRONSTABLE if name.startswith("cronstable") else None
        wanted = "" if least is None else f"≥ {least:g}{TIMES}"
        met = None if least is None else ratio >= least
        figure = f"{duration(theirs.most * 1000)}{theirs.said}"
        lines.append(Line("", name, figure, f"{ratio:.3g}{TIMES}", wanted, met))
    return lines + _whole("lost or twice", ours)


def _whole(work: str, ours: Outcome) -> list[Line]:
    figure = f"{ours.lost} lost, {ours.twice} twice"
    return [Line(work, "schedkit", figure, "", "0, 0", not ours.lost and not ours.twice)]
