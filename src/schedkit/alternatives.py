"""A mapping that is one of several records: which one, the key says that only this one has."""

from __future__ import annotations

from collections.abc import Mapping

from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.regex import re
from schedkit.spelling import each, keys_of, read_as_spelled, write_as_spelled
from schedkit.typed import Any, ClassVar
from schedkit.values import Entry, Form, shape


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
        if not raw:
            raise ConfigError.of("the list is empty", f"write one {self.what} at least")
        return each(raw, self._one)

    def _one(self, raw: object) -> Alternative:
        if isinstance(raw, self.kinds):
            return raw
        if isinstance(raw, str) and self.bare is not None:
            raw = {str(self.bare.WORD): raw}
        if not isinstance(raw, Mapping):
            hint = f"write {{{self._word(raw)}: {(isinstance(raw, str) and raw.strip()) or '...'}}}"
            raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs", hint)
        kind = self._kind(raw)
        made: Alternative = read_as_spelled(kind, raw)
        return made

    def _word(self, raw: object) -> str:
        """Return the word that is likely missing before *raw*."""
        words: list[str] = [kind.WORD for kind in self.kinds]
        text = raw.strip() if isinstance(raw, str) else ""
        likely = "path" if text.startswith(("/", ".", "~")) else None
        if likely is None and re.fullmatch(r"\S+:[0-9]+", text):
            likely = "host"
        return likely if likely in words else words[0]

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
        return write_as_spelled(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: one mapping with the keys of all, as an editor wants it."""
        properties: dict[str, Any] = {}
        for kind in self.kinds:
            properties = {**keys_of(kind), **properties}
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
