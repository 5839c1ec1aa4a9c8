"""
How a value is written: one declaration for reading it, writing it and describing it.

A field of a record is annotated with a type and how that type is written; pydantic, which is
imported only when something is read, does the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextvars import ContextVar
from functools import cache

from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.records import Record, hints
from schedkit.regex import re
from schedkit.typed import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, real

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationError
    from pydantic_core import CoreSchema

T = TypeVar("T", bound=Hashable)
DEFINITION = "x-definition"  # in a JSON Schema: what else holds stands under this name
_documented = ContextVar("documented", default=False)
_ENTRY = re.compile(r"[^,\s](?:[^,]*[^,\s])?|(?<=,)(?=\s*(?:,|$))")  # of a list in a text
_WHOLE = re.compile(r"^\s*[-+]?[0-9]{1,1000}\s*$")  # Python reads no more than 4300 digits


class _Told:
    """What pydantic is told of an entry."""

    def __get__(self, entry: object, cls: type) -> dict[str, Any]:
        return {"extra": "forbid", "use_attribute_docstrings": _documented.get()}


class Entry(Record):
    """What is read from a file, key by key; each field has a docstring, which documents its key."""

    __pydantic_config__: ClassVar[Any] = _Told()


class Form(Record, ABC):
    """How a value stands in a file; named in an annotation, pydantic reads and writes with it."""

    @abstractmethod
    def value(self, raw: object) -> Any:
        """
        Return what *raw*, plain data or a value already read, stands for.

        Raises: ConfigError, with all that is wrong.
        """

    @abstractmethod
    def write(self, value: Any) -> Any:
        """Return *value* as plain data that reads back as the same."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what may be written."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        written = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.no_info_plain_validator_function(self.value, serialization=written)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self.schema()


