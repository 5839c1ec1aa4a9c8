"""What a job runs and in which environment, as other schedulers are told."""

from __future__ import annotations

import json

from schedkit.commands import FromEnv, FromFile, plain_words
from schedkit.job import Job

_SHELL = "/bin/sh"  # of which it is known what it would do


def command_words(job: Job) -> tuple[str, ...]:
    """Return the program of a job and its arguments, without a shell where it needs none."""
    assert job.command is not None
    return words(job.command, job.shell)


def words(command: str | tuple[str, ...], shell: str) -> tuple[str, ...]:
    """Return a program and its arguments, without the *shell* of a text where it needs none."""
    if not isinstance(command, str):
        return command
    plain = plain_words(command) if shell == _SHELL else None
    return plain or (shell, "-c", command)


def variables(job: Job) -> dict[str, str | FromFile | FromEnv]:
    """Return the variables of a job with their values, its parameters among them."""
    params = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in job.params.items()
    }
    return {**job.env, **params}
