"""Several files, and directories of them, as one namespace."""

from __future__ import annotations

from pathlib import Path

import pytest

from files import diagnostics, load, refused, text
from schedkit.report import shown

ONE = "jobs: {%s: {command: x, clock: every 1h}}\n"


def test_the_files_of_a_directory_are_read_in_the_order_of_their_names() -> None:
    expected = [("one", "d/10.yaml"), ("two", "d/20.yaml"), ("three", "d/9.yaml")]

    config = load(
        {"d/9.yaml": ONE % "three", "d/20.yaml": ONE % "two", "d/10.yaml": ONE % "one"}, "d"
    )
    actual = [(job.name, shown(job.file)) for job in config.jobs]

    assert expected == actual


def test_only_files_of_yaml_are_read() -> None:
    expected = ["a"]

    others = ("d/b.yaml.bak", "d/.#a.yaml", "d/README", "d/sub/c.yaml")
    files = {"d/a.yaml": ONE % "a"} | dict.fromkeys(others, "[")
    actual = [job.name for job in load(files, "d").jobs]

    assert expected == actual


def test_files_are_read_in_the_order_in_which_they_are_named() -> None:
    expected = ["z", "a"]

    actual = [job.name for job in load({"z.yaml": ONE % "z", "a.yaml": ONE % "a"}).jobs]

    assert expected == actual


def test_settings_of_one_file_are_those_of_all() -> None:
    expected = [("a", "Asia/Tokyo", 300.0)]

    files = {"a.yaml": ONE % "a", "b.yaml": "timezone: Asia/Tokyo\ndefaults: {timeout: 5m}\n"}
    actual = [
        (job.name, str(job.timezone), job.timeout and job.timeout.total_seconds())
        for job in load(files).jobs
    ]

    assert expected == actual


def test_a_job_of_two_files_is_refused_with_both_places() -> None:
    expected = text("""
        d/b.yaml:1:8: error: the job 'a' is already at d/a.yaml:2
        1 | jobs: {a: {command: x, clock: every 1h}}
          |        ^
    """)

    actual = refused({"d/a.yaml": "# first\n" + ONE % "a", "d/b.yaml": ONE % "a"}, "d")

    assert expected == actual


@pytest.mark.parametrize("setting", ["timezone: UTC", "defaults: {}", "runner: {}", "state: here"])
def test_a_setting_of_two_files_is_refused_with_both_places(setting: str) -> None:
    key = setting.partition(":")[0]
    expected = (
        f"b.yaml:1:1: error: {key!r} is already set at a.yaml:1\n"
        f"1 | {setting}\n"
        f"  | {'^' * len(key)}"
    )

    actual = refused({"a.yaml": f"{setting}\n", "b.yaml": f"{setting}\n"})

    assert expected == actual


def test_the_problems_of_all_files_are_named_at_once() -> None:
    expected = [("a.yaml", 1, 1), ("b.yaml", 1, 7), ("c.yaml", 0, 0), ("d.yaml", 2, 1)]

    found = diagnostics(
        {"a.yaml": "jobz: {}\n", "b.yaml": "jobs: []\n", "d.yaml": "jobs: {}\n---\n"},
        "a.yaml", "b.yaml", "c.yaml", "d.yaml",
    )  # fmt: skip
    actual = [(one.file, one.line, one.column) for one in found]

    assert expected == actual


def test_an_empty_directory_is_refused() -> None:
    expected = "d: error: has no file *.yaml in it"

    Path("d").mkdir()
    actual = refused({}, "d")

    assert expected == actual


def test_a_file_that_is_not_there_is_refused() -> None:
    expected = "nowhere.yaml: error: cannot be read: no such file or directory"

    actual = refused({}, "nowhere.yaml")

    assert expected == actual


def test_a_directory_named_as_a_file_is_refused() -> None:
    expected = "d/a.yaml: error: cannot be read: is a directory"

    Path("d/a.yaml").mkdir(parents=True)
    actual = refused({}, "d")

    assert expected == actual


def test_the_stamps_are_those_of_every_file_and_directory(directory: Path) -> None:
    expected = [str(directory / "d"), str(directory / "d/a.yaml"), str(directory / "z.yaml")]

    config = load({"d/a.yaml": ONE % "a", "z.yaml": ONE % "z"}, "d", "z.yaml")
    actual = sorted(stamp.path for stamp in config.stamps)

    assert expected == actual
