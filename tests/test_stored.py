"""Jobs that stay in a compiled form until they are asked for: as if all of them were at hand."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import subprocess
import sys
import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files import load
from schedkit import compiling, stored
from schedkit.calendars import CalendarEndsError
from schedkit.config import Config
from schedkit.form import Form, StrangeError
from schedkit.stored import StoredJobs

JOBS = """
timezone: Europe/Berlin
pools: {disk: 2}
calendars: {ours: {closed: [2027-03-01]}}
notify: {email: {to: ops@example.com, password: {from_file: secret}}}
jobs:
  daily: {command: x, clock: daily at 09:00, description: Every day}
  often: {command: [a, b], clock: every 7s, env: {A: b}, retry: 3}
  business: {command: x, clock: daily at 09:00, filters: business_day ours, pool: disk}
  other: {command: x, clock: daily at 10:00, filters: business_day ours}
  off: {command: x, clock: every 1h, enabled: false}
  over: {command: x, clock: {dates: 2001-01-01 12:00}}
  rare: {command: x, clock: cron 0 0 29 2 *}
  startup: {command: x, clock: [startup, every 1h]}
"""


def _stored(config: Config, path: Path) -> Config:
    with path.open("wb") as file:
        compiling.write(config, "key", file)
    return stored.config(Form(os.open(path, os.O_RDONLY)))


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a directory of its own, where files are written."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Config]:
    """Return what a file says as it was read, and from its compiled form."""
    with contextlib.chdir(tmp_path_factory.mktemp("stored")):
        config = load(JOBS)
        return config, _stored(config, Path("form"))


def test_everything_is_as_it_was(both: tuple[Config, Config]) -> None:
    expected, actual = both

    assert isinstance(actual.by_name, StoredJobs)
    assert expected == actual
    assert list(expected.by_name) == list(actual.by_name)
    assert list(expected.by_name.digests()) == list(actual.by_name.digests())
    for name in expected.by_name:
        assert expected.by_name.enabled(name) == actual.by_name.enabled(name)
        assert expected.by_name.starts_with_runner(name) == actual.by_name.starts_with_runner(name)
    assert expected.by_name.keys() == actual.by_name.keys()
    assert "nobody" not in actual.by_name


@settings(max_examples=200)
@given(st.timedeltas(-timedelta(days=2), timedelta(days=3000)))
def test_the_next_fire_is_what_the_job_says_whenever_it_is_asked(
    both: tuple[Config, Config], since: timedelta
) -> None:
    """The first one after it was compiled is kept; before and after that the job is asked."""
    instant = datetime.now(UTC) + since
    config, compiled = both
    for name in config.by_name:
        expected = config.by_name.next_fire(name, instant)
        assert expected == compiled.by_name.next_fire(name, instant)


def test_a_fire_time_that_is_kept_takes_no_job(tmp_path: Path) -> None:
    """Seen by zeros in place of the jobs."""
    path = tmp_path / "form"
    config = load(JOBS)
    form = _stored(config, path).by_name.form  # type: ignore[attr-defined]  # it is stored
    whole, length = path.read_bytes(), form.header.lengths["jobs"]
    path.write_bytes(whole[:-length] + bytes(length))
    compiled = stored.config(Form(os.open(path, os.O_RDONLY)))
    now = datetime.now(UTC)

    for name in ("daily", "business", "off", "over", "rare", "startup"):
        assert config.by_name.next_fire(name, now) == compiled.by_name.next_fire(name, now)
    with pytest.raises(pickle.UnpicklingError):
        compiled.by_name["daily"]


def test_the_end_of_a_calendar_is_said_each_time(tmp_path: Path) -> None:
    pytest.importorskip("holidays")
    text = "jobs: {a: {command: x, filters: business_day US, clock: daily at 09:00}}"
    compiled = _stored(load(text), tmp_path / "form")

    with pytest.raises(CalendarEndsError):
        compiled.by_name.next_fire("a", datetime(2099, 12, 31, 12, tzinfo=UTC))


def test_a_job_in_use_is_there_once_and_one_that_is_not_is_let_go(tmp_path: Path) -> None:
    many = "".join(f"  j{n}: {{command: x, clock: every 1h}}\n" for n in range(1000))
    jobs = _stored(load(f"jobs:\n{many}"), tmp_path / "form").by_name
    held = jobs["j0"]
    gone = weakref.ref(jobs["j1"])

    for name in jobs:
        assert name == jobs[name].name
    gc.collect()

    assert held is jobs["j0"]
    assert gone() is None


def test_a_calendar_that_jobs_share_is_one_and_written_once(tmp_path: Path) -> None:
    jobs = _stored(load(JOBS), tmp_path / "form").by_name
    (one,), (other,) = jobs["business"].filters, jobs["other"].filters

    assert one.calendar is other.calendar  # type: ignore[attr-defined]  # of a business_day


def test_whom_the_file_tells_of_its_jobs_is_one_and_written_once(tmp_path: Path) -> None:
    jobs = _stored(load(JOBS), tmp_path / "form").by_name

    assert jobs["daily"].notify is jobs["other"].notify


def test_all_code_that_the_jobs_need_can_be_had_at_once(tmp_path: Path) -> None:
    """What is upgraded beneath a runner must not come into it piece by piece."""
    _stored(load(JOBS), tmp_path / "form")
    code = (
        "import os, sys\n"
        "from schedkit import form, stored\n"
        f"found = form.Form(os.open({str(tmp_path / 'form')!r}, os.O_RDONLY))\n"
        "jobs = stored.config(found, ready=True).by_name\n"
        "before = set(sys.modules)\n"
        "for name in jobs: jobs[name]\n"
        "print(sorted(one for one in set(sys.modules) - before if 'schedkit' in one))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)

    assert b"[]\n" == done.stdout


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_form_that_is_damaged_is_told_from_one_that_is_not(
    both: tuple[Config, Config], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "form"
    with path.open("wb") as file:
        both[1].by_name.form.copy(file.fileno())  # type: ignore[attr-defined]  # it is stored
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from(
            [whole[:place], whole[:place] + bytes(len(whole) - place), whole + b"\0", b""]
        )
    )
    path.write_bytes(damaged)
    expected = damaged == whole

    try:
        form = Form(os.open(path, os.O_RDONLY))
        form.check()
    except StrangeError:
        actual = False
    else:
        actual = True

    assert expected == actual
