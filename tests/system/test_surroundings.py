"""What a job is given and what it is not: user, limits, variables, descriptors, secrets."""

from __future__ import annotations

import grp
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import Sched, without

pytestmark = pytest.mark.system

_needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
_WHO = "working_dir: /, command: 'id -u; id -g; id -G'"


def _wrote(sched: Sched, keys: str, under: tuple[str, ...] = ()) -> list[str]:
    """Run a job with these keys to its good end; return the lines that it wrote."""
    sched.write(f"jobs: {{a: {{clock: startup, {keys}}}}}")
    runner = sched.run(under=under)
    runner.until("run succeeded", job="a")
    runner.stop()
    (run,) = sched.history()
    return Path(run["output"]).read_text(encoding="utf-8").splitlines()


def _ids(lines: list[str]) -> tuple[int, int, set[int]]:
    """Return user, group and all groups from what `id` wrote."""
    user, group, groups = lines
    return int(user), int(group), set(map(int, groups.split()))


# ---- as whom


@_needs_root
def test_a_user_has_its_own_groups_and_none_of_the_runners(sched: Sched) -> None:
    someone = pwd.getpwnam("daemon")
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed")
    with_groups = (setpriv, "--groups", f"{grp.getgrnam('adm').gr_gid},0")
    expected = os.getgrouplist("daemon", someone.pw_gid)

    actual = _ids(_wrote(sched, f"user: daemon, {_WHO}", with_groups))

    assert (someone.pw_uid, someone.pw_gid, set(expected)) == actual


@_needs_root
def test_a_user_has_its_supplementary_groups(sched: Sched) -> None:
    """Whose they are is written in a file that this runner alone sees as /etc/group."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    groups = sched.directory / "group"
    known = Path("/etc/group").read_text(encoding="utf-8")
    groups.write_text(f"{known}one:x:4711:daemon\nother:x:4712:daemon,bin\n", encoding="utf-8")
    mounts = 'mount --bind group /etc/group && exec "$@"'
    under = (unshare, "--mount", "sh", "-c", mounts, "sh")
    if subprocess.run([*under, "true"], cwd=sched.directory, check=False).returncode:
        pytest.skip("a file cannot be mounted here")
    someone = pwd.getpwnam("daemon")
    expected = {*os.getgrouplist("daemon", someone.pw_gid), 4711, 4712}

    actual = _ids(_wrote(sched, f"user: daemon, {_WHO}", under))

    assert (someone.pw_uid, someone.pw_gid, expected) == actual


@_needs_root
def test_a_group_takes_the_place_of_the_users_own(sched: Sched) -> None:
    someone, group = pwd.getpwnam("daemon"), grp.getgrnam("adm").gr_gid

    user, actual, _ = _ids(_wrote(sched, f"user: daemon, group: adm, {_WHO}"))

    assert (someone.pw_uid, group) == (user, actual)


@_needs_root
def test_the_output_of_a_job_of_another_user_is_not_for_that_user_to_change(sched: Sched) -> None:
    _wrote(sched, "user: daemon, working_dir: /, command: echo x")

    (run,) = sched.history()
    path = Path(run["output"])
    paths = [path, path.parent, sched.state / "output", sched.state]
    assert {(one.stat().st_uid, one.stat().st_mode & 0o022) for one in paths} == {(0, 0)}


# ---- how


def test_a_umask_is_the_jobs_own(sched: Sched) -> None:
    assert ["0027"] == _wrote(sched, "umask: 027, command: umask")


def test_a_nice_job_is_nice(sched: Sched) -> None:
    assert ["5"] == _wrote(sched, "nice: 5, command: nice")


def test_every_limit_holds_for_the_job(sched: Sched) -> None:
    limits = "{memory: 100 MiB, cpu_time: 5s, open_files: 64, processes: 500}"
    expected = {
        "Max address space": str(100 * 1024**2),
        "Max cpu time": "5",
        "Max open files": "64",
        "Max processes": "500",
    }

    lines = _wrote(sched, f"limits: {limits}, command: [cat, /proc/self/limits]")

    actual = {line[:26].strip(): line[26:47].strip() for line in lines}
    assert expected == {name: actual[name] for name in expected}


def test_a_job_that_takes_more_of_the_processor_than_it_may_is_killed(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    clock: startup
    command: 'while :; do :; done'
    limits: {cpu_time: 1s}
""")

    runner = sched.run()
    runner.until("run failed", job="a")
    runner.stop()

    (run,) = sched.history()
    assert run["signal"] in ("SIGXCPU", "SIGKILL")


