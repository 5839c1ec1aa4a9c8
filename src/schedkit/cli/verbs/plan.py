"""`sched plan`: what other files would change, before a runner loads them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schedkit import compiled, durations
from schedkit.cli import changes, render
from schedkit.cli.context import Context, NoFileError
from schedkit.cli.declaration import Argument, Option
from schedkit.config import positive
from schedkit.errors import ConfigError
from schedkit.records import replace
from schedkit.typed import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from schedkit.config import Config
    from schedkit.differences import Differences
    from schedkit.last_good import Loaded

_DAYS = 7
_MOST_DAYS = 3660


def _days(text: str) -> int:
    number = positive(text)
    if number > _MOST_DAYS:
        raise ConfigError.of(f"{number} days are more than ten years: {_MOST_DAYS} at most")
    return number


def plan(
    context: Context,
    path: Annotated[
        str | None,
        Argument("A file or directory to take in place of the usual one; - for stdin.", "PATH"),
    ] = None,
    days: Annotated[
        int, Option(("--days",), "Compare the fire times of so many days.", "N", convert=_days)
    ] = _DAYS,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Show what files would change that are not loaded yet.

    Which fire times, jobs and runs.
    """
    return planned(context, path, days, json=json)


def planned(context: Context, path: str | None, days: int = _DAYS, *, json: bool) -> int:
    """Compare the files, or those at *path*, with what is loaded; no runner is asked."""
    from schedkit.differences import differences
    from schedkit.last_good import loaded

    config, state = _asked_about(context, path)
    known = loaded(state)
    now = datetime.now(UTC)
    found = differences(
        None if known is None else known.config,
        config,
        now,
        timedelta(days=days),
        changes.going(state),
        in_place=path is None,
    )
    if json:
        render.write_json(changes.as_json(found))
        return 0
    changes.write(context, found)
    sys.stderr.write(f"{changes.summary(found)}{_hint(context, path, known, found)}\n")
    return 0


def _asked_about(context: Context, path: str | None) -> tuple[Config, Path]:
    """Return the files to compare, and the state directory of the runner to compare them with."""
    if path is None:
        return context.load(), context.state_in_use()
    from schedkit import loader

    given = loader.piped([path])
    config = loader.load([Path(path)], given) if given else compiled.load([Path(path)])
    try:
        return config, context.state_in_use()
    except (ConfigError, NoFileError):  # it would be the first that is loaded here
        return config, replace(context, config=(path,)).state_directory(config)


def _hint(context: Context, path: str | None, known: Loaded | None, found: Differences) -> str:
    if known is None:
        return f"; no runner has loaded any file yet: {context.command('run')}"
    if not found.jobs and not found.settings:
        return f"; last loaded {durations.brief(found.now - known.time)} ago"
    if path is None:
        return f"; to load them: {context.command('reload')}"
    usual = " ".join(map(str, context.config)) or "the usual file"
    return f"; to load it, put it in place of {usual}, then: {context.command('reload')}"
