"""Crontabs, a user's or the system's, as jobs of ours that do the same at the same times."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from schedkit import timeline
from schedkit.errors import ConfigError
from schedkit.interchange.crontab_clock import clock
from schedkit.interchange.crontab_comments import Comments
from schedkit.interchange.crontab_line import (
    LONGEST,
    Entry,
    assignment,
    collapses,
    entry,
    unescaped,
    with_input,
)
from schedkit.interchange.crontab_suspects import is_skipped, sixth_field, user_in_front
from schedkit.interchange.draft import Difference, Draft, Imported, Names
from schedkit.interchange.naming import wish
from schedkit.limits import account

SHELL = "/bin/sh"  # what cron runs and
PATH = "/usr/bin:/bin"  # where it looks, unless the crontab says it
POSIX_SHELLS = {"ash", "bash", "dash", "ksh", "mksh", "sh", "zsh"}
_MACHINE = "local"
_ENVIRONMENT = (
    "cron gives it HOME, LOGNAME, SHELL, PATH and what the crontab sets; "
    "here it has the environment of the runner, too"
)
_NO_MAIL = "no mail is sent: what it writes is kept, see: sched logs JOB"
_SKIPPED = "Debian's cron leaves out a file of cron.d with such a name: nothing of it ran there"
_REFUSED = "Debian's cron refuses all of it for a line it cannot read: nothing of it ran there"
_OPTIONS = {
    "-": "the minus in front keeps it out of cron's log: here every run is in the history",
    "-n": "-n asks for mail about failures only: no mail is sent",
}


def read(text: str, name: str, *, system: bool = False) -> Imported:
    """
    Return what a crontab says; *name* is what it is called in what is told of it.

    Bytes that are no UTF-8 stand in *text* as surrogates. *system*: a user stands in each line, as
    in /etc/crontab and the files of /etc/cron.d.
    """
    return read_all([(text, name)], system=system)


def read_all(sources: Iterable[tuple[str, str]], *, system: bool = False) -> Imported:
    """Return what several crontabs say, each given as its text and its name."""
    tables = [_Table(text, name, system=system) for text, name in sources]
    found = [(table, job) for table in tables for job in table.jobs]
    taken = Names()
    names = [taken.take(table.wish(job)) for table, job in found]
    zone, defaults, keys = _shared([job.keys for _, job in found])
    settings: dict[str, Any] = {"timezone": zone, **({"defaults": defaults} if defaults else {})}
    drafts = tuple(
        Draft(name, own, job.comment)
        for name, own, (_, job) in zip(names, keys, found, strict=True)
    )
    place = tables[0].name if len(tables) == 1 else "crontabs"
    differences = [*_of_all(place, [job for _, job in found])]
    differences += [one for table in tables for one in table.differences]
    left = "\n\n".join(table.left for table in tables if table.left)
    return Imported(drafts, tuple(differences), settings, left)


class _Job(NamedTuple):
    """A job as a line has it, with all its keys, and the command that it is named after."""

    keys: dict[str, Any]
    comment: str
    named_after: str


class _Table:
    """One crontab; what its lines set holds for those below them."""

    def __init__(self, text: str, name: str, *, system: bool) -> None:
        self.name = name
        self.jobs: list[_Job] = []
        self.differences: list[Difference] = []
        self._system = system
        self._env = {"PATH": PATH}
        self._shell = SHELL
        self._zone = _MACHINE
        self._comments = Comments()
        self._place = ""
        self._line = ""
        self._unreadable = False  # for cron: a time that never comes is none of its concern
        self._is_warned = False
        lines = text.removeprefix("\ufeff").split("\n")
        for number, line in enumerate(lines, 1):
            self._place = f"{name}:{number}"
            self._line = line
            self._take(line, ends=number < len(lines))
        self.left = self._comments.take_all()
        self._tell_of_file(returns=sum(line.endswith("\r") for line in lines))

    def _tell_of_file(self, returns: int) -> None:
        """Tell what is the matter with the file; *returns* of its lines end as on Windows."""
        if self._system and is_skipped(self.name):
            self._tell(_SKIPPED, place=self.name, text="the whole file")
        if self._unreadable and self.jobs:
            self._tell(_REFUSED, place=self.name, text="the whole file")
        if returns:
            message = "cron would take the carriage return at its end for a part of it: left out"
            lines = "1 line" if returns == 1 else f"{returns} lines"
            self._tell(message, place=self.name, text=lines)

    def wish(self, job: _Job) -> str:
        """Return what to call a job: as the file when it is alone in one of /etc/cron.d."""
        path = PurePosixPath(self.name)
        if self._system and len(self.jobs) == 1 and path.name not in ("crontab", "-", "stdin"):
            return path.name
        return wish(job.named_after)

    def _tell(self, message: str, *, place: str = "", text: str = "", taken: bool = True) -> None:
        line = text or self._line.strip()
        self.differences.append(Difference(place or self._place, line, message, taken))

    def _take(self, raw: str, *, ends: bool) -> None:
        line = self._decoded(raw.removesuffix("\r"))
        if not line.strip(" \t") or line.lstrip(" \t").startswith("#"):
            self._comments.add(line)
            return
        if not ends:
            self._tell("Debian's cron refuses a crontab whose last line has no newline at its end")
        setting = assignment(line)
        try:
            if setting is not None:
                self._comments.separate()
                self._set(*setting)
                if line.rstrip().endswith("=") and not setting[1]:
                    self._tell('Debian\'s cron refuses a name with nothing, not even "", behind it')
            else:
                self._add(entry(line, system=self._system))
        except ConfigError as error:
            self._comments.separate()
            self._tell(str(error), taken=False)
            self._unreadable |= setting is None and "never fires" not in str(error)

    def _decoded(self, line: str) -> str:
        """Return a line whose bytes are no UTF-8 as Latin-1, which any bytes are."""
        data = line.encode("utf-8", "surrogateescape")
        try:
            return data.decode()
        except UnicodeDecodeError:
            self._line = data.decode("latin-1")
            self._tell("it is no UTF-8: taken for Latin-1, and passed on as UTF-8")
            return self._line

    def _set(self, name: str, value: str) -> None:
        if not name or "\0" in name + value:
            raise ConfigError.of("no variable can be named or set so")
        if name == "LOGNAME":
            self._tell("as with cron this has no effect: it is the name of the user")
        elif name == "CRON_TZ":
            self._zone = str(timeline.zone(value))
            self._tell("taken as cronie has it, for the times below it; Debian's cron ignores it")
        elif name == "SHELL":
            self._shell = value
        else:
            self._env[name] = value
        if name == "MAILTO" and value:
            self._tell(_NO_MAIL)
        elif name == "RANDOM_DELAY" and value != "0":
            self._tell("cronie starts those below it up to so many minutes late: here they do not")

    def _add(self, found: Entry) -> None:
        if found.user is not None and account(found.user).isdecimal():
            raise ConfigError.of(f"cron knows no user {found.user!r}: it takes names")
        when, remarks = clock(found.when)
        command, shell = self._command(found.command)
        description, comment = self._comments.take()
        home = "~" if found.user is None else f"~{found.user}"
        keys: dict[str, Any] = {
            "description": description,
            "command": command,
            "shell": shell,
            "clock": when,
            "timezone": self._zone,
            "user": found.user,
            "working_dir": self._env.get("HOME", home),
            "env": dict(self._env),
            "overlap": "allow",
            "catchup": "none",
        }
        self.jobs.append(_Job(keys, comment, unescaped(found.command)[0]))
        for option in found.options:
            self._tell(_OPTIONS[option])
        for remark in (*remarks, *self._suspicions(self.jobs[-1].named_after)):
            self._tell(remark)

    def _suspicions(self, command: str) -> Iterator[str]:
        if field := sixth_field(command):
            yield f"{field!r} seems to be a field: cron has five, without seconds and years"
        user = user_in_front(command)
        if user and not self._system and not self._is_warned:
            self._is_warned = True
            yield f"{user!r} seems to be a user: when each line has one, import it with --system"

    def _command(self, written: str) -> tuple[str, str]:
        """Return the command that does the same, and the shell that is to run it."""
        command, data = unescaped(written)
        if not command.strip() or "\0" in written:
            raise ConfigError.of("a command is empty, or has a NUL character, and cannot run")
        if collapses(written):
            self._tell(
                "of two backslashes Debian's cron makes one, as is done here; cronie does not"
            )
        if len(written.encode()) > LONGEST:
            self._tell(f"Debian's cron refuses a command of more than {LONGEST} bytes")
        if not data:
            return command, self._shell
        if not data.endswith("\n"):
            self._tell("what it reads ends without a newline: here it gets one")
            data += "\n"
        if PurePosixPath(self._shell).name in POSIX_SHELLS:
            return with_input(command, data), self._shell
        inner = shlex.join([self._shell, "-c", command])
        return with_input(f"exec {inner}", data), SHELL


def _of_all(place: str, jobs: list[_Job]) -> Iterator[Difference]:
    """Yield what is not the same for every job."""
    if not jobs:
        return
    yield Difference(place, "every job", _ENVIRONMENT)
    if not all("MAILTO" in job.keys["env"] for job in jobs):
        yield Difference(place, "every job", _NO_MAIL)
    if jobs[0].keys["user"] is not None:
        message = "it is to run as another user: this takes a runner that is root"
        yield Difference(place, "every job", message)


def _shared(jobs: list[dict[str, Any]]) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """Return the zone of the file, the defaults, and what each job has beside these."""
    if not jobs:
        return _MACHINE, {}, []
    zones = {keys["timezone"] for keys in jobs}
    zone = zones.pop() if len(zones) == 1 else _MACHINE
    # A user stands in each job, unless all have the same.
    users = {keys["user"] for keys in jobs}
    usual = {"description": "", "user": users.pop() if len(users) == 1 else None, "timezone": zone}
    for key in ("shell", "working_dir", "overlap", "catchup"):
        usual[key] = _most_common(keys[key] for keys in jobs)
    env = {
        name: _most_common(keys["env"][name] for keys in jobs)
        for name in jobs[0]["env"]
        if all(name in keys["env"] for keys in jobs)
    }
    own = [
        {key: _without(value, env) for key, value in keys.items() if value != usual.get(key)}
        for keys in jobs
    ]
    defaults = {key: usual[key] for key in ("user", "shell", "working_dir", "overlap", "catchup")}
    told = {key: value for key, value in defaults.items() if value not in (None, SHELL)}
    return zone, {**told, "env": env}, [{k: v for k, v in keys.items() if v != {}} for keys in own]


def _most_common(values: Iterable[str]) -> str:
    return Counter(values).most_common(1)[0][0]


def _without(value: Any, common: dict[str, str]) -> Any:
    """Return a value of a job; of its environment what is not *common* to all."""
    if not isinstance(value, dict):
        return value
    return {name: text for name, text in value.items() if common.get(name) != text}
