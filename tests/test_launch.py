"""What is started for an attempt."""

from __future__ import annotations

import json
import os
import pwd
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from asking import utc
from fakes import load
from schedkit import entrypoint, gate
from schedkit.errors import ExecutorError
from schedkit.launch import Launch, Surroundings, arguments, inherited, launch, mark
from schedkit.run import AttemptKey, Trigger, run_id

KEY = AttemptKey(194616060, 2)
STORE = "0123456789abcdef" * 2


def launched(
    directory: Path, keys: str, what: str = "command: x", params: Mapping[str, Any] | None = None
) -> Launch:
    """Return what is started for a job with these keys, and these *params* of its run."""
    job = load(directory, f"jobs: {{a: {{{what}, clock: every 1m, {keys}}}}}").jobs[0]
    fire = utc("2026-03-02 12:00")
    return launch(
        job, KEY, fire, Trigger.SCHEDULE, store=STORE, output=directory / "output", params=params
    )


def refused(directory: Path, keys: str) -> str:
    """Return why a job with these keys cannot be started."""
    with pytest.raises(ExecutorError) as caught:
        launched(directory, keys)
    return str(caught.value)


def test_a_job_is_told_who_it_is(tmp_path: Path) -> None:
    expected = {
        "SCHED_JOB": "a",
        "SCHED_RUN_ID": f"{run_id(KEY.run)}-0123456789ab",
        "SCHED_FIRE_TIME": "2026-03-02T13:00:00+01:00",
        "SCHED_ATTEMPT": "2",
        "SCHED_TRIGGER": "schedule",
    }

    env = launched(tmp_path, "timezone: Europe/Berlin").env

    assert expected == {name: env[name] for name in expected}


def test_what_a_job_is_told_about_itself_cannot_be_overwritten(tmp_path: Path) -> None:
    env = launched(tmp_path, "env: {SCHED_JOB: other, SCHED_RUN_ID: other}").env

    assert (env["SCHED_JOB"], env["SCHED_RUN_ID"][:6]) == ("a", run_id(KEY.run))


def test_its_mark_is_in_its_environment(tmp_path: Path) -> None:
    found = launched(tmp_path, "grace: 1s")

    name, _, value = found.mark.partition("=")
    assert (found.env[name], found.mark) == (value, mark(KEY, STORE))


@pytest.mark.parametrize(
    "name",
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "LISTEN_FDS",
     "LISTEN_PID", "LISTEN_FDNAMES", "INVOCATION_ID", "OLDPWD"],
)  # fmt: skip
def test_what_the_runner_was_told_about_itself_is_not_for_its_jobs(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")

    assert name not in inherited()


def test_everything_else_is_inherited_and_not_named_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMETHING", "else")

    assert inherited()["SOMETHING"] == "else"
    assert "SOMETHING" not in launched(tmp_path, "grace: 1s").env


def test_env_goes_before_what_is_inherited(tmp_path: Path) -> None:
    assert launched(tmp_path, "env: {HOME: own}").env["HOME"] == "own"


def test_env_goes_before_its_files_and_later_files_before_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("A=1\nB=1\nC=1\n", encoding="utf-8")
    (tmp_path / "two").write_text("A=2\nB=2\n", encoding="utf-8")

    env = launched(tmp_path, "env_file: [one, two], env: {A: own}").env

    assert (env["A"], env["B"], env["C"]) == ("own", "2", "1")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A=plain", "plain"),
        ("A=", ""),
        ("A = spaced out ", "spaced out"),
        ('A="in quotes"', "in quotes"),
        ("A='in quotes'", "in quotes"),
        ("A=\"it's\"", "it's"),
        ("A='", "'"),
        ('A="one side', '"one side'),
        ("export A=b", "b"),
        ("A=b=c", "b=c"),
        ("A=# no comment", "# no comment"),
        ("# comment\n; comment\n\nA=b", "b"),
        ("A=first\nA=last", "last"),
        ("A=b\r", "b"),
        ("A=ünï", "ünï"),
    ],
)  # fmt: skip
def test_a_line_of_an_env_file_is_name_and_value(tmp_path: Path, line: str, expected: str) -> None:
    (tmp_path / "file").write_bytes(line.encode() + b"\n")

    assert launched(tmp_path, "env_file: file").env["A"] == expected


@pytest.mark.parametrize("line", ["A", "=b", "A B=c", "export A", "\ufeff"])
def test_a_line_that_is_none_says_where_it_stands(tmp_path: Path, line: str) -> None:
    (tmp_path / "file").write_text(f"# first\n{line}\n", encoding="utf-8")

    assert refused(tmp_path, "env_file: file") == f"{tmp_path}/file:2: not NAME=value"


