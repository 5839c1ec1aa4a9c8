"""`sched emit`: something has happened, for the jobs that wait for it."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.test_terminal import on_terminal
from files import Answer, Sched
from schedkit.cli import emitting
from schedkit.control.protocol import LONGEST, Emit, read_request, request_line
from schedkit.errors import ConfigError
from schedkit.events import LONGEST_PAYLOAD, Emitted
from schedkit.operations import Kept
from schedkit.run import State
from schedkit.store import SQLiteReader
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name
JOBS = """
jobs:
  qualify: {command: x, on: {event: lead.opted_in}}
"""
FOR_THE_NEXT = "no runner is up, the next one reacts: sched run"


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(JOBS)


def ran(job: str, run: str | None, state: str, reason: str | None = None) -> dict[str, Any]:
    """Return what came of a run that an event has caused."""
    return {"job": job, "run": run, "state": state, "reason": reason}


def piped(sched: Sched, data: bytes, *arguments: str) -> Answer:
    """Run a command line that reads *data* from a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "schedkit", *arguments],
        cwd=sched.directory,
        env=sched.environment,
        input=data,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def kept(sched: Sched) -> list[tuple[int, str, str | None, str, dict[str, Any]]]:
    """Return the events of the history, oldest first."""
    with closing(SQLiteReader.open(sched.directory / ".sched/history.db")) as store:
        found = store.events()
    return [(one.id, one.name, one.key, one.who, one.payload) for one in reversed(found)]


# ---- a runner is up


@pytest.mark.parametrize(
    ("came", "columns", "words"),
    [
        (Kept(17, new=True), "new\t-", "is event 17; nobody runs for it"),
        (
            Kept(17, new=True, runs=[ran("a", None, "counted", "1 of 3")]),
            "new\ta counted",
            "is event 17; a counts it: 1 of 3",
        ),
        (Kept(17, new=False), "known\t-", "is known already as event 17 (its key)"),
        (
            Kept(17, new=True, runs=[ran("qualify", "7k3m2q", State.RUNNING)]),
            "new\tqualify 7k3m2q running",
            "is event 17; it runs: qualify (7k3m2q)",
        ),
        (
            Kept(17, new=True, runs=[
                ran("a", "7k3m2q", State.RUNNING), ran("b", "7k3m2r", State.RUNNING),
                ran("c", "7k3m2s", State.QUEUED),
                ran("d", None, State.SKIPPED, "overlap: 7k3m2p still running"),
            ]),
            "new\ta 7k3m2q running; b 7k3m2r running; c 7k3m2s queued; d skipped",
            ("is event 17; it runs: a (7k3m2q), b (7k3m2r); c waits for its turn (7k3m2s);"
            " d skipped: overlap: 7k3m2p still running"),
        ),
        (
            Kept(17, new=True, runs=[ran("a", None, State.FAILED, "the payload has no \x1b")]),
            "new\ta failed",
            "is event 17; a failed: the payload has no \\x1b",
        ),
    ],
)  # fmt: skip
def test_an_event_is_told_with_its_number_and_what_it_has_caused(
    sched: Sched, runner: Answering, came: Kept, columns: str, words: str
) -> None:
    runner.operations.kept = [came]
    expected = Answer(0, f"17\t{columns}\n", f"lead.opted_in {words}\n")

    actual = sched("emit", "lead.opted_in")

    assert expected == actual


def test_on_a_terminal_it_is_told_in_words_alone(sched: Sched, runner: Answering) -> None:
    expected = ""

    actual = on_terminal(sched, "emit", "lead.opted_in")

    assert expected == actual
    assert 1 == len(runner.operations.asked)


