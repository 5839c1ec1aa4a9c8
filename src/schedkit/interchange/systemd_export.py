"""Jobs of ours as timers of systemd with their services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schedkit import durations
from schedkit.clocks.startup import Startup
from schedkit.errors import ConfigError
from schedkit.interchange import calendar_text, missed, unit_texts, wall_events
from schedkit.interchange.calendar_event import CalendarEvent
from schedkit.interchange.draft import Difference, Exported, Refusal
from schedkit.interchange.exported_command import command_words
from schedkit.interchange.leftover import Left, leftover, refuse
from schedkit.interchange.systemd_timers import CHANGES
from schedkit.job import Job

_SAID = {
    "description", "command", "shell", "params", "clock", "filters", "timezone", "dst", "env",
    "env_file", "working_dir", "user", "group", "umask", "nice", "limits", "timeout",
    "stop_signal", "kill_grace", "success", "catchup_window",
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
}
_CLOCK_CHANGE = "what a clock change skips is left out, what it repeats comes the first time"


def write(jobs: Sequence[Job]) -> Exported:
    """Return the files of each job, by their names, and which jobs systemd cannot run."""
    files: dict[str, str] = {}
    refused: list[Refusal] = []
    differences: list[Difference] = []
    for job in jobs:
        try:
            refuse(job, _REFUSED)
            name = unit_texts.unit_name(job.name)
            service = unit_texts.service(job)
            events = wall_events.of(job)
            timer = _timer(job, events)
        except ConfigError as error:
            refused.append(Refusal(job.name, str(error)))
            continue
        files[f"{name}.timer"], files[f"{name}.service"] = timer, service
        differences += [Difference(job.name, *left) for left in _differences(job, events)]
    return Exported("", files, tuple(refused), tuple(differences))


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
    description = f"Description={unit_texts.text(job.description or job.name)}"
    return "\n".join(["[Unit]", description, "", "[Timer]", *settings, *install, ""])


def _differences(job: Job, events: Sequence[CalendarEvent]) -> Iterator[Left]:
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
    yield from _surroundings(job)
    if job.env_file and job.env:
        yield Left("env_file", "for systemd the files go before what env says", taken=True)
    if "SCHED_" in str(job.command):
        yield Left("command", "nothing sets the variables SCHED_... for it", taken=True)
    yield from leftover(job, _SAID, _TOLD)


def _surroundings(job: Job) -> Iterator[Left]:
    """Yield what systemd takes for granted where a job says nothing."""
    if job.user is None:
        yield Left("user", "no user is set: a unit of the system runs it as root", taken=True)
    if "PATH" not in job.env and not job.env_file:
        yield Left("env", "no PATH is set: systemd has its own, not that of the runner", taken=True)
    elif "/" not in command_words(job)[0]:
        yield Left("env", "systemd looks for the program itself in a PATH of its own", taken=True)
