"""What the pages about the command line are made of: the declarations of the verbs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import NamedTuple

from schedkit.cli import failure
from schedkit.cli.context import context
from schedkit.cli.declaration import (
    MISSING,
    VERBS,
    Argument,
    Option,
    Parameter,
    parameters,
    verb_function,
)
from schedkit.run import Trigger

ONE_LINE = "A declarative, YAML-driven replacement for cron"


class Given(NamedTuple):
    """Something that the command line gives: how it is written, what it is, what it is else."""

    written: str
    about: str
    default: str = ""


class Verb(NamedTuple):
    """A verb: how it is called, what it does, what it takes."""

    name: str
    synopsis: str
    about: str
    arguments: list[Given]
    options: list[Given]


class Example(NamedTuple):
    """A command line, and what it is good for."""

    command: str
    why: str


EXIT_CODES = {
    0: "done",
    failure.FAILED: "the thing itself failed: a run that was waited for, a status that is not well",
    failure.USAGE: "the command line cannot be meant so",
    failure.NO_RUNNER: "no runner is up, and one is needed",
    failure.NO_SUCH_JOB: "no such job or run",
    failure.NO_STORE: "the history cannot be reached",
    failure.LOCKED: "another runner holds the state directory",
    failure.NO_PERMISSION: "no permission",
    failure.INVALID_FILE: "the file of schedules is invalid, or there is none",
    130: "interrupted",
}
ENVIRONMENT = {
    "SCHED_CONFIG": "The file or directory of schedules, where `-c` names none.",
    "SCHED_STATE": "The state directory, where `--state` names none.",
    "SCHED_JOB": "Set for a job, see below: `sched status` in one does not count that job itself.",
    "STATE_DIRECTORY": "The same, as systemd sets it; a `state:` of the file goes before it.",
    "XDG_CONFIG_HOME": "Where `sched/schedules.yaml` is looked for; `~/.config` unless it is set.",
    "TMPDIR": "Where files are that are being loaded again; `/tmp` unless it is set.",
    "XDG_CACHE_HOME": "Where the compiled form of files is kept; `~/.cache` unless it is set.",
    "TZ": "The zone of this machine: of times on the command line, and of `timezone: local`.",
    "NO_COLOR": "When it is set, nothing is coloured. `--color` goes before it.",
    "FORCE_COLOR": "When it is set, `validate` is coloured in a pipe too; columns never are.",
    "COLUMNS": "How wide the terminal is.",
    "SCHED_PAGER": "What shows long answers on a terminal, in place of `PAGER`; empty: nothing.",
    "PAGER": "The same; `less` unless it is set.",
    "NOTIFY_SOCKET": "Where `sched run` tells systemd that it is ready, with `WATCHDOG_USEC`.",
    "JOURNAL_STREAM": "Set by systemd: `sched run` then writes its log as the journal takes it.",
}
OF_A_JOB = {
    "SCHED_JOB": "Its name.",
    "SCHED_RUN_ID": "The run, as `sched history` shows it; behind a dash, what is of this history.",
    "SCHED_FIRE_TIME": "The fire time of the run, ISO 8601 with offset.",
    "SCHED_ATTEMPT": "1, and one more each time it is tried again.",
    "SCHED_TRIGGER": f"What made the run: {', '.join(f'`{one}`' for one in Trigger)}.",
}
OF_A_CAUSE = {
    "SCHED_CAUSE_RUN_ID": "After another job: the run that ended, of several the last one.",
    "SCHED_CAUSE_RUN_IDS": "All of these runs, in order.",
    "SCHED_CAUSE_JOB": "The job of that run.",
    "SCHED_CAUSE_STATE": "How it ended.",
    "SCHED_CAUSE_FIRE_TIME": "Its fire time, in the zone of the job that it starts.",
    "SCHED_CAUSE_OUTPUT": "The file with what it wrote; empty when it wrote nothing.",
    "SCHED_EVENT": "On an event, or a file: its name, `file` for a file.",
    "SCHED_EVENT_ID": "Its number, as `sched events` shows it.",
    "SCHED_EVENT_TIME": "When it was.",
    "SCHED_EVENT_PAYLOAD": "Its payload as JSON; the same is on standard input.",
    "SCHED_EVENT_ABSENT_SINCE": "On no event: since when there was none.",
    "SCHED_FILE": "On a file: its path.",
}
OF_A_NOTIFIER = {
    "SCHED_NOTIFY_WHEN": "Why it is told: one of the words of `when`.",
    "SCHED_TITLE": "What it is about, in a line.",
    "SCHED_JOB": "The job.",
    "SCHED_STATE": "The state of the run, here and below empty where there is none.",
    "SCHED_RUN_ID": "The run.",
    "SCHED_FIRE_TIME": "Its fire time.",
    "SCHED_REASON": "Why it is in this state.",
}
FILES = {
    "the file": "the first of: `-c PATH` (a file or a directory, may be repeated), `$SCHED_CONFIG`,"
    " `./schedules.yaml`, `$XDG_CONFIG_HOME/sched/schedules.yaml`, `/etc/sched/schedules.yaml`",
    "the state directory": "the first of: `--state DIR`, `$SCHED_STATE`, `state:` in the file,"
    " `$STATE_DIRECTORY`, `/var/lib/sched` for a file below `/etc`, `.sched` beside the file",
}
TIMES = (
    "A WHEN is a date and time in ISO 8601 (`2026-11-21`, `2026-11-21 14:30`,"
    " `2026-11-21T14:30:00+01:00`), `now`, `today`, `yesterday`, `tomorrow`, a time of today"
    " (`09:30`), or a distance: `2h ago`, `-2h`, `+90m`. Without an offset it is of this machine's"
    " zone. A SPAN is a duration: `30s`, `1h30m`, `2d`."
)


def verbs() -> list[Verb]:
    """Return the verbs, in the order in which the help has them."""
    return [_verb(name) for name in VERBS]


def global_options() -> list[Given]:
    """Return the options that stand before every verb."""
    return [
        *_options(parameters(context)),
        Given("-V, --version", "Show the version."),
        Given("-h, --help", "Show the help, of all or of a verb."),
    ]


def _verb(name: str) -> Verb:
    function = verb_function(name)
    shown = [one for one in parameters(function) if not _is_hidden(one)]
    arguments = [one for one in shown if isinstance(one.how, Argument)]
    optional = [one for one in shown if isinstance(one.how, Option)]
    words = [f"sched {name}", *map(_in_synopsis, [*arguments, *optional])]
    about = inspect.getdoc(function) or ""
    given = [Given(_place(one), one.how.help, _default(one)) for one in arguments]
    return Verb(name, " ".join(words), about, given, _options(optional))


def _is_hidden(one: Parameter) -> bool:
    return isinstance(one.how, Argument) and one.how.hidden


def _options(declared: Sequence[Parameter]) -> list[Given]:
    return [
        Given(", ".join(one.how.names) + _value(one), one.how.help, _default(one))
        for one in declared
        if isinstance(one.how, Option)
    ]


def _value(one: Parameter) -> str:
    """Return what stands behind the name of an option, with a space before it."""
    if one.kind is bool:
        return ""
    return f" {_metavar(one)}"


def _metavar(one: Parameter) -> str:
    return "|".join(one.how.choices) or one.how.metavar or one.kind.__name__.upper()


def _place(one: Parameter) -> str:
    """Return how an argument is written: in brackets when it may be left out."""
    name = _metavar(one)
    if name.startswith("[") or " " in name:
        return name  # its declaration says it all
    shown = name if one.default is MISSING else f"[{name}]"
    return f"{shown}..." if one.many else shown


def _in_synopsis(one: Parameter) -> str:
    if isinstance(one.how, Argument):
        return _place(one)
    shown = f"{one.how.names[0]}{_value(one)}"
    if one.default is not MISSING:
        shown = f"[{shown}]"
    return f"{shown}..." if one.many else shown


def _default(one: Parameter) -> str:
    plain = isinstance(one.default, str | int) and not isinstance(one.default, bool)
    return str(one.default) if plain and one.default != "" else ""
