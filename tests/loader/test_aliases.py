"""Anchors, aliases, merge keys and nesting, in good faith and in bad."""

from __future__ import annotations

import pytest

from files import diagnostics, job, load, refused, text


def messages(written: str) -> list[str]:
    """Return what is said of a file, without the places."""
    return [one.message for one in diagnostics(written)]


# ---- merge keys


def test_what_is_merged_stands_where_the_job_has_nothing() -> None:
    expected = [("base", "own"), ("base", "base")]

    config = load("""\
        x-base: &base {command: base, description: base, clock: every 1h}
        jobs:
          a: {<<: *base, description: own}
          b: {description: base, <<: *base}
    """)
    actual = [(one.command, one.description) for one in config.jobs]

    assert expected == actual


def test_of_several_merged_mappings_the_first_wins() -> None:
    expected = [("a", "b")]

    config = load("""\
        x-a: &a {command: a, clock: every 1h}
        x-b: &b {command: b, description: b}
        jobs:
          one: {<<: [*a, *b]}
    """)
    actual = [(one.command, one.description) for one in config.jobs]

    assert expected == actual


def test_what_is_merged_may_merge_itself() -> None:
    expected = ["a"]

    config = load("""\
        x-a: &a {command: a}
        x-b: &b {<<: *a, clock: every 1h}
        jobs:
          one: {<<: *b}
    """)
    actual = [one.command for one in config.jobs]

    assert expected == actual


def test_a_merge_of_something_else_is_refused() -> None:
    expected = text("""
        schedules.yaml:3:9: error: '<<' merges a mapping, or a list of mappings
        3 |     <<: text
          |         ^^^^
    """)

    actual = refused("jobs:\n  a:\n    <<: text\n    command: x\n    clock: every 1h\n")

    assert expected == actual


def test_a_quoted_merge_key_is_a_key() -> None:
    expected = ["unknown key '<<' in job 'a'"]

    actual = messages("jobs:\n  a: {'<<': {timeout: 5m}, command: x, clock: every 1h}\n")

    assert expected == actual


def test_a_problem_in_what_is_merged_stands_where_it_was_written() -> None:
    expected = [(1, 13, "unknown key 'comand' in job 'a'")]

    merged = "x-a: &base {comand: x, clock: every 1h}\n"
    found = diagnostics(f"{merged}jobs:\n  a: {{<<: *base, command: x}}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual


def test_params_may_be_merged() -> None:
    expected = {"a": 1, "b": True}

    actual = job("python: m:f\nparams: {<<: {a: 1}, b: true}").params

    assert expected == actual


# ---- recursion


@pytest.mark.parametrize(
    "written",
    [
        "x-a: &a [*a]\njobs: {}\n",
        "x-a: &a {b: {c: *a}}\njobs: {}\n",
        "x-a: &a {<<: *a}\njobs: {}\n",
        "x-a: &a {b: {<<: *a}}\njobs: {}\n",
        "jobs: &a\n  a: *a\n",
    ],
)
def test_an_alias_that_contains_itself_is_refused_once(written: str) -> None:
    expected = ["this alias contains itself"]

    actual = messages(written)

    assert expected == actual


# ---- explosion


def test_aliases_that_expand_to_a_billion_values_are_refused() -> None:
    expected = ["the aliases of this file expand to too much"]
    levels = [f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 10)]

    actual = messages("x-0: &x0 [lol]\n" + "".join(levels) + "jobs: {}\n")

    assert expected == actual


@pytest.mark.timeout(5)
def test_merges_that_expand_to_a_billion_mappings_end() -> None:
    """Whether they are taken (equal mappings merge to one) or refused: it takes no time."""
    bomb = "{command: x, clock: every 1h}"
    for level in range(40):
        bomb = f"{{<<: [&a{level} {bomb}, *a{level}]}}"
    expected = ["a"]

    actual = [one.name for one in load(f"jobs: {{a: {bomb}}}\n").jobs]

    assert expected == actual


def test_an_alias_of_many_jobs_is_no_explosion() -> None:
    expected = 1000

    jobs = "".join(f"  job-{n}: {{command: x, clock: every 1h, env: *env}}\n" for n in range(1000))
    actual = len(load("x-env: &env {A: a, B: b}\njobs:\n" + jobs).jobs)

    assert expected == actual


# ---- depth


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? ", "[{"])
def test_a_file_that_nests_without_end_is_refused(opening: str) -> None:
    expected = [(1, "this is nested more than 50 levels deep")]

    actual = [(d.line, d.message) for d in diagnostics(opening * 200_000)]

    assert expected == actual


def test_a_file_that_nests_deep_by_indentation_is_refused() -> None:
    expected = ["this is nested more than 50 levels deep"]

    lines = "".join(f"{' ' * level}a:\n" for level in range(1, 3000))
    actual = messages(f"x-a:\n{lines}jobs: {{}}\n")

    assert expected == actual


def test_filters_may_be_nested_forty_levels_deep() -> None:
    expected = 1

    actual = len(job(f"filters: {'{not: ' * 40}weekday{'}' * 40}").filters)

    assert expected == actual
