"""What a job is: the keys that a person writes under its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedkit.clocks.clock import ClockChanges
from schedkit.errors import ConfigError, Problem
from schedkit.limits import History, Limits, Output
from schedkit.records import field
from schedkit.schedule import Schedule
from schedkit.typed import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple
from schedkit.values import Entry

if TYPE_CHECKING:
    from pathlib import Path

    from schedkit.adjustments import ADJUSTMENTS, Adjustment
    from schedkit.causes import TRIGGERS, After, AfterForm, Trigger
    from schedkit.clocks import CLOCKS, Clock
    from schedkit.commands import Command, EntryPoint, ExitCodes, StopSignal, Variable
    from schedkit.conditions import WAITS, Condition, WaitFor
    from schedkit.filters import FILTERS, Filter
    from schedkit.job_keys import CATCHUPS, INTERRUPTED, OVERLAPS, ClockChangesForm, NeverOn
    from schedkit.limits import Account, Nice, Umask
    from schedkit.retry import Retry
    from schedkit.scalars import Duration, Moment, Moments, Zone
    from schedkit.sla import Sla
    from schedkit.telling import NOTIFIERS, PING, Notifier, Ping
    from schedkit.values import Bare, Listed, Whole, Written
    from schedkit.vocabulary import Many

# Where the names in annotations are found once a job is read. One that has been read needs none.
ANNOTATED_WITH = tuple(f"schedkit.{name}" for name in (
    "adjustments", "causes", "clocks", "commands", "conditions", "filters", "job_keys", "limits",
    "retry", "scalars", "sla", "telling", "values", "vocabulary",
))  # fmt: skip
_AS_THE_CLOCK = ClockChanges()
_NO_LIMITS, _USUAL_OUTPUT, _USUAL_HISTORY = Limits(), Output(), History()
_CATCHUP_LIMIT = 100
# The keys that can be wrong beside another, or zero; of these command and timeout are common.
_OTHERS = frozenset((
    "python", "shell", "interpreter", "after", "on", "adjustments", "dst", "start", "end",
    "catchup_limit", "catchup_window", "sla", "start_deadline",
))  # fmt: skip
_LONGEST_NAME = 200  # characters; it is shown in tables


class Success(Entry):
    """What counts as success."""

    exit_codes: ExitCodes = (0,)
    """The exit codes that mean success."""


class Keys(Entry, kw_only=True):
    """What a person writes under the name of a job."""

    description: str = ""
    """What the job is for, in a sentence."""
    command: Command | None = None
    """A text, run as a shell would, or a list of a program and its arguments, without a shell."""
    python: EntryPoint | None = None
    """A function to call, package.module:function, in a process of its own."""
    shell: str = "/bin/sh"
    """The shell that runs a command given as a text."""
    interpreter: str | None = None
    """The Python that calls the function; the runner's own unless it is set."""
    params: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments of the function; environment variables of a command."""
    enabled: bool = True
    """Whether the job fires."""

    clock: Annotated[tuple[Clock, ...], Many(CLOCKS, at_least=1)] = ()
    """When it fires: a clock, or a list of clocks, which is their union."""
    after: Annotated[After, AfterForm()] | None = None
    """It runs when a run of another job has ended, beside its clock or without one."""
    on: Annotated[tuple[Trigger, ...], TRIGGERS] = ()
    """It runs on an event, on its absence or when a file arrives; a list is their union."""
    filters: Annotated[tuple[Filter, ...], Many(FILTERS)] = ()
    """Which of these times stay: all filters must admit."""
    adjustments: Annotated[tuple[Adjustment, ...], Many(ADJUSTMENTS)] = ()
    """Where they are moved to, in order."""
    timezone: Zone = field(default_factory=lambda: ZoneInfo("UTC"))
    """The zone of all its times: a name of the tz database, or local for the machine's."""
    start: Moment | None = None
    """It fires from this moment on, itself included; where it is moved to counts."""
    end: Moment | None = None
    """It fires up to this moment, itself included; where it is moved to counts."""
    max_runs: Annotated[int, Whole(1)] | None = None
    """After so many runs in all its fire times are skipped."""

    dst: Annotated[ClockChanges, ClockChangesForm()] = _AS_THE_CLOCK
    """What clock changes do to it, where it is not what its clock would do."""

    env: dict[str, Variable] = field(default_factory=dict)
    """Environment variables."""
    env_file: Annotated[tuple[str, ...], Listed(Written(str, str, str, "^.+$", "backup.env"))] = ()
    """Files of NAME=value lines, read at each start; env goes before them."""
    working_dir: str = "."
    """Where it runs, from the directory of the schedules."""
    user: Account | None = None
    """The user it runs as, by name or number, with the groups of that user: takes root."""
    group: Account | None = None
    """The group it runs as, by name or number, in place of the user's own."""
    umask: Umask | None = None
    """Which permissions the files that it makes do not get, in octal digits."""
    nice: Nice | None = None
    """How it gives way to other processes: from 19, the most, to -20, which takes root."""
    limits: Limits = _NO_LIMITS
    """What each of its processes may take."""

    timeout: Duration | None = None
    """An attempt that runs this long is ended, with every process it started."""
    stop_signal: StopSignal = 15
    """The signal that asks it to end."""
    kill_grace: Duration = timedelta(seconds=10)
    """How long after that signal it is killed."""
    success: Success = Success()
    """Which ends of it count as success."""

    wait_for: Annotated[tuple[WaitFor, ...], WAITS] = ()
    """What has to be there before a run starts, or a list, of which all has to: it waits for it."""
    only_if: Command | None = None
    """What is asked before a run starts: a command without whose success it is skipped."""
    retry: Annotated[Retry, Bare("max_retries")] | None = None
    """What happens when an attempt did not succeed; a number is max_retries."""
    overlap: Annotated[Literal["skip", "queue_one", "queue_all", "replace", "allow"], OVERLAPS] = (
        "skip"
    )
    """What a fire time does while an earlier run goes on: skip, wait, end that run, run beside."""
    pool: str | None = None
    """The pool of the file that it takes a slot of while it runs: without a free one it waits."""
    priority: Annotated[int, Whole(-1000, 1000)] = 0
    """Of those that wait for a slot, the highest goes first."""

    catchup: Annotated[Literal["none", "latest", "all"], CATCHUPS] = "latest"
    """Which of the fire times missed while no runner was up are run late."""
    catchup_window: Duration = timedelta(days=1)
    """How late it may still be run."""
    catchup_limit: Annotated[int, Whole(1)] = _CATCHUP_LIMIT
    """Of all that were missed, so many are run late, the latest of them."""
    grace: Duration = timedelta(seconds=60)
    """This late is still on time."""
    start_deadline: Duration | None = None
    """A run that has waited this long since it was due is not started any more: it is missed."""
    on_interrupted: Annotated[Literal["fail", "rerun"], INTERRUPTED] = "fail"
    """Whether a run whose process was lost is over, or runs again: once, or as retry allows."""

    notify: Annotated[tuple[Notifier, ...], NOTIFIERS] = ()
    """Who is told of its runs, in place of those of the file; an empty list is nobody."""
    alert_on_failure: bool = False
    """The notifiers of the file are told when it has failed, and when it succeeds again."""
    ping: Annotated[Ping, PING] | None = None
    """The URL of a check of Healthchecks, which is told of starts, successes and failures."""

    sla: Sla | None = None
    """What is promised of its runs: a promise that is broken is told of, and stops nothing."""

    output: Output = _USUAL_OUTPUT
    """What is kept of what it writes."""
    history: History = _USUAL_HISTORY
    """How many of its runs are kept."""

    expect: Moments = ()
    """Its fire times from the first of these to the last: validate tells a difference."""
    never_on: Annotated[tuple[Filter, ...], NeverOn()] = ()
    """Days on which it must not fire: dates or filters; validate tells when it would."""

    def __post_init__(self) -> None:
        said = vars(self)
        problems = self._about_names() if self.env or self.params else []
        # Most jobs run a command and say nothing that could go against something else.
        if not (said.get("command") and said.get("timeout", True) and _OTHERS.isdisjoint(said)):
            problems = [*conflicts(_plain(self)), *problems]
            problems += [*self._about_when(), *self._about_lengths()]
        if problems:
            raise ConfigError(*problems)

    def _about_names(self) -> list[Problem]:
        names = [("env", name) for name in self.env]
        if self.python is None:
            names += [("params", name) for name in self.params]
        return [
            Problem(f"{name!r} is no name of a variable", path=(key, name), on_key=True)
            for key, name in names
            if not name or "=" in name or "\0" in name
        ]

    def _about_when(self) -> list[Problem]:
        from schedkit.parts import DST_NEEDS, span_problems  # few jobs say any of it

        problems = []
        if self.dst != _AS_THE_CLOCK and not any(clock.NAMES_TIMES for clock in self.clock):
            problems.append(Problem(*DST_NEEDS, ("dst",), on_key=True))
        if self.adjustments and not self.clock:
            message = "adjustments move the times of a clock, and there is none"
            problems.append(Problem(message, path=("adjustments",), on_key=True))
        problems += span_problems(self.start, self.end)
        if self.catchup_limit != _CATCHUP_LIMIT and self.catchup != "all":  # as written
            message = f"catchup_limit has no effect with catchup {self.catchup}"
            problems.append(Problem(message, "write catchup: all", ("catchup_limit",)))
        return problems

    def _about_lengths(self) -> list[Problem]:
        lengths = ("timeout", "catchup_window", "start_deadline")
        problems = [
            Problem(f"{name} is zero", path=(name,))
            for name in lengths
            if getattr(self, name) == timedelta(0)
        ]
        beside = () if self.sla is None else self.sla.problems_beside(self.timeout)
        return [*problems, *beside]


