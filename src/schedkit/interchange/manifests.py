"""Manifests of Kubernetes: what stands in them, on which line, and what nobody asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from schedkit.errors import ConfigError

_MOST_NODES = 500_000  # of a document; the largest of objects has some thousands
_LONGEST = 120  # characters of a value that is shown

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Manifest:
    """
    One object; *path* leads to it from *node*, the top of its document.

    What has been asked for is remembered, so that `rest` can tell what has not.
    """

    file: str
    data: dict[str, Any]
    node: yaml.Node
    path: Path = ()
    _asked: set[Path] = field(default_factory=set)

    def get(self, *path: str | int) -> Any:
        """Return what stands at *path*, None for nothing."""
        self._asked.add(path)
        found: Any = self.data
        for step in path:
            if isinstance(step, int):
                is_there = isinstance(found, list) and step < len(found)
            else:
                is_there = isinstance(found, dict) and step in found
            if not is_there:
                return None
            found = found[step]
        return found

    def mapping(self, *path: str | int) -> dict[str, Any]:
        """
        Return the keys at *path*, none when nothing stands there; they count as not asked for.

        Raises: ConfigError when something else does.
        """
        found = self.get(*path)
        self._asked.discard(path)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise ConfigError.of(f"{self.text(path)} is no mapping")
        return found

    def rest(self) -> Iterator[Path]:
        """Yield where something stands that nobody asked for: the highest place of each."""
        return self._rest(self.data, ())

    def _rest(self, value: Any, path: Path) -> Iterator[Path]:
        if path in self._asked or value in (None, {}, []):
            return
        below = any(asked[: len(path)] == path for asked in self._asked)
        if not below or not isinstance(value, (dict, list)):
            yield path
            return
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in items:
            yield from self._rest(entry, (*path, key))

    def place(self, path: Path = ()) -> str:
        """Return the file and the line of the key at *path*, or as far as it leads."""
        node, line = self.node, self.node.start_mark.line
        for step in (*self.path, *path):
            following = _below(node, step)
            if following is None:
                break
            line, node = following
        return f"{self.file}:{line + 1}"

    def text(self, path: Path) -> str:
        """Return what stands at *path*, in a line."""
        value: Any = self.data
        for step in path:
            value = value[step]
        shown = value if isinstance(value, str) else json.dumps(value, default=str)
        shown = " ".join(shown.split())
        if len(shown) > _LONGEST:
            shown = f"{shown[: _LONGEST - 1]}…"
        keys = [str(step) for step in path if isinstance(step, str)]
        return f"{keys[-1] if keys else ''}: {shown}"


def _below(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def manifests(text: str, file: str) -> Iterator[Manifest]:
    """
    Yield the objects of every document, those of lists one by one.

    Raises: ConfigError when it is no YAML.
    """
    try:
        loader = yaml.SafeLoader(text)
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            _check(node, [0], ())
            yield from _objects(Manifest(file, _joined(loader.construct_document(node)), node))
    except ConfigError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError.of(f"{file}:{line}: this is no YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        why = f"the character #x{error.character:04x} cannot stand in it"
        raise ConfigError.of(f"{file}: this is no YAML: {why}") from error
    except RecursionError as error:
        raise ConfigError.of(f"{file}: it is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError.of(f"{file}: this is no YAML: {error}") from error


def _joined(value: Any) -> Any:
    """Return *value* with the halves of characters put together that JSON writes as two."""
    if isinstance(value, dict):
        return {_joined(key): _joined(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_joined(below) for below in value]
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _check(node: yaml.Node, count: list[int], above: tuple[int, ...]) -> None:
    """Refuse what aliases make endless, or nearly so."""
    count[0] += 1
    if count[0] > _MOST_NODES or id(node) in above:
        raise yaml.YAMLError("its aliases expand to too much")
    if isinstance(node, yaml.ScalarNode):
        return
    for entry in node.value:
        for below in entry if isinstance(entry, tuple) else (entry,):
            _check(below, count, (*above, id(node)))


def _objects(document: Manifest) -> Iterator[Manifest]:
    if document.data is None:
        return
    if not isinstance(document.data, dict):
        raise ConfigError.of(f"{document.place()}: this is no manifest")
    kind = str(document.data.get("kind", ""))
    if not kind.endswith("List"):
        yield document
        return
    items = document.data.get("items")
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            # Those of a CronJobList need not say again what they are.
            typed = {"kind": kind.removesuffix("List"), **item} if kind != "List" else item
            yield Manifest(document.file, typed, document.node, ("items", number))
