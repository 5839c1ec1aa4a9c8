"""
What the kernel says of processes: which there are, whose they are, how to end a tree of them.

Source: proc(5), prctl(2) PR_SET_CHILD_SUBREAPER.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from schedkit.typed import NamedTuple

_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 100  # of freezing: a tree that forks faster than it is frozen is killed all the same
TICK = 10**9 // os.sysconf("SC_CLK_TCK")  # nanoseconds; what starts are rounded down to


class Process(NamedTuple):
    """A process; *start* (nanoseconds since boot, rounded down) tells its pid from a reused one."""

    pid: int
    parent: int
    group: int
    session: int
    state: str
    start: int
    threads: int

    @property
    def alive(self) -> bool:
        """Whether it still runs. One whose first thread alone has ended is shown as a zombie."""
        return self.state not in "ZX" or self.threads > 1


def become_subreaper() -> None:
    """Make orphaned descendants this process's children, so that they can be found."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def boot_id() -> str:
    """Return what tells this boot of the machine from every other."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def process(pid: int) -> Process | None:
    """Return the process of this pid, None when there is none."""
    data = _read(f"/proc/{pid}/stat")
    if not data:
        return None
    # The name, in brackets, may hold anything, brackets too: what follows the last one is fixed.
    fields = data[data.rindex(b")") + 2 :].split()
    state, parent, group, session = fields[:4]
    return Process(
        pid, int(parent), int(group), int(session), state.decode(),
        int(fields[19]) * TICK, int(fields[17]),
    )  # fmt: skip


def processes() -> dict[int, Process]:
    """Return every process of the machine that can be seen, by pid."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208  # 3x faster
    return {pid: found for pid in pids if (found := process(pid)) is not None}


class Reaped(NamedTuple):
    """A child that has ended: what it was, and how it ended, as wait tells."""

    pid: int
    process: Process | None
    status: int
    cpu_time: timedelta
    peak_memory_kb: int


def reaped() -> Iterator[Reaped]:
    """Reap the children that have ended; yield them."""
    with suppress(ChildProcessError):
        while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            what = process(found.si_pid)  # while its pid is its own
            pid, status, usage = os.wait4(found.si_pid, 0)
            cpu_time = timedelta(seconds=usage.ru_utime + usage.ru_stime)
            yield Reaped(pid, what, status, cpu_time, usage.ru_maxrss)


def _read(path: str) -> bytes:
    """Return what a file of /proc says, nothing when its process is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        data = b""
        while part := os.read(descriptor, 1 << 16):
            data += part
    except OSError:
        return b""
    else:
        return data
    finally:
        os.close(descriptor)


class Census:
    """
    The processes of one moment, for as many trees as ask.

    Those whose pids are in *apart* are leaders of their own: no orphans of any other tree.
    """

    def __init__(self, apart: Collection[int] = ()) -> None:
        self.processes = processes()
        self._apart = apart
        self._environments: dict[int, list[bytes]] = {}

    @cached_property
    def children(self) -> dict[int, list[Process]]:
        """The processes by their parents."""
        found: defaultdict[int, list[Process]] = defaultdict(list)
        for one in self.processes.values():
            found[one.parent].append(one)
        return found

    def knows(self, pid: int) -> bool:
        """Return whether a process leads a tree."""
        return pid in self._apart

    def orphans(self, reapers: Collection[int]) -> list[Process]:
        """Return what may have been left to one of these processes by its parent."""
        return [
            one
            for reaper in reapers
            for one in self.children.get(reaper, ())
            if one.pid not in self._apart and one.pid not in reapers
        ]

    def has(self, pid: int, mark: str) -> bool | None:
        """Return whether a process's environment has *mark*; None when it lacks that variable."""
        if pid not in self._environments:
            self._environments[pid] = _read(f"/proc/{pid}/environ").split(b"\0")
        variable = os.fsencode(mark.partition("=")[0]) + b"="
        found = [entry for entry in self._environments[pid] if entry.startswith(variable)]
        return os.fsencode(mark) in found if found else None

    def leader(self, mark: str, sessions: Collection[int]) -> Process | None:
        """
        Return the process that was started with *mark*: the eldest leader of a group.

        It is in one of *sessions*, the keepers': none of them leaves that by itself, being a
        leader.
        """
        leaders = [
            one
            for one in self.processes.values()
            if one.alive and one.pid == one.group and one.session in sessions
            if one.pid not in self._apart and self.has(one.pid, mark)
        ]
        return min(leaders, key=lambda one: one.start, default=None)


