"""
Records: immutable objects of named fields, cheap to import, to make and to pickle.

A class of records is declared as a dataclass is, by annotated fields and their defaults, but
nothing is generated when it is imported. It is a dataclass to whom asks: what `dataclasses` and
pydantic want to know of its fields is worked out then, and its annotations are evaluated then.
"""

from __future__ import annotations

import sys
from operator import attrgetter

from schedkit.typed import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    cast,
    dataclass_transform,
    real,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import Field, replace
else:

    def replace(record: Record, /, **changes: object) -> Record:
        """Return the same record but for some of its fields."""
        given = {name: getattr(record, name) for name in record._fields}
        return type(record)(**{**given, **changes})


T = TypeVar("T")


def field(*, default_factory: Callable[[], T]) -> T:
    """Return the default of a field of which each record gets an object of its own."""
    return cast("T", _Made(default_factory))


def derived(*, init: Literal[False] = False) -> Any:  # noqa: ARG001  # a type checker reads it
    """Return the default of what is no field, but is worked out of them in `__post_init__`."""
    return derived  # it stands for itself


def hints(kind: type, *, include_extras: bool = False) -> dict[str, Any]:
    """Return what the annotations of a class of records mean, as `typing.get_type_hints` does."""
    import typing

    assert hasattr(kind, "__dataclass_fields__")  # which has them evaluated
    return typing.get_type_hints(kind, include_extras=include_extras)


def as_dict(record: Record) -> dict[str, Any]:
    """Return the fields of a record by name, in order."""
    return {name: getattr(record, name) for name in record._fields}


def needed(kind: type[Record]) -> list[str]:
    """Return the names of the fields that have no default, in order."""
    return [name for name in kind._fields if name in kind._needed]  # noqa: SLF001  # ours


class _Made:
    """A default that is made for each record."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class _AsDataclass:
    """The fields of a class as `dataclasses` has them, made when it asks for the first time."""

    def __get__(self, record: object, cls: type[Record]) -> Mapping[str, Field[Any]]:
        import dataclasses

        hints, names = vars(cls).get("__annotations__", {}), _Names(cls)
        own = {name: names.meant(hint) for name, hint in hints.items() if name in cls._fields}
        cls.__annotations__ = own
        for name in own.keys() & cls._made.keys():
            setattr(cls, name, dataclasses.field(default_factory=cls._made[name]))
        mark = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=not cls._places)
        return mark(cls).__dataclass_fields__


class _Names(dict[str, Any]):
    """
    What the names in the annotations of a class mean.

    They are of its module or of those that it names in ANNOTATED_WITH, of Python or of typing.
    """

    def __init__(self, cls: type) -> None:
        super().__init__()
        self.module = vars(sys.modules[cls.__module__])

    def meant(self, hint: str) -> Any:
        """Return what an annotation says, in terms of `typing`."""
        return real(eval(hint, self.module, self))  # noqa: S307  # our own

    def __missing__(self, name: str) -> Any:
        import builtins
        import typing

        if name in self.module:
            return real(self.module[name])
        for place in self.module.get("ANNOTATED_WITH", ()):
            __import__(place)
            if hasattr(sys.modules[place], name):
                return real(getattr(sys.modules[place], name))
        return getattr(builtins, name, None) or getattr(typing, name)


@dataclass_transform(frozen_default=True, field_specifiers=(field, derived))
class Record:
    """
    An object of named fields that never changes, equal to those of its class with equal fields.

    With `class X(Record, kw_only=True)` they are given by name only. A field that has its default
    need not be in `__dict__`, it is found on the class; and it is not pickled.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()  # the same
    _needed: ClassVar[frozenset[str]] = frozenset()  # those without a default
    _usual: ClassVar[Mapping[str, Any]] = {}  # the defaults
    _made: ClassVar[Mapping[str, Callable[[], Any]]] = {}  # the defaults that are made for each
    _places: ClassVar[tuple[str, ...]] = ()  # those that are given by place, the needed ones first
    _key: ClassVar[Callable[[object], Any]] = type  # all their values

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
        __match_args__: ClassVar[tuple[str, ...]]

    else:
        __dataclass_fields__ = _AsDataclass()

        def __init__(self, /, *values: object, **given: object) -> None:
            cls, own = type(self), self.__dict__
            own.update(zip(cls._places, values))  # noqa: B905  # counted below
            own.update(given)
            if (
                len(own) != len(values) + len(given)
                or not cls._known.issuperset(given)
                or (len(values) < len(cls._needed) and not cls._needed <= own.keys())
            ):
                raise TypeError(_refusal(cls, values, given))
            for name, make in cls._made.items():
                if name not in own:
                    own[name] = make()
            settle = getattr(self, "__post_init__", None)
            if settle is not None:
                settle()

    def __init_subclass__(cls, *, kw_only: bool = False, **given: Any) -> None:
        super().__init_subclass__(**given)
        annotations = vars(cls).get("__annotations__", {})
        defaults = {name: cls.__dict__[name] for name in annotations if name in cls.__dict__}
        made = {name: value.make for name, value in defaults.items() if isinstance(value, _Made)}
        worked_out = [name for name, value in defaults.items() if value is derived]
        for name in (*worked_out, *made):
            delattr(cls, name)
        own = [
            name
            for name, hint in annotations.items()
            if name not in worked_out and not hint.startswith("ClassVar")
        ]
        cls._fields = tuple(dict.fromkeys([*cls._fields, *own]))
        cls._known = frozenset(cls._fields)
        cls._needed = (cls._needed | frozenset(own)) - defaults.keys()
        cls._usual = {
            **cls._usual,
            **{name: defaults[name] for name in own if name in defaults and name not in made},
        }
        cls._made = {**cls._made, **made}
        cls._places = () if kw_only else cls._fields
        cls._key = attrgetter(*cls._fields) if cls._fields else type
        for name, value in {
            "__match_args__": cls._places,
            "__dataclass_fields__": _AsDataclass(),
        }.items():
            setattr(cls, name, value)  # which a type checker knows better than we do

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} does not change: {name!r} stays as it is")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} does not change: {name!r} stays")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        cls = type(self)
        return bool(cls._key(self) == cls._key(other))

    def __hash__(self) -> int:
        cls = type(self)
        return hash(cls._key(self))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({said})"

    def __getstate__(self) -> dict[str, Any]:
        usual = self._usual
        return {
            name: value
            for name, value in self.__dict__.items()
            if not (name in usual and type(value) is type(usual[name]) and value == usual[name])
        }


def _refusal(cls: type[Record], values: tuple[Any, ...], given: dict[str, Any]) -> str:
    """Return why a record cannot be made of these fields, as Python says it of a function."""
    named = set(cls._places[: len(values)])
    if missing := sorted(cls._needed - named - given.keys()):
        return f"{cls.__name__} needs {', '.join(missing)}"
    if unknown := sorted(given.keys() - cls._known):
        return f"{cls.__name__} has no {', '.join(unknown)}"
    return f"{cls.__name__} takes {len(cls._fields)} fields, each once"


__all__ = ["Record", "as_dict", "derived", "field", "hints", "needed", "replace"]
