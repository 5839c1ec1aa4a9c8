"""From a file to jobs: names, settings beside the jobs, and what stands for their contents."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from files import diagnostics, job, load, refused, text
from schedkit.loader.read import _TOP
from schedkit.settings import RunnerSettings

# ---- all at once


def test_every_problem_of_a_file_is_named_at_once() -> None:
    expected = text("""
        schedules.yaml:1:1: error: unknown key 'timzone'
        1 | timzone: UTC
          | ^^^^^^^
          = help: did you mean 'timezone'?
        schedules.yaml:2:25: error: a duration needs a unit: '5' has none
        2 | runner: {drain_timeout: 5}
          |                         ^
          = help: did you mean 5s or 5m?
        schedules.yaml:3:8: error: 'state' is the path of a directory
        3 | state: [here]
          |        ^^^^^^
        schedules.yaml:5:26: error: unknown clock 'evry'
        5 |   a: {command: x, clock: evry 5m}
          |                          ^^^^
          = help: did you mean 'every'?
        schedules.yaml:6:3: error: job 'b': 'clock' is missing
        6 |   b: {command: x}
          |   ^
          = help: or say what it runs after, or on
        schedules.yaml:7:6: error: a list stands where the keys of the job 'c' belong
        7 |   c: []
          |      ^^
    """)

    actual = refused("""\
        timzone: UTC
        runner: {drain_timeout: 5}
        state: [here]
        jobs:
          a: {command: x, clock: evry 5m}
          b: {command: x}
          c: []
    """)

    assert expected == actual


def test_every_problem_of_a_job_is_named_at_once() -> None:
    expected = text("""
        schedules.yaml:2:3: error: job 'a': neither 'command' nor 'python' is there
        2 |   a:
          |   ^
          = help: write what is to run, such as: command: ./backup.sh
        schedules.yaml:3:12: error: unknown clock 'evry'
        3 |     clock: evry 5m
          |            ^^^^
          = help: did you mean 'every'?
        schedules.yaml:4:5: error: unknown key 'timzone' in job 'a'
        4 |     timzone: Europe/Paris
          |     ^^^^^^^
          = help: did you mean 'timezone'?
        schedules.yaml:5:5: error: 'interpreter' is for 'python' jobs
        5 |     interpreter: python3
          |     ^^^^^^^^^^^
    """)

    actual = refused("""\
        jobs:
          a:
            clock: evry 5m
            timzone: Europe/Paris
            interpreter: python3
    """)

    assert expected == actual


def test_unknown_keys_and_wrong_values_of_one_job_are_named_at_once() -> None:
    expected = [(3, 14), (4, 12), (5, 5), (6, 14), (7, 26), (7, 29), (8, 15)]

    found = diagnostics("""\
        jobs:
          a:
            command: ''
            clock: evry 5m
            descriptoin: x
            timeout: 5
            retry: {max_retries: x, fator: 3}
            timezone: Mars
    """)
    actual = [(one.line, one.column) for one in found]

    assert expected == actual


# ---- top of the file


def test_an_unknown_key_without_a_near_one_names_those_there_are() -> None:
    expected = [(1, 1, "unknown key 'zzz'", f"known are: {', '.join(_TOP)}, x-...")]

    found = diagnostics("zzz: 1\njobs: {}\n")
    actual = [(one.line, one.column, one.message, one.hint) for one in found]

    assert expected == actual


def test_keys_that_begin_with_x_are_free() -> None:
    expected = ()

    actual = load("x-: 1\nx-anything: {a: [b]}\njobs: {}\n").jobs

    assert expected == actual


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("runner", "the text '5' stands where a mapping belongs"),
        ("defaults", "the text '5' stands where keys of jobs belong"),
        ("jobs", "the text '5' stands where the jobs belong"),
    ],
)
def test_a_text_in_place_of_a_mapping_is_refused(key: str, message: str) -> None:
    expected = [(1, len(key) + 3, 1, message)]

    found = diagnostics(f"{key}: 5\n")
    actual = [(one.line, one.column, one.length, one.message) for one in found]

    assert expected == actual


def test_the_runner_has_settings() -> None:
    expected = RunnerSettings(timedelta(minutes=5), max_parallel=8, reload_on_change=False)

    actual = load(
        "runner: {drain_timeout: 5m, max_parallel: 8, reload_on_change: no}\njobs: {}\n"
    ).runner

    assert expected == actual


def test_a_runner_without_settings_has_the_usual_ones() -> None:
    expected = RunnerSettings(timedelta(seconds=30), max_parallel=None, reload_on_change=True)

    actual = load("jobs: {}\n").runner

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "expected"),
    [("history", "history"), ("./a/../b", "b"), ("/var/x", "/var/x"), ("~/x", "~/x")],
)
def test_the_state_directory_starts_from_the_file(
    written: str, expected: str, directory: Path
) -> None:
    actual = load({"etc/schedules.yaml": f"state: {written}\njobs: {{}}\n"}).state

    assert str(directory / "etc" / Path(expected).expanduser()) == actual


def test_a_file_that_names_no_state_directory_has_none() -> None:
    expected = None

    actual = load("jobs: {}\n").state

    assert expected == actual


# ---- jobs


def test_jobs_stay_in_the_order_in_which_they_are_written() -> None:
    expected = [("b", 2), ("a", 4), ("c", 8)]

    config = load("""\
        jobs:
          b: {command: x, clock: every 1h}

          a: {command: x, clock: every 1h}
          # two lines
          # of comments

          c: {command: x, clock: every 1h}
    """)
    actual = [(one.name, one.line) for one in config.jobs]

    assert expected == actual


def test_a_job_knows_its_file_and_directory(directory: Path) -> None:
    expected = (str(directory / "etc" / "schedules.yaml"), str(directory / "etc"))

    (found,) = load({"etc/schedules.yaml": "jobs: {a: {command: x, clock: every 1h}}\n"}).jobs
    actual = (found.file, found.directory)

    assert expected == actual


@pytest.mark.parametrize(
    "name", ["../../x", "a b", "é", "日本", "a/b", "a:b", "*", "-n", "x" * 200]
)
def test_a_job_may_have_any_name_that_can_be_shown(name: str) -> None:
    expected = [name]

    config = load(f"jobs: {{'{name}': {{command: x, clock: every 1h}}}}\n")
    actual = [one.name for one in config.jobs]

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ("''", "the name of the job is empty", None),
        ("'  '", "the name of the job is empty", None),
        ('"a\\nb"', "the name 'a\\nb' has characters that no terminal shows", None),
        ('"\\e[31m"', "the name '\\x1b[31m' has characters that no terminal shows", None),
        ('"a\\u202eb"', "the name 'a\\u202eb' has characters that no terminal shows", None),
        ("x" * 201, "the name of the job has 201 characters", "200 characters at most"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(
    written: str, message: str, hint: str | None
) -> None:
    expected = [(2, 3, len(written), message, hint)]

    found = diagnostics(f"jobs:\n  {written}: {{command: x, clock: every 1h}}\n")
    actual = [(one.line, one.column, one.length, one.message, one.hint) for one in found]

    assert expected == actual


def test_a_name_of_ten_thousand_characters_is_refused() -> None:
    expected = ["the name of the job has 10000 characters"]

    name = "x" * 10_000
    found = diagnostics(f"jobs:\n  ? {name}\n  : {{command: x, clock: every 1h}}\n")
    actual = [one.message for one in found]

    assert expected == actual


def test_a_text_in_place_of_a_job_is_refused() -> None:
    expected = text("""
        schedules.yaml:1:11: error: the text './x' stands where the keys of the job 'a' belong
        1 | jobs: {a: ./x}
          |           ^^^
    """)

    actual = refused("jobs: {a: ./x}\n")

    assert expected == actual


# ---- digests

BASE = "command: x\nclock: daily at 02:30"


@pytest.mark.parametrize(
    "same",
    [
        "clock: daily at 02:30\ncommand: x",
        "command: x  # comment\nclock: {daily: '02:30'}",
        "command: 'x'\nclock: [daily at 2:30]",
        f"{BASE}\ntimezone: UTC\nenabled: true\nfilters: []",
        f"{BASE}\noverlap: skip\ngrace: 1m\nkill_grace: 10000ms",
        f"{BASE}\nenv: {{}}\nparams: {{}}\nsuccess: {{exit_codes: 0}}",
        f"{BASE}\noutput: {{max_size: 10000 KB}}\nlimits: {{}}\nhistory: {{keep_runs: 10000}}",
        f"{BASE}\npriority: 0\ncatchup_limit: 100\non_interrupted: fail",
    ],
)
def test_the_digests_stay_when_nothing_changes_its_meaning(same: str) -> None:
    one = job(BASE)
    expected = (one.digest, one.schedule_digest)

    other = job(same)
    actual = (other.digest, other.schedule_digest)

    assert expected == actual


@pytest.mark.parametrize(
    "changed",
    [
        "command: y\nclock: daily at 02:30",
        f"{BASE}\ndescription: nightly",
        f"{BASE}\ntimeout: 5m",
        f"{BASE}\nretry: 3",
        f"{BASE}\nenv: {{A: b}}",
        f"{BASE}\ncatchup: none",
        f"{BASE}\noverlap: replace",
        f"{BASE}\npriority: 1",
        f"{BASE}\nmax_runs: 1",
        f"{BASE}\numask: 027",
        f"{BASE}\nlimits: {{memory: 1G}}",
        f"{BASE}\noutput: {{max_size: 1 MB}}",
    ],
)
def test_what_is_not_the_schedule_changes_the_digest_of_the_job_alone(changed: str) -> None:
    one = job(BASE)
    expected = (False, True)

    other = job(changed)
    actual = (one.digest == other.digest, one.schedule_digest == other.schedule_digest)

    assert expected == actual


@pytest.mark.parametrize(
    "changed",
    [
        "command: x\nclock: daily at 02:31",
        "command: x\nclock: [daily at 02:30, daily at 03:30]",
        f"{BASE}\nfilters: weekday",
        f"{BASE}\nadjustments: add 1d",
        f"{BASE}\ntimezone: Europe/Berlin",
        f"{BASE}\nenabled: false",
        f"{BASE}\nstart: 2026-01-01 00:00",
        f"{BASE}\nend: 2026-01-01 00:00",
    ],
)
def test_what_is_the_schedule_changes_both_digests(changed: str) -> None:
    one = job(BASE)
    expected = (False, False)

    other = job(changed)
    actual = (one.digest == other.digest, one.schedule_digest == other.schedule_digest)

    assert expected == actual


def test_the_order_of_clocks_is_no_change_of_the_schedule() -> None:
    """A list of clocks is their union."""
    expected = job("clock: [daily at 02:30, every 1h]").schedule_digest

    actual = job("clock: [every 1h, daily at 02:30]").schedule_digest

    assert expected == actual


def test_the_digest_of_a_config_stands_for_the_contents_of_its_files() -> None:
    one = load("jobs: {}\n")
    same = load("jobs: {}\n")
    other = load("jobs: {} # comment\n")
    expected = (True, False)

    actual = (one.digest == same.digest, one.digest == other.digest)

    assert expected == actual