@pytest.mark.parametrize(
    ("words", "payload"),
    [
        ([], {}),
        (["email=a@b.c", "note=x=y z", "empty="],
         {"email": "a@b.c", "note": "x=y z", "empty": ""}),
        (["lead.email=a@b.c", "lead.id=7"], {"lead": {"email": "a@b.c", "id": "7"}}),
        (["--json", '{"n": 1, "of": {"a": [true, null]}}', "of.b=é", "s=1"],
         {"n": 1, "of": {"a": [True, None], "b": "é"}, "s": "1"}),
        (['--json={"n": 1}', "n=2", "n=3"], {"n": "3"}),
    ],
)  # fmt: skip
def test_the_payload_is_what_the_command_line_says(
    sched: Sched, runner: Answering, words: list[str], payload: dict[str, Any]
) -> None:
    sched("emit", "lead.opted_in", *words, "--key", "order 7")

    ((verb, emitted),) = runner.operations.asked
    expected = ("emit", "lead.opted_in", payload, "order 7", ME)
    assert expected == (
        verb, emitted.name, json.loads(emitted.payload), emitted.key, emitted.who,
    )  # fmt: skip


def test_quietly_it_says_nothing(sched: Sched, runner: Answering) -> None:
    expected = Answer(0, "", "")

    actual = sched("emit", "lead.opted_in", "-q")

    assert expected == actual
    assert 1 == len(runner.operations.asked)


# ---- none is up


def test_without_a_runner_it_is_kept_for_the_next_one(sched: Sched) -> None:
    said = "no runner is up: event 1 is kept for the next one: sched run\n"
    expected = Answer(0, "1\tnew\t-\n", said)

    actual = sched("emit", "lead.opted_in", "a=1", "--key", "k")

    assert expected == actual
    assert [(1, "lead.opted_in", "k", ME, {"a": "1"})] == kept(sched)


def test_without_a_runner_it_is_kept_once_for_its_key(sched: Sched) -> None:
    sched("emit", "lead.opted_in", "--key", "k")
    expected = Answer(0, "1\tknown\t-\n", "lead.opted_in is known already as event 1 (its key)\n")

    actual = sched("emit", "lead.opted_in", "--key", "k", "a=1")

    assert expected == actual
    assert [(1, "lead.opted_in", "k", ME, {})] == kept(sched)


def test_with_a_broken_file_and_no_runner_nothing_is_kept(sched: Sched) -> None:
    sched.write("jobs: [")
    expected = (78, "")

    answer = sched("emit", "lead.opted_in")

    assert expected == (answer.code, answer.stdout)


