"""sched: a declarative, YAML-driven replacement for cron."""

from schedkit.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from schedkit.errors import (
        CalendarEndsError,
        ConfigError,
        ExecutorError,
        LockedError,
        SchedError,
        StoreError,
    )
    from schedkit.schedule import Schedule
    from schedkit.traces import Fire, Trace

__version__ = "0.1.0"
__all__ = [
    "CalendarEndsError",
    "ConfigError",
    "ExecutorError",
    "Fire",
    "LockedError",
    "SchedError",
    "Schedule",
    "StoreError",
    "Trace",
    "__version__",
]
_PLACES = {
    "Fire": "traces",
    "Schedule": "schedule",
    "Trace": "traces",
}


def __getattr__(name: str) -> object:
    # Imported when asked for: `sched history` needs no schedule, and starts in 30 ms.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{_PLACES.get(name, 'errors')}"), name)
    return found
