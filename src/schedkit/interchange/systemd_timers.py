"""
The timers of systemd: when their service is started, as clocks of ours.

Source: systemd.timer(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from schedkit import durations
from schedkit.clocks import CLOCKS, Clock
from schedkit.clocks.clock import ClockChanges
from schedkit.errors import ConfigError
from schedkit.interchange import calendar_clocks, clock_changes, missed, unit_values
from schedkit.interchange.calendar_event import calendar_event
from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_files import Unit

# What systemd does where a clock change skips a time, and where the clock shows it twice.
CHANGES = ClockChanges("skip", "first")
_SECTION = "Timer"
_ONCE = ("OnBootSec", "OnStartupSec", "OnActiveSec")
_AGAIN = {"OnUnitActiveSec": "start", "OnUnitInactiveSec": "end"}


class Times(NamedTuple):
    """When a job fires: clocks, all of one zone; None is the zone of the machine."""

    zone: str | None
    clocks: tuple[Any, ...]
    calendar: bool  # whether one of them is of OnCalendar

    def keys(self, local: ZoneInfo) -> dict[str, Any]:
        """Return the keys of the job that say it."""
        first, *others = self.clocks
        written: dict[str, Any] = {"clock": [first, *others] if others else first}
        if self.zone is not None:
            written["timezone"] = self.zone
        changes = clock_changes.needed(self.read(), self.known_zone(local), CHANGES)
        return written | ({} if changes is None else {"dst": changes})

    def read(self) -> list[Clock]:
        """Return the clocks as they are read from a file."""
        return [CLOCKS.read(clock) for clock in self.clocks]

    def known_zone(self, local: ZoneInfo) -> ZoneInfo:
        """Return the zone."""
        return local if self.zone is None else ZoneInfo(self.zone)


def times(unit: Unit, specifiers: Mapping[str, str], local: ZoneInfo, told: Telling) -> list[Times]:
    """Return when a timer starts its service, the times of each zone that it names together."""
    by_zone: dict[str | None, list[Any]] = {}
    calendars: set[str | None] = set()
    for setting in unit.all(_SECTION, "OnCalendar"):
        found = told.read(setting, lambda text: _calendar(unit_values.expanded(text, specifiers)))
        if found is None:
            continue
        zone, clocks = found
        if by_zone and zone not in by_zone:
            message = "another zone takes a job of its own: the two may run at the same time"
            told.say(setting, message, taken=True)
        by_zone.setdefault(zone, []).extend(clocks)
        calendars.add(zone)
        skipped = clock_changes.made_up(map(CLOCKS.read, clocks), ZoneInfo(zone) if zone else local)
        if skipped is not None:
            message = (
                f"a clock change skips {skipped}: systemd skips it, sched runs after the change"
            )
            told.say(setting, message, taken=True)
    relative = list(_relative(unit, told))
    if relative:
        zone = next(iter(by_zone), None)
        by_zone.setdefault(zone, []).extend(relative)
    for name in ("OnClockChange", "OnTimezoneChange"):
        change = unit.last(_SECTION, name)
        if told.read(change, unit_values.boolean) and change is not None:
            told.say(change, "no clock here fires for that")
    return [
        Times(zone, tuple(_each_once(clocks)), zone in calendars)
        for zone, clocks in by_zone.items()
    ]


def _each_once(clocks: list[Any]) -> Iterator[Any]:
    yield from (clock for n, clock in enumerate(clocks) if clock not in clocks[:n])


def _calendar(text: str) -> tuple[str | None, list[Any]]:
    event = calendar_event(text)
    written = calendar_clocks.clock(event)
    clocks = written if isinstance(written, list) else [written]
    for clock in clocks:
        CLOCKS.read(clock)  # which refuses a day that no month has
    return event.zone, clocks


def _relative(unit: Unit, told: Telling) -> Iterator[str]:
    """Yield the clocks for what is counted from a boot, a start or an end."""
    for name in _ONCE:
        for setting in unit.all(_SECTION, name):
            if told.read(setting, lambda text: (unit_values.span(text),)) is None:
                continue
            message = "it runs when the runner first starts after a boot, without a delay"
            told.say(setting, message, taken=True)
            yield "startup boot"
    for name, since in _AGAIN.items():
        for setting in unit.all(_SECTION, name):
            clock = told.read(setting, _every)
            if clock is not None:
                message = f"it fires at fixed times, not so long after its last {since}"
                told.say(setting, message, taken=True)
                yield clock


def _every(text: str) -> str:
    length = unit_values.span(text)
    if length is None:
        raise ConfigError.of("that never comes")
    if length < timedelta(seconds=1):
        raise ConfigError.of("that is too short: a second is the least")
    days, rest = divmod(length, timedelta(days=1))
    if not rest:
        return f"every {days}d"
    hours, rest = divmod(length, timedelta(hours=1))
    if rest % timedelta(milliseconds=1):
        raise ConfigError.of("that has less than a millisecond")
    below = durations.text(rest) if rest else ""
    return f"every {hours}h{below}" if hours else f"every {below}"


# ---- what is missed


def catchup(unit: Unit, found: Times, told: Telling) -> dict[str, Any]:
    """Return what the job does about times that passed while no runner was up."""
    setting = unit.last(_SECTION, "Persistent")
    persistent = bool(told.read(setting, unit_values.boolean))
    if not found.calendar:
        if persistent and setting is not None:
            told.say(setting, "without OnCalendar= it has no effect", taken=True)
        fires = any(not str(clock).startswith("startup") for clock in found.clocks)
        return {"catchup": "none"} if fires else {}
    if not persistent:
        about = setting or unit.all(_SECTION, "OnCalendar")[0]
        message = "what passes while the machine sleeps is left out; systemd runs it on waking"
        told.say(about, message, taken=True)
        return {"catchup": "none"}
    # systemd has no such limit.
    window = missed.window(found.read())
    return {"catchup": "latest"} | ({} if window is None else {"catchup_window": window})


# ---- how exact


def exactness(unit: Unit, told: Telling) -> None:
    """Say what of a timer's settings about exactness means nothing here."""
    delay = unit.last(_SECTION, "RandomizedDelaySec")
    if told.read(delay, unit_values.span) and delay is not None:
        told.say(delay, "it fires exactly at its times; give each machine its own")
    accuracy = unit.last(_SECTION, "AccuracySec")
    length = told.read(accuracy, lambda text: (unit_values.span(text),))
    if accuracy is not None and length and (length[0] is None or length[0] > timedelta(seconds=1)):
        told.say(accuracy, "it fires within a second of its times", taken=True)
    for name, message in (
        ("FixedRandomDelay", "there is no random delay"),
        ("WakeSystem", "it does not wake the machine"),
    ):
        setting = unit.last(_SECTION, name)
        if told.read(setting, unit_values.boolean) and setting is not None:
            told.say(setting, message)
    remains = unit.last(_SECTION, "RemainAfterElapse")
    if told.read(remains, unit_values.boolean) is False and remains is not None:
        told.say(remains, "a job stays, also when it never fires again")