def test_no_signal_is_blocked_or_ignored_whatever_the_runner_was_started_with(
    sched: Sched,
) -> None:
    env = ("env", "--block-signal=WINCH", "--ignore-signal=USR1", "--ignore-signal=TERM")
    command = "command: [grep, -E, '^Sig(Blk|Ign)', /proc/self/status]"

    lines = _wrote(sched, command, env)

    # Of 32 and 33, which are the C library's own, nobody can say what they do.
    actual = {line[:6]: int(line[7:], 16) & ~(0b11 << 31) for line in lines}
    assert {"SigBlk": 0, "SigIgn": 0} == actual


def test_a_job_gets_no_descriptor_that_the_runner_was_started_with(sched: Sched) -> None:
    with_another = ("sh", "-c", 'exec "$@" 7</dev/null', "sh")

    lines = _wrote(sched, "command: [ls, /proc/self/fd]", with_another)

    assert ["0", "1", "2", "3"] == lines  # the last one is the directory that ls reads


def test_a_job_leads_a_process_group_of_its_own(sched: Sched) -> None:
    (line,) = _wrote(sched, "command: [cut, '-d ', '-f1,5', /proc/self/stat]")

    pid, group = line.split()
    assert pid == group


# ---- variables


def test_a_job_is_told_what_it_is_and_nothing_that_is_for_the_runner(sched: Sched) -> None:
    for_the_runner = (
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
        "LISTEN_FDNAMES", "JOURNAL_STREAM", "INVOCATION_ID",
    )  # fmt: skip
    env = ("env", "KEPT=yes", *(f"{name}=1" for name in for_the_runner))

    lines = _wrote(sched, "command: [env]", env)

    (run,) = sched.history()
    actual = dict(line.partition("=")[::2] for line in lines)
    assert set(for_the_runner).isdisjoint(actual)
    assert ("yes", "a", run["fire_time"], "1", "schedule") == (
        actual["KEPT"],
        actual["SCHED_JOB"],
        actual["SCHED_FIRE_TIME"],
        actual["SCHED_ATTEMPT"],
        actual["SCHED_TRIGGER"],
    )
    assert actual["SCHED_RUN_ID"].startswith(run["id"])


# ---- secrets


def test_a_secret_from_a_file_is_seen_by_its_job_alone(sched: Sched) -> None:
    one, other = secrets.token_hex(), secrets.token_hex()
    places = [sched.directory / "secret", sched.directory / "secret.env"]
    places[0].write_text(f"{one}\n", encoding="utf-8")
    places[1].write_text(f"OTHER={other}\n", encoding="utf-8")
    sched.write("""
jobs:
  a:
    clock: startup
    command: echo "$ONE $OTHER" > words; read go < go; exit 3
    env: {ONE: {from_file: secret}}
    env_file: secret.env
""")

    runner = sched.run()
    told = sched.word()
    shown = [place for place in _command_lines() if _holds(place, one, other)]
    sched.go()
    runner.until("run failed", job="a", exit=3)
    runner.stop()

    kept = [
        path
        for path in sched.directory.rglob("*")
        if path.is_file() and path not in places and _holds(path, one, other)
    ]
    said = str(runner.said)
    assert f"{one} {other}" == told
    assert ([], [], False, False) == (shown, kept, one in said, other in said)


