"""
How a word of the YAML finds its class.

A clock, a filter or an adjustment is a word with an optional value. `word value`, `{word: value}`
and a bare `word` mean the same; settings beside the value need the mapping. The class of a word
is a record whose first field is the value; the word is the class's name in snake_case.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from schedkit import values
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.regex import re
from schedkit.typed import Any, Generic, TypeVar
from schedkit.values import DEFINITION, Form

W = TypeVar("W")
_CRON = re.compile(r"[\d*]\S*(\s+\S+){4,}$")
_BESIDE_CLOCKS = ("after", "on")  # keys of a job that run it, too
_AT = re.compile(r"(?:^|\s)at(?:\s+|$)")
_FIRST = re.compile(r"\s*(\S+)\s*")


@cache
def word_of(class_name: str) -> str:
    """Return the word of a class: `NextWeekday` is written `next_weekday`."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in class_name).lstrip("_")


class Vocabulary(Generic[W]):
    """
    The words of one kind.

    *modules* lists, for each module below *package*, the names of the classes to be found there:
    a class is imported when its word is first read.
    """

    def __init__(self, kind: str, base: type[W], package: str, modules: dict[str, list[str]]):
        self.kind = kind
        self._base = base
        self._package = package
        self._modules = modules
        self._classes: dict[str, type[W]] = {}

    @cached_property
    def _places(self) -> dict[str, tuple[str, str]]:
        """The module and the name of the class of each word."""
        return {
            word_of(name): (f"{self._package}.{module}", name)
            for module, names in self._modules.items()
            for name in names
        }

    @property
    def words(self) -> list[str]:
        """Every word, in the order in which it was listed."""
        return list(self._places)

    def class_of(self, word: str) -> type[W]:
        """Return the class of a known word."""
        if word not in self._classes:
            module, name = self._places[word]
            __import__(module)  # importlib would have to be imported itself, by all who read none
            self._classes[word] = getattr(sys.modules[module], name)
        return self._classes[word]

    def read(self, raw: object) -> W:
        """
        Return what *raw* says: a text, a mapping, or a word already read.

        Raises: ConfigError, with every problem and its place in *raw*.
        """
        try:
            if isinstance(raw, str):  # asked first: of an abstract class it takes ten times as long
                return self._read_text(raw)
            if isinstance(raw, self._base):
                return raw
            if isinstance(raw, Mapping):
                return self._read_mapping(raw)
        except RecursionError:
            raise ConfigError.of("this is nested too deep") from None
        hint = f"write one of: {', '.join(self.words)}"
        raise ConfigError.of(f"{values.shape(raw)} stands where a {self.kind} belongs", hint)

    def written(self, word: W) -> dict[str, Any]:
        """Return a word in its mapping form, which is plain JSON and reads back as the same."""
        fields: dict[str, Any] = values.written(word)
        name = word_of(type(word).__name__)
        value = _value_field(type(word))
        return {name: fields.pop(value, None) if value else None, **fields}

    def _read_text(self, text: str) -> W:
        match = _FIRST.match(text)
        if match is None:
            raise ConfigError.of(f"a {self.kind} is missing", f"one of: {', '.join(self.words)}")
        word = match[1]
        if word not in self._places:
            raise ConfigError(self._unknown(word, text, match.span(1)))
        cls = self.class_of(word)
        fields: dict[str, object] = {}
        places: dict[str, int] = {}
        for name, begin, value in _split(cls, text, match.end()):
            fields[name], places[name] = value, begin
        try:
            return self._made(word, cls, fields)
        except ConfigError as error:
            raise ConfigError(*(_in_text(p, text, places) for p in error.problems)) from None

    def _read_mapping(self, raw: Mapping[Any, object]) -> W:
        words = [key for key in raw if key in self._places]
        if not words:
            keys = [str(key) for key in raw]
            if not keys:
                raise ConfigError.of(
                    f"a {self.kind} is missing", f"one of: {', '.join(self.words)}"
                )
            problem = self._unknown(keys[0], keys[0], None)
            raise ConfigError(Problem(problem.message, problem.hint, path=(keys[0],), on_key=True))
        if len(words) > 1:
            raise ConfigError(
                Problem(
                    f"{words[1]!r} is a second {self.kind} in one mapping",
                    f"write a list: - {words[0]}: ... and - {words[1]}: ...",
                    path=(words[1],),
                    on_key=True,
                )
            )
        word = words[0]
        cls = self.class_of(word)
        value = _value_field(cls)
        fields = {str(key): entry for key, entry in raw.items() if key != word}
        if value in fields:
            problem = Problem(f"unknown key {value!r}", path=(value,), on_key=True)
            raise ConfigError(problem)
        if value is not None and raw[word] is not None:
            fields[value] = raw[word]
        elif raw[word] is not None:
            raise ConfigError(Problem(f"{word!r} takes no value", path=(word,)))
        try:
            return self._made(word, cls, fields)
        except ConfigError as error:
            renamed = (_renamed(p, value, word) for p in error.problems)
            raise ConfigError(*renamed) from None

    def _made(self, word: str, cls: type[W], fields: dict[str, object]) -> W:
        value = _value_field(cls)
        if value is not None and value not in fields and _required(cls, value):
            example = getattr(cls, "EXAMPLE", None)
            hint = f"such as: {example}" if example else None
            raise ConfigError.of(f"{word!r} needs a value", hint)
        return values.read(cls, fields)

    def _unknown(self, word: str, text: str, span: tuple[int, int] | None) -> Problem:
        hint = did_you_mean(word, self.words)
        rest = text.strip()[len(word) :]
        if rest and word.startswith("@") and word[1:] in self._places:
            return Problem(f"unknown {self.kind} {word!r}", f"write: {text.strip()[1:]}", span=span)
        looks_like_cron = self.kind == "clock" and (
            re.fullmatch(r"@(?!reboot)\w+", word) or _CRON.match(text.strip())
        )
        if looks_like_cron:
            return Problem(
                f"{text.strip()!r} does not name its clock", f"write: cron {text.strip()}"
            )
        if self.kind == "clock" and word in _BESIDE_CLOCKS:
            hint = f"'{word}' is a key of the job, beside clock or in place of it"
        if hint is None:
            hint = f"known are: {', '.join(self.words)}"
        return Problem(f"unknown {self.kind} {word!r}", hint, span=span)


