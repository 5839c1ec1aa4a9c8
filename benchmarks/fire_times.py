"""Goal 1: the next 1,000 fire times of a cron schedule, in a zone with clock changes."""
# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from benchmarks.common import Goal, Line, Prepare, faster, interleaved
from croniter import croniter
from cronsim import CronSim

from schedkit import Schedule, timeline

SAID = (
    "the next 1,000 fire times of a common cron schedule in a zone with clock changes, at least "
    "40 times as fast as cronsim and APScheduler; of a rare one, at least 8 times as fast as all"
)
ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2027, 3, 20, tzinfo=UTC)  # a week before a clock change
COMMON = ("*/5 * * * *", "*/15 9-17 * * mon-fri", "0 9 * * mon-fri", "30 2 * * *")
FIRES = 1000

# 29 February that is a Monday: 2044 and 2072. It is the month's fifth Monday, which those can say
# that cannot ask for both day fields.
LEAP_START = datetime(2027, 1, 1, tzinfo=UTC)
LEAP_FIRES = 2
LEAP_EXPECTED = [datetime(year, 2, 29, tzinfo=ZONE).astimezone(UTC) for year in (2044, 2072)]

Fires = Callable[[], Iterator[datetime]]


def measure() -> Goal:
    """Return what it takes."""
    lines: list[Line] = []
    notes: list[str] = []
    for expression in COMMON:
        contestants = _contestants(expression)
        times = interleaved({name: _taking(of, FIRES) for name, of in contestants.items()}, FIRES)
        lines += faster(f"`{expression}`", times, {"cronsim": 40, "APScheduler": 40})
        notes += _differences(expression, contestants)
    lines += _rare()
    lines += _filtered()
    notes.append(
        "A zone is looked through for its clock changes once a process, not once a schedule: "
        f"*zone not seen before* is the first {FIRES:,} fire times with that in it."
    )
    return Goal(1, SAID, lines, notes)


def _contestants(expression: str) -> dict[str, Fires]:
    ours = Schedule(f"cron {expression}", timezone=ZONE)
    triggers = CronTrigger.from_crontab(expression, timezone=ZONE)
    local = START.astimezone(ZONE)
    return {
        "schedkit": lambda: ours.after(START),
        "cronsim": lambda: CronSim(expression, local),
        "croniter": lambda: croniter(expression, local, ret_type=datetime),
        "APScheduler": lambda: _asked(triggers, local),
    }


def _rare() -> list[Line]:
    ours = Schedule({"cron": "0 0 29 2 mon", "day_or": False}, timezone=ZONE)
    trigger = CronTrigger(month=2, day=29, day_of_week="mon", hour=0, minute=0, timezone=ZONE)
    local = LEAP_START.astimezone(ZONE)
    contestants: dict[str, Fires] = {
        "schedkit": lambda: ours.after(LEAP_START),
        "cronsim": lambda: CronSim("0 0 * 2 mon#5", local),
        "croniter": lambda: croniter("0 0 29 2 mon", local, ret_type=datetime, day_or=False),
        "APScheduler": lambda: _asked(trigger, local),
    }
    for name, fires in contestants.items():
        found = [fire.astimezone(UTC) for fire in islice(fires(), LEAP_FIRES)]
        assert found == LEAP_EXPECTED, f"{name}: {found}"
    prepared = {name: _taking(fires, LEAP_FIRES) for name, fires in contestants.items()}
    times = interleaved(prepared, LEAP_FIRES)
    wanted = dict.fromkeys(("cronsim", "croniter", "APScheduler"), 8.0)
    return faster("29 February that is a Monday", times, wanted)


def _filtered() -> list[Line]:
    """Return by what factor a filter and an adjustment make us slower: stated, not a goal."""
    clock = "cron 0 9 * * *"
    keep: list[object] = [{"not": "between_dates 12-24..01-01"}]
    schedules = {
        "schedkit": Schedule(clock, timezone=ZONE),
        "with a filter": Schedule(clock, keep, timezone=ZONE),
        "with an adjustment": Schedule(clock, (), "next_weekday", timezone=ZONE),
        "with both": Schedule(clock, keep, "next_weekday", timezone=ZONE),
    }
    prepared: dict[str, Prepare] = {
        name: _taking(lambda schedule=schedule: schedule.after(START), FIRES)  # type: ignore[misc]  # a lambda's default, to bind the loop's variable
        for name, schedule in schedules.items()
    }
    plain = schedules["schedkit"]
    prepared["zone not seen before"] = _unseen(lambda: plain.after(START), FIRES)
    times = interleaved(prepared, FIRES)
    lines = faster("`0 9 * * *`", times, {})
    return [lines[0], *(line._replace(who=f"schedkit, {line.who}") for line in lines[1:])]


def _taking(fires: Fires, count: int) -> Prepare:
    return lambda _: lambda: deque(islice(fires(), count), maxlen=0)


def _unseen(fires: Fires, count: int) -> Prepare:
    def timed() -> None:
        timeline._changes.cache_clear()  # noqa: SLF001  # what a new process begins with
        deque(islice(fires(), count), maxlen=0)

    return lambda _: timed


def _asked(trigger: CronTrigger, start: datetime) -> Iterator[datetime]:
    """Yield the fire times of a trigger of APScheduler, as its scheduler asks for them."""
    previous: datetime | None = None
    now = start
    while (fire := trigger.get_next_fire_time(previous, now)) is not None:
        yield fire
        previous = now = fire


def _differences(expression: str, contestants: dict[str, Fires]) -> list[str]:
    """Return where a peer answers otherwise than we do: it was not the same work."""
    ours = list(islice(contestants["schedkit"](), FIRES))
    notes = []
    for name, fires in contestants.items():
        theirs = [fire.astimezone(UTC) for fire in islice(fires(), FIRES)]
        begin, end = ours[0], min(ours[-1], theirs[-1])
        differing = {fire for fire in {*ours} ^ {*theirs} if begin <= fire <= end}
        if differing:
            days = ", ".join(sorted({f"{fire.astimezone(ZONE):%Y-%m-%d}" for fire in differing}))
            notes.append(f"`{expression}`: {name} answers otherwise on {days}.")
    return notes
