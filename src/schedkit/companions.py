"""What else a runner waits for beside its jobs, and never for what that waits for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from schedkit.jobs import Jobs
from schedkit.typed import Protocol


class Companion(Protocol):
    """Something that goes on beside the jobs: it has its part of the loop, and children maybe."""

    def settle(self, jobs: Jobs) -> None:
        """Go by these jobs from now on."""

    def descriptors(self) -> list[int]:
        """Return what can be read when `serve` has something to do."""

    def serve(self, ready: set[int]) -> None:
        """Do what there is to do, some of its descriptors being *ready*; never wait."""

    def next_time(self) -> datetime | None:
        """Return when `serve` has something to do, by the clock."""

    def next_deadline(self) -> timedelta | None:
        """Return when `serve` has something to do, by `Watch.elapsed`."""

    def ended(self, pid: int, status: int) -> bool:
        """Return whether a child that ended, with *status* as wait gives it, was its own."""

    def close(self) -> None:
        """Let go of everything: the runner ends."""


class Companions:
    """The companions of one runner, as one."""

    def __init__(self) -> None:
        self._named: dict[str, Companion] = {}

    @property
    def _all(self) -> list[Companion]:
        return list(self._named.values())

    def need(self, name: str, make: Callable[[], Companion]) -> bool:
        """Let one more go along from now on, unless that of its name does; return whether it is."""
        if name in self._named:
            return False
        self._named[name] = make()
        return True

    def settle(self, jobs: Jobs) -> None:
        """Go by these jobs from now on."""
        for one in self._all:
            one.settle(jobs)

    def descriptors(self) -> list[int]:
        """Return what can be read when `serve` has something to do."""
        return [descriptor for one in self._all for descriptor in one.descriptors()]

    def serve(self, ready: set[int]) -> None:
        """Let each do what it has to do."""
        for one in self._all:
            one.serve(ready)

    def next_time(self) -> datetime | None:
        """Return when one has something to do, by the clock."""
        return _first(one.next_time() for one in self._all)

    def next_deadline(self) -> timedelta | None:
        """Return when one has something to do, by `Watch.elapsed`."""
        times = (one.next_deadline() for one in self._all)
        return min((time for time in times if time is not None), default=None)

    def ended(self, pid: int, status: int) -> bool:
        """Return whether a child that ended was one of theirs."""
        return any(one.ended(pid, status) for one in self._all)

    def close(self) -> None:
        """Let all of them go."""
        for one in self._all:
            one.close()


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)
