"""Parameters that one run of a job is given on the command line."""

from __future__ import annotations

from collections.abc import Iterable

from schedkit.cli.declaration import Option
from schedkit.errors import ConfigError
from schedkit.texts import quoted
from schedkit.typed import Annotated

OURS = "SCHED_"  # what the names begin with of what only a runner tells a job


def parameter(text: str) -> str:
    """
    Read NAME=VALUE, for an option.

    Raises: ConfigError.
    """
    name, equals, _ = text.partition("=")
    if not equals or not name:
        raise ConfigError.of(f"{text!r} is no NAME=VALUE")
    if name.startswith(OURS):
        hint = f"choose another one: what begins with {OURS} tells a job of its run"
        raise ConfigError.of(f"{quoted(name)} is no name of yours", hint)
    return text


def pairs(params: Iterable[str]) -> dict[str, str]:
    """Return the names and values of such texts."""
    split = (text.partition("=") for text in params)
    return {name: value for name, _, value in split}


Params = Annotated[
    tuple[str, ...],
    Option(("--param",), "A parameter, for this run; repeatable.", "NAME=VALUE", convert=parameter),
]