def conflicts(keys: Mapping[str, object]) -> list[Problem]:
    """Return what is wrong with the keys of a job as such, whatever their values are."""
    problems = []
    if "command" in keys and "python" in keys:
        message = "'command' and 'python' are both there"
        problems.append(Problem(message, "keep one", ("python",), on_key=True))
    if "command" not in keys and "python" not in keys:
        hint = "write what is to run, such as: command: ./backup.sh"
        problems.append(Problem("neither 'command' nor 'python' is there", hint))
    if not keys.keys() & {"clock", "after", "on"}:
        problems.append(Problem("'clock' is missing", "or say what it runs after, or on"))
    if "python" not in keys and "interpreter" in keys:
        message = "'interpreter' is for 'python' jobs"
        problems.append(Problem(message, path=("interpreter",), on_key=True))
    if "shell" in keys and not isinstance(keys.get("command"), str):
        hint = "write the command as a text"
        message = "'shell' is for a command that is a text"
        problems.append(Problem(message, hint, ("shell",), on_key=True))
    return problems


def _plain(keys: Keys) -> dict[str, object]:
    """Return the keys that say how and when something is run, as far as they were written."""
    shell = None if keys.shell == "/bin/sh" else keys.shell
    said: dict[str, object] = {"command": keys.command, "python": keys.python}
    said |= {"clock": keys.clock or None, "after": keys.after, "on": keys.on or None}
    if shell is not None or keys.interpreter is not None:
        said |= {"interpreter": keys.interpreter, "shell": shell}
    return {key: value for key, value in said.items() if value is not None}


