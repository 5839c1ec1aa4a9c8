"""What a job waits for and asks before it runs, as it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from files import diagnostics, job, load, refused, text
from schedkit import values
from schedkit.conditions import Condition, WaitForCommand, WaitForHost, WaitForPath
from schedkit.job import Keys
from schedkit.loader.checks import check

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("only_if: test -f x", Condition((), "test -f x")),
        ("only_if: [test, -f, x]", Condition((), ("test", "-f", "x"))),
        ("wait_for: {path: /mnt/x}", Condition((WaitForPath("/mnt/x"),))),
        (
            "wait_for: [{host: ' db:05432', until: 30m}, {command: a b, every: 1s}]\nonly_if: c",
            Condition(
                (WaitForHost("db:5432", 30 * MINUTE), WaitForCommand("a b", HOUR, SECOND)), "c"
            ),
        ),
        ("wait_for: {host: '[::1]:80'}", Condition((WaitForHost("[::1]:80"),))),
        ("timeout: 1h", None),
    ],
)
def test_a_condition_is_read(keys: str, expected: Condition | None) -> None:
    assert expected == job(keys).condition


@pytest.mark.parametrize(
    "keys",
    [
        {"wait_for": [{"host": "db:5432", "until": "30m"}, {"path": "/mnt/x"}]},
        {"wait_for": [{"command": ["a", "b"], "every": "1s"}], "only_if": ["c"]},
    ],
)
def test_a_condition_is_written_as_it_is_read(keys: dict[str, object]) -> None:
    whole = {"command": "x", "clock": ["every 1m"], **keys}

    written = values.written(values.read(Keys, whole))

    assert keys == {key: written[key] for key in keys}


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        ("wait_for: {host: db}", "'db' names no port", "write it as db.example:5432"),
        ("wait_for: {host: '::1'}", "'::1' names no port", "write it as db.example:5432"),
        ("wait_for: {host: ':80'}", "':80' names no host", "write it as db.example:5432"),
        ("wait_for: {host: 'a b:80'}", "'a b:80' names no host", "write it as db.example:5432"),
        ("wait_for: {host: db:x}", "'x' is no port", "a port is a number from 1 to 65535"),
        ("wait_for: {host: db:0}", "'0' is no port", "a port is a number from 1 to 65535"),
        ("wait_for: {host: db:65536}", "'65536' is no port", "a port is a number from 1 to 65535"),
        ("wait_for: {path: ' '}", "the path is empty", None),
        ('wait_for: {path: "a\\0b"}', "a NUL character stands here: no path has one", None),
        ("wait_for: {path: x, until: 0s}", "until is zero", "to ask once write only_if"),
        ("wait_for: {path: x, every: 99ms}", "every is less than 100ms", None),
        ("wait_for: {path: x, host: db:1}", "'path' and 'host' are both there", "keep one"),
        ("wait_for: db:5432", "the text 'db:5432' stands where a mapping belongs",
         "write {host: db:5432}"),
        ("wait_for: []", "the list is empty", "write one thing to wait for at least"),
        ("wait_for: {until: 5m}", "this says no thing to wait for", "one of: path, host, command"),
        ("only_if: ''", "the command is empty", None),
        ("only_if: {}", "a mapping stands where a command belongs",
         "write a text, or a list of a program and its arguments"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(keys: str, message: str, hint: str | None) -> None:
    (problem,) = diagnostics(f"jobs: {{a: {{command: x, clock: every 1m, {keys}}}}}\n")

    assert (message, hint) == (problem.message, problem.hint)


def test_the_place_of_a_host_without_a_port_is_shown() -> None:
    expected = text("""\
        schedules.yaml:5:34: error: 'db' names no port
        5 |     wait_for: [{path: x}, {host: db}]
          |                                  ^^
          = help: write it as db.example:5432
        """)

    actual = refused("""\
        jobs:
          a:
            command: x
            clock: every 1m
            wait_for: [{path: x}, {host: db}]
        """)

    assert expected == actual


@pytest.mark.parametrize(
    ("keys", "places"),
    [
        ("only_if: [no-such, -x]", ["no-such"]),
        ("wait_for: [{path: x}, {command: [no-such]}]", ["no-such"]),
        ("only_if: no-such", []),
        ("only_if: ['true'], wait_for: {command: ['true']}", []),
    ],
)
def test_a_program_that_is_asked_and_not_found_is_warned_of(keys: str, places: list[str]) -> None:
    config = load(f"jobs: {{a: {{command: 'true', clock: every 1m, {keys}}}}}\n")

    found = [one.message for one in check(config)]

    assert [f"the program {place!r} is not found" for place in places] == found


# ---- what it says


def _condition(keys: str) -> Condition:
    found = job(keys).condition
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("keys", "said", "named"),
    [
        ("only_if: test -f x", "only_if: test -f x", "only_if"),
        ("only_if: [test, -f, 'a b']", "only_if: test -f 'a b'", "only_if"),
        ("only_if: '  a\n\n  b  '", "only_if: a b", "only_if"),
        (f"only_if: {'x' * 101}", f"only_if: {'x' * 97}...", "only_if"),
        ("wait_for: {host: db:1}\nonly_if: x", "host db:1", "wait_for and only_if"),
        ("wait_for: [{host: db:1}, {path: /x}, {command: y z}]",
         "host db:1 and path /x and command y z", "wait_for"),
    ],
)  # fmt: skip
def test_it_says_what_it_waits_for(keys: str, said: str, named: str) -> None:
    condition = _condition(keys)

    assert (said, named) == (str(condition), condition.keys)


@pytest.mark.parametrize(
    ("keys", "timeout", "expected"),
    [
        ("wait_for: [{path: x, until: 5m}, {path: y, until: 2m}]", None, 5 * MINUTE + 10 * SECOND),
        ("wait_for: {path: x, until: 5m}\nonly_if: x", None, None),
        ("wait_for: {path: x, until: 5m}\nonly_if: x", MINUTE, 6 * MINUTE + 10 * SECOND),
        ("only_if: x", MINUTE, MINUTE),
        ("only_if: x", None, None),
    ],
)
def test_it_takes_no_longer_than_it_may(
    keys: str, timeout: timedelta | None, expected: timedelta | None
) -> None:
    assert expected == _condition(keys).longest(timeout)


def test_it_is_specified_for_the_process_that_waits() -> None:
    condition = _condition(
        "wait_for: [{host: '[::1]:80', until: 30m}, {path: x, every: 1s}, {command: y, until: 1s}]"
        "\nonly_if: [z]"
    )

    assert {
        "wait_for": [
            {
                "what": "host [::1]:80", "host": "::1", "port": 80, "until_s": 1800, "every_s": 5,
                "in_vain": "wait_for: host [::1]:80 was not there within 30m",
            },
            {
                "what": "path x", "path": "x", "until_s": 3600, "every_s": 1,
                "in_vain": "wait_for: path x was not there within 1h",
            },
            {
                "what": "command y", "command": ("/bin/sh", "-c", "y"), "until_s": 1, "every_s": 5,
                "in_vain": "wait_for: command y did not succeed within 1s",
            },
        ],
        "only_if": ("z",),
    } == condition.specification("/bin/sh")  # fmt: skip
