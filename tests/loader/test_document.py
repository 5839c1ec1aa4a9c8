"""What YAML makes of a text, and what we do not let it make."""

from __future__ import annotations

import pytest

from files import job, load, refused, text
from schedkit.clocks import CLOCKS


def jobs(names: str) -> str:
    """Return a file of jobs of these names."""
    lines = (f"  {name}: {{command: x, clock: every 1h}}\n" for name in names.split())
    return "jobs:\n" + "".join(lines)


# ---- a plain text stays a text


def test_a_time_is_no_number_of_base_sixty() -> None:
    expected = (CLOCKS.read({"daily": "12:30"}),)

    actual = job("clock: {daily: 12:30}").clock

    assert expected == actual


def test_words_that_yaml_takes_for_booleans_are_names_of_jobs() -> None:
    expected = ["on", "off", "yes", "no", "y", "true"]

    actual = [found.name for found in load(jobs("on off yes no y true")).jobs]

    assert expected == actual


def test_numbers_are_names_of_jobs_as_they_are_written() -> None:
    expected = ["0755", "1.10", "12:30", "1e3", "2026-01-01"]

    actual = [found.name for found in load(jobs("0755 1.10 12:30 1e3 2026-01-01")).jobs]

    assert expected == actual


def test_values_of_variables_are_as_they_are_written() -> None:
    expected = {
        "COUNTRY": "NO", "MODE": "0755", "VERSION": "1.10", "on": "yes", "AT": "12:30",
        "DEBUG": "true",
    }  # fmt: skip

    actual = job(
        "env: {COUNTRY: NO, MODE: 0755, VERSION: 1.10, on: yes, AT: 12:30, DEBUG: true}"
    ).env

    assert expected == actual


def test_arguments_are_as_they_are_written() -> None:
    expected = ("chmod", "0755", "1.10", "NO", "12:30", "true")

    actual = job("command: [chmod, 0755, 1.10, NO, 12:30, true]").command

    assert expected == actual


# ---- keys


def test_a_key_that_is_there_twice_is_refused() -> None:
    expected = text("""
        schedules.yaml:4:5: error: the key 'command' is already on line 3
        4 |     command: y
          |     ^^^^^^^
        schedules.yaml:6:3: error: the key 'a' is already on line 2
        6 |   a: {command: z, clock: every 1h}
          |   ^
    """)

    actual = refused("""\
        jobs:
          a:
            command: x
            command: y
            clock: every 1h
          a: {command: z, clock: every 1h}
    """)

    assert expected == actual


def test_a_key_that_is_a_list_is_refused() -> None:
    expected = text("""
        schedules.yaml:1:3: error: a key is a text, not a list or a mapping
        1 | ? [a, b]
          |   ^^^^^^
    """)

    actual = refused("? [a, b]\n: 1\njobs: {}\n")

    assert expected == actual


# ---- tags


@pytest.mark.parametrize(
    ("tag", "shown", "length"),
    [
        ("!!python/object/apply:os.system", "!!python/object/apply:os.system", 35),
        ("!!int", "!!int", 9),
        ("!mine", "!mine", 9),
    ],
)
def test_a_tag_is_refused_and_nothing_is_made_of_it(tag: str, shown: str, length: int) -> None:
    expected = (
        f"schedules.yaml:1:9: error: the tag {shown!r} is not used here\n"
        f"1 | x-note: {tag} [7]\n"
        f"  |         {'^' * length}\n"
        "  = help: the keys of a job say of what type their values are"
    )

    actual = refused(f"x-note: {tag} [7]\njobs: {{}}\n")

    assert expected == actual


def test_the_tag_of_a_command_is_one_problem_not_two() -> None:
    """The command is there: that it has a tag does not make it missing."""
    expected = text("""
        schedules.yaml:3:14: error: the tag '!secret' is not used here
        3 |     command: !secret x
          |              ^^^^^^^^^
          = help: the keys of a job say of what type their values are
    """)

    actual = refused("jobs:\n  a:\n    command: !secret x\n    clock: every 1h\n")

    assert expected == actual


def test_a_text_may_say_that_it_is_one() -> None:
    expected = "true"

    actual = job("command: !!str true").command

    assert expected == actual


# ---- what is no text


