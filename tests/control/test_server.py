"""The runner's side of its socket: it answers, and nothing that is sent to it can hold it up."""

from __future__ import annotations

import errno
import json
import logging
import os
import pwd
import signal
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schedkit.control import protocol, server
from schedkit.control.protocol import (
    At,
    Cancel,
    Pause,
    Reload,
    Request,
    Resume,
    Status,
    Trigger,
    Wait,
)
from schedkit.control.server import Server
from schedkit.errors import StoreError
from schedkit.operations import Backfill, Filled, Prune
from talking import FakeOperations, Talk, heard

ME = pwd.getpwuid(os.getuid()).pw_name
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STATUS = b'{"v": 1, "verb": "status"}\n'
PID = b'{"v": 1, "ok": {"pid": 1}}\n'
HEARD = b'{"v": 1, "ok": {}}\n'


def ask(talk: Talk, request: Request) -> bytes:
    """Return what one request is answered."""
    return talk.say(talk.connect(), protocol.request_line(request))


def refused(answer: bytes) -> list[str]:
    """Return the messages of the errors in an answer, and what else is in it."""
    return [
        json.loads(line)["error"]["message"] if line.startswith(b"{") else line.decode()
        for line in answer.splitlines()
    ]


# ---- what is asked is done


@pytest.mark.parametrize(
    ("request_", "asked", "answer"),
    [
        (
            Trigger("a", {"K": "v"}, force=True),
            ("trigger", "a", ME, {"K": "v"}, True),
            {"run": "7k3m2q", "state": "running", "reason": None},
        ),
        (
            At("a", NOON, {"K": "v"}, force=True),
            ("at", "a", ME, NOON, {"K": "v"}, True),
            {"run": "7k3m2q", "state": "queued", "reason": None},
        ),
        (
            Backfill("a", NOON, NOON, "0123abc", 3, force=True),
            ("backfill", Backfill("a", NOON, NOON, "0123abc", 3, force=True), ME),
            {"runs": [], "left_out": 0, "until": None},
        ),
        (
            Prune(["a"], NOON, 5, "a"),
            ("prune", Prune(["a"], NOON, 5, "a"), ME),
            {"records": 0, "output_bytes": 0, "after": None},
        ),
        (Cancel("a", signal.SIGINT), ("cancel", "a", ME, signal.SIGINT), {"runs": ["7k3m2q"]}),
        (
            Pause(["a"], datetime(2026, 3, 2, tzinfo=UTC), "why"),
            ("pause", ["a"], ME, datetime(2026, 3, 2, tzinfo=UTC), "why"),
            {"jobs": ["a", "b"]},
        ),
        (Resume(), ("resume", [], ME), {"jobs": ["a", "b"]}),
        (Status(), ("status",), {"pid": 1}),
    ],
)
def test_what_is_asked_is_done_for_the_user_who_asks(
    talk: Talk, request_: Request, asked: tuple[Any, ...], answer: dict[str, Any]
) -> None:
    actual = ask(talk, request_)

    assert protocol.ok_line(answer) == actual
    assert [asked] == talk.operations.asked


def test_what_was_filled_in_is_told_run_by_run(talk: Talk) -> None:
    talk.operations.filled = [Filled([("7k3m2q", NOON)], 2, NOON)]
    noon = "2026-03-02T12:00:00+00:00"
    expected = {"runs": [{"run": "7k3m2q", "fire_time": noon}], "left_out": 2, "until": noon}

    actual = ask(talk, Backfill("a", NOON, NOON, "0123abc"))

    assert protocol.ok_line(expected) == actual


def test_what_is_refused_is_answered_with_its_exit_code(talk: Talk) -> None:
    expected = (
        b'{"v": 1, "error": {"code": 4, "message": "no job is named \'x\'",'
        b' "hint": "did you mean \'a\'?"}}\n'
    )

    actual = ask(talk, Trigger("x"))

    assert expected == actual


def test_one_client_asks_as_often_as_it_likes(talk: Talk) -> None:
    client = talk.connect()

    actual = [talk.say(client, STATUS) for _ in range(3)]

    assert [PID] * 3 == actual


def test_requests_that_come_together_are_answered_in_their_order(talk: Talk) -> None:
    expected = PID + protocol.ok_line({"runs": ["7k3m2q"]}) + PID

    actual = talk.say(talk.connect(), STATUS + protocol.request_line(Cancel("a")) + STATUS)

    assert expected == actual


def test_of_each_client_one_request_is_answered_a_turn(talk: Talk) -> None:
    """A thousand requests in one breath do not hold up the jobs that are due."""
    client = talk.connect()
    client.sendall(STATUS * 1000)
    talk.server.serve(set(talk.server.descriptors()))  # lets it in

    talk.server.serve(set(talk.server.descriptors()))

    assert [("status",)] == talk.operations.asked


def test_a_request_may_come_in_pieces(talk: Talk) -> None:
    client = talk.connect()

    actual = [talk.say(client, bytes([byte])) for byte in STATUS]

    assert [b""] * (len(STATUS) - 1) + [PID] == actual


