"""What causes a run beside time, as a file says it: the ends of other runs, events, files."""

from __future__ import annotations

from datetime import timedelta

from schedkit import durations
from schedkit.alternatives import Alternative, OneOf
from schedkit.errors import ConfigError, Problem
from schedkit.records import field
from schedkit.regex import re
from schedkit.scalars import Duration
from schedkit.spelling import keys_of
from schedkit.typed import Annotated, Any, ClassVar
from schedkit.values import Entry, Form, Listed, Whole, Written, read, shape, written

_ENDS = ("succeeded", "failed", "timed_out", "cancelled", "lost", "skipped", "missed")
FINISHED = ("succeeded", "failed", "timed_out", "cancelled", "lost")  # it ran, or began to
_LONGEST = timedelta(days=30)  # for so long events are kept: see `events.KEPT`
_MOST = 1000  # events that one run may wait for: each is kept in mind
_GLOB = re.compile(r"^[A-Za-z0-9_*?\[\]!.:/-]{1,200}$")
_REFERENCE = re.compile(r"^(payload|event)(\.[^\s.]+)*$")


def _state(text: str) -> str:
    name = text.strip()
    if name not in (*_ENDS, "finished"):
        known = f"one of: {', '.join((*_ENDS, 'finished'))}"
        raise ConfigError.of(f"{name!r} is no state that a run ends in", known)
    return name


def _job(text: str) -> str:
    if not text.strip():
        raise ConfigError.of("the name of the job is empty")
    return text.strip()


def _glob(text: str) -> str:
    name = text.strip()
    if not _GLOB.fullmatch(name):
        hint = "letters, digits and _ . : / -, with * and ? for any: lead.*"
        raise ConfigError.of(f"{name[:120]!r} is no name of an event", hint)
    if name.startswith("run."):
        hint = "for the end of a run write: after: {job: NAME, state: failed}"
        raise ConfigError.of("runs are no events that jobs hear", hint)
    return name


def _check_given(params: dict[str, str]) -> None:
    for name in params:
        if name.startswith("SCHED_"):
            hint = "choose another name: these are what a run is told of itself"
            raise ConfigError(
                Problem(f"{name!r} is set by the runner", hint, ("params", name), on_key=True)
            )
        if not name or "=" in name or "\0" in name:
            message = f"{name!r} is no name of a variable"
            raise ConfigError(Problem(message, path=("params", name), on_key=True))


def _reference(text: str) -> str:
    name = text.strip()
    if not _REFERENCE.fullmatch(name):
        hint = "write payload.KEY or event.name; what never changes goes under the job's own params"
        raise ConfigError.of(f"{text!r} names nothing of an event", hint)
    return name


def _pattern(text: str) -> str:
    if not text.strip():
        raise ConfigError.of("the path is empty")
    name = text.strip()
    if "\0" in name:
        raise ConfigError.of("the path has a NUL character: no file can have it")
    if name.rpartition("/")[2] in ("", ".", ".."):
        hint = f"for the files in it write {name.rstrip('/')}/*"
        raise ConfigError.of(f"{name!r} is a directory: it is files that arrive", hint)
    return name


States = Annotated[tuple[str, ...], Listed(Written(str, _state, str, r"^[a-z_]+$", "succeeded"))]
JobNames = Annotated[tuple[str, ...], Listed(Written(str, _job, str, r"^.+$", "build"))]
EventNames = Annotated[tuple[str, ...], Listed(Written(str, _glob, str, r"^\S+$", "lead.opted_in"))]
Matches = Annotated[tuple[str, ...], Listed(Written(str, str, str, r"^.*$", "web*"))]
Reference = Annotated[str, Written(str, _reference, str, r"^(payload|event).*$", "payload.email")]
Paths = Annotated[tuple[str, ...], Listed(Written(str, _pattern, str, r"^.+$", "/srv/in/*.csv"))]


class After(Entry):
    """The ends of runs of other jobs."""

    job: str | None = None
    """The job whose run has to end."""
    any: JobNames = ()
    """Jobs of which one has to end: each of its runs causes one."""
    all: JobNames = ()
    """Jobs that all have to end, in whatever order, since the last time."""
    state: States = ("succeeded",)
    """How it has to end; finished is any end but skipped and missed."""
    within: Duration | None = None
    """No later than this after its cause it starts; all ends of `all` lie as close together."""

    def __post_init__(self) -> None:
        said = [name for name in ("job", "any", "all") if getattr(self, name)]
        if len(said) > 1:
            message = f"{said[0]!r} and {said[1]!r} are both there"
            raise ConfigError(Problem(message, "keep one", (said[1],), on_key=True))
        if not said:
            raise ConfigError.of("this names no job", "write after: build, or any: or all: a list")
        _check_within(self.within)

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs that it names."""
        return (self.job,) if self.job else (*self.any, *self.all)

    @property
    def states(self) -> frozenset[str]:
        """The states that count."""
        ends = (FINISHED if state == "finished" else (state,) for state in self.state)
        return frozenset(state for some in ends for state in some)

    def __str__(self) -> str:
        names = f" {'or' if self.any else 'and'} ".join(self.jobs)
        how = "" if self.state == ("succeeded",) else f" {' or '.join(self.state)}"
        return f"after {names}{how}{_close(self.within)}"


class AfterForm(Form):
    """What stands under `after`: the name of a job, or a mapping."""

    def value(self, raw: object) -> After:
        """Return what it says."""
        if isinstance(raw, After):
            return raw
        if isinstance(raw, (list, tuple)):
            names = ", ".join(raw) if raw and all(isinstance(one, str) for one in raw) else "..."
            hint = f"write any: [{names}], or all: [{names}]"
            raise ConfigError.of("a list does not say whether one is enough", hint)
        if isinstance(raw, str):
            return read(After, {"job": raw})
        if not isinstance(raw, dict):
            raise ConfigError.of(f"{shape(raw)} stands where the name of a job belongs")
        return read(After, raw)

    def write(self, value: After) -> Any:
        """Return the name alone, or the mapping."""
        said = written(value)
        return said["job"] if said.keys() == {"job"} else said

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a text, or the mapping."""
        return {
            "type": ["string", "object"],
            "properties": keys_of(After),
            "additionalProperties": False,
            "examples": ["build"],
        }


