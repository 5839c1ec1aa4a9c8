"""A mapping that is one of several records: which one, the key says that only this one has."""

from __future__ import annotations

from collections.abc import Mapping

from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.typed import Any, ClassVar
from schedkit.values import Entry, Form, documented, read, shape, written

_SPELLED = {"for": "lasts"}  # keys that are no names in Python, and the fields that they are


class Alternative(Entry):
    """One of the records; its first field of its own, WORD, tells it from the others."""

    WORD: ClassVar[str]


class OneOf(Form):
    """
    One record of *kinds*; with *several*, or a list of them, which is read into a tuple.

    *what* is what a message calls it; *bare* is the record of which a text alone is the WORD.
    """

    what: str
    kinds: tuple[type[Alternative], ...]
    several: bool = False
    bare: type[Alternative] | None = None

    def value(self, raw: object) -> Any:
        """Return what *raw* says, or what it is already."""
        if not self.several:
            return self._one(raw)
        if not isinstance(raw, (list, tuple)):
            return (self._one(raw),)
        found: list[Alternative] = []
        problems: list[Problem] = []
        for place, one in enumerate(raw):
            try:
                found.append(self._one(one))
            except ConfigError as error:
                problems += error.within(place).problems
        if not raw:
            problems.append(Problem("the list is empty", f"write one {self.what} at least"))
        if problems:
            raise ConfigError(*problems)
        return tuple(found)

    def _one(self, raw: object) -> Alternative:
        if isinstance(raw, self.kinds):
            return raw
        if isinstance(raw, str) and self.bare is not None:
            raw = {str(self.bare.WORD): raw}
        if not isinstance(raw, Mapping):
            example = f"{{{self.kinds[0].WORD}: {raw if isinstance(raw, str) else '...'}}}"
            raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs", f"write {example}")
        kind = self._kind(raw)
        for key, field in _SPELLED.items():
            if field in raw:  # there is one way to write it
                message = f"unknown key {field!r}"
                raise ConfigError(Problem(message, f"write {key}", (field,), on_key=True))
        given = {str(_SPELLED.get(key, key)): value for key, value in raw.items()}
        try:
            return read(kind, given)
        except ConfigError as error:
            raise ConfigError(*map(_as_spelled, error.problems)) from None

    def _kind(self, raw: Mapping[str, object]) -> type[Alternative]:
        words: list[str] = [kind.WORD for kind in self.kinds]
        named = [word for word in raw if word in words]
        if len(named) > 1:
            message = f"{named[0]!r} and {named[1]!r} are both there"
            raise ConfigError(Problem(message, "keep one", (named[1],), on_key=True))
        if not named:
            known = f"one of: {', '.join(words)}"
            near = next(((key, hint) for key in raw if (hint := did_you_mean(key, words))), None)
            if near is not None:
                key, hint = near
                raise ConfigError(Problem(f"unknown key {key!r}", hint, (key,), on_key=True))
            raise ConfigError.of(f"this says no {self.what}", known)
        return self.kinds[words.index(named[0])]

    def write(self, value: Any) -> Any:
        """Return the mapping, or the list of them."""
        if isinstance(value, tuple):
            return [self.write(one) for one in value]
        return {spelled(name): one for name, one in written(value).items()}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: one mapping with the keys of all, as an editor wants it."""
        properties: dict[str, Any] = {}
        for kind in self.kinds:
            told: Any = documented(kind)  # type: ignore[arg-type]  # a class can be hashed
            for name, one in told.json_schema()["properties"].items():
                properties.setdefault(spelled(name), one)
        own: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        kinds = ["object"]
        if self.bare is not None:
            kinds.append("string")
        if self.several:
            inner = {**own, "type": kinds[0] if len(kinds) == 1 else kinds}
            return {**own, "type": [*kinds, "array"], "items": inner, "minItems": 1}
        return {**own, "type": kinds[0] if len(kinds) == 1 else kinds}


def spelled(name: str) -> str:
    """Return a field of a record as its key is written."""
    return next((key for key, field in _SPELLED.items() if field == name), name)


def _as_spelled(problem: Problem) -> Problem:
    """Return a problem with the fields called as they are written."""
    path = tuple(spelled(step) if isinstance(step, str) else step for step in problem.path)
    message = problem.message
    for key, field in _SPELLED.items():
        message = message.replace(f"{field!r}", f"{key!r}")
    return Problem(message, problem.hint, path, problem.span, on_key=problem.on_key)
