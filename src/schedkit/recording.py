"""What happens is written into the history; while that cannot be done it is kept, in order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from schedkit.errors import StoreError
from schedkit.log import fields
from schedkit.run import Fact
from schedkit.store import Store
from schedkit.watch import Watch

log = logging.getLogger(__name__)

_PAUSE = timedelta(seconds=5)  # before a store that could not be written is tried again


class Recording:
    """
    The runner's way to its history.

    *error* is why it could not be written, *blocked* whether what is to start could not: then
    nothing does. Both hold until it is tried again.
    """

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store = store
        self._watch = watch
        self._again_at: timedelta | None = None
        self.error: StoreError | None = None
        self.blocked = False

    @property
    def next_try(self) -> timedelta | None:
        """When, by `Watch.elapsed`, a store that could not be written is tried again."""
        return self._again_at

    def is_due(self) -> bool:
        """Return whether something may be written: it went well so far, or may go well again."""
        if self._again_at is not None:
            if self._watch.elapsed() < self._again_at:
                return False
            self._again_at = self.error = None
            self.blocked = False
        return True

    def record(self, facts: Sequence[Fact]) -> bool:
        """Record what started and ended; return whether that is done."""
        try:
            self._store.record(facts)
        except StoreError as error:
            log.error("what ended waits to be recorded", extra=fields(error=error))  # noqa: TRY400
            self._try_again(error)
            return False
        return True

    def block(self, error: StoreError) -> None:
        """Start nothing for a while: what cannot be recorded must not run."""
        log.error("the history cannot be written, nothing is started", extra=fields(error=error))
        self.blocked = True
        self._try_again(error)

    def check(self) -> None:
        """Raise the StoreError for which nothing starts now, if one does that."""
        if self.blocked and self.error is not None:
            raise self.error

    def _try_again(self, error: StoreError) -> None:
        self.error = error
        self._again_at = self._watch.elapsed() + _PAUSE
