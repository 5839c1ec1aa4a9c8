"""sched: a declarative, YAML-driven replacement for cron."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schedkit.errors import ConfigError, ExecutorError, LockedError, SchedError, StoreError
    from schedkit.schedule import Fire, Schedule

__version__ = "0.1.0"
__all__ = [
    "ConfigError",
    "ExecutorError",
    "Fire",
    "LockedError",
    "SchedError",
    "Schedule",
    "StoreError",
    "__version__",
]
_PLACES = {"Schedule": "schedule", "Fire": "schedule"}


def __getattr__(name: str) -> object:
    # Imported when asked for: `sched history` needs no schedule, and starts in 30 ms.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{_PLACES.get(name, 'errors')}"), name)
    return found
