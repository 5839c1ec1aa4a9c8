"""What every verb says of a job whose calendar has come to its end."""

from __future__ import annotations

import pytest

from files import Sched

pytest.importorskip("holidays")

FILE = """\
calendars:
  closed-by-then: {country: US}
jobs:
  report: {command: "true", clock: daily at 09:00, filters: [business_day closed-by-then]}
"""


@pytest.fixture
def ended(sched: Sched) -> Sched:
    sched.write(FILE)
    return sched


def test_next_stops_there_and_says_so(ended: Sched) -> None:
    expected = (0, 1, "report: calendar closed-by-then ends on 2099-12-31\n")

    answer = ended("next", "--from", "2099-12-31 12:00")
    actual = (answer.code, len(answer.stdout.splitlines()), answer.stderr)

    assert expected == actual


def test_explain_says_so(ended: Sched) -> None:
    expected = (0, "", "report: calendar closed-by-then ends on 2099-12-31\n")

    answer = ended("explain", "report", "2100-01-04")
    actual = (answer.code, answer.stdout, answer.stderr)

    assert expected == actual