class Tree:
    """
    The processes of one attempt: the leader, what it started, and what these started.

    The leader began before *until* (nanoseconds since boot). *mark* is an entry of the
    environment that all of them inherit. Found is what descends from the leader or a known
    member, and what was orphaned to one of *reapers* and has the mark or, when it has cleared its
    environment, a known group or session. Not found is a process that left its session, forked
    twice and cleared its environment before anybody looked.
    """

    def __init__(self, leader: int, until: int, mark: str, reapers: Iterable[int]) -> None:
        self._leader = leader
        self._until = until
        self._mark = mark
        self.reapers = set(reapers)
        self._known: dict[int, int] = {}
        self._groups = {leader}

    def members(self, census: Census) -> list[Process]:
        """Return the members that are alive."""
        everything = census.processes
        known = [
            everything[pid]
            for pid, start in self._known.items()
            if pid in everything and everything[pid].start == start
        ]
        leader = everything.get(self._leader)
        if leader is not None and leader.start <= self._until:
            known.append(leader)
        self._known = {}
        self._add(known, census)
        orphans = census.orphans(self.reapers)
        while found := [one for one in orphans if self._is_orphan(one, census)]:
            self._add(found, census)
        return [everything[pid] for pid in self._known if everything[pid].alive]

    def _add(self, found: list[Process], census: Census) -> None:
        """Take in members with all that descends from them."""
        while found:
            one = found.pop()
            if one.pid in self._known:
                continue
            self._known[one.pid] = one.start
            if one.pid in (one.group, one.session):  # led by a member: its own
                self._groups.add(one.pid)
            found += census.children.get(one.pid, ())

    def _is_orphan(self, one: Process, census: Census) -> bool:
        if one.pid in self._known:
            return False
        marked = census.has(one.pid, self._mark)
        if marked is not None:  # it is of this run or of another, whatever its group
            return marked
        return one.group in self._groups or one.session in self._groups


def send(trees: Collection[Tree], number: int, apart: Collection[int] = ()) -> None:
    """Send a signal to every member of these trees; one that is stopped goes on, to get it."""
    for one in _members(trees, Census(apart)):
        _signal(one, number)
        if one.state == "T":
            _signal(one, signal.SIGCONT)


def kill(trees: Collection[Tree], apart: Collection[int] = ()) -> None:
    """
    Kill every member of these trees.

    All of them are stopped first: one that still ran could start another unseen.
    """
    frozen: set[tuple[int, int]] = set()
    members: list[Process] = []
    for _ in range(_ROUNDS):
        members = _members(trees, Census(apart))
        fresh = [one for one in members if (one.pid, one.start) not in frozen]
        if not fresh:
            break
        for one in fresh:
            _signal(one, signal.SIGSTOP, group=True)
        frozen |= {(one.pid, one.start) for one in fresh}
    for one in members:
        _signal(one, signal.SIGKILL, group=True)


def _members(trees: Iterable[Tree], census: Census) -> list[Process]:
    return [one for tree in trees for one in tree.members(census)]


def _signal(one: Process, number: int, *, group: bool = False) -> None:
    """Send a signal to this very process, and with *group* to the whole group that it leads."""
    try:
        descriptor = os.pidfd_open(one.pid)
    except ProcessLookupError:
        return
    except OSError:  # a kernel, or a container, that does not have it
        descriptor = None
    try:
        found = process(one.pid)
        if found is None or found.start != one.start:
            return  # its pid is another one's by now
        # One by one they could fork faster than they are found.
        if group and one.pid == one.group:
            os.killpg(one.group, number)
        if descriptor is not None:
            signal.pidfd_send_signal(descriptor, number)
        else:
            os.kill(one.pid, number)
    except (ProcessLookupError, PermissionError):
        pass
    finally:
        if descriptor is not None:
            os.close(descriptor)
