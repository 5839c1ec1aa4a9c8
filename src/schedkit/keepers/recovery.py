"""What is known of the attempts that an earlier runner left open: evidence, no verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from schedkit.executor import Found, Spawned
from schedkit.keepers.journals import Journal
from schedkit.keepers.stories import Stories, Story, since
from schedkit.keepers.watched import Watched
from schedkit.launch import mark, output_file
from schedkit.processes import TICK, Census, Process
from schedkit.run import OpenAttempt


class Recovery:
    """
    The search for attempts of *store*, in this *boot* of the machine.

    Nothing that *journals* are about can be started any more. *output* is the directory of output
    files.
    """

    def __init__(self, journals: Sequence[Journal], output: Path, store: str, boot: str) -> None:
        self._output = output
        self._store = store
        self._boot = boot
        self._sessions = {one.stories.pid for one in journals if one.stories.pid is not None}
        # The last one counts: what certainly never ran is started again through another keeper.
        self._known = {
            key: (one, one.stories.of[key]) for one in journals for key in one.stories.of
        }

    @cached_property
    def _census(self) -> Census:
        return Census()

    def find(self, attempt: OpenAttempt) -> tuple[Found, Watched | None]:
        """Return what is known of an attempt; also the attempt itself if its end is to come."""
        key = attempt.key
        journal, story = self._known.get(key, (None, Story()))
        watched = Watched(key, mark(key, self._store), output_file(self._output, key))
        watched.result = watched.output.with_suffix(".json")
        watched.journal, watched.story = journal, story
        output = watched.output.exists()
        if story.not_started is not None:
            return Found(key, not_started=watched.failure(), output=output), None
        if story.pid is None and attempt.pid is not None:  # the store knows more than the journal
            story.pid, story.started = attempt.pid, attempt.process_start or 0
        here = attempt.boot == self._boot
        if story.pid is None and here and output:
            self._search(watched)
        if story.pid is None:
            return Found(key, output=output), None
        spawned = Spawned(key, story.pid, story.started, self._ago(journal, story.started))
        if story.status is not None:
            assert story.ended is not None
            ended = watched.end(self._ago(journal, story.ended))
            return Found(key, spawned, ended=ended, output=output), None
        kept = journal is not None and not journal.is_dead
        if not here or not (kept or watched.is_running()):
            return Found(key, spawned, output=output), None
        return Found(key, spawned, alive=True, output=output), watched

    def _search(self, watched: Watched) -> None:
        """Look for a process whose start was not written: its keeper was killed just then."""
        found = self._census.leader(watched.mark, self._sessions)
        if found is not None:
            watched.story.pid, watched.story.started = found.pid, found.start + TICK - 1

    def _ago(self, journal: Journal | None, moment: int) -> timedelta:
        """Return how long ago a time of a journal was, even before the machine was started."""
        if journal is None or journal.stories.boot == self._boot:
            return since(moment)
        # Its name is when it was made, by the wall clock.
        wall = int(journal.path.name) + moment - journal.stories.born
        return timedelta(microseconds=(time.time_ns() - wall) // 1000)


def unanswered(
    mark: str, stories: Stories, census: Census, reaped: Sequence[Process]
) -> Process | None:
    """
    Return the process that a keeper had started when it was killed, before it wrote that.

    It is a child of ours by now, perhaps *reaped*, and younger than all that was written. Where
    others are that, too, it is known by its mark; one that has ended has none any more.
    """
    assert stories.pid is not None
    if (found := census.leader(mark, {stories.pid})) is not None:
        return found
    children = [*census.children.get(os.getpid(), ()), *reaped]
    last = [
        one
        for one in children
        if one.pid == one.group and one.session == stories.pid and not census.knows(one.pid)
        if one.start >= stories.latest - TICK
    ]
    return last[0] if len(last) == 1 else None
