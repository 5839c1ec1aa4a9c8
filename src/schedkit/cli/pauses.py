"""The pauses of jobs, and how one is shown."""

from __future__ import annotations

from datetime import UTC, datetime

from schedkit.cli import render
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedkit.run import Pause
    from schedkit.store import Reader


def pauses(store: Reader, now: datetime) -> dict[str, Pause]:
    """Return the pauses that are not over, by the names of their jobs."""
    return {
        name: pause
        for name, pause in store.pauses().items()
        if pause.until is None or pause.until > now
    }


def pause_text(pause: Pause) -> render.Cell:
    """Return that a job is paused, by whom, until when and why."""
    said = f"paused by {pause.who}" + (f": {pause.reason}" if pause.reason else "")
    if pause.until is None:
        return render.Cell(said, colour="yellow")
    until = pause.until.astimezone()
    shown = f"{said} (until {until:%a %Y-%m-%d %H:%M})"
    return render.Cell(f"{said} (until {until.isoformat()})", shown, "yellow")


def pause_as_json(pause: Pause) -> dict[str, Any]:
    """Return a pause as plain data with stable names."""
    return {
        "who": pause.who,
        "since": pause.since.astimezone(UTC).isoformat(),
        "until": None if pause.until is None else pause.until.astimezone(UTC).isoformat(),
        "reason": pause.reason,
    }
