-- The history of one state directory. Times are microseconds since 1970-01-01 UTC.
-- What is decided is written once: a row that exists stands, a second claim or end is refused.

CREATE TABLE store (
    uuid TEXT NOT NULL
);

-- One row for each process that held this directory; the newest alone may write. One that runs
-- no jobs is a verb that changed something while no runner was up. One began when it had decided
-- what came before it and what starts with it, in one claim.
CREATE TABLE runners (
    epoch   INTEGER PRIMARY KEY,
    pid     INTEGER NOT NULL,
    host    TEXT NOT NULL,
    boot    TEXT NOT NULL,
    version TEXT NOT NULL,
    runs    INTEGER NOT NULL,
    began   INTEGER NOT NULL DEFAULT 0,
    started INTEGER NOT NULL,
    stopped INTEGER
);

-- One row for each load of the files.
CREATE TABLE loads (
    id      INTEGER PRIMARY KEY,
    epoch   INTEGER NOT NULL REFERENCES runners,
    time    INTEGER NOT NULL,
    digest  TEXT NOT NULL,
    who     TEXT NOT NULL,
    changes TEXT NOT NULL
);

-- Up to where the fire times of a job have been decided, and how many of them became a run. Of
-- what is no time it hears since it was loaded as it is; progress is what it has heard of events
-- that have no consequence alone.
CREATE TABLE cursors (
    job             TEXT PRIMARY KEY,
    schedule_digest TEXT NOT NULL,
    decided_until   INTEGER NOT NULL,
    counted         INTEGER NOT NULL DEFAULT 0,
    hears_since     INTEGER NOT NULL DEFAULT 0,
    progress        TEXT
) WITHOUT ROWID;

-- One row for each fire time that came due, or for a range of missed ones; and for each wish
-- beside the schedule, which may be for a fire time that has a row.
CREATE TABLE runs (
    id             INTEGER PRIMARY KEY,
    job            TEXT NOT NULL,
    fire_time      INTEGER NOT NULL,
    fire_local     TEXT NOT NULL,
    timezone       TEXT NOT NULL,
    trigger        TEXT NOT NULL,
    who            TEXT NOT NULL,
    state          TEXT NOT NULL,
    reason         TEXT,
    last_fire_time INTEGER,
    count          INTEGER NOT NULL DEFAULT 1,
    due            INTEGER NOT NULL,
    decided        INTEGER NOT NULL,
    epoch          INTEGER NOT NULL REFERENCES runners,
    digest         TEXT NOT NULL,
    most_attempts  INTEGER NOT NULL,
    retry_at       INTEGER,
    ended          INTEGER,
    params         TEXT,
    cancelled_by   TEXT,
    parallel       INTEGER NOT NULL DEFAULT 1,
    cause          TEXT
);
-- Of a job, by fire time: by its schedule each has one run, as a wish any number (a NULL is unlike
-- every other).
CREATE UNIQUE INDEX runs_by_schedule ON runs
    (job, fire_time, iif(trigger IN ('schedule', 'catchup'), 0, NULL));
-- What causes a run of a job causes one.
CREATE UNIQUE INDEX runs_by_cause ON runs (cause, job) WHERE cause IS NOT NULL;
CREATE INDEX runs_by_job ON runs (job);
CREATE INDEX runs_by_state ON runs (state);
CREATE INDEX runs_by_fire_time ON runs (fire_time);
CREATE INDEX runs_by_range ON runs (last_fire_time) WHERE last_fire_time IS NOT NULL;
-- Those of a job that came to some other end are few, and so are those that go on: with the many
-- that succeed in them, these two would cost most of what a claim does.
CREATE INDEX runs_by_state_and_job ON runs (state, job) WHERE state <> 'succeeded';
CREATE INDEX runs_by_state_and_time ON runs (state, fire_time) WHERE state <> 'succeeded';

-- One row for each attempt: the row is its claim, written before the process is started.
CREATE TABLE attempts (
    run            INTEGER NOT NULL REFERENCES runs,
    number         INTEGER NOT NULL,
    epoch          INTEGER NOT NULL REFERENCES runners,
    claimed        INTEGER NOT NULL,
    boot           TEXT NOT NULL,
    host           TEXT NOT NULL,
    started        INTEGER,
    pid            INTEGER,
    process_start  INTEGER,
    command        TEXT,
    output         TEXT,
    ended          INTEGER,
    state          TEXT,
    reason         TEXT,
    exit_code      INTEGER,
    signal         TEXT,
    duration       INTEGER,
    peak_memory_kb INTEGER,
    cpu_time       INTEGER,
    output_bytes   INTEGER,
    dropped_bytes  INTEGER,
    result         TEXT,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE INDEX attempts_open ON attempts (run) WHERE ended IS NULL;

-- One row for each job that is paused.
CREATE TABLE pauses (
    job    TEXT PRIMARY KEY,
    who    TEXT NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER,
    reason TEXT
) WITHOUT ROWID;

-- One row for everything that a person changed from the command line.
CREATE TABLE changes (
    id     INTEGER PRIMARY KEY,
    time   INTEGER NOT NULL,
    who    TEXT NOT NULL,
    verb   TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT
);

CREATE TRIGGER terminal_states_never_change
BEFORE UPDATE OF state ON runs
WHEN OLD.state NOT IN ('queued', 'running', 'retrying')
BEGIN
    SELECT RAISE(ABORT, 'a run that is over never changes');
END;
