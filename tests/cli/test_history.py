"""`sched history`: what happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched, text
from past import Past, past_id, write_past
from records import Record, write_records
from schedkit import loader
from schedkit.run import Decision, Ended, Started, State, Trigger
from schedkit.store import Holder
from schedkit.store.sqlite import SQLiteStore

JOBS = """
jobs:
  backup: {command: x, clock: daily at 02:30, timezone: Europe/Berlin}
  other: {command: x, clock: every 1h}
"""
HEADER = "RUN\tJOB\tSTATE\tFIRE TIME\tLATE\tTOOK\tTRY\tEXIT\tNOTE\n"
NOTHING = "nothing has run yet: sched run\n"
NO_MATCH = "no record matches; all there are: sched history\n"
AGES_ON = "2099-01-01T00:00:00+00:00"
FIRED = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)


@pytest.fixture
def fresh(sched: Sched) -> Sched:
    """Return the command beside a file of two jobs that never ran."""
    sched.write(JOBS)
    return sched


@pytest.fixture
def filled(fresh: Sched) -> Sched:
    """Return the command beside a file of two jobs and what happened to them."""
    config = loader.load([fresh.directory / "schedules.yaml"])
    jobs = {job.name: job for job in config.jobs}
    state = fresh.directory / ".sched"
    state.mkdir()
    store = SQLiteStore(state / "history.db")
    store.begin(Holder(1, "host", "boot", "0"), FIRED)
    store.load(config, "test", FIRED - timedelta(days=1))
    decisions = [
        Decision("backup", FIRED, State.QUEUED),
        Decision("other", FIRED + timedelta(minutes=30), State.SKIPPED, reason="overlap: \x1b[31m"),
    ]
    (key, _), _ = store.claim(decisions, jobs, FIRED)
    assert key is not None
    store.record(
        [
            Started(key, FIRED + timedelta(milliseconds=2), 1, 1, "x", "output/1"),
            Ended(
                key, FIRED + timedelta(seconds=3), State.FAILED, "exit code 3",
                exit_code=3, duration=timedelta(seconds=3),
            ),
        ]
    )  # fmt: skip
    store.finish(FIRED)
    store.close()
    return fresh


BACKUP = "6f7gcr\tbackup\tfailed\t2026-11-20T02:30:00+01:00\t+2ms\t3.0s\t1\t3\texit code 3\n"
OTHER = "6f7gcs\tother\tskipped\t2026-11-20T02:00:00+00:00\t-\t-\t-\t-\toverlap: \\x1b[31m\n"


def test_a_history_without_runs_is_a_header(fresh: Sched) -> None:
    expected = Answer(0, HEADER, NOTHING)

    actual = fresh("history")

    assert expected == actual


def test_a_history_without_runs_is_an_empty_array(fresh: Sched) -> None:
    expected = Answer(0, "[]\n", "")

    actual = fresh("history", "--json")

    assert expected == actual


def test_a_job_that_never_ran_has_an_empty_history(fresh: Sched) -> None:
    expected = Answer(0, HEADER, NOTHING)

    actual = fresh("history", "backup")

    assert expected == actual


def test_an_unknown_job_is_named_with_the_nearest(fresh: Sched) -> None:
    expected = Answer(4, "", "error: no job is named 'bakup'\n  = help: did you mean 'backup'?\n")

    actual = fresh("history", "bakup")

    assert expected == actual


def test_an_unknown_job_beside_a_known_one_is_named_too(filled: Sched) -> None:
    expected = Answer(4, "", "error: no job is named 'othr'\n  = help: did you mean 'other'?\n")

    actual = filled("history", "backup", "othr")

    assert expected == actual


def test_asking_for_a_history_leaves_no_directory_behind(fresh: Sched) -> None:
    expected = False

    fresh("history")
    actual = (fresh.directory / ".sched").exists()

    assert expected == actual


def test_the_newest_run_is_the_first(filled: Sched) -> None:
    expected = Answer(0, HEADER + OTHER + BACKUP, "")

    actual = filled("history")

    assert expected == actual


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (("-n", "1"), OTHER),
        (("backup",), BACKUP),
        (("backup", "other"), OTHER + BACKUP),
        (("--state", "failed"), BACKUP),
        (("--state", "failed,skipped"), OTHER + BACKUP),
        (("--state", "failed, succeeded"), BACKUP),
        (("--since", "2026-11-20 01:45"), OTHER),
        (("--until", "2026-11-20 01:30"), BACKUP),
        (("--until", "2026-11-20T02:29:59+01:00"), ""),
    ],
)
def test_only_what_is_asked_for_is_shown(
    filled: Sched, arguments: tuple[str, ...], rows: str
) -> None:
    expected = Answer(0, HEADER + rows, "" if rows else NO_MATCH)

    actual = filled("history", *arguments)

    assert expected == actual


def test_json_has_every_part_by_name(filled: Sched) -> None:
    expected = Answer(
        0,
        text("""
            [
              {
                "id": "6f7gcr",
                "job": "backup",
                "fire_time": "2026-11-20T02:30:00+01:00",
                "trigger": "schedule",
                "who": "runner",
                "cause": null,
                "state": "failed",
                "reason": "exit code 3",
                "attempts": 1,
                "exit_code": 3,
                "signal": null,
                "due": "2026-11-20T02:30:00+01:00",
                "started": "2026-11-20T02:30:00.002000+01:00",
                "ended": "2026-11-20T02:30:03+01:00",
                "duration": 3.0,
                "lateness": 0.002,
                "output": "output/1",
                "output_bytes": null,
                "dropped_bytes": null,
                "peak_memory_kb": null,
                "cpu_time": null,
                "result": null,
                "last_fire_time": null,
                "count": 1
              }
            ]
        """)
        + "\n",
        "",
    )

    actual = filled("history", "backup", "--json")

    assert expected == actual


def test_the_history_of_a_job_that_is_gone_from_the_file_stays(filled: Sched) -> None:
    filled.write("jobs: {other: {command: x, clock: every 1h}}\n")
    expected = Answer(0, HEADER + BACKUP, "")

    actual = filled("history", "backup")

    assert expected == actual


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        (
            "bad",
            (
                "unknown state 'bad' (known are: queued, running, retrying, succeeded, failed,"
                " timed_out, cancelled, lost, skipped, missed)"
            ),
        ),
        *(
            (
                nothing,
                (
                    "no state is named (known are: queued, running, retrying, succeeded, failed,"
                    " timed_out, cancelled, lost, skipped, missed)"
                ),
            )
            for nothing in ("", " ,")
        ),
        ("faild", "unknown state 'faild' (did you mean 'failed'?)"),
        ("failed,mised", "unknown state 'mised' (did you mean 'missed'?)"),
    ],
)
def test_an_unknown_state_is_a_wrong_use(fresh: Sched, state: str, complaint: str) -> None:
    expected = (2, "", f"Invalid value for '--state': {complaint}")

    answer = fresh("history", "--state", state)
    actual = (answer.code, answer.stdout, answer.complaint)

    assert expected == actual


def test_a_history_that_is_none_is_not_reachable(fresh: Sched) -> None:
    (fresh.directory / ".sched").mkdir()
    (fresh.directory / ".sched/history.db").write_text("this is no database at all, really")
    path = fresh.directory / ".sched/history.db"
    expected = Answer(
        69, "", f"error: {path}: file is not a database; move it away, or restore a copy\n"
    )

    actual = fresh("history")

    assert expected == actual


def test_a_state_directory_named_before_the_verb_is_the_one(filled: Sched) -> None:
    (filled.directory / ".sched").rename(filled.directory / "elsewhere")
    found = Answer(0, HEADER + BACKUP, "")
    expected = [Answer(0, HEADER, NOTHING), found, found]

    actual = [
        filled("history", "backup"),
        filled("--state", "elsewhere", "history", "backup"),
        filled("history", "backup", SCHED_STATE="elsewhere"),
    ]

    assert expected == actual


# ---- what is not shown, and why


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backup", "--state", "lost"),
         "no record matches; all there are: sched -c schedules.yaml history backup"),
        (("new",), "new has no record yet: sched -c schedules.yaml next new"),
    ],
)  # fmt: skip
def test_an_answer_of_nothing_says_why_and_where_there_is_more(
    filled: Sched, arguments: tuple[str, ...], said: str
) -> None:
    filled.write(JOBS + "  new: {command: x, clock: every 1h}\n")

    actual = filled("-c", "schedules.yaml", "history", *arguments)

    assert Answer(0, HEADER, f"{said}\n") == actual


def test_a_history_in_which_nothing_has_been_written_says_so(fresh: Sched) -> None:
    write_past(fresh, [])

    assert Answer(0, HEADER, NOTHING) == fresh("history")


@pytest.mark.parametrize("written", ["jobs: [", None])
def test_a_name_that_nobody_knows_is_unknown_though_the_files_are_no_help(
    filled: Sched, written: str | None
) -> None:
    expected = Answer(4, "", "error: no job is named 'bakup'\n  = help: did you mean 'backup'?\n")
    if written is None:
        (filled.directory / "schedules.yaml").unlink()
    else:
        filled.write(written)

    actual = filled("--state", ".sched", "history", "bakup")

    assert expected == actual


@pytest.mark.parametrize(
    ("arguments", "shown", "said"),
    [
        ((), 20, "there are more: sched history -n 100\n"),
        (("--json",), 20, "there are more: sched history -n 100\n"),
        (("--state", "skipped,failed", "--until", AGES_ON, "a"), 20,
         f"there are more: sched history a -n 100 --state failed,skipped --until {AGES_ON}\n"),
        (("-n", "20"), 20, ""),
        (("-n", "100"), 21, ""),
        (("--since", "2020-01-01"), 21, ""),
    ],
)  # fmt: skip
def test_that_there_is_more_than_is_shown_is_said(
    sched: Sched, arguments: tuple[str, ...], shown: int, said: str
) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1m}}")
    write_past(sched, [Past("a", State.SKIPPED)] * 21)

    answer = sched("history", *arguments)
    rows = answer.stdout.count('"id"') or len(answer.stdout.splitlines()) - 1

    assert (0, shown, said) == (answer.code, rows, answer.stderr)


def test_no_more_is_said_of_where_there_is_none(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1m}}")
    write_past(sched, [Past("a", State.SKIPPED)] * 20)

    answer = sched("history")

    assert ("", 21) == (answer.stderr, len(answer.stdout.splitlines()))


def test_a_time_that_ends_before_it_begins_is_a_wrong_use(filled: Sched) -> None:
    expected = Answer(2, "", "error: --until is before --since\n")

    actual = filled("history", "--since", "today", "--until", "yesterday")

    assert expected == actual


# ---- on a terminal


def at_noon(day: datetime) -> datetime:
    """Return when it was noon on a day, in UTC."""
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def test_on_a_terminal_times_are_as_people_say_them(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1m, retry: 3}}")
    yesterday = at_noon(datetime.now(UTC) - timedelta(days=1))
    long_ago = yesterday - timedelta(days=30)
    missed = "3 fire times until yesterday 12:04:00: no runner was up"
    overlap, reason = "overlap: 7k3j71 still running", "pg_dump: connection refused"
    minute, took, late = (
        timedelta(minutes=1),
        timedelta(minutes=12, seconds=4),
        timedelta(0, 0, 2000),
    )
    ids = write_records(
        sched,
        [
            Record("a", long_ago, State.SUCCEEDED, late=late, took=timedelta(seconds=38)),
            Record("a", yesterday, State.FAILED, reason, late=late,
                   took=took, attempts=4, exit_code=1),
            Record("a", yesterday + minute, State.SKIPPED, overlap),
            Record("a", yesterday + minute * 2, State.MISSED, "no runner was up", count=3,
                   last_fire_time=yesterday + minute * 4),
            Record("a", yesterday + minute * 5, State.SUCCEEDED, trigger=Trigger.MANUAL,
                   who="alice"),
        ],
    )  # fmt: skip
    expected = text(f"""
        RUN     JOB  STATE      FIRE TIME            LATE  TOOK    TRY  EXIT  NOTE
        {ids[4]}  a    succeeded  yesterday 12:05:00   +0ms  0ms     1    -     triggered by alice
        {ids[3]}  a    missed     yesterday 12:02:00   -     -       -    -     {missed}
        {ids[2]}  a    skipped    yesterday 12:01:00   -     -       -    -     {overlap}
        {ids[1]}  a    failed     yesterday 12:00:00   +2ms  12m04s  4/4  1     {reason}
        {ids[0]}  a    succeeded  {long_ago:%Y-%m-%d} 12:00:00  +2ms  38s     1    -
    """)

    actual = on_terminal(sched, "history", NO_COLOR="1", COLUMNS="130")

    assert f"{expected}\n" == actual


def test_what_runs_is_coloured_and_took_as_long_as_it_has_so_far(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1m}}")
    fired = datetime.now(UTC) - timedelta(days=30, minutes=30)
    (run,) = write_records(sched, [Record("a", fired, State.RUNNING)])
    dim, when = f"\x1b[2m{run}\x1b[0m", f"{fired:%Y-%m-%d %H:%M:%S}"
    expected = [
        "\x1b[1mRUN     JOB  STATE    FIRE TIME            LATE  TOOK    TRY  EXIT  NOTE\x1b[0m",
        f"{dim}  \x1b[1ma\x1b[0m    \x1b[36mrunning\x1b[0m  {when}  +0ms  30d 0h  1    -",
    ]

    actual = on_terminal(sched, "history").splitlines()

    assert expected == actual


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (110, "  {time}  +2ms  12m04s  1    3     no luck but a long story"),
        (90, "  {time}  12m04s  3     no luck but a long …"),
        (76, "  {time}  12m04s  no luck but…"),
        (70, "  {time}  12m04s"),
        (50, "  {time}"),
    ],
)
def test_on_a_narrow_terminal_the_time_stays_whole(
    sched: Sched, columns: int, expected: str
) -> None:
    sched.write("jobs: {a-job-with-a-name: {command: x, clock: every 1m}}")
    fired = datetime(2026, 1, 15, 2, 30, tzinfo=UTC)
    took, late = timedelta(minutes=12, seconds=4), timedelta(0, 0, 2000)
    note = "no luck but a long story"
    failed = Record(
        "a-job-with-a-name", fired, State.FAILED, note, late=late, took=took, exit_code=3
    )
    (run,) = write_records(sched, [failed])

    _, row = on_terminal(sched, "history", NO_COLOR="1", COLUMNS=str(columns)).splitlines()

    told = expected.format(time="2026-01-15 02:30:00")

    assert (f"{run}  a-job-with-a", told) == (row[:20], row[row.index("failed") + 6 :])


# ---- causes


CHAIN = """
timezone: Europe/Berlin
jobs:
  build: {command: x, clock: every 1h}
  ship: {command: x, after: build}
  lead: {command: x, on: [{event: lead.*}, {absent: heartbeat, for: 15m}]}
  load: {command: x, on: {path: /srv/in/*}}
"""


@pytest.fixture
def caused(sched: Sched) -> Sched:
    """Return the command beside a history of runs with causes of every kind."""
    sched.write(CHAIN)
    write_past(
        sched,
        [
            Past("build", State.SUCCEEDED),
            Past("ship", State.SUCCEEDED, trigger=Trigger.AFTER, cause="after build {0}"),
            Past("lead", State.SUCCEEDED, trigger=Trigger.EVENT, cause="event lead.opted_in 17"),
            Past("lead", State.FAILED, trigger=Trigger.EVENT, cause="event lead.opted_in 18"),
            Past("lead", State.SUCCEEDED, trigger=Trigger.EVENT,
                 cause="no heartbeat since 2026-03-02T01:30:00+00:00"),
            Past("load", State.SUCCEEDED, trigger=Trigger.FILE, cause="file /srv/in/a b.csv 19"),
        ],
    )  # fmt: skip
    return sched


NOTES = [
    "file /srv/in/a b.csv",
    "no heartbeat since 2026-03-02T02:30:00+01:00",
    "no luck",
    "event lead.opted_in 17",
    f"after build {past_id(0)}",
    "",
]


def test_the_note_says_what_has_caused_a_run_where_there_is_no_other(caused: Sched) -> None:
    rows = caused("history").stdout.splitlines()[1:]

    assert [row.rpartition("\t")[2] for row in rows] == NOTES


def test_on_a_terminal_a_file_is_named_alone_and_a_time_as_people_say_it(caused: Sched) -> None:
    shown = on_terminal(caused, "history", "load", "lead", NO_COLOR="1", COLUMNS="150")

    notes = [line.rpartition("  -     ")[2].strip() for line in shown.splitlines()[1:]]
    assert notes == [
        "file a b.csv", "no heartbeat since 2026-03-02 02:30:00", "no luck",
        "event lead.opted_in 17",
    ]  # fmt: skip


def test_json_has_the_cause_as_it_is_kept(caused: Sched) -> None:
    found = json.loads(caused("history", "--json").stdout)

    assert [run["cause"] for run in found] == [
        "file /srv/in/a b.csv 19",
        "no heartbeat since 2026-03-02T01:30:00+00:00",
        "event lead.opted_in 18",
        "event lead.opted_in 17",
        f"after build {past_id(0)}",
        None,
    ]


def test_what_failed_before_it_began_says_why(sched: Sched) -> None:
    sched.write(CHAIN)
    write_past(sched, [Past("lead", State.FAILED, (), trigger=Trigger.EVENT)])
    expected = HEADER + (
        f"{past_id(0)}\tlead\tfailed\t2026-03-02T03:30:00+01:00\t-\t-\t-\t-\tfor a reason\n"
    )

    actual = sched("history").stdout

    assert expected == actual
