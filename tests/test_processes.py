"""Trees of real processes: found and ended whole, and nothing else with them."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from running import alive, gone
from schedkit import processes
from schedkit.processes import Tree

pytestmark = pytest.mark.system

_DAEMON = "(setsid sh -c 'echo $$; read go <&3' &) ; "


class Families:
    """Shells that were started, and what they say they have started."""

    def __init__(self) -> None:
        self.pids: list[int] = []
        self._leaders: list[subprocess.Popen[str]] = []

    def start(self, script: str, count: int) -> tuple[Tree, list[int]]:
        """Start a shell that says its own pid and *count* others; then it waits."""
        name = uuid.uuid4().hex
        leader = subprocess.Popen(
            ["/bin/sh", "-c", f"exec 3<&0; {script} echo $$; read go"],
            env={"PATH": os.environ["PATH"], "MARK": name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self._leaders.append(leader)
        assert leader.stdout is not None
        pids = [int(leader.stdout.readline()) for _ in range(count + 1)]
        self.pids += pids
        return Tree(leader.pid, f"MARK={name}", os.getpid()), sorted(pids)

    def close(self) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for leader in self._leaders:
            leader.wait()
            for stream in (leader.stdin, leader.stdout):
                assert stream is not None
                stream.close()


@pytest.fixture
def families() -> Iterator[Families]:
    processes.become_subreaper()
    made = Families()
    yield made
    made.close()
    ctypes.CDLL(None).prctl(processes._PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _pids(tree: Tree) -> list[int]:
    return sorted(one.pid for one in tree.members())


def test_a_tree_is_its_leader_and_what_that_started(families: Families) -> None:
    tree, expected = families.start("sh -c 'echo $$; read go <&3' & ", 1)

    assert expected == _pids(tree)


def test_a_child_that_left_its_session_belongs_to_the_tree(families: Families) -> None:
    tree, expected = families.start("setsid sh -c 'echo $$; read go <&3' & ", 1)

    assert expected == _pids(tree)


def test_a_daemon_that_forked_twice_belongs_to_the_tree(families: Families) -> None:
    tree, expected = families.start(_DAEMON, 1)

    assert expected == _pids(tree)


def test_what_a_daemon_started_belongs_to_the_tree_when_the_leader_is_gone(
    families: Families,
) -> None:
    script = "(setsid sh -c 'sh -c \"echo \\$\\$; read go <&3\" & echo $$; wait' &) ; "
    tree, pids = families.start(script, 2)
    leader = families._leaders[0].pid
    os.kill(leader, signal.SIGKILL)
    gone(leader)

    assert [pid for pid in pids if pid != leader] == _pids(tree)


def test_killing_a_tree_ends_all_of_it(families: Families) -> None:
    ignoring = "sh -c 'trap \"\" TERM HUP INT; echo $$; read go <&3' & "
    tree, pids = families.start(f"{_DAEMON} {ignoring} setsid {ignoring}", 3)

    tree.kill()

    assert [gone(pid) for pid in pids] == [True] * 4
    assert tree.members() == []


def test_a_signal_reaches_every_member(families: Families) -> None:
    tree, pids = families.start(f"{_DAEMON} setsid sh -c 'echo $$; read go <&3' & ", 2)

    tree.signal(signal.SIGTERM)

    assert [gone(pid) for pid in pids] == [True] * 3


def test_killing_a_tree_leaves_another_one_alone(families: Families) -> None:
    tree, _ = families.start(_DAEMON, 1)
    _, others = families.start(_DAEMON, 1)

    tree.kill()

    assert [alive(pid) for pid in others] == [True, True]


def test_orphans_of_one_session_are_told_apart(families: Families) -> None:
    """What the jobs of a runner that was killed are: each in its group, all in its session."""
    script = (
        "import subprocess\n"
        "for name in '12':\n"
        "    line = 'sh -c \"echo \\\\$\\\\$; exec sleep 1000\" & echo $$; wait'\n"
        "    job = subprocess.Popen(['sh', '-c', line], env={'MARK': name}, process_group=0,\n"
        "                           stdout=subprocess.PIPE)\n"
        "    print(job.pid, *map(int, (job.stdout.readline(), job.stdout.readline())))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script],
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    first, second = (list(map(int, line.split())) for line in answer.stdout.splitlines())
    families.pids += [*first, *second]
    tree = Tree(first[0], "MARK=1", os.getpid())

    assert sorted(set(first)) == _pids(tree)


def test_a_tree_that_is_gone_has_no_members(families: Families) -> None:
    tree, _ = families.start("", 0)
    tree.kill()
    gone(families.pids[0])
    families._leaders[0].wait()

    assert tree.members() == []


def test_another_process_of_the_same_pid_is_no_member(families: Families) -> None:
    """The leader has ended before the tree was looked at, and its pid has been given again."""
    tree, (pid,) = families.start("", 0)
    tree._known[pid] -= 1
    tree._groups.clear()
    tree._reaper = 0

    assert tree.members() == []


@pytest.mark.parametrize("name", ["sleep) R 1 1", "a b\tc", "((", ") )"])
def test_a_process_may_have_any_name(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    shutil.copy("/bin/sleep", program)
    child = subprocess.Popen([program, "1000"])

    found = processes.process(child.pid)

    child.kill()
    child.wait()
    assert found is not None
    assert (found.pid, found.parent, found.group) == (child.pid, os.getpid(), os.getpgrp())


def test_there_is_no_process_of_a_pid_that_nobody_has() -> None:
    child = subprocess.Popen(["/bin/true"])
    child.wait()

    assert processes.process(child.pid) is None


def test_every_process_is_found() -> None:
    found = processes.processes()

    assert found[os.getpid()].parent == os.getppid()


def test_the_boot_has_one_id() -> None:
    assert (processes.boot_id(), len(processes.boot_id())) == (processes.boot_id(), 36)