class Written(Form, Generic[T]):
    """A value of type *kind* that stands as a text, which *read* and *text* convert."""

    kind: type[T]
    read: Callable[[str], T]
    text: Callable[[T], str]
    pattern: str
    example: str

    def value(self, raw: object) -> T:
        """Return what the text *raw* says; a whole number is taken for its text."""
        if isinstance(raw, str):
            return self.read(raw)
        if isinstance(raw, self.kind) and not isinstance(raw, int):
            return raw
        if isinstance(raw, int) and not isinstance(raw, bool):
            return self.read(str(raw))
        hint = f"write it as {self.example}"
        raise ConfigError.of(f"{shape(raw)} stands where a text belongs", hint)

    def write(self, value: T) -> str:
        """Return the text of *value*."""
        return self.text(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a text of the pattern."""
        kinds = ["string", "integer"] if re.search(self.pattern, "1") else "string"
        blank = r"\s*"
        inner = inside(self.pattern).removeprefix(blank).removesuffix(blank)
        pattern = rf"^{blank}({inner}){blank}$"
        return {"type": kinds, "pattern": pattern, "examples": [self.example]}


class Whole(Form):
    """A whole number from *low* to *high*, both included."""

    low: int
    high: int = 1_000_000_000  # more than anybody counts; a database takes it, and a system call

    def value(self, raw: object) -> int:
        """Return the number that *raw* is or says."""
        if isinstance(raw, str):
            if not _WHOLE.fullmatch(raw):
                raise ConfigError.of(f"{raw!r} is not a whole number")
            raw = int(raw)
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise ConfigError.of(f"{shape(raw)} stands where a whole number belongs")
        if not self.low <= raw <= self.high:
            message = (
                f"{raw} is above {self.high}" if raw > self.low else f"{raw} is below {self.low}"
            )
            raise ConfigError.of(message, f"write a number from {self.low} to {self.high}")
        return raw

    def write(self, value: int) -> int:
        """Return the number."""
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a number, or a text of one."""
        return {
            "type": ["integer", "string"],
            "pattern": _WHOLE.pattern,
            "minimum": self.low,
            "maximum": self.high,
        }


class Listed(Form, Generic[T]):
    """
    Several values, as a list or as one text with commas, read into a tuple.

    *settle* puts them into the one order and form that equal lists share.
    """

    item: Written[T]
    settle: Callable[[Iterable[T]], tuple[Any, ...]] = tuple

    def value(self, raw: object) -> tuple[Any, ...]:
        """Return the values in *raw*: a list, a tuple, a text or one value."""
        read: list[T] = []
        problems: list[Problem] = []
        for path, offset, entry in _entries(raw):
            try:
                read.append(self.item.value(entry))
            except ConfigError as error:
                if path is None and isinstance(entry, str):
                    error = ConfigError(*(_within_text(p, entry) for p in error.problems))
                    error = error.shifted(offset)
                problems += (error if path is None else error.within(path)).problems
        if not read and not problems:
            problems.append(
                Problem("the list is empty", f"write at least one: {self.item.example}")
            )
        if problems:
            raise ConfigError(*problems)
        return self.settle(read)

    def write(self, value: tuple[Any, ...]) -> object:
        """Return the values as a list, or one alone as itself."""
        texts = [self.item.write(entry) for entry in value]
        return texts[0] if len(texts) == 1 else texts

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a text with commas, or a list of texts."""
        one = self.item.schema()
        inner = inside(one["pattern"])
        text = {**one, "pattern": rf"^{inner}(,{inner})*$"}
        return {"anyOf": [text, {"type": "array", "items": one, "minItems": 1}]}


class Meanings(Record):
    """What each text of a Literal means, in its order, for an editor to show."""

    texts: tuple[str, ...]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        own = handler(schema)
        assert len(own["enum"]) == len(self.texts)
        return {**own, "enumDescriptions": list(self.texts)}


class Bare(Record):
    """A record that may stand as one bare value, which is then its field *field*."""

    field: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self._spelled_out, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        whole = handler(schema)
        bare = handler.resolve_ref_schema(whole)["properties"][self.field]
        return {"anyOf": [whole, bare]}

    def _spelled_out(self, raw: object) -> object:
        return {self.field: raw} if isinstance(raw, (str, int)) else raw


def inside(pattern: str) -> str:
    """Return a pattern of a whole text as it stands within that of a longer one."""
    return pattern.removeprefix("^").removesuffix("$")


def sorted_once(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return *values* in order, each once."""
    return tuple(sorted(set(values)))


def _entries(raw: object) -> list[tuple[int | None, int, object]]:
    """Return (position in a list, offset in a text, entry) of each entry of *raw*."""
    if isinstance(raw, (list, tuple)):
        return [(position, 0, entry) for position, entry in enumerate(raw)]
    if isinstance(raw, str) and "," not in raw:
        entry = raw.strip()
        return [(None, raw.index(entry), entry)] if entry else []
    if isinstance(raw, str):
        found = _ENTRY.finditer(raw)
        return [(None, match.start(), match.group()) for match in found]
    return [(None, 0, raw)]


def _within_text(problem: Problem, text: str) -> Problem:
    """Return *problem* with the place of all of *text* when it names none."""
    if problem.span is not None:
        return problem
    return Problem(problem.message, problem.hint, problem.path, (0, len(text)), problem.on_key)


def shape(raw: object) -> str:
    """Return what *raw* is, in words for a message: `a list`, `int 5`."""
    if raw is None:
        return "nothing"
    if isinstance(raw, str):
        return f"the text {raw!r}"
    if isinstance(raw, Mapping):
        return "a mapping"
    if isinstance(raw, (list, tuple)):
        return "a list"
    return f"{type(raw).__name__} {raw!r}"


# ---- reading a class


@cache  # making one takes a millisecond
def adapter(kind: type) -> TypeAdapter[Any]:
    """Return pydantic's adapter of the class *kind*."""
    from pydantic import TypeAdapter

    return TypeAdapter(real(kind))


@cache
def documented(kind: type) -> TypeAdapter[Any]:
    """
    Return an adapter whose schema describes the fields by their docstrings.

    They are taken out of the source code, which takes longer than all else: only where they are
    shown.
    """
    from pydantic import TypeAdapter

    token = _documented.set(True)
    try:
        return TypeAdapter(real(kind))
    finally:
        _documented.reset(token)


def read(kind: type[T], fields: Mapping[str, object]) -> T:
    """
    Return an instance of the class *kind* from its fields as they were written.

    Raises: ConfigError, with every problem; each path begins with the name of a field.
    """
    try:
        made: T = adapter(kind).validator.validate_python(dict(fields))
    except ValueError as error:
        from pydantic import ValidationError  # not for each word that is right

        if not isinstance(error, ValidationError):
            raise
        raise ConfigError(*problems(error, kind)) from None
    return made


def written(value: Hashable) -> Any:
    """Return a record as plain JSON data: what a file would say."""
    return adapter(type(value)).serializer.to_python(value, mode="json", exclude_defaults=True)


def problems(error: ValidationError, kind: type) -> list[Problem]:
    """Return what pydantic found wrong with an instance of *kind*, in our words."""
    found: list[Problem] = []
    for detail in error.errors(include_url=False):
        path = tuple(detail["loc"])
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, ConfigError):
            found += cause.within(*path).problems
        else:
            found.append(_problem(detail["type"], detail["msg"], path, detail["input"], kind))
    return found


