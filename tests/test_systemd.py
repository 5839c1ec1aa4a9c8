"""The units are what systemd wants, by its own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[1] / "systemd"
ANALYZE = shutil.which("systemd-analyze")
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed"),
]


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


@pytest.mark.parametrize("unit", ["sched.service", "sched@.service"])
def test_systemd_has_nothing_to_say_against_a_unit(unit: str, installed: Path) -> None:
    result = analyze("verify", str(installed / unit))

    assert (0, "", "") == (result.returncode, result.stdout, result.stderr)


def test_systemd_has_nothing_to_say_against_the_unit_of_a_user(installed: Path) -> None:
    unit = installed / "user" / "sched.service"

    result = analyze("verify", "--user", str(unit), runtime=installed)

    assert (0, "", "") == (result.returncode, result.stdout, result.stderr)


def exposure(unit: Path) -> float:
    result = analyze("security", "--offline=true", str(unit))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    assert level is not None, result.stderr
    return float(level[1])


@pytest.mark.parametrize("unit", ["sched.service", "sched@.service"])
def test_a_unit_is_exposed_no_more_than_it_has_to_be(unit: str, installed: Path) -> None:
    level = exposure(installed / unit)

    assert level <= 5.5


def test_the_strict_drop_in_leaves_little_exposed(installed: Path) -> None:
    shutil.copytree(UNITS / "sched.service.d", installed / "sched.service.d")

    level = exposure(installed / "sched.service")

    assert level <= 2
