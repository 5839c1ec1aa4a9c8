"""Jobs of ours as services of systemd, with the timers and paths that start them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schedkit import durations
from schedkit.clocks.startup import Startup
from schedkit.errors import ConfigError
from schedkit.interchange import calendar_text, missed, systemd_causes, unit_texts, wall_events
from schedkit.interchange.calendar_event import CalendarEvent
from schedkit.interchange.draft import Difference, Exported, Refusal
from schedkit.interchange.exported_command import command_words
from schedkit.interchange.leftover import Left, leftover, refuse
from schedkit.interchange.systemd_causes import Causes
from schedkit.interchange.systemd_timers import CHANGES
from schedkit.job import Job

_SAID = {
    "description", "command", "shell", "params", "clock", "filters", "timezone", "dst", "env",
    "env_file", "working_dir", "user", "group", "umask", "nice", "limits", "timeout",
    "stop_signal", "kill_grace", "success", "catchup_window", "after", "on", "only_if",
}  # fmt: skip
_REFUSED = {
    "python": "it calls a Python function, and systemd runs commands",
    "adjustments": "its times are adjusted, and no timer moves a time",
    "start": "it has a start, which no timer has",
    "end": "it has an end, which no timer has",
    "max_runs": "it has a number of runs, which no timer counts",
}
_AS_SKIP = "while a run goes on its timer does nothing, as with skip"
_TOLD = {
    ("retry",): "it is not tried again: systemd would count the starts of other days as well",
    ("overlap",): _AS_SKIP,
    ("catchup", "none"): None,
    ("catchup", "all"): "of the times that were missed one is caught up on",
    ("pool",): "nothing there waits for a slot; the command can, with flock",
    ("on_interrupted",): "what was lost with the machine does not run again",
    ("output",): "the journal keeps what it writes, as long as it is set to",
    ("history",): "the journal keeps its runs, as long as it is set to",
    ("enabled",): "its timer has no [Install]: nothing starts it but systemctl start",
    ("wait_for",): "nothing there waits; write what does into ExecStartPre=",
    ("notify",): "write OnFailure= with a service that tells",
    ("alert_on_failure",): None,  # which is whom it notifies
    ("ping",): "write it into ExecStartPost=, and OnFailure= with a service",
    ("sla",): "nothing there looks at it",
}
_TOLD_WITHOUT_CLOCK = _TOLD | {
    ("overlap",): "while a run goes on nothing starts it again, as with skip",
    ("catchup", "all"): None,
    ("enabled",): "nothing starts it but systemctl start",
}
_CLOCK_CHANGE = "what a clock change skips is left out, what it repeats comes the first time"


@dataclass(frozen=True, slots=True)
class _Part:
    """A job that systemd can run, and its timer, None for one without a clock."""

    job: Job
    name: str
    events: Sequence[CalendarEvent]
    timer: str | None


def write(jobs: Sequence[Job]) -> Exported:
    """Return the files of each job, by their names, and which jobs systemd cannot run."""
    refused: dict[str, str] = {}
    parts: dict[str, _Part] = {}
    for job in jobs:
        try:
            parts[job.name] = _part(job)
        except ConfigError as error:
            refused[job.name] = str(error)
    causes = _causes(parts, refused)
    starts: dict[str, list[str]] = defaultdict(list)
    for name, found in causes.items():
        for other, settings in found.after.items():
            starts[other] += [f"{setting}={parts[name].name}.service" for setting in settings]
    files: dict[str, str] = {}
    differences: list[Difference] = []
    for name, part in parts.items():
        files |= _files(part, causes[name], starts[name])
        left = _differences(part.job, part.events, causes[name])
        differences += [Difference(name, *one) for one in left]
    told = tuple(Refusal(job.name, refused[job.name]) for job in jobs if job.name in refused)
    return Exported("", files, told, tuple(differences))


def _part(job: Job) -> _Part:
    """
    Return what is to be written of a job, whatever else causes its runs.

    Raises: ConfigError when systemd cannot run it.
    """
    refuse(job, _REFUSED)
    name = unit_texts.unit_name(job.name)
    unit_texts.service(job)
    events = wall_events.of(job) if job.clock else []
    return _Part(job, name, events, _timer(job, events) if job.clock else None)


def _causes(parts: dict[str, _Part], refused: dict[str, str]) -> dict[str, Causes]:
    """Return what causes the jobs; refuse those that nothing would start, and drop their parts."""
    while True:
        written = {name: part.job for name, part in parts.items()}
        found = {name: systemd_causes.causes(job, written) for name, job in written.items()}
        never = [
            name
            for name, job in written.items()
            if job.enabled and not job.clock and not found[name].start_it
        ]
        if not never:
            return found
        for name in never:  # what runs after it may be the next
            refused[name] = "; ".join(dict.fromkeys(one.message for one in found[name].left))
            del parts[name]


def _files(part: _Part, causes: Causes, starts: Sequence[str]) -> dict[str, str]:
    found = {} if part.timer is None else {f"{part.name}.timer": part.timer}
    if causes.paths:
        settings = ["[Path]", *causes.paths, "", "[Install]", "WantedBy=paths.target", ""]
        found[f"{part.name}.path"] = "\n".join([*_unit(part.job), *settings])
    return found | {f"{part.name}.service": unit_texts.service(part.job, starts)}


def _unit(job: Job) -> list[str]:
    return ["[Unit]", f"Description={unit_texts.text(job.description or job.name)}", ""]


def _timer(job: Job, events: Sequence[CalendarEvent]) -> str:
    """
    Return the timer of a job.

    Raises: ConfigError when it would never elapse.
    """
    elapses = [
        "OnBootSec=0" if clock.each == "boot" else "OnActiveSec=0"
        for clock in job.clock
        if isinstance(clock, Startup)
    ]
    zone = str(job.timezone)
    found = [text for event in events for text in calendar_text.texts(event, zone)]
    elapses += [f"OnCalendar={text}" for text in dict.fromkeys(found)]
    if not elapses:
        raise ConfigError.of("its filters admit none of its times")
    settings = [*elapses, "AccuracySec=1us"]
    if events and job.catchup != "none":
        settings.append("Persistent=true")
    install = ["", "[Install]", "WantedBy=timers.target"] if job.enabled else []
    return "\n".join([*_unit(job), "[Timer]", *settings, *install, ""])


def _differences(job: Job, events: Sequence[CalendarEvent], causes: Causes) -> Iterator[Left]:
    for clock in job.clock:
        if isinstance(clock, Startup):
            when = "has started" if clock.each == "boot" else "starts its timer"
            yield Left(str(clock), f"it runs when the machine {when}", taken=True)
    if wall_events.changes_differ(job, events, CHANGES):
        yield Left("dst", _CLOCK_CHANGE, taken=True)
    clocks = [clock for clock in job.clock if not isinstance(clock, Startup)]
    if clocks and job.catchup == "latest":
        needed = missed.window(clocks)
        longest = durations.duration(needed) if needed else missed.USUAL
        if job.catchup_window < longest:
            window = f"catchup_window: {durations.text(job.catchup_window)}"
            yield Left(window, "what was missed runs however late it is", taken=True)
    yield from causes.left
    yield from _surroundings(job)
    if job.env_file and job.env:
        yield Left("env_file", "for systemd the files go before what env says", taken=True)
    if "SCHED_" in f"{job.command} {job.only_if}":
        yield Left("command", "nothing sets the variables SCHED_... for it", taken=True)
    if job.only_if is not None:
        yield _about_condition(job)
    yield from leftover(job, _SAID, _TOLD if job.clock else _TOLD_WITHOUT_CLOCK)


def _about_condition(job: Job) -> Left:
    more = sorted({*job.success.exit_codes} - {0})
    let = f", {' and '.join(map(str, more))} let it run" if more else ""
    message = f"there 126 and 127 leave it out as well, and 255 is a failure{let}"
    return Left("only_if", message, taken=True)


def _surroundings(job: Job) -> Iterator[Left]:
    """Yield what systemd takes for granted where a job says nothing."""
    if job.user is None:
        yield Left("user", "no user is set: a unit of the system runs it as root", taken=True)
    if "PATH" not in job.env and not job.env_file:
        yield Left("env", "no PATH is set: systemd has its own, not that of the runner", taken=True)
    elif "/" not in command_words(job)[0]:
        yield Left("env", "systemd looks for the program itself in a PATH of its own", taken=True)