def test_a_secret_comes_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" two\nlines \n\n", encoding="utf-8")

    assert launched(tmp_path, "env: {A: {from_file: secret}}").env["A"] == " two\nlines \n"


def test_a_value_comes_from_the_runners_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THERE", "here")

    assert launched(tmp_path, "env: {A: {from_env: THERE}}").env["A"] == "here"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("env_file: none", "{}/none cannot be read: no such file or directory"),
        ("env_file: .", "{} cannot be read: is a directory"),
        ("env: {A: {from_file: none}}", "{}/none cannot be read: no such file or directory"),
        ("env: {A: {from_file: latin}}", "{}/latin is not UTF-8"),
        ("env: {A: {from_env: NOT_THERE}}", "the runner has no variable 'NOT_THERE' for 'A'"),
    ],
)
def test_what_cannot_be_had_says_why(tmp_path: Path, keys: str, expected: str) -> None:
    (tmp_path / "latin").write_bytes(b"\xe4\n")

    assert refused(tmp_path, keys) == expected.format(tmp_path)


def test_the_working_directory_starts_from_that_of_the_file_and_is_in_the_environment(
    tmp_path: Path,
) -> None:
    found = launched(tmp_path, "working_dir: below")

    assert (found.working_dir, found.env["PWD"]) == (tmp_path / "below", str(tmp_path / "below"))


def test_the_working_directory_may_be_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")

    assert launched(tmp_path, "working_dir: ~/x").working_dir == Path("/home/me/x")


def test_a_text_is_for_a_shell_and_a_list_is_not(tmp_path: Path) -> None:
    found = [
        launched(tmp_path, "grace: 1s", "command: echo $A").argv,
        launched(tmp_path, "shell: /bin/bash", "command: ls A").argv,
        launched(tmp_path, "grace: 1s", "command: [echo, $A]").argv,
    ]

    assert found == [
        ("/bin/sh", "-c", "echo $A"),
        ("/bin/bash", "-c", "ls A"),
        ("echo", "$A"),
    ]


def test_a_text_that_needs_no_shell_gets_none_unless_it_is_a_script(tmp_path: Path) -> None:
    found = launched(tmp_path, "grace: 1s", "command: ./backup --to  /mnt")

    assert (found.argv, found.script) == (
        ("./backup", "--to", "/mnt"),
        ("/bin/sh", "-c", "./backup --to  /mnt"),
    )


def test_a_function_is_called_by_the_runners_python_or_another(tmp_path: Path) -> None:
    own = launched(tmp_path, "grace: 1s", "python: m:f")
    other = launched(tmp_path, "interpreter: /usr/bin/python3", "python: m:f")

    assert own.argv == (sys.executable, entrypoint.__file__, "m:f")
    assert other.argv == ("/usr/bin/python3", entrypoint.__file__, "m:f")


def test_params_of_a_function_are_no_arguments_that_everybody_sees(tmp_path: Path) -> None:
    found = launched(tmp_path, "params: {password: secret}", "python: m:f")

    assert found.env["SCHED_PARAMS"] == '{"password": "secret"}'
    assert "secret" not in str(found.argv)


@pytest.mark.parametrize(
    ("what", "name", "expected"),
    [
        ("command: x", "A", "given"),
        ("python: m:f", "SCHED_PARAMS", '{"A": "given", "B": 2, "C": "new"}'),
    ],
)
def test_params_that_were_given_go_before_those_of_the_job(
    tmp_path: Path, what: str, name: str, expected: str
) -> None:
    text = f"jobs: {{a: {{{what}, clock: every 1m, params: {{A: own, B: 2}}}}}}"

    found = launch(
        load(tmp_path, text).jobs[0], KEY, utc("2026-03-02"), Trigger.MANUAL,
        store=STORE, output=tmp_path, params={"A": "given", "C": "new"},
    )  # fmt: skip

    assert found.env[name] == expected


def test_params_go_before_env_and_what_a_job_is_told_before_both(tmp_path: Path) -> None:
    env = launched(tmp_path, "env: {A: env, PWD: x}, params: {A: param, SCHED_JOB: x}").env

    assert (env["A"], env["PWD"], env["SCHED_JOB"]) == ("param", "x", "a")


