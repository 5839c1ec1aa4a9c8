"""`sched notify-test`: sends a message to everybody who is told, to see whether it arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from files import Answer, Sched
from receivers import Receiver, answers

FILE = """
notify:
  - command: cat > got.json
    when: missed
  - command: "echo no route >&2; exit 3"
jobs:
  a: {command: x, clock: every 1h}
  b: {command: x, clock: every 1h, notify: {command: 'true'}}
  c: {command: x, clock: every 1h, notify: []}
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(answers())
    yield made
    made.close()


def test_everybody_is_sent_a_message_once(sched: Sched) -> None:
    sched.write(FILE)

    actual = sched("notify-test")

    assert actual == Answer(
        1,
        "RECEIVER\tRESULT\n"
        "command cat > got.json\tsent\n"
        "command echo no route >&2; exit 3\tcommand: exited with 3: no route\n"
        "command true\tsent\n",
        "",
    )
    said = json.loads((sched.directory / "got.json").read_text(encoding="utf-8"))
    assert said["title"] == "a test of the notifications of this file"
    assert said["when"] == "missed"


def test_receivers_that_differ_in_what_may_be_a_secret_are_told_apart(
    sched: Sched, receiver: Receiver
) -> None:
    sched.write(f"""
notify:
  - webhook: {receiver.url}/T0
  - command: 'true'
  - webhook: {receiver.url}/T1
jobs: {{a: {{command: x, clock: every 1h}}}}
""")

    actual = sched("notify-test")

    assert actual.stdout == (
        "RECEIVER\tRESULT\n"
        f"webhook {receiver.url} (1st)\tsent\n"
        "command true\tsent\n"
        f"webhook {receiver.url} (2nd)\tsent\n"
    )


def test_those_of_a_job_are_sent_a_message_about_it(sched: Sched) -> None:
    sched.write(FILE)

    actual = sched("notify-test", "b", "--json")

    expected = [{"receiver": "command true", "sent": True, "error": None}]
    assert (actual.code, json.loads(actual.stdout)) == (0, expected)


def test_neither_a_runner_nor_a_history_is_needed_or_made(sched: Sched) -> None:
    sched.write(FILE)
    sched("notify-test", "b")

    assert not (sched.directory / ".sched").exists()


def test_who_tells_nobody_has_nothing_to_test(sched: Sched) -> None:
    sched.write(FILE)

    actual = sched("notify-test", "c")

    assert actual == Answer(1, "", "nobody is told of these jobs: write notify: in the file\n")


def test_a_job_that_is_not_there_is_said_to_be(sched: Sched) -> None:
    sched.write(FILE)

    actual = sched("notify-test", "d")

    assert (actual.code, actual.stdout) == (4, "")


def test_a_check_gets_an_entry_in_its_log(sched: Sched, receiver: Receiver) -> None:
    sched.write(f"""
        jobs:
          a: {{command: x, clock: every 1h, ping: {receiver.url}/uuid}}
    """)

    actual = sched("notify-test")
    asked = receiver.asked()

    assert actual.stdout == f"RECEIVER\tRESULT\nping {receiver.url}\tsent\n"
    assert (asked.method, asked.target) == ("POST", "/uuid/log")


def test_nothing_else_is_sent_to_see_whether_a_file_is_valid(
    sched: Sched, receiver: Receiver
) -> None:
    sched.write(f"""
        notify: {{webhook: {receiver.url}/hook}}
        jobs:
          a: {{command: 'true', clock: every 1h, ping: {receiver.url}/uuid}}
    """)

    codes = [sched(verb).code for verb in ("validate", "list", "next")]
    sched("notify-test", "a")

    assert codes == [0, 0, 0]
    targets = sorted(receiver.asked().target for _ in range(2))
    assert targets == ["/hook", "/uuid/log"]
    assert receiver.requests.empty()
