"""What a runner had loaded is known to whoever asks, and taken from nobody else."""

from __future__ import annotations

import os
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import load
from schedkit import __version__, last_good
from schedkit.config import Config
from schedkit.errors import StoreError

HELP = "\n  = help: "


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(tmp_path, "jobs: {a: {command: x, clock: every 1h}}")


@pytest.fixture
def state(tmp_path: Path, config: Config) -> Path:
    made = tmp_path / ".sched"
    made.mkdir()
    last_good.keep(made, config)
    return made


def test_what_is_kept_is_known_and_when_that_was(state: Path, config: Config) -> None:
    os.utime(state / "last-good", (86400, 86400))

    expected = (config, datetime(1970, 1, 2, tzinfo=UTC))

    assert expected == last_good.loaded(state)
    assert config == last_good.last_good(state)


@pytest.mark.parametrize("name", ["nowhere", "schedules.yaml"])
def test_where_no_runner_ever_was_nothing_is_known(
    tmp_path: Path, config: Config, name: str
) -> None:
    assert config.jobs
    assert last_good.loaded(tmp_path / name) is None
    assert last_good.last_good(tmp_path / name) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        pickle.dumps(("0.0", None)),
        pickle.dumps(5),
        pickle.dumps((__version__, 5)),
    ],
)
def test_what_another_version_wrote_is_not_taken(state: Path, data: bytes) -> None:
    path = state / "last-good"
    path.write_bytes(data)
    why = f"{path} was not written by this version of sched"

    with pytest.raises(StoreError) as caught:
        last_good.loaded(state)

    assert str(caught.value) == f"{why}{HELP}the next runner that starts writes it anew"
    assert last_good.last_good(state) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_another_user_wrote_is_not_unpickled(state: Path) -> None:
    """It may be code: root would run it by looking."""
    path, proof = state / "last-good", state / "proof"
    path.write_bytes(pickle.dumps(_Touches(str(proof))))
    os.chown(path, 65534, -1)

    with pytest.raises(StoreError) as caught:
        last_good.loaded(state)

    help_ = "ask as that user: sudo -u nobody sched ..."
    assert str(caught.value) == f"{path} belongs to nobody{HELP}{help_}"
    assert last_good.last_good(state) is None
    assert not proof.exists()


class _Touches:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")
