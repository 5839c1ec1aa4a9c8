"""How late jobs begin while whoever is told of their runs does not answer for minutes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from benchmarks.common import TIMES, Goal, Line, duration
from benchmarks.running import Runner

SAID = "a receiver that hangs for minutes delays no job: it begins as late as if nobody were told"
FIRES = 60
_PAUSE = 3  # seconds between two fires of one runner: of three each has its own second
MOST_US, MOST_EVER_US = 5_000.0, 20_000.0  # as in goal 7
NOTES = f"""\
Three runners are up at once, each with one job, `/bin/true`, that is due every {_PAUSE} seconds, \
one after the other: {FIRES} fires each. Two of them tell a webhook of each success. Lateness is \
how long after its fire time a run was started, by the history.
The one that hangs takes each request and never answers: it is given up after 30 seconds, and \
tried again 30 seconds, 2 minutes and 8 minutes later. What else it is to be told waits meanwhile.
What is wanted is what goal 7 wants of a runner that tells nobody.
"""

_NOBODY, _ANSWERS, _HANGS = "nobody is told", "a webhook that answers", "a webhook that hangs"


class _Receiver(ThreadingHTTPServer):
    """A server of webhooks; one that *hangs* does so until it is closed."""

    daemon_threads = True

    def __init__(self, *, hangs: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.hangs = hangs
        self.over = threading.Event()


class _Request(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.hangs:
            self.server.over.wait()
        else:
            self.send_response(204)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _receiving(*, hangs: bool) -> Iterator[str]:
    """Run such a server; yield its URL."""
    server = _Receiver(hangs=hangs)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def measure() -> Goal:
    """Return how late they begin."""
    with ExitStack() as held:
        urls = {
            _NOBODY: None,
            _ANSWERS: held.enter_context(_receiving(hangs=False)),
            _HANGS: held.enter_context(_receiving(hangs=True)),
        }
        runners = {
            name: held.enter_context(Runner(_file(second, url)))
            for second, (name, url) in enumerate(urls.items())
        }
        for runner in runners.values():
            runner.until_recorded(FIRES)
        late = {
            name: [start * 1000 for start in runner.times().starts]
            for name, runner in runners.items()
        }
        told = {name: _told(runner) for name, runner in runners.items()}
    for name, times in late.items():
        _check(name, len(times), told[name])
    return Goal("telling", SAID, _lines(late), NOTES.splitlines())


def _file(second: int, url: str | None) -> str:
    notify = "" if url is None else f", notify: {{webhook: '{url}', when: success}}"
    clock = f"{{every: {_PAUSE}s, anchor: '2026-01-01 00:00:0{second}'}}"
    return f"timezone: UTC\njobs: {{job: {{command: /bin/true, clock: {clock}{notify}}}}}\n"


def _told(runner: Runner) -> tuple[int, int]:
    """Return how many messages were sent, and how many wait."""
    sent, waiting = runner.ask(
        "SELECT total(state = 'sent'), total(state = 'waiting') FROM deliveries"
    )
    return int(sent), int(waiting)


def _check(name: str, runs: int, told: tuple[int, int]) -> None:
    """
    See to it that messages were sent, or not, as the name of a contestant has it.

    Raises: RuntimeError when that is not so.
    """
    sent, waiting = told
    good = {_NOBODY: not sent + waiting, _ANSWERS: sent >= runs - 1, _HANGS: waiting >= runs - 1}
    if not good[name] or (name == _HANGS and sent):
        raise RuntimeError(f"{name}: {runs} runs, {sent} messages sent, {waiting} wait")


def _lines(late: dict[str, list[float]]) -> list[Line]:
    lines = []
    for work, of, unit, most in (
        ("lateness, the median", median, "5 ms", MOST_US),
        ("the longest", max, "20 ms", MOST_EVER_US),
    ):
        found = {name: of(times) for name, times in late.items()}
        for name, us in found.items():
            ratio = "" if name == _NOBODY else f"{us / found[_NOBODY]:.3g}{TIMES} nobody"
            wanted, met = (f"≤ {unit}", us <= most) if name == _HANGS else ("", None)
            lines.append(Line(f"{work}, {name}", "schedkit", duration(us), ratio, wanted, met))
    return lines
