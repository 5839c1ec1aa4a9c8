"""
What may come next on a command line, from the declarations of the verbs.

A person waits for it at every Tab, so what is asked of the declarations is kept in the cache of
the user, until the code changes: to import every verb takes ten times as long as the answer.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from schedkit.cli import end, shells
from schedkit.cli.shells import Answer, Line
from schedkit.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from schedkit.cli.context import Context
    from schedkit.run import Run

_RUNS = 20  # ids of runs that are offered, the newest
_MANY_IN_ONE = ",..."  # at the end of a metavar: several in one text, with commas
_TIMES = ("now", "today", "yesterday", "tomorrow")
_SIGNALS = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "KILL")
_NAMES_A_JOB = ("JOB", "JOB|RUN", "RUN|JOB", "PATTERN")
_NAMES_A_RUN = ("RUN", "JOB|RUN", "RUN|JOB")


class Parameter(NamedTuple):
    """A parameter, as far as completion goes; one without names is given by place."""

    names: tuple[str, ...]
    about: str
    metavar: str
    choices: tuple[str, ...]
    many: bool
    takes_value: bool


class Verb(NamedTuple):
    """A verb: what it does, in a sentence, and its parameters."""

    about: str
    parameters: tuple[Parameter, ...]


class Declared(NamedTuple):
    """The verbs, what may stand before every one of them, and where a file is looked for."""

    before: tuple[Parameter, ...]
    verbs: dict[str, Verb]
    places: tuple[str, ...]


def main() -> None:
    """End the process with the answer to the shell that asks, if one does that we know."""
    if (code := answer(os.environ)) is not None:
        end(code)


def answer(environ: Mapping[str, str]) -> int | None:
    """
    Answer a shell that asks; return the exit code, None when none does.

    Whatever goes wrong, nothing is offered and nothing is said: somebody is at a prompt.
    """
    try:
        if environ.get(shells.ASKED) == "source_zsh":
            sys.stdout.write(shells.ZSH)
            sys.stdout.flush()
            return 0
        line = shells.asked(environ)
        if line is None:
            return None
        found = offers(line, declared())
        if environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
            return int(bool(found.files))  # fish then offers files by itself
        sys.stdout.buffer.write(shells.written(line, found).encode(errors="surrogateescape"))
        sys.stdout.buffer.flush()
    except Exception:  # noqa: BLE001  # see above
        return 1
    return 0


# ---- what is declared


def declared() -> Declared:
    """Return what the declarations say, from the cache unless they have changed."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(root, "sched", "completion")
    key = _key()
    with suppress(Exception), open(path, "rb") as file:
        if os.fstat(file.fileno()).st_uid == os.getuid():
            known, before, verbs, places = marshal.load(file)  # noqa: S302  # by this user
            if known == key:
                return Declared(
                    tuple(Parameter(*one) for one in before),
                    {n: Verb(a, tuple(Parameter(*p) for p in ps)) for n, (a, ps) in verbs.items()},
                    places,
                )
    made = _declared()
    with suppress(OSError):
        if os.path.isabs(root):
            _keep(path, (key, *_as_tuples(made)))
    return made


def _key() -> str:
    """Return what tells what was kept from what the code says now, and from another user's."""
    from schedkit import __version__

    directory = os.path.dirname(__file__)
    times = [
        entry.stat().st_mtime_ns
        for place in (directory, os.path.join(directory, "verbs"))
        for entry in sorted(os.scandir(place), key=lambda entry: entry.name)
        if entry.name.endswith(".py")
    ]
    homes = (os.environ.get("HOME"), os.environ.get("XDG_CONFIG_HOME"))
    return repr((__version__, sys.version, times, homes))


def _as_tuples(made: Declared) -> tuple[Any, ...]:
    plain = {
        name: (verb.about, tuple(map(tuple, verb.parameters))) for name, verb in made.verbs.items()
    }
    return tuple(map(tuple, made.before)), plain, made.places


def _keep(path: str, contents: tuple[Any, ...]) -> None:
    from pathlib import Path

    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = Path(f"{path}.{os.getpid()}")
    temporary.write_bytes(marshal.dumps(contents))
    temporary.replace(path)


def _declared() -> Declared:
    import inspect

    from schedkit.cli import context
    from schedkit.cli.declaration import VERBS, verb_function

    verbs = {}
    for name in VERBS:
        function = verb_function(name)
        about = (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")
        verbs[name] = Verb(about, (*_parameters(function), _HELP))
    before = (*_parameters(context.context), *_BEFORE, _HELP)
    places = context.usual_places()
    return Declared(before, verbs, tuple(places))


_HELP = Parameter(("-h", "--help"), "Show this message and exit.", "", (), False, False)
_BEFORE = (
    Parameter(("-V", "--version"), "Show the version.", "", (), False, False),
    Parameter(
        ("--install-completion",), "Install completion for this shell.", "", (), False, False
    ),
    Parameter(("--show-completion",), "Show completion for this shell.", "", (), False, False),
)


def _parameters(function: Any) -> Iterator[Parameter]:
    from schedkit.cli.declaration import Option, parameters
    from schedkit.run import State

    more = {"WHEN": _TIMES, "SIG": _SIGNALS, f"STATE{_MANY_IN_ONE}": tuple(map(str, State))}
    for one in parameters(function):
        how, metavar = one.how, one.how.metavar or ""
        choices = tuple(how.choices) or more.get(metavar, ())
        if isinstance(how, Option):
            yield Parameter(how.names, how.help, metavar, choices, one.many, one.kind is not bool)
        elif not how.hidden:
            yield Parameter((), how.help, metavar, choices, one.many, True)


# ---- what may come next


class Read(NamedTuple):
    """
    The words of a line as parameters take them.

    *given* are the options with their values, *waits* is one that still needs its value. *rest*
    are the words that are none, after `--` all of them: *plain*.
    """

    given: list[tuple[Parameter, str]]
    waits: Parameter | None
    rest: Sequence[str]
    plain: bool


def offers(line: Line, known: Declared) -> Answer:
    """Return what may stand where the word of *line* is."""
    first = _read(line.words, known.before, stop_at_word=True)
    asked = _Asked(known, first.given, line.word)
    if first.waits is not None or not first.rest:
        if first.waits is None and not line.word.startswith("-"):
            return Answer([(name, verb.about) for name, verb in known.verbs.items()])
        return asked.at(known.before, first, ())
    verb, *words = first.rest
    if verb not in known.verbs:
        return Answer()
    parameters = known.verbs[verb].parameters
    read = _read(words, parameters, stop_at_word=False)
    places = [one for one in parameters if not one.names]
    return asked._replace(verb=verb).at(parameters, read, places)


def _read(words: Sequence[str], known: Sequence[Parameter], *, stop_at_word: bool) -> Read:
    options = {name: one for one in known for name in one.names}
    given: list[tuple[Parameter, str]] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--" and not stop_at_word:
            return Read(given, None, rest + left, plain=True)
        if not word.startswith("-") or word == "-":
            rest.append(word)
            if stop_at_word:
                return Read(given, None, rest + left, plain=False)
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        option = options.get(name)
        if option is None or not option.takes_value:
            given += [(option, "")] if option is not None else []
        elif equals:
            given.append((option, value))
        elif left:
            given.append((option, left.pop(0)))
        else:
            return Read(given, option, rest, plain=False)
    return Read(given, None, rest, plain=False)


class _Asked(NamedTuple):
    """What is asked for: the word so far, after what stands before the verb, and the verb."""

    known: Declared
    before: list[tuple[Parameter, str]]
    word: str
    verb: str = ""

    def at(
        self, parameters: Sequence[Parameter], read: Read, places: Sequence[Parameter]
    ) -> Answer:
        """Return what may stand after what was *read* of the words; *places* take a word each."""
        if read.waits is not None:
            return self._values(read.waits, self.word, [])
        name, equals, value = self.word.partition("=")
        if equals and name.startswith("--") and not read.plain:
            found = next((one for one in parameters if name in one.names), None)
            if found is None or not found.takes_value:
                return Answer()
            return self._values(found, value, [])._replace(prefix=f"{name}=")
        if self.word.startswith("-") and not read.plain:
            return Answer(self._options(parameters, read))
        place = _place(places, len(read.rest))
        if place is not None:
            return self._values(place, self.word, read.rest if place.many else [])
        return Answer([] if read.plain or self.word else self._options(parameters, read))

    def _options(self, parameters: Sequence[Parameter], read: Read) -> list[tuple[str, str]]:
        taken = {one for one, _ in read.given if not one.many}
        left = [one for one in parameters if one not in taken]
        return [(name, one.about) for one in left for name in one.names]

    def _values(self, one: Parameter, word: str, taken: Sequence[str]) -> Answer:
        if one.metavar in ("PATH", "FILE", "DIR"):
            return Answer(files="dir" if one.metavar == "DIR" else "file")
        if one.metavar.endswith(_MANY_IN_ONE):
            before, comma, _ = word.rpartition(",")
            taken = before.split(",")
            return Answer(
                [(before + comma + text, "") for text in one.choices if text not in taken]
            )
        found = [(text, "") for text in one.choices]
        if one.metavar in _NAMES_A_JOB or one.metavar in _NAMES_A_RUN:
            found += self._named(one.metavar)
        if one.metavar == "EVENT":
            found += self._events()
        return Answer([pair for pair in found if pair[0] not in taken], about=one.about)

    # ---- jobs and runs

    def _named(self, metavar: str) -> list[tuple[str, str]]:
        """Return the names of jobs and the ids of runs that may stand for *metavar*."""
        wants_runs = metavar in _NAMES_A_RUN
        runs = self._runs() if wants_runs else []
        ids = [(run.id, _about_run(run)) for run in runs]
        if metavar not in _NAMES_A_JOB:
            return ids
        jobs = self._jobs()
        if self.verb == "cancel":  # of the others there is nothing to cancel
            going = {run.job for run in runs}
            jobs = [pair for pair in jobs if pair[0] in going]
        return jobs + ids

    def _jobs(self) -> list[tuple[str, str]]:
        from schedkit import compiled

        paths = self._paths()
        if not paths:
            return []
        found = compiled.outline_before(paths)
        if found is None or not all(map(compiled.unchanged, found.stamps)):
            with suppress(Exception):  # broken, say: then what it said before
                found = compiled.outline(paths)
        jobs = () if found is None else found.jobs
        return [(name, about if on else f"disabled {about}") for name, about, on in jobs]

    def _events(self) -> list[tuple[str, str]]:
        """Return the names of events that jobs wait for, each with these jobs."""
        from schedkit.listening import listeners
        from schedkit.run import Trigger

        jobs: dict[str, list[str]] = {}
        with suppress(Exception):  # a broken file waits for nothing
            known = self._context().load().by_name
            for one in (one for name in known.listening() for one in listeners(known[name])):
                names = [name for pattern in one.patterns for name in pattern.names]
                for name in names if one.trigger is Trigger.EVENT else ():
                    if not any(sign in name for sign in "*?["):
                        jobs.setdefault(name, []).append(one.job)
        return [(name, f"for {', '.join(dict.fromkeys(those))}") for name, those in jobs.items()]

    def _paths(self) -> list[str]:
        config = self._before("--config") or [os.environ.get("SCHED_CONFIG", "")]
        if any(config):
            return config
        return [place for place in self.known.places if os.path.exists(place)][:1]

    def _before(self, name: str) -> list[str]:
        """Return the values of an option before the verb, as the shell will give them."""
        values = [value for one, value in self.before if name in one.names]
        return [os.path.expandvars(os.path.expanduser(value)) for value in values]

    def _runs(self) -> list[Run]:
        from contextlib import closing

        from schedkit.run import State
        from schedkit.store import Query

        only = [state for state in State if not state.terminal] if self.verb == "cancel" else []
        with suppress(Exception):
            store = self._context().history()
            if store is not None:
                with closing(store):
                    return store.runs(Query(states=frozenset(only), limit=_RUNS))
        return []

    def _context(self) -> Context:
        from schedkit.cli.context import Context

        state = self._before("--state")
        return Context(tuple(self._before("--config")), state[-1] if state else None, "never", 0)


def _place(places: Sequence[Parameter], count: int) -> Parameter | None:
    """Return which parameter takes the word after *count* others, if one does."""
    if count < len(places):
        return places[count]
    return places[-1] if places and places[-1].many else None


def _about_run(run: Run) -> str:
    from zoneinfo import ZoneInfo

    wall = run.fire_time.astimezone(ZoneInfo(run.timezone))
    return f"{run.job} {run.state} {wall:%a %Y-%m-%d %H:%M:%S}"
