"""A YAML file as a tree that remembers where everything stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from schedkit.errors import Problem
from schedkit.job import Lines
from schedkit.loader import sources, syntax, usual
from schedkit.loader.defaults import reaches
from schedkit.loader.syntax import (
    DEEPEST,
    LONGEST_NUMBER,
    MAPPING,
    MERGE,
    NULL,
    SEQUENCE,
    STRING,
    TOO_DEEP,
    TOP,
)
from schedkit.loader.usual import Usual
from schedkit.report import Diagnostic, InvalidFileError

_PLAIN_TAGS = {NULL, MERGE, STRING, MAPPING, SEQUENCE}
_MOST_VALUES = 2_000_000  # a file of ten thousand jobs has about 200,000; aliases can make more
_ITSELF = "this alias contains itself"

TOLD = frozenset(Lines._fields)  # keys of a job
_Pair = tuple[yaml.Node, yaml.Node]  # key and value
REFUSED: Any = type("Refused", (), {"__repr__": lambda _: "what has been refused"})()


class Document:
    """
    One file of YAML. Everything it finds wrong goes to `diagnostics`.

    *known* is what it says if there is nothing unusual in it: nodes are made for places alone.

    Raises: InvalidFileError when it is no YAML.
    """

    def __init__(self, path: str, text: str, known: Usual | None = None) -> None:
        self.path = path
        self.diagnostics: list[Diagnostic] = []
        self._text = text
        self._usual = known
        if known is None:
            _ = self._root
        self._values = 0
        self._open: set[int] = set()
        self._checked: set[int] = set()
        self._odd: set[int] = set()  # mappings of which a key is there twice, merges, is no text
        self._reported: set[Diagnostic | str] = set()
        self._known_pairs: dict[int, dict[str, _Pair]] = {}

    @cached_property
    def file(self) -> str:
        """Its path, absolute."""
        return str(Path(self.path).absolute())

    @cached_property
    def directory(self) -> str:
        """What relative paths in it start from, absolute."""
        return str(Path(self.file).parent)

    @cached_property
    def _root(self) -> yaml.Node | None:
        return syntax.root(self.path, self._text)

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.splitlines()

    def plain(self) -> Any:
        """
        Return the contents as plain data: dict, list, str and None; None for an empty file.

        REFUSED stands for what has been refused already.
        """
        if self._usual is not None:
            return self._usual.plain
        return None if self._root is None else self._plain(self._root)

    def typed(self, *path: str | int) -> Any:
        """Return what stands at *path* as plain data typed by the core schema of YAML 1.2."""
        if self._usual is not None and path[:1] == ("jobs",) and path[2:] == ("params",):
            return usual.typed(self._usual.plain["jobs"][path[1]]["params"], _of_type)
        return self._plain(self._node(path)[1], typed=True)

    def add(self, problem: Problem, severity: str = "error") -> None:
        """Add a problem; its path leads from the top of the file."""
        key, value = self._node(problem.path)
        node = key if problem.on_key and key is not None else value
        self.diagnostics.append(self._diagnostic(node, problem, severity))

    def has(self, *path: str | int) -> bool:
        """Return whether something stands at *path*, or null."""
        if self._usual is not None:
            return reaches(self._usual.plain, path, len(path))
        found = self._root
        for step in path:
            pair = (
                self._pairs(found).get(str(step)) if isinstance(found, yaml.MappingNode) else None
            )
            if pair is None:
                return False
            found = pair[1]
        return True

    def line(self, *path: str | int) -> int:
        """Return the line (from 1) on which the key or list entry at *path* stands."""
        key, value = self._node(path)
        line: int = (key or value).start_mark.line + 1
        return line

    def lines(self, *path: str | int) -> tuple[int, dict[str, tuple[int, ...]]]:
        """
        Return the line of the mapping at *path*, and the lines of those keys of TOLD that it has.

        Of a list they are those of its entries, of any other value the line of its key.
        """
        if self._usual is not None and path[0] == "jobs":
            return self._usual.jobs[str(path[1])]
        key, value = self._node(path)
        pairs = self._pairs(value) if isinstance(value, yaml.MappingNode) else {}
        line: int = (key or value).start_mark.line + 1
        return line, {key: _lines(pairs[key]) for key in TOLD if key in pairs}

    def _node(self, path: tuple[str | int, ...]) -> tuple[yaml.Node | None, yaml.Node]:
        """Return key and value at *path*, or as far as it leads."""
        key: yaml.Node | None = None
        value = self._root if self._root is not None else yaml.ScalarNode(STRING, "", TOP, TOP)
        for step in path:
            if isinstance(value, yaml.MappingNode):
                pair = self._pairs(value).get(str(step))
                if pair is None:
                    break
                key, value = pair
            elif isinstance(value, yaml.SequenceNode) and isinstance(step, int):
                if step >= len(value.value):
                    break
                key, value = None, value.value[step]
            else:
                break
        return key, value

    def _plain(self, node: yaml.Node, *, typed: bool = False) -> Any:
        if (complaint := self._complaint(node)) is not None:
            self._report(node, *complaint)
            return REFUSED
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, typed=typed)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self._plain(entry, typed=typed) for entry in node.value]
            assert isinstance(node, yaml.MappingNode)
            pairs = self._pairs(node)
            if id(node) in self._odd:
                self._check_keys(node)
            return self._mapping(pairs, typed=typed)
        finally:
            self._open.discard(id(node))

    def _mapping(self, pairs: Mapping[str, _Pair], *, typed: bool) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for name, (_, value) in pairs.items():
            # Nearly all are texts, of which there is nothing to complain.
            if value.tag is STRING and not typed and len(value.value) <= LONGEST_NUMBER:
                plain[name] = value.value
            else:
                plain[name] = self._plain(value, typed=typed)
        self._values += len(plain)
        return plain

    def _complaint(self, node: yaml.Node) -> tuple[str, str | None] | None:
        self._values += 1
        if self._values > _MOST_VALUES:
            raise InvalidFileError(
                [self._diagnostic(node, Problem("the aliases of this file expand to too much"))]
            )
        if id(node) in self._open:
            return _ITSELF, None
        if len(self._open) > DEEPEST:
            return TOO_DEEP, None
        if node.tag not in _PLAIN_TAGS:
            hint = "the keys of a job say of what type their values are"
            return f"the tag {_short(node.tag)} is not used here", hint
        if (
            isinstance(node, yaml.ScalarNode)
            and len(node.value) > LONGEST_NUMBER
            and node.value.isdigit()
        ):
            return f"a number of {len(node.value)} digits is too long", None
        return None

    def _check_keys(self, node: yaml.MappingNode) -> None:
        lines: dict[str, int] = {}
        for key, value in node.value:
            if _is_merge(key):
                self._check_merge(value)
            elif not isinstance(key, yaml.ScalarNode):
                self._report(key, "a key is a text, not a list or a mapping", None)
            elif key.value in lines:
                message = f"the key {key.value!r} is already on line {lines[key.value]}"
                self._report(key, message, None)
            else:
                lines[key.value] = key.start_mark.line + 1

    def _check_merge(self, value: yaml.Node) -> None:
        for other in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if not isinstance(other, yaml.MappingNode):
                self._report(other, "'<<' merges a mapping, or a list of mappings", None)
            elif id(other) in self._open:
                self._report(other, _ITSELF, None)
            elif id(other) not in self._checked:
                self._checked.add(id(other))
                self._open.add(id(other))
                self._check_keys(other)
                self._open.discard(id(other))

    def _pairs(self, node: yaml.MappingNode) -> dict[str, _Pair]:
        """Return the keys of a mapping, those merged into it last and only where it has none."""
        if (known := self._known_pairs.get(id(node))) is not None:
            return known
        # The tag that was resolved here: of a scalar, and neither null nor a merge.
        pairs: dict[str, _Pair] = {
            pair[0].value: pair for pair in node.value if pair[0].tag is STRING
        }
        self._known_pairs[id(node)] = pairs
        if len(pairs) < len(node.value):
            self._odd.add(id(node))
            pairs.clear()
            self._merge(node, pairs)
        return pairs

    def _merge(self, node: yaml.MappingNode, pairs: dict[str, _Pair]) -> None:
        # Pairs are known before they are there: a mapping that merges itself, refused, ends here.
        merged: list[yaml.Node] = []
        for pair in node.value:
            key, value = pair
            if _is_merge(key):
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif isinstance(key, yaml.ScalarNode):
                pairs.setdefault(key.value, pair)
        for other in merged:
            if isinstance(other, yaml.MappingNode):
                for name, below in self._pairs(other).items():
                    pairs.setdefault(name, below)

    def _report(self, node: yaml.Node, message: str, hint: str | None) -> None:
        found = self._diagnostic(node, Problem(message, hint))
        # Two ways can lead to one place; round a circle everything contains itself.
        said = _ITSELF if message == _ITSELF else found
        if said not in self._reported:
            self._reported.add(said)
            self.diagnostics.append(found)

    def _diagnostic(self, node: yaml.Node, problem: Problem, severity: str = "error") -> Diagnostic:
        line, column = node.start_mark.line, node.start_mark.column
        text = self._lines[line] if line < len(self._lines) else ""
        one_line = node.end_mark.line == line
        length = node.end_mark.column - column if one_line else len(text.rstrip()) - column
        if not isinstance(node, yaml.ScalarNode) and problem.span is None:
            length = len(text.rstrip()) - column if not one_line else length
        elif problem.span is not None and isinstance(node, yaml.ScalarNode) and one_line:
            begin, end = problem.span
            quote = 1 if node.style in ("'", '"') else 0
            written = text[column + quote : node.end_mark.column - quote]
            if written == node.value:  # no escapes: a place in the value is one in the file
                column += begin + quote
                length = end - begin
        return Diagnostic(
            severity, self.path, line + 1, column + 1, max(length, 1), problem.message,
            problem.hint, text,
        )  # fmt: skip


def _lines(pair: _Pair) -> tuple[int, ...]:
    key, value = pair
    nodes = value.value if isinstance(value, yaml.SequenceNode) else [key]
    return tuple([node.start_mark.line + 1 for node in nodes])


def _is_merge(key: yaml.Node) -> bool:
    return key.tag == MERGE


def read(path: Path) -> Document:
    """
    Read and parse a file.

    Raises: InvalidFileError when it cannot be read or is no YAML; the first such place only, since
    nothing can be told of what follows it.
    """
    return parse(str(path), sources.contents(path))


def parse(name: str, data: bytes) -> Document:
    """
    Parse what a file of this name holds.

    Raises: InvalidFileError, as `read` does.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        hint = "save the file in the encoding UTF-8"
        raise InvalidFileError(
            [Diagnostic("error", name, line, column, 1, message, hint, "")]
        ) from error
    return Document(name, text, usual.read(text, TOLD))


def _short(tag: str) -> str:
    return repr(tag.replace("tag:yaml.org,2002:", "!!"))


_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def _scalar(node: yaml.ScalarNode, *, typed: bool) -> Any:
    """Return the value of a scalar: None or its text, or a value typed by YAML 1.2."""
    if node.tag == NULL:
        return None
    text: str = node.value
    # In quotes or a block it is a text.
    return text if not typed or node.style else _of_type(text)


def _of_type(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text.startswith("0") and text[1:2] in ("o", "x") else int(text)
    if _FLOAT.fullmatch(text) or _NO_NUMBER.fullmatch(text):
        lower = text.lower()
        return float(lower.replace(".inf", "inf").replace(".nan", "nan"))
    return text
