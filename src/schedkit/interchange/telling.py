"""How what differs is collected while a unit is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from schedkit.errors import ConfigError
from schedkit.interchange.draft import Difference
from schedkit.interchange.unit_files import Setting

T = TypeVar("T")


class Telling(list[Difference]):
    """The differences that were found, in order."""

    def say(self, setting: Setting, message: str, *, taken: bool = False) -> None:
        """Add what is to be said of a setting."""
        text = " ".join(f"{setting.name}={setting.value}".split())
        self.append(Difference(setting.place, text, message, taken))

    def read(self, setting: Setting | None, reader: Callable[[str], T]) -> T | None:
        """Return what *reader* makes of a setting; None, and say why, when it refuses it."""
        if setting is None:
            return None
        try:
            return reader(setting.value)
        except ConfigError as error:
            self.say(setting, "; ".join(map(str, error.problems)))
            return None
