"""The schedules of docs/schedules.md fire when the page says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pytest

from schedkit import loader
from schedkit.job import Job

PAGE = (Path(__file__).parents[1] / "docs" / "schedules.md").read_text("utf-8")
_NEED = r"^\*\*(.+?)\*\*$"
_BLOCK = r"^```yaml\n(.*?)^```$"
_STATED = re.compile(r"^# from (\d{4}-\d\d-\d\d): (.*(?:\n#   .*)*)", re.MULTILINE)
_PACKAGES = {"exchange_calendars": r"\bX[A-Z]{3}\b", "holidays": r"\b(?:DE|GB|US)\b"}

EXAMPLES = re.findall(rf"{_NEED}|{_BLOCK}", PAGE, re.DOTALL | re.MULTILINE)
NEEDS = [need for need, _ in EXAMPLES if need]
BLOCKS = [block for _, block in EXAMPLES if block]


def test_there_are_at_least_forty_needs_and_each_has_one_block() -> None:
    alternating = [bool(need) for need, _ in EXAMPLES]

    assert len(NEEDS) >= 40
    assert [True, False] * len(NEEDS) == alternating


def test_no_need_is_there_twice() -> None:
    assert sorted(set(NEEDS)) == sorted(NEEDS)


@pytest.mark.parametrize("block", BLOCKS, ids=NEEDS)
def test_a_schedule_fires_when_the_page_says(block: str, tmp_path: Path) -> None:
    for package, calendar in _PACKAGES.items():
        if re.search(calendar, block):
            pytest.importorskip(package)
    path = tmp_path / "schedules.yaml"
    path.write_text(block, encoding="utf-8")
    stated = [(day, re.split(r",(?:\n#  )? ", answer)) for day, answer in _STATED.findall(block)]

    (job,) = loader.load([path]).jobs

    assert stated
    for day, times in stated:
        with_zone = bool(re.search(r":\d\d [A-Z]", times[0]))
        assert times == list(islice(_answer(job, day, with_zone=with_zone), len(times)))


def _answer(job: Job, day: str, *, with_zone: bool) -> Iterator[str]:
    """Yield when *job* fires from midnight of *day* on, as the page writes it."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=job.timezone).astimezone(UTC)
    shown: date | None = None
    for fire in job.schedule.after(midnight - datetime.resolution):
        at = fire.astimezone(job.timezone)
        same_day = "" if at.date() == shown else "%a %Y-%m-%d "
        seconds = ":%S" if at.second else ""
        yield at.strftime(f"{same_day}%H:%M{seconds}{' %Z' if with_zone else ''}")
        shown = at.date()
    yield "then never" if shown else "never by the calendar"
