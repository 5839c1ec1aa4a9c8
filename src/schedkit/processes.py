"""
What the kernel says of processes: which there are, whose they are, how to end a tree of them.

Source: proc(5), prctl(2) PR_SET_CHILD_SUBREAPER.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 100  # of freezing: a tree that forks faster than it is frozen is killed all the same


class Process(NamedTuple):
    """A process; *start* (clock ticks since boot) tells its pid from a reused one."""

    pid: int
    parent: int
    group: int
    session: int
    state: str
    start: int


def become_subreaper() -> None:
    """Make orphaned descendants this process's children, so that they can be found."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def boot_id() -> str:
    """Return what tells this boot of the machine from every other."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def process(pid: int) -> Process | None:
    """Return the process of this pid, None when there is none."""
    try:
        data = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name, in brackets, may hold anything, brackets too: what follows the last one is fixed.
    fields = data[data.rindex(b")") + 2 :].split()
    state, parent, group, session = fields[:4]
    return Process(pid, int(parent), int(group), int(session), state.decode(), int(fields[19]))


def processes() -> dict[int, Process]:
    """Return every process of the machine that can be seen, by pid."""
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return {pid: found for pid in pids if (found := process(pid)) is not None}


def _has_mark(pid: int, mark: str) -> bool | None:
    """Return whether a process's environment has *mark*; None when it lacks that variable."""
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    variable = mark.partition("=")[0].encode() + b"="
    found = next((entry for entry in entries if entry.startswith(variable)), None)
    return None if found is None else found == mark.encode()


def leader_marked(mark: str) -> Process | None:
    """Return the process, leader of a group and orphaned, whose environment has *mark*."""
    for one in processes().values():
        orphaned = one.parent in (1, os.getpid()) and one.pid == one.group and one.state != "Z"
        if orphaned and _has_mark(one.pid, mark):
            return one
    return None


class Tree:
    """
    The processes of one attempt: the leader, what it started, and what these started.

    *mark* is an entry of the environment that all of them inherit. Found is what descends from
    the leader or a known member, and what was orphaned to *reaper* and has a known group or
    session, or the mark. Not found is a process that left its session, forked twice and cleared
    its environment.
    """

    def __init__(self, leader: int, mark: str, reaper: int) -> None:
        self._mark = mark
        self._reaper = reaper
        self._known: dict[int, int] = {}
        self._groups = {leader}
        if (found := process(leader)) is not None:
            self._known[leader] = found.start

    def members(self) -> list[Process]:
        """Return the members that are alive, zombies left out."""
        everything = processes()
        self._known = {
            pid: start
            for pid, start in self._known.items()
            if pid in everything and everything[pid].start == start
        }
        found = True
        while found:
            found = False
            for one in everything.values():
                if one.pid not in self._known and self._belongs(one):
                    self._known[one.pid] = one.start
                    if one.pid in (one.group, one.session):  # led by a member: its own
                        self._groups.add(one.pid)
                    found = True
        return [everything[pid] for pid in self._known if everything[pid].state != "Z"]

    def signal(self, number: int) -> None:
        """Send a signal to every member."""
        _send(self.members(), number)

    def kill(self) -> None:
        """
        Kill every member.

        All of them are stopped first: one that still ran could start another unseen.
        """
        frozen: set[int] = set()
        for _ in range(_ROUNDS):
            fresh = [one for one in self.members() if one.pid not in frozen]
            if not fresh:
                break
            _send(fresh, signal.SIGSTOP)
            frozen |= {one.pid for one in fresh}
        _send(self.members(), signal.SIGKILL)

    def _belongs(self, one: Process) -> bool:
        if one.parent in self._known:
            return True
        if one.parent not in (self._reaper, 1):
            return False
        if one.pid == self._reaper:
            return False
        marked = _has_mark(one.pid, self._mark)
        if marked is not None:  # it is of this run or of another, whatever its group
            return marked
        return one.group in self._groups or one.session in self._groups


def _send(members: Iterable[Process], number: int) -> None:
    for one in members:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(one.pid, number)
