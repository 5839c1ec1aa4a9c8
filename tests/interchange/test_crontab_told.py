"""What an import tells of a crontab: all that is not the same."""

from __future__ import annotations

import pytest

from schedkit.interchange import crontab_file


def told(written: str) -> list[tuple[str, bool]]:
    """Return what is told, of other than every job, and whether it was taken."""
    imported = crontab_file.read(written, "crontab")
    return [(one.message, one.taken) for one in imported.differences if one.text != "every job"]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("MAILTO=me", "no mail is sent: what it writes is kept, see: sched logs JOB"),
        ("A=", 'Debian\'s cron refuses a name with nothing, not even "", behind it'),
        ("LOGNAME=you", "as with cron this has no effect: it is the name of the user"),
        (
            "RANDOM_DELAY=30",
            "cronie starts those below it up to so many minutes late: here they do not",
        ),
        (
            "CRON_TZ=Asia/Tokyo",
            "taken as cronie has it, for the times below it; Debian's cron ignores it",
        ),
    ],
)
def test_what_a_setting_does_not_do_here_is_told(setting: str, expected: str) -> None:
    assert [(expected, True)] == told(f"{setting}\n@daily a\n")


@pytest.mark.parametrize("setting", ['MAILTO=""', "LANG=C", "TZ=Asia/Tokyo", "HOME=/"])
def test_nothing_is_told_of_a_setting_that_does_the_same(setting: str) -> None:
    assert [] == told(f"{setting}\n@daily a\n")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("CRON_TZ=Mars/Olympus", "unknown zone 'Mars/Olympus'"),
        ("=1", "no variable can be named or set so"),
        ("A=b\0", "no variable can be named or set so"),
    ],
)
def test_a_setting_that_cannot_be_is_told(setting: str, expected: str) -> None:
    assert [(expected, False)] == told(f"{setting}\n@daily a\n")


DRAWN = (
    "for {!r} cronie draws a value whenever it reads the crontab; "
    "H draws one from the name of the job, and it stays"
)
BACKWARDS = "Debian's cron never fires at '22-4', which runs backwards"
MINUS = "the minus in front keeps it out of cron's log: here every run is in the history"
SLASHES = "of two backslashes Debian's cron makes one, as is done here; cronie does not"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0~30 * * * * a", DRAWN.format("0~30")),
        ("5/15 * * * * a", "cron refuses '5/15', or takes it for something else"),
        ("0 0 L * * a", "cron refuses 'L', or takes it for something else"),
        ("0 22-4 * * * a", BACKWARDS),
        ("-@daily a", MINUS),
        ("@daily -n a", "-n asks for mail about failures only: no mail is sent"),
        ("@daily a\\\\b", SLASHES),
        (f"@daily {'a' * 999}", "Debian's cron refuses a command of more than 998 bytes"),
        ("@daily a%\\", "what it reads ends without a newline: here it gets one"),
    ],
)
def test_what_is_not_the_same_is_told(line: str, expected: str) -> None:
    assert [(expected, True)] == told(f"{line}\n")


NO_LINE = (
    "this is no line of a crontab "
    "(five fields and a command, or one word such as @daily and a command)"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("61 * * * * a", "minute 61 is outside 0-59"),
        ("* * * * xyz a", "unknown weekday 'xyz'"),
        ("30~5 * * * * a", "30-5 runs backwards (write 30-59,0-5)"),
        ("@dayly a", "cron knows no '@dayly' (did you mean '@daily'?)"),
        ("@Daily a", "cron knows no '@Daily' (did you mean '@daily'?)"),
        ("0 0 30 2 * a", "'0 0 30 2 *' never fires: no month of '2' has a day '30'"),
        ("hello", NO_LINE),
        ("* * * * * * a", "no command stands behind the time"),
        ("@daily %a", "a command is empty, or has a NUL character, and cannot run"),
        ("@daily a\0", "a command is empty, or has a NUL character, and cannot run"),
    ],
)
def test_what_cannot_be_taken_is_told(line: str, expected: str) -> None:
    assert [(expected, False)] == told(f"{line}\n")
