"""Hears what is to be watched, and tells of each file that has arrived and is complete."""

from __future__ import annotations

import os
import select
import time

from schedkit.arrivals import files, messages, patterns
from schedkit.arrivals.directories import LIMITS, Directories
from schedkit.arrivals.settling import Settling
from schedkit.arrivals.told import Told
from schedkit.inotify import Inotify

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    import signal
    from collections.abc import Iterable
    from typing import Any

    from schedkit.arrivals.files import Look
    from schedkit.arrivals.messages import Trigger
    from schedkit.arrivals.settling import Key
else:
    import _signal as signal  # `signal` makes enums of what is in it: they take half a megabyte

_NICE = 10
_CHUNK = 1 << 16  # bytes read at once
_POLLED = 5.0  # seconds between two looks where the kernel does not tell
# Seconds. The kernel stamps files with a clock that is so far behind: one that was written just
# after *since* would seem to be older.
_BEHIND = 0.02


def watch(source: int, sink: int) -> None:
    """Watch for what *source* says until it ends, and tell of it on *sink*."""
    _settle_down()
    try:
        Arrivals(source, sink).run()
    except BrokenPipeError:  # nobody hears it any more
        pass


class Arrivals:
    """The files that are watched for; one at a time is read, which may take long."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._incoming = messages.Incoming()
        self._warnings = messages.Warnings(self._tell)
        self._triggers: list[Trigger] = []
        self._told = Told()
        self._settling = Settling()
        self._inotify: Inotify | None = None
        self._directories: Directories | None = None
        self._mounts = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
        self._now = time.monotonic()
        self._next_poll = 0.0

    def run(self) -> None:
        """Work until the source ends."""
        while True:
            ready = self._wait()
            self._now = time.monotonic()
            if self._source in ready and not self._hear():
                return
            self._look(ready)
            due = self._settling.due(self._now)
            if due is not None:  # one of them: then there may be something to hear
                self._decide(*due)

    # ---- what is to be done

    def _wait(self) -> set[int]:
        """Wait until there may be something to do; return which descriptors say so."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        if self._inotify is not None:
            poll.register(self._inotify.descriptor, select.POLLIN)
        if self._directories is not None:
            poll.register(self._mounts, select.POLLPRI)  # Source: proc_pid_mounts(5)
        times = [self._settling.next_due()]
        if self._directories is not None and self._directories.needs_polling:
            times.append(self._next_poll)
        until = min((one for one in times if one is not None), default=None)
        # Rounded up: what is too early finds nothing to do, and would turn round once more.
        pause = None if until is None else max(until - time.monotonic(), 0.0)
        return {one for one, _ in poll.poll(None if pause is None else int(pause * 1000 + 0.999))}

    def _hear(self) -> bool:
        """Take in what is to be watched; return whether more may come."""
        data = os.read(self._source, _CHUNK)
        for said in self._incoming.feed(data):
            self._begin(said)
        return bool(data)

    def _begin(self, said: dict[str, Any]) -> None:
        """Watch for this and nothing else."""
        self._triggers = [messages.Trigger(one) for one in said["watch"]]
        self._settling = Settling()
        self._know(said["known"])
        steps = frozenset[patterns.Step]().union(*(
            patterns.steps(pattern, number)
            for number, trigger in enumerate(self._triggers)
            for pattern in trigger.patterns
        ))  # fmt: skip
        if self._inotify is not None:
            self._inotify.close()
        self._inotify = self._watches()
        self._directories = Directories(steps, self, self._warnings, self._inotify)
        self._directories.look()
        self._plan_poll()
        self.see_gone("")

    def _know(self, known: Iterable[list[Any]]) -> None:
        """What this process has told itself it knows better than whoever says it again."""
        jobs = {trigger.job for trigger in self._triggers}
        self._told.keep(jobs)
        for job, path, content, *mark in known:
            if job in jobs and job not in self._told.jobs(path):
                self._told.add(job, path, content, mark[0] if mark else None)

    def _watches(self) -> Inotify | None:
        try:
            return Inotify()
        except OSError as error:
            said = LIMITS.get(error.errno or 0, error.strerror)
            self._warnings.say("inotify", f"{said}: directories are looked at every few seconds")
            return None

    def _look(self, ready: set[int]) -> None:
        """Look where something has happened, or may have."""
        if self._directories is None:
            return
        if self._inotify is not None and self._inotify.descriptor in ready:
            self._directories.serve()
        if self._mounts in ready:
            self._directories.look_for_mounts()
        if self._directories.needs_polling and self._now >= self._next_poll:
            self._directories.poll()
            self._plan_poll()

    def _plan_poll(self) -> None:
        shortest = min((trigger.settle_s for trigger in self._triggers), default=0.0)
        self._next_poll = time.monotonic() + max(_POLLED, shortest)

    # ---- what is seen

    def see(self, path: str, goals: Iterable[int]) -> None:
        """Wait for the file at *path*, if there is one that has arrived."""
        look = files.look(path)
        if look is None:
            self._miss(path)
        for number in goals:
            key = (path, number)
            trigger = self._triggers[number]
            if look is None or not self._is_awaited(look, path, trigger):
                self._settling.drop(key)
            else:
                self._settling.see(key, look.mark, look.changed_ns, trigger.settle_s, self._now)

    def see_all(self, directory: str, names: Iterable[str]) -> None:
        """Forget what was told of and is not among these."""
        for path in self._told.missing(directory, names):
            self._miss(path)

    def see_gone(self, directory: str) -> None:
        """Forget what is no longer there of what was told of, in this directory or below."""
        for path in self._told.within(directory):
            self._miss(path)

    def _is_awaited(self, look: Look, path: str, trigger: Trigger) -> bool:
        has_arrived = look.changed_ns / 1e9 >= trigger.since - _BEHIND
        return has_arrived and not self._told.looks(trigger.job, path, look.mark)

    def _miss(self, path: str) -> None:
        """Say that it is gone if it was told of, unless it may only be out of sight."""
        try:
            if not self._told.jobs(path) or files.look(path) is not None:
                return
        except OSError:
            return
        directory = path.rpartition("/")[0]
        device = self._told.device(directory)
        if device is None or device == files.device(directory):  # else it is not mounted now
            for job in self._told.forget(path):
                self._tell({"gone": [job, path]})

    # ---- what is decided

    def _decide(self, key: Key, mark: int) -> None:
        """Read a file that has settled, and tell of it if it is complete and news."""
        path, number = key
        directory = path.rpartition("/")[0]
        trigger = self._triggers[number]
        try:
            content, look = files.content(path, mark, self._is_wanted)
        except files.BusyError:
            self._settling.put_off(key, trigger.settle_s, self._now)
        except files.ChangedError:
            self._again(key)
        except OSError as error:
            self._settling.drop(key)
            if error.errno in files.NOT_THERE:
                self._miss(path)
            else:
                text = f"{path!r} cannot be read: {error.strerror}"
                self._warnings.say(f"{directory}/", text)
        else:
            self._settling.drop(key)
            self._warnings.over(f"{directory}/")
            self._answer(trigger, path, content, look)

    def _again(self, key: Key) -> None:
        self._settling.drop(key)
        try:
            self.see(key[0], {key[1]})
        except OSError:  # its directory says so, too, when it is looked at
            pass

    def _answer(self, trigger: Trigger, path: str, content: str, look: Look) -> None:
        is_news = self._told.is_news(trigger.job, path, content)
        device = files.device(path.rpartition("/")[0])
        self._told.add(trigger.job, path, content, look.mark, device)
        if is_news:
            self._tell({
                "job": trigger.job, "part": trigger.part, "path": path, "content": content,
                "size": look.size, "modified": look.modified_ns / 1e9,
                "arrived": look.changed_ns / 1e9, "mark": look.mark,
            })  # fmt: skip

    def _is_wanted(self) -> bool:
        """Return whether somebody still hears it."""
        poll = select.poll()
        poll.register(self._source, 0)
        return not poll.poll(0)  # what cannot be asked not to be told: the other end is closed

    def _tell(self, said: dict[str, Any]) -> None:
        data = messages.line(said)
        while data:
            data = data[os.write(self._sink, data) :]


def _settle_down() -> None:
    os.nice(_NICE)
    os.chdir("/")  # so that the parent's directory can be unmounted
    # What ends the runner is sent to its whole group, and it is the runner that says when we end.
    # SIGIO is sent to who holds a lease on what somebody opens: see files.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGIO):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
