"""
The compiled form of files of schedules: read once, kept until a file changes.

Reading YAML takes pydantic, croniter and PyYAML, most of what a verb would cost. The compiled
form is the same objects, pickled: in the user's own cache, and in a file that a child hands to a
runner, which never reads YAML in its own process. Nothing else is ever unpickled.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from schedkit import __version__
from schedkit.form import Form, StrangeError
from schedkit.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from schedkit.config import Config

    Names = Sequence[str | os.PathLike[str]]

REFUSED = 65  # Source: sysexits.h, EX_DATAERR
_PATIENCE = 5  # seconds, with another process that reads the same files
_MOST_TOLD = 20  # problems, to a runner: its log is no place for thousands of them
_LONGEST_TOLD = 10_000  # characters of a line that is shown with a problem


class Outline(NamedTuple):
    """
    What is known of files without a look at what their jobs are.

    *state* is that of `Config`, *stamps* are its stamps; of each job here is the name, the
    description and whether it is enabled. *expecting* are those that promise something, by name.
    """

    state: str | None
    jobs: tuple[tuple[str, str, bool], ...]
    stamps: tuple[tuple[str, int, int, int], ...]
    expecting: tuple[str, ...]


def load(paths: Names) -> Config:
    """
    Return what the files at *paths* say, from the cache when none of them has changed.

    Raises: InvalidFileError, with every problem of all of them.
    """
    known = cached(paths)
    if known is not None:
        return known
    from pathlib import Path

    from schedkit import loader

    with _alone(paths):
        known = cached(paths)  # by now, if another process has read them meanwhile
        if known is not None:
            return known
        config = loader.load([*map(Path, paths)])
        _to_cache(paths, config)
    return config


def outline(paths: Names) -> Outline:
    """
    Return the outline of what the files at *paths* say.

    Raises: InvalidFileError, as `load` does.
    """
    known = outline_before(paths)
    if known is not None and all(map(unchanged, known.stamps)):
        return known
    config = load(paths)
    jobs = tuple((job.name, job.description, job.enabled) for job in config.jobs)
    expecting = tuple(config.by_name.expecting())
    return Outline(config.state, jobs, tuple(stamp[:] for stamp in config.stamps), expecting)


def outline_before(paths: Names) -> Outline | None:
    """Return the outline of files, which may be broken now, from when they were last read."""
    found = _opened(paths)
    if found is None:
        return None
    try:
        header = found.header
        return Outline(header.state, found.outline(), header.stamps, found.expecting())
    except (ValueError, EOFError, TypeError):  # whatever is wrong with it, the files are there
        return None


def cached(paths: Names, *, ready: bool = False) -> Config | None:
    """Return what the files at *paths* say if they have been read since they changed."""
    found = _opened(paths)
    if found is None:
        return None
    try:
        if not all(map(unchanged, found.header.stamps)):
            return None
        found.check()
        from schedkit import stored

        return stored.config(found, ready=ready)
    except StrangeError:  # the files are there
        return None


def _opened(paths: Names) -> Form | None:
    """Return the compiled form in the cache, as it was when it was written; None without one."""
    path = _cache_file(paths)
    try:
        descriptor = None if path is None else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        descriptor = None
    if descriptor is None:
        return None
    own = os.fstat(descriptor).st_uid == os.getuid()  # what is unpickled may be code
    try:
        found = Form(descriptor)
    except StrangeError:
        return None
    return found if own and found.header.key == _key(paths) else None


@contextmanager
def _alone(paths: Names) -> Iterator[None]:
    """
    Let one process at a time read files that changed; the others find them in the cache.

    What cannot be locked, or is locked for too long, is read beside others: that costs time alone.
    """
    from filelock import FileLock, Timeout

    path = _cache_file(paths)
    with ExitStack() as held:
        if path is not None:
            with suppress(OSError, Timeout):
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                held.enter_context(FileLock(f"{path}.lock", timeout=_PATIENCE, mode=0o600))
        yield


def _to_cache(paths: Names, config: Config) -> None:
    path = _cache_file(paths)
    if path is None:
        return
    from pathlib import Path

    from schedkit import compiling

    temporary = Path(f"{path}.{os.getpid()}")
    with suppress(OSError):  # a cache that cannot be written is none
        temporary.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            compiling.write(config, _key(paths), file)
        temporary.replace(path)


def unchanged(stamp: tuple[str, int, int, int]) -> bool:
    """Return whether a file, or the list of files of a directory, is still as its stamp says."""
    try:
        status = os.stat(stamp[0])
    except OSError:
        return False
    return (status.st_mtime_ns, status.st_size, status.st_ino) == stamp[1:]


def _cache_file(paths: Names) -> str | None:
    """Return where the compiled form of *paths* is kept; None for a user without a home."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(root):
        return None
    named = repr((*map(os.path.abspath, paths), os.environ.get("TZ")))
    return os.path.join(root, "sched", f"{zlib.crc32(named.encode()):08x}")


def _key(paths: Names) -> str:
    """Return what tells the compiled form of *paths* from every other."""
    return repr((*map(os.path.abspath, paths), *_surroundings()))


def _surroundings() -> Iterator[object]:
    """Yield what the compiled form depends on beside the files: code, Python, zone of machine."""
    yield __version__
    yield sys.version
    yield os.environ.get("TZ")
    yield os.path.realpath("/etc/localtime")
    package = os.path.dirname(__file__)
    for directory in (package, *(entry.path for entry in os.scandir(package) if entry.is_dir())):
        with os.scandir(directory) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(".py"):
                    yield entry.stat().st_mtime_ns


def main() -> int:
    """
    Write to stdout the compiled form of files; what is wrong with them, pickled, and return 65.

    The first argument is how many seconds that may take, the others are the files.
    """
    import pickle
    import signal
    from dataclasses import replace

    from schedkit import compiling
    from schedkit.report import Diagnostic, InvalidFileError

    signal.alarm(int(sys.argv[1]))
    try:
        config = load(sys.argv[2:])
    except InvalidFileError as error:
        told = error.diagnostics[:_MOST_TOLD]
        told = [one if len(one.text) < _LONGEST_TOLD else replace(one, text="") for one in told]
        if (more := len(error.diagnostics) - _MOST_TOLD) > 0:
            rest = f"{more} more problems: see sched validate"
            told.append(Diagnostic.of_file(told[0].file, rest))
        sys.stdout.buffer.write(pickle.dumps(told, pickle.HIGHEST_PROTOCOL))
        return REFUSED
    compiling.write(config, "", sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