# ---- what cannot be meant


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ("no event is named\n  = help: sched emit lead.opted_in email=a@b.c, or many with"
             " --from")),
        (["x", "a=1", "a.b=2"], "'a.b' leads into 'a', which is a value"),
        (["x", "a.b=2", "a=1"], "'a' is a value, and there are others within it"),
        (["x", "--key", ""], "the key is empty"),
        (["x", "--key", "k" * 501], "the key has 501 characters, 500 at most"),
        (["x", f"a={'x' * LONGEST_PAYLOAD}"],
         ("the payload has 32777 bytes as JSON, 32768 at most\n"
         "  = help: put it into a file, and the path of that into the payload")),
        (["x", "--from", "-"], "with --from, each line has its own event, payload and key"),
        (["--key", "k", "--from", "-"], ("with --from, each line has its own event, payload and"
                                        " key")),
        (["--from", "no\nfile"], "no\\nfile: no such file or directory"),
        (["--from", "."], ".: is a directory"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(
    sched: Sched, runner: Answering, words: list[str], said: str
) -> None:
    expected = Answer(2, "", f"error: {said}\n")

    actual = sched("emit", *words)

    assert expected == actual
    assert [] == runner.operations.asked


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["run.failed"], ("Invalid value for 'EVENT': nobody emits 'run.failed' but a runner"
                         " (choose another name: those of runs, promises and files are sched's"
                         " own)")),
        (["a b"], ("Invalid value for 'EVENT': 'a b' is no name of an event (letters, digits and"
                  " _ . : / -, at most 100: lead.opted_in)")),
        (["x", "y"], ("Invalid value for 'KEY=VALUE': 'y' is no KEY=VALUE (email=a@b.c, or"
                     " lead.email=a@b.c)")),
        (["x", "a..b=1"], ("Invalid value for 'KEY=VALUE': 'a..b=1' is no KEY=VALUE (email=a@b.c,"
                          " or lead.email=a@b.c)")),
        (["x", "--json", "{"], ("Invalid value for '--json': no JSON: expecting property name"
                               " enclosed in double quotes, at column 2")),
        (["x", "--json", "[1]"],
         'Invalid value for \'--json\': no JSON object ({"email": "a@b.c"})'),
        (["x", "--json", '{"a": NaN}'],
         "Invalid value for '--json': no JSON that everybody reads"),
        (["x", "--json", '{"a": "\\ud800"}'],
         "Invalid value for '--json': no JSON that everybody reads"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(sched: Sched, words: list[str], complaint: str) -> None:
    answer = sched("emit", *words)

    assert (2, "", complaint) == (answer.code, answer.stdout, answer.complaint)


# ---- many


MANY = b"""
{"event": "lead.opted_in", "payload": {"email": "a@b.c"}, "key": "7"}
{"name": "lead.opted_out"}

{"event": "lead.opted_in", "payload": {}, "key": "7"}"""


def test_events_come_in_lines(sched: Sched, runner: Answering) -> None:
    runner.operations.kept = [
        Kept(4, new=True, runs=[ran("qualify", "7k3m2q", State.RUNNING)]),
        Kept(5, new=True, runs=[ran("qualify", None, State.SKIPPED)]),
        Kept(4, new=False),
    ]
    expected = Answer(
        0,
        "4\tnew\tqualify 7k3m2q running\n5\tnew\tqualify skipped\n4\tknown\t-\n",
        "3 events are kept, 1 of them known already; 1 run\n",
    )

    actual = piped(sched, MANY, "emit", "--from", "-")

    assert expected == actual
    events = [event for _, *some in runner.operations.asked for event in some]
    assert [
        ("lead.opted_in", '{"email": "a@b.c"}', "7"),
        ("lead.opted_out", "{}", None),
        ("lead.opted_in", "{}", "7"),
    ] == [(one.name, one.payload, one.key) for one in events]


def test_events_come_in_a_file(sched: Sched) -> None:
    (sched.directory / "events").write_bytes(MANY)
    expected = Answer(
        0, "1\tnew\t-\n2\tnew\t-\n1\tknown\t-\n",
        f"3 events are kept, 1 of them known already; {FOR_THE_NEXT}\n",
    )  # fmt: skip

    actual = sched("emit", "--from", "events")

    assert expected == actual
    assert ["lead.opted_in", "lead.opted_out"] == [name for _, name, *_ in kept(sched)]


def test_many_are_told_as_quietly(sched: Sched) -> None:
    assert Answer(0, "", "") == piped(sched, MANY, "emit", "-q", "--from", "-")
    assert 2 == len(kept(sched))


def test_of_no_lines_nothing_is_kept(sched: Sched) -> None:
    assert Answer(0, "", "0 events are kept\n") == piped(sched, b"\n\n", "emit", "--from", "-")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"frob", "no JSON: expecting value, at column 1"),
        (b"[]", 'no JSON object\n  = help: {"email": "a@b.c"}'),
        (b'{"event": "\xff"}', "not UTF-8"),
        (b"{}", 'the name of one event is missing\n  = help: {"event": "lead.opted_in"}'),
        (b'{"event": "x", "name": "x"}',
         'the name of one event is missing\n  = help: {"event": "lead.opted_in"}'),
        (b'{"event": "sla.x"}',
         ("nobody emits 'sla.x' but a runner\n"
         "  = help: choose another name: those of runs, promises and files are sched's own")),
        (b'{"event": "x", "paylaod": {}}',
         "'paylaod' is nothing of an event\n  = help: did you mean 'payload'?"),
        (b'{"event": "x", "payload": 1}',
         'the payload is no JSON object\n  = help: "payload": {"email": "a@b.c"}'),
        (b'{"event": "x", "key": 7}', "the key is no text"),
        (b'{"event": "x", "key": "\\u0000"}', "the key has a NUL character"),
        (b'{"event": "x", "a": ' + b"[" * 100_000 + b"}", "no JSON that everybody reads"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_event_is_told_and_those_before_it_are_kept(
    sched: Sched, line: bytes, problem: str
) -> None:
    lines = b'{"event": "a"}\n\n{"event": "b"}\n' + line + b'\n{"event": "c"}\n'
    expected = Answer(
        2, "", f"2 events are kept; {FOR_THE_NEXT}\nerror: line 4 of stdin: {problem}\n"
    )

    actual = piped(sched, lines, "emit", "-q", "--from", "-")

    assert expected == actual
    assert ["a", "b"] == [name for _, name, *_ in kept(sched)]


def test_a_line_without_end_is_refused_before_memory_ends(sched: Sched) -> None:
    lines = b'{"event": "a"}\n' + b"x" * (emitting.LONGEST_LINE + (1 << 18))
    expected = Answer(
        2, "1\tnew\t-\n",
        f"1 event is kept; {FOR_THE_NEXT}\nerror: line 2 of stdin: longer than 1048576 bytes\n",
    )  # fmt: skip

    actual = piped(sched, lines, "emit", "--from", "-")

    assert expected == actual


def test_lines_are_kept_as_they_come_and_an_interrupt_says_how_many(sched: Sched) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "schedkit", "emit", "--from", "-"],
        cwd=sched.directory, env=sched.environment, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"event": "a"}\n')
        process.stdin.flush()
        first = process.stdout.readline()

        meanwhile = sched("emit", "b")  # nobody holds the state while lines are waited for

        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert (b"1\tnew\t-\n", 130) == (first, process.returncode)
    assert f"1 event is kept; {FOR_THE_NEXT}\n" == stderr.decode()
    assert "2\tnew\t-\n" == meanwhile.stdout