def test_params_of_a_command_are_variables(tmp_path: Path) -> None:
    env = launched(tmp_path, "params: {A: text, B: 5, C: [1, x], D: true, E: null}").env

    assert [env[name] for name in "ABCDE"] == ["text", "5", '[1, "x"]', "true", "null"]


def test_params_of_a_function_are_no_variables(tmp_path: Path) -> None:
    assert "zz" not in launched(tmp_path, "params: {zz: 1}", "python: m:f").env


def test_each_attempt_has_files_of_its_own_named_by_its_run_alone(tmp_path: Path) -> None:
    number = run_id(KEY.run)

    found = launched(tmp_path, "grace: 1s", "python: m:f")

    directory = tmp_path / "output" / number[:3]
    assert (found.output, found.result) == (
        directory / f"{number}.2.log",
        directory / f"{number}.2.json",
    )


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("command: 'echo $A; ls'", "echo $A; ls"),
        ("command: [echo, 'two words', \"it's\"]", "echo 'two words' 'it'\"'\"'s'"),
        ("python: 'm:f', params: {a: 1, b: x}", "m:f(a=1, b='x')"),
    ],
)
def test_a_record_tells_what_was_run(tmp_path: Path, what: str, expected: str) -> None:
    job = load(tmp_path, f"jobs: {{a: {{{what}, clock: every 1m}}}}").jobs[0]

    assert arguments(job) == expected


def test_a_record_never_tells_the_environment(tmp_path: Path) -> None:
    text = "jobs: {a: {command: x, clock: every 1m, env: {PASSWORD: secret}, params: {B: secret}}}"

    assert "secret" not in arguments(load(tmp_path, text).jobs[0])


def test_the_environment_is_all_text(tmp_path: Path) -> None:
    env = launched(tmp_path, "env: {A: 5, B: 1.10, C: 012, D: yes}").env

    assert [env[name] for name in "ABCD"] == ["5", "1.10", "012", "yes"]
    assert json.dumps(dict(env))


# ---- who, and with what


def test_a_job_without_anything_special_has_nothing_special(tmp_path: Path) -> None:
    found = launched(tmp_path, "grace: 1s")

    assert (found.surroundings, found.umask, found.max_output) == (None, None, 10_000_000)


def test_what_a_job_says_of_its_surroundings_is_there(tmp_path: Path) -> None:
    limits = "limits: {memory: 1 MiB, cpu_time: 1500ms, open_files: 5, processes: 6}"

    found = launched(tmp_path, f"umask: 027, nice: 5, output: {{max_size: 5 KB}}, {limits}")

    expected = Surroundings(
        nice=5,
        limits=(
            ("memory", resource.RLIMIT_AS, 1 << 20, 1 << 20),
            ("open_files", resource.RLIMIT_NOFILE, 5, 5),
            ("processes", resource.RLIMIT_NPROC, 6, 6),
            ("cpu_time", resource.RLIMIT_CPU, 2, 3),
        ),
    )
    assert (found.surroundings, found.umask, found.max_output) == (expected, 0o027, 5000)


_needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@_needs_root
def test_a_user_comes_with_groups_and_variables(tmp_path: Path) -> None:
    entry = pwd.getpwnam("daemon")

    found = launched(tmp_path, "user: daemon")

    groups = tuple(os.getgrouplist("daemon", entry.pw_gid))
    assert found.surroundings == Surroundings(entry.pw_uid, entry.pw_gid, groups)
    names = ("HOME", "USER", "LOGNAME", "SHELL")
    assert [found.env[name] for name in names] == [entry.pw_dir, "daemon", "daemon", "/bin/sh"]


@_needs_root
def test_env_goes_before_the_variables_of_a_user(tmp_path: Path) -> None:
    assert launched(tmp_path, "user: daemon, env: {HOME: /mine}").env["HOME"] == "/mine"


@_needs_root
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("user: '1'", (1, pwd.getpwuid(1).pw_gid)),
        ("user: '54321', group: '7'", (54321, 7)),
        ("group: '7'", (0, 7)),
        ("user: daemon, group: '7'", (1, 7)),
    ],
)
def test_users_and_groups_may_be_numbers(
    tmp_path: Path, keys: str, expected: tuple[int, int]
) -> None:
    found = launched(tmp_path, keys).surroundings

    assert found is not None
    assert (found.uid, found.gid) == expected


