"""The hook of `.pre-commit-hooks.yaml`, as pre-commit runs it in another repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
GOOD = "timezone: UTC\njobs: {backup: {command: 'true', clock: every 1h}}\n"
BAD = "timezone: UTC\njobs: {backup: {command: 'true', clock: evry 1h}}\n"


class Repository:
    """A repository whose commits are checked by our hook, with the `sched` of this checkout."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "PRE_COMMIT_HOME": str(directory / ".cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
        program, arguments = hook["entry"].split(" ", 1)
        assert (program, hook["language"]) == ("sched", "python")
        hook |= {"language": "system", "entry": f"{sys.executable} -m schedkit {arguments}"}
        config = {"repos": [{"repo": "local", "hooks": [hook]}]}
        self.write(json.dumps(config), ".pre-commit-config.yaml")
        self._run("git", "init", "--quiet")

    def write(self, text: str, name: str) -> None:
        """Write a file into the repository."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def check(self) -> tuple[int, list[str]]:
        """Let pre-commit check what is to be committed; return its exit code and what it says."""
        self._run("git", "add", "--all", "--", ".", ":!.cache")
        done = self._run(sys.executable, "-m", "pre_commit", "run", "--color", "never")
        return done.returncode, [line for line in done.stdout.splitlines() if line]

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    pytest.importorskip("pre_commit")
    return Repository(tmp_path)


def test_files_of_schedules_are_checked_each_by_itself(repository: Repository) -> None:
    repository.write(GOOD, "schedules.yaml")
    repository.write(GOOD, "teams/shop/schedule.yml")
    repository.write("evry: 1h\n", "other.yaml")
    dots = "." * 55
    expected = (0, [f"validate schedules{dots}Passed"])

    actual = repository.check()

    assert expected == actual


def test_a_mistake_keeps_a_commit_back(repository: Repository) -> None:
    repository.write(GOOD, "schedules.yaml")
    repository.write(BAD, "teams/shop/schedules.yaml")
    said = "teams/shop/schedules.yaml:2:41: error: unknown clock 'evry' (did you mean 'every'?)"
    dots = "." * 55
    expected = (
        1,
        [f"validate schedules{dots}Failed", "- hook id: sched-validate", "- exit code: 78", said],
    )

    actual = repository.check()

    assert expected == actual
