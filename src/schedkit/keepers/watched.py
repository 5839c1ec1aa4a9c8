"""An attempt that goes on: what is known of it, and how it ended."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from schedkit.executor import NotStarted, Result, Spawned
from schedkit.keepers import outputs
from schedkit.keepers.connection import Connection
from schedkit.keepers.journals import Journal
from schedkit.keepers.stories import Story, since
from schedkit.launch import Launch
from schedkit.processes import Tree, process
from schedkit.run import AttemptKey

_LIMIT = 10_000_000  # bytes of output, where its keeper died before it wrote another number


class Watched:
    """
    An attempt, from when its start was ordered, or it was taken over, to when all of it is over.

    Its *keeper* is ours and alive, its *former* one was; *journal* is that of a keeper of an
    earlier runner. *pidfd* is there where nobody tells when it ends; *tree* once it was told to
    stop. That it *never_ran* is certain.
    """

    __slots__ = (
        "former", "journal", "keeper", "keepers_lost", "key", "launch", "mark", "never_ran",
        "output", "pidfd", "result", "story", "tree",
    )  # fmt: skip

    def __init__(
        self,
        key: AttemptKey,
        mark: str,
        output: Path,
        result: Path | None = None,
        *,
        keeper: Connection | None = None,
        launch: Launch | None = None,
    ) -> None:
        self.key = key
        self.mark = mark
        self.output = output
        self.result = result
        self.story = Story()
        self.keeper = keeper
        self.former: Connection | None = None
        self.journal: Journal | None = None
        self.launch = launch
        self.pidfd: int | None = None
        self.tree: Tree | None = None
        self.never_ran = False
        self.keepers_lost = 0  # so many were told to start it, and died before they did

    @property
    def limit(self) -> int:
        """How many bytes of its output are kept."""
        return _LIMIT if self.story.limit is None else self.story.limit

    def reapers(self) -> set[int]:
        """Return the processes that get the orphans of its tree: its keeper, or who comes after."""
        found = {os.getpid(), 1}
        if self.keeper is not None:
            found.add(self.keeper.pid)
        elif self.journal is not None and self.journal.stories.pid is not None:
            found.add(self.journal.stories.pid)
        if self.story.pid is not None and (leader := process(self.story.pid)) is not None:
            found.add(leader.parent)
        return found

    def begin(self) -> Spawned:
        """Return its start."""
        assert self.story.pid is not None
        return Spawned(self.key, self.story.pid, self.story.started, since(self.story.started))

    def end(self, ago: timedelta | None = None) -> Result:
        """Return its end, with what it has left behind in its final form."""
        story = self.story
        output = outputs.settle(self.output, self.limit, story.cut)
        told = outputs.told(self.result)
        took = None
        if story.ended is not None and story.started:
            took = timedelta(microseconds=(story.ended - story.started) // 1000)
        if ago is None:
            ago = timedelta(0) if story.ended is None else since(story.ended)
        return Result(
            self.key, story.status, took, ago, story.peak_memory_kb, story.cpu_time,
            output.kept, output.dropped, output.last_line,
            told.get("returned"), told.get("raised"),
        )  # fmt: skip

    def failure(self) -> NotStarted:
        """Return why it was not started; nothing of it stays."""
        assert self.story.not_started is not None
        outputs.settle(self.output, _LIMIT, 0)
        outputs.told(self.result)
        return NotStarted(self.key, self.story.not_started)

    def is_running(self) -> bool:
        """Return whether its process is alive, or this runner's child whose end it will be told."""
        story = self.story
        found = None if story.pid is None else process(story.pid)
        if found is None or found.start > story.started:
            return False
        return found.alive or found.parent == os.getpid()
