"""What an import tells of a crontab: all that is not the same."""

from __future__ import annotations

import pytest

from schedkit.interchange import crontab_file
from schedkit.interchange.draft import Difference


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
AT_ONCE = "the first runner that has it starts it at once, also on a machine that is long up"
FIELD = "{!r} seems to be a field: cron has five, without seconds and years"
USER = "'root' seems to be a user: when each line has one, import it with --system"
SLASHES = "of two backslashes Debian's cron makes one, as is done here; cronie does not"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0~30 * * * * a", DRAWN.format("0~30")),
        ("5/15 * * * * a", "cron refuses '5/15', or takes it for something else"),
        ("0 0 L * * a", "cron refuses 'L', or takes it for something else"),
        ("0 22-4 * * * a", BACKWARDS),
        ("-@daily a", MINUS),
        ("@reboot a", AT_ONCE),
        ("0 0 2 * * 1 a", FIELD.format("1")),
        ("0 0 2 * * mon-fri a", FIELD.format("mon-fri")),
        ("0 0 2 * * ? a", FIELD.format("?")),
        ("@daily root a", USER),
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
        ("* * * * * * a", "there are more than five fields (cron has no seconds and no years)"),
        ("@daily %a", "a command is empty, or has a NUL character, and cannot run"),
        ("@daily a\0", "a command is empty, or has a NUL character, and cannot run"),
    ],
)
def test_what_cannot_be_taken_is_told(line: str, expected: str) -> None:
    assert [(expected, False)] == told(f"{line}\n")


def test_that_users_may_stand_in_a_crontab_is_told_once() -> None:
    expected = [(USER, True)]

    assert expected == told("@daily root a\n@daily root b\n")


@pytest.mark.parametrize(
    "command", ["7z a", "sunset", "env a", "-", "root", "postgres -D /a", "rooted a"]
)
def test_a_program_is_no_field_and_no_user(command: str) -> None:
    assert [] == told(f"@daily {command}\n")


REFUSED = "Debian's cron refuses all of it for a line it cannot read: nothing of it ran there"


def test_that_none_of_a_crontab_ran_for_one_bad_line_is_told() -> None:
    expected = [("minute 61 is outside 0-59", False), (REFUSED, True)]

    assert expected == told("61 * * * * a\n@daily b\n")


@pytest.mark.parametrize("written", ["0 0 30 2 * a\n@daily b\n", "CRON_TZ=Mars\n@daily b\n"])
def test_what_cron_can_read_does_not_make_it_refuse_a_crontab(written: str) -> None:
    assert REFUSED not in [message for message, _ in told(written)]


SKIPPED = "Debian's cron leaves out a file of cron.d with such a name: nothing of it ran there"


@pytest.mark.parametrize("name", ["a.bak", "backup~", "a.dpkg-old", "ä"])
def test_a_file_that_cron_leaves_out_is_told(name: str) -> None:
    expected = Difference(f"/etc/cron.d/{name}", "the whole file", SKIPPED)

    imported = crontab_file.read("@daily root a\n", f"/etc/cron.d/{name}", system=True)

    assert expected in imported.differences


@pytest.mark.parametrize("name", ["/etc/cron.d/php-8_2", "/etc/crontab", "/srv/a.bak"])
def test_a_file_that_cron_reads_is_not_told(name: str) -> None:
    imported = crontab_file.read("@daily root a\n", name, system=True)

    assert SKIPPED not in [one.message for one in imported.differences]


@pytest.mark.parametrize("blank", ["\v", "\f", "\xa0", "\u2003"])
def test_a_blank_of_another_kind_is_part_of_a_field(blank: str) -> None:
    imported = crontab_file.read(f"0{blank}5 * * * a b\n", "crontab")

    assert [False] == [one.taken for one in imported.differences]
