"""The verbs that only read: beside a runner at work, one that is stopped, one that was killed."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from running import Running, Sched

pytestmark = pytest.mark.system

JOBS = "jobs:\n" + "".join(
    f"  job-{number}: {{command: 'echo $SCHED_FIRE_TIME', clock: every 1s}}\n"
    for number in range(12)
)
LINES = [
    "list",
    "list --json",
    "show job-3",
    "show job-3 --json",
    "next",
    "next --skipped --json -n 20",
    "history",
    "history --json",
    "explain job-3",
    "explain job-3 --json",
    "logs job-3",
    "audit",
    "audit --json",
    "plan",
    "plan --json",
    "validate",
    "export crontab",
]
FAIL = {"export crontab": 1}  # cron knows no seconds
STATUS = {"at work": 0, "stopped": 0, "killed": 3}  # its exit code


@pytest.fixture
def busy(sched: Sched) -> Iterator[Running]:
    """A runner with a dozen jobs that run each second."""
    sched.write(JOBS)
    runner = sched.run()
    runner.until("run succeeded", job="job-3")
    yield runner
    runner.send(signal.SIGCONT)


@pytest.mark.parametrize("how", STATUS)
def test_what_only_reads_answers_whatever_the_runner_does(
    sched: Sched, busy: Running, how: str
) -> None:
    if how == "stopped":
        busy.send(signal.SIGSTOP)
    elif how == "killed":
        busy.kill()

    answers = {line: sched(*line.split()) for line in LINES}
    status = sched("status")

    codes = {line: answer.returncode for line, answer in answers.items()}
    assert {line: FAIL.get(line, 0) for line in LINES} == codes
    assert STATUS[how] == status.returncode
    assert [] == [line for line in LINES if not answers[line].stdout]
    read = {line: json.loads(answers[line].stdout) for line in LINES if "--json" in line}
    assert [] == [line for line, found in read.items() if not found]
    said = "".join(answer.stderr for answer in (*answers.values(), status))
    assert "Traceback" not in said
