"""What is suspicious about jobs that can be loaded."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from files import load, text
from schedkit.loader.checks import check
from schedkit.report import full


def warned(written: str) -> str:
    """Return the warnings of a file, as a person sees them; the end of the horizon is a year."""
    shown = "\n".join(map(full, check(load(written))))
    return re.sub(r"before \d{4}", "before YEAR", shown)


@pytest.mark.parametrize(
    "keys",
    [
        "command: no-such-program --x",
        "command: [sh, -c, 'exit 3']",
        "command: [/bin/sh]",
        "command: x, user: root, group: root",
        "command: x, user: 99999, group: 99999",
        "python: 'json:dumps'",
        "python: 'beside:main'",
        "python: 'package.inner:main'",
        f"python: 'x:y', interpreter: {sys.executable}",
        "command: [./script]",
        "command: [./inner], working_dir: below",
        "command: x, env_file: a.env, env: {A: {from_file: a.env}, B: {from_env: NOT_SET}}",
        "command: x, clock: {dates: 2020-01-01 00:00}, enabled: false",
    ],
)
def test_nothing_is_said_of_a_job_that_can_run(keys: str) -> None:
    for path in ("beside.py", "package/inner.py", "script", "below/inner", "a.env"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).touch(0o755)
    expected = ""

    clock = "" if "clock" in keys else ", clock: every 1h"
    actual = warned(f"jobs: {{a: {{{keys}{clock}}}}}\n")

    assert expected == actual


@pytest.mark.parametrize(
    ("keys", "column", "shown", "message"),
    [
        ("command: [no-such]", 22, "no-such", "the program 'no-such' is not found"),
        ("command: [./gone]", 22, "./gone", "the program './gone' is not found"),
        ("shell: /no/sh, command: x", 19, "/no/sh", "the program '/no/sh' is not found"),
        (
            "interpreter: no-python, python: 'm:f'", 25, "no-python",
            "the program 'no-python' is not found",
        ),
        (
            "user: no-such-user, command: x", 18, "no-such-user",
            "there is no user 'no-such-user' on this machine",
        ),
        (
            "group: no-such, command: x", 19, "no-such",
            "there is no group 'no-such' on this machine",
        ),
        ("env_file: no.env, command: x", 22, "no.env", "'no.env' is not a file"),
        (
            "env: {A: a, B: {from_file: key}}, command: x", 39, "key", "'key' is not a file",
        ),
        (
            "clock: {dates: 2020-01-01 00:00}, command: x", 19, "{dates: 2020-01-01 00:00}",
            "'a' never fires: no clock names a time before YEAR",
        ),
    ],
)  # fmt: skip
def test_what_is_suspicious_is_shown_with_its_place(
    keys: str, column: int, shown: str, message: str
) -> None:
    clock = "" if "clock" in keys else ", clock: every 1h"
    line = f"jobs: {{a: {{{keys}{clock}}}}}"
    expected = (
        f"schedules.yaml:1:{column}: warning: {message}\n"
        f"1 | {line}\n"
        f"  | {' ' * (column - 1)}{'^' * len(shown)}"
    )

    actual = warned(f"{line}\n")

    assert expected == actual


def test_the_nearest_user_is_named() -> None:
    expected = "  = help: did you mean 'root'?"

    actual = warned("jobs: {a: {command: x, clock: every 1h, user: rooot}}\n").splitlines()[-1]

    assert expected == actual


def test_a_module_that_is_not_there_is_no_error_but_a_warning() -> None:
    expected = text("""
        schedules.yaml:1:20: warning: no module named 'no_such' is found
        1 | jobs: {a: {python: 'no_such.jobs:run', clock: every 1h}}
          |                    ^^^^^^^^^^^^^^^^^^
          = help: is it installed?
    """)

    actual = warned("jobs: {a: {python: 'no_such.jobs:run', clock: every 1h}}\n")

    assert expected == actual


def test_a_working_directory_that_is_not_there_is_shown(directory: Path) -> None:
    expected = (
        f"schedules.yaml:1:38: warning: {directory}/gone is not a directory\n"
        "1 | jobs: {a: {command: x, working_dir:  gone, clock: every 1h}}\n"
        "  |                                      ^^^^"
    )

    actual = warned("jobs: {a: {command: x, working_dir:  gone, clock: every 1h}}\n")

    assert expected == actual


def test_what_is_suspicious_of_the_defaults_is_shown_there_and_once() -> None:
    expected = text("""
        schedules.yaml:1:19: warning: the program '/no/sh' is not found
        1 | defaults: {shell: /no/sh}
          |                   ^^^^^^
    """)

    actual = warned("""\
        defaults: {shell: /no/sh}
        jobs:
          a: {command: x, clock: every 1h}
          b: {command: x, clock: every 1h}
    """)

    assert expected == actual


def test_what_a_receiver_lacks_is_shown_where_it_stands_and_once() -> None:
    actual = warned("""\
        notify: {email: {to: a, password: {from_file: pw}}}
        jobs:
          a: {command: x, clock: every 1h}
          b: {command: x, clock: every 1h}
          c: {command: x, clock: every 1h, notify: {command: [/no/page]}}
          d: {command: x, clock: every 1h, notify: [], ping: {url: {from_file: url}}}
    """)

    assert [line for line in actual.splitlines() if "warning" in line] == [
        "schedules.yaml:1:47: warning: 'pw', of a receiver, is not a file",
        "schedules.yaml:5:55: warning: the program '/no/page' is not found",
        "schedules.yaml:6:72: warning: 'url', of a receiver, is not a file",
    ]


def test_of_several_receivers_it_is_shown_which_lacks_something() -> None:
    actual = warned("""\
        notify:
          - command: "true"
          - webhook: {url: {from_file: hook}, headers: {A: {from_file: token}}}
          - apprise: {from_file: one}
        jobs:
          a: {command: x, clock: every 1h}
          b:
            command: x
            clock: every 1h
            alert_on_failure: true
            notify:
              - command: "true"
              - apprise: ["tgram://x", {from_file: two}]
    """)

    assert [line for line in actual.splitlines() if "warning" in line] == [
        "schedules.yaml:3:32: warning: 'hook', of a receiver, is not a file",
        "schedules.yaml:3:64: warning: 'token', of a receiver, is not a file",
        "schedules.yaml:4:14: warning: 'one', of a receiver, is not a file",
        "schedules.yaml:13:44: warning: 'two', of a receiver, is not a file",
    ]
