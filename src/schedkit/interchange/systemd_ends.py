"""
How a service of systemd ends, and starts again, as the keys of a job that say it.

Source: systemd.service(5), systemd.kill(5).
"""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any

from schedkit import durations
from schedkit.errors import ConfigError
from schedkit.interchange import unit_values
from schedkit.interchange.exit_statuses import exit_codes
from schedkit.interchange.systemd_services import one_shot
from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_files import Setting, Unit

_SECTION = "Service"
_SIGNALS = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "KILL")  # what stop_signal may be
_WITHOUT_END = 1_000_000  # what max_retries is at most
_MILLISECOND = timedelta(milliseconds=1)


def ends(unit: Unit, told: Telling) -> dict[str, Any]:
    """Return the keys that say when it is ended and how, and what counts as success."""
    values = {
        "timeout": _timeout(unit, told),
        "stop_signal": told.read(unit.last(_SECTION, "KillSignal"), _signal),
        "kill_grace": _kill_grace(unit, told),
        "success": _success(unit, told),
    }
    return {key: value for key, value in values.items() if value is not None}


def _timeout(unit: Unit, told: Telling) -> str | None:
    starting = unit.last(_SECTION, "TimeoutStartSec", "TimeoutSec")
    running = unit.last(_SECTION, "RuntimeMaxSec")
    if one_shot(unit):
        counts, other = starting, running
        message = "with Type=oneshot it has no effect"
    else:
        counts, other = running, starting
        message = "it bounds what comes before ExecStart=, which timeout does not"
    if other is not None and other.name != "TimeoutSec":
        told.say(other, message)
    length = _length(counts, told)
    several = len(unit.all(_SECTION, "ExecStart")) + len(unit.all(_SECTION, "ExecStartPre")) > 1
    if counts is not None and length is not None and several:
        told.say(counts, "of all its commands together; systemd counts for each", taken=True)
    return length


def _length(setting: Setting | None, told: Telling) -> str | None:
    """Return how long a setting allows, None for as long as it takes, which 0 means as well."""
    length = told.read(setting, unit_values.span)
    if setting is None or not length:
        return None
    if length < _MILLISECOND:
        told.say(setting, "that is too short: a millisecond is the least")
        return None
    return durations.text(length)


def _kill_grace(unit: Unit, told: Telling) -> str | None:
    setting = unit.last(_SECTION, "TimeoutStopSec", "TimeoutSec")
    length = _length(setting, told)
    if setting is not None and length is None and setting.name != "TimeoutSec":
        told.say(setting, "it is killed, after kill_grace")
    return length


def _signal(text: str) -> str:
    name = text.upper().removeprefix("SIG")
    if text.isdigit():
        name = next((one.name[3:] for one in signal.Signals if one == int(text)), text)
    if name not in _SIGNALS:
        raise ConfigError.of(f"stop_signal is one of {', '.join(_SIGNALS)}")
    return name


def _success(unit: Unit, told: Telling) -> dict[str, Any] | None:
    codes = {0}
    for setting in unit.all(_SECTION, "SuccessExitStatus"):
        for code in exit_codes(setting.value):
            if isinstance(code, int):
                codes.add(code)
            else:
                told.say(setting, f"an end by {code} is a failure")
    return None if codes == {0} else {"exit_codes": sorted(codes)}


# ---- again


def retry(unit: Unit, told: Telling) -> dict[str, Any]:
    """Return the key `retry`, when the service is restarted after a failure."""
    restart = unit.last(_SECTION, "Restart")
    if restart is None or restart.value == "no":
        return {}
    if restart.value not in ("on-failure", "always"):
        told.say(restart, "retry is for every failure, or for some exit codes")
        return {}
    if restart.value == "always":
        message = "after a success it starts again at its next time, not before"
        told.say(restart, message, taken=True)
    pause = unit.last(_SECTION, "RestartSec")
    delay = told.read(pause, unit_values.span)
    delay = timedelta(milliseconds=100) if delay is None else delay
    burst, interval = _start_limit(unit, told)
    if interval is not None and (not interval or not burst or burst * delay >= interval):
        told.say(restart, "systemd tries again without end, as nearly does this", taken=True)
        retries = _WITHOUT_END
    else:
        told.say(restart, "systemd counts other starts of the unit as well", taken=True)
        retries = burst - 1
    longest = {"max_delay": durations.text(delay)} if delay > timedelta(days=1) else {}
    return {"retry": {"max_retries": retries, "delay": durations.text(delay), **longest}}


def _start_limit(unit: Unit, told: Telling) -> tuple[int, timedelta | None]:
    """Return how many starts there may be in which time, None for all time."""
    burst = unit.last("Unit", "StartLimitBurst") or unit.last(_SECTION, "StartLimitBurst")
    interval = unit.last("Unit", "StartLimitIntervalSec", "StartLimitInterval")
    interval = interval or unit.last(_SECTION, "StartLimitInterval", "StartLimitIntervalSec")
    number = told.read(burst, _count)
    length = timedelta(seconds=10) if interval is None else told.read(interval, unit_values.span)
    return 5 if number is None else number, length


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ConfigError.of(f"{text!r} is no number")
    return int(text)
