"""What people should have been told and were not, in `sched status`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from files import Sched
from past import write_past
from schedkit.events import Delivery, Reaction
from schedkit.store import Holder
from schedkit.store.deliveries import Tried
from schedkit.store.sqlite import SQLiteStore

NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(hours=1)


@pytest.fixture
def store(sched: Sched) -> Iterator[SQLiteStore]:
    sched.write("jobs:\n  backup: {command: x, clock: yearly 01-01 at 00:00}")
    write_past(sched, [])
    made = SQLiteStore(sched.directory / ".sched/history.db")
    made.begin(Holder(1, "host", "boot", "0"), BEGAN)
    yield made
    made.close()


def put(
    store: SQLiteStore, lane: str, kind: str = "email", count: int = 1, job: str = "backup"
) -> None:
    one = Delivery(None, job, 1, "failure", kind, "{}", lane, "{}")
    store.claim([], {}, BEGAN, Reaction(0, deliveries=(one,) * count))


def rows(sched: Sched) -> tuple[str, list[str]]:
    """Return what is wrong beside that no runner is up, and the lines about messages."""
    first, *rest = sched("status").stdout.splitlines()
    return first.removeprefix("no runner is up").removeprefix("; "), [
        line.partition("\t")[2] for line in rest if line.startswith("unsent\t")
    ]


def test_what_has_failed_is_wrong(sched: Sched, store: SQLiteStore) -> None:
    put(store, "x", count=2)
    store.delivered([Tried(1, "failed", 1, "a"), Tried(2, "failed", 1, "no such address")], NOW)

    first, lines = rows(sched)

    since = BEGAN.astimezone(UTC)
    assert first.startswith("2 messages by email about backup not sent since ")
    assert first.endswith(": no such address")
    assert lines == [
        f"2 messages by email about backup not sent since {since.isoformat()}: no such address"
    ]


def test_what_waits_for_long_is_wrong_to_each_receiver(sched: Sched, store: SQLiteStore) -> None:
    put(store, "x")
    put(store, "y", "ping", count=3)

    first, lines = rows(sched)

    assert first == "4 messages to 2 receivers are not sent"
    assert [line.partition(" since")[0] for line in lines] == [
        "1 message by email about backup waiting",
        "3 pings about backup waiting",
    ]


def test_what_is_about_several_jobs_is_not_said_to_be_about_one(
    sched: Sched, store: SQLiteStore
) -> None:
    put(store, "x", count=2)
    put(store, "x", job="restore")

    _, (line,) = rows(sched)

    assert line.startswith("3 messages by email about 2 jobs waiting since ")


def test_what_was_sent_is_not_said(sched: Sched, store: SQLiteStore) -> None:
    put(store, "x")
    store.delivered([Tried(1, "sent", 1)], NOW)

    first, lines = rows(sched)

    assert (first, lines) == ("", [])


def test_json_says_the_same(sched: Sched, store: SQLiteStore) -> None:
    put(store, "x", "webhook")
    store.delivered([Tried(1, "failed", 1, "answered 404")], NOW)

    answer = json.loads(sched("status", "--json").stdout)

    assert answer["problems"][1].endswith(": answered 404")
    assert answer["unsent"] == [
        {
            "receiver": "webhook", "job": "backup", "about": "failure", "messages": 1,
            "since": BEGAN.isoformat(), "failed": True, "error": "answered 404",
        }
    ]  # fmt: skip
