"""Jobs of ours as CronJobs of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import yaml

from schedkit import durations
from schedkit.clocks.startup import Startup
from schedkit.commands import FromEnv, FromFile
from schedkit.errors import ConfigError
from schedkit.interchange import cron_fields, wall_events
from schedkit.interchange.calendar_event import CalendarEvent
from schedkit.interchange.cron_fields import Fields
from schedkit.interchange.draft import Difference, Exported, Refusal
from schedkit.interchange.exported_command import command_words, variables
from schedkit.interchange.kubernetes_schedule import CHANGES
from schedkit.interchange.leftover import Left, leftover, refuse
from schedkit.job import Job

_SAID = {
    "description", "command", "shell", "params", "enabled", "clock", "filters", "timezone", "dst",
    "env", "working_dir", "user", "group", "timeout", "kill_grace", "retry", "catchup",
    "catchup_window", "start_deadline", "grace",
}  # fmt: skip
_REFUSED = {
    "python": "it calls a Python function, and a container runs commands",
    "adjustments": "its times are adjusted, and no schedule there moves a time",
    "start": "it has a start, which no CronJob has",
    "end": "it has an end, which no CronJob has",
    "max_runs": "it has a number of runs, which no CronJob counts",
}
_NAMED = "a container knows users and groups by their numbers: it runs as its image says"
_TOLD = {
    ("overlap", "allow"): None,
    ("overlap", "replace"): None,
    ("overlap", "queue_one"): "Forbid: what comes while a run goes on may start after it",
    ("overlap", "queue_all"): "Forbid: of what comes while a run goes on one may start after it",
    ("pool",): "nothing there waits for a slot",
    ("on_interrupted",): "backoffLimit counts what was lost as well",
    ("success",): "0 alone is a success; podFailurePolicy can say more",
    ("stop_signal",): "its image says with which signal it is stopped",
    ("env_file",): "mount it, or make a ConfigMap of it and name that in envFrom",
    ("limits",): "write resources: {limits: {memory: ...}}, which is of all its processes",
    ("umask",): "its image says it",
    ("nice",): "priorityClassName says who gives way",
    ("output",): "the logs of a pod are kept as long as the pod is",
    ("history",): "write successfulJobsHistoryLimit and failedJobsHistoryLimit",
    ("after",): "no CronJob starts when another has ended",
    ("on",): "no CronJob starts on an event, or when a file arrives",
    ("wait_for",): "write what waits as an init container",
    ("only_if",): "nothing there asks it: write it into the command",
    ("notify",): "nothing there tells anybody: what watches the cluster can",
    ("alert_on_failure",): None,  # which is whom it notifies
    ("ping",): "nothing there tells it: write it into the command",
    ("sla",): "nothing there looks at it: what watches the cluster can",
}
_POLICIES = {"allow": "Allow", "replace": "Replace"}
_LEAST_DEADLINE = 10  # seconds: Kubernetes looks that often
_LONGEST_NAME = 52  # characters: a controller appends to it
_CLOCK_CHANGE = "what a clock change skips is left out, what it repeats comes twice"
_LINE_ENDS = frozenset("\r\x85\u2028\u2029")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class _Dumper(yaml.SafeDumper):
    """Writes in double quotes what has line ends of other kinds: in others they become blanks."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if _LINE_ENDS & set(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def write(jobs: Sequence[Job], image: str) -> Exported:
    """Return the manifests, each running in *image*, and which jobs Kubernetes cannot run."""
    manifests: list[Any] = []
    refused: list[Refusal] = []
    differences: list[Difference] = []
    names: set[str] = set()
    for job in jobs:
        try:
            refuse(job, _REFUSED)
            events = _events(job)
            name = _name(job, names)
            manifest = _manifest(job, events, name, image)
        except ConfigError as error:
            refused.append(Refusal(job.name, str(error)))
            continue
        names.add(name)
        manifests.append(manifest)
        differences += [Difference(job.name, *left) for left in _differences(job, events, name)]
    text = yaml.dump_all(
        manifests,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=1000,
        explicit_start=True,
    )
    return Exported(text if manifests else "", {}, tuple(refused), tuple(differences))


def _name(job: Job, taken: set[str]) -> str:
    """Return a name that Kubernetes takes: lower case letters, digits and minus signs."""
    plain = re.sub(r"[^a-z0-9]+", "-", job.name.lower()).strip("-")[:_LONGEST_NAME].rstrip("-")
    if not plain:
        raise ConfigError.of("no letter or digit of its name can stand in one of Kubernetes")
    if plain in taken:
        raise ConfigError.of(f"another job is called {plain} there, too")
    return plain


def _manifest(job: Job, events: Sequence[CalendarEvent], name: str, image: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if job.description:
        metadata["annotations"] = {"kubernetes.io/description": job.description}
    zone = events[0].zone or str(job.timezone)
    late = job.start_deadline
    if late is None:
        late = job.grace if job.catchup == "none" else job.catchup_window
    retries = 0 if job.retry is None else job.retry.max_retries
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {
            "schedule": expression(events),
            "timeZone": zone,
            **({} if job.enabled else {"suspend": True}),
            "concurrencyPolicy": _POLICIES.get(job.overlap, "Forbid"),
            "startingDeadlineSeconds": max(_seconds(late), _LEAST_DEADLINE),
            "jobTemplate": {
                "spec": {"backoffLimit": retries, "template": {"spec": _pod(job, image)}}
            },
        },
    }


