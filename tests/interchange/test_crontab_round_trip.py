"""A crontab through our file and back: the same times, the same commands, the same variables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crontabs import FIELDS, by_cron, crontabs
from oracle import CHANGES, Around, Crontab, walked
from schedkit import Schedule, loader
from schedkit.clocks.startup import Startup
from schedkit.interchange import crontab_export, crontab_file
from schedkit.interchange.crontab_line import entry, without_input
from schedkit.interchange.crontab_task import Machine
from schedkit.interchange.draft import Imported, to_yaml
from schedkit.job import Job

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEW = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MACHINE = Machine("Europe/Berlin", "me", NOW)


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", MACHINE.zone)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crontabs") / "schedules.yaml"


def loaded(imported: Imported, path: Path) -> tuple[Job, ...]:
    """Return the jobs of a file that is written and read again."""
    path.write_text(to_yaml(imported), encoding="utf-8")
    return loader.load([path]).jobs


def effect(job: Job) -> dict[str, Any]:
    """Return what a job of a crontab does, and when in the months to come."""
    fires = job.schedule.after(NOW, timedelta(days=90))
    return {
        "times": [next(fires, None) for _ in range(20)],
        "startup": [clock for clock in job.clock if isinstance(clock, Startup)],
        "command": without_input(str(job.command)),
        "shell": job.shell,
        "env": job.env,
        "directory": job.working_dir,
        "user": job.user,
    }


@FEW
@given(table=crontabs())
def test_a_crontab_of_a_user_comes_back(table: str, path: Path) -> None:
    assert_comes_back(table, path, system=False)


@FEW
@given(table=crontabs("www-data"))
def test_a_crontab_of_the_system_comes_back(table: str, path: Path) -> None:
    assert_comes_back(table, path, system=True)


def assert_comes_back(table: str, path: Path, *, system: bool) -> None:
    """Whatever is not taken is told, so what is left is the same."""
    imported = crontab_file.read(table, "crontab", system=system)
    jobs = loaded(imported, path)
    expected = [effect(job) for job in jobs]

    exported = crontab_export.write(jobs, MACHINE, system=system)
    again = crontab_file.read(exported.text, "crontab", system=system)

    assert () == exported.refused
    assert [] == [one for one in again.differences if not one.taken]
    assert expected == [effect(job) for job in loaded(again, path)]


@FEW
@given(table=crontabs())
def test_each_line_of_a_crontab_is_a_job_a_setting_or_told(table: str, path: Path) -> None:
    imported = crontab_file.read(table, "crontab")
    lost = {one.place for one in imported.differences if not one.taken}
    lines = enumerate(table.split("\n"), 1)
    entries = [
        line
        for number, line in lines
        if line
        and not line.startswith("#")
        and not line.startswith(("PATH", "MAILTO", "HOME", "LANG", "A_B", "SHELL", "CRON_TZ"))
        and f"crontab:{number}" not in lost
    ]
    expected = [by_cron(entry(line, system=False).command) for line in entries]

    actual = [without_input(str(job.command)) for job in loaded(imported, path)]

    assert expected == actual


@FEW
@given(FIELDS, st.sampled_from(CHANGES))
def test_a_line_fires_when_cron_would_fire_it(fields: str, around: Around) -> None:
    table, moments = Crontab(fields), walked(around)
    assume(table.fires_at_all)
    expected = list(table.fires(moments))

    (draft,) = crontab_file.read(f"{fields} x\n", "crontab").jobs
    schedule = Schedule(draft.keys["clock"], timezone=around.zone)
    before, last = moments[0].instant - timedelta(minutes=1), moments[-1].instant
    actual = list(takewhile(lambda fire: fire <= last, schedule.after(before)))

    assert expected == actual