def test_many_more_than_one_request_holds_are_kept_in_order(sched: Sched) -> None:
    lines = (json.dumps({"event": "x", "payload": {"n": n, "é": "é" * 50}}) for n in range(3000))

    answer = piped(sched, "\n".join(lines).encode(), "emit", "--from", "-")

    assert (0, 3000) == (answer.code, answer.stdout.count("\n"))
    assert list(range(3000)) == [payload["n"] for *_, payload in kept(sched)]


# ---- requests


EVENTS = st.builds(
    Emitted,
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,99}", fullmatch=True).filter(
        lambda name: not name.startswith(("run.", "sla.")) and name != "file"
    ),
    st.dictionaries(st.text(max_size=20), st.text() | st.floats(allow_nan=False) | st.integers())
    .map(lambda payload: json.dumps({**payload, "long": "x" * 8 * len(payload) ** 4} ))
    .filter(lambda payload: len(payload) <= LONGEST_PAYLOAD and "Infinity" not in payload),
    st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
                        min_size=1, max_size=500),
)  # fmt: skip


@given(st.lists(EVENTS, max_size=40))
def test_each_request_is_one_that_a_runner_reads_and_none_is_lost(events: list[Emitted]) -> None:
    requests = list(emitting.requests(events))

    lines = [request_line(Emit(some)) for some in requests]
    assert all(len(line) <= LONGEST for line in lines)
    read = [read_request(line) for line in lines]
    assert [(one.name, json.loads(one.payload), one.key) for one in events] == [
        (one.name, json.loads(one.payload), one.key)
        for request in read
        if isinstance(request, Emit)
        for one in request.events
    ]


def test_the_longest_event_of_all_fits_into_a_request() -> None:
    payload = {"a": "x" * (LONGEST_PAYLOAD - len('{"a": ""}'))}
    one = emitting.emitted("n" * 100, payload, "\N{GRINNING FACE}" * 500)

    (some,) = emitting.requests([one])

    assert len(request_line(Emit(some))) <= LONGEST


def test_what_is_typed_is_left_as_it_was() -> None:
    typed = {"a": {"b": 1}}

    assert {"a": {"b": 1, "c": "2"}} == emitting.payload(["a.c=2"], typed)
    assert {"a": {"b": 1}} == typed


def test_a_name_that_is_none_is_refused_in_a_line_too() -> None:
    with pytest.raises(ConfigError):
        emitting.of_line(b'{"event": "file"}')


def test_lines_are_read_as_they_are_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\n\nb\nc")
    descriptor = os.open(tmp_path / "x", os.O_RDONLY)

    assert [[b"a", b"", b"b"], [b"c"]] == list(emitting.blocks(descriptor))

    os.close(descriptor)