def _command_lines() -> Iterator[Path]:
    return Path("/proc").glob("[0-9]*/cmdline")


def _holds(path: Path, *texts: str) -> bool:
    try:
        content = path.read_bytes()
    except OSError:  # the process has ended
        return False
    return any(text.encode() in content for text in texts)


# ---- what cannot be started

_NOT_THERE = "no such file or directory"
_NOT_STARTED = {
    "command: [/no/such/program]": f"program /no/such/program: {_NOT_THERE}",
    "command: [no-such-program]": f"program no-such-program: {_NOT_THERE}",
    "command: [/etc/passwd]": "program /etc/passwd: permission denied",
    "command: 'true', shell: /no/such/shell": f"program /no/such/shell: {_NOT_THERE}",
    "command: [./script]": f"the interpreter of ./script: {_NOT_THERE}",
    "command: 'true', working_dir: /no/such": f"working_dir /no/such: {_NOT_THERE}",
    "command: 'true', working_dir: /etc/passwd": "working_dir /etc/passwd: not a directory",
    f"command: 'true', env: {{A: {'x' * 200_000}}}": "program true: argument list too long",
}
_NOT_EVEN_TRIED = {
    "command: 'true', user: no-such-user": "there is no user 'no-such-user'",
    "command: 'true', group: no-such-group": "there is no group 'no-such-group'",
    "command: 'true', env: {A: {from_file: /no/such}}": f"/no/such cannot be read: {_NOT_THERE}",
    "command: 'true', env: {A: {from_env: B}}": "the runner has no variable 'B' for 'A'",
    "command: 'true', env_file: /etc/passwd": "/etc/passwd:1: not NAME=value",
}


def test_what_cannot_be_started_is_a_failed_run_that_says_what_is_wrong(sched: Sched) -> None:
    script = sched.directory / "script"
    script.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    script.chmod(0o700)
    expected = {keys: f"cannot be started: {why}" for keys, why in _NOT_STARTED.items()}
    expected |= _NOT_EVEN_TRIED
    jobs = "".join(
        f"  j{number}: {{clock: startup, {keys}}}\n" for number, keys in enumerate(expected)
    )
    sched.write(f"jobs:\n{jobs}  good: {{clock: startup, command: 'true'}}\n")

    runner = sched.run()
    for _ in expected:
        runner.until("run failed")
    runner.stop()

    runs = {run["job"]: run for run in sched.history()}
    assert "succeeded" == runs.pop("good")["state"]
    assert {("failed", None, 1)} == {
        (run["state"], run["exit_code"], run["attempts"]) for run in runs.values()
    }
    actual = {keys: runs[f"j{number}"]["reason"] for number, keys in enumerate(expected)}
    assert expected == actual


@_needs_root
def test_a_directory_that_the_user_may_not_enter_is_a_failed_run(sched: Sched) -> None:
    (sched.directory / "closed").mkdir(mode=0o700)
    sched.write("""
jobs:
  a: {clock: startup, command: 'true', user: daemon, working_dir: closed}
""")

    runner = sched.run()
    reason = runner.until("run failed", job="a")["reason"]
    runner.stop()

    closed = sched.directory / "closed"
    assert f"cannot be started: working_dir {closed}: permission denied" == reason


def test_another_user_without_the_right_to_become_it_is_a_failed_run(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: startup, command: 'true', user: daemon, working_dir: /}}")

    runner = sched.run(under=without("setuid", "setgid"))
    reason = runner.until("run failed", job="a")["reason"]
    runner.stop()

    number = pwd.getpwnam("daemon").pw_uid
    assert f"cannot be started: user {number}: operation not permitted" == reason


def test_the_signal_that_ends_a_job_is_in_its_record(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: startup, command: kill -USR2 $$}}")

    runner = sched.run()
    runner.until("run failed", job="a")
    runner.stop()

    (run,) = sched.history()
    assert ("failed", signal.SIGUSR2.name, None) == (run["state"], run["signal"], run["exit_code"])