def test_a_byte_that_is_not_utf_8_is_refused_with_its_place() -> None:
    expected = text("""
        schedules.yaml:3:16: error: the byte 0xe4 is not UTF-8
          = help: save the file in the encoding UTF-8
    """)

    actual = refused(b"jobs:\n  a:\n    command: \xc3\xa9\xc3\xa9\xe4\n")

    assert expected == actual


@pytest.mark.parametrize(
    ("character", "shown"), [("\0", "\\x00"), ("\a", "\\x07"), ("\f", "\\x0c")]
)
def test_a_control_character_is_refused_with_its_place(character: str, shown: str) -> None:
    expected = f"schedules.yaml:2:7: error: the character '{shown}' cannot stand in YAML"

    actual = refused(f"jobs:\n  a: x{character}\n".replace("a: x", "a:  "))

    assert expected == actual


def test_a_byte_order_mark_is_no_character_of_the_first_line() -> None:
    expected = text("""
        schedules.yaml:1:1: error: unknown key 'jobz'
        1 | jobz: {}
          | ^^^^
          = help: did you mean 'jobs'?
    """)

    actual = refused(b"\xef\xbb\xbfjobz: {}\n")

    assert expected == actual


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(end: str) -> None:
    expected = text("""
        schedules.yaml:4:12: error: unknown clock 'evry'
        4 |     clock: evry 5m
          |            ^^^^
          = help: did you mean 'every'?
    """)

    actual = refused(
        end.join(["jobs:", "  a:", "    command: x", "    clock: evry 5m", ""]).encode()
    )

    assert expected == actual


def test_columns_are_counted_in_characters() -> None:
    expected = text("""
        schedules.yaml:1:31: error: unknown clock 'evry'
        1 | jobs: {é: {command: 😀, clock: evry 5m}}
          |                                ^^^^
          = help: did you mean 'every'?
    """)

    actual = refused("jobs: {é: {command: 😀, clock: evry 5m}}\n")

    assert expected == actual


def test_an_indentation_by_tab_is_refused_with_a_way_out() -> None:
    expected = (
        "schedules.yaml:2:1: error: a tab stands where YAML wants spaces\n"
        "2 |  a:\n"
        "  | ^\n"
        "  = help: indent with spaces"
    )

    actual = refused("jobs:\n\ta:\n\t\tcommand: x\n")

    assert expected == actual


def test_a_tab_after_a_colon_is_no_indentation() -> None:
    expected = "x"

    actual = job("command:\tx").command

    assert expected == actual


# ---- files of nothing, or of something else


@pytest.mark.parametrize("written", ["", "\n\n"])
def test_an_empty_file_is_refused(written: str) -> None:
    expected = text("""
        schedules.yaml:1:1: error: the file is empty
          = help: run 'sched init' for one to begin with
    """)

    actual = refused(written)

    assert expected == actual


def test_a_file_of_comments_is_refused() -> None:
    expected = text("""
        schedules.yaml:1:1: error: the file is empty
        1 | # soon
          | ^
          = help: run 'sched init' for one to begin with
    """)

    actual = refused("# soon\n")

    assert expected == actual


@pytest.mark.parametrize("written", ["jobs:\n", "jobs: null\n", "jobs: {}\n", "timezone: UTC\n"])
def test_a_file_may_have_no_jobs(written: str) -> None:
    expected = ()

    actual = load(written).jobs

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "shape"),
    [("- a", "a list"), ("hello", "the text 'hello'"), ("0 3 * * *", "the text '0 3 * * *'")],
)
def test_a_file_that_is_no_mapping_is_refused(written: str, shape: str) -> None:
    expected = (
        f"schedules.yaml:1:1: error: {shape} stands where the keys of a file belong\n"
        f"1 | {written}\n"
        f"  | {'^' * len(written)}\n"
        "  = help: write: jobs:"
    )

    actual = refused(written)

    assert expected == actual


def test_a_second_document_is_refused() -> None:
    expected = text("""
        schedules.yaml:2:1: error: a second document begins here
        2 | ---
          | ^
          = help: one file holds one document
    """)

    actual = refused("jobs: {}\n---\njobs: {}\n")

    assert expected == actual


def test_the_marks_of_one_document_are_allowed() -> None:
    expected = ()

    actual = load("%YAML 1.1\n---\njobs: {}\n...\n").jobs

    assert expected == actual
