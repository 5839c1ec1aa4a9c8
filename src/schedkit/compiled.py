"""
The compiled form of files of schedules: read once, kept until a file changes.

Reading YAML takes pydantic, croniter and PyYAML, most of what a verb would cost. The compiled
form is the same objects, pickled: in the user's own cache, and through a pipe to a runner, which
never reads YAML in its own process. Nothing else is ever unpickled.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from schedkit import __version__
from schedkit.config import Config, Stamp
from schedkit.report import Diagnostic, InvalidFileError

_MOST_TOLD = 20  # problems, to a runner: its log is no place for thousands of them
_LONGEST_TOLD = 10_000  # characters of a line that is shown with a problem


def load(paths: Sequence[Path]) -> Config:
    """
    Return what the files at *paths* say, from the cache when none of them has changed.

    Raises: InvalidFileError, with every problem of all of them.
    """
    known = cached(paths)
    if known is not None:
        return known
    from schedkit import loader

    config = loader.load(paths)
    cache = _cache_file(paths)
    if cache is not None:
        _to_cache(cache, config)
    return config


def cached(paths: Sequence[Path]) -> Config | None:
    """Return what the files at *paths* say if they have been read since they changed."""
    cache = _cache_file(paths)
    known = None if cache is None else _from_cache(cache)
    fresh = known is not None and all(map(unchanged, known.stamps))
    return known if fresh else None


def state_before(paths: Sequence[Path]) -> str | None:
    """Return the state directory that files which are broken now asked for when they were read."""
    cache = _cache_file(paths)
    known = None if cache is None else _from_cache(cache)
    return None if known is None else known.state


def _from_cache(path: Path) -> Config | None:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            gc.disable()  # it would look through ever more objects, none of which is garbage
            config = pickle.load(file)  # noqa: S301  # written by this user, for this user
    except Exception:  # noqa: BLE001  # whatever is wrong with it, the files themselves are there
        return None
    finally:
        gc.enable()
    return config if isinstance(config, Config) else None


def _to_cache(path: Path, config: Config) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):  # a cache that cannot be written is none
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_bytes(pickle.dumps(config, pickle.HIGHEST_PROTOCOL))
        temporary.replace(path)


def unchanged(stamp: Stamp) -> bool:
    """Return whether a file, or the list of files of a directory, is still as it was read."""
    try:
        status = os.stat(stamp.path)
    except OSError:
        return False
    now = Stamp(stamp.path, status.st_mtime_ns, status.st_size, status.st_ino)
    return now == stamp


def _cache_file(paths: Sequence[Path]) -> Path | None:
    """Return where the compiled form of *paths* is kept; None for a user without a home."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(root):
        return None
    key = hashlib.sha256(repr((*map(os.path.abspath, paths), *_surroundings())).encode())
    return Path(root) / "sched" / key.hexdigest()[:32]


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
    Write to stdout the compiled form of files, or what is wrong with them, pickled.

    The first argument is how many seconds that may take, the others are the files.
    """
    signal.alarm(int(sys.argv[1]))
    answer: Config | list[Diagnostic]
    try:
        answer = load([Path(argument) for argument in sys.argv[2:]])
    except InvalidFileError as error:
        told = error.diagnostics[:_MOST_TOLD]
        answer = [one if len(one.text) < _LONGEST_TOLD else replace(one, text="") for one in told]
        if (more := len(error.diagnostics) - _MOST_TOLD) > 0:
            rest = f"{more} more problems: see sched validate"
            answer.append(Diagnostic.of_file(answer[0].file, rest))
    sys.stdout.buffer.write(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
    return 0


if __name__ == "__main__":
    sys.exit(main())
