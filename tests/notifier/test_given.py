"""Secrets that are kept elsewhere, and are shown nowhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from notifying import SECRET, SENT, notifying
from receivers import answers, receiving
from schedkit.notifier.delivery import NotSentError
from schedkit.notifier.given import Given


@pytest.mark.parametrize(
    ("place", "written", "read"),
    [
        ("token", b"a b\n", "a b"),
        ("token", b"a b\r\n", "a b"),
        ("token", b"a b\n\n", "a b\n"),
        ("~/token", "ü".encode(), "ü"),
    ],
)
def test_a_file_gives_its_contents_without_the_last_newline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, written: bytes, read: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_bytes(written)

    given = Given({"url": {"from_file": place}}, str(tmp_path))

    assert read == given.text("url")


@pytest.mark.parametrize(
    ("made", "said", "again"),
    [
        (None, "cannot be read: no such file or directory", True),
        (b"\xff", "is not UTF-8", False),
        (b"x" * 100_000, "is too large for a secret", False),
    ],
)
def test_a_file_that_gives_none_is_an_error(
    tmp_path: Path, made: bytes | None, said: str, again: bool
) -> None:
    path = tmp_path / "token"
    if made is not None:
        path.write_bytes(made)

    with pytest.raises(NotSentError) as caught:
        Given({"url": {"from_file": "token"}}, str(tmp_path)).text("url")

    assert (f"{path} {said}", again) == (caught.value.text, caught.value.again)


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")

    assert Given({"url": {"from_file": "token"}}, str(tmp_path)).text("url") == ""


def test_a_variable_that_is_not_set_is_an_error() -> None:
    with pytest.raises(NotSentError, match="the variable 'SCHED_NONE' is not set"):
        Given({"url": {"from_env": "SCHED_NONE"}}, "/").text("url")


@pytest.mark.parametrize(
    "value", [5, [], {}, {"from_file": 5}, {"from": "x"}, {"from_file": "a", "from_env": "b"}]
)
def test_what_is_no_text_is_an_error(value: Any) -> None:
    with pytest.raises(NotSentError, match="'url' is no text"):
        Given({"url": value}, "/").text("url")


def test_what_was_read_is_hidden_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("first-line\nsecond-line\n\nabc\n", encoding="utf-8")
    given = Given({"url": {"from_file": "key"}}, str(tmp_path))
    given.text("url")

    assert given.hidden("a first-line, a second-line, abc") == "a …, a …, abc"


@pytest.mark.system
def test_no_secret_is_ever_written_anywhere(tmp_path: Path) -> None:
    """Each way for a secret to come in, and each way for an error to come out."""
    (tmp_path / "secret").write_text(f"{SECRET}-of-file\n", encoding="utf-8")
    from_file, from_env = {"from_file": "secret"}, {"from_env": "TOKEN"}
    with receiving(answers("404 s3cr3t", body=SECRET.encode())) as receiver:
        url = receiver.url.replace("//", f"//{SECRET}:{SECRET}@") + f"/{SECRET}?{SECRET}#{SECRET}"
        mail = {"to": ["a@b.example"], "smtp": receiver.host, "user": SECRET}
        tellings: list[tuple[str, dict[str, Any]]] = [
            ("webhook", {"url": url}),
            ("webhook", {"url": url.replace("http", "https")}),
            ("webhook", {"url": receiver.url, "headers": {"X-A": from_file}}),
            ("webhook", {"url": receiver.url, "headers": {"X\n": from_env}}),
            ("webhook", {"url": receiver.url, "headers": {"X": f"{SECRET}\n"}}),
            ("webhook", {"url": receiver.url, "body": from_file}),
            ("webhook", {"url": from_file}),
            ("webhook", {"url": f"http://{SECRET}@[::1/"}),
            ("webhook", {"url": f"http://h:{SECRET}/"}),
            ("ping", {"url": url}),
            ("command", {"command": f"echo $A $B {SECRET}-of-file >&2; exit 1",
                         "env": {"A": from_file, "B": from_env}}),
            ("command", {"command": ["/no/such", from_file]}),
            ("command", {"command": ["a\0", SECRET]}),
            ("email", {**mail, "password": from_file}),
            ("email", {**mail, "password": SECRET, "tls": "tls"}),
            ("email", {**mail, "from": from_file}),
            ("apprise", {"urls": [f"json://{SECRET}:{SECRET}@{receiver.host}/{SECRET}"]}),
            ("apprise", {"urls": [f"slack://{SECRET}", f"{SECRET}://x", SECRET, from_file]}),
        ]  # fmt: skip
        with notifying(tmp_path, TOKEN=f"{SECRET}-of-env") as notifier:
            told = [notifier.tell(kind, to, timeout_s=1, signal="fail") for kind, to in tellings]

    assert [] == [one for one in told if one == SENT]
    assert SECRET not in json.dumps(told)
