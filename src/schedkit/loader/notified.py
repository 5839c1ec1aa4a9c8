"""Whom the file has told of its jobs: of those that name nobody of their own, or that alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from schedkit.errors import ConfigError, Problem
from schedkit.loader.keys import KeyReader, Said
from schedkit.loader.placed import Placed, refused
from schedkit.telling import NOTIFIERS, Notifier, alerted

_KEY = "notify"
_ALERTS = "alert_on_failure"
_NOBODY = Problem(
    f"{_ALERTS} has nobody to tell", "write notify: at the top of the file", (_ALERTS,), on_key=True
)


class Told:
    """The notifiers of the files, *entry* being where they stand: read once, for every job."""

    def __init__(self, entry: Placed | None, reader: KeyReader) -> None:
        self._reader = reader
        self._of_file = Said({_KEY: ()}, [], {}, drawn=False)
        self._alerted: dict[int, tuple[Notifier, ...]] = {}  # by the identity of the job's own
        self._is_broken = False
        if entry is not None:
            try:
                self._of_file = reader.read({_KEY: entry.value})
            except (ConfigError, ValidationError):
                self._is_broken = True
                _say(entry)

    def problems(self, keys: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with the keys of a job, if it alerts and there is nobody."""
        if not keys.get(_ALERTS) or self._is_broken or self._of_file.values[_KEY]:
            return []
        try:
            alerts = self._reader.read({_ALERTS: keys[_ALERTS]}).values[_ALERTS]
        except (ConfigError, ValidationError):
            return []  # which is said where it is read
        return [_NOBODY] if alerts else []

    def within(self, said: Said) -> Said:
        """Return what the keys of a job say, with those whom the file has told of it."""
        of_file, own = self._of_file.values[_KEY], said.values.get(_KEY)
        alerts = said.values.get(_ALERTS, False)
        if of_file and (own is None or alerts):
            said.values[_KEY] = self._alert(own, of_file) if alerts else of_file
            said.written.extend(self._of_file.written)
        return said

    def _alert(
        self, own: tuple[Notifier, ...] | None, of_file: tuple[Notifier, ...]
    ) -> tuple[Notifier, ...]:
        # The reader keeps what it has read: equal ones are one.
        if id(own) not in self._alerted:
            self._alerted[id(own)] = alerted(own, of_file)
        return self._alerted[id(own)]


def _say(entry: Placed) -> None:
    """Say where they stand what is wrong with them, unless it has been said."""
    if refused(entry.value):
        return
    try:
        NOTIFIERS.value(entry.value)
    except ConfigError as error:
        for problem in error.problems:
            entry.add(problem)
