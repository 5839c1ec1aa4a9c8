"""Pools, and the jobs that take a slot of one."""

from __future__ import annotations

import pytest

from files import diagnostics, load, refused, text

RUN = "command: x, clock: every 1h"


def test_pools_have_slots() -> None:
    expected = {"database": 2, "web": 10}

    actual = load("pools: {database: 2, web: '10'}\njobs: {}\n").pools

    assert expected == actual


@pytest.mark.parametrize("written", ["jobs: {}\n", "pools:\njobs: {}\n", "pools: {}\njobs: {}\n"])
def test_a_file_may_have_no_pools(written: str) -> None:
    expected: dict[str, int] = {}

    actual = load(written).pools

    assert expected == actual


def test_a_job_names_its_pool() -> None:
    expected = ["database", None, "database"]

    config = load(f"""\
        pools: {{database: 2}}
        defaults: {{pool: database}}
        jobs:
          a: {{{RUN}}}
          b: {{{RUN}, pool: null}}
          c: {{{RUN}, pool: database}}
    """)
    actual = [job.pool for job in config.jobs]

    assert expected == actual


def test_a_pool_of_another_file_is_one() -> None:
    expected = ["database"]

    files = {
        "a.yaml": f"jobs: {{a: {{{RUN}, pool: database}}}}\n",
        "b.yaml": "pools: {database: 1}\n",
    }
    actual = [job.pool for job in load(files).jobs]

    assert expected == actual


def test_a_pool_that_there_is_not_is_refused_beside_what_else_is_wrong() -> None:
    expected = text("""
        schedules.yaml:3:45: error: unknown pool 'databse'
        3 |   a: {command: x, clock: every 1h,    pool: databse, timeout: 5}
          |                                             ^^^^^^^
          = help: did you mean 'database'?
        schedules.yaml:3:63: error: a duration needs a unit: '5' has none
        3 |   a: {command: x, clock: every 1h,    pool: databse, timeout: 5}
          |                                                               ^
          = help: did you mean 5s or 5m?
    """)

    actual = refused(
        f"pools: {{database: 2}}\njobs:\n  a: {{{RUN},    pool: databse, timeout: 5}}\n"
    )

    assert expected == actual


def test_a_pool_of_no_file_is_refused_with_how_to_name_one() -> None:
    expected = [("unknown pool 'db'", "name it at the top: pools: {db: 1}")]

    found = diagnostics(f"jobs: {{a: {{{RUN}, pool: db}}}}\n")
    actual = [(one.message, one.hint) for one in found]

    assert expected == actual


def test_an_unknown_pool_of_the_defaults_is_named_once() -> None:
    expected = [(1, 18, "unknown pool 'db'")]

    found = diagnostics(f"defaults: {{pool: db}}\njobs: {{a: {{{RUN}}}, b: {{{RUN}}}}}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        ("5", 8, "the text '5' stands where the pools belong"),
        ("[db]", 8, "a list stands where the pools belong"),
        ("{db: 0}", 13, "0 is below 1"),
        ("{db: many}", 13, "'many' is not a whole number"),
        ("{db: [1]}", 13, "a list stands where a whole number belongs"),
        ("{db: !!int 1}", 13, "the tag '!!int' is not used here"),
        ("{db: 1, '': 2}", 16, "the name of the pool is empty"),
    ],
)
def test_pools_that_cannot_be_meant_are_refused(written: str, column: int, message: str) -> None:
    """Whoever names such a pool is not told that there is none."""
    expected = [(1, column, message)]

    found = diagnostics(f"pools: {written}\njobs: {{a: {{{RUN}, pool: db}}}}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual
