"""Signals to what watches whether jobs run."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifying import SECRET, SENT, Notifying, refused
from receivers import answers, drips, hangs, receiving

pytestmark = pytest.mark.system

_RID = "728b3763-ff18-4f1a-a3d4-7a3c3b9a9f0e"


@pytest.mark.parametrize(
    ("path", "signal", "target"),
    [
        ("/uuid", "start", "/uuid/start"),
        ("/uuid", "success", "/uuid"),
        ("/uuid", "fail", "/uuid/fail"),
        ("/uuid", "log", "/uuid/log"),
        ("/uuid/", "fail", "/uuid/fail"),
        ("/key/slug?create=1", "start", "/key/slug/start?create=1"),
        ("", "success", "/"),
    ],
)
@pytest.mark.parametrize("rid", ["", _RID])
def test_a_signal_is_a_path_behind_that_of_the_check(
    notifier: Notifying, path: str, signal: str, target: str, rid: str
) -> None:
    with receiving(answers(body=b"OK")) as receiver:
        answer = notifier.tell("ping", {"url": receiver.url + path}, signal=signal, rid=rid)
        asked = receiver.asked()

    more = f"{'&' if '?' in target else '?'}rid={rid}" if rid else ""
    assert SENT == answer
    assert ("POST", target + more) == asked[:2]


@pytest.mark.parametrize(
    ("signal", "body"),
    [
        ("start", ""),
        ("success", "dumping\nü done"),
        ("fail", "exit code 3\ndumping\nü done"),
        ("log", "exit code 3\ndumping\nü done"),
    ],
)
def test_the_end_of_the_output_goes_with_an_end(
    notifier: Notifying, tmp_path: Path, signal: str, body: str
) -> None:
    output = tmp_path / "output"
    output.write_text("\x1b[32mdumping\x1b[0m\nü done", encoding="utf-8")
    with receiving(answers()) as receiver:
        notifier.tell("ping", {"url": receiver.url}, signal=signal, output=str(output))
        asked = receiver.asked()

    assert body == asked.body.decode()
    assert asked.headers["content-type"] == "text/plain; charset=utf-8"


def test_of_a_long_output_the_last_ten_thousand_bytes_go_cut_at_a_character(
    notifier: Notifying, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    output.write_text("ü" * 20_000 + "\nend", encoding="utf-8")
    with receiving(answers()) as receiver:
        notifier.tell("ping", {"url": receiver.url}, signal="fail", output=str(output))
        body = receiver.asked().body

    assert 9_990 < len(body) <= 10_000
    assert body.decode().startswith("exit code 3\n…üü")
    assert body.decode().endswith("üü\nend")


def test_a_failure_without_a_reason_says_its_exit_code(notifier: Notifying) -> None:
    with receiving(answers()) as receiver:
        notifier.tell("ping", {"url": receiver.url}, signal="fail", reason=None)

        assert receiver.asked().body == b"exit code 3\n"


@pytest.mark.parametrize(
    ("reason", "code", "body"),
    [
        ("no space left", 3, "exit code 3\nreading\nno space left\n"),  # as a runner has it
        ("no such user", 3, "exit code 3: no such user\nreading\nno space left\n"),
        ("exit code 3", 3, "exit code 3\nreading\nno space left\n"),
        ("timeout after 1h", None, "timeout after 1h\nreading\nno space left\n"),
        (None, None, "reading\nno space left\n"),
    ],
)
def test_a_failure_says_its_exit_code_and_nothing_twice(
    notifier: Notifying, tmp_path: Path, reason: str | None, code: int | None, body: str
) -> None:
    output = tmp_path / "output"
    output.write_text("reading\nno space left\n", encoding="utf-8")
    with receiving(answers()) as receiver:
        notifier.tell("ping", {"url": receiver.url}, signal="fail", output=str(output),
                      reason=reason, exit_code=code)  # fmt: skip

        assert body == receiver.asked().body.decode()


def test_an_output_that_is_gone_hinders_nothing(notifier: Notifying, tmp_path: Path) -> None:
    with receiving(answers()) as receiver:
        output = str(tmp_path / "none")
        assert SENT == notifier.tell("ping", {"url": receiver.url}, signal="fail", output=output)


@pytest.mark.parametrize(
    ("body", "said", "again"),
    [
        (b"OK (not found)", "answered that there is no such check", False),
        (b"OK (rate limited)", "answered that it was pinged too often", True),
    ],
)
def test_a_check_that_did_not_take_it_is_an_error_though_the_status_is_one_of_success(
    notifier: Notifying, body: bytes, said: str, again: bool
) -> None:
    with receiving(answers(body=body)) as receiver:
        answer = notifier.tell("ping", {"url": f"{receiver.url}/{SECRET}"}, signal="start")

    assert refused(f"ping {receiver.shown}: {said}", again=again) == answer


def test_a_status_of_success_counts_though_the_rest_never_comes(notifier: Notifying) -> None:
    begin = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nOK"
    with receiving(drips(begin)) as receiver:
        answer = notifier.tell("ping", {"url": receiver.url}, timeout_s=0.3, signal="start")

    assert SENT == answer


def test_a_hanging_server_is_an_error_in_time(notifier: Notifying) -> None:
    with receiving(hangs) as receiver:
        answer = notifier.tell("ping", {"url": receiver.url}, timeout_s=0.3, signal="start")

    assert refused(f"ping {receiver.shown}: not done within 0.3s", again=True) == answer


def test_a_signal_that_there_is_not_is_refused_for_good(notifier: Notifying) -> None:
    answer = notifier.tell("ping", {"url": "http://h"}, signal="end")

    error = "ping: 'signal' is none of start, success, fail and log"
    assert refused(error, again=False) == answer
