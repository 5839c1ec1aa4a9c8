"""SIGHUP: the runner goes on with what the files say now, or with what they said before."""

from __future__ import annotations

import logging
import signal
from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EACH_MINUTE = "jobs: {a: {command: x, clock: every 1m}}"


def test_a_new_file_is_taken(world: World) -> None:
    world.write(EACH_MINUTE)
    world.reload_after(90 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")
    expected = ["a 12:01:00", "b 12:02:00", "b 12:03:00"]

    world.run(3.5 * MINUTE)

    assert expected == world.executor.starts


def test_a_broken_file_leaves_the_last_good_one(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "schedkit")
    world.write(EACH_MINUTE)
    world.reload_after(90 * SECOND, "jobs: {b: {command: x, clock: evry 1m}}")
    expected = ["a 12:01:00", "a 12:02:00", "a 12:03:00"]

    world.run(3.5 * MINUTE)

    assert expected == world.executor.starts
    assert [one.getMessage()[:13] for one in caplog.records] == ["reload failed"]


def test_a_job_that_stays_as_it_is_misses_nothing(world: World) -> None:
    """The file is read from 12:01:59 to 12:02:00, and the fire time of that instant stands."""
    world.write(EACH_MINUTE)
    world.reload_after(119 * SECOND, f"{EACH_MINUTE}\n# the same")
    expected = ["a 12:01:00 succeeded", "a 12:02:00 succeeded", "a 12:03:00 succeeded"]

    world.run(3.5 * MINUTE)

    assert expected == world.told()


def test_what_came_due_before_the_file_was_taken_has_a_record(world: World) -> None:
    """The machine slept while the file was read; that the job now fires anew changes no past."""
    world.write("jobs: {a: {command: x, clock: every 1m, catchup: none}}")
    world.reload_after(90 * SECOND, "jobs: {a: {command: x, clock: every 7m, catchup: none}}")
    world.after(91 * SECOND, lambda: world.watch.set_clock(5 * MINUTE))

    world.run(10 * MINUTE)

    recorded = sum(run.count for run in world.runs() if run.fire_time.minute <= 6)
    assert recorded == 6


def test_what_runs_goes_on_and_its_new_timeout_is_for_the_next_run(world: World) -> None:
    world.write(EACH_MINUTE)
    world.executor.plans["a"] = [Plan(lasts=50), Plan(lasts=50)]
    world.reload_after(70 * SECOND, "jobs: {a: {command: x, clock: every 1m, timeout: 30s}}")
    expected = ["a 12:01:00 succeeded", "a 12:02:00 timed_out"]

    world.run(2.8 * MINUTE)

    assert expected == world.told()


def test_what_runs_of_a_job_that_is_gone_is_not_retried(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}")
    world.executor.plans["a"] = [Plan(lasts=30, code=1)]
    world.reload_after(60 * MINUTE + 10 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(63 * MINUTE)

    assert world.executor.starts[1:] == ["b 13:01:00", "b 13:02:00"]
    assert [run.state.terminal for run in world.runs()] == [True, True, True]


def test_a_pending_retry_of_a_job_that_is_gone_is_cancelled(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 1m}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.reload_after(60 * MINUTE + 10 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(60.5 * MINUTE)

    assert [(run.state, run.reason) for run in world.runs()] == [
        ("cancelled", "its job is gone from the file")
    ]


def test_a_retry_that_could_not_be_cancelled_does_not_stop_the_other_jobs(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 1m}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.store.fails["record"] = 1
    world.reload_after(60 * MINUTE + 10 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(62.5 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "b 13:01:00", "b 13:02:00"]


def test_a_second_reload_during_the_first_reads_the_files_once_more(world: World) -> None:
    world.write(EACH_MINUTE)
    world.reload_after(90 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")
    world.reload_after(90.5 * SECOND, "jobs: {c: {command: x, clock: every 1m}}")

    world.run(2.5 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "c 12:02:00"]


def test_a_reload_keeps_to_the_named_jobs(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}, b: {command: x, clock: every 1m}}")
    text = "jobs: {a: {command: x, clock: every 1m}, c: {command: x, clock: every 1m}}"
    world.reload_after(90 * SECOND, text)

    world.run(2.5 * MINUTE, only=["a"])

    assert world.executor.starts == ["a 12:01:00", "a 12:02:00"]


# ---- what waits


def test_what_waits_goes_on_waiting_and_starts_once(world: World) -> None:
    text = """
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one, retry: {max_retries: 1, delay: 10m}}
"""
    world.write(text)
    world.executor.plans = {"a": [Plan(lasts=60)], "b": [Plan(code=1)]}
    for seconds in (10, 20, 30):
        world.reload_after(HOUR + seconds * SECOND, text + f"# {seconds}")

    world.run(65 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "b 13:01:00"]
    assert world.told() == ["a 13:00:00 succeeded", "b 13:00:00 retrying"]


def test_what_waits_goes_by_the_new_priority_pool_and_deadline(world: World) -> None:
    text = """
pools: {one: 1, other: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one}
  c: {command: x, clock: every 1h, pool: one}
  d: {command: x, clock: every 1h, pool: one}
"""
    world.write(text)
    world.executor.plans = {"a": [Plan(lasts=60)]}
    lines = {
        "  b: {": "  b: {start_deadline: 30s, ",
        "  c: {command: x, clock: every 1h, pool: one}": (
            "  c: {command: x, clock: every 1h, pool: other}"
        ),
        "  d: {": "  d: {priority: 5, ",
    }
    changed = text
    for old, new in lines.items():
        changed = changed.replace(old, new)
    world.reload_after(HOUR + 9 * SECOND, changed)

    world.run(62 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "c 13:00:10", "d 13:01:00"]
    assert world.reasons()[1] == ("b 13:00:00 missed: start_deadline: it waited 30s for pool 'one'")


def test_a_run_that_waits_of_a_job_that_is_gone_is_cancelled(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one}
  c: {command: x, clock: every 1h, pool: one}
""")
    world.executor.plans["a"] = [Plan(lasts=60)]
    world.reload_after(HOUR + 9 * SECOND, """
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  c: {command: x, clock: every 1h, pool: one}
""")  # fmt: skip

    world.run(62 * MINUTE)

    assert world.reasons() == [
        "a 13:00:00 succeeded: None",
        "b 13:00:00 cancelled: its job is gone from the file",
        "c 13:00:00 succeeded: None",
    ]


def test_a_run_that_waits_takes_the_new_command(world: World) -> None:
    text = "jobs: {a: {command: old, clock: every 1m, overlap: queue_one}}"
    world.write(text)
    world.executor.plans["a"] = [Plan(lasts=90), Plan()]
    world.reload_after(125 * SECOND, text.replace("old", "new"))

    world.run(2.8 * MINUTE)

    assert [launch.argv[-1] for launch in world.executor.launches] == ["old", "new"]


def test_where_overlap_is_allowed_from_now_on_all_that_wait_start(world: World) -> None:
    text = "jobs: {a: {command: x, clock: every 1m, overlap: queue_all}}"
    world.write(text)
    world.executor.plans["a"] = [Plan(lasts=300)]
    world.reload_after(190 * SECOND, text.replace("queue_all", "allow"))

    world.run(3.5 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:03:11", "a 12:03:11"]


def test_a_job_that_is_gone_while_it_runs_and_comes_back_is_tried_again(world: World) -> None:
    text = "jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}"
    world.write(text)
    world.executor.plans["a"] = [Plan(lasts=60, code=1), Plan()]
    world.reload_after(HOUR + 5 * SECOND, "jobs: {b: {command: x, clock: every 1d}}")
    world.reload_after(HOUR + 15 * SECOND, text)

    world.run(62 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:10"]


def test_a_job_that_starts_with_the_runner_does_not_start_at_a_reload(world: World) -> None:
    text = "jobs: {a: {command: x, clock: startup}}"
    world.write(text)
    world.reload_after(10 * SECOND, f"{text}\n# the same")
    world.reload_after(20 * SECOND, text.replace("a:", "b:"))

    world.run(MINUTE)

    assert world.executor.starts == ["a 12:00:00"]


def test_a_new_job_never_fires_the_past(world: World) -> None:
    world.write(EACH_MINUTE)
    text = EACH_MINUTE.replace("}}", "}, b: {command: x, clock: every 1m, grace: 1h}}")
    world.reload_after(179 * SECOND, text)  # it is taken at 12:03 sharp

    world.run(4.5 * MINUTE)

    assert [start for start in world.executor.starts if start.startswith("b")] == ["b 12:04:00"]


# ---- a history that cannot be written


def test_what_is_due_and_cannot_be_claimed_is_not_lost_by_a_reload(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    world.store.fails["claim"] = 1
    world.reload_after(61 * SECOND, "jobs: {a: {command: x, clock: every 7m}}")

    world.run(3.5 * MINUTE)

    assert world.executor.starts[0] == "a 12:01:05"


def test_a_reload_that_cannot_be_recorded_leaves_the_old_files_and_is_tried_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "schedkit")
    world.write(EACH_MINUTE)
    world.after(70 * SECOND, lambda: world.store.fails.update(load=1))
    world.reload_after(70 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(4.5 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:02:00", "b 12:03:00", "b 12:04:00"]
    assert [record.getMessage()[:13] for record in caplog.records] == ["reload failed"]


def test_while_it_stops_a_runner_takes_new_files_and_starts_nothing(world: World) -> None:
    world.write(f"{EACH_MINUTE}\nrunner: {{drain_timeout: 5m}}")
    world.executor.plans["a"] = [Plan(lasts=100)]
    world.send(65 * SECOND, signal.SIGTERM)
    world.reload_after(70 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(HOUR)

    assert world.told() == ["a 12:01:00 succeeded"]
