"""What was not told is told again, whether the receiver or a process of ours is to blame."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter

import pytest

from breaking import survives
from receivers import Behaviour, closes, hangs, receiving, resets
from running import Sched
from telling import (
    BUSY,
    OK,
    SELDOM,
    WORK,
    backup,
    begin_when_due,
    heard,
    notifiers,
    queue,
    run_once,
    stop_until_due,
    until_told,
    webhook,
)

pytestmark = pytest.mark.system

_MANY = 12  # more than are begun at once
_KILLS = 8
_SOONEST, _LATEST = 0.3, 1.3  # seconds after its start


# ---- receivers that do not do their part


@pytest.mark.parametrize("bad", [BUSY, resets, closes], ids=["500", "reset", "closed"])
def test_a_receiver_that_fails_is_tried_again_until_it_has_it(sched: Sched, bad: Behaviour) -> None:
    with receiving(bad, bad, OK) as receiver:
        sched.write(backup(webhook(receiver)))
        runner = sched.run()
        run_once(sched)
        for tries in (1, 2):
            until_told(sched, ("backup", "first_failure", "waiting", tries))
            runner = stop_until_due(sched, runner)
        until_told(sched, ("backup", "first_failure", "sent", 3))
        runner.stop()
        told = [receiver.asked().body for _ in range(3)]

    assert len({*told}) == 1
    assert receiver.requests.empty()


def test_a_receiver_that_hangs_holds_up_no_job_and_no_other_receiver(sched: Sched) -> None:
    with receiving(hangs) as silent, receiving(OK) as receiver:
        sched.write(f"""
jobs:
  often:
    command: ':'
    clock: every 1s
    notify:
      - {{webhook: {silent.url}, when: success}}
      - {{webhook: {receiver.url}, when: success}}
""")
        runner = sched.run()
        first = heard(silent)
        told = [heard(receiver) for _ in range(4)]
        waiting = queue(sched)[::2]
    runner.stop()

    runs = sched.history()
    assert [one["run"] for one in told] == [run["id"] for run in runs[:4]]
    assert first["run"] == runs[0]["id"]
    assert silent.requests.empty()  # one goes at a time
    assert {("often", "success", "waiting", 0)} == {*waiting}
    assert {("succeeded", 1)} == {(run["state"], run["count"]) for run in runs}


def test_many_receivers_that_hang_hold_up_no_other(sched: Sched) -> None:
    with receiving(hangs) as silent, receiving(OK) as receiver:
        hooks = [f"{{webhook: {silent.url}/{number}}}" for number in range(_MANY)]
        sched.write(backup(f"notify: [{', '.join(hooks)}, {{webhook: {receiver.url}}}]"))
        runner = sched.run()
        run_once(sched)
        assert heard(receiver)["when"] == "first_failure"
        states = Counter(state for _, _, state, _ in queue(sched))
    runner.stop()

    assert states["waiting"] >= _MANY


# ---- what is killed


def test_what_was_on_its_way_when_the_runner_was_killed_is_sent_by_the_next(sched: Sched) -> None:
    with receiving(hangs, OK) as receiver:
        sched.write(backup(webhook(receiver)))
        first = sched.run()
        run_once(sched)
        before = receiver.asked().body
        first.kill()
        second = sched.run()
        after = receiver.asked().body
        until_told(sched, ("backup", "first_failure", "sent", 1))
    second.stop()

    assert before == after


def test_what_waits_outlives_its_runner_and_what_was_told_is_told_once(sched: Sched) -> None:
    with receiving(BUSY, OK) as busy, receiving(OK) as receiver:
        sched.write(backup(f"notify: [{{webhook: {busy.url}}}, {{webhook: {receiver.url}}}]"))
        first = sched.run()
        run_once(sched)
        failure = ("backup", "first_failure")
        until_told(sched, (*failure, "waiting", 1), (*failure, "sent", 1))
        first.kill()
        second = begin_when_due(sched)
        run_once(sched, good=True)
        recovery = ("backup", "recovery", "sent", 1)
        until_told(sched, (*failure, "sent", 2), (*failure, "sent", 1), recovery, recovery)
        second.stop()

    told = [[heard(one)["when"] for _ in range(one.requests.qsize())] for one in (busy, receiver)]
    assert told == [["first_failure", "first_failure", "recovery"], ["first_failure", "recovery"]]


def test_a_failure_as_the_runner_ends_is_told_by_the_next(sched: Sched) -> None:
    with receiving(OK) as receiver:
        works = "command: 'echo on > words; read go < go; exit 3', clock: {startup: boot}"
        sched.write(f"jobs: {{backup: {{{works}, {webhook(receiver)}}}}}")
        first = sched.run()
        sched.word()
        first.send(signal.SIGTERM)
        first.until("runner stopping")
        sched.go()
        assert first.end()[0] == 0
        second = sched.run()
        assert heard(receiver)["when"] == "first_failure"
        second.stop()


def test_when_the_notifier_is_killed_another_one_sends_what_it_had(sched: Sched) -> None:
    with receiving(hangs, OK) as receiver, receiving(OK) as other:
        sched.write(f"""
jobs:
  backup: {{{WORK}, {SELDOM}, {webhook(receiver)}}}
  report: {{{WORK}, {SELDOM}, {webhook(other)}}}
""")
        runner = sched.run()
        run_once(sched)
        before = receiver.asked().body
        (killed,) = notifiers(runner)
        os.kill(killed, signal.SIGKILL)
        runner.until("the notifier has ended", exit=-signal.SIGKILL)
        run_once(sched, "report")
        assert heard(other)["job"] == "report"
        (another,) = notifiers(runner)
        last = stop_until_due(sched, runner)
        after = receiver.asked().body
        until_told(
            sched,
            ("backup", "first_failure", "sent", 2),
            ("report", "first_failure", "sent", 1),
        )
        last.stop()

    assert killed != another
    assert before == after


def test_kills_at_random_moments_leave_nobody_untold(sched: Sched, seed: int) -> None:
    moments = random.Random(seed)
    often = "jobs: {often: {command: exit 3, clock: every 1s, overlap: allow, %s}}"
    with receiving(OK) as receiver:
        sched.write(often % webhook(receiver, "failure"))
        for _ in range(_KILLS):
            runner = sched.run(start=False)
            assert survives(runner, moments.uniform(_SOONEST, _LATEST)), runner.said
            runner.close()
        sched.write((often % webhook(receiver, "failure")).replace("every 1s", "every 1000d"))
        last = sched.run()
        sched.until_over()
        failed = [run["id"] for run in sched.history() if run["state"] == "failed"]
        until_told(sched, *[("often", "failure", "sent", 1)] * len(failed))
        last.stop()

    times = Counter(heard(receiver)["run"] for _ in range(receiver.requests.qsize()))
    assert len(failed) > 1  # else they hit nothing
    assert {*failed} == {*times}
    assert sum(times.values()) - len(times) <= _KILLS  # one goes at a time