def _pod(job: Job, image: str) -> dict[str, Any]:
    program, *arguments = command_words(job)
    container: dict[str, Any] = {
        "name": "main", "image": image,
        "command": [_literal(word) for word in (program, *arguments)],
    }  # fmt: skip
    if job.working_dir.startswith("/"):
        container["workingDir"] = job.working_dir
    env = [
        {"name": name, "value": _literal(value)}
        for name, value in variables(job).items()
        if isinstance(value, str)
    ]
    container |= {"env": env} if env else {}
    accounts = {
        key: int(account)
        for key, account in (("runAsUser", job.user), ("runAsGroup", job.group))
        if account is not None and account.isdecimal()
    }
    return {
        "restartPolicy": "Never",
        **({} if job.timeout is None else {"activeDeadlineSeconds": _seconds(job.timeout)}),
        "terminationGracePeriodSeconds": _seconds(job.kill_grace),
        **({"securityContext": accounts} if accounts else {}),
        "containers": [container],
    }


def _literal(text: str) -> str:
    """Return a text in which nothing stands for a variable: `$(NAME)` would."""
    return re.sub(r"\$(?=[$(])", "$$", text)


def _seconds(length: timedelta) -> int:
    return -(-length // timedelta(seconds=1))


# ---- when


def _events(job: Job) -> list[CalendarEvent]:
    if not job.clock:
        raise ConfigError.of("it has no clock, and a CronJob starts at times alone")
    if any(isinstance(clock, Startup) for clock in job.clock):
        raise ConfigError.of("it runs when a runner starts, which nothing there does")
    events = wall_events.of(job)
    if not events:
        raise ConfigError.of("its filters admit none of its times")
    expression(events)
    return events


def expression(events: Sequence[CalendarEvent]) -> str:
    """
    Return the one expression that fires at all of *events*.

    Raises: ConfigError when there is none.
    """
    first = events[0]
    if len(events) == 2:
        either = _either(*events)
        if either is not None:
            return either
    if len(events) > 1:
        raise ConfigError.of("it takes several schedules, and a CronJob has one")
    if first.days is not None and first.weekdays is not None:
        raise ConfigError.of("with a day of the month and a weekday, either is enough there")
    return _written(first)


def _either(one: CalendarEvent, other: CalendarEvent) -> str | None:
    """Return the expression of days of the month or weekdays, whichever comes."""
    by_day, by_weekday = (one, other) if one.weekdays is None else (other, one)
    if replace(by_day, days=None) != replace(by_weekday, weekdays=None):
        return None
    if by_day.days is None or by_weekday.weekdays is None or by_day.weekdays is not None:
        return None
    return _written(replace(by_day, weekdays=by_weekday.weekdays))


def _written(event: CalendarEvent) -> str:
    if event.years is not None:
        raise ConfigError.of("it fires in some years, which a schedule there cannot say")
    if event.from_end:
        raise ConfigError.of("it counts days from the end of the month, and Kubernetes does not")
    if event.microseconds != (0,):
        raise ConfigError.of("it fires within a minute, and Kubernetes looks once a minute")
    fields = Fields((0,), event.minutes, event.hours, event.days, event.months)
    return cron_fields.expression(fields).removesuffix("*") + _weekdays(event.weekdays)


def _weekdays(weekdays: Sequence[int] | None) -> str:
    """Return the field of weekdays, which begin with Sunday there and do not wrap."""
    if weekdays is None:
        return "*"
    days = sorted((day + 1) % 7 for day in weekdays)
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{_WEEKDAYS[days[0]]}-{_WEEKDAYS[days[-1]]}"
    return ",".join(_WEEKDAYS[day] for day in days)


# ---- what is not the same


def _differences(job: Job, events: Sequence[CalendarEvent], name: str) -> Iterator[Left]:
    if name != job.name:
        yield Left("name", f"there it is called {name}", taken=True)
    if wall_events.changes_differ(job, events, CHANGES):
        yield Left("dst", _CLOCK_CHANGE, taken=True)
    if job.catchup == "all":
        yield Left("catchup: all", "of the times that were missed one runs", taken=True)
    if job.overlap == "skip":
        message = "Forbid: what comes while a run goes on may start after it"
        yield Left("overlap: skip", message, taken=True)
    if "SCHED_" in str(job.command):
        yield Left("command", "nothing sets the variables SCHED_... for it", taken=True)
    yield from _about_retry(job)
    yield from _about_surroundings(job)
    yield from leftover(job, _SAID, _TOLD)


def _about_surroundings(job: Job) -> Iterator[Left]:
    if not job.working_dir.startswith("/"):
        yield Left(f"working_dir: {job.working_dir}", "it runs where its image says")
    for key, account in (("user", job.user), ("group", job.group)):
        if account is not None and not account.isdecimal():
            yield Left(f"{key}: {account}", _NAMED)
    for variable, value in job.env.items():
        if isinstance(value, FromFile):
            yield Left(f"env: {variable}", "write valueFrom: {secretKeyRef: ...}")
        elif isinstance(value, FromEnv):
            yield Left(f"env: {variable}", "no runner is there to take it from")


def _about_retry(job: Job) -> Iterator[Left]:
    retry = job.retry
    if retry is None:
        return
    delays = [retry.delay_after(n) for n in range(1, min(retry.max_retries, 6) + 1)]
    usual = [min(timedelta(seconds=10 * 2**n), timedelta(minutes=6)) for n in range(len(delays))]
    same = delays == usual and not retry.jitter and retry.within is None
    if not same or retry.on_exit_codes:
        message = "after any failure Kubernetes waits 10s, 20s, 40s and so on, 6m at most"
        yield Left(f"retry: {durations.text(retry.delay)} {retry.backoff}", message, taken=True)
