"""`sched next --skipped`: what filters drop and adjustments move, beside what comes."""

from __future__ import annotations

import json

import pytest

from files import Answer, Sched, text

JOBS = """
timezone: America/New_York
calendars:
  office: {closed: [2026-11-26]}
jobs:
  report:
    command: x
    clock: [daily at 09:00, weekly sat at 10:00]
    filters: business_day office
  payroll: {command: x, clock: monthly 4 at 09:00, adjustments: [next_weekday, add 1d]}
  early: {command: x, clock: daily at 02:30}
  project:
    command: x
    clock: weekly sat at 09:00
    adjustments: next_weekday
    start: 2026-11-24 00:00
    end: 2026-12-06 00:00
"""


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of four jobs."""
    sched.write(JOBS)
    return sched


def timeless(answer: Answer) -> Answer:
    """Return an answer without the column IN: it depends on when this runs."""
    rows = [line.split("\t") for line in answer.stdout.splitlines()]
    return answer._replace(stdout="".join("\t".join([row[0], *row[2:]]) + "\n" for row in rows))


def span(begin: str, end: str) -> tuple[str, ...]:
    return ("--skipped", "--from", f"{begin}T00:00-05:00", "--until", f"{end}T00:00-05:00")


def test_what_a_filter_drops_is_shown_with_its_reason(filled: Sched) -> None:
    dropped = "dropped by business_day office"
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        f"2026-11-26T09:00:00-05:00\treport\tdaily at 09:00, {dropped} (closed)\n"
        "2026-11-27T09:00:00-05:00\treport\tdaily at 09:00\n"
        f"2026-11-28T09:00:00-05:00\treport\tdaily at 09:00, {dropped} (weekend)\n"
        f"2026-11-28T10:00:00-05:00\treport\tweekly sat at 10:00, {dropped} (weekend)\n",
        "",
    )

    actual = timeless(filled("next", "report", *span("2026-11-26", "2026-11-29")))

    assert expected == actual


def test_what_is_moved_is_shown_where_it_is_moved_from(filled: Sched) -> None:
    moved = "moved to Tue 2026-07-07 09:00 by next_weekday, add 1d"
    expected = Answer(
        0,
        f"NEXT\tJOB\tWHY\n2026-07-04T09:00:00-04:00\tpayroll\tmonthly 4 at 09:00, {moved}\n",
        "",
    )

    actual = timeless(filled("next", "payroll", *span("2026-07-01", "2026-07-10")))

    assert expected == actual


def test_what_was_moved_to_come_is_shown_although_it_is_moved_from_before(filled: Sched) -> None:
    """The run of Tuesday comes, whether its candidate lies before the time asked about or not."""
    expected = ["2026-07-07T09:00:00-04:00"]

    answer = filled("next", "payroll", "--json", *span("2026-07-05", "2026-07-10"))
    actual = [fire["fire_time"] for fire in json.loads(answer.stdout)]

    assert expected == actual


def test_a_time_that_a_clock_change_skips_is_said_to_be(filled: Sched) -> None:
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        "2026-03-08T03:00:00-04:00\tearly\tdaily at 02:30, a clock change skips 02:30\n",
        "",
    )

    actual = timeless(filled("next", "early", *span("2026-03-08", "2026-03-09")))

    assert expected == actual


def test_what_comes_before_the_start_or_after_the_end_is_shown(filled: Sched) -> None:
    clock = "project\tweekly sat at 09:00"
    first, second, third = (
        f"moved to Mon 2026-{day} 09:00 by next_weekday" for day in ("11-23", "11-30", "12-07")
    )
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        f"2026-11-21T09:00:00-05:00\t{clock}, {first}, before start 2026-11-24 00:00\n"
        f"2026-11-28T09:00:00-05:00\t{clock}, {second}\n"
        f"2026-12-05T09:00:00-05:00\t{clock}, {third}, after end 2026-12-06 00:00\n",
        "",
    )

    actual = timeless(filled("next", "project", *span("2026-11-21", "2026-12-07")))

    assert expected == actual


def test_what_the_end_drops_is_shown_where_it_was_moved_to(filled: Sched) -> None:
    """Its candidate lies before the time asked about."""
    moved = "moved from Sat 2026-12-05 09:00, after end 2026-12-06 00:00"
    expected = Answer(
        0,
        f"NEXT\tJOB\tWHY\n2026-12-07T09:00:00-05:00\tproject\tweekly sat at 09:00, {moved}\n",
        "",
    )

    actual = timeless(filled("next", "project", *span("2026-12-06", "2026-12-08")))

    assert expected == actual


def test_json_says_what_the_end_drops(filled: Sched) -> None:
    expected = [(None, "2026-12-05T09:00:00-05:00", "end 2026-12-06 00:00", "after end")]

    answer = filled("next", "project", "--json", *span("2026-12-01", "2026-12-08"))
    actual = [
        (one["fire_time"], one["skipped"], one["dropped_by"], one["why"])
        for one in json.loads(answer.stdout)
    ]

    assert expected == actual


def test_json_has_what_was_skipped_beside_what_comes(filled: Sched) -> None:
    expected = Answer(
        0,
        text("""
            [
              {
                "job": "report",
                "fire_time": null,
                "timezone": "America/New_York",
                "clock": "daily at 09:00",
                "moved_from": null,
                "note": null,
                "skipped": "2026-11-26T09:00:00-05:00",
                "dropped_by": "business_day office",
                "why": "closed"
              },
              {
                "job": "report",
                "fire_time": "2026-11-27T09:00:00-05:00",
                "timezone": "America/New_York",
                "clock": "daily at 09:00",
                "moved_from": null,
                "note": null
              }
            ]
        """)
        + "\n",
        "",
    )

    actual = filled("next", "report", "--json", *span("2026-11-26", "2026-11-28"))

    assert expected == actual


def test_without_the_option_only_what_comes_is_shown(filled: Sched) -> None:
    expected = Answer(0, "NEXT\tJOB\tWHY\n2026-11-27T09:00:00-05:00\treport\tdaily at 09:00\n", "")

    actual = timeless(filled("next", "report", *span("2026-11-26", "2026-11-29")[1:]))

    assert expected == actual


@pytest.mark.parametrize("option", [(), ("--skipped",)])
def test_the_end_of_a_calendar_is_said_beside_the_answer(
    sched: Sched, option: tuple[str, ...]
) -> None:
    pytest.importorskip("exchange_calendars")
    sched.write("""
        timezone: America/New_York
        jobs: {market: {command: x, clock: {market_close: XNYS, offset: -15m}}}
    """)
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        "2049-12-30T15:45:00-05:00\tmarket\tmarket_close XNYS -15m\n"
        "2049-12-31T15:45:00-05:00\tmarket\tmarket_close XNYS -15m\n",
        "market: calendar XNYS ends on 2049-12-31\n",
    )

    actual = timeless(sched("next", *option, "--from", "2049-12-30T00:00-05:00"))

    assert expected == actual
