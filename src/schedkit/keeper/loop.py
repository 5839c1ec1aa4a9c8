"""Starts what the runner orders, waits for it, and writes down what happens, in that order."""

from __future__ import annotations

import ctypes
import os
import select

from schedkit.keeper import journal
from schedkit.keeper.messages import Incoming
from schedkit.keeper.output import Trimmer
from schedkit.keeper.programs import NotStartedError
from schedkit.keeper.spawn import Spawner

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    import signal
    from types import FrameType
    from typing import Any

    from schedkit.keeper.messages import Order
else:
    import _signal as signal  # `signal` makes enums of what is in it: they take half a megabyte

_PR_SET_CHILD_SUBREAPER = 36  # Source: prctl(2)
_BATCH = 16  # starts before somebody looks at what has ended meanwhile
# Nanoseconds between two times that the runner is told while there is more to start: it would
# record each few, and so much work would be done beside the jobs, which the machine is for.
_PAUSE = 200_000_000
_CHUNK = 1 << 18  # bytes read at once
_AGAIN = 1.0  # seconds before a journal that could not be written is tried again
_PATIENCE = 3600  # tries, when nothing else is left to do: the file system may be gone
_CORE = 0x80  # of a wait status: it left a core; Source: wait(2)


def keep(journal_file: int, control: int) -> None:
    """Keep what the runner at the other end of *control* orders, until it is gone and all ended."""
    _settle_down(journal_file, control)
    keeper = Keeper(journal_file, control)
    try:
        keeper.run()
    except BaseException:
        import traceback  # only for this

        keeper.note(journal.line("X", journal.quoted(traceback.format_exc().encode())))
        keeper.tell()
        raise


class Keeper:
    """The keeper's loop. Nothing in it waits for the runner."""

    def __init__(self, journal_file: int, control: int) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._spawner = Spawner(dict(os.environb))
        self._running: dict[int, str] = {}  # attempts by pid
        self._incoming = Incoming()
        self._trimmer = Trimmer()
        self._journal = journal_file
        self._unwritten = b""
        self._patience = _PATIENCE
        self._control = control
        self._untold = b""
        self._told = 0  # when that was, by CLOCK_BOOTTIME
        self._closed = False  # the runner orders nothing more
        self._deaf = False  # the runner hears nothing more
        os.set_blocking(control, False)
        # Ours were made to survive one exec: a job that held them would hide that we are dead.
        for descriptor in (journal_file, control):
            os.set_inheritable(descriptor, False)
        self._children = _child_events()

    def run(self) -> None:
        """Work until there is nothing more to do."""
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        self.note(journal.line("K", journal.VERSION, os.getpid(), journal.boottime(), boot))
        while self._is_needed():
            self.tell()
            self._wait()
            self._look()
            if not self._closed:
                self._obey()
            if self._unwritten:
                self._write()
        self.tell()

    def _is_needed(self) -> bool:
        if not self._closed or self._running:
            return True
        if not self._unwritten:
            return False
        self._patience -= 1  # once a second, there being nothing else to wake up for
        return self._patience > 0 and os.fstat(self._journal).st_nlink > 0

    def _look(self) -> None:
        """Look at what has ended, and at what was written."""
        self._reap()
        for attempt, dropped in self._trimmer.look():
            self.note(journal.line("D", attempt, dropped))

    def _wait(self) -> None:
        """Wait until there may be something to do."""
        poll = select.poll()
        poll.register(self._children, select.POLLIN)
        if self._trimmer.descriptor is not None:
            poll.register(self._trimmer.descriptor, select.POLLIN)
        wanted = (0 if self._closed else select.POLLIN) | (select.POLLOUT if self._untold else 0)
        if wanted:
            poll.register(self._control, wanted)
        pauses = [self._trimmer.pause(), _AGAIN if self._unwritten else None]
        pause = min((one for one in pauses if one is not None), default=None)
        # Rounded up: what is too early finds nothing to do, and would turn round once more.
        poll.poll(None if pause is None else int(pause * 1000) + 1)
        try:
            os.read(self._children, 65536)
        except BlockingIOError:
            pass

    # ---- orders

    def _obey(self) -> None:
        while True:
            try:
                data = os.read(self._control, _CHUNK)
            except BlockingIOError:
                return
            except OSError:  # a reset: the runner was killed before it had read everything
                data = b""
            if not data:
                self._closed = True
                self.note(journal.line("Z"))
                return
            for message in self._incoming.feed(data):
                self._do(message)

    def _do(self, message: tuple[Any, ...]) -> None:
        _, orders = message
        for number, order in enumerate(orders, 1):
            self._start(order)
            if number % _BATCH == 0:
                self._look()
                if journal.boottime() - self._told > _PAUSE:
                    self.tell()
        self._spawner.leave()

    def _start(self, order: Order) -> None:
        attempt, output, limit = order[0], order[4], order[5]
        try:
            pid = self._spawner.start(order)
        except NotStartedError as error:
            name = journal.quoted(error.name)
            self.note(journal.line("F", attempt, error.number, error.step, name))
            return
        self.note(journal.line("S", attempt, pid, journal.boottime(), limit))
        self._running[pid] = attempt
        self._trimmer.add(attempt, output, limit)

    # ---- ends

    def _reap(self) -> None:
        """Look, write, reap: what was reaped before it was written would be lost with us."""
        used = b""
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if found is None:
                break
            attempt = self._running.pop(found.si_pid, None)
            if attempt is None:
                os.waitpid(found.si_pid, 0)
                if not self._untold.endswith(journal.ORPHAN):
                    self._untold += b"" if self._deaf else journal.ORPHAN
                continue
            self.note(used + journal.line("E", attempt, _status(found), journal.boottime()))
            _, _, usage = os.wait4(found.si_pid, 0)
            self._trimmer.drop(attempt)
            user, system = int(usage.ru_utime * 1e6), int(usage.ru_stime * 1e6)
            used = journal.line("U", attempt, user, system, usage.ru_maxrss)
        if used:
            self.note(used)

    # ---- what happened

    def note(self, lines: bytes) -> None:
        """Write to the journal, or keep what cannot be written, and let the runner know."""
        self._unwritten += lines
        if not self._deaf:
            self._untold += lines
        self._write()

    def _write(self) -> None:
        try:
            written = os.write(self._journal, self._unwritten)
        except OSError:  # the disk is full
            return
        self._unwritten = self._unwritten[written:]

    def tell(self) -> None:
        """Send the runner as much as it takes now."""
        if not self._untold:
            return
        self._told = journal.boottime()
        try:
            sent = os.write(self._control, self._untold)
        except BlockingIOError:
            return
        except OSError:
            self._deaf = True
            sent = len(self._untold)
        self._untold = self._untold[sent:]


def _status(found: os.waitid_result) -> int:
    """Return as a wait status what waitid tells."""
    if found.si_code == os.CLD_EXITED:
        return found.si_status << 8
    return found.si_status | (_CORE if found.si_code == os.CLD_DUMPED else 0)


def _settle_down(*kept: int) -> None:
    """Let go of what the runner inherited: its directory, and descriptors beside those *kept*."""
    os.chdir("/")
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:  # that of the list itself
                pass


def _child_events() -> int:
    """Return a descriptor that can be read when a child has ended; other signals do nothing."""
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    # Handlers that do nothing: what is ignored would be ignored by the jobs as well.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _nothing)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return read


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass
