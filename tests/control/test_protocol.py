"""What verbs and runners say to each other, and what is no such thing."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta, timezone

import pytest

from schedkit.config import UnknownJobError
from schedkit.control import protocol
from schedkit.control.protocol import (
    At,
    Cancel,
    Emit,
    Pause,
    RefusedError,
    Reload,
    Request,
    Resume,
    Status,
    Trigger,
    Wait,
)
from schedkit.errors import ConfigError, SchedError, StoreError
from schedkit.events import Emitted
from schedkit.operations import Backfill, NoSuchRunError, NotNowError, Prune

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=1)))
REQUESTS: list[Request] = [
    Trigger("a"),
    Trigger("ä \u2028 \n", {"K": "v", "empty": ""}, force=True),
    At("a", NOON),
    At("a", NOON, {"K": "v"}, force=True),
    Backfill("a", NOON, NOON + timedelta(microseconds=1), "0123abc"),
    Backfill("a", NOON, NOON, "0123abc", 3, force=True),
    Prune(),
    Prune(["a", "b"], NOON, 5, "a"),
    Cancel("7k3m2q"),
    Cancel("a", signal.SIGINT),
    Pause(),
    Pause(["a", "b"], NOON, "the disk is full"),
    Resume(["a"]),
    Emit([Emitted("lead.opted_in")]),
    Emit([Emitted("a", '{"n": 1, "to": {"name": "\\u00e9"}}', "key"), Emitted("b")]),
    Reload(),
    Status(),
    Wait("7k3m2q"),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_arrives_as_it_was_sent(request_: Request) -> None:
    expected = request_

    actual = protocol.read_request(protocol.request_line(request_))

    assert expected == actual


def test_a_request_is_one_line_of_json() -> None:
    expected = (
        b'{"v": 1, "verb": "pause", "jobs": ["a"], "until": "2026-03-02T12:00:00+01:00",'
        b' "reason": "x\\ny"}\n'
    )

    actual = protocol.request_line(Pause(["a"], NOON, "x\ny"))

    assert expected == actual


def test_what_has_a_default_may_be_left_out() -> None:
    expected = [Trigger("a"), Pause(), Cancel("a")]

    actual = [
        protocol.read_request(line)
        for line in (
            b'{"v": 1, "verb": "trigger", "job": "a"}\n',
            b'{"v": 1, "verb": "pause"}\n',
            b'{"v": 1, "verb": "cancel", "target": "a"}\n',
        )
    ]

    assert expected == actual


JSON = "the request is not JSON in UTF-8"
OBJECT = "the request is no JSON object"


def told(said: str) -> bytes:
    """Return a request of this version that says so."""
    return b'{"v": 1, ' + said.encode() + b"}\n"


BACKFILL = '"verb": "backfill", "job": "a", "digest": "x", "first": "2026-01-01T00:00Z"'
NO_EVENT = "has what is no event"
WHOLE = f'{BACKFILL}, "last": "2026-01-01T00:00Z"'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"\n", JSON),
        (b"hello\n", JSON),
        (b"\0\n", JSON),
        (b"\xff\n", JSON),
        (b'\xef\xbb\xbf{"v": 1}\n', JSON),
        ('{"v": 1}'.encode("utf-16-le") + b"\n", JSON),
        (b"[" * 60_000 + b"\n", JSON),
        (b'{"v": ' + b"9" * 5000 + b"}\n", JSON),
        (b"[]\n", OBJECT),
        (b"null\n", OBJECT),
        (b'"v"\n', OBJECT),
        (b'{"v": 1, "verb": "status"}', "the request is cut off: a line has to end"),
        (b"", "the request is cut off: a line has to end"),
        (b"x" * 65_536 + b"\n", "the request is longer than 65536 bytes"),
        (told('"x": 1'), "this runner knows no verb null"),
        (told('"verb": "frob"'), 'this runner knows no verb "frob"'),
        (told('"verb": ["status"]'), "this runner knows no verb list"),
        (
            told(f'"verb": "{"x" * 99}"'),
            f'this runner knows no verb "{"x" * 39}...',
        ),
        (told('"verb": "status", "job": "a"'), 'status takes no "job"'),
        (told('"verb": "trigger"'), "trigger lacks 'job'"),
        (told('"verb": "trigger", "job": 1'), "'job' of trigger is no text"),
        (told('"verb": "trigger", "job": null'), "'job' of trigger is no text"),
        (
            told('"verb": "trigger", "job": "a\\u0000"'),
            "'job' of trigger has characters that no text has",
        ),
        (
            told('"verb": "trigger", "job": "\\ud800"'),
            "'job' of trigger has characters that no text has",
        ),
        (told('"verb": "trigger", "job": "a", "params": []'), "'params' of trigger is no object"),
        (
            told('"verb": "trigger", "job": "a", "params": {"k": 1}'),
            "'params' of trigger is no text",
        ),
        (
            told('"verb": "trigger", "job": "a", "params": {"a=b": "c"}'),
            "'params' of trigger has a name that no variable can have",
        ),
        (
            told('"verb": "trigger", "job": "a", "params": {"": "c"}'),
            "'params' of trigger has a name that no variable can have",
        ),
        (
            told('"verb": "trigger", "job": "a", "params": {"SCHED_FILE": "c"}'),
            "'params' of trigger has SCHED_FILE, which is not for people to say",
        ),
        (told('"verb": "emit", "events": []'), "'events' of emit is no list of events"),
        (told('"verb": "emit", "events": [{"time": 1, "at": 2}]'), f"'events' of emit {NO_EVENT}"),
        (told('"verb": "emit", "events": [{"payload": {}}]'), "'events' of emit is no text"),
        (
            told('"verb": "emit", "events": [{"name": "a", "payload": []}]'),
            "'events' of emit has a with a payload that is no object",
        ),
        (
            told('"verb": "emit", "events": [{"name": "a", "payload": {"k": "\\ud800"}}]'),
            "'events' of emit has a with a payload that has characters which no text has",
        ),
        (
            told(f'"verb": "emit", "events": [{{"name": "a", "key": "{"k" * 501}"}}]'),
            "'events' of emit has a with a key of 501 characters",
        ),
        (
            told('"verb": "trigger", "job": "a", "force": 1'),
            "'force' of trigger is neither true nor false",
        ),
        (told('"verb": "at", "job": "a"'), "at lacks 'time'"),
        (told('"verb": "at", "job": "a", "time": null'), "'time' of at is no time"),
        (
            told('"verb": "at", "job": "a", "time": "9999-12-31T23:59:59-01:00"'),
            "'time' of at is no time",
        ),
        (told(f'{WHOLE}, "parallel": 0'), "'parallel' of backfill is 0: nothing would ever run"),
        (told(f'{WHOLE}, "parallel": true'), "'parallel' of backfill is no number"),
        (told(f'{WHOLE}, "parallel": 2147483648'), "'parallel' of backfill is no number"),
        (told(f'{BACKFILL}, "last": "2026-01-01"'), "'last' of backfill has no offset from UTC"),
        (told('"verb": "prune", "keep": -1'), "'keep' of prune is no number"),
        (told('"verb": "prune", "keep": 1.0'), "'keep' of prune is no number"),
        (told('"verb": "prune", "after": 1'), "'after' of prune is no text"),
        (told('"verb": "pause", "jobs": "a"'), "'jobs' of pause is no list"),
        (told('"verb": "pause", "jobs": [1]'), "'jobs' of pause is no text"),
        (told('"verb": "pause", "until": 5'), "'until' of pause is no time"),
        (told('"verb": "pause", "until": "soon"'), "'until' of pause is no time"),
        (
            told('"verb": "pause", "until": "2026-03-02 12:00"'),
            "'until' of pause has no offset from UTC",
        ),
        (told('"verb": "pause", "reason": 5'), "'reason' of pause is no text"),
        (
            told(f'"verb": "pause", "reason": "{"x" * 501}"'),
            "'reason' of pause has 501 characters, 500 at most",
        ),
        (
            told('"verb": "cancel", "target": "a", "signal": "TERM"'),
            "'signal' of cancel is no signal",
        ),
        (told('"verb": "cancel", "target": "a", "signal": 9'), "'signal' of cancel is no text"),
    ],
)
def test_what_is_no_request_is_refused_with_what_is_wrong(line: bytes, expected: str) -> None:
    with pytest.raises(RefusedError) as caught:
        protocol.read_request(line)

    assert (expected, 1) == (str(caught.value), caught.value.code)


@pytest.mark.parametrize(
    ("version", "shown"),
    [("2", "2"), ("0", "0"), ("true", "true"), ("1.0", "1.0"), ('"1"', '"1"'), ("null", "null")],
)
def test_another_version_is_refused_by_name(version: str, shown: str) -> None:
    expected = f"this runner speaks version 1 of its protocol, not {shown}"

    with pytest.raises(RefusedError) as caught:
        protocol.read_request(f'{{"v": {version}, "verb": "status"}}\n'.encode())

    assert expected == str(caught.value)


def test_a_request_that_no_runner_would_read_is_not_sent() -> None:
    with pytest.raises(RefusedError, match="the request is longer than 65536 bytes"):
        protocol.request_line(Trigger("a", {"K": "x" * 70_000}))


# ---- answers


def test_an_answer_arrives_as_it_was_sent() -> None:
    expected = {"run": "7k3m2q", "reason": None}

    actual = protocol.read_answer(protocol.ok_line(expected))

    assert expected == actual


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            UnknownJobError("x", "did you mean 'y'?"),
            (4, "no job is named 'x'", "did you mean 'y'?"),
        ),
        (NoSuchRunError("there is no run 'x'"), (4, "there is no run 'x'", None)),
        (
            NoSuchRunError.of("bakup", ["backup"]),
            (4, "there is no run and no job 'bakup'", "did you mean 'backup'?"),
        ),
        (NotNowError("not now"), (1, "not now", None)),
        (StoreError("the disk is full"), (69, "the disk is full", None)),
        (ConfigError.of("bad", "write good"), (78, "bad", "write good")),
        (RefusedError(77, "no", "yes"), (77, "no", "yes")),
        (SchedError("something"), (1, "something", None)),
    ],
)
def test_an_error_arrives_with_its_exit_code_and_its_way_out(
    error: SchedError, expected: tuple[int, str, str | None]
) -> None:
    with pytest.raises(RefusedError) as caught:
        protocol.read_answer(protocol.error_line(error))

    actual = (caught.value.code, str(caught.value), caught.value.hint)
    assert expected == actual


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"what?\n", "the answer is not JSON in UTF-8"),
        (b"{}\n", "the runner speaks version null of its protocol, not 1"),
        (b'{"v": 2, "ok": {}}\n', "the runner speaks version 2 of its protocol, not 1"),
        (b'{"v": 1}\n', "the answer of the runner is none"),
        (b'{"v": 1, "error": {"code": "x"}}\n', "None"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(line: bytes, expected: str) -> None:
    with pytest.raises(RefusedError) as caught:
        protocol.read_answer(line)

    assert (expected, 1) == (str(caught.value), caught.value.code)


def test_a_moment_keeps_its_instant() -> None:
    expected = NOON.astimezone(UTC)

    read = protocol.read_request(protocol.request_line(Pause(until=NOON)))

    assert isinstance(read, Pause)
    assert expected == read.until