class One(Form, Generic[W]):
    """A word of a vocabulary."""

    vocabulary: Vocabulary[W]

    def value(self, raw: object) -> W:
        """Return the word that *raw* is."""
        return self.vocabulary.read(raw)

    def write(self, value: W) -> dict[str, Any]:
        """Return the word in its mapping form."""
        return self.vocabulary.written(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a text or a mapping, of which the definition says more."""
        return {"type": ["string", "object"], DEFINITION: self.vocabulary.kind}


class Many(Form, Generic[W]):
    """Several words of a vocabulary, as a list, or one of them alone."""

    vocabulary: Vocabulary[W]
    at_least: int = 0

    def value(self, raw: object) -> tuple[W, ...]:
        """Return the words in *raw*."""
        if raw is None and not self.at_least:
            return ()
        if raw is None:
            raise ConfigError.of(f"a {self.vocabulary.kind} is missing")
        if not isinstance(raw, (list, tuple)):
            return (self.vocabulary.read(raw),)
        read: list[W] = []
        problems: list[Problem] = []
        for position, entry in enumerate(raw):
            try:
                read.append(self.vocabulary.read(entry))
            except ConfigError as error:
                problems += error.within(position).problems
        if len(raw) < self.at_least:
            problems.append(Problem(f"a {self.vocabulary.kind} is missing: the list is empty"))
        if problems:
            raise ConfigError(*problems)
        return tuple(read)

    def write(self, value: tuple[W, ...]) -> list[dict[str, Any]]:
        """Return the words in their mapping form."""
        return [self.vocabulary.written(word) for word in value]

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: one word, or a list of them."""
        one = One(self.vocabulary).schema()
        kinds = [*one["type"], "array", *([] if self.at_least else ["null"])]
        return {**one, "type": kinds, "items": one, "minItems": self.at_least}


@cache
def _field_names(cls: type) -> list[str]:
    import dataclasses

    assert dataclasses.is_dataclass(cls)
    return [field.name for field in dataclasses.fields(cls) if field.init]


def _value_field(cls: type) -> str | None:
    return next(iter(_field_names(cls)), None)


def _required(cls: type, name: str) -> bool:
    import dataclasses

    assert dataclasses.is_dataclass(cls)
    field = next(f for f in dataclasses.fields(cls) if f.name == name)
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _split(cls: type, text: str, begin: int) -> Iterator[tuple[str, int, str]]:
    """Yield (field, offset, text) of what follows the word: the value and the times after `at`."""
    names = _field_names(cls)
    rest = text[begin:].rstrip()
    if "at" in names:
        at = _AT.search(rest)
        if at is not None:
            before = rest[: at.start()].rstrip()
            if before and names[0] == "at":
                span = (begin, begin + len(before))
                raise ConfigError.of(
                    f"{before!r} stands before 'at'", "one list: 08:00, 09:00", span=span
                )
            yield "at", begin + at.end(), rest[at.end() :]
            rest = before
    if rest and not names:
        word = text.split(maxsplit=1)[0]
        raise ConfigError.of(f"{word!r} takes no value", span=(begin, begin + len(rest)))
    if rest:
        yield names[0], begin, rest


def _in_text(problem: Problem, text: str, places: dict[str, int]) -> Problem:
    """Return *problem*, found in a field of a text, with its place in the whole text."""
    begin = places.get(str(problem.path[0])) if problem.path else None
    if begin is None:
        return Problem(problem.message, problem.hint, span=problem.span)
    if problem.span is None or len(problem.path) > 1:
        later = [place for place in places.values() if place > begin]
        end = len(text[: min(later)].rstrip().removesuffix("at").rstrip()) if later else len(text)
        return Problem(problem.message, problem.hint, span=(begin, end))
    span = (problem.span[0] + begin, problem.span[1] + begin)
    return Problem(problem.message, problem.hint, span=span)


def _renamed(problem: Problem, value: str | None, word: str) -> Problem:
    """Return *problem* with the word in place of its value's field: that is what was written."""
    if not problem.path:
        return Problem(problem.message, problem.hint, (word,), problem.span, on_key=True)
    if problem.path[0] != value:
        return problem
    path = (word, *problem.path[1:])
    return Problem(problem.message, problem.hint, path, problem.span, problem.on_key)
