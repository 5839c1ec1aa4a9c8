"""Which keys have other values: as plain data, and in words."""

from __future__ import annotations

from typing import Any

import pytest

from asking import utc
from differing import a, config
from oracle import DAY
from schedkit.differences import Differences, KeyDifference, differences

NOW = utc("2026-11-24 19:00")
A_JOB = "jobs: {a: {command: x, clock: every 1h}}"


def compared(before: str, after: str, *, in_place: bool = True) -> Differences:
    return differences(config(before), config(after), NOW, 7 * DAY, in_place=in_place)


def keys(before: str, after: str) -> tuple[KeyDifference, ...]:
    """Return how the keys of one job differ, that has a command and a clock anyway."""
    (found,) = compared(*(f"jobs: {{{a(line)}}}" for line in (before, after))).jobs
    return found.keys


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("timeout: 1h", "", ("timeout", "1h", None, "1h", "-")),
        ("", "overlap: replace", ("overlap", "skip", "replace", "skip", "replace")),
        ("priority: 1", "priority: -1", ("priority", 1, -1, "1", "-1")),
        ("", "enabled: false", ("enabled", True, False, "true", "false")),
        ("", "description: Ä", ("description", "", "Ä", "-", "Ä")),
        ("", "timezone: Asia/Tokyo", ("timezone", "UTC", "Asia/Tokyo", "UTC", "Asia/Tokyo")),
        ("command: [a, b c]", "command: a", ("command", ["a", "b c"], "a", "a, b c", "a")),
        (
            "clock: daily at 02:00", "clock: [daily at 03:00, every 7m]",
            (
                "clock", [{"daily": "02:00"}], [{"daily": "03:00"}, {"every": "7m"}],
                "daily at 02:00", "daily at 03:00 or every 7m",
            ),
        ),
        (
            "filters: [weekday, days mon-fri]", "",
            (
                "filters", [{"weekday": None}, {"days": "mon-fri"}], [],
                "weekday and days mon-fri", "-",
            ),
        ),
        (
            "clock: {dates: [2026-12-24 18:00, 2026-12-26 18:00]}",
            "clock: {dates: [2026-12-24 18:00, 2026-12-27 18:00]}",
            (
                "clock",
                [{"dates": ["2026-12-24 18:00", "2026-12-26 18:00"]}],
                [{"dates": ["2026-12-24 18:00", "2026-12-27 18:00"]}],
                "dates: 2026-12-24 18:00, 2026-12-26 18:00",
                "dates: 2026-12-24 18:00, 2026-12-27 18:00",
            ),
        ),
        ("env: {A: b, C: d}", "env: {A: b, C: e}", ("env.C", "d", "e", "d", "e")),
        ("env: {A: b}", "", ("env.A", "b", None, "b", "-")),
        ("retry: 2", "retry: 3", ("retry.max_retries", 2, 3, "2", "3")),
        (
            "", "output: {max_size: 5 MB}",
            ("output.max_size", "10 MB", "5 MB", "10 MB", "5 MB"),
        ),
        (
            "on: {event: lead.*}", "on: [{path: /in/*}, {absent: beat, for: 5m}]",
            (
                "on", [{"event": "lead.*"}],
                [{"path": "/in/*"}, {"absent": "beat", "for": "5m"}],
                "on lead.*", "on /in/* or on no beat for 5m",
            ),
        ),
        (
            "on: {event: x, match: {a: 1*}}", "on: {event: x, match: {a: 2*}}",
            (
                "on", [{"event": "x", "match": {"a": "1*"}}],
                [{"event": "x", "match": {"a": "2*"}}],
                "event: x, match: a: 1*", "event: x, match: a: 2*",
            ),
        ),
        ("", "only_if: test -f x", ("only_if", None, "test -f x", "-", "test -f x")),
        (
            "", "wait_for: {path: x}",
            ("wait_for", [], [{"path": "x"}], "-", "path: x"),
        ),
        (
            "", "sla: {late_after: 5m}",
            (
                "sla", None,
                {"late_after": "5m", "max_runtime": None, "succeeded_within": None},
                "-", "late_after: 5m",
            ),
        ),
    ],
)  # fmt: skip
def test_a_key_is_told_as_a_file_says_it(
    before: str, after: str, expected: tuple[Any, ...]
) -> None:
    (actual,) = keys(before, after)

    assert KeyDifference(*expected) == actual


