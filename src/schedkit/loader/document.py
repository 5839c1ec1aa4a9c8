"""
A YAML file as a tree that remembers where everything stands.

Only null and merge keys are resolved here, every other scalar stays a text: the model decides
the types. PyYAML's own typing would make `12:30` the integer 750 and `on:` the key True.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from schedkit.errors import Problem, did_you_mean
from schedkit.loader import sources
from schedkit.report import Diagnostic, InvalidFileError

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_STRING = "tag:yaml.org,2002:str"
_PLAIN_TAGS = {_NULL, _MERGE, _STRING, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_MOST_VALUES = 2_000_000  # a file of ten thousand jobs has about 200,000; aliases can make more
_ITSELF = "this alias contains itself"
_DEEPEST = 50  # levels
_TOO_DEEP = f"this is nested more than {_DEEPEST} levels deep"
# What opens a level, and how many of them PyYAML's C composer, which recurses, is sure to survive.
_OPENINGS = ("[", "{", "- ", "? ")
_SAFE_OPENINGS = 4000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is seven times faster


class _TextLoader(_Loader):  # type: ignore[misc]  # either of two classes
    """Resolves null and merge, nothing else."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own attribute


_TextLoader.add_implicit_resolver(
    _NULL, re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_TextLoader.add_implicit_resolver(_MERGE, re.compile(r"^<<$"), ["<"])


REFUSED: Any = type("Refused", (), {"__repr__": lambda _: "what has been refused"})()


@dataclass(frozen=True, slots=True)
class _Pair:
    key: yaml.Node
    value: yaml.Node


class Document:
    """One file of YAML. Everything it finds wrong goes to `diagnostics`; nothing is raised."""

    def __init__(self, path: str, text: str, root: yaml.Node | None) -> None:
        self.path = path
        self.diagnostics: list[Diagnostic] = []
        self._lines = text.splitlines()
        self._root = root
        self._values = 0
        self._open: set[int] = set()
        self._checked: set[int] = set()
        self._reported: set[Diagnostic | str] = set()
        self._known_pairs: dict[int, dict[str, _Pair]] = {}

    def plain(self) -> Any:
        """
        Return the contents as plain data: dict, list, str and None; None for an empty file.

        REFUSED stands for what has been refused already.
        """
        return None if self._root is None else self._plain(self._root)

    def typed(self, *path: str | int) -> Any:
        """Return what stands at *path* as plain data typed by the core schema of YAML 1.2."""
        return self._plain(self._node(path)[1], typed=True)

    def add(self, problem: Problem, severity: str = "error") -> None:
        """Add a problem; its path leads from the top of the file."""
        key, value = self._node(problem.path)
        node = key if problem.on_key and key is not None else value
        self.diagnostics.append(self._diagnostic(node, problem, severity))

    def has(self, *path: str | int) -> bool:
        """Return whether something stands at *path*, or null."""
        found = self._root
        for step in path:
            pair = (
                self._pairs(found).get(str(step)) if isinstance(found, yaml.MappingNode) else None
            )
            if pair is None:
                return False
            found = pair.value
        return True

    def line(self, *path: str | int) -> int:
        """Return the line (from 1) on which the key or list entry at *path* stands."""
        key, value = self._node(path)
        line: int = (key or value).start_mark.line + 1
        return line

    def _node(self, path: tuple[str | int, ...]) -> tuple[yaml.Node | None, yaml.Node]:
        """Return key and value at *path*, or as far as it leads."""
        key: yaml.Node | None = None
        value = self._root if self._root is not None else yaml.ScalarNode(_STRING, "", _TOP, _TOP)
        for step in path:
            if isinstance(value, yaml.MappingNode):
                pair = self._pairs(value).get(str(step))
                if pair is None:
                    break
                key, value = pair.key, pair.value
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
            self._check_keys(node)
            return {
                name: self._plain(pair.value, typed=typed)
                for name, pair in self._pairs(node).items()
            }
        finally:
            self._open.discard(id(node))

    def _complaint(self, node: yaml.Node) -> tuple[str, str | None] | None:
        self._values += 1
        if self._values > _MOST_VALUES:
            raise InvalidFileError(
                [self._diagnostic(node, Problem("the aliases of this file expand to too much"))]
            )
        if id(node) in self._open:
            return _ITSELF, None
        if len(self._open) > _DEEPEST:
            return _TOO_DEEP, None
        if node.tag not in _PLAIN_TAGS:
            hint = "the keys of a job say of what type their values are"
            return f"the tag {_short(node.tag)} is not used here", hint
        if isinstance(node, yaml.ScalarNode) and len(node.value) > _DIGITS and node.value.isdigit():
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
        # Known from here on: one that merges itself, which is refused elsewhere, ends here.
        pairs = self._known_pairs[id(node)] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if _is_merge(key):
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif isinstance(key, yaml.ScalarNode):
                pairs.setdefault(key.value, _Pair(key, value))
        for other in merged:
            if isinstance(other, yaml.MappingNode):
                for name, pair in self._pairs(other).items():
                    pairs.setdefault(name, pair)
        return pairs

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


_TOP = yaml.Mark("", 0, 0, 0, "", 0)


def _is_merge(key: yaml.Node) -> bool:
    return key.tag == _MERGE


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
    return Document(name, text, _root(name, text))


def _root(name: str, text: str) -> yaml.Node | None:
    lines = text.splitlines()
    loader = _TextLoader(text)
    try:
        if sum(text.count(opening) for opening in _OPENINGS) > _SAFE_OPENINGS:
            _check_depth(name, text, lines)
        root: yaml.Node | None = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        column = error.position - (text.rfind("\n", 0, error.position) + 1)
        message = f"the character {chr(error.character)!r} cannot stand in YAML"
        raise InvalidFileError(
            [Diagnostic("error", name, line + 1, column + 1, 1, message, None, "")]
        ) from error
    except yaml.MarkedYAMLError as error:
        raise InvalidFileError([_syntax(name, lines, error)]) from error
    finally:
        loader.dispose()
    return root


def _check_depth(name: str, text: str, lines: list[str]) -> None:
    """Refuse a file that is nested too deep, which the C composer would crash on."""
    depth = 0
    for event in yaml.parse(text, Loader=_TextLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            mark = event.start_mark or _TOP
            line, column = mark.line, mark.column
            raise InvalidFileError(
                [Diagnostic("error", name, line + 1, column + 1, 1, _TOO_DEEP, None, lines[line])]
            )


def _syntax(name: str, lines: list[str], error: yaml.MarkedYAMLError) -> Diagnostic:
    begun, mark = error.context_mark, error.problem_mark or error.context_mark
    message, hint = error.problem or "this cannot be read as YAML", None
    if begun is not None and mark is not None and "alias" in (error.context or ""):
        mark = begun
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    text = lines[line] if line < len(lines) else ""
    rest = text[column:]
    opening = _UNCLOSED.get(error.context or "")
    if opening and begun is not None and line > begun.line:
        line, column = begun.line, begun.column
        text, message = lines[line], f"this {opening} is not closed"
    elif rest.startswith("*"):
        message, hint = _alias(rest, lines)
    elif rest[:1] in ("@", "%", "`"):
        message, hint = f"YAML keeps {rest[0]!r} for itself", _cron_hint(rest) or _QUOTES
    elif "\t" in text[: column + 1]:
        message, hint = "a tab stands where YAML wants spaces", "indent with spaces"
    elif "expected a single document" in (error.context or ""):
        message, hint = "a second document begins here", "one file holds one document"
    elif "nesting depth" in message:  # a newer libyaml has a limit of its own, of 1000
        message = _TOO_DEEP
    elif "mapping values are not allowed" in message:
        hint = "put a text that has ': ' in it into quotes"
    return Diagnostic("error", name, line + 1, column + 1, 1, message, hint, text)


_QUOTES = "put it in quotes"
_UNCLOSED = {
    "while scanning a quoted scalar": "quote",
    "while parsing a flow sequence": "bracket",
    "while parsing a flow mapping": "brace",
}
_CRON = re.compile(
    r"\*[\w*/,\-]*(?:[ \t]+[\w*/,\-?]+(?:#\d)?){4,5}|@(?!reboot)[a-z]+ly\b|@midnight"
)


def _alias(text: str, lines: list[str]) -> tuple[str, str]:
    """Return what to say of a value that begins with a star, which YAML takes for an alias."""
    cron = _cron_hint(text)
    alias = re.match(r"\*[\w-]+(?=$|[\s,\]}])", text)
    if cron is not None or alias is None:
        return "'*' begins an alias in YAML", cron or _QUOTES
    anchors = re.findall(r"(?:^|\s)&([\w-]+)", "\n".join(lines))
    near = did_you_mean(alias.group(), [f"*{anchor}" for anchor in anchors])
    return f"the alias {alias.group()!r} is not defined", near or _QUOTES


def _cron_hint(text: str) -> str | None:
    if text.startswith("@reboot"):
        return "write: startup boot"
    if every := re.match(r"@(every [\w]+)", text):
        return f"write: {every[1]}"
    expression = _CRON.match(text)
    return None if expression is None else f"write: cron {expression.group()}"


def _short(tag: str) -> str:
    return repr(tag.replace("tag:yaml.org,2002:", "!!"))


_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DIGITS = 4300  # Python itself reads no more
_WORDS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def _scalar(node: yaml.ScalarNode, *, typed: bool) -> Any:
    """Return the value of a scalar: None or its text, or a value typed by YAML 1.2."""
    if node.tag == _NULL:
        return None
    text: str = node.value
    if not typed or node.style:  # in quotes or a block it is a text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text.startswith("0") and text[1:2] in ("o", "x") else int(text)
    if _FLOAT.fullmatch(text) or _NO_NUMBER.fullmatch(text):
        lower = text.lower()
        return float(lower.replace(".inf", "inf").replace(".nan", "nan"))
    return text