def test_the_runners_own_user_takes_no_right(tmp_path: Path) -> None:
    me = pwd.getpwuid(os.geteuid()).pw_name

    found = launched(tmp_path, f"user: {me}")

    assert (found.surroundings, found.env["USER"]) == (None, me)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("user: nobody-at-all", "there is no user 'nobody-at-all'"),
        ("group: nobody-at-all", "there is no group 'nobody-at-all'"),
        ("user: '54321'", "user 54321 has no entry, and no group then: write one"),
        ("user: '4294967295'", "there is no user 4294967295"),
        ("group: '4294967295'", "there is no group 4294967295"),
    ],
)
def test_who_cannot_be_found_says_so(tmp_path: Path, keys: str, expected: str) -> None:
    assert refused(tmp_path, keys) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("user: root", "only a runner of root can run a job as user root"),
        ("group: '7'", "only a runner of root can run a job as group 7"),
    ],
)
def test_only_root_may_become_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, expected: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert refused(tmp_path, keys) == expected


def test_a_variable_that_no_process_can_have_says_which(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\0b")

    expected = "the variable 'A' has a NUL character: no process can have it"
    assert refused(tmp_path, "env: {A: {from_file: file}}") == expected


def test_half_a_character_that_an_event_has_is_no_variable(tmp_path: Path) -> None:
    """JSON can write it; a byte of a file's name that is no text is something else."""
    with pytest.raises(ExecutorError) as raised:
        launched(tmp_path, "", params={"email": "\ud800"})

    assert str(raised.value) == "the variable 'email' has half a character: no process can have it"
    assert launched(tmp_path, "", params={"file": "\udcff"}).env["file"] == "\udcff"


# ---- what is asked before


def asking(directory: Path, keys: str, what: str = "command: x") -> Launch:
    """Return what is started to ask whether a job with these keys may start."""
    job = load(directory, f"jobs: {{a: {{{what}, clock: every 1m, {keys}}}}}").jobs[0]
    fire = utc("2026-03-02 12:00")
    key = AttemptKey(KEY.run, 0)
    return launch(job, key, fire, Trigger.SCHEDULE, store=STORE, output=directory / "output")


@pytest.mark.parametrize(
    ("only_if", "argv", "script"),
    [
        ("[ready, -x]", ("ready", "-x"), None),
        ("ready -x", ("ready", "-x"), ("/bin/sh", "-c", "ready -x")),
        ("test -f x", ("/bin/sh", "-c", "test -f x"), None),
    ],
)
def test_what_is_asked_alone_is_started_as_a_command_is(
    tmp_path: Path, only_if: str, argv: tuple[str, ...], script: tuple[str, ...] | None
) -> None:
    found = asking(tmp_path, f"only_if: {only_if}")

    assert (found.argv, found.script, found.result) == (argv, script, None)


def test_what_is_waited_for_is_told_to_the_process_that_waits(tmp_path: Path) -> None:
    found = asking(tmp_path, "wait_for: {path: /x}, only_if: 'y', shell: /bin/bash")

    said = json.loads(found.env["SCHED_GATE"])
    assert found.argv == (sys.executable, "-I", "-S", gate.__file__)
    assert ([one["path"] for one in said["wait_for"]], said["result"]) == (["/x"], 3)
    assert said["only_if"] == ["/bin/bash", "-c", "y"]
    assert found.result == found.output.with_suffix(".json")


def test_what_is_asked_has_the_surroundings_of_the_job(tmp_path: Path) -> None:
    keys = "params: {A: 1}, env: {B: two}, working_dir: sub, umask: '077', nice: 5, only_if: y"

    found, job = asking(tmp_path, keys), launched(tmp_path, keys)

    assert ({**found.env, "SCHED_ATTEMPT": "2"}, found.working_dir) == (job.env, job.working_dir)
    assert (found.env["SCHED_ATTEMPT"], found.env["A"]) == ("0", "1")
    assert (found.umask, found.surroundings) == (job.umask, job.surroundings)
    assert found.output.name.endswith(".0.log")


def test_what_a_function_is_given_is_not_for_what_is_asked_before(tmp_path: Path) -> None:
    found = asking(tmp_path, "params: {a: 1}, only_if: y", "python: 'm:f'")

    assert not {"SCHED_PARAMS", "SCHED_RESULT"} & found.env.keys()
    assert (found.argv[0], found.result) == ("y", None)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("only_if: test -f x", "only_if: test -f x"),
        ("wait_for: {path: /x}, only_if: y", "path /x"),
    ],
)
def test_what_is_asked_is_shown_in_a_line(tmp_path: Path, keys: str, expected: str) -> None:
    job = load(tmp_path, f"jobs: {{a: {{command: x, clock: every 1m, {keys}}}}}").jobs[0]

    assert arguments(job, asks=True) == expected
