"""
The unit files of systemd: their syntax, and what else is put together with one.

Source: systemd.syntax(7); systemd.unit(5), "Unit File Load Path" and "Description" for drop-ins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from schedkit.errors import ConfigError
from schedkit.interchange.draft import Difference

_SYSTEM = tuple(
    Path(root, "systemd/system")
    for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
)  # fmt: skip
_USER = (
    Path("~/.config/systemd/user"), Path("~/.local/share/systemd/user"), Path("/etc/systemd/user"),
    Path("/run/systemd/user"), Path("/usr/local/lib/systemd/user"), Path("/usr/lib/systemd/user"),
)  # fmt: skip
_NOTHING = Path("/dev/null")  # where the name of a masked unit leads
_TIMES = (
    "OnCalendar", "OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec",
    "OnUnitInactiveSec",
)  # fmt: skip
PATHS = ("PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty")
# Assigned nothing, each of them forgets its group. Source: systemd.timer(5), systemd.path(5).
_GROUPS = {name: group for group in (_TIMES, PATHS) for name in group}
_HEADER = re.compile(r"# (\S*\.(?:timer|path|service|conf))")


class Setting(NamedTuple):
    """An assignment; *place* is its file and line."""

    section: str
    name: str
    value: str
    place: str


@dataclass(slots=True)
class Unit:
    """
    A unit: what is assigned in its file and its drop-ins, in the order in which it counts.

    *user*: of the manager of a user rather than the system's; None when its place does not tell.
    What has been asked for is remembered, so that `rest` can tell what has not.
    """

    name: str
    path: str
    settings: tuple[Setting, ...]
    wrong: tuple[Difference, ...] = ()
    user: bool | None = None
    _asked: set[tuple[str, str]] = field(default_factory=set)

    def all(self, section: str, name: str) -> list[Setting]:
        """Return every assignment that counts: those after the last one of nothing."""
        self._asked.add((section, name))
        return [one for one in self._counting() if (one.section, one.name) == (section, name)]

    def last(self, section: str, *names: str) -> Setting | None:
        """Return the assignment that counts of a setting that has one value, by any of *names*."""
        found = [one for name in names for one in self.all(section, name)]
        return max(found, key=self.settings.index, default=None)

    def rest(self) -> Iterator[Setting]:
        """Yield the assignments that nobody asked for."""
        yield from (one for one in self._counting() if (one.section, one.name) not in self._asked)

    def _counting(self) -> list[Setting]:
        counting: list[Setting] = []
        for one in self.settings:
            if one.value:
                counting.append(one)
                continue
            names = _GROUPS.get(one.name, (one.name,))
            counting = [c for c in counting if c.section != one.section or c.name not in names]
        return counting


# ---- syntax


def parse(text: str, path: str) -> tuple[list[Setting], list[Difference]]:
    """Return the assignments of a file, and what of it systemd would pass over."""
    settings: list[Setting] = []
    wrong: list[Difference] = []
    section: str | None = None
    for number, line in _logical_lines(text):
        place = f"{path}:{number}"
        name, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif not equals or section is None:
            message = "this is no assignment" if section else "this stands before any section"
            wrong.append(Difference(place, line, f"{message}: systemd passes over it", taken=False))
        elif not section.startswith("X-") and not name.startswith("X-"):  # anybody's own notes
            settings.append(Setting(section, name.strip(), value.strip(), place))
    return settings, wrong


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield what a backslash at an end of line goes on with as one, and where it begins."""
    begun, parts = 0, ""
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        begun = begun or number
        slashes = len(line) - len(line.rstrip("\\"))
        if slashes % 2:
            parts += line[:-1] + " "
            continue
        if whole := (parts + line).strip():
            yield begun, whole
        begun, parts = 0, ""
    if whole := parts.strip():
        yield begun, whole


# ---- files


