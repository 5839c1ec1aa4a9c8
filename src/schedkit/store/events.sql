-- What happens around runs: what causes them, and who is told of them. Part of the schema.

-- One row for everything that happened and that somebody may wait for: what was emitted, states
-- of runs of which somebody hears, files that came, promises that were broken. Its name and key
-- tell one from another: a second one with both is refused.
CREATE TABLE events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    time    INTEGER NOT NULL,
    name    TEXT NOT NULL,
    key     TEXT,
    job     TEXT,
    run     INTEGER,
    who     TEXT NOT NULL,
    payload TEXT NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX events_by_key ON events (name, key) WHERE key IS NOT NULL;
CREATE INDEX events_by_name ON events (name);
CREATE INDEX events_by_time ON events (time);

-- One row: all events up to this one have had their consequences.
CREATE TABLE reacted (
    until INTEGER NOT NULL
);
INSERT INTO reacted VALUES (0);

-- One row for each job of whose runs somebody hears; that with the name '*' stands for all. Of
-- some it is heard when they begin, too.
CREATE TABLE heard (
    job    TEXT PRIMARY KEY,
    begins INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- One row for each notification and ping: who is to get it, in which lane they go one after the
-- other, and what became of it. A secret stands here as the name of its file or variable.
CREATE TABLE deliveries (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    event    INTEGER,
    job      TEXT NOT NULL,
    run      INTEGER,
    reason   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    receiver TEXT NOT NULL,
    lane     TEXT NOT NULL,
    message  TEXT NOT NULL,
    created  INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    state    TEXT NOT NULL DEFAULT 'waiting',
    ended    INTEGER,
    error    TEXT
);
CREATE INDEX deliveries_waiting ON deliveries (lane, id) WHERE state = 'waiting';
CREATE INDEX deliveries_by_lane ON deliveries (lane, id);
CREATE INDEX deliveries_by_time ON deliveries (created);

-- One row for each job that tells of its runs: how often in a row it has failed.
CREATE TABLE streaks (
    job      TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    detail   TEXT
) WITHOUT ROWID;

-- One row for each file that a job has been told of and that is still there.
CREATE TABLE arrivals (
    job     TEXT NOT NULL,
    path    BLOB NOT NULL,
    content TEXT NOT NULL,
    mark    INTEGER NOT NULL,
    PRIMARY KEY (job, path)
) WITHOUT ROWID;

-- What is heard of is an event in the transaction in which it happens: nobody can be killed
-- between the two.
CREATE TRIGGER states_are_heard
AFTER UPDATE OF state ON runs
WHEN NEW.state NOT IN ('queued', 'retrying') AND OLD.state <> NEW.state AND EXISTS (
    SELECT 1 FROM heard
    WHERE job IN (NEW.job, '*') AND (begins OR NEW.state <> 'running')
)
BEGIN
    INSERT INTO events (time, name, job, run, who)
    VALUES (coalesce(NEW.ended, NEW.decided), 'run.' || NEW.state, NEW.job, NEW.id, NEW.who);
END;

CREATE TRIGGER decisions_are_heard
AFTER INSERT ON runs
WHEN NEW.state NOT IN ('queued', 'retrying') AND EXISTS (
    SELECT 1 FROM heard
    WHERE job IN (NEW.job, '*') AND (begins OR NEW.state <> 'running')
)
BEGIN
    INSERT INTO events (time, name, job, run, who)
    VALUES (NEW.decided, 'run.' || NEW.state, NEW.job, NEW.id, NEW.who);
END;
