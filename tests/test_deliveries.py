"""What people are to be told is sent by a process of its own, and what becomes of it is kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import HOLDER, START, FakeWatch
from flaky import FlakyStore
from schedkit.deliveries import Deliveries, outcome
from schedkit.events import Delivery, Reaction
from schedkit.store.deliveries import First

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class FakeNotifier:
    """A notifier that answers what a test has it answer."""

    def __init__(self, pid: int, watch: FakeWatch) -> None:
        self.pid = pid
        self.descriptor = -pid
        self.behind = False
        self.ended = self.killed = False
        self.lines: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        watch.readable[self.descriptor] = lambda: bool(self._answers)

    def tell(self, *said: dict[str, Any]) -> None:
        assert not self.ended
        self.lines += said

    def answer(self, *answers: dict[str, Any]) -> None:
        self._answers += answers

    def told(self) -> list[dict[str, Any]]:
        answers, self._answers = self._answers, []
        return answers

    def flush(self) -> None:
        pass

    def end(self) -> None:
        self.ended = True

    def kill(self) -> None:
        self.killed = True

    def close(self) -> None:
        self.ended = True


class Bench:
    """Deliveries, with everything around them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.watch = FakeWatch()
        self.children: list[FakeNotifier] = []
        self.refused = 0
        self.begin()

    def begin(self) -> None:
        """Begin as a new runner does."""
        self.store = FlakyStore(self.path)
        self.store.begin(HOLDER, START)
        self.sending = Deliveries(self.store, self.watch, self._start)  # type: ignore[arg-type]  # a fake child

    def _start(self) -> FakeNotifier:
        if self.refused:
            self.refused -= 1
            raise OSError("no process can be had")
        self.children.append(FakeNotifier(100 + len(self.children), self.watch))
        return self.children[-1]

    @property
    def child(self) -> FakeNotifier:
        return self.children[-1]

    def put(self, *lanes: str, kind: str = "email", reason: str = "failure") -> None:
        """Put a delivery into each of these lanes, and say so."""
        deliveries = tuple(
            Delivery(None, "a", 7, reason, kind, '{"to": {}, "directory": "/"}', lane, "{}")
            for lane in lanes
        )
        self.store.claim([], {}, self.watch.now(), Reaction(0, deliveries=deliveries))
        self.sending.wake()

    def turn(self) -> None:
        """Let as much happen as happens without time passing."""
        for _ in range(10):
            self.sending.serve(self._ready())
            deadline, time = self.sending.next_deadline(), self.sending.next_time()
            if not self._ready() and not (
                (deadline is not None and deadline <= self.watch.elapsed())
                or (time is not None and time <= self.watch.now())
            ):
                return
        pytest.fail("it does not come to rest")

    def _ready(self) -> set[int]:
        return {one for one in self.sending.descriptors() if self.watch.readable[one]()}

    def wait(self) -> timedelta:
        """Wait as long as it would, and let happen what does then; return how long that was."""
        before = self.watch.elapsed()
        self.watch.wait(self.sending.next_time(), self.sending.next_deadline(), [])
        self.turn()
        return self.watch.elapsed() - before

    def sent(self) -> list[int]:
        """Return what the notifiers were told, in order."""
        return [line["id"] for child in self.children for line in child.lines]

    def answer(self, id_: int, error: str | None = None, **more: Any) -> None:
        self.child.answer({"id": id_, "sent": error is None, "error": error, **more})
        self.turn()

    def states(self) -> dict[int, str]:
        return dict(self.store._db.execute("SELECT id, state FROM deliveries"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "history.db")
    yield made
    made.store.close()


def again(**more: Any) -> dict[str, Any]:
    return {"error": "no route", "again": True, **more}


# ---- what is sent


def test_nothing_is_started_while_nothing_is_to_be_sent(bench: Bench) -> None:
    bench.turn()

    assert bench.children == []
    assert (bench.sending.next_time(), bench.sending.next_deadline()) == (None, None)


def test_what_is_put_into_the_queue_is_sent_and_recorded(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    bench.answer(1)

    assert bench.states() == {1: "sent"}
    assert bench.child.lines == [
        {"id": 1, "kind": "email", "to": {}, "directory": "/", "message": {}, "timeout_s": 30.0}
    ]


def test_of_a_lane_one_goes_at_a_time_and_lanes_do_not_wait_for_each_other(bench: Bench) -> None:
    bench.put("x", "x", "y")
    bench.turn()
    before = bench.sent()
    bench.answer(1)

    assert (before, bench.sent()) == ([1, 3], [1, 3, 2])


def test_so_many_go_at_a_time_that_those_which_hang_leave_room_for_others(bench: Bench) -> None:
    bench.put(*map(str, range(70)))
    bench.turn()
    before = bench.sent()
    bench.answer(3)

    assert (before, bench.sent()[64:]) == ([*range(1, 65)], [65])


def test_while_as_many_are_on_their_way_nothing_is_looked_for(bench: Bench) -> None:
    bench.put(*map(str, range(70)))

    bench.turn()

    assert bench.sending.next_deadline() == bench.watch.elapsed() + 60 * SECOND
    assert bench.sending.next_time() is None


def test_a_ping_says_to_which_run_it_belongs(bench: Bench) -> None:
    bench.put("x", kind="ping", reason="start")
    bench.put("x", kind="ping", reason="success")
    bench.turn()
    bench.answer(1)

    rids = [line["message"]["rid"] for line in bench.child.lines]
    assert len(set(rids)) == 1
    assert [8, 4, 4, 4, 12] == [len(part) for part in rids[0].split("-")]


def test_what_waits_in_the_table_is_sent_by_the_next_runner(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    bench.store.close()
    bench.begin()
    bench.turn()

    assert bench.sent() == [1, 1]


# ---- what is tried again


def test_what_may_go_better_is_tried_again_ever_more_rarely(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    pauses = []
    for _ in range(6):
        bench.answer(1, **again())
        pauses.append(bench.wait())

    minutes = [pause / MINUTE for pause in pauses]
    assert minutes == [0.5, 2, 8, 32, 60, 60]


def test_a_receiver_says_how_long_it_wants_to_be_left_alone(bench: Bench) -> None:
    bench.put("x")
    bench.turn()

    bench.answer(1, **again(after_s=45))

    assert bench.wait() == 45 * SECOND
    assert bench.sent() == [1, 1]


def test_what_is_due_in_years_was_put_off_by_a_clock_that_was_ahead(bench: Bench) -> None:
    bench.watch.set_clock(timedelta(days=3650))
    bench.put("x", "x")
    bench.turn()
    bench.answer(1, **again())
    bench.watch.set_clock(-timedelta(days=3650))
    bench.turn()

    assert bench.sent() == [1, 1]


def test_what_follows_in_the_lane_waits_as_well(bench: Bench) -> None:
    bench.put("x", "x")
    bench.turn()
    bench.answer(1, **again())
    bench.wait()
    bench.answer(1)

    assert bench.sent() == [1, 1, 2]


def test_what_would_end_the_same_is_not_tried_again(bench: Bench) -> None:
    bench.put("x", "x")
    bench.turn()

    bench.answer(1, "no such address", again=False)

    assert bench.states() == {1: "failed", 2: "waiting"}
    assert bench.sent() == [1, 2]


@pytest.mark.parametrize(("kind", "hours"), [("email", 24), ("ping", 1)])
def test_what_is_old_is_given_up(bench: Bench, kind: str, hours: int) -> None:
    bench.put("x", kind=kind)
    bench.turn()
    while bench.states() == {1: "waiting"}:
        bench.answer(1, **again())
        if bench.states() == {1: "waiting"}:
            bench.wait()

    assert bench.states() == {1: "failed"}
    assert hours - 1 <= (bench.watch.now() - START) / timedelta(hours=1) <= hours


def test_what_waited_for_days_is_tried_once_all_the_same(bench: Bench) -> None:
    bench.put("x")
    bench.watch.sleep(timedelta(days=3))

    bench.turn()
    bench.answer(1)

    assert bench.states() == {1: "sent"}


def test_a_start_that_was_not_told_is_dropped_when_there_is_other_news(bench: Bench) -> None:
    bench.put("x", kind="ping", reason="start")
    bench.turn()
    bench.answer(1, **again())
    before = bench.states()
    bench.put("x", kind="ping", reason="success")
    bench.turn()

    assert before == {1: "waiting"}
    assert bench.states() == {1: "dropped", 2: "waiting"}
    assert bench.sent() == [1, 2]


def test_a_start_that_is_on_its_way_is_waited_for(bench: Bench) -> None:
    bench.put("x", kind="ping", reason="start")
    bench.turn()
    bench.put("x", kind="ping", reason="success")
    bench.turn()
    before = bench.sent()
    bench.answer(1)

    assert (before, bench.sent()) == ([1], [1, 2])
    assert bench.states() == {1: "sent", 2: "waiting"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"sent": True}, ("sent", None)),
        ({"sent": False}, ("failed", None)),
        ({"sent": False, "again": True, "after_s": 10**9}, ("failed", None)),
        ({"sent": False, "again": True, "after_s": 0}, ("waiting", START + 31 * SECOND)),
        ({}, ("failed", None)),
    ],
)
def test_every_answer_has_an_outcome(
    answer: dict[str, Any], expected: tuple[str, datetime | None]
) -> None:
    first = First(1, "a", 7, "failure", "email", "x", START, START, 0, superseded=False)

    actual = outcome(first, answer, START + SECOND)

    assert expected == (actual.state, actual.due)


def test_however_often_something_was_tried_there_is_a_pause() -> None:
    first = First(1, "a", 7, "failure", "email", "x", START, START, 10_000, superseded=False)

    actual = outcome(first, again(), START)

    assert actual.due == START + timedelta(hours=1)


# ---- the notifier


def test_a_notifier_that_offers_to_go_is_let_go_and_another_one_comes(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    bench.answer(1)
    first = bench.child
    first.answer({"bye": True})
    bench.turn()
    bench.put("x")
    bench.turn()

    assert first.ended
    assert bench.sending.ended(first.pid, 0)
    assert not bench.sending.ended(first.pid, 0)
    assert [len(child.lines) for child in bench.children] == [1, 1]


def test_an_offer_to_go_that_crosses_a_delivery_is_none(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    bench.child.answer({"bye": True})
    bench.turn()
    bench.answer(1)

    assert not bench.child.ended
    assert bench.states() == {1: "sent"}


def test_what_a_notifier_had_that_ended_is_tried_again(bench: Bench) -> None:
    bench.put("x", "y")
    bench.turn()
    bench.child.answer({"id": 1, "sent": True})

    assert bench.sending.ended(bench.child.pid, 9)
    pauses = [bench.wait(), bench.wait()]

    assert bench.states() == {1: "sent", 2: "waiting"}
    assert pauses == [5 * SECOND, 25 * SECOND]
    assert [line["id"] for line in bench.child.lines] == [2]
    assert len(bench.children) == 2


def test_a_notifier_that_ends_at_once_is_not_started_at_once_again(bench: Bench) -> None:
    bench.put(*map(str, range(70)))
    bench.turn()
    bench.sending.ended(bench.child.pid, 256)
    bench.turn()
    before = len(bench.children)

    waited = bench.wait()

    assert (before, len(bench.children)) == (1, 2)
    assert waited == 5 * SECOND


def test_a_notifier_that_does_not_answer_is_killed_and_another_one_comes(bench: Bench) -> None:
    bench.put("x", "y")
    bench.turn()
    first = bench.child

    pauses = [bench.wait(), bench.wait()]

    assert first.killed
    assert pauses == [60 * SECOND, 30 * SECOND]
    assert bench.sending.ended(first.pid, 9)
    assert [line["id"] for line in bench.child.lines] == [1, 2]


def test_a_command_has_longer(bench: Bench) -> None:
    bench.put("x", kind="command")
    bench.turn()

    assert bench.wait() == 90 * SECOND


def test_a_notifier_that_cannot_be_started_is_started_later(bench: Bench) -> None:
    bench.refused = 1
    bench.put("x")
    bench.turn()

    waited = bench.wait()

    assert waited == 5 * SECOND
    assert bench.sent() == [1]


def test_another_child_is_none_of_its_own(bench: Bench) -> None:
    bench.put("x")
    bench.turn()

    assert not bench.sending.ended(bench.child.pid + 1, 0)


def test_answers_to_nothing_are_passed_over(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    bench.child.answer({"id": None, "sent": False, "error": "?"}, {"id": 5, "sent": True}, {})
    bench.turn()

    assert bench.states() == {1: "waiting"}


def test_a_notifier_that_has_not_been_told_everything_is_told_soon(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    bench.child.behind = True

    assert bench.sending.next_deadline() == bench.watch.elapsed() + timedelta(milliseconds=20)


# ---- the store


def test_what_cannot_be_recorded_is_kept_and_not_sent_twice(bench: Bench) -> None:
    bench.put("x", "x")
    bench.turn()
    bench.store.broken = {bench.store.writes + 1, bench.store.writes + 2}
    bench.answer(1)
    before = (bench.states(), bench.sent())
    pauses = [bench.wait(), bench.wait()]

    assert before == ({1: "waiting", 2: "waiting"}, [1])
    assert pauses == [5 * SECOND, 5 * SECOND]
    assert bench.states() == {1: "sent", 2: "waiting"}
    assert bench.sent() == [1, 2]


def test_all_answers_of_a_turn_are_recorded_at_once(bench: Bench) -> None:
    bench.put(*"abcdefgh")
    bench.turn()
    before = bench.store.writes
    bench.child.answer(*({"id": number, "sent": True} for number in range(1, 9)))
    bench.turn()

    assert {*bench.states().values()} == {"sent"}
    assert bench.store.writes == before + 1


# ---- the end


def test_answers_that_come_as_the_runner_ends_are_recorded(bench: Bench) -> None:
    bench.put("x", "y")
    bench.turn()
    bench.watch.after(SECOND / 2, lambda: bench.child.answer({"id": 2, "sent": True}))

    bench.sending.close()

    assert bench.child.ended
    assert bench.states() == {1: "waiting", 2: "sent"}
    assert bench.watch.now() - START <= SECOND


def test_without_anything_on_its_way_an_end_takes_no_time(bench: Bench) -> None:
    bench.put("x")
    bench.turn()
    bench.answer(1)

    bench.sending.close()

    assert bench.watch.now() == START


# ---- the log


def test_the_log_says_of_a_lane_the_same_only_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "schedkit")
    bench.put("x")
    bench.turn()
    for error in ("no route", "no route", "refused"):
        bench.answer(1, error, again=True)
        bench.wait()
    bench.answer(1)

    said = [(record.message, record.fields.get("error")) for record in caplog.records]  # type: ignore[attr-defined]  # ours
    assert said == [
        ("notification not sent, it is tried again", "no route"),
        ("notification not sent, it is tried again", "refused"),
        ("notification sent", None),
    ]


def test_what_the_notifier_is_told_is_json(bench: Bench) -> None:
    bench.put("x", kind="ping")
    bench.turn()

    assert bench.child.lines == json.loads(json.dumps(bench.child.lines))