def load(path: Path) -> Unit | None:
    """
    Return the unit of a file, its drop-ins applied; None when it is masked.

    The file of a template stands for each of its instances.

    Raises: OSError; ConfigError when it is not UTF-8.
    """
    file = path if path.exists() else path.with_name(_template(path.name) or path.name)
    target = real(file)
    if target == _NOTHING or (target.is_file() and not target.stat().st_size):
        return None
    directories = _directories(file, target)
    texts = [(str(file), _text(file))]
    texts += [(str(one), _text(one)) for one in _drop_ins(path.name, directories)]
    return of_texts(path.name, texts)


def of_texts(name: str, texts: Iterable[tuple[str, str]]) -> Unit:
    """Return the unit of the texts of its file and its drop-ins, with the path of each."""
    settings: list[Setting] = []
    wrong: list[Difference] = []
    paths = []
    for path, text in texts:
        paths.append(path)
        found, passed_over = parse(text, path)
        settings += found
        wrong += passed_over
    return Unit(name, paths[0], tuple(settings), tuple(wrong), _of_user(paths[0]))


def beside(timer: Path, name: str) -> Path | None:
    """Return the file of the unit *name* that belongs to the file of a timer, None for none."""
    file = timer if timer.exists() else timer.with_name(_template(timer.name) or timer.name)
    for directory in _directories(file, real(file)):
        for candidate in (name, _template(name)):
            if candidate is not None and (directory / candidate).exists():
                return directory / name
    return None


def split_stream(text: str) -> dict[str, list[tuple[str, str]]]:
    """Return the texts of each unit, with their paths, from what `systemctl cat` writes."""
    units: dict[str, list[tuple[str, str]]] = {}
    path, lines = "", list[str]()

    def add() -> None:
        place = Path(path)
        name = place.parent.name.removesuffix(".d") if place.suffix == ".conf" else place.name
        if path:
            units.setdefault(name, []).append((path, "\n".join(lines)))

    for line in text.split("\n"):
        if header := _HEADER.fullmatch(line.rstrip()):
            add()
            path, lines = header[1], []
        else:
            lines.append(line)
    add()
    return units


def real(path: Path) -> Path:
    """Return what a path leads to; a link that leads nowhere, or to itself, is no error yet."""
    return Path(os.path.realpath(path))


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():  # a pipe would be read for ever
        raise ConfigError.of(f"{path}: this is no file")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError.of(f"{path}: this is not UTF-8") from None


def _template(name: str) -> str | None:
    """Return the name of the file that an instance shares with all others, None for no instance."""
    stem, at, instance = name.partition("@")
    return f"{stem}@.{instance.rpartition('.')[2]}" if at else None


def _directories(file: Path, target: Path) -> list[Path]:
    """Return where the files are that belong to one, what overrides first."""
    own = [file.parent] if file.absolute().parent == target.parent else [file.parent, target.parent]
    for known in (_SYSTEM, tuple(path.expanduser() for path in _USER)):
        if target.parent in known or file.absolute().parent in known:
            return list(dict.fromkeys([*known, *own]))
    return own


def _drop_ins(name: str, directories: list[Path]) -> list[Path]:
    """Return the drop-ins of a unit in their order, by the names of their files."""
    stem, dot, kind = name.rpartition(".")
    names = [name, _template(name), *_prefixes(stem, f".{kind}"), kind]
    found: dict[str, Path] = {}
    for part in filter(None, names):
        for directory in directories:
            for file in (directory / f"{part}.d").glob("*.conf"):
                found.setdefault(file.name, file)
    return [
        found[file] for file in sorted(found) if real(found[file]) != _NOTHING and dot
    ]  # fmt: skip


def _prefixes(stem: str, suffix: str) -> Iterator[str]:
    """Yield the names that units share: foo-bar- and foo- for foo-bar-baz, the longest first."""
    parts = stem.partition("@")[0].split("-")
    for end in range(len(parts) - 1, 0, -1):
        yield "-".join(parts[:end]) + "-" + suffix


def _of_user(path: str) -> bool | None:
    place = os.path.abspath(path)  # noqa: PTH100  # where its name stands, not where a link leads
    if "/systemd/user/" in place:
        return True
    return False if "/systemd/system/" in place else None
