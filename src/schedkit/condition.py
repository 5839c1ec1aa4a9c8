"""How a runner is, as plain JSON data: what it says of itself to whoever asks."""

from __future__ import annotations

from datetime import datetime

from schedkit.claims import Claims
from schedkit.run import run_id
from schedkit.store import Holder
from schedkit.typed import Any


def condition(
    claims: Claims, holder: Holder, began: datetime, *, degraded: str | None, draining: bool
) -> dict[str, Any]:
    """
    Return how a runner is: what runs, waits, is paused and comes next, and what is wrong.

    *degraded* is why it goes by files that are not those of now.
    """
    fire, error = claims.agenda.next_fire(), claims.recording.error

    def iso(time: datetime | None, job: str) -> str | None:
        known = claims.jobs.get(job)
        zone = None if known is None else known.timezone
        return None if time is None else time.astimezone(zone).isoformat()

    return {
        "pid": holder.pid,
        "version": holder.version,
        "started": began.astimezone().isoformat(),
        "jobs": len(claims.jobs),
        "running": [
            {"run": run_id(a.key.run), "job": a.name, "since": iso(a.first_start, a.name)}
            for a in claims.attempts
            if not a.asks
        ],
        "waiting": len(claims.queue) + sum(a.asks for a in claims.attempts),
        "degraded": degraded,
        "draining": draining,
        "paused": sorted(claims.pauses),
        "store_error": None if error is None else str(error),
        "next": None if fire is None else {"job": fire[1], "fire_time": iso(*fire)},
    }
