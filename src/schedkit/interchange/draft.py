"""
What an import makes of another scheduler's files, and an export of ours.

A draft is the plain data of a job, not a Job: what is written is what a person would write, and
the loader reads it as it reads anything else.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

import yaml

from schedkit.texts import safe

_LONGEST_NAME = 60  # characters; a job may have more, but nobody types them
_WIDEST = 60  # characters of a list or mapping that is written on one line
_HEADER = "Imported by sched. Check it with `sched validate`, preview it with `sched next`."


@dataclass(frozen=True, slots=True)
class Draft:
    """A job to be written: its keys in the order in which they are to stand, and a comment."""

    name: str
    keys: dict[str, Any]
    comment: str = ""


class Difference(NamedTuple):
    """
    What is not the same on the other side.

    *place* is where the source says it, such as `crontab:12`, *text* what stands there, in one
    line. *message* says what differs, or why it is not taken, and what to do. Not *taken*: nothing
    of it is in what was written.
    """

    place: str
    text: str
    message: str
    taken: bool = True


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What was read: jobs, keys for the top of the file, and what is not the same.

    *comment* is what comments of the source say that are about no job.
    """

    jobs: tuple[Draft, ...]
    differences: tuple[Difference, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    comment: str = ""


class Refusal(NamedTuple):
    """A job that a format cannot express, and why."""

    job: str
    why: str


@dataclass(frozen=True, slots=True)
class Exported:
    """
    What was written: one text, or files by name where a format takes several.

    The place of a difference is the name of a job, its text the setting that it is about.
    """

    text: str = ""
    files: dict[str, str] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()
    differences: tuple[Difference, ...] = ()


def unique_name(wish: str, taken: Container[str]) -> str:
    """
    Return a name for a job, made of any text, that is not among those *taken*.

    >>> unique_name("/usr/bin/backup --all", {"usr-bin-backup-all"})
    'usr-bin-backup-all-2'
    """
    return next(found for found in _numbered(_plain_name(wish)) if found not in taken)


class Names:
    """Names for jobs, each given once; the next of many alike is not sought from the first."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._to_come: dict[str, Iterator[str]] = {}

    def take(self, wish: str) -> str:
        """Return what `unique_name` does."""
        name = _plain_name(wish)
        to_come = self._to_come.setdefault(name, _numbered(name))
        found = next(found for found in to_come if found not in self._taken)
        self._taken.add(found)
        return found


def _plain_name(wish: str) -> str:
    words = re.findall(r"[\w.@+]+", "".join(c if c.isprintable() else " " for c in wish))
    return "-".join(words).strip("-.")[:_LONGEST_NAME].rstrip("-.") or "job"


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def to_yaml(imported: Imported, header: str = _HEADER) -> str:
    """Return the whole file; what was not taken stands at its end, as comments."""
    parts = [_comment(header)]
    if imported.settings:
        parts.append(_written(imported.settings))
    jobs = "\n".join(
        _comment(job.comment, "  ")
        + _written({"jobs": _Block({job.name: _Block(job.keys)})}).partition("\n")[2]
        for job in imported.jobs
    )
    parts.append(f"jobs:\n{jobs}" if jobs else "jobs: {}\n")
    if imported.comment:
        parts.append(_comment(imported.comment))
    lost = [one for one in imported.differences if not one.taken]
    if lost:
        lines = [f"{one.place}: {one.text}\n  {one.message}" for one in lost]
        parts.append(_comment("\n".join(["Not taken:", *lines])))
    return "\n".join(parts)


def _comment(text: str, indent: str = "") -> str:
    """Return *text* as comments; YAML wants them as printable as all the rest."""
    lines = ("\t".join(map(safe, line.split("\t"))) for line in text.split("\n"))
    return "".join(f"{indent}# {line}".rstrip() + "\n" for line in lines) if text else ""


def _written(mapping: dict[str, Any]) -> str:
    text: str = yaml.dump(
        _Block(mapping), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text


class _Block(dict[str, Any]):
    """A mapping that never stands on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes as a person would: what is short on one line, a text of several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Go one level deeper; PyYAML would leave the entries of a list where its key is."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # as PyYAML calls it
        """Return True: what is there twice is written twice."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """Return how a text is to be written: None for plain, or in quotes where it has to be."""
    if text.isprintable():
        return None
    # In a block, and within single quotes, line ends of other kinds would become newlines.
    lines = text.split("\n")
    in_block = len(lines) > 1 and all(line.replace("\t", "").isprintable() for line in lines)
    ends_well = bool(text.strip()) and not any(line != line.rstrip() for line in lines)
    return "|" if in_block and ends_well else '"'


def _mapping(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    short = not isinstance(value, _Block) and _short(value)
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), short)


def _list(dumper: _Dumper, value: list[Any] | tuple[Any, ...]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, _short(value))


def _short(value: Any) -> bool:
    """Return whether a list or mapping is to stand on one line."""
    text = str(value)
    return len(text) <= _WIDEST and "\\n" not in text


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(_Block, _mapping)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(tuple, _list)
