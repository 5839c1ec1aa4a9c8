"""The units are what systemd wants, by its own tools."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from configparser import ConfigParser
from datetime import timedelta
from pathlib import Path

import pytest

from schedkit.cli import fastpath
from schedkit.cli.context import Context
from schedkit.job import Keys
from schedkit.settings import RunnerSettings

UNITS = Path(__file__).parents[1] / "systemd"
SERVICES = ["sched.service", "sched@.service", "user/sched.service"]
ANALYZE = shutil.which("systemd-analyze")
with_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


# ---- what they say


def settings(unit: str) -> dict[str, str]:
    """Return the settings of a unit; none of those that are looked at here is there twice."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way
    parser.read(UNITS / unit, encoding="utf-8")
    return {**parser["Unit"], **parser["Service"]}


@pytest.mark.parametrize("unit", SERVICES)
def test_every_unit_lets_jobs_go_on_without_their_runner(unit: str) -> None:
    """Each of these, as systemd has it by default, would end jobs that run."""
    expected = {
        "Type": "notify",
        "KillMode": "process",
        "KillSignal": "SIGTERM",
        "OOMPolicy": "continue",
        "Restart": "on-failure",
        "StartLimitIntervalSec": "0",
        "RestartPreventExitStatus": "75 78",
    }

    assert expected == {name: settings(unit).get(name) for name in expected}


@pytest.mark.parametrize("unit", SERVICES)
def test_systemd_waits_for_longer_than_a_runner_takes_to_stop(unit: str) -> None:
    (grace,) = (key.default for key in dataclasses.fields(Keys) if key.name == "kill_grace")
    assert isinstance(grace, timedelta)

    limit = timedelta(seconds=int(settings(unit)["TimeoutStopSec"]))

    assert limit > RunnerSettings().drain_timeout + grace


@pytest.mark.parametrize("unit", SERVICES)
def test_a_reload_asks_the_runner_that_the_unit_starts(unit: str) -> None:
    said = settings(unit)

    assert said["ExecStart"].removesuffix(" run") == said["ExecReload"].removesuffix(" reload")


@pytest.mark.parametrize("unit", SERVICES)
@pytest.mark.parametrize("setting", ["ExecStart", "ExecReload"])
def test_what_a_unit_runs_is_a_call_that_sched_knows(unit: str, setting: str) -> None:
    program, *arguments = settings(unit)[setting].split()

    assert ("/opt/sched/bin/sched", True) == (program, fastpath.parse(arguments) is not None)


def test_the_unit_of_the_machine_has_the_state_where_the_verbs_look_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = settings("sched.service")
    monkeypatch.delenv("SCHED_STATE", raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    file = said["ExecStart"].split()[2]

    place = Context((file,), None, "never", 0).state_place(None)

    assert Path("/var/lib", said["StateDirectory"]) == place


# ---- what systemd says of them


def analyze(*arguments: str, runtime: Path | None = None) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    env = dict(os.environ)
    if runtime is not None:
        env["XDG_RUNTIME_DIR"] = str(runtime)
    return subprocess.run(
        [ANALYZE, *arguments], capture_output=True, text=True, env=env, timeout=60, check=False
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Copy the units beside a program that is there, whatever this machine has installed."""
    program = shutil.which("true")
    for unit in [*UNITS.glob("*.service"), UNITS / "user" / "sched.service"]:
        text = unit.read_text("utf-8").replace("/opt/sched/bin/sched", str(program))
        target = tmp_path / unit.relative_to(UNITS)
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.system
@with_systemd
@pytest.mark.parametrize("unit", ["sched.service", "sched@.service"])
def test_systemd_has_nothing_to_say_against_a_unit(unit: str, installed: Path) -> None:
    result = analyze("verify", str(installed / unit))

    assert (0, "", "") == (result.returncode, result.stdout, result.stderr)


@pytest.mark.system
@with_systemd
def test_systemd_has_nothing_to_say_against_the_unit_of_a_user(installed: Path) -> None:
    unit = installed / "user" / "sched.service"

    result = analyze("verify", "--user", str(unit), runtime=installed)

    assert (0, "", "") == (result.returncode, result.stdout, result.stderr)


def exposure(unit: Path) -> float:
    result = analyze("security", "--offline=true", str(unit))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    assert level is not None, result.stderr
    return float(level[1])


@pytest.mark.system
@with_systemd
@pytest.mark.parametrize("unit", ["sched.service", "sched@.service"])
def test_a_unit_is_exposed_no_more_than_it_has_to_be(unit: str, installed: Path) -> None:
    level = exposure(installed / unit)

    assert level <= 5.5


@pytest.mark.system
@with_systemd
def test_the_strict_drop_in_leaves_little_exposed(installed: Path) -> None:
    shutil.copytree(UNITS / "sched.service.d", installed / "sched.service.d")

    level = exposure(installed / "sched.service")

    assert level <= 2


def calls(group: str) -> set[str]:
    """Return the system calls of a group, those of the groups in it included."""
    result = analyze("syscall-filter", group)
    words = re.findall(r"^    (\w\S*|@\S+)$", result.stdout, re.MULTILINE)
    assert words, result.stderr
    return {call for word in words for call in (calls(word) if word.startswith("@") else {word})}


@pytest.mark.system
@with_systemd
def test_the_strict_drop_in_leaves_a_runner_and_its_keeper_what_they_call() -> None:
    text = (UNITS / "sched.service.d" / "hardening.conf").read_text("utf-8")
    groups = re.findall(r"^SystemCallFilter=(~?)(@\S+)", text, re.MULTILINE)
    admitted: set[str] = set()

    for but, group in groups:
        admitted = admitted - calls(group) if but else admitted | calls(group)

    needed = {
        *("prctl", "vfork", "clone", "clone3", "execve", "setpgid", "kill", "waitid", "wait4"),
        *("pidfd_open", "pidfd_send_signal", "prlimit64", "setpriority", "getrusage", "umask"),
        *("timerfd_create", "timerfd_settime", "inotify_init1", "inotify_add_watch", "eventfd2"),
        *("poll", "epoll_wait", "pipe2", "socket", "socketpair", "sendto", "recvmsg"),
        *("flock", "fcntl", "fsync", "fdatasync", "ftruncate", "rename", "mmap"),
    }
    assert (2, set()) == (len(groups), needed - admitted)