def test_who_closes_its_side_is_answered_before_it_is_let_go(talk: Talk) -> None:
    client = talk.connect()
    client.sendall(STATUS)
    client.shutdown(socket.SHUT_WR)

    talk.serve()

    assert PID + b"<gone>" == heard(client)


def test_nothing_is_done_unless_there_is_something_to_do(talk: Talk) -> None:
    talk.connect().sendall(STATUS)

    talk.server.serve(set())

    assert [] == talk.operations.asked


# ---- answers that take their time


def test_who_waits_for_a_run_is_told_when_it_is_over(talk: Talk) -> None:
    client = talk.connect()

    first = talk.say(client, protocol.request_line(Wait("7k3m2q")))
    talk.operations.answers[0]({"run": "7k3m2q", "state": "failed"})

    assert (HEARD, protocol.ok_line({"run": "7k3m2q", "state": "failed"})) == (first, heard(client))


def test_a_run_that_is_over_is_told_at_once(talk: Talk) -> None:
    expected = HEARD + protocol.ok_line({"run": "over00", "state": "succeeded"})

    actual = ask(talk, Wait("over00"))

    assert expected == actual


def test_a_run_that_there_is_not_cannot_be_waited_for(talk: Talk) -> None:
    client = talk.connect()

    answers = [talk.say(client, protocol.request_line(Wait("zzzzzz"))) for _ in range(2)]

    assert [["there is no run 'zzzzzz'"]] * 2 == [
        refused(answer.removeprefix(HEARD)) for answer in answers
    ]


def test_ten_who_wait_for_one_run_cost_the_runner_one_question(talk: Talk) -> None:
    clients = [talk.connect() for _ in range(10)]
    for client in clients:
        talk.say(client, protocol.request_line(Wait("7k3m2q")))
    clients[3].close()

    talk.operations.answers[0]({"state": "failed"})

    told = [heard(client) for client in clients if client is not clients[3]]
    assert [("wait", "7k3m2q")] == talk.operations.asked
    assert [protocol.ok_line({"state": "failed"})] * 9 == told


def test_who_waits_no_longer_may_ask_again(talk: Talk) -> None:
    client = talk.connect()
    talk.say(client, protocol.request_line(Wait("7k3m2q")))
    meanwhile = talk.say(client, STATUS)

    talk.operations.answers[0]({"state": "failed"})
    talk.serve()

    assert (b"", protocol.ok_line({"state": "failed"}) + PID) == (meanwhile, heard(client))


def test_who_hangs_up_while_it_waits_is_forgotten(talk: Talk) -> None:
    client = talk.connect()
    talk.say(client, protocol.request_line(Wait("7k3m2q")))
    client.close()
    talk.serve()

    talk.operations.answers[0]({"state": "failed"})

    assert PID == ask(talk, Status())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"changes": ["a is new"]}, b'{"v": 1, "ok": {"changes": ["a is new"]}}\n'),
        (
            {"error": "a.yaml:1:1: bad"},
            b'{"v": 1, "error": {"code": 78, "message": "a.yaml:1:1: bad", "hint": null}}\n',
        ),
    ],
)
def test_a_reload_is_answered_when_it_is_done(
    talk: Talk, answer: dict[str, Any], expected: bytes
) -> None:
    client = talk.connect()

    first = talk.say(client, protocol.request_line(Reload()))
    talk.operations.answers[0](answer)

    assert (HEARD, expected) == (first, heard(client))
    assert [("reload", ME)] == talk.operations.asked


# ---- bad input, bad company


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"hello\n", ["the request is not JSON in UTF-8"]),
        (b"\0\0\n", ["the request is not JSON in UTF-8"]),
        (b"[" * 50_000 + b"\n", ["the request is not JSON in UTF-8"]),
        (b"[]\n", ["the request is no JSON object"]),
        (b'{"v": 7}\n', ["this runner speaks version 1 of its protocol, not 7"]),
        (b"x" * 70_000, ["the request is longer than 65536 bytes", "<gone>"]),
        (b"", []),
        (b'{"v": 1', []),
    ],
)
def test_what_is_no_request_is_answered_with_one_error(
    talk: Talk, data: bytes, expected: list[str]
) -> None:
    actual = refused(talk.say(talk.connect(), data).replace(b"<gone>", b"\n<gone>\n"))

    assert expected == [line for line in actual if line]


def test_after_an_error_the_client_may_do_better(talk: Talk) -> None:
    client = talk.connect()
    talk.say(client, b"hello\n")

    actual = talk.say(client, STATUS)

    assert PID == actual


def test_a_request_that_is_cut_off_is_said_to_be(talk: Talk) -> None:
    client = talk.connect()
    client.sendall(STATUS.rstrip())
    client.shutdown(socket.SHUT_WR)

    talk.serve()

    expected = ["the request is cut off: a line has to end", "<gone>"]
    assert expected == refused(heard(client))


