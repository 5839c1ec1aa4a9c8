"""The jobs that files say, by name: each may be loaded only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from schedkit.typed import TYPE_CHECKING

if TYPE_CHECKING:  # a verb that looks at the history alone needs no job
    from schedkit.job import Job


class Jobs(Mapping[str, "Job"]):
    """
    Jobs in the order of their files, all of them at hand.

    What a runner asks of every job, and not of those alone that fire, has a method of its own:
    one that keeps jobs elsewhere answers it without a look at the job.
    """

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        self._jobs = {job.name: job for job in jobs}

    def __getitem__(self, name: str) -> Job:
        return self._jobs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)

    def digests(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each job, and what stands for those of its keys that say when."""
        for name in self:
            yield name, self[name].schedule_digest

    def enabled(self, name: str) -> bool:
        """Return whether a job fires."""
        return self[name].enabled

    def starts_with_runner(self, name: str) -> bool:
        """Return whether a job runs when the runner starts."""
        return self[name].starts_with_runner

    def listening(self) -> list[str]:
        """Return the names of the jobs of which something else than time can cause a run."""
        return [name for name in self if self[name].listens]

    def telling(self) -> dict[str, bool]:
        """Return the jobs of whose runs somebody is told: of each, whether when they begin, too."""
        return {name: self[name].tells_begin for name in self if self[name].tells}

    def expecting(self) -> list[str]:
        """Return the names of the jobs of whose runs something is promised."""
        return [name for name in self if self[name].expects]

    def next_fire(self, name: str, instant: datetime) -> datetime | None:
        """
        Return the first fire time (UTC) of a job later than *instant*; None when there is none.

        Raises: CalendarEndsError past what a calendar of the job knows.
        """
        return self[name].next_fire(instant)
