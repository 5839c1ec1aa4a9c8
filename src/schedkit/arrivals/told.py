"""
What was told of: a job is told of a file once for what is in it.

There may be 100,000 of them, and they are held for as long as they are there: by directory, and
what is known of each in one object.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONTENT = 16  # bytes; those of the mark follow, if it is known
_MARK = 8  # bytes


class _Directory:
    __slots__ = ("device", "names")

    def __init__(self) -> None:
        self.device: int | None = None  # the file system that it was on; None: nobody looked
        self.names: dict[str, dict[str, bytes]] = {}  # by job


class Told:
    """The files that were told of, and to which jobs."""

    def __init__(self) -> None:
        self._directories: dict[str, _Directory] = {}

    def jobs(self, path: str) -> list[str]:
        """Return who was told of it."""
        return [job for job, _ in self._of(path)]

    def looks(self, job: str, path: str, mark: int) -> bool:
        """Return whether the job was told of it, and it looked so."""
        return any(one == job and its[_CONTENT:] == _packed(mark) for one, its in self._of(path))

    def is_news(self, job: str, path: str, content: str) -> bool:
        """Return whether the job is to be told that this is in it."""
        its = bytes.fromhex(content)
        return all((one, said[:_CONTENT]) != (job, its) for one, said in self._of(path))

    def add(
        self, job: str, path: str, content: str, mark: int | None, device: int | None = None
    ) -> None:
        """Take note of what was told, and of what the file looks like; of None when unknown."""
        parent, _, name = path.rpartition("/")
        directory = self._directories.setdefault(parent, _Directory())
        directory.names.setdefault(job, {})[name] = bytes.fromhex(content) + _packed(mark)
        if device is not None:
            directory.device = device

    def forget(self, path: str) -> list[str]:
        """Know nothing of it any more; return the jobs that were told."""
        jobs = self.jobs(path)
        parent, _, name = path.rpartition("/")
        for job in jobs:
            names = self._directories[parent].names
            del names[job][name]
            if not names[job]:
                del names[job]
            if not names:
                del self._directories[parent]
        return jobs

    def keep(self, jobs: set[str]) -> None:
        """Forget what was told to others than these."""
        for path, directory in list(self._directories.items()):
            for job in directory.names.keys() - jobs:
                del directory.names[job]
            if not directory.names:
                del self._directories[path]

    def device(self, directory: str) -> int | None:
        """Return the file system that its files were on, None when nobody has looked."""
        found = self._directories.get(directory)
        return found.device if found else None

    def missing(self, directory: str, names: Iterable[str]) -> list[str]:
        """Return the paths of those in a directory that are none of *names*."""
        found = self._directories.get(directory)
        told = found.names.values() if found else ()
        return [f"{directory}/{name}" for some in told for name in sorted(some.keys() - names)]

    def within(self, place: str) -> list[str]:
        """Return all paths below a directory."""
        return [
            f"{directory}/{name}"
            for directory, found in self._directories.items()
            if f"{directory}/".startswith(f"{place}/")
            for names in found.names.values()
            for name in names
        ]

    def _of(self, path: str) -> Iterator[tuple[str, bytes]]:
        parent, _, name = path.rpartition("/")
        found = self._directories.get(parent)
        if found is not None:
            yield from ((job, names[name]) for job, names in found.names.items() if name in names)


def _packed(mark: int | None) -> bytes:
    return b"" if mark is None else mark.to_bytes(_MARK, "little", signed=True)
