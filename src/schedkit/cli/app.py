"""The typer application, made of the declarations of the verbs: help, errors and completion."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

import schedkit
from schedkit.cli.context import context
from schedkit.cli.declaration import (
    GROUPS,
    MISSING,
    VERBS,
    Argument,
    Option,
    Parameter,
    parameters,
    value,
    verb_function,
)
from schedkit.cli.failure import USAGE
from schedkit.cli.fastpath import Call
from schedkit.errors import ConfigError

_NAMES = {"help_option_names": ["-h", "--help"]}


def run(arguments: Sequence[str], execute: Callable[[Call], int]) -> int:
    """Read a command line and do what it says; return the exit code."""
    try:
        return build(execute)(arguments, standalone_mode=True) or 0
    except SystemExit as end:  # what is wrong has been said
        if end.code == USAGE and (hint := _misplaced(arguments)):
            typer.echo(f"  = help: {hint}", err=True)
        raise


def _misplaced(arguments: Sequence[str]) -> str | None:
    """Return the way out when an option of all verbs stands behind one."""
    verb = next((word for word in arguments if word in VERBS), None)
    if verb is None:
        return None
    of_all, of_verb = (
        {
            name
            for one in parameters(function)
            if isinstance(one.how, Option)
            for name in one.how.names
        }
        for function in (context, verb_function(verb))
    )
    for word in arguments[arguments.index(verb) :]:
        name = word.partition("=")[0]
        if name in of_all - of_verb:
            return f"{name} stands before the verb: sched {name} ... {verb}"
    return None


def build(execute: Callable[[Call], int]) -> typer.Typer:
    """Return the application; what it reads from a command line it gives to *execute*."""
    app = typer.Typer(
        name="sched",
        help="A declarative, YAML-driven replacement for cron.",
        no_args_is_help=True,
        context_settings=_NAMES,
        pretty_exceptions_enable=False,
        epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 no runner, 4 no such job, 69 history not"
        " reachable, 75 another runner, 77 no permission, 78 invalid file, 130 interrupted.",
    )
    before: dict[str, Any] = {}

    def start(**given: Any) -> None:
        given.pop("version")
        before.update(given)

    version = inspect.Parameter(
        "version",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[
            bool,
            typer.Option(
                "-V", "--version", help="Show the version.", is_eager=True, callback=_say_version
            ),
        ],
    )
    app.callback()(_typed(start, parameters(context), [version]))
    for group, name in ((group, name) for group, names in GROUPS.items() for name in names):
        function = verb_function(name)
        declared = parameters(function)

        def command(_name: str = name, **given: Any) -> None:
            raise typer.Exit(execute(Call(_name, before, given)))

        settings = _NAMES | {"allow_extra_args": any(map(_is_hidden, declared))}
        about = inspect.getdoc(function)
        app.command(name, help=about, context_settings=settings, rich_help_panel=group)(
            _typed(command, declared)
        )
    return app


def _say_version(wanted: bool) -> None:  # noqa: FBT001  # as typer calls it
    if wanted:
        typer.echo(f"sched {schedkit.__version__}")
        raise typer.Exit


def _typed(
    function: Callable[..., None],
    declared: list[Parameter],
    more: list[inspect.Parameter] | None = None,
) -> Callable[..., None]:
    """Return *function* with a signature that typer reads the declared parameters from."""
    shown = [parameter for parameter in declared if not _is_hidden(parameter)]
    given = [_CONTEXT, *map(_parameter, shown), *(more or [])]

    def call(ctx: typer.Context, **values: Any) -> None:
        for parameter in declared:
            if _is_hidden(parameter):
                values[parameter.name] = ctx.args
            if parameter.many:
                values[parameter.name] = tuple(values[parameter.name] or ())
        function(**values)

    call.__signature__ = inspect.Signature(given)  # type: ignore[attr-defined]  # read by typer
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in given}
    return call


_CONTEXT = inspect.Parameter(
    "ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)


def _is_hidden(parameter: Parameter) -> bool:
    """Return whether a parameter takes what a verb has no use for, to say something about it."""
    return isinstance(parameter.how, Argument) and parameter.how.hidden


def _parameter(parameter: Parameter) -> inspect.Parameter:
    how = parameter.how
    kind: Any = list[parameter.kind] if parameter.many else parameter.kind  # type: ignore[name-defined]  # a type made at run time
    if not parameter.many and parameter.default is None:
        kind = kind | None
    if isinstance(how, Argument):
        default: Any = typer.Argument(
            help=how.help,
            metavar="|".join(how.choices) or how.metavar,
            parser=_parser(parameter),
            show_default=False,
        )
    else:
        default = typer.Option(
            *how.names,
            help=how.help,
            metavar=None if parameter.kind is bool else "|".join(how.choices) or how.metavar,
            parser=_parser(parameter),
            show_default=parameter.default not in (None, False, ()),
        )
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=_default(parameter),
        annotation=Annotated[kind, default],
    )


def _default(parameter: Parameter) -> Any:
    if parameter.default is MISSING:
        return inspect.Parameter.empty
    return list(parameter.default) if parameter.many else parameter.default


def _parser(parameter: Parameter) -> Callable[[str], Any] | None:
    """Return what reads a value as its declaration says; None for a flag."""
    if parameter.kind is bool:
        return None

    def parse(text: Any) -> Any:
        if not isinstance(text, str):
            return text  # a default, which is read already
        try:
            return value(parameter, text)
        except ConfigError as error:
            raise typer.BadParameter(str(error)) from None

    return parse
