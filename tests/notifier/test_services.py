"""Messages that go through Apprise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notifying import MESSAGE, SECRET, SENT, Notifying, notifying, refused
from receivers import answers, hangs, receiving

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("failure", "failure"),
        ("first_failure", "failure"),
        ("every 10th failure", "failure"),
        ("lost", "failure"),
        ("recovery", "success"),
        ("success", "success"),
        ("missed", "warning"),
        ("late", "warning"),
        ("overdue", "warning"),
        ("too_long", "warning"),
        ("whatever", "info"),
    ],
)
def test_a_message_is_of_the_kind_that_its_event_is(
    notifier: Notifying, when: str, kind: str
) -> None:
    with receiving(answers()) as receiver:
        answer = notifier.tell("apprise", {"urls": [f"json://{receiver.host}/a"]}, when=when)
        told = json.loads(receiver.asked().body)

    assert SENT == answer
    assert (MESSAGE["title"], MESSAGE["text"], kind) == (
        told["title"],
        told["message"],
        told["type"],
    )


def test_the_end_of_the_output_is_sent_with_it(notifier: Notifying, tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(b"\x1b[31m<failed>\x1b[0m\n")
    with receiving(answers()) as receiver:
        to = {"urls": [f"json://{receiver.host}"]}
        notifier.tell("apprise", to, output=str(tmp_path / "output"))
        told = json.loads(receiver.asked().body)

    assert f"{MESSAGE['text']}\n\noutput:\n<failed>" == told["message"]


def test_each_url_is_told_and_those_that_fail_are_named_by_scheme(notifier: Notifying) -> None:
    with receiving(answers("404 x")) as bad, receiving(answers()) as good:
        urls = [f"json://{bad.host}/{SECRET}", f"json://{good.host}", f"slack://{SECRET}"]
        answer = notifier.tell("apprise", {"urls": urls})
        good.asked()

    said = "2 of 3 not sent: json://… answered 404, number 3 is no URL of it"
    assert refused(f"apprise: {said}", again=False) == answer


def test_what_may_go_better_another_time_says_so(notifier: Notifying) -> None:
    with receiving(answers("503 x")) as receiver:
        answer = notifier.tell("apprise", {"urls": [f"json://{receiver.host}"]})

    assert refused("apprise: 1 of 1 not sent: json://… answered 503", again=True) == answer


def test_a_server_that_is_gone_is_an_error(notifier: Notifying) -> None:
    with receiving(answers()) as receiver:
        pass

    answer = notifier.tell("apprise", {"urls": [f"json://{receiver.host}"]})

    assert refused("apprise: 1 of 1 not sent: json://… failed", again=True) == answer


def test_a_hanging_server_is_an_error_in_time(notifier: Notifying) -> None:
    with receiving(hangs) as receiver:
        to = {"urls": [f"json://{receiver.host}"]}
        answer = notifier.tell("apprise", to, timeout_s=0.5)

    assert refused("apprise: not done within 0.5s", again=True) == answer


def test_what_it_logs_of_a_url_is_not_printed(tmp_path: Path) -> None:
    with notifying(tmp_path) as notifier:
        answer = notifier.tell("apprise", {"urls": [f"json://:{SECRET}@", f"{SECRET}://{SECRET}"]})

    said = "2 of 2 not sent: number 1 is no URL of it, number 2 is no URL of it"
    assert refused(f"apprise: {said}", again=False) == answer


def test_a_url_may_be_kept_elsewhere(notifier: Notifying) -> None:
    with receiving(answers()) as receiver:
        (notifier.directory / "url").write_text(f"json://{receiver.host}/x\n", encoding="utf-8")
        answer = notifier.tell("apprise", {"urls": [{"from_file": "url"}]})

        assert SENT == answer
        assert receiver.asked().target == "/x"


def test_where_it_is_not_installed_it_says_how(tmp_path: Path) -> None:
    (tmp_path / "apprise.py").write_text("raise ImportError", encoding="utf-8")
    with notifying(tmp_path, PYTHONPATH=str(tmp_path)) as notifier:
        answer = notifier.tell("apprise", {"urls": ["json://h"]})

    error = "apprise: apprise is not installed: pip install 'schedkit[apprise]'"
    assert refused(error, again=False) == answer
