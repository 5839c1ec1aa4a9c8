"""Files that arrive, as a runner hears of them: none is lost that cannot be kept at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from fakes import START, FakeWatch, load
from flaky import FlakyStore
from histories import begin
from schedkit.children import LineChild
from schedkit.incoming import Incoming
from schedkit.jobs import Jobs

SECOND = timedelta(seconds=1)
JOB = "jobs: {a: {command: x, on: {path: /in/*}}}"


class Child:
    """A process that tells what it is made to."""

    descriptor, pid, behind = 99, 4711, False

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.says: list[dict[str, Any]] = []
        self.closed = False

    def tell(self, said: object) -> None:
        self.asked.append(said)

    def flush(self) -> None:
        pass

    def told(self) -> list[dict[str, Any]]:
        says, self.says = self.says, []
        return says

    def close(self) -> None:
        self.closed = True


class Bench:
    """The companion of a runner, and what goes on around it."""

    def __init__(self, directory: Path, store: FlakyStore) -> None:
        config = load(directory, JOB)
        begin(store, config)
        self.jobs, self.store, self.watch = config.by_name, store, FakeWatch(START)
        self.children: list[Child] = []
        self.refuses = 0
        self.happened = 0
        self.incoming = Incoming(store, self.watch, self._note, self._start)
        self.incoming.settle(self.jobs)

    def _note(self) -> None:
        self.happened += 1

    def _start(self) -> LineChild:
        if self.refuses:
            self.refuses -= 1
            raise OSError(24, "too many open files")
        self.children.append(Child())
        return cast("LineChild", self.children[-1])

    def arrives(self, name: str) -> None:
        said = {
            "job": "a", "part": 0, "path": f"/in/{name}", "content": name, "size": 1,
            "modified": 0.0, "arrived": 0.0, "mark": 1,
        }  # fmt: skip
        self.children[-1].says.append(said)
        self.incoming.serve({Child.descriptor})

    def wait(self) -> None:
        """Wait for what is tried again."""
        self.watch.wait(None, self.incoming.next_deadline(), ())
        self.incoming.serve(set())

    def kept(self) -> list[str]:
        return [path for _, path, _, _ in self.store.arrivals()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(FlakyStore(tmp_path / "history.db")) as store:
        yield Bench(tmp_path, store)


def test_a_file_that_is_told_is_kept_and_said_to_have_happened(bench: Bench) -> None:
    bench.arrives("b")

    assert (bench.kept(), bench.happened, bench.incoming.next_deadline()) == (["/in/b"], 1, None)


def test_what_could_not_be_kept_is_kept_later_also_when_another_process_tells(
    bench: Bench,
) -> None:
    bench.store.fails["arrive"] = 2
    bench.arrives("b")
    bench.incoming.ended(Child.pid, 9)
    bench.wait()
    again = bench.kept()
    bench.wait()

    assert (again, bench.kept(), len(bench.children)) == ([], ["/in/b"], 2)


def test_other_files_do_not_make_it_forget_what_waits_to_be_kept(bench: Bench) -> None:
    bench.store.fails["arrive"] = 1
    bench.arrives("b")
    bench.incoming.settle(bench.jobs)
    bench.wait()

    assert bench.kept() == ["/in/b"]


@pytest.mark.parametrize("fails", ["arrivals", "start"])
def test_a_process_that_cannot_be_started_is_started_later(bench: Bench, fails: str) -> None:
    bench.refuses = 2 if fails == "start" else 0
    bench.store.fails["arrivals"] = 2 if fails == "arrivals" else 0
    bench.incoming.ended(Child.pid, 9)
    for _ in range(3):
        bench.wait()

    assert len(bench.children) == 2
    assert len(bench.children[-1].asked) == 1


def test_nothing_is_watched_for_where_no_job_waits_for_files(bench: Bench) -> None:
    bench.incoming.settle(Jobs())

    assert (bench.children[0].closed, bench.incoming.descriptors()) == (True, [])


def test_a_process_that_was_let_go_is_not_started_again(bench: Bench) -> None:
    bench.incoming.close()
    bench.incoming.ended(Child.pid, 0)

    assert (bench.children[0].closed, bench.incoming.next_deadline()) == (True, None)
