"""The values of settings of systemd, held against systemd's own tools."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedkit.errors import ConfigError
from schedkit.interchange import unit_values
from schedkit.interchange.exit_statuses import EXIT_CODES, exit_codes
from schedkit.interchange.unit_commands import commands, keys

ANALYZE = shutil.which("systemd-analyze")
with_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
GIVEN = unit_values.specifiers(
    "foo@a-b\\x2dc.service", "/etc/systemd/system/foo@.service", user=False
)


# ---- words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two", ["one", "two"]),
        ("'one' \"two's two\"", ["one", "two's two"]),
        (r'"a\"b" c\x20d \u00e9 \101', ['a"b', "c d", "é", "A"]),
        (r"\s\t\\", [" \t\\"]),
        (r"\d", [r"\d"]),
        ('""', [""]),
        ("  ", []),
    ],
)
def test_words_are_taken_apart_at_blanks_outside_of_quotes(text: str, expected: list[str]) -> None:
    assert expected == unit_values.words(text)


def test_a_quote_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r'^the quote " is not closed$'):
        unit_values.words('a "b')


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1), max_size=5))
def test_what_is_quoted_reads_back(words: list[str]) -> None:
    quoted = " ".join('"{}"'.format(w.replace("\\", "\\\\").replace('"', '\\"')) for w in words)

    assert words == unit_values.words(quoted)


# ---- specifiers


def test_specifiers_stand_for_the_parts_of_a_name_and_the_places_of_the_system() -> None:
    text = "%n %N %p %i %I %f %j %y %Y %h %u %U %t %S %C %L %E %T %V 100%%"

    assert (
        "foo@a-b\\x2dc.service foo@a-b\\x2dc foo a-b\\x2dc a/b-c /a/b-c foo "
        "/etc/systemd/system/foo@.service /etc/systemd/system /root root 0 /run /var/lib "
        "/var/cache /var/log /etc /tmp /var/tmp 100%"
    ) == unit_values.expanded(text, GIVEN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on %H", "%H is the name of the host: not known here (write it out)"),
        ("%b", "%b is the boot id: not known here (write it out)"),
        ("50%,", "%, is no specifier of systemd (a percent sign is %%)"),
    ],
)
def test_what_is_not_known_is_not_guessed(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        unit_values.expanded(text, GIVEN)

    assert expected == str(caught.value)


# ---- numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", timedelta(seconds=50)),
        ("2min 200ms", timedelta(minutes=2, milliseconds=200)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5d", timedelta(hours=36)),
        ("1month", timedelta(seconds=2629800)),
        ("infinity", None),
        ("99999999y", None),
    ],
)
def test_a_time_span_is_the_sum_of_its_parts(text: str, expected: timedelta | None) -> None:
    assert expected == unit_values.span(text)


@pytest.mark.parametrize("text", ["", "soon", "5 parsecs", "-5s"])
def test_what_is_no_time_span_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^.* is no time span of systemd$"):
        unit_values.span(text)


@with_systemd
@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 999),
            st.sampled_from(["", "us", "ms", "msec", "s", "sec", "m", "min", "h", "hr", "d", "day",
                             "w", "weeks", "M", "months", "y", "year"]),
        ),
        min_size=1,
        max_size=4,
    )
)  # fmt: skip
@example([(900, "y")])
@example([(900, "y"), (1, "us")])
def test_any_time_span_is_as_long_as_systemd_says(parts: list[tuple[int, str]]) -> None:
    text = " ".join(f"{number}{unit}" for number, unit in parts)

    done = subprocess.run(
        [str(ANALYZE), "timespan", text], capture_output=True, text=True, timeout=60, check=True
    )

    found = re.search(r"μs: (\d+)", done.stdout)
    assert found is not None
    length = timedelta(microseconds=int(found[1]))
    is_for_ever = length > timedelta(days=900 * 365.25)
    assert (None if is_for_ever else length) == unit_values.span(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("512", 512), ("1K", 1024), ("1.5G", 1610612736), ("2T", 2 << 40), ("infinity", None)],
)
def test_a_size_counts_in_powers_of_1024(text: str, expected: int | None) -> None:
    assert expected == unit_values.size(text)


@with_systemd
def test_every_exit_status_has_the_number_that_systemd_gives_it() -> None:
    done = subprocess.run(
        [str(ANALYZE), "exit-status"], capture_output=True, text=True, timeout=60, check=True
    )

    names = dict(line.split()[:2] for line in done.stdout.splitlines()[1:])
    assert {name: int(code) for name, code in names.items()} == EXIT_CODES


def test_exit_codes_are_told_from_signals() -> None:
    assert [75, 250, "SIGKILL", 8] == list(exit_codes("TEMPFAIL 250 SIGKILL 8"))


# ---- command lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/usr/bin/backup --all", {"command": "/usr/bin/backup --all"}),
        ("/bin/echo 'two words' $$HOME", {"command": ["/bin/echo", "two words", "$HOME"]}),
        ("/bin/echo ${ONE} a${TWO}b", {"command": '/bin/echo "${ONE}" a"${TWO}"b'}),
        ("/bin/echo $ONE $NOT1 x$NOT", {"command": "/bin/echo $ONE $NOT1 'x$NOT'"}),
        ("/bin/sh -c 'dmesg | tac >/tmp/%i'", {"command": "dmesg | tac >/tmp/a-b\\x2dc"}),
        ('bash -c "a <(b)"', {"command": "a <(b)", "shell": "/bin/bash"}),
        ("-/bin/false", {"command": "/bin/false || true"}),
        ("@/bin/busybox ls -l", {"command": "/bin/busybox -l"}),
        (":/bin/echo $HOME ${X}", {"command": ["/bin/echo", "$HOME", "${X}"]}),
        ("/bin/a ; -/bin/b x", {"command": "set -e\n/bin/a\n/bin/b x || true\n"}),
        ("/bin/a \\; b ';' c;", {"command": ["/bin/a", ";", "b", ";", "c;"]}),
        ("/bin/echo '' 100%%", {"command": ["/bin/echo", "", "100%"]}),
        ("/bin/cmd A=1", {"command": "/bin/cmd A=1"}),
        ("A=1", {"command": ["A=1"]}),
    ],
)
def test_a_command_line_becomes_what_does_the_same(text: str, expected: object) -> None:
    assert expected == keys(list(commands(text, GIVEN)))


@pytest.mark.parametrize("text", ["-", "''", ":", "/bin/a ; - ; /bin/b"])
def test_a_command_line_without_a_program_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^the command names no program$"):
        list(commands(text, GIVEN))