def test_a_bug_of_ours_is_an_answer_and_a_traceback_in_the_log(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("schedkit").propagate = True
    talk.operations.more = {"x": object()}

    actual = refused(ask(talk, Status()))

    assert ["the runner failed at this: its log says where"] == actual
    assert [TypeError] == [record.exc_info[0] for record in caplog.records if record.exc_info]


def test_who_says_nothing_does_not_keep_others_from_asking(talk: Talk) -> None:
    for _ in range(40):
        talk.connect()
        talk.serve()

    assert PID == ask(talk, Status())


def test_twenty_who_ask_at_once_are_all_answered(talk: Talk) -> None:
    clients = [talk.connect() for _ in range(20)]
    for client in clients:
        client.sendall(STATUS)

    talk.serve()

    assert [PID] * 20 == [heard(client).removesuffix(b"<gone>") for client in clients]


def test_where_too_many_wait_the_first_of_them_has_to_go(talk: Talk) -> None:
    """It loses nothing but the word: what became of the run is in the history."""
    clients = [talk.connect() for _ in range(16)]
    for client in clients:
        talk.say(client, protocol.request_line(Wait("7k3m2q")))

    ask(talk, Status())

    gone = [heard(client).endswith(b"<gone>") for client in clients]
    assert [True, *[False] * 15] == gone


def test_an_answer_that_is_not_read_is_kept_while_it_is_small(talk: Talk) -> None:
    talk.operations.more = {"paused": ["x" * 100] * 5000}
    expected = protocol.ok_line({"pid": 1, **talk.operations.more})
    client = talk.connect()
    client.sendall(STATUS)
    talk.serve()

    read = b""
    while len(read) < len(expected):
        read += heard(client)
        talk.serve()

    assert expected == read


def test_who_reads_nothing_is_let_go(talk: Talk) -> None:
    talk.operations.more = {"paused": ["x" * 100] * 20_000}
    client = talk.connect()
    client.sendall(STATUS)
    talk.serve()

    assert heard(client).endswith(b"<gone>")
    talk.operations.more = {}
    assert PID == ask(talk, Status())


def test_who_hangs_up_before_it_is_heard_is_forgotten(talk: Talk) -> None:
    """A runner that was stopped for a while does not do what nobody waits for any more."""
    client = talk.connect()
    client.sendall(protocol.request_line(Trigger("a")))
    client.close()

    talk.serve()

    assert [] == talk.operations.asked
    assert PID == ask(talk, Status())


def test_another_user_is_refused(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_peer", lambda _: 4242)

    actual = refused(talk.say(talk.connect(), b""))

    assert ["only root and the user of the runner may ask it", "<gone>"] == actual
    assert [] == talk.operations.asked


def test_without_a_descriptor_left_the_loop_does_not_turn_for_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        """A listener of a process that has no descriptor left."""

        def __init__(self, listener: socket.socket) -> None:
            self.fileno = listener.fileno
            self.close = listener.close

        def accept(self) -> None:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    listener = talk.server._listener
    monkeypatch.setattr(talk.server, "_listener", Full(listener))
    waiting = talk.connect()
    waiting.sendall(STATUS)
    talk.serve()

    turns = talk.server._poll.poll(0)
    monkeypatch.setattr(talk.server, "_listener", listener)

    assert [] == turns
    assert (PID, PID) == (ask(talk, Status()), heard(waiting))


# ---- the socket


def test_nobody_else_may_ever_connect(tmp_path: Path) -> None:
    """Neither before nor after: the mode is that of the file from its first moment on."""
    mask = os.umask(0)
    try:
        made = Server(tmp_path / "control", FakeOperations())
    finally:
        os.umask(mask)

    mode = (tmp_path / "control").stat().st_mode

    made.close()
    assert (True, 0o600) == (stat.S_ISSOCK(mode), stat.S_IMODE(mode))


def test_the_socket_of_a_runner_that_was_killed_is_replaced(tmp_path: Path) -> None:
    first = Server(tmp_path / "control", FakeOperations())
    talk = Talk(tmp_path / "control")

    actual = ask(talk, Status())

    talk.close()
    first.close()
    assert PID == actual


def test_a_path_longer_than_an_address_is_reached_all_the_same(tmp_path: Path) -> None:
    directory = tmp_path.joinpath(*["d" * 60] * 4)
    directory.mkdir(parents=True)

    made = Server(directory / "control", FakeOperations())

    names = [path.name for path in directory.iterdir()]
    made.close()
    assert ["control"] == names
    assert [] == list(directory.iterdir())


def test_what_cannot_be_replaced_is_said(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()

    with pytest.raises(StoreError) as caught:
        Server(tmp_path / "control", FakeOperations())

    assert f"{tmp_path}/control cannot be made: is a directory" == str(caught.value)


def test_a_server_that_was_closed_leaves_nothing(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # as it is counted
    talk = Talk(tmp_path / "control")
    client = talk.connect()
    talk.say(client, protocol.request_line(Wait("7k3m2q")))

    talk.close()

    after = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    assert (before, False) == (after, (tmp_path / "control").exists())
