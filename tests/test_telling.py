"""Who is told of runs, and of what, as a file says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from files import diagnostics, job, load, refused
from schedkit.commands import FromEnv, FromFile
from schedkit.message_parts import PARTS
from schedkit.receivers import Email, Webhook
from schedkit.telling import NOTIFIERS, REASONS, Notifier, Ping, alerted, ordinal
from schedkit.values import written

_KNOWN = ", ".join(REASONS)
_USUAL = ("first_failure", "recovery", "missed", "lost", "late", "overdue", "too_long")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("failure", ("failure",)),
        ("final_failure", ("failure",)),
        ("[failure, final_failure]", ("failure",)),
        ("'first_failure, recovery'", ("first_failure", "recovery")),
        ("[missed, every 10th failure]", ("missed", "every 10th failure")),
        ("every  2nd failure", ("every 2nd failure",)),
        ("every 3th failure", ("every 3rd failure",)),
        ("[success, skipped, cancelled, lost, late, overdue, too_long]",
         ("success", "skipped", "cancelled", "lost", "late", "overdue", "too_long")),
    ],
)  # fmt: skip
def test_a_receiver_is_told_of_one_thing_or_several(said: str, expected: tuple[str, ...]) -> None:
    (actual,) = job(f"notify: {{command: ./page, when: {said}}}").notify

    assert expected == actual.when


def test_a_receiver_that_does_not_say_of_what_is_told_of_what_is_wrong_and_right_again() -> None:
    (actual,) = job("notify: {command: ./page}").notify

    assert actual.when == _USUAL


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("command: ./page.sh --now", {"command": "./page.sh --now"}),
        ("command: [page, '1']", {"command": ["page", "1"]}),
        ("webhook: https://example.com/x?y",
         {"url": "https://example.com/x?y", "method": "POST"}),
        ("webhook: {url: {from_env: HOOK}, method: PUT, headers: {A: b}, body: $title}",
         {"url": {"from_env": "HOOK"}, "method": "PUT", "headers": {"A": "b"}, "body": "$title"}),
        ("email: ops@example.com",
         {"to": ["ops@example.com"], "smtp": "localhost:25", "subject_prefix": "[sched] "}),
        ("email: [a@example.com, root]",
         {"to": ["a@example.com", "root"], "smtp": "localhost:25", "subject_prefix": "[sched] "}),
        ("email: {to: a, from: b, smtp: mx:587, tls: tls, user: u, password: {from_file: pw}}",
         {"to": ["a"], "from": "b", "smtp": "mx:587", "tls": "tls", "user": "u",
          "password": {"from_file": "pw"}, "subject_prefix": "[sched] "}),
        ("apprise: slack://token", {"urls": ["slack://token"]}),
        ("apprise: [slack://token, {from_file: url}]",
         {"urls": ["slack://token", {"from_file": "url"}]}),
    ],
)  # fmt: skip
def test_a_receiver_is_told_to_the_notifier_as_plain_data(
    said: str, expected: dict[str, object]
) -> None:
    (actual,) = job(f"notify:\n  - {said}").notify

    assert expected == actual.to()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("webhook: https://user:secret@example.com/T0/secret", "webhook https://example.com"),
        ("webhook: {url: {from_env: HOOK}}", "webhook from $HOOK"),
        ("apprise: slack://secret", "apprise slack://"),
        ("email: {to: [a@b, {from_file: who}], password: secret}", "email a@b, from who"),
        ("command: [page, -x]", "command page -x"),
    ],
)
def test_a_receiver_is_shown_without_what_may_be_a_secret(said: str, expected: str) -> None:
    (actual,) = job(f"notify: [{{{said}}}]").notify

    assert expected == str(actual)


@pytest.mark.parametrize(
    "notifier",
    [
        Notifier(command="./page"),
        Notifier(command=("page", "x"), when=("every 2nd failure",)),
        Notifier(webhook=Webhook("https://x.example", headers={"A": FromEnv("B")})),
        Notifier(email=Email(("a",), sender="b", password=FromFile("pw"), tls="tls")),
        Notifier(apprise=("slack://a", FromEnv("B"))),
    ],
)
def test_what_is_written_of_a_receiver_reads_back_as_the_same(notifier: Notifier) -> None:
    expected = (notifier,)

    actual = NOTIFIERS.value([written(notifier)])

    assert expected == actual


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("{emial: a}", [("unknown key 'emial'", "did you mean 'email'?")]),
        ("{when: missed}",
         [("this says nobody to tell", "write one of: command, webhook, email, apprise")]),
        ("{command: a, email: b}",
         [("'command' and 'email' are both there",
           "keep one, and write the other as an entry of its own")]),
        ("{command: a, when: falure}",
         [("'falure' is nothing that somebody is told of", "did you mean 'failure'?")]),
        ("{command: a, when: final_failur}",
         [("'final_failur' is nothing that somebody is told of", "did you mean 'final_failure'?")]),
        ("{command: a, when: every failure}",
         [("'every failure' is no number of failures", "write: every 10th failure")]),
        ("{command: a, when: every 1st failure}",
         [("'every 1st failure' is no number of failures", "write: every 10th failure")]),
        ("{command: a, cooldown: 0s}", [("cooldown is zero", None)]),
        ("{command: a, cooldown: 31d}", [("cooldown is longer than 30d", None)]),
        ("{webhook: ftp://x}", [("'ftp://x' is no URL of the web", "it begins with https://")]),
        ("{webhook: {url: https://x, method: GET}}",
         [("'GET' is not known here", "one of: POST, PUT")]),
        ("{webhook: {body: x}}", [("'url' is missing", None)]),
        ("{webhook: {url: https://x, body: 'a $$b $titel ${nothing}'}}",
         [("'$titel' is no part of a message", "did you mean 'title'?"),
          ("'$nothing' is no part of a message",
           f"one of: {', '.join(PARTS)}; $$ is the sign itself")]),
        ("{webhook: {url: https://x, headers: {'a b': c, d: \"e\\nf\", g: €}}}",
         [("'a b' is no name of a header", None),
          ("a character stands here that no header can have", None),
          ("a character stands here that no header can have", None)]),
        ("{email: not an address}", [("'not an address' is no address", None)]),
        ("{email: {to: a, smtp: 'mx:65536'}}",
         [("'mx:65536' is no mail server", "write HOST or HOST:PORT")]),
        ("{email: {to: a, form: b, smtp: 'x y'}}",
         [("unknown key 'form'", "did you mean 'from'?"),
          ("'x y' is no mail server", "write HOST or HOST:PORT")]),
        ("{email: {to: a, sender: b}}", [("unknown key 'sender'", "write from")]),
        ("{email: 'a@x, b@x'}", [("'a@x, b@x' is no address", "write several as a list")]),
        ("{email: []}", [("the list is empty", "write one at least: ops@example.com")]),
        ("{apprise: slack}",
         [("this is no URL of Apprise", "such as: slack://token, mailto://...")]),
        ("ops@example.com",
         [("the text 'ops@example.com' stands where a mapping belongs",
           "write who is told, such as {email: ops@example.com}; [] is nobody")]),
        ("[{when: x, command: y}, {command: ''}]",
         [("'x' is nothing that somebody is told of", f"one of: {_KNOWN}, every 10th failure"),
          ("the command is empty", None)]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_the_way_out(
    said: str, expected: list[tuple[str, str | None]]
) -> None:
    found = diagnostics(f"jobs: {{a: {{command: x, clock: every 1h, notify: {said}}}}}")

    actual = [(one.message, one.hint) for one in found]

    assert expected == actual


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("webhook: {from_file: hook}", {"url": {"from_file": "hook"}, "method": "POST"}),
        ("email: {from_env: OPS}",
         {"to": [{"from_env": "OPS"}], "smtp": "localhost:25", "subject_prefix": "[sched] "}),
    ],
)  # fmt: skip
def test_what_stands_alone_may_be_kept_elsewhere_too(said: str, expected: object) -> None:
    (actual,) = job(f"notify: {{{said}}}").notify

    assert expected == actual.to()


@pytest.mark.parametrize("said", ["webhook: {from_file: hook}", "email: {from_env: OPS}"])
def test_what_stands_alone_elsewhere_is_written_as_it_is_read(said: str) -> None:
    found = job(f"notify: {{{said}}}").notify

    actual = NOTIFIERS.value(NOTIFIERS.write(found))

    assert found == actual


def test_a_mistake_is_told_where_it_stands() -> None:
    actual = refused("""
        jobs:
          a:
            command: x
            clock: every 1h
            notify:
              - email: {to: [a, 'b,c'], from: 'd,e'}
    """)

    assert "7:25: error: 'b,c' is no address" in actual
    assert "7:39: error: 'd,e' is no address" in actual


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("https://hc-ping.com/x", Ping("https://hc-ping.com/x")),
        ("{url: {from_env: URL}, start: false}", Ping(FromEnv("URL"), start=False)),
        ("{from_env: URL}", Ping(FromEnv("URL"))),
    ],
)
def test_a_check_is_a_url_or_a_mapping(said: str, expected: Ping) -> None:
    actual = job(f"ping: {said}").ping

    assert expected == actual


@pytest.mark.parametrize(
    ("said", "expected"),
    [("", False), ("notify: []", False), ("notify: {command: x}", True), ("ping: https://x", True)],
)
def test_a_job_tells_when_it_names_somebody(said: str, expected: bool) -> None:
    assert expected is job(said).tells


def test_who_alerts_and_has_nobody_of_its_own_has_those_of_the_file_told_of_failures_too() -> None:
    actual = alerted(None, (Notifier(command="x", when=("missed", "failure")),))

    assert actual == (Notifier(command="x", when=("missed", "failure", "recovery")),)


def test_who_alerts_beside_somebody_of_its_own_has_those_of_the_file_told_of_that_alone() -> None:
    own = Notifier(command="own")

    actual = alerted((own,), (Notifier(command="x", when=("missed",)),))

    assert actual == (own, Notifier(command="x", when=("failure", "recovery")))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (22, "22nd"),
     (111, "111th"), (121, "121st")],
)  # fmt: skip
def test_numbers_of_a_row_end_as_in_english(number: int, expected: str) -> None:
    assert expected == ordinal(number)


def test_jobs_that_say_the_same_share_it() -> None:
    first, second = load("""
        notify: {command: x}
        jobs:
          a: {command: x, clock: every 1h}
          b: {command: y, clock: every 1h}
    """).jobs

    assert first.notify is second.notify
