"""How a history that an older sched has written becomes one of this version: in one transaction."""

from __future__ import annotations

import sqlite3

# The indexes of runs: those of a job and of a fire time in one, and those for every question.
_TO_4 = """
DROP INDEX runs_by_schedule;
DROP INDEX runs_by_fire_time;
CREATE UNIQUE INDEX runs_by_schedule ON runs
    (job, fire_time, iif(trigger IN ('schedule', 'catchup'), 0, NULL));
CREATE INDEX runs_by_fire_time ON runs (fire_time);
CREATE INDEX runs_by_range ON runs (last_fire_time) WHERE last_fire_time IS NOT NULL;
CREATE INDEX runs_by_state_and_job ON runs (state, job) WHERE state <> 'succeeded';
CREATE INDEX runs_by_state_and_time ON runs (state, fire_time) WHERE state <> 'succeeded';
"""
_STEPS = {3: _TO_4}  # from each version to the next
OLDEST = min(_STEPS)


def migrate(db: sqlite3.Connection, version: int) -> None:
    """
    Make the history what the newest version wants; some seconds for a million records.

    A process that ends meanwhile has done nothing: the next one begins anew.
    """
    while version in _STEPS:
        step, version = _STEPS[version], version + 1
        try:
            db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {version}; COMMIT;")
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log has all of it once more
