"""
What a verb is: a plain function whose annotations say how the command line gives its parameters.

One declaration serves the fast path, which imports nothing for it, and typer, which makes of it
the help, the errors and the completion.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence

from schedkit.errors import ConfigError, did_you_mean
from schedkit.texts import quoted
from schedkit.typed import Any, NamedTuple

# Each verb is a function, of that name, in the module verbs.<name> below this package. One that
# Python or a builtin has already taken has an underscore behind it in the function's name; in the
# module's too where it is a keyword. A hyphen is an underscore in both.
GROUPS = {
    "Look back and ahead": (
        "list",
        "next",
        "status",
        "history",
        "events",
        "show",
        "explain",
        "logs",
        "audit",
    ),
    "Act on jobs and runs": (
        "trigger",
        "emit",
        "at",
        "in",
        "backfill",
        "cancel",
        "pause",
        "resume",
        "prune",
    ),
    "Run and change": ("run", "validate", "notify-test", "plan", "reload"),
    "Set up and move": ("init", "schema", "import", "export"),
}
_KEYWORDS = ("in", "import")
VERBS = tuple(verb for group in GROUPS.values() for verb in group)


class Option(NamedTuple):
    """
    A parameter given by name.

    *convert* makes its value of the text and raises ConfigError when it cannot; *choices* are the
    texts that it may have. A parameter of type bool is a flag.
    """

    names: tuple[str, ...]
    help: str
    metavar: str | None = None
    convert: Callable[[str], Any] | None = None
    choices: Sequence[str] = ()


class Argument(NamedTuple):
    """
    A parameter given by place: one, or any number of them when its type is a tuple.

    One without a default has to be given; only those with one may follow one with a default, and
    nothing follows a tuple. *convert* and *choices* are as those of an option.
    """

    help: str
    metavar: str
    hidden: bool = False
    convert: Callable[[str], Any] | None = None
    choices: Sequence[str] = ()


_PATHS = ("PATH", "FILE", "DIR")  # what stands for one may be any bytes at all

MISSING: Any = object()


class Parameter(NamedTuple):
    """A parameter of a verb: what its function says of it; *default* is MISSING without one."""

    name: str
    how: Option | Argument
    kind: type
    many: bool
    default: Any


def value(parameter: Parameter, text: str) -> Any:
    """
    Return the value that *text* gives to a parameter.

    Raises: ConfigError.
    """
    how = parameter.how
    if how.metavar not in _PATHS and not text.isascii():
        _check_encoding(text)
    if how.choices and text not in how.choices:
        hint = did_you_mean(text, how.choices) or f"it is one of: {', '.join(how.choices)}"
        raise ConfigError.of(f"{quoted(text)} is unknown", hint)
    if how.convert is not None:
        return how.convert(text)
    return parameter.kind(text)


def _check_encoding(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError.of(f"{quoted(text)} is not UTF-8") from None


def verb_function(name: str) -> Callable[..., int]:
    """Return the function of a verb, which takes a Context, then its parameters by name."""
    name = name.replace("-", "_")
    place = f"schedkit.cli.verbs.{name}{'_' * (name in _KEYWORDS)}"
    __import__(place)  # importlib would have to be imported itself
    module = sys.modules[place]
    found: Callable[..., int] = getattr(module, name, None) or getattr(module, f"{name}_")
    return found


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """
    Return the parameters of a verb that the command line gives.

    Annotations are texts until they are evaluated here, one by one: `typing` and `inspect`, which
    do as much and more, take longer to import than most verbs take to answer.
    """
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = function.__defaults__ or ()
    defaults = dict(zip(names[len(names) - len(given) :], given, strict=True))
    found = []
    for name in names:
        if name == "context":
            continue  # which is given by no option
        annotated = eval(function.__annotations__[name], function.__globals__)  # noqa: S307  # ours
        kind, (how,) = annotated.__origin__, annotated.__metadata__
        many = getattr(kind, "__origin__", None) in (tuple, list)
        if isinstance(kind, types.UnionType):
            kind = next(one for one in kind.__args__ if one is not types.NoneType)
        elif many:
            kind = kind.__args__[0]
        found.append(Parameter(name, how, kind, many, defaults.get(name, MISSING)))
    return found
