"""`sched reload`: the runner takes the files as they are now."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schedkit import durations
from schedkit.cli import changes, render
from schedkit.cli.asking import NoRunnerError
from schedkit.cli.context import Context
from schedkit.cli.declaration import Option
from schedkit.cli.failure import INVALID_FILE, exit_code
from schedkit.cli.verbs.plan import planned
from schedkit.control.client import connect
from schedkit.control.protocol import RefusedError, Reload
from schedkit.errors import SchedError, StoreError
from schedkit.texts import safe
from schedkit.typed import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from schedkit.differences import Going
    from schedkit.last_good import Loaded
    from schedkit.report import InvalidFileError

_WEEK = timedelta(days=7)


def reload(
    context: Context,
    dry_run: Annotated[
        bool, Option(("--dry-run",), "Show what would change, and load nothing.")
    ] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Let the runner load the files again.

    Show what changed; exit 78 when the files are broken.
    """
    if dry_run:
        return planned(context, None, json=json)
    state = context.state_in_use()
    runner = connect(state)
    if runner is None:
        raise NoRunnerError(
            "no runner is up: the next one takes the files as they are then\n"
            f"  = help: see what changes with: {context.command('plan')}"
        )
    going: list[Going] = []
    with runner:
        before = _loaded(state)
        with suppress(StoreError):  # they are loaded all the same
            going = changes.going(state)
        runner.ask(Reload())
        try:
            said = runner.result()["changes"]
        except RefusedError as error:
            return _refused(context, error)
    after = _loaded(state)
    if before is None or after is None or after.time <= before.time:
        return _in_the_words_of_the_runner(said, json=json)
    return _compared(context, before, after, going, json=json)


def _compared(
    context: Context, before: Loaded, after: Loaded, going: Sequence[Going], *, json: bool
) -> int:
    """Tell how what is loaded now differs from what was."""
    from schedkit.differences import differences

    now = datetime.now(UTC)
    found = differences(before.config, after.config, now, _WEEK, going)
    if json:
        render.write_json(changes.as_json(found))
        return 0
    changes.write(context, found)
    if found.jobs or found.settings:
        hint = f"; what comes now: {context.command('next')}"
    else:
        ago = durations.brief(now - before.time)
        hint = f"; loaded {ago} ago already, and what changed then: {context.command('audit')}"
    sys.stderr.write(f"{changes.summary(found)}{hint}\n")
    return 0


def _loaded(state: Path) -> Loaded | None:
    """Return what the runner goes by, None when that cannot be told: it does so all the same."""
    from schedkit.last_good import loaded

    try:
        return loaded(state)
    except (StoreError, OSError):
        return None


def _in_the_words_of_the_runner(said: list[str], *, json: bool) -> int:
    """Tell what changed as far as the runner tells it."""
    if json:
        answer: dict[str, Any] = {"now": datetime.now(UTC).astimezone().isoformat()}
        nothing = dict.fromkeys(("until", "jobs", "settings", "unchanged"))
        render.write_json(answer | nothing | {"changes": said})
        return 0
    sys.stdout.write("".join(f"{safe(change)}\n" for change in said))
    if not said:
        sys.stderr.write("no job fires otherwise than before\n")
    return 0


def _refused(context: Context, error: RefusedError) -> int:
    """Say why the files are not taken: with their lines, when what is wrong is wrong here too."""
    invalid = _invalid(context) if error.code == INVALID_FILE else None
    if invalid is None or invalid.diagnostics[0].message not in str(error):
        raise error
    code = exit_code(invalid)
    sys.stderr.write("the runner goes on with what it had loaded before\n")
    return INVALID_FILE if code is None else code


def _invalid(context: Context) -> InvalidFileError | None:
    """Return what is wrong with the files as they are read here."""
    from schedkit.report import InvalidFileError

    try:
        context.load()
    except InvalidFileError as error:
        return error
    except (SchedError, OSError):
        return None
    return None
