"""Lines of a crontab, by the rules of Debian's cron."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crontabs import COMMANDS, by_cron
from schedkit.errors import ConfigError
from schedkit.interchange.crontab_line import (
    Entry,
    assigning,
    assignment,
    collapses,
    entry,
    escaped,
    unescaped,
    with_input,
    without_input,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A=b", ("A", "b")),
        ("  A = b c  ", ("A", "b c")),
        ("A=b # no comment", ("A", "b # no comment")),
        ("A=$HOME/bin", ("A", "$HOME/bin")),
        ('A=" b "', ("A", " b ")),
        ("A=' b \" '  ", ("A", ' b " ')),
        ("A=b'c'", ("A", "b'c'")),
        ('MAILTO=""', ("MAILTO", "")),
        ("MAILTO=", ("MAILTO", "")),
        ("'A B' = c", ("A B", "c")),
        ("A=b=c", ("A", "b=c")),
        ("A=\"'b'\"", ("A", "b")),  # as Debian's cron, which takes two pairs off
        ("=b", ("", "b")),
        ("A='b' c", None),
        ('A = """', None),
        ('A="b', None),
        ("'A=b'", None),
        ("0 5 * * * A=b c", None),
        ("@daily A=b c", None),
        ("A B=c", None),
    ],
)
def test_an_assignment_is_read_as_cron_reads_it(
    line: str, expected: tuple[str, str] | None
) -> None:
    assert expected == assignment(line)


@given(st.text(st.sampled_from("ab =/:'\"$#\\%\n"), max_size=12))
def test_a_value_is_written_so_that_it_is_read_again(value: str) -> None:
    line = assigning("A", value)

    if line is None:
        assert "\n" in value or value[:1] in ("'", '"') or value != value.strip()
    else:
        assert ("A", value) == assignment(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 5 * * 1 a  b ", Entry("0 5 * * 1", None, "a  b ")),
        (" 0\t5 *\t* 1\t\ta", Entry("0\t5 *\t* 1", None, "a")),
        ("@daily a # b", Entry("@daily", None, "a # b")),
        ("-*/5 * * * * a", Entry("*/5 * * * *", None, "a", ("-",))),
        ("@daily -n a", Entry("@daily", None, "a", ("-n",))),
        ("@daily -na", Entry("@daily", None, "-na")),
    ],
)
def test_a_line_is_a_time_and_a_command(line: str, expected: Entry) -> None:
    assert expected == entry(line, system=False)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 5 * * 1 root a b", Entry("0 5 * * 1", "root", "a b")),
        ("0 5 * * 1\troot\t\ta b", Entry("0 5 * * 1", "root", "a b")),
        ("@reboot www-data -n a", Entry("@reboot", "www-data", "a", ("-n",))),
    ],
)
def test_a_line_of_the_system_has_a_user(line: str, expected: Entry) -> None:
    assert expected == entry(line, system=True)


@pytest.mark.parametrize(
    ("line", "system", "expected"),
    [
        ("hello", False, "this is no line of a crontab"),
        ("0 5 * *", False, "this is no line of a crontab"),
        ("0 5 * * *", False, "no command stands behind the time"),
        ("@daily ", False, "no command stands behind the time"),
        ("* * * * * * a", False, "there are more than five fields"),
        ("* * * * * * root a", True, "there are more than five fields"),
        ("0 5 * * * root", True, "no user and command stand behind the time"),
    ],
)
def test_a_line_that_says_nothing_is_refused(line: str, system: bool, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        entry(line, system=system)

    assert expected == caught.value.problems[0].message


@given(COMMANDS)
def test_a_percent_and_a_backslash_mean_what_they_mean_to_cron(written: str) -> None:
    expected = by_cron(written)

    actual = unescaped(written)

    assert expected == actual


@given(COMMANDS)
def test_what_cron_understands_can_be_written_again(written: str) -> None:
    meant = by_cron(written)

    again = escaped(*meant)

    assert again is not None
    assert meant == by_cron(again)


@given(st.text(st.sampled_from("a%\\ ")), st.text(st.sampled_from("a%\\\n")))
def test_a_command_is_written_so_that_cron_understands_it(command: str, data: str) -> None:
    """A line of input that ends with a backslash is all that cannot be."""
    written = escaped(command, data)

    if written is None:
        assert "\\\n" in data or (data and not data.endswith("\n"))
    else:
        assert (command, data) == by_cron(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("a\\b", False), ("a\\%b", False), ("a\\\\b", True), ("a\\%\\\\", True), ("a%\\\\", False)],
)
def test_two_backslashes_are_told_of(written: str, expected: bool) -> None:
    assert expected == collapses(written)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\n")), max_size=4))
def test_a_command_of_ours_has_its_input_back(lines: list[str]) -> None:
    expected = ("cat # END", "".join(f"{line}\n" for line in lines))

    actual = without_input(with_input(*expected))

    assert expected == actual


AWKWARD = (
    "plain\n  $HOME `id` $(id) \\ \\n \"quoted\" 'so'\nEND\nEND2\n"
    "\tÁ\x81é ü 日本 🙂\n\x01\x88\x7f\n\n"
)


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
@pytest.mark.parametrize("data", ["\n", AWKWARD, AWKWARD * 500], ids=["empty", "awkward", "long"])
def test_a_shell_gives_the_command_each_byte_of_its_input(shell: str, data: str) -> None:
    command = with_input("cat; exit 3 # the end", data)
    expected = (3, data.encode())

    done = subprocess.run([shell, "-c", command], capture_output=True, timeout=30, check=False)

    assert expected == (done.returncode, done.stdout)
