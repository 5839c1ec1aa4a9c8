"""`sched emit`: tells of something that has happened, for the jobs that wait for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from schedkit.cli import causation, emitting
from schedkit.cli.asking import Asking, asking
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import UsageError
from schedkit.control.protocol import Emit
from schedkit.errors import ConfigError
from schedkit.events import Emitted
from schedkit.run import State
from schedkit.texts import safe
from schedkit.typed import Annotated, Any, NamedTuple

_STDIN = "-"
_EXAMPLE = "lead.opted_in email=a@b.c"


class _Kept(NamedTuple):
    """
    An event that is kept: its number, whether it is *new*, and what it has caused at once.

    Of each run there are its job, its id, its state and a reason.
    """

    name: str
    number: int
    new: bool
    runs: Sequence[dict[str, Any]]


def emit(
    context: Context,
    event: Annotated[
        str | None, Argument("The name of the event.", "EVENT", convert=emitting.name)
    ] = None,
    values: Annotated[
        tuple[str, ...],
        Argument("Texts of its payload; dots lead inside.", "KEY=VALUE", convert=emitting.pair),
    ] = (),
    json: Annotated[
        dict[str, Any] | None,
        Option(
            ("--json",), "The payload, for what is no text.", "JSON", convert=emitting.json_object
        ),
    ] = None,
    key: Annotated[
        str | None,
        Option(("--key",), "It is kept once for its name and this.", "KEY"),
    ] = None,
    source: Annotated[
        str | None,
        Option(
            ("--from",), "Events, a line of JSON each: event, payload, key; - is stdin.", "FILE"
        ),
    ] = None,
    quiet: Annotated[bool, Option(("-q", "--quiet"), "Say only what goes wrong.")] = False,
) -> int:
    """
    Emit an event, for which jobs may run.

    It is kept also while no runner is up. In a pipe: its number, whether it is new, what runs.
    """
    if source is not None:
        if event is not None or json is not None or key is not None:
            raise UsageError("with --from, each line has its own event, payload and key")
        _emit_lines(context, source, quiet=quiet)
        return 0
    if event is None:
        example = f"{context.command('emit')} {_EXAMPLE}"
        raise UsageError(f"no event is named\n  = help: {example}, or many with --from")
    try:
        one = emitting.emitted(event, emitting.payload(values, json or {}), key)
    except ConfigError as error:
        raise UsageError(_with_hint(error)) from None
    with asking(context) as asked:
        (kept,) = _kept(asked, [one])
        start = None if asked.runner is not None else context.command("run")
    if not quiet:
        _write_lines([kept])
        sys.stderr.write(f"{_in_words(kept, start)}\n")
    return 0


def _kept(asked: Asking, events: Sequence[Emitted]) -> list[_Kept]:
    """Have events kept that fit into one request; return what came of them."""
    return [
        _Kept(event.name, said["event"], said["new"], said["runs"])
        for event, said in zip(events, asked.ask(Emit(list(events)))["events"], strict=True)
    ]


def _write_lines(kept: Sequence[_Kept]) -> None:
    """Write a line for each event, with its columns, where a program reads them."""
    if sys.stdout.isatty():
        return
    for one in kept:
        runs = [(run["job"], run["run"], run["state"]) for run in one.runs]
        columns = (str(one.number), "new" if one.new else "known", causation.runs_text(runs))
        sys.stdout.write("\t".join(map(safe, columns)) + "\n")
    sys.stdout.flush()


def _in_words(kept: _Kept, start: str | None = None) -> str:
    """Return what came of an event; *start* is what starts a runner where none is up."""
    number = f"event {kept.number}"
    if not kept.new:
        return f"{kept.name} is known already as {number} (its key)"
    if start is not None:
        return f"no runner is up: {number} is kept for the next one: {start}"
    runs = [f"{run['job']} ({run['run']})" for run in kept.runs if run["state"] == State.RUNNING]
    said = [f"it runs: {', '.join(runs)}"] if runs else []
    said += [_became(run) for run in kept.runs if run["state"] != State.RUNNING]
    return safe("; ".join((f"{kept.name} is {number}", *(said or ["nobody runs for it"]))))


def _became(run: dict[str, Any]) -> str:
    if run["state"] == "counted":
        return f"{run['job']} counts it: {run['reason']}"
    if run["state"] == State.QUEUED:
        return f"{run['job']} waits for its turn ({run['run']})"
    why = f": {run['reason']}" if run["reason"] else ""
    return f"{run['job']} {run['state'].replace('_', ' ')}{why}"


def _with_hint(error: ConfigError) -> str:
    (problem,) = error.problems
    return problem.message + (f"\n  = help: {problem.hint}" if problem.hint else "")


# ---- many of them


def _emit_lines(context: Context, source: str, *, quiet: bool) -> None:
    """
    Have the events of lines kept, up to the first line that is none.

    Those that can be read by now go together. While more are waited for, no runner is held to, nor
    is one kept from starting.
    """
    many = _Many(context, quiet=quiet)
    number, all_kept = 0, False
    with _opened(source) as (descriptor, name):
        try:
            for lines in emitting.blocks(descriptor):
                events, wrong = _events(lines, number, name)
                many.keep(events)
                if wrong is not None:
                    raise wrong
                number += len(lines)
            all_kept = True
        except KeyboardInterrupt:
            sys.stderr.write("\n" if sys.stderr.isatty() else "")  # behind the ^C that is shown
            raise
        finally:
            if not (quiet and all_kept):
                many.sum_up()


def _events(
    lines: Sequence[bytes], before: int, name: str
) -> tuple[list[Emitted], UsageError | None]:
    """Return the events of lines, up to one that is none, and what is wrong with that."""
    events = []
    for number, line in enumerate(lines, before + 1):
        if not line.strip():
            continue
        try:
            events.append(emitting.of_line(line))
        except ConfigError as error:
            return events, UsageError(f"line {number} of {safe(name)}: {_with_hint(error)}")
    return events, None


@contextmanager
def _opened(source: str) -> Iterator[tuple[int, str]]:
    """
    Yield a descriptor of what is to be read, and what it is called.

    Raises: UsageError, PermissionError.
    """
    if source == _STDIN:
        if sys.stdin is None:
            raise UsageError("standard input is closed")
        if sys.stdin.isatty():
            sys.stderr.write("reading from the terminal: Ctrl-D ends it\n")
        yield sys.stdin.fileno(), "stdin"
        return
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        os.read(descriptor, 0)  # which a directory refuses
    except PermissionError:
        raise
    except (OSError, ValueError) as error:  # a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{safe(source)}: {reason.lower()}") from error
    try:
        yield descriptor, source
    finally:
        os.close(descriptor)


class _Many:
    """Keeps events one block after the other, and counts what came of them."""

    def __init__(self, context: Context, *, quiet: bool) -> None:
        self._context = context
        self._quiet = quiet
        self._kept = self._known = self._runs = 0
        self._up = True

    def keep(self, events: Sequence[Emitted]) -> None:
        """Have some more of them kept."""
        if not events:
            return
        kept: list[_Kept] = []
        try:
            with asking(self._context) as asked:
                self._up = asked.runner is not None
                for some in emitting.requests(events):
                    kept += _kept(asked, some)
        finally:
            self._add(kept)

    def _add(self, kept: Sequence[_Kept]) -> None:
        self._kept += len(kept)
        self._known += sum(not one.new for one in kept)
        self._runs += sum(run["run"] is not None for one in kept for run in one.runs)
        if self._quiet:
            return
        _write_lines(kept)
        if sys.stdout.isatty():
            for one in kept:
                sys.stderr.write(f"{_in_words(one)}\n")

    def sum_up(self) -> None:
        """Say how many are kept, and what came of them."""
        said = f"{self._kept} event{' is' if self._kept == 1 else 's are'} kept"
        said += f", {self._known} of them known already" if self._known else ""
        said += f"; {self._runs} run{'' if self._runs == 1 else 's'}" if self._runs else ""
        if self._kept and not self._up:
            said += f"; no runner is up, the next one reacts: {self._context.command('run')}"
        sys.stderr.write(f"{said}\n")
