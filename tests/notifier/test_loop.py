"""What a notifier does at a time, what it gives up, and when it ends."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from notifying import Lines
from running import LIMIT
from schedkit.notifier import loop
from schedkit.notifier.deadline import Deadline
from schedkit.notifier.delivery import Delivery, sent

_TIMEOUT = b"""
{"id": 5, "kind": "ping", "to": {}, "message": {}, "directory": "/", "timeout_s": %s}
""".strip()
_LONG = 60.0  # seconds: what a test does not wait for


class Patience(loop.Bounds):
    """As little as a test has."""

    slow = _LONG
    late = 0.02
    farewell = _LONG
    idle = _LONG


class Running:
    """A notifier in a thread, whose deliveries do as their `to` says."""

    def __init__(self) -> None:
        self.patience = Patience()
        self.begun: list[int | str] = []
        self.go = threading.Event()
        self.cut: list[int | str] = []
        self.over = 0
        self._begin = threading.Condition()
        source, self._source = os.pipe()
        self._sink, sink = os.pipe()
        self.answers = Lines(self._sink)
        self._notifier = loop.Notifier(source, sink, self.patience)
        self._thread = threading.Thread(target=self._run, args=(source, sink))

    def outcome(self, delivery: Delivery, deadline: Deadline) -> dict[str, Any]:
        with self._begin:
            self.begun.append(delivery.id)
            self._begin.notify_all()
        if "hangs" in delivery.to:
            self.go.wait(LIMIT)
        with self._begin:
            self.over += 1
            if deadline.is_cut:
                self.cut.append(delivery.id)
            self._begin.notify_all()
        return sent(delivery.id)

    def send(self, id_: int | str, *how: str, timeout_s: float = _LONG) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        delivery = {"id": id_, "kind": "ping", "to": dict.fromkeys(how, 1), "message": {},
                    "directory": "/", "timeout_s": timeout_s}  # fmt: skip
        self.write(json.dumps(delivery).encode() + b"\n")

    def write(self, data: bytes) -> None:
        os.write(self._source, data)

    def until_begun(self, count: int) -> None:
        with self._begin:
            assert self._begin.wait_for(lambda: len(self.begun) >= count, LIMIT)

    def until_over(self, count: int) -> None:
        with self._begin:
            assert self._begin.wait_for(lambda: self.over >= count, LIMIT)

    def start(self) -> None:
        self._thread.start()

    def close_source(self) -> None:
        os.close(self._source)
        self._source = -1

    def close_sink(self) -> None:
        os.close(self._sink)
        self._sink = -1

    def end(self) -> None:
        """Wait until it has ended."""
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self.go.set()
        if self._source >= 0:
            self.close_source()
        if self._thread.ident is not None:
            self.end()
        if self._sink >= 0:
            os.close(self._sink)

    def _run(self, source: int, sink: int) -> None:
        self._notifier.run()
        os.close(source)
        os.close(sink)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    made = Running()
    monkeypatch.setattr(loop, "outcome", made.outcome)
    yield made
    made.close()


def test_each_delivery_is_answered_as_it_ends(running: Running) -> None:
    running.send("slow", "hangs")
    running.send("fast")

    assert sent("fast") == next(running.answers)
    running.go.set()
    assert sent("slow") == next(running.answers)


def test_eight_are_sent_at_a_time(running: Running) -> None:
    for number in range(9):
        running.send(number, "hangs")
    running.until_begun(8)
    running.write(b"x\n")  # answered after all that came before it was looked at
    next(running.answers)

    assert list(range(8)) == sorted(running.begun, key=str)
    running.go.set()
    assert set(range(9)) == {next(running.answers)["id"] for _ in range(9)}


def test_eight_that_hang_are_soon_in_nobodys_way(running: Running) -> None:
    running.patience.slow = 0.05
    for number in range(8):
        running.send(number, "hangs")

    running.send(8)

    assert sent(8) == next(running.answers)


def test_not_more_than_so_many_hang_at_a_time(running: Running) -> None:
    running.patience.slow = 0.0
    running.patience.most = 10
    for number in range(11):
        running.send(number, "hangs")
    running.until_begun(10)
    running.write(b"x\n")
    next(running.answers)

    assert len(running.begun) == 10


def test_what_does_not_end_is_given_up_and_not_heard_later(running: Running) -> None:
    running.send(1, "hangs", timeout_s=0.02)

    answer = next(running.answers)

    assert {"id": 1, "sent": False, "error": "ping: not done within 0.02s", "again": True,
            "after_s": None} == answer  # fmt: skip
    running.go.set()
    running.send(2)
    assert sent(2) == next(running.answers)


def test_what_was_given_up_is_in_nobodys_way(running: Running) -> None:
    for number in range(8):
        running.send(number, "hangs", timeout_s=0.02)
    running.send(8)

    answers = [next(running.answers) for _ in range(9)]

    assert sent(8) in answers


@pytest.mark.parametrize(
    ("line", "id_", "error"),
    [
        (b"nonsense", None, "the line is not JSON"),
        (b"\xff\xfe", None, "the line is not JSON"),
        (b"[" * 100_000, None, "the line is not JSON"),
        (b"[]", None, "the line is no object"),
        (b"{}", None, "the delivery has no id"),
        (b'{"id": true}', None, "the delivery has no id"),
        (b'{"id": 5}', 5, "the delivery has no proper 'kind'"),
        (b'{"id": "a", "kind": "ping", "to": []}', "a", "the delivery has no proper 'to'"),
        *[
            (_TIMEOUT % seconds, 5, "the delivery has no proper 'timeout_s'")
            for seconds in (b"0", b"-1", b"NaN", b"Infinity", b"1e9", b"null", b'"5"')
        ],
    ],
)  # fmt: skip
def test_a_line_that_is_no_delivery_is_answered(
    running: Running, line: bytes, id_: Any, error: str
) -> None:
    running.start()
    running.write(b"\n" + line + b"\n")

    expected = {"id": id_, "sent": False, "error": error, "again": False, "after_s": None}
    assert expected == next(running.answers)
    running.send(6)
    assert sent(6) == next(running.answers)


def test_a_line_may_come_in_pieces(running: Running) -> None:
    running.start()
    running.write(b'{"id": 5, "ki')
    running.write(b'nd": "ping", "to": {}, "message": {}, "directory": "/", ')
    running.write(b'"timeout_s": 5}\n')

    assert sent(5) == next(running.answers)


def test_it_ends_with_its_source_when_all_is_over(running: Running) -> None:
    running.send(1, "hangs")
    running.until_begun(1)
    running.close_source()
    running.go.set()

    assert sent(1) == next(running.answers)
    running.end()


def test_it_does_not_wait_long_for_what_was_begun_and_ends_it(running: Running) -> None:
    running.patience.farewell = 0.02
    running.send(1, "hangs")
    running.until_begun(1)
    running.close_source()

    running.end()

    running.go.set()
    running.until_over(1)
    assert [1] == running.cut
    with pytest.raises(AssertionError, match="it has ended"):
        next(running.answers)


def test_what_was_not_begun_is_neither_sent_nor_answered(running: Running) -> None:
    running.patience.farewell = 0.02
    for number in range(9):
        running.send(number, "hangs")
    running.until_begun(8)
    running.close_source()

    running.end()

    assert list(range(8)) == sorted(running.begun, key=str)


def test_with_nothing_to_do_it_offers_to_end_and_waits_for_that(running: Running) -> None:
    running.patience.idle = 0.02
    running.send(1)

    assert [sent(1), {"bye": True}] == [next(running.answers), next(running.answers)]
    running.close_source()
    running.end()


def test_a_line_that_crosses_the_offer_is_answered_and_the_offer_made_again(
    running: Running,
) -> None:
    running.patience.idle = 0.02
    running.start()
    assert {"bye": True} == next(running.answers)

    running.send(1)

    assert [sent(1), {"bye": True}] == [next(running.answers), next(running.answers)]


def test_it_goes_on_for_what_was_begun_though_nobody_hears_it(running: Running) -> None:
    running.send(1, "hangs")
    running.send(2)
    next(running.answers)
    running.close_sink()
    running.send(3)
    running.until_begun(3)
    running.close_source()
    running.go.set()

    running.end()