def test_of_a_mapping_that_is_new_what_was_written_is_said() -> None:
    (actual,) = keys("", "retry: {max_retries: 2, delay: 5m}")

    assert actual.becomes == "max_retries: 2, delay: 5m"
    assert (actual.before, actual.after["backoff"]) == (None, "fixed")


def test_after_is_told_in_words() -> None:
    jobs = "jobs: {{a: {{command: x, {}}}, b: {{command: y, clock: every 1h}}}}"
    expected = KeyDifference(
        "after", "b", {"any": "b", "state": "failed"}, "after b", "after b failed"
    )

    (found,) = compared(
        *(jobs.format(keys) for keys in ("after: b", "after: {any: [b], state: failed}"))
    ).jobs

    assert (expected,) == found.keys


@pytest.mark.parametrize(
    ("before", "after", "was", "becomes"),
    [
        (
            "notify: {webhook: https://x.example/T0K3N}", "notify: {webhook: https://y.example/T}",
            "webhook https://x.example", "webhook https://y.example",
        ),
        (
            "notify: {webhook: https://x.example/T0K3N}", "notify: {webhook: https://x.example/T}",
            "webhook https://x.example", "webhook https://x.example, said otherwise",
        ),
        (
            "", "ping: https://hc-ping.com/uuid",
            "-", "ping https://hc-ping.com",
        ),
    ],
)  # fmt: skip
def test_what_may_be_a_secret_is_not_in_the_words(
    before: str, after: str, was: str, becomes: str
) -> None:
    (actual,) = keys(before, after)

    assert (was, becomes) == (actual.was, actual.becomes)


def test_several_keys_come_in_the_order_of_the_reference() -> None:
    actual = keys("timeout: 1h, nice: 1, command: a", "kill_grace: 1s, nice: 2, command: b")

    assert [one.key for one in actual] == ["command", "nice", "timeout", "kill_grace"]


def test_a_calendar_with_other_days_is_said_in_full() -> None:
    """By its name it would read alike."""
    text = "calendars: {{c: {{closed: [{}]}}}}\njobs: {{a: {{command: x, clock: daily at 09:00,"
    text += " filters: [business_day c]}}}}"
    (actual,) = compared(text.format("2026-11-25"), text.format("2026-11-26")).jobs

    (key,) = actual.keys
    assert (key.was, key.becomes) == (
        "business_day: closed: 2026-11-25",
        "business_day: closed: 2026-11-26",
    )
    assert actual.fires is not None
    assert (actual.fires.dropped, actual.fires.added) == (
        (utc("2026-11-26 09:00"),),
        (utc("2026-11-25 09:00"),),
    )


def test_the_settings_beside_the_jobs_are_told() -> None:
    before = f"runner: {{drain_timeout: 1m}}\npools: {{a: 1, b: 2}}\nstate: /var/a\n{A_JOB}"
    after = f"runner: {{max_parallel: 3}}\npools: {{b: 3, c: 4}}\nstate: /var/b\n{A_JOB}"
    expected = [
        ("runner.drain_timeout", "1m", "30s", "1m", "30s"),
        ("runner.max_parallel", None, 3, "-", "3"),
        ("pools.a", 1, None, "1", "-"),
        ("pools.b", 2, 3, "2", "3"),
        ("pools.c", None, 4, "-", "4"),
        ("state", "/var/a", "/var/b", "/var/a", "/var/b"),
    ]

    found = compared(before, after)

    assert expected == list(found.settings)
    assert found.jobs == ()


def test_a_state_directory_beside_the_file_is_the_same_beside_another() -> None:
    before, after = (
        config(f"state: here\n{A_JOB}")._replace(state=f"{place}/here")
        for place in ("/etc/sched", "/tmp/new")
    )
    for one, place in ((before, "/etc/sched"), (after, "/tmp/new")):
        object.__setattr__(one.jobs[0], "directory", place)

    settings = [
        differences(before, after, NOW, DAY, in_place=in_place).settings
        for in_place in (False, True)
    ]

    assert [len(one) for one in settings] == [0, 1]
