"""
What modules take of `typing`, without importing it: that takes as long as Python to start.

A type checker sees `typing` itself. A program that runs gets stand-ins which do as much as class
statements and annotations need; where an annotation is read at last, `real` gives what it means.
A module whose import a fast verb waits for imports from here.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import (
        Annotated,
        Any,
        ClassVar,
        Final,
        Generic,
        Literal,
        NamedTuple,
        NoReturn,
        Protocol,
        Self,
        TypeAlias,
        TypeVar,
        assert_never,
        cast,
        dataclass_transform,
    )

    def real(written: Any) -> Any:
        """Return what a type that was written with stand-ins means, in terms of `typing`."""

else:
    from operator import itemgetter

    try:
        from _collections import _tuplegetter as _getter
    except ImportError:  # another Python than CPython

        def _getter(number, doc):
            return property(itemgetter(number), doc=doc)

    class _Alias:
        """A type that was written with brackets or bars, such as `Annotated[int, Whole(1)]`."""

        def __init__(self, name, arguments):
            self.name, self.arguments = name, arguments

        @property
        def __origin__(self):
            return self.arguments[0]

        @property
        def __metadata__(self):
            return self.arguments[1:]

        def __or__(self, other):
            return _Alias("Union", (self, other))

        def __ror__(self, other):
            return _Alias("Union", (other, self))

        def __call__(self):  # typing takes for a type what can be called
            raise TypeError(f"{self.name} is no class")

        def __get_pydantic_core_schema__(self, _, handler):
            return handler.generate_schema(real(self))

    class _Name:
        """A name of `typing` that is only ever written in annotations."""

        def __init__(self, name):
            self.name = name

        def __getitem__(self, arguments):
            return _Alias(self.name, arguments if isinstance(arguments, tuple) else (arguments,))

    Annotated, Any, ClassVar, Final, Literal, NoReturn, Self, TypeAlias = map(
        _Name,
        ("Annotated", "Any", "ClassVar", "Final", "Literal", "NoReturn", "Self", "TypeAlias"),
    )

    class Generic:
        def __class_getitem__(cls, _):
            return cls

    Protocol = Generic

    def TypeVar(name, *_, **__):
        return _Name(name)

    def cast(_, value):
        return value

    def assert_never(value):
        raise AssertionError(f"expected code to be unreachable, but got: {value!r}")

    def dataclass_transform(**_):
        return lambda cls: cls

    def real(written):
        import types
        import typing

        if isinstance(written, _Name):
            return getattr(typing, written.name, written)
        if isinstance(written, types.GenericAlias):
            return written.__origin__[tuple(map(real, written.__args__))]
        if isinstance(written, types.UnionType):
            return typing.Union[tuple(map(real, written.__args__))]  # noqa: UP007  # see above
        if not isinstance(written, _Alias):
            return written
        if written.name == "Annotated":  # what follows the type says itself how it is meant
            return typing.Annotated[(real(written.__origin__), *written.__metadata__)]
        return getattr(typing, written.name)[tuple(map(real, written.arguments))]

    class _NamedTuples(type):
        def __new__(meta, name, bases, namespace):
            if bases == (tuple,):
                return super().__new__(meta, name, bases, namespace)
            names = tuple(namespace["__annotations__"])
            defaults = {name: namespace[name] for name in names if name in namespace}
            getters = {name: _getter(n, f"Field {n}.") for n, name in enumerate(names)}
            about = {
                "_fields": names,
                "_count": len(names),
                "__match_args__": names,
                "_field_defaults": defaults,
            }
            whole = {**namespace, **getters, **about, "__slots__": ()}
            return super().__new__(meta, name, bases, whole)

    _new_tuple = tuple.__new__

    class NamedTuple(tuple, metaclass=_NamedTuples):
        """A tuple with names, as that of typing; one is not made with `exec` for each class."""

        __slots__ = ()
        _fields = ()
        _count = 0
        _field_defaults = {}

        def __new__(cls, /, *values, **given):
            if given or len(values) != cls._count:
                names = cls._fields
                values = (*values, *_rest(cls, names[len(values) :], given))
                if given or len(values) != len(names):
                    raise TypeError(f"{cls.__name__} takes {', '.join(names)}")
            return _new_tuple(cls, values)

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, /, **given):
            return type(self)(**{**self._asdict(), **given})

        def __repr__(self):
            said = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({said})"

        def __getnewargs__(self):
            return tuple(self)

    def _rest(cls, names, given):
        """Take out of *given*, or of the defaults, the values of these fields."""
        defaults = cls._field_defaults
        for name in names:
            if name in given:
                yield given.pop(name)
            elif name in defaults:
                yield defaults[name]
            else:
                raise TypeError(f"{cls.__name__} needs {name}")


__all__ = [
    "TYPE_CHECKING",
    "Annotated",
    "Any",
    "ClassVar",
    "Final",
    "Generic",
    "Literal",
    "NamedTuple",
    "NoReturn",
    "Protocol",
    "Self",
    "TypeAlias",
    "TypeVar",
    "assert_never",
    "cast",
    "dataclass_transform",
    "real",
]
