"""Messages that go to a URL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notifying import MESSAGE, SECRET, SENT, Notifying, refused
from receivers import answers, receiving
from schedkit.notifier.webhook import filled

pytestmark = pytest.mark.system

_TEXT = f"{MESSAGE['title']}\n{MESSAGE['text']}"


def test_the_message_is_sent_as_json_with_a_text_that_chats_show(notifier: Notifying) -> None:
    with receiving(answers()) as receiver:
        answer = notifier.tell("webhook", {"url": f"{receiver.url}/services/T0?a=b"})
        asked = receiver.asked()

    assert SENT == answer
    assert ("POST", "/services/T0?a=b") == asked[:2]
    assert asked.headers["content-type"] == "application/json"
    assert {**MESSAGE, "text": _TEXT, "output_tail": ""} == json.loads(asked.body)


def test_the_end_of_the_output_is_sent_with_it(notifier: Notifying, tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_bytes(b"\x1b[1mconnecting\x1b[0m\r\nrefused \xff\n")
    with receiving(answers()) as receiver:
        notifier.tell("webhook", {"url": receiver.url}, output=str(output))
        told = json.loads(receiver.asked().body)

    assert told["output_tail"] == "connecting\nrefused \ufffd"
    assert f"{_TEXT}\n\noutput:\nconnecting\nrefused \ufffd" == told["text"]


@pytest.mark.parametrize("path", ["/no/such/file", "bad\0path", "/proc/self/mem", "/"])
def test_an_output_that_cannot_be_read_hinders_nothing(notifier: Notifying, path: str) -> None:
    with receiving(answers()) as receiver:
        assert SENT == notifier.tell("webhook", {"url": receiver.url}, output=path)


def test_a_text_that_begins_with_the_title_does_not_say_it_twice(notifier: Notifying) -> None:
    with receiving(answers()) as receiver:
        notifier.tell("webhook", {"url": receiver.url}, title="a failed", text="a failed: why")
        told = json.loads(receiver.asked().body)

    assert told["text"] == "a failed: why"


def test_method_headers_and_body_may_be_others(notifier: Notifying) -> None:
    to = {
        "method": "PUT",
        "headers": {"X-Token": {"from_env": "SCHED_TEST_TOKEN"}, "user-agent": "me"},
        "body": '{"content": "$title", "code": $exit_code, "state": "${state}", "cost": "$$5 $x"}',
    }
    with receiving(answers()) as receiver:
        answer = notifier.tell("webhook", {"url": receiver.url, **to}, title='"a"\nfailed')
        asked = receiver.asked()

    assert SENT == answer
    assert asked.method == "PUT"
    assert {"x-token": "s3cr3t-of-env", "user-agent": "me", "content-type": "application/json"} == {
        name: asked.headers[name] for name in ("x-token", "user-agent", "content-type")
    }
    assert json.loads(asked.body) == {
        "content": '"a"\nfailed',
        "code": 3,
        "state": "failed",
        "cost": "$5 $x",
    }


@pytest.mark.parametrize(
    ("headers", "body", "sent"),
    [
        ({}, "$title: $signal", 'a "b": '),
        ({"content-type": "application/vnd.x+json"}, '"$title"', r'"a \"b\""'),
        ({"Content-Type": "text/plain"}, '{"$title"}', '{"a "b""}'),
    ],
)
def test_a_body_is_filled_as_its_content_type_asks(
    notifier: Notifying, headers: dict[str, str], body: str, sent: str
) -> None:
    to = {"headers": headers, "body": body}
    with receiving(answers()) as receiver:
        notifier.tell("webhook", {"url": receiver.url, **to}, title='a "b"')
        asked = receiver.asked()

    assert sent == asked.body.decode()


@pytest.mark.parametrize(
    ("template", "body"),
    [("$job", "a"), ("${job}s", "as"), ("$", "$"), ("$jobs ${", "$jobs ${"), ("$$job", "$job")],
)
def test_what_the_message_does_not_have_stays_as_it_is(template: str, body: str) -> None:
    assert body == filled(template, {"job": "a"}, as_json=False)


@pytest.mark.parametrize(
    ("template", "as_json", "body"),
    [
        ("$job: $signal.", False, "a: ."),
        ('{"code": $exit_code, "text": "$job: ${exit_code}."}', True,
         '{"code": null, "text": "a: ."}'),
        (r'{"a": "\"$run\"", "b": $run}', True, r'{"a": "\"\"", "b": null}'),
    ],
)  # fmt: skip
def test_what_a_message_could_have_and_has_not_is_nothing(
    template: str, as_json: bool, body: str
) -> None:
    """A run that was missed has no exit code: the body has to be JSON nevertheless."""
    assert body == filled(template, {"job": "a"}, as_json=as_json)


def test_a_text_outside_of_quotes_gets_its_own() -> None:
    actual = filled('{"text": $title}', {"title": 'a "b"'}, as_json=True)

    assert r'{"text": "a \"b\""}' == actual


def test_a_text_that_utf_8_does_not_have_is_sent_with_a_replacement(notifier: Notifying) -> None:
    with receiving(answers()) as receiver:
        answer = notifier.tell("webhook", {"url": receiver.url, "body": "$title"}, title="a\udcff")

        assert SENT == answer
        assert receiver.asked().body == b"a?"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ({}, "'url' is missing"),
        ({"url": 5}, "'url' is no text"),
        ({"url": {"from_file": 5}}, "'url' is no text"),
        ({"url": "http://h", "method": "GET"}, "'method' is neither POST nor PUT"),
        ({"url": "http://h", "headers": []}, "'headers' is no mapping"),
        ({"url": "http://h", "headers": {"A": None}}, "'headers' is no text"),
        ({"url": "http://h", "headers": {"A": f"{SECRET}\r\nB: c"}},
         "A has a character that no header can have"),
        ({"url": "http://h", "headers": {f"A: {SECRET}\r\nB": "c"}},
         "a header has a character that no header can have"),
        ({"url": "http://h", "headers": {"A": "€"}}, "A has a character that no header can have"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_for_good(
    notifier: Notifying, to: dict[str, Any], said: str
) -> None:
    answer = notifier.tell("webhook", to)

    place = " http://h/…" if isinstance(to.get("url"), str) else ""
    assert refused(f"webhook{place}: {said}", again=False) == answer
