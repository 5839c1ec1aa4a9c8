"""Whom the file has told of its jobs."""

from __future__ import annotations

import pytest

from files import load, refused, text

_FILE = """
notify: {{command: of_file, when: [missed]}}
{above}
jobs:
  a: {{command: x, clock: every 1h, {keys}}}
"""


def _told(keys: str, above: str = "") -> list[tuple[str, tuple[str, ...]]]:
    (job,) = load(_FILE.format(keys=keys, above=above)).jobs
    return [(str(one.command), one.when) for one in job.notify]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("", [("of_file", ("missed",))]),
        ("notify: []", []),
        ("notify: {command: own, when: lost}", [("own", ("lost",))]),
        ("alert_on_failure: false", [("of_file", ("missed",))]),
        ("alert_on_failure: true", [("of_file", ("missed", "failure", "recovery"))]),
        ("alert_on_failure: true, notify: []", [("of_file", ("failure", "recovery"))]),
        ("alert_on_failure: true, notify: {command: own, when: lost}",
         [("own", ("lost",)), ("of_file", ("failure", "recovery"))]),
    ],
)  # fmt: skip
def test_a_job_is_told_to_its_own_or_to_those_of_the_file(
    keys: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert expected == _told(keys)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("", [("default", ("lost",))]),
        ("notify: []", []),
        ("alert_on_failure: true", [("default", ("lost",)), ("of_file", ("failure", "recovery"))]),
    ],
)
def test_those_of_the_defaults_are_the_jobs_own(
    keys: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert expected == _told(keys, "defaults: {notify: {command: default, when: lost}}")


def test_defaults_can_have_every_job_alert() -> None:
    assert _told("", "defaults: {alert_on_failure: true}") == [
        ("of_file", ("missed", "failure", "recovery"))
    ]


def test_whoever_alerts_has_somebody_to_tell() -> None:
    actual = refused("jobs:\n  a: {command: x, clock: every 1h, alert_on_failure: true}")

    assert actual == text("""
        schedules.yaml:2:36: error: alert_on_failure has nobody to tell
        2 |   a: {command: x, clock: every 1h, alert_on_failure: true}
          |                                    ^^^^^^^^^^^^^^^^
          = help: write notify: at the top of the file
    """)


def test_defaults_that_alert_have_somebody_to_tell() -> None:
    actual = refused("""
        defaults: {alert_on_failure: true}
        jobs:
          a: {command: x, clock: every 1h}
          b: {command: x, clock: every 1h}
    """)

    assert actual == text("""
        schedules.yaml:2:12: error: alert_on_failure has nobody to tell
        2 | defaults: {alert_on_failure: true}
          |            ^^^^^^^^^^^^^^^^
          = help: write notify: at the top of the file
    """)


def test_a_mistake_at_the_top_is_told_once() -> None:
    actual = refused("""
        notify:
          - {command: x, when: nerver}
        jobs:
          a: {command: x, clock: every 1h, alert_on_failure: true}
          b: {command: x, clock: every 1h}
    """)

    assert actual.count("error:") == 1
    assert "schedules.yaml:3:24: error: 'nerver' is nothing that somebody is told of" in actual


def test_a_job_that_says_none_of_it_has_the_digest_that_it_had() -> None:
    (job,) = load("jobs:\n  a: {command: x, clock: every 1h}").jobs

    assert job.digest == "c0030ba15148"


def test_a_change_of_whom_the_file_tells_changes_the_job() -> None:
    digests = [
        load(f"notify: {{command: {name}}}\njobs:\n  a: {{command: x, clock: every 1h}}")
        .jobs[0]
        .digest
        for name in ("a", "b", "a")
    ]

    assert digests[0] != digests[1]
    assert digests[0] == digests[2]