def _problem(
    code: str, message: str, path: tuple[str | int, ...], raw: object, kind: type
) -> Problem:
    name = str(path[-1]) if path else ""
    if code == "literal_error":
        return _not_one_of(raw, path, message)
    if code in ("unexpected_keyword_argument", "extra_forbidden"):
        hint = did_you_mean(name, _names(kind, path[:-1]))
        return Problem(f"unknown key {name!r}", hint, path, on_key=True)
    if code in ("missing", "missing_argument"):
        return Problem(f"{name!r} is missing", path=path[:-1])
    return Problem(
        _SENTENCES.get(code, _plain(message)).format(raw=raw, kind=shape(raw)), path=path
    )


_SENTENCES = {
    "string_type": "{kind} stands where a text belongs",
    "dataclass_type": "{kind} stands where a mapping belongs",
    "dict_type": "{kind} stands where a mapping belongs",
    "bool_parsing": "{raw!r} is neither true nor false",
    "bool_type": "{kind} stands where true or false belongs",
    "int_parsing": "{raw!r} is not a whole number",
    "int_type": "{kind} stands where a whole number belongs",
    "int_from_float": "{raw!r} is not a whole number",
    "float_parsing": "{raw!r} is not a number",
    "tuple_type": "{kind} stands where a list belongs",
    "list_type": "{kind} stands where a list belongs",
}


def _not_one_of(raw: object, path: tuple[str | int, ...], message: str) -> Problem:
    known = re.findall(r"'([^']*)'", message)
    near = did_you_mean(str(raw), known)
    return Problem(f"{raw!r} is not known here", near or f"one of: {', '.join(known)}", path)


def _plain(message: str) -> str:
    """Return a message of pydantic's as one of ours begins: no capital letter, no full stop."""
    return message[:1].lower() + message[1:].rstrip(".")


def _names(kind: type, path: tuple[str | int, ...]) -> list[str]:
    """Return the names of the fields of the class that *path* leads to from *kind*."""
    import dataclasses
    import typing

    for step in path:
        known = hints(kind)
        options = [known[step], *typing.get_args(known[step])] if step in known else []
        kind = next((o for o in options if dataclasses.is_dataclass(o)), type(None))  # type: ignore[assignment]  # is_dataclass admits instances too
    if not dataclasses.is_dataclass(kind):
        return []
    return [field.name for field in dataclasses.fields(kind) if field.init]
