"""
What a history is asked, in SQL: answered by a few steps in an index, however long it is.

A query for several jobs or states is one statement for each of them, for which the index has the
order that is wanted: the first records of each answer are enough. What is found are numbers; the
records themselves are asked for by these.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from schedkit.run import State
from schedkit.store.file import to_micros
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedkit.store.store import Query

Statement = tuple[str, list[Any]]
FIRST, LAST = -(1 << 62), 1 << 62  # before and after all times

# Runs by their numbers, in the order of these. Attempt 0 of a run is what was asked before it.
RUNS = """
SELECT r.id, r.job, r.fire_time, r.timezone, r.trigger, r.state, r.reason,
       r.most_attempts, r.due, r.last_fire_time, r.count, r.who, r.ended,
       coalesce(a.number, 0),
       iif(a.number > 1, (SELECT started FROM attempts WHERE run = r.id AND number = 1), a.started),
       a.started, a.ended, a.duration, a.exit_code, a.signal, a.output, a.result, a.pid,
       a.output_bytes, a.dropped_bytes, a.peak_memory_kb, a.cpu_time, r.cause
FROM json_each(?) AS asked CROSS JOIN runs r ON r.id = asked.value
LEFT JOIN attempts a
       ON a.run = r.id AND a.number = (
              SELECT max(number) FROM attempts WHERE run = r.id AND number > 0
          )
"""
# To group by job would walk every record, here and there.
LAST_RUNS = "SELECT (SELECT max(id) FROM runs WHERE job = asked.value) FROM json_each(?) AS asked"
# A job that succeeds is found out at once; of one that does not, every run since is looked at.
LAST_SUCCESSES = """
SELECT asked.value, r.id, r.ended FROM json_each(?) AS asked CROSS JOIN runs r ON r.id = (
    SELECT id FROM runs WHERE job = asked.value AND +state = 'succeeded' ORDER BY id DESC LIMIT 1
)
"""
CAUSED = """
SELECT r.id FROM json_each(?) AS asked CROSS JOIN runs r ON r.cause = asked.value ORDER BY r.id
"""
# The last word of a cause is the last run that had to end; each has a lower id than what follows.
FOLLOWED = """
SELECT id FROM runs
WHERE cause > 'after ' AND cause < 'after!' AND id > ?
    AND substr(cause, length(rtrim(cause, replace(cause, ' ', ''))) + 1) IN (
        SELECT value FROM json_each(?) AS asked
    )
ORDER BY id
"""
OUTCOMES = """
SELECT id, state, fire_time,
       (SELECT duration FROM attempts WHERE run = id AND number > 0 ORDER BY number DESC LIMIT 1)
FROM runs WHERE job = ? AND state <> 'queued' ORDER BY fire_time DESC LIMIT ?
"""
# Skips from one name to the next: a DISTINCT would walk every record.
JOBS = """
WITH RECURSIVE names (job) AS (
    SELECT min(job) FROM runs
    UNION ALL SELECT (SELECT min(job) FROM runs WHERE job > names.job) FROM names
    WHERE names.job IS NOT NULL
)
SELECT job FROM names WHERE job IS NOT NULL
"""
STATES = "SELECT id, state FROM runs WHERE id BETWEEN ?2 AND ?3 AND job = ?1"
OPEN = """
SELECT a.run, a.number, r.job, r.fire_time, r.trigger, a.claimed, a.started, a.pid,
       a.process_start, a.boot, r.params, r.cancelled_by,
       (SELECT started FROM attempts WHERE run = r.id AND number = 1), r.parallel, r.due
FROM attempts a JOIN runs r ON r.id = a.run WHERE a.ended IS NULL ORDER BY a.run
"""
WAITING = """
SELECT r.id, coalesce((SELECT max(number) FROM attempts WHERE run = r.id), 0) + 1, r.job,
       r.fire_time, r.trigger, coalesce(r.retry_at, r.due), r.params,
       (SELECT started FROM attempts WHERE run = r.id AND number = 1), r.parallel,
       r.state = 'queued' AND EXISTS (SELECT 1 FROM attempts WHERE run = r.id)
FROM runs r WHERE r.state IN ('queued', 'retrying')
AND NOT EXISTS (SELECT 1 FROM attempts WHERE run = r.id AND ended IS NULL)
ORDER BY 6
"""
NEWEST = "SELECT id FROM runs ORDER BY id DESC LIMIT 1"
DECIDED_LAST = "SELECT decided FROM runs WHERE job = ? ORDER BY id DESC LIMIT 1"
# Its index has no states: what goes on is looked up beside it, and is little.
FIRST_BEYOND = """
SELECT id FROM runs
WHERE job = ?1 AND id NOT IN (
    SELECT id FROM runs
    WHERE state IN ('queued', 'running', 'retrying') AND state <> 'succeeded' AND job = ?1
)
ORDER BY id DESC LIMIT 1 OFFSET ?2
"""
OF_JOB = "SELECT id, state, coalesce(ended, decided), decided FROM runs WHERE job = ? ORDER BY id"
OUTPUTS = """
SELECT a.output FROM json_each(?) AS asked CROSS JOIN attempts a ON a.run = asked.value
WHERE a.output IS NOT NULL
"""
# Ranges of missed fire times that began before an instant: no index of fire times finds them.
RANGES = """
SELECT fire_time, id, job, state FROM runs
WHERE last_fire_time >= ?1 AND +fire_time < ?1 AND +fire_time <= ?2
"""


def numbers(query: Query) -> Iterator[Statement]:
    """
    Yield what gives the numbers of the runs of *query*, but for RANGES that began before it.

    Each number comes after that by which it is chosen when there is a limit: itself, or its fire
    time when these are bounded.
    """
    jobs: list[str | None] = [*sorted(query.jobs)] or [None]
    states: list[State | None] = [*sorted(query.states)] or [None]
    for job, state in product(jobs, states):
        yield _numbers(job, state, query)


def _numbers(job: str | None, state: State | None, query: Query) -> Statement:
    """Return what gives those of one job and one state, each of which may be any."""
    bounded = query.since is not None or query.until is not None
    # Nearly all succeed: of a job, or between two times, such are found at once without an index
    # of states. The others are few, of one job fewer. A plus keeps an index from being used.
    few = state is not None and state is not State.SUCCEEDED
    conditions: list[str] = []
    values: list[Any] = [value for value in (state, job) if value is not None]
    if few:
        conditions.append("state = ? AND state <> 'succeeded'")
    elif state is not None:
        conditions.append("+state = ?" if bounded or job is not None else "state = ?")
    if job is not None:
        conditions.append("job = ?")
    plus = "+" if bounded and few and job is not None else ""
    if bounded:
        conditions.append(f"{plus}fire_time BETWEEN ? AND ?")
        values += bounds(query)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    key = "fire_time" if bounded else "id"
    limit = -1 if query.limit is None else query.limit
    order = f"ORDER BY {plus}{key} DESC LIMIT ?"
    return f"SELECT {key}, id FROM runs {where} {order}", [*values, limit]


def bounds(query: Query) -> tuple[int, int]:
    """Return the first and the last fire time of a query, as the file has them."""
    first = FIRST if query.since is None else to_micros(query.since)
    return first, LAST if query.until is None else to_micros(query.until)
