"""The files that hold for a runner: taken as it starts, and again whenever they are loaded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from schedkit.claims import Claims
from schedkit.compiled import unchanged
from schedkit.config import Config
from schedkit.errors import ConfigError, StoreError
from schedkit.jobs import Jobs
from schedkit.log import fields
from schedkit.reload import Loading
from schedkit.store import Store
from schedkit.typed import Any, Protocol
from schedkit.watch import Watch

log = logging.getLogger(__name__)

Answer = Callable[[Mapping[str, Any]], None]
_SETTLE = timedelta(milliseconds=500)  # after a file changed: its editor may not be done
_LATER = timedelta(minutes=1)  # before files are loaded again that could not be recorded
# Source: cron(8) of Debian: a clock set back by more is being corrected, the new time holds.
CORRECTION = timedelta(hours=3)


class FileWatch(Protocol):
    """Tells when files of schedules change."""

    @property
    def descriptor(self) -> int:
        """What can be read when one may have changed."""

    def changed(self) -> bool:
        """Return whether one has changed since."""

    def follow(self, paths: Iterable[Path]) -> None:
        """Watch these files and directories from now on."""


class Loop(Protocol):
    """What the loop of the runner does around a load."""

    def loading(self, *, begins: bool) -> None:
        """Tell a supervisor that a load begins, or is over."""

    def decide_before(self, now: datetime) -> None:
        """Decide what came due before a load; raises StoreError when that cannot be recorded."""

    def settled(self, jobs: Jobs, known: Jobs) -> None:
        """Go on with other jobs; all that are *known* are in the files."""


class Schedules:
    """
    What the files say, of the jobs named in *only* unless it is empty.

    *degraded* says why *config* is not what they say now; *keep* keeps a config that was taken.
    """

    def __init__(
        self,
        config: Config,
        paths: tuple[Path, ...],
        *,
        store: Store,
        claims: Claims,
        watch: Watch,
        loop: Loop,
        only: Iterable[str] = (),
        files: FileWatch | None = None,
        keep: Callable[[Config], None] | None = None,
        degraded: str | None = None,
    ) -> None:
        self.config = config
        self.degraded = degraded
        self.load_at: timedelta | None = None  # by Watch.elapsed
        self._paths = paths
        self._store = store
        self._claims = claims
        self._watch = watch
        self._loop = loop
        self._only = frozenset(only)
        self._files = files
        self._keep = keep
        self._loading: Loading | None = None
        self._load_again = False
        self._answers: list[tuple[str, Answer]] = []

    def take(self, config: Config, who: str, now: datetime) -> None:
        """
        Go on with what the files say now.

        Raises: StoreError when that cannot be recorded.
        """
        changes = self._store.load(config, who, now)
        rewound = self._store.rewind(now + CORRECTION, now)
        self.settle(config, anew=bool(rewound))
        self.config = config
        if self._keep is not None and self.degraded is None:
            self._keep(config)
        self._follow(config)
        log.info(
            "schedule loaded",
            extra=fields(jobs=len(self._claims.jobs), why=who, degraded=self.degraded),
        )
        if who != "start":
            for change in changes:
                log.info("job changed", extra=fields(change=change))
        self._tell({"changes": changes})

    def settle(self, config: Config, *, anew: bool) -> None:
        """Go by these definitions; those that fire as before as before, unless *anew*."""
        jobs = config.by_name
        if self._only:
            jobs = Jobs(jobs[name] for name in jobs if name in self._only)
        self._claims.settle(config, jobs, anew=anew)
        self._loop.settled(jobs, config.by_name)

    def _follow(self, config: Config) -> None:
        """Watch the files, if that is wanted; what changed before they were watched counts."""
        if self._files is None:
            return
        wanted = config.runner.reload_on_change
        self._files.follow([Path(stamp.path) for stamp in config.stamps] if wanted else [])
        if wanted and self.degraded is None and not all(map(unchanged, config.stamps)):
            self.load_at = self._watch.elapsed() + _SETTLE

    # ---- again

    def reload(self, who: str, answer: Answer) -> None:
        """Load the files again; call *answer* when that has been done."""
        self._answers.append((who, answer))
        self.load(who)

    def load(self, why: str) -> None:
        """Load the files in a child; once more after that when it is asked for meanwhile."""
        self._load_again = self._loading is not None
        if self._loading is None:
            log.debug("loading", extra=fields(why=why))
            self._loop.loading(begins=True)
            self._loading = Loading(self._paths)

    def descriptors(self) -> list[int]:
        """Return what can be read when a file may have changed."""
        return [] if self._files is None else [self._files.descriptor]

    def serve(self, ready: set[int]) -> None:
        """Take note of files that changed."""
        if self._files is not None and self._files.descriptor in ready and self._files.changed():
            self.load_at = self._watch.elapsed() + _SETTLE

    def expire(self, elapsed: timedelta) -> None:
        """Load files that have changed a while ago."""
        if self.load_at is not None and self.load_at <= elapsed:
            self.load_at = None
            self.load("the file")

    def ended(self, pid: int, status: int, *, draining: bool) -> bool:
        """Take what a child has loaded, if one that ended did so; return whether it did."""
        loading = self._loading
        if loading is None or loading.pid != pid:
            return False
        self._loading = None
        now = self._watch.now()
        try:
            config = loading.result(status)
            if not draining:
                # What came due before belongs to the schedule that held until now.
                self._loop.decide_before(now)
            self.degraded = None
            self.take(config, "reload", now)
        except (ConfigError, StoreError) as error:
            self._refuse(error)
        else:
            self._claims.agenda.await_new()
        if self._load_again:
            self.load("once more")
        else:
            self._loop.loading(begins=False)
        return True

    def _refuse(self, error: ConfigError | StoreError) -> None:
        """Go on with the last good files, and say so to whoever looks."""
        self.degraded = str(error)
        if isinstance(error, StoreError):  # no fault of the files
            self.load_at = self._watch.elapsed() + _LATER
        log.error("reload failed, the last good schedule goes on", extra=fields(error=error))
        self._tell({"error": str(error)})

    def _tell(self, said: Mapping[str, Any]) -> None:
        for _, answer in self._answers:
            answer(said)
        self._answers = []