class Wanted(Alternative):
    """Events of a name that match."""

    WORD: ClassVar[str] = "event"

    event: EventNames
    """The name of the event, or several: * and ? stand for any characters."""
    match: dict[str, Matches] = field(default_factory=dict)
    """What the payload has to have: keys, and texts in which * and ? stand for any characters."""

    def __str__(self) -> str:
        return " or ".join(self.event)


Several = Annotated[tuple[Wanted, ...], OneOf("event", (Wanted,), several=True, bare=Wanted)]


class OnEvent(Alternative):
    """Events of a name that match: each of them causes a run, or so many together."""

    WORD: ClassVar[str] = "event"

    event: EventNames
    """The name of the event, or several: * and ? stand for any characters."""
    match: dict[str, Matches] = field(default_factory=dict)
    """What the payload has to have: keys, and texts in which * and ? stand for any characters."""
    count: Annotated[int, Whole(1, _MOST)] = 1
    """So many events cause one run."""
    within: Duration | None = None
    """As close together all events of one run lie."""
    params: dict[str, Reference] = field(default_factory=dict)
    """What a run is given of the event: names, and where in the payload their values are."""

    def __post_init__(self) -> None:
        _check_counted(self.count, self.within)
        _check_given(self.params)

    def __str__(self) -> str:
        return f"on {' or '.join(self.event)}{_times(self.count)}{_close(self.within)}"


class OnAny(Alternative):
    """One of several events, each with what it has to match."""

    WORD: ClassVar[str] = "any"

    any: Several
    """The events of which one is enough."""
    count: Annotated[int, Whole(1, _MOST)] = 1
    """So many of them, of whichever, cause one run."""
    within: Duration | None = None
    """As close together all events of one run lie."""
    params: dict[str, Reference] = field(default_factory=dict)
    """What a run is given of the event: names, and where in the payload their values are."""

    def __post_init__(self) -> None:
        _check_counted(self.count, self.within)
        _check_given(self.params)

    def __str__(self) -> str:
        names = " or ".join(map(str, self.any))
        return f"on {names}{_times(self.count)}{_close(self.within)}"


class OnAll(Alternative):
    """Several events that all have to come, in whatever order, since the last time."""

    WORD: ClassVar[str] = "all"

    all: Several
    """The events, each of which has to come."""
    within: Duration | None = None
    """As close together all events of one run lie."""
    params: dict[str, Reference] = field(default_factory=dict)
    """What a run is given of the last event: names, and where in the payload their values are."""

    def __post_init__(self) -> None:
        _check_within(self.within)
        _check_given(self.params)

    def __str__(self) -> str:
        return f"on {' and '.join(map(str, self.all))}{_close(self.within)}"


class OnAbsent(Alternative):
    """Events that do not come."""

    WORD: ClassVar[str] = "absent"

    absent: EventNames
    """The name of the event that is missed, or several of which one is enough."""
    lasts: Duration
    """So long none has come: one run for each such silence."""
    match: dict[str, Matches] = field(default_factory=dict)
    """What the payload has to have: keys, and texts in which * and ? stand for any characters."""

    def __post_init__(self) -> None:
        if not timedelta(0) < self.lasts <= _LONGEST:
            message = "the time is zero" if not self.lasts else "events are kept for 30 days"
            raise ConfigError(Problem(message, path=("lasts",)))

    def __str__(self) -> str:
        return f"on no {' or '.join(self.absent)} for {durations.text(self.lasts)}"


class OnPath(Alternative):
    """Files that arrive, each once for what is in it."""

    WORD: ClassVar[str] = "path"

    path: Paths
    """The files: * and ? stand for any characters, ** for any directories."""
    settle: Duration = timedelta(seconds=5)
    """So long a file has to stay as it is before it counts as complete."""
    params: dict[str, Reference] = field(default_factory=dict)
    """What a run is given: names, and which of payload.path, payload.size, payload.modified."""

    def __post_init__(self) -> None:
        _check_given(self.params)

    def __str__(self) -> str:
        return f"on {' or '.join(self.path)}"


Trigger = OnEvent | OnAny | OnAll | OnAbsent | OnPath
TRIGGERS = OneOf("trigger", (OnEvent, OnPath, OnAbsent, OnAll, OnAny), several=True)


def _times(count: int) -> str:
    return f" {count} times" if count > 1 else ""


def _close(within: timedelta | None) -> str:
    return "" if within is None else f" within {durations.text(within)}"


def _check_within(within: timedelta | None) -> None:
    if within is not None and not timedelta(0) < within <= _LONGEST:
        message = "within is zero" if not within else "within is longer than events are kept"
        raise ConfigError(Problem(message, "up to 30d", ("within",)))


def _check_counted(count: int, within: timedelta | None) -> None:
    _check_within(within)
    if within is not None and count == 1:
        raise ConfigError(Problem("within has no effect on one event", "add count:", ("within",)))
