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
# With the tables of events.sql.
_TO_5 = """
ALTER TABLE cursors ADD COLUMN hears_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cursors ADD COLUMN progress TEXT;
UPDATE cursors SET hears_since = decided_until;
ALTER TABLE runs ADD COLUMN cause TEXT;
CREATE UNIQUE INDEX runs_by_cause ON runs (cause, job) WHERE cause IS NOT NULL;
"""
_STEPS = {3: _TO_4, 4: _TO_5}  # from each version to the next
OLDEST = min(_STEPS)
_WITH_EVENTS = 5

# Of an older version, to one who may only read: as if it had all that the newest has, and empty.
AS_NEW = """
CREATE TEMP VIEW runs AS SELECT *, NULL AS cause FROM main.runs;
CREATE TEMP VIEW cursors AS
SELECT *, decided_until AS hears_since, NULL AS progress FROM main.cursors;
CREATE TEMP TABLE events (id, time, name, key, job, run, who, payload);
CREATE TEMP TABLE deliveries (
    id, event, job, run, reason, kind, receiver, lane, message, created, due, tries, state, ended,
    error
);
"""


def text(name: str) -> str:
    """Return SQL that stands beside this."""
    # Not by importlib.resources: zipfile and more of it would stay in a runner's memory.
    from pathlib import Path

    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def migrate(db: sqlite3.Connection, version: int) -> None:
    """
    Make the history what the newest version wants; some seconds for a million records.

    A process that ends meanwhile has done nothing: the next one begins anew.
    """
    while version in _STEPS:
        step, version = _STEPS[version], version + 1
        step = f"{step} {text('events.sql')}" if version == _WITH_EVENTS else step
        try:
            db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {version}; COMMIT;")
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log has all of it once more
