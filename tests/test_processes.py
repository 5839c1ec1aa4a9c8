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

from launching import kill
from running import alive, gone
from schedkit import processes
from schedkit.keeper.journal import boottime
from schedkit.processes import Census, Tree

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
        return Tree(leader.pid, boottime(), f"MARK={name}", {os.getpid()}), sorted(pids)

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
    return sorted(one.pid for one in tree.members(Census()))


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

    processes.kill([tree])

    assert [gone(pid) for pid in pids] == [True] * 4
    assert tree.members(Census()) == []


def test_a_signal_reaches_every_member(families: Families) -> None:
    tree, pids = families.start(f"{_DAEMON} setsid sh -c 'echo $$; read go <&3' & ", 2)

    processes.send([tree], signal.SIGTERM)

    assert [gone(pid) for pid in pids] == [True] * 3


def test_killing_a_tree_leaves_another_one_alone(families: Families) -> None:
    tree, _ = families.start(_DAEMON, 1)
    _, others = families.start(_DAEMON, 1)

    processes.kill([tree])

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
    tree = Tree(first[0], boottime(), "MARK=1", {os.getpid()})

    assert sorted(set(first)) == _pids(tree)


def test_a_tree_that_is_gone_has_no_members(families: Families) -> None:
    tree, _ = families.start("", 0)
    processes.kill([tree])
    gone(families.pids[0])
    families._leaders[0].wait()

    assert tree.members(Census()) == []


def test_another_process_of_the_same_pid_is_no_member(families: Families) -> None:
    """The leader has ended before the tree was looked at, and its pid has been given again."""
    tree, (pid,) = families.start("", 0)
    found = processes.process(pid)
    assert found is not None

    tree = Tree(pid, found.start - 1, "MARK=other", set())

    assert tree.members(Census()) == []


def test_a_known_member_whose_pid_another_one_has_is_none_any_more(families: Families) -> None:
    tree, pids = families.start("setsid sh -c 'echo $$; read go <&3' & ", 1)
    (other,) = [pid for pid in pids if pid != families._leaders[0].pid]
    kill(families._leaders[0].pid)
    tree.reapers.clear()

    tree._known = {other: 5}

    assert tree.members(Census()) == []


def test_one_whose_first_thread_has_ended_is_alive(families: Families) -> None:
    """It is shown as a zombie."""
    script = (
        "import ctypes, os, threading\n"
        "threading.Thread(target=lambda: os.read(3, 1)).start()\n"
        "print(os.getpid(), flush=True)\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    tree, pids = families.start(f"{sys.executable} -c '{script}' & ", 1)
    (pid,) = [pid for pid in pids if pid != families._leaders[0].pid]
    while (found := processes.process(pid)) is not None and found.state != "Z":
        pass

    before = pid in _pids(tree)
    processes.kill([tree])

    assert (before, gone(pid)) == (True, True)


def test_killing_ends_what_forks_without_an_end(families: Families) -> None:
    script = "sh -c 'echo $$; while :; do (sleep 0.01; sleep 1000) & sleep 0.001; done' & "
    tree, pids = families.start(script, 1)

    processes.kill([tree])

    assert [gone(pid) for pid in pids] == [True, True]
    while tree.members(Census()):  # what is killed may need a moment to die
        pass


def test_several_trees_are_ended_together(families: Families) -> None:
    trees = [families.start(_DAEMON, 1) for _ in range(3)]
    other, others = families.start(_DAEMON, 1)

    processes.kill([tree for tree, _ in trees])

    assert all(gone(pid) for _, pids in trees for pid in pids)
    assert _pids(other) == others


def test_one_that_is_stopped_goes_on_to_get_its_signal(families: Families) -> None:
    tree, (pid,) = families.start("", 0)
    os.kill(pid, signal.SIGSTOP)
    while (found := processes.process(pid)) is not None and found.state != "T":
        pass

    processes.send([tree], signal.SIGTERM)

    assert gone(pid)


def test_leaders_of_other_trees_are_no_orphans_of_one_that_lost_its_mark(
    families: Families,
) -> None:
    tree, (pid,) = families.start("", 0)
    _, (other,) = families.start("", 0)
    tree._groups.add(other)
    tree._mark = "OTHER=5"

    found = [one.pid for one in tree.members(Census({other}))]

    assert found == [pid]


def test_the_eldest_leader_with_the_mark_is_the_one_that_was_started() -> None:
    script = "setsid sh -c 'exec sleep 1000' & echo $!; set -m; sleep 1000 & echo $!; read go"
    leader = subprocess.Popen(
        ["/bin/sh", "-c", script],
        env={"PATH": os.environ["PATH"], "MARK": "5"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert leader.stdout is not None
    assert leader.stdin is not None
    pids = [int(leader.stdout.readline()) for _ in range(2)]

    found = Census().leader("MARK=5", {leader.pid})
    others = [Census({leader.pid}).leader("MARK=5", {leader.pid}), Census().leader("MARK=5", {1})]

    for pid in [*pids, leader.pid]:
        os.kill(pid, signal.SIGKILL)
    leader.wait()
    leader.stdin.close()
    leader.stdout.close()
    assert found is not None
    assert (found.pid, others[1]) == (leader.pid, None)
    assert others[0] is None or others[0].pid == pids[1]


def test_children_are_reaped_with_what_they_were() -> None:
    child = subprocess.Popen(["/bin/sh", "-c", "exit 5"], process_group=0)
    gone(child.pid)

    (found,) = [one for one in processes.reaped() if one.pid == child.pid]

    child.returncode = 0
    assert found.process is not None
    assert (found.process.group, os.waitstatus_to_exitcode(found.status)) == (child.pid, 5)


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
