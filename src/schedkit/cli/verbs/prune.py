"""`sched prune`: the past is forgotten, as far as nobody needs it any more."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schedkit.cli import render
from schedkit.cli.asking import asking
from schedkit.cli.confirming import is_meant
from schedkit.cli.context import Context, NoFileError
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED, UsageError
from schedkit.cli.progress import progress
from schedkit.cli.render import Cell
from schedkit.cli.when import span
from schedkit.config import UnknownJobError, positive
from schedkit.errors import ConfigError, did_you_mean
from schedkit.keeping import size_on_disk
from schedkit.operations import Prune
from schedkit.records import replace
from schedkit.store import SQLiteReader
from schedkit.typed import Annotated, Any, NamedTuple

_LONG = 2000  # records that take a person's patience
_UNITS = ("bytes", "KB", "MB", "GB", "TB")


class _Going(NamedTuple):
    """What is to be forgotten of a job."""

    job: str
    records: int
    output_bytes: int


def prune(
    context: Context,
    jobs: Annotated[tuple[str, ...], Argument("Only these jobs.", "JOB")] = (),
    keep: Annotated[
        timedelta | None,
        Option(("--keep",), "Forget runs that ended longer ago than this.", "SPAN", convert=span),
    ] = None,
    keep_last: Annotated[
        int | None,
        Option(
            ("--keep-last",), "Forget all but so many, the last of each job.", "N", convert=positive
        ),
    ] = None,
    dry_run: Annotated[bool, Option(("--dry-run",), "Show what would go, and end.")] = False,
    yes: Annotated[bool, Option(("--yes",), "Do not ask.")] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Forget runs that are over.

    Of jobs that are gone as well; delete what they wrote.
    """
    if keep is None and keep_last is None:
        raise UsageError(
            "prune takes --keep or --keep-last, or both\n"
            "  = help: --keep 30d forgets runs that ended longer ago, --keep-last 100 all but the"
            " last 100 of each job"
        )
    before = None if keep is None else datetime.now(UTC) - keep
    going = _going(context, jobs, before, keep_last)
    sys.stderr.write(f"{_in_words(going)}\n")
    if dry_run or not going:
        _show(context, going, table=dry_run, json=json)
        return 0
    if not yes and not is_meant("forget them?", "they are to go"):
        return FAILED
    freed = _forgotten(context, Prune(list(jobs), before, keep_last), _total(going).records)
    if json:
        render.write_json(_as_json(going, [freed]))
    else:
        row = _row(freed)[1:]
        render.write_table(("RECORDS", "OUTPUT"), [row], colour=context.colour())
    sys.stderr.write(f"what is left: {context.command('history', *jobs)}\n")
    return 0


def _going(
    context: Context, jobs: Sequence[str], before: datetime | None, keep: int | None
) -> list[_Going]:
    store = context.history()
    if store is None:
        _check(context, jobs, set())
        return []
    with closing(store):
        known = store.jobs()
        _check(context, jobs, known)
        found = [_of(store, job, before, keep) for job in sorted(set(jobs) or known)]
    return [one for one in found if one.records]


def _of(store: SQLiteReader, job: str, before: datetime | None, keep: int | None) -> _Going:
    beyond = store.beyond(job, keep, before)
    size = 0
    for output in beyond.outputs:
        with suppress(OSError):
            size += size_on_disk(Path(output))
    return _Going(job, beyond.records, size)


def _check(context: Context, jobs: Iterable[str], known: set[str]) -> None:
    """See to it that all jobs are known, by a record or from the files."""
    unknown = [name for name in jobs if name not in known]
    if not unknown:
        return
    with suppress(ConfigError, NoFileError):
        known = known | context.load().by_name.keys()
    for name in unknown:
        if name not in known:
            raise UnknownJobError(name, did_you_mean(name, known))


def _forgotten(context: Context, wish: Prune, records: int) -> _Going:
    """Have it done, a part at a time: a runner has more to do. Return how much that was."""
    freed = _Going("", 0, 0)
    after: str | None = ""
    bar = progress(context, "forgetting", records, least=_LONG)
    with asking(context) as one, bar as done:
        while after is not None:
            answer = one.ask(wish)
            freed = _total([freed, _Going("", answer["records"], answer["output_bytes"])])
            done(freed.records)
            after = answer["after"]
            wish = replace(wish, after=after)
    return freed


def _total(going: Iterable[_Going]) -> _Going:
    found = list(going)
    return _Going("", sum(one.records for one in found), sum(one.output_bytes for one in found))


def _in_words(going: Sequence[_Going]) -> str:
    if not going:
        return "nothing of the past is to go"
    total = _total(going)
    records = f"{total.records} record{'' if total.records == 1 else 's'}"
    jobs = f"{len(going)} job{'' if len(going) == 1 else 's'}"
    return f"{records} of {jobs} and {_shown(total.output_bytes)} of output are to go"


def _show(context: Context, going: Sequence[_Going], *, table: bool, json: bool) -> None:
    if json:
        render.write_json(_as_json(going, going))
    elif table:
        columns = ("JOB", "RECORDS", "OUTPUT")
        render.write_table(columns, map(_row, going), colour=context.colour())


def _row(one: _Going) -> list[Cell]:
    size = Cell(str(one.output_bytes), _shown(one.output_bytes))
    return [Cell(one.job, colour="bold"), Cell(str(one.records)), size]


def _shown(number: int) -> str:
    """Return a number of bytes as a person wants to know it: `312 bytes`, `1.4 MB`."""
    size = float(number)
    for unit in _UNITS:
        if size < 999.5 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{size:.{0 if unit == 'bytes' or size >= 99.5 else 1}f} {unit}"


def _as_json(going: Sequence[_Going], freed: Iterable[_Going]) -> dict[str, Any]:
    total = _total(freed)
    return {
        "records": total.records,
        "output_bytes": total.output_bytes,
        "jobs": [one._asdict() for one in going],
    }
