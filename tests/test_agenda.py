"""Which job fires next: each awaits one fire time, and is looked at no sooner."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from asking import utc
from deciding import job
from fakes import START
from schedkit.agenda import Agenda
from schedkit.jobs import Jobs
from schedkit.run import Decision, State, Trigger

MINUTE = timedelta(minutes=1)


def _until(time: datetime, names: list[str]) -> dict[str, tuple[str, datetime]]:
    """Return cursors as a store has them: a digest, and up to when jobs are decided."""
    return dict.fromkeys(names, ("digest", time))


def _agenda(**clocks: str) -> Agenda:
    jobs = Jobs(replace(job("grace: 60s", clock), name=name) for name, clock in clocks.items())
    agenda = Agenda()
    agenda.move(_until(START, agenda.settle(jobs)))
    agenda.await_new()
    return agenda


def test_the_next_is_the_first_of_all_jobs() -> None:
    agenda = _agenda(a="every 10m", b="every 3m", c="every 5m")

    assert agenda.next_fire() == (START + 3 * MINUTE, "b")
    assert agenda.next_time() == START + 3 * MINUTE


def test_nobody_fires_where_there_is_nothing_to_fire() -> None:
    agenda = _agenda(a="startup", b="{dates: 2020-01-01 12:00}")

    assert (agenda.next_time(), agenda.next_fire(), agenda.come(START + 9 * MINUTE)) == (
        None, None, []
    )  # fmt: skip


def test_those_that_are_due_are_taken_in_order_and_once() -> None:
    agenda = _agenda(a="every 10m", b="every 3m", c="every 5m")

    assert agenda.come(START + 5 * MINUTE) == ["b", "c"]
    assert agenda.come(START + 5 * MINUTE) == []


def test_what_could_not_be_decided_is_due_still() -> None:
    agenda = _agenda(a="every 10m", b="every 3m")
    names = agenda.come(START + 3 * MINUTE)

    agenda.put_back(names, START + 3 * MINUTE)

    assert agenda.come(START + 3 * MINUTE) == ["b"]


def test_a_job_awaits_the_fire_time_after_what_was_decided() -> None:
    agenda = _agenda(a="every 10m")
    agenda.come(START + 10 * MINUTE)
    missed = Decision("a", START + 10 * MINUTE, State.MISSED, last_fire_time=START + 40 * MINUTE)

    agenda.decided([missed])
    agenda.await_fires(["a"])

    assert agenda.cursor("a") == START + 40 * MINUTE
    assert agenda.next_time() == START + 50 * MINUTE


def test_what_is_decided_never_goes_back() -> None:
    agenda = _agenda(a="every 10m")

    agenda.decided([Decision("a", START + n * MINUTE, State.QUEUED) for n in (20, 10)])

    assert agenda.cursor("a") == START + 20 * MINUTE


def test_what_is_triggered_by_hand_decides_nothing() -> None:
    agenda = _agenda(a="every 10m")

    agenda.decided([Decision("a", START + 15 * MINUTE, State.QUEUED, Trigger.MANUAL)])

    assert agenda.cursor("a") == START


def test_a_job_fires_no_more_than_its_calendar_knows_and_that_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pytest.importorskip("holidays")
    caplog.set_level(logging.WARNING, "schedkit")
    agenda = Agenda()
    known = replace(job("filters: business_day US", "daily at 09:00"), name="a")

    agenda.move(_until(utc("2099-12-31 12:00"), agenda.settle(Jobs([known]))))
    agenda.await_new()

    assert agenda.next_time() is None
    assert [record.getMessage() for record in caplog.records] == ["job fires no more"]


def test_a_job_that_fires_as_before_is_awaited_as_before() -> None:
    """Its cursor is not asked for: a reload of thousands must not take long."""
    agenda = _agenda(a="every 10m", b="every 3m", c="every 5m")
    a, b, d = (
        replace(job("grace: 60s", clock), name=name)
        for name, clock in {"a": "every 10m", "b": "every 4m", "d": "every 5m"}.items()
    )

    wanted = agenda.settle(Jobs([d, a, b]))
    agenda.move(_until(START + MINUTE, wanted))
    before = agenda.next_time()
    agenda.await_new()

    assert ["d", "b"] == wanted
    assert START + 10 * MINUTE == before
    assert agenda.come(START + 10 * MINUTE) == ["b", "d", "a"]


def test_all_jobs_are_awaited_anew_where_cursors_moved() -> None:
    jobs = Jobs([replace(job("grace: 60s", "every 10m"), name="a")])
    agenda = Agenda()
    agenda.move(_until(START, agenda.settle(jobs)))
    agenda.await_new()

    agenda.move(_until(START + 10 * MINUTE, agenda.settle(jobs, anew=True)))
    agenda.await_new()

    assert agenda.come(START + 30 * MINUTE) == ["a"]
    assert agenda.cursor("a") == START + 10 * MINUTE


def test_a_fire_time_that_is_known_is_not_looked_for_unless_it_is_over() -> None:
    agenda = _agenda(a="every 10m", b="every 10m")
    agenda.come(START + 10 * MINUTE)
    agenda.decided([Decision(name, START + 10 * MINUTE, State.QUEUED) for name in "ab"])
    told = START + 15 * MINUTE  # what no clock says, so that it is seen

    agenda.await_fires(["a", "b"], {"a": told, "b": START + 10 * MINUTE})

    assert [agenda.next_fire(), agenda.come(told)] == [(told, "a"), ["a"]]
    assert agenda.next_fire() == (START + 20 * MINUTE, "b")
