"""What a file promises of the runs of a job, and which promises cannot be meant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from files import job, load, refused, text
from schedkit.loader.checks import check
from schedkit.sla import Sla

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_all_promises_are_read() -> None:
    expected = Sla(5 * MINUTE, HOUR, 26 * HOUR)

    actual = job("sla: {late_after: 5m, max_runtime: 1h, succeeded_within: 26h}").sla

    assert expected == actual


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("sla: {late_after: 5m}", True),
        ("sla: {late_after: 5m}\nenabled: false", False),
        ("sla: null", False),
        ("timeout: 1h", False),
    ],
)
def test_a_job_that_is_enabled_and_promises_something_is_expected_to_keep_it(
    keys: str, *, expected: bool
) -> None:
    assert job(keys).expects is expected


def test_the_defaults_are_merged_under_the_promises_of_a_job() -> None:
    expected = [Sla(5 * MINUTE, None, 26 * HOUR), Sla(HOUR, None, 26 * HOUR), None]

    config = load("""\
        defaults: {sla: {late_after: 1h, succeeded_within: 26h}}
        jobs:
          a: {command: x, clock: every 1h, sla: {late_after: 5m}}
          b: {command: x, clock: every 1h}
          c: {command: x, clock: every 1h, sla: null}
        """)

    assert expected == [one.sla for one in config.jobs]


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        ("{late_after: 0s}", """
            schedules.yaml:2:54: error: late_after is zero
            2 |   a: {command: x, clock: every 1h, sla: {late_after: 0s}}
              |                                                      ^^
        """),
        ("{}", """
            schedules.yaml:2:41: error: this promises nothing
            2 |   a: {command: x, clock: every 1h, sla: {}}
              |                                         ^^
              = help: write late_after, max_runtime or succeeded_within
        """),
        ("{late_after: 5m}, timeout: 5m", None),
        ("{max_runtime: 4m}, timeout: 5m", None),
        ("{max_runtime: 5m}, timeout: 5m", """
            schedules.yaml:2:55: error: max_runtime has no effect: timeout ends it before
            2 |   a: {command: x, clock: every 1h, sla: {max_runtime: 5m}, timeout: 5m}
              |                                                       ^^
              = help: write less than timeout
        """),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(promise: str, expected: str | None) -> None:
    file = f"jobs:\n  a: {{command: x, clock: every 1h, sla: {promise}}}\n"
    if expected is None:
        assert load(file).jobs
        return

    assert text(expected) == text(refused(file))


# ---- what is likely not meant


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("clock: daily at 02:30, sla: {succeeded_within: 26h}", []),
        ("clock: every 1h, sla: {succeeded_within: 1h}", []),
        ("clock: daily at 02:30, sla: {succeeded_within: 23h}", ["1d"]),
        # Over the weekend.
        ("clock: daily at 02:30, filters: [weekday], sla: {succeeded_within: 26h}", ["3d"]),
        ("clock: daily at 02:30, sla: {late_after: 1m}", []),
        ("after: b, sla: {succeeded_within: 1m}", []),
        ("clock: daily at 02:30, after: b, sla: {succeeded_within: 1m}", []),
    ],
)
def test_a_success_is_not_to_be_promised_sooner_than_the_job_fires(
    keys: str, expected: list[str]
) -> None:
    config = load(f"""\
        jobs:
          a: {{command: "true", {keys}}}
          b: {{command: "true", clock: every 1h}}
        """)
    said = "succeeded_within is less than {}, from one fire time to the next: it will be broken"

    actual = [one.message for one in check(config)]

    assert [said.format(length) for length in expected] == actual