class Lines(NamedTuple):
    """The lines of a job's file on which what says when it fires stands, in order."""

    clock: tuple[int, ...]
    filters: tuple[int, ...]
    adjustments: tuple[int, ...]
    start: tuple[int, ...] = ()
    end: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    on: tuple[int, ...] = ()


class Job(Keys, kw_only=True):
    """
    A job: its keys, its name and where it is written.

    *directory* is what its relative paths start from. *digest* stands for all its keys,
    *schedule_digest* for those that say when it fires.
    """

    name: str
    file: str
    line: int
    directory: str
    digest: str
    schedule_digest: str
    lines: Lines

    @property
    def schedule(self) -> Schedule:
        """When it fires."""
        return Schedule.of(
            self.clock, self.filters, self.adjustments, self.timezone, self.dst,
            start=self.start, end=self.end,
        )  # fmt: skip

    def path(self, name: str) -> Path:
        """
        Return the path that *name*, of a file or directory of the job, means.

        Raises: ConfigError when it names the home of somebody who has none.
        """
        from pathlib import Path

        try:
            return Path(self.directory) / Path(name).expanduser()
        except RuntimeError as error:
            raise ConfigError.of(f"{name!r} is below the home of nobody: {error}") from error

    @property
    def condition(self) -> Condition | None:
        """What is asked before a run of it starts, None when nothing is."""
        if not self.wait_for and self.only_if is None:
            return None
        from schedkit.conditions import Condition  # few jobs have one

        return Condition(self.wait_for, self.only_if)

    @property
    def causes(self) -> tuple[After | Trigger, ...]:
        """What can cause a run of it beside time."""
        return self.on if self.after is None else (self.after, *self.on)

    @property
    def listens(self) -> bool:
        """Whether something else than time can cause a run of it."""
        return self.enabled and bool(self.causes)

    @property
    def tells(self) -> bool:
        """Whether somebody is told of its runs."""
        return bool(self.notify) or self.ping is not None

    @property
    def tells_begin(self) -> bool:
        """Whether somebody is told of its runs when they begin, too."""
        return self.ping is not None and self.ping.start

    @property
    def expects(self) -> bool:
        """Whether something is promised of its runs, though it may be paused."""
        return self.enabled and self.sla is not None

    @property
    def starts_with_runner(self) -> bool:
        """Whether it runs when the runner starts, which no calendar knows."""
        return self.enabled and any(clock.WITH_RUNNER for clock in self.clock)

    def next_fire(self, instant: datetime) -> datetime | None:
        """Return its first fire time (UTC) later than *instant*; None when there is none."""
        if not self.enabled:
            return None
        return next(self.schedule.after(instant), None)


def name_problem(name: str, kind: str = "job") -> Problem | None:
    """Return what is wrong with *name* as the name of a job, or of another *kind*, if anything."""
    if not name.strip():
        return Problem(f"the name of the {kind} is empty", on_key=True)
    if len(name) > _LONGEST_NAME:
        hint = f"{_LONGEST_NAME} characters at most"
        return Problem(f"the name of the {kind} has {len(name)} characters", hint, on_key=True)
    if not name.isprintable():
        return Problem(f"the name {name!r} has characters that no terminal shows", on_key=True)
    return None
